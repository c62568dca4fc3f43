"""Which resource owns an event tracker, which request made it, and whether anybody has its tracking ID.

Three tags tell it (docs/behavior.md, "Ownership"). They are put on a tracker in the CreateEventTracker call itself.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from event_tracker.protocol import Request

STACK_ID = "cloudformation:stack-id"
LOGICAL_ID = "cloudformation:logical-id"
CREATED_BY = "cloudformation:created-by"
KEYS = frozenset({STACK_ID, LOGICAL_ID, CREATED_BY})

_PENDING = "pending"
_UNKNOWN = "-"


@dataclass(frozen=True)
class Owner:
    """A resource of a stack. None stands for what no tag tells."""

    stack_id: str | None
    logical_id: str | None

    @classmethod
    def of(cls, request: Request) -> "Owner":
        """The resource that a request is about, as it stands in tags."""
        return cls(_as_tag_value(request.stack_id), _as_tag_value(request.logical_id))

    @classmethod
    def from_tags(cls, tags: Mapping[str, str]) -> "Owner | None":
        """The owner that the tags of a tracker name, if they name one."""
        owner = cls(tags.get(STACK_ID), tags.get(LOGICAL_ID))
        return None if owner == cls(None, None) else owner

    def __str__(self) -> str:
        return f"resource {self.logical_id or '(unnamed)'} of stack {self.stack_id or '(unnamed)'}"


@dataclass(frozen=True)
class CreatedBy:
    """The request that made a tracker. Times are in the form of X-Amz-Date, `20261125T221000Z`.

    `sent` is None where it is unknown. `responded` is when the response that says SUCCESS had been sent; None while it
    is pending, and empty if that was long ago, at a time that no tag tells.
    """

    request_type: str
    request_id: str
    sent: str | None
    responded: str | None

    @classmethod
    def of(cls, request: Request, responded: str | None = None) -> "CreatedBy":
        """A request whose response has been sent at that time, or not yet."""
        return cls(request.request_type, _as_tag_value(request.request_id), request.sent, responded)

    @classmethod
    def from_tags(cls, tags: Mapping[str, str]) -> "CreatedBy":
        """The request that the tags of a tracker name.

        A tracker that was handed over has no such tag, and one that version 0.1.0 made has `<type>/<request id>`.
        """
        value = tags.get(CREATED_BY, "")
        found = re.fullmatch(rf"([^/]+)/(.+)/(\d{{8}}T\d{{6}}Z|{_UNKNOWN})/(\d{{8}}T\d{{6}}Z|{_PENDING})", value)
        if not found:
            request_type, _, request_id = value.partition("/")
            return cls(request_type, request_id, None, "")
        request_type, request_id, sent, responded = found.groups()
        return cls(
            request_type,
            request_id,
            None if sent == _UNKNOWN else sent,
            None if responded == _PENDING else responded,
        )

    def __str__(self) -> str:
        return f"{self.request_type}/{self.request_id}/{self.sent or _UNKNOWN}/{self.responded or _PENDING}"


class Relation(Enum):
    """What an event tracker is to the request that meets it."""

    MADE_BY_THIS_REQUEST = auto()
    NEWER = auto()
    """Owned, and made by a request that was sent after this one: this request has been overtaken."""
    UNACKNOWLEDGED = auto()
    """Owned, and CloudFormation did not take the response of the request that made it: nobody has its tracking ID."""
    ACKNOWLEDGED = auto()
    """Owned, and somebody may use its tracking ID."""
    OTHER_RESOURCE = auto()
    UNOWNED = auto()

    @property
    def is_owned(self) -> bool:
        """Whether the tracker carries the tags of the resource that the request is about."""
        return self not in (Relation.OTHER_RESOURCE, Relation.UNOWNED)


def relation(tags: Mapping[str, str], request: Request) -> Relation:
    """What the tracker with these tags is to a request."""
    owner, made_by, this = Owner.from_tags(tags), CreatedBy.from_tags(tags), CreatedBy.of(request)
    if owner is None:
        return Relation.UNOWNED
    if owner != Owner.of(request):
        return Relation.OTHER_RESOURCE
    if (made_by.request_type, made_by.request_id) == (this.request_type, this.request_id):
        return Relation.MADE_BY_THIS_REQUEST
    # Without a time, what came first cannot be known: better one tracker left behind than one tracking ID lost.
    if made_by.sent and this.sent:
        if made_by.sent > this.sent:
            return Relation.NEWER
        if made_by.responded is None or made_by.responded > this.sent:
            return Relation.UNACKNOWLEDGED
    return Relation.ACKNOWLEDGED


def tags_of(request: Request) -> dict[str, str]:
    """The tags of a tracker that a request makes."""
    owner = Owner.of(request)
    return {
        STACK_ID: owner.stack_id or "",
        LOGICAL_ID: owner.logical_id or "",
        CREATED_BY: str(CreatedBy.of(request)),
    }


def is_taggable(text: str) -> bool:
    r"""Whether a tag can hold it: `[\p{L}\p{Z}\p{N}_.:/=+\-@]*` (API pages TagKey and TagValue)."""
    return all(character in "_.:/=+-@" or unicodedata.category(character)[0] in "LZN" for character in text)


def _as_tag_value(text: str) -> str:
    """An id as it stands in a tag. CloudFormation's own fit; an emulator's may be long or have other characters."""
    if len(text) <= 200 and is_taggable(text):
        return text
    legible = "".join(character if is_taggable(character) else "-" for character in text[:180])
    return f"{legible}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:16]}"
