"""What must hold, what it is called when it does not, and the windows in which it need not."""

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """What no sequence of operations and faults may break."""

    RESPONDED = "no operation is left without a response"
    NOTHING_LEFT = "nothing remains of what was deleted or rolled back"
    NOT_OURS = "what a resource does not own is not deleted, nor loses a tag"
    KEPT = "what was retained, handed over or adopted is never deleted, and loses no tag but ours"
    REFUSED = "a request that is refused changes nothing, nor does its rollback"
    NOT_BLOCKED = "what a failed request left never stands in the way of the next"
    LIVE = "TrackingId is the live tracker's, ACTIVE when the response was sent"
    TEMPLATE = "a resource is as its template says, also when rolled back"
    ONE_ID = "no request gets two physical ids"
    ONE_RESPONSE = "each delivery sends one response, a valid one"
    OUTCOME = "one fault that passes changes no outcome"


class Window(StrEnum):
    """Where a rule does not hold for one tracker or one request. docs/limits.md tells users of each."""

    # Limits, "Requests that come late", and "Requests without a response".
    LATE = "a late call"
    CHANGED = "delivered again when others had changed something"
    CUT_OFF = "cut off from the service"
    BEGUN_LATE = "delivered late"
    # The same, from "Times in ResponseURLs are whole seconds" on: what the tags of a tracker cannot tell.
    UNDATED = "ResponseURLs without a date"
    SAME_SECOND = "two requests within one second"
    UNHEARD = "a response when nobody waited any more"
    UNMARKED = "the response was not marked as taken"


@dataclass(frozen=True)
class Violation:
    """A rule that was broken, and how; and the window that this is in, if there is one."""

    rule: Rule
    how: str
    window: Window | None = None

    def __str__(self) -> str:
        return f"{self.rule}{f' (window: {self.window})' if self.window else ''}: {self.how}"
