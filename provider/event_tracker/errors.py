"""What can go wrong. The text of each becomes, or would have become, a sentence in a stack's events."""


class EventTrackerError(Exception):
    """The request cannot be fulfilled: the text says what failed, for which resource, why, and what to do."""


class InvalidRequestError(Exception):
    """The payload is no CloudFormation request, so there is nobody to answer (contract B1)."""


class InvalidPropertiesError(EventTrackerError):
    """The template asks for something that cannot be (contract B2)."""


class OutOfTimeError(EventTrackerError):
    """The deadline passed before the tracker was as wanted (contract W2)."""


class RefusedError(EventTrackerError):
    """The provider itself refuses, to keep a tracker from harm (contract C4, U3)."""


class ServiceError(EventTrackerError):
    """Amazon Personalize refused a call."""

    def __init__(self, message: str, code: str) -> None:
        """`code`: the service's name for it, as `InvalidInputException`."""
        super().__init__(message)
        self.code = code


class TrackerNotFoundError(ServiceError):
    """There is no such event tracker, or no more."""


class TrackerInUseError(ServiceError):
    """An event tracker on its way to ACTIVE, or to being gone, cannot be deleted until it has arrived."""


class MaybeOccupiedError(EventTrackerError):
    """CreateEventTracker was refused in a way that may mean that the group has a tracker (contract C2)."""

    def __init__(self, message: str, patience: float) -> None:
        """`patience`: for how many seconds to try again if there is none after all (contract C5)."""
        super().__init__(message)
        self.patience = patience


class AnswerNotDeliveredError(Exception):
    """CloudFormation did not take the answer: the invocation fails, so that Lambda delivers the request again."""
