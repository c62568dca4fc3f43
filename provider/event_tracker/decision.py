"""What a request does about the event tracker that it meets: one table, read from the top.

Nothing here calls a service. The wanted properties are compared with the tracker as it is, never with the old ones:
CloudFormation rolls a failed update back by sending an Update with the two swapped. Rules: docs/behavior.md.
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
    """The action of the first row that applies to a tracker, and the reason: for REFUSE that of the response."""
    rule, _, action, reason = next(row for row in _table(change, tracker) if row[1])
    return action, reason if action is Action.REFUSE else f"{reason} ({rule})"


def _table(change: Change, tracker: Tracker) -> tuple[tuple[str, bool, Action, str], ...]:
    """The rule of each row, whether the row applies, its action, and the reason."""
    request, wanted, old = change.request, change.wanted, change.old
    owner = Ownership.from_tags(tracker.tags)
    relation = owner.relation_to(request)
    is_owned, is_update = relation.is_owned, request.request_type == "Update"
    is_left = is_update and relation is Relation.UNACKNOWLEDGED
    # A name that the service leaves out is no reason to delete anything.
    is_named = wanted.name in (None, tracker.name) or not tracker.name
    is_physical = tracker.arn == request.physical_id
    may_adopt = wanted.adopt_existing and is_named and relation is not Relation.OTHER_RESOURCE
    # The rollback of a rename that the template opted in to is opted in to, too.
    strategies = (wanted.replacement_strategy, old.replacement_strategy)
    may_replace = is_owned and ReplacementStrategy.DELETE_THEN_CREATE in strategies
    # The rollback of a rename that has not happened, and that may still be under way: it must not take the name away.
    undoes_rename = may_replace and old.name not in (None, tracker.name)
    return (
        ("C3", relation is Relation.MADE_BY_THIS_REQUEST, Action.USE, "made by this request"),
        ("U2", relation is Relation.NEWER, Action.REFUSE, overtaken(tracker)),
        ("C3", tracker.status in DELETING, Action.WAIT_UNTIL_GONE, "being deleted"),
        ("C3", is_owned and tracker.status == CREATE_FAILED, Action.DELETE, "CREATE FAILED"),
        ("C3", not is_update and owner.was_left_by("Create", request), Action.DELETE, "unacknowledged"),
        ("U1", is_physical and is_named and undoes_rename, Action.CLAIM, "as wanted again"),
        ("U1", is_physical and is_named, Action.USE, "as wanted"),
        ("U3", is_physical and may_replace, Action.REPLACE, "another name is wanted"),
        ("U3", is_physical, Action.REFUSE, _rename(wanted, tracker, is_owned)),
        ("U2", is_left and is_named, Action.CLAIM, "unacknowledged"),
        ("U2", is_left, Action.DELETE, "unacknowledged, with another name"),
        ("C4", may_adopt, Action.ADOPT, "AdoptExisting is true"),
        ("U2", is_update and is_owned and is_named, Action.CLAIM, "owned by this resource"),
        ("C4", True, Action.REFUSE, _occupied(request, tracker, owner, is_named)),
    )


def overtaken(tracker: Tracker) -> str:
    """The reason for refusing a request that came too late."""
    return (
        f"{tracker} belongs to a newer request for this resource. This request came too late, and nothing was changed. "
        "You need not do anything about it."
    )


def _rename(wanted: Properties, tracker: Tracker, is_owned: bool) -> str:
    way_out = (
        f", or set ReplacementStrategy: {ReplacementStrategy.DELETE_THEN_CREATE} to have it deleted first, and then "
        "give your applications the new tracking ID."
    )
    if not is_owned:
        way_out = ": this resource does not own the tracker, so it cannot replace it."
    return (
        f"{tracker} cannot get the name {wanted.name} while it exists, since a dataset group can have only one event "
        f"tracker. Nothing was changed. Keep Name: {tracker.name}{way_out}"
    )


def _occupied(request: Request, tracker: Tracker, owner: Ownership, is_named: bool) -> str:
    """The reason names the tracker and its owner. No way out harms a resource that may be alive."""
    relation = owner.relation_to(request)
    way_out = "to use it as it is, set AdoptExisting: true. Deleting the stack then leaves it in place."
    if relation is Relation.OTHER_RESOURCE and owner.stack_id == Ownership.of(request).stack_id:
        way_out = (
            "if you gave the resource another logical id, follow docs/migration.md, Rename a logical id, which keeps "
            "the tracking ID."
        )
    elif relation is Relation.OTHER_RESOURCE:
        way_out = (
            "only if that resource no longer exists, remove the tracker's tags that begin with cloudformation: and set "
            "AdoptExisting: true."
        )
    elif not is_named:
        way_out = f"leave out Name, or set Name: {tracker.name}, and {way_out}"
    belongs = "" if relation is Relation.UNOWNED else f" It belongs to {owner}."
    return (
        f"{tracker} is already in {tracker.dataset_group_arn}, and a dataset group can have only one event tracker."
        f"{belongs} Use another dataset group; or, {way_out}"
    )
