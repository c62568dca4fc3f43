"""What can go wrong. The text of an EventTrackerError is a sentence that stands in a stack's events."""


class EventTrackerError(Exception):
    """The request failed: the text says what failed, for which resource, why, and what to do next."""


class RefusedError(EventTrackerError):
    """The provider protects a tracker from harm (rules C4, U2, U3)."""


class InvalidPropertiesError(RefusedError):
    """The template asks for something that cannot be (rule B2)."""


class OutOfTimeError(EventTrackerError):
    """The deadline passed before the tracker was as wanted (rule W2)."""


class UnexpectedError(EventTrackerError):
    """An error in the provider itself."""


class ServiceError(EventTrackerError):
    """Amazon Personalize refused a call, or could not do what it had accepted. `code` is its name for the error."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class AccessDeniedError(ServiceError):
    """The function's role or its credentials do not allow the call."""


class TrackerNotFoundError(ServiceError):
    """The event tracker does not exist, or is not visible yet."""


class InvalidRequestError(Exception):
    """The payload is no CloudFormation request that a response could be sent to (rule B1)."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This is no CloudFormation request: {why}. Nothing was done and no response was sent.")


class ResponseNotDeliveredError(Exception):
    """CloudFormation did not take the response. The invocation fails, so that Lambda delivers the request again."""
