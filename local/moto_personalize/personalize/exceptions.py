"""Exceptions raised by the personalize service."""

from moto.personalize.exceptions import PersonalizeException


class InvalidInputException(PersonalizeException):
    def __init__(self, message: str):
        super().__init__("InvalidInputException", message)


class ResourceAlreadyExistsException(PersonalizeException):
    def __init__(self, message: str):
        super().__init__("ResourceAlreadyExistsException", message)


class ResourceInUseException(PersonalizeException):
    def __init__(self, message: str):
        super().__init__("ResourceInUseException", message)


class TooManyTagsException(PersonalizeException):
    def __init__(self, limit: int):
        super().__init__("TooManyTagsException", f"A resource can have at most {limit} tags.")


class TooManyTagKeysException(PersonalizeException):
    def __init__(self, limit: int):
        super().__init__("TooManyTagKeysException", f"A request can remove at most {limit} tag keys.")
