"""ARNs: which of them name an event tracker or a dataset group that this function may work on."""

import re
from dataclasses import dataclass

_NAME = "[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}"


@dataclass(frozen=True)
class Home:
    """The partition, region and account in which a provider works."""

    partition: str
    region: str
    account: str

    @classmethod
    def of(cls, arn: str) -> "Home":
        """The home of whatever this ARN names, be it of a Lambda function or of a stack."""
        _, partition, _, region, account, *_ = arn.split(":")
        return cls(partition, region, account)

    def has_dataset_group(self, arn: str) -> bool:
        """Whether this is the ARN of a dataset group here."""
        return self._has("dataset-group", arn)

    def has_event_tracker(self, arn: str) -> bool:
        """Whether this is the ARN of an event tracker here, existing or not."""
        return self._has("event-tracker", arn)

    def _has(self, resource_type: str, arn: str) -> bool:
        prefix = f"arn:{self.partition}:personalize:{self.region}:{self.account}:{resource_type}/"
        return arn.startswith(prefix) and re.fullmatch(_NAME, arn[len(prefix) :]) is not None
