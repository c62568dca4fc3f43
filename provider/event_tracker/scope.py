"""The partition, region and account that a provider works in, and the ARNs that belong there."""

import re
from dataclasses import asdict, dataclass

_NAME = "[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}"


@dataclass(frozen=True)
class Scope:
    """A partition, region and account."""

    partition: str
    region: str
    account: str

    @classmethod
    def from_arn(cls, arn: str) -> "Scope":
        """The scope of an ARN, be it of a Lambda function or of a stack. Raises ValueError if it is no ARN."""
        _, partition, _, region, account, *_ = arn.split(":")
        return cls(partition, region, account)

    def has_event_tracker(self, arn: str) -> bool:
        """Whether this is the ARN of an event tracker in this scope, existing or not."""
        return re.fullmatch(f"{self._prefix('event-tracker')}{_NAME}", arn) is not None

    def why_no_dataset_group(self, arn: object) -> str:
        """Why this is not the ARN of a dataset group in this scope; empty if it is one."""
        found = re.fullmatch(f"arn:([^:]+):personalize:([^:]+):([^:]+):dataset-group/{_NAME}", str(arn))
        if not found:
            return f"the ARN of a dataset group, {self._prefix('dataset-group')}<name>"
        here = asdict(self).items()
        wrong = [f"{name} {part}" for (name, part), other in zip(here, found.groups(), strict=True) if other != part]
        return f"in the provider's {' and '.join(wrong)}" if wrong else ""

    def _prefix(self, resource_type: str) -> str:
        return f"arn:{self.partition}:personalize:{self.region}:{self.account}:{resource_type}/"
