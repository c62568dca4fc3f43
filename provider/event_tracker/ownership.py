"""Whose an event tracker is, told by the tags on it (contract, section 3)."""

from collections.abc import Mapping
from dataclasses import dataclass

STACK_ID = "cloudformation:stack-id"
LOGICAL_ID = "cloudformation:logical-id"
CREATED_BY = "cloudformation:created-by"
KEYS = frozenset({STACK_ID, LOGICAL_ID, CREATED_BY})


@dataclass(frozen=True)
class Owner:
    """A resource of a stack. None stands for what no tag tells."""

    stack_id: str | None
    logical_id: str | None

    @classmethod
    def told_by(cls, tags: Mapping[str, str]) -> "Owner | None":
        """The owner that the tags of a tracker name, if they name one."""
        owner = cls(tags.get(STACK_ID), tags.get(LOGICAL_ID))
        return None if owner == cls(None, None) else owner

    def __str__(self) -> str:
        return f"resource {self.logical_id or '(unnamed)'} of stack {self.stack_id or '(unnamed)'}"


def tags_of(owner: Owner, created_by: str) -> dict[str, str]:
    """The tags that a tracker is created with, so that it never is without an owner."""
    return {STACK_ID: owner.stack_id or "", LOGICAL_ID: owner.logical_id or "", CREATED_BY: created_by}
