"""What must hold, and what it is called when it does not."""

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """What no sequence of faults may break."""

    RESPONDED = "no operation is left without a response"
    NOTHING_LEFT = "nothing remains of what was deleted or rolled back"
    NOT_OURS = "what a stack did not make is not deleted, nor loses a tag"
    LIVE = "TrackingId is the live tracker's, ACTIVE when the response was sent"
    TEMPLATE = "a resource is as its template says, also when rolled back"
    ONE_ID = "no request gets two physical ids"
    ONE_RESPONSE = "each delivery sends one response, a valid one"
    OUTCOME = "one fault that passes changes no outcome"


@dataclass(frozen=True)
class Violation:
    """A rule that was broken, and how. `in_window`: in the one way that the README says it can be."""

    rule: Rule
    how: str
    in_window: bool = False

    def __str__(self) -> str:
        return f"{self.rule}{' (in the window)' if self.in_window else ''}: {self.how}"
