"""What a run makes in an account: how it is marked, so that whoever cleans up knows it from everything else."""

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

TAG = "personalize-event-tracker-live"
"""The key of the tag on everything that can be tagged; its value is the run's id."""

_NAME = re.compile(r"live-([0-9a-f]{8})-[a-z0-9-]+")


@dataclass(frozen=True)
class Run:
    """One run, by its id."""

    id: str = field(default_factory=lambda: secrets.token_hex(4))

    def name(self, part: str) -> str:
        """The name of something that the run makes."""
        return f"live-{self.id}-{part}"

    @property
    def tags(self) -> list[dict[str, str]]:
        """The tags of everything that the run makes, as Amazon Personalize has them."""
        return [{"tagKey": TAG, "tagValue": self.id}]

    def schema(self, kind: str) -> dict[str, Any]:
        """The schema of a dataset. Schemas cannot be tagged, so that one of its fields says whose it is."""
        fields = {
            "Interactions": [("USER_ID", "string"), ("ITEM_ID", "string"), ("TIMESTAMP", "long")],
            "Items": [("ITEM_ID", "string")],
            "Users": [("USER_ID", "string")],
        }[kind]
        return {
            "type": "record",
            "name": kind,
            "namespace": "com.amazonaws.personalize.schema",
            "fields": [{"name": name, "type": type_} for name, type_ in [*fields, (self.mark, "string")]],
            "version": "1.0",
        }

    @property
    def mark(self) -> str:
        """The name of the field by which a schema of the run is known."""
        return f"LIVE_RUN_{self.id.upper()}"


def run_by_name(name: str) -> Run | None:
    """The run that makes things of such a name."""
    match = _NAME.fullmatch(name)
    return Run(match[1]) if match else None
