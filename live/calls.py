"""The calls of a run, and how it waits for what it has made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from live.account import DENIED, Account, LiveError, explain
from live.removal import Pace, describe
from live.runs import Run

T = TypeVar("T")

CREATION = ("CREATE PENDING", "CREATE IN_PROGRESS")
DELETION = ("DELETE PENDING", "DELETE IN_PROGRESS")
# What a request is refused with for reasons of its caller's, and not of the service's rules.
_TROUBLE = ("ThrottlingException", "InternalServerException", "ServiceUnavailableException")


@dataclass(frozen=True)
class Answer:
    """How a call ended: the code of the refusal, or None and the response."""

    code: str | None
    message: str = ""
    response: dict[str, Any] = field(default_factory=dict)


@dataclass
class Calls:
    """Amazon Personalize, as a run calls it."""

    account: Account
    run: Run = field(default_factory=Run)
    pace: Pace = field(default_factory=Pace)
    _found: set[str] = field(default_factory=set)

    @property
    def client(self) -> Any:
        """A client of Amazon Personalize."""
        return self.account.client("personalize")

    def arn(self, resource: str, *, region: str = "", account_id: str = "") -> str:
        """The ARN that a resource of this account would have, or one of another."""
        scope = f"{region or self.account.region}:{account_id or self.account.id}"
        return f"arn:{self.account.partition}:personalize:{scope}:{resource}"

    def describe(self, arn: str) -> dict[str, Any] | None:
        """The description of a dataset group, dataset or event tracker; None if it is not found."""
        description = describe(self.client, arn)
        if description is not None:
            self._found.add(arn)
        return description

    def status(self, arn: str) -> str:
        """Its state; empty if it is not found."""
        return str((self.describe(arn) or {}).get("status", ""))

    def wait_until_active(self, arn: str) -> None:
        """Wait until a resource is ACTIVE."""
        status = self.poll(lambda: self.status(arn), lambda status: status not in ("", *CREATION))
        if status != "ACTIVE":
            raise LiveError(f"{arn} is {status or 'not found'}, and not ACTIVE.")

    def is_still(self, arn: str, status: str) -> bool:
        """Whether it is in the state that it was in, so that what was tried in between was tried in that state."""
        return self.status(arn) == status

    def poll(self, see: Callable[[], T], enough: Callable[[T], bool]) -> T:
        """See again and again until it is enough; returns what was seen last."""
        deadline = self.pace.now() + self.pace.timeout_seconds
        while not enough(seen := see()) and self.pace.now() < deadline:
            self.pace.sleep(self.pace.poll_seconds)
        return seen

    def ask(self, operation: str, *, denial_counts: bool = False, **arguments: Any) -> Answer:
        """Make a call that may be refused; what is refused for reasons of the caller's own is an error."""
        try:
            response = getattr(self.client, operation)(**arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            denied = code in DENIED and not denial_counts
            if denied or code in _TROUBLE or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                raise explain(error) from error
            return Answer(code, error.response["Error"].get("Message", ""))
        return Answer(None, response=response)
