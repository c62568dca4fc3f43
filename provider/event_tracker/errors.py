"""What can go wrong. The text of an EventTrackerError is a sentence that stands in a stack's events."""


class EventTrackerError(Exception):
    """The request failed: the text says what failed, for which resource, why, and what to do next."""

    @property
    def kind(self) -> str:
        """What the log line of the response calls it."""
        return type(self).__name__.removesuffix("Error")


class InvalidPropertiesError(EventTrackerError):
    """The template asks for something that cannot be (rule B2)."""


class RefusedError(EventTrackerError):
    """The provider protects a tracker from harm (rules C4, U2, U3)."""


class OutOfTimeError(EventTrackerError):
    """The deadline passed before the tracker was as wanted (rule W2)."""


class UnexpectedError(EventTrackerError):
    """An error in the provider itself."""


class ServiceError(EventTrackerError):
    """Amazon Personalize refused a call, or could not do what it had accepted."""

    def __init__(self, message: str, code: str = "") -> None:
        """`code`: the service's name for the error, such as `InvalidInputException`."""
        super().__init__(message)
        self.code = code


class AccessDeniedError(ServiceError):
    """The function's role or its credentials do not allow the call."""


class TrackerNotFoundError(ServiceError):
    """The event tracker does not exist, or is not visible yet."""


class InvalidRequestError(Exception):
    """The payload is no CloudFormation request that a response could be sent to (rule B1)."""


class ResponseNotDeliveredError(Exception):
    """CloudFormation did not take the response. The invocation fails, so that Lambda delivers the request again."""
