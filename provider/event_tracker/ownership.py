"""Which resource owns an event tracker, which request made it, and whether anybody may have its tracking ID: told by
three tags that are on a tracker from its creation on (docs/behavior.md, Ownership).
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
PENDING = "pending"


class Relation(Enum):
    """What an event tracker is to the request that meets it."""

    MADE_BY_THIS_REQUEST = auto()
    NEWER = auto()  # owned, and made by a request that was sent after this one, which has been overtaken
    UNACKNOWLEDGED = auto()  # owned, and CloudFormation did not take the response: nobody has its tracking ID
    ACKNOWLEDGED = auto()  # owned, and somebody may use its tracking ID
    OTHER_RESOURCE = auto()
    UNOWNED = auto()

    @property
    def is_owned(self) -> bool:
        """Whether the tracker carries the tags of the resource that the request is about."""
        return self not in (Relation.OTHER_RESOURCE, Relation.UNOWNED)


@dataclass(frozen=True)
class Ownership:
    """The resource that owns a tracker, and the request that made it; the ids of an unowned one are empty. Times are as
    in X-Amz-Date, `20261125T221000Z`, or `-`. `responded` is when the response that says SUCCESS had been sent.
    """

    stack_id: str
    logical_id: str
    request_type: str
    request_id: str
    sent: str
    responded: str = PENDING

    @classmethod
    def of(cls, request: Request) -> "Ownership":
        """The ownership of what a request makes."""
        stack_id, logical_id = _as_tag_value(request.stack_id), _as_tag_value(request.logical_id)
        return cls(stack_id, logical_id, request.request_type, _as_tag_value(request.request_id), request.sent)

    @classmethod
    def from_tags(cls, tags: Mapping[str, str]) -> "Ownership":
        """The ownership that the tags of a tracker tell."""
        time, value = r"\d{8}T\d{6}Z", tags.get(CREATED_BY, "")
        found = re.fullmatch(f"([^/]+)/(.+)/({time}|-)/({time}|-|{PENDING})", value)
        # A tracker that was handed over has no created-by, and version 0.1.0 wrote `<type>/<request id>`.
        made_by = found.groups() if found else (*value.partition("/")[::2], "-", "-")
        return cls(tags.get(STACK_ID, ""), tags.get(LOGICAL_ID, ""), *made_by)

    @property
    def created_by(self) -> dict[str, str]:
        """The tag that names the request."""
        return {CREATED_BY: f"{self.request_type}/{self.request_id}/{self.sent}/{self.responded}"}

    @property
    def tags(self) -> dict[str, str]:
        """The three tags."""
        return {STACK_ID: self.stack_id, LOGICAL_ID: self.logical_id, **self.created_by}

    def is_pending_of(self, request: Request) -> bool:
        """Whether this very request made the tracker, and its response was not sent, as far as is known."""
        return self.responded == PENDING and self.relation_to(request) is Relation.MADE_BY_THIS_REQUEST

    def was_left_by(self, request_type: str, request: Request) -> bool:
        """Whether a request of this type made the tracker and failed before `request`: nobody has its tracking ID."""
        relation = self.relation_to(request)
        is_left = relation is Relation.UNACKNOWLEDGED
        if request.failed_create:
            is_left = relation.is_owned and self.request_id == request.failed_create
        return is_left and self.request_type == request_type

    def relation_to(self, request: Request) -> Relation:
        """What a tracker that is owned so is to a request."""
        this = Ownership.of(request)
        if not (self.stack_id or self.logical_id):
            return Relation.UNOWNED
        if (self.stack_id, self.logical_id) != (this.stack_id, this.logical_id):
            return Relation.OTHER_RESOURCE
        if (self.request_type, self.request_id) == (this.request_type, this.request_id):
            return Relation.MADE_BY_THIS_REQUEST
        # Without a time, what came first cannot be known: better one tracker left behind than one tracking ID lost.
        if "-" not in (self.sent, this.sent):
            if self.sent > this.sent:
                return Relation.NEWER
            # Of two Updates in the same second nobody knows which came first; a Create comes before all others.
            is_earlier = self.sent < this.sent or self.request_type == "Create"
            if self.responded == PENDING or (is_earlier and self.responded > this.sent):
                return Relation.UNACKNOWLEDGED
        return Relation.ACKNOWLEDGED

    def __str__(self) -> str:
        return f"resource {self.logical_id or '(unnamed)'} of stack {self.stack_id or '(unnamed)'}"


def is_taggable(text: str) -> bool:
    r"""Whether a tag can hold it: `[\p{L}\p{Z}\p{N}_.:/=+\-@]*` (API pages TagKey and TagValue)."""
    return all(character in "_.:/=+-@" or unicodedata.category(character)[0] in "LZN" for character in text)


def _as_tag_value(text: str) -> str:
    """An id as it stands in a tag. CloudFormation's own fit; an emulator's may be long or have other characters."""
    if len(text) <= 200 and is_taggable(text):
        return text
    legible = "".join(character if is_taggable(character) else "-" for character in text[:180])
    return f"{legible}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:16]}"
