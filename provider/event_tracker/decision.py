"""What a request does about the event tracker that it meets: one table, read from the top.

Nothing here calls a service. The wanted properties are compared with the tracker as it is, never with the old ones:
CloudFormation rolls a failed update back by sending an Update with the two swapped. The rules are those of
docs/behavior.md.
"""

from dataclasses import dataclass
from enum import Enum

from event_tracker.ownership import Ownership, Relation
from event_tracker.properties import Properties, ReplacementStrategy
from event_tracker.protocol import Request
from event_tracker.trackers import CREATE_FAILED, DELETING, Tracker


class Action(Enum):
    """What to do about a tracker in the wanted dataset group. The value is for the log."""

    USE = "Using"
    CLAIM = "Claiming"  # use it, and note in its tags that this request did: no earlier request touches it any more
    ADOPT = "Adopting"  # use it, and remove our ownership tags: nothing ever deletes it
    REPLACE = "Replacing"  # delete it, though its tracking ID is in use, as the template asks for; create another one
    DELETE = "Deleting"  # delete it, since nobody has its tracking ID; create another one
    WAIT_UNTIL_GONE = "Waiting until gone"
    REFUSE = "Refusing"


@dataclass(frozen=True)
class Change:
    """What a request asks for: the properties to bring about, and those of OldResourceProperties."""

    request: Request
    wanted: Properties
    old: Properties


def decide(change: Change, tracker: Tracker) -> tuple[Action, str]:
    """The action of the first row that applies to a tracker, found with its tags, and the reason.

    For REFUSE that is a sentence for the response, otherwise a few words for the log.
    """
    rule, _, action, reason = next(row for row in _table(_Meeting(change, tracker)) if row[1])
    return action, reason if action is Action.REFUSE else f"{reason} ({rule})"


def overtaken(tracker: Tracker) -> str:
    """The reason for refusing a request that came too late."""
    return (
        f"{tracker} belongs to a newer request for this resource. This request came too late, and nothing was changed. "
        "You need not do anything about it."
    )


class _Meeting:
    def __init__(self, change: Change, tracker: Tracker) -> None:
        self.request, self.wanted, self.tracker = change.request, change.wanted, tracker
        self.ownership = Ownership.from_tags(tracker.tags)
        self.relation = self.ownership.relation_to(change.request)
        self.is_owned = self.relation.is_owned
        self.is_unacknowledged = self.relation is Relation.UNACKNOWLEDGED
        self.is_update = change.request.request_type == "Update"
        self.is_physical = tracker.arn == change.request.physical_id
        # A name that the service leaves out is no reason to delete anything.
        self.has_wanted_name = change.wanted.name in (None, tracker.name) or not tracker.name
        is_others = self.relation is Relation.OTHER_RESOURCE
        self.may_adopt = change.wanted.adopt_existing and self.has_wanted_name and not is_others
        # The rollback of a rename that the template opted in to is opted in to, too.
        strategies = (change.wanted.replacement_strategy, change.old.replacement_strategy)
        self.may_replace = self.is_owned and ReplacementStrategy.DELETE_THEN_CREATE in strategies
        # The rollback of a rename that has not happened, and that may still be under way.
        self.undoes_rename = self.may_replace and change.old.name not in (None, tracker.name)


def _rename(meeting: _Meeting) -> str:
    tracker = meeting.tracker
    reason = (
        f"{tracker} cannot get the name {meeting.wanted.name} while it exists, since a dataset group can have only one "
        f"event tracker. Nothing was changed. Keep Name: {tracker.name}"
    )
    if not meeting.is_owned:
        return f"{reason}: this resource does not own the tracker, so it cannot replace it."
    return (
        f"{reason}, or set ReplacementStrategy: {ReplacementStrategy.DELETE_THEN_CREATE} to have it deleted first, and "
        "then give your applications the new tracking ID."
    )


def _occupied(meeting: _Meeting) -> str:
    """The reason names the tracker and its owner. No way out harms a resource that may be alive."""
    tracker, owner = meeting.tracker, meeting.ownership
    way_out = "to use it as it is, set AdoptExisting: true. Deleting the stack then leaves it in place."
    if meeting.relation is Relation.OTHER_RESOURCE and owner.stack_id == Ownership.of(meeting.request).stack_id:
        way_out = (
            "if you gave the resource another logical id, follow docs/migration.md, Rename a logical id, which keeps "
            "the tracking ID."
        )
    elif meeting.relation is Relation.OTHER_RESOURCE:
        way_out = (
            "only if that resource no longer exists, remove the tracker's tags that begin with cloudformation: and set "
            "AdoptExisting: true."
        )
    elif not meeting.has_wanted_name:
        way_out = f"leave out Name, or set Name: {tracker.name}, and {way_out}"
    belongs = "" if meeting.relation is Relation.UNOWNED else f" It belongs to {owner}."
    return (
        f"{tracker} is already in {tracker.dataset_group_arn}, and a dataset group can have only one event tracker."
        f"{belongs} Use another dataset group; or, {way_out}"
    )


def _table(m: _Meeting) -> tuple[tuple[str, bool, Action, str], ...]:
    """The rule of each row, whether the row applies, its action, and the reason."""
    is_left = m.is_update and m.is_unacknowledged
    left_by_create = not m.is_update and m.is_unacknowledged and m.ownership.request_type == "Create"
    return (
        ("C3", m.relation is Relation.MADE_BY_THIS_REQUEST, Action.USE, "made by this request"),
        ("U2", m.relation is Relation.NEWER, Action.REFUSE, overtaken(m.tracker)),
        ("C3", m.tracker.status in DELETING, Action.WAIT_UNTIL_GONE, "being deleted"),
        ("C3", m.is_owned and m.tracker.status == CREATE_FAILED, Action.DELETE, "CREATE FAILED"),
        # Left by a Create that CloudFormation gave up on.
        ("C3", left_by_create, Action.DELETE, "unacknowledged"),
        # The name is as wanted, and a rename that comes too late must not take it away.
        ("U1", m.is_physical and m.has_wanted_name and m.undoes_rename, Action.CLAIM, "as wanted again"),
        ("U1", m.is_physical and m.has_wanted_name, Action.USE, "as wanted"),
        ("U3", m.is_physical and m.may_replace, Action.REPLACE, "another name is wanted"),
        ("U3", m.is_physical, Action.REFUSE, _rename(m)),
        # Left by an update that failed.
        ("U2", is_left and m.has_wanted_name, Action.CLAIM, "unacknowledged"),
        ("U2", is_left, Action.DELETE, "unacknowledged, with another name"),
        ("C4", m.may_adopt, Action.ADOPT, "AdoptExisting is true"),
        # What the rollback of a replacement comes back to.
        ("U2", m.is_update and m.is_owned and m.has_wanted_name, Action.CLAIM, "owned by this resource"),
        ("C4", True, Action.REFUSE, _occupied(m)),
    )
