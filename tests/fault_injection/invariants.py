"""What must hold when everything has come to rest: nothing lost, nothing orphaned, nothing touched that is others'.

One function for each rule, which asks `facts.py` what happened and `windows.py` whether Limits names it.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from simulation.cloudformation import Put, Request
from simulation.stack import Resource, Stack
from simulation.world import CREATED_BY, OWNERSHIP, Call, World
from tests.fault_injection import windows
from tests.fault_injection.facts import CHANGES, Facts, owner_of
from tests.fault_injection.rules import Rule, Violation, Window

COMPLETE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
GONE = {"DELETE_COMPLETE", "ROLLBACK_COMPLETE"}
PROPERTIES = {
    "ServiceToken",
    "DatasetGroupArn",
    "Name",
    "Tags",
    "AdoptExisting",
    "ReplacementStrategy",
    "ServiceTimeout",
}


def violations(world: World) -> list[Violation]:
    """What does not hold in a world that is at rest."""
    facts = Facts(world)
    return [violation for check in _CHECKS for violation in check(facts)]


def _protocol(facts: Facts) -> Iterator[Violation]:
    """Each delivery that ends well has sent one response, and one that has sent a response ends well."""
    for how in facts.world.cloudformation.objections:
        yield Violation(Rule.ONE_RESPONSE, how)
    for invocation in facts.world.function.history:
        request = facts.world.cloudformation.request_of(invocation)
        if invocation.error is None and invocation.accepted != 1:
            yield Violation(Rule.ONE_RESPONSE, f"{request}: a delivery ended well with {invocation.accepted} responses")
        if isinstance(invocation.error, Exception) and invocation.accepted:
            yield Violation(Rule.ONE_RESPONSE, f"{request}: a response, and then {invocation.error!r}")


def _in_time(facts: Facts) -> Iterator[Violation]:
    """CloudFormation gets a response while it waits, if one delivery ends well."""
    begun: dict[Request, float] = {}
    for invocation in facts.world.function.history:
        if invocation.error is None:
            begun.setdefault(facts.world.cloudformation.request_of(invocation), invocation.start)
    for request, start in begun.items():
        seconds = math.inf if request.responded is None else request.responded - request.sent
        if seconds > request.service_timeout:
            how = f"{request}: no response within {request.service_timeout:.0f} s"
            yield Violation(Rule.RESPONDED, how, windows.begun_late(request, start))


def _one_id(facts: Facts) -> Iterator[Violation]:
    """All responses to a request have the same physical id."""
    first: dict[Request, Put] = {}
    for put in facts.world.cloudformation.puts:
        before = first.setdefault(put.request, put)
        if put.response.physical_id != before.response.physical_id:
            how = f"{put.request}: {before.response.physical_id}, then {put.response.physical_id}"
            window = (
                windows.cut_off(facts, put)
                or windows.overtaken(facts, put)
                or windows.late_change(facts, before.response.physical_id)
                or windows.changed_between(facts, before, put)
            )
            yield Violation(Rule.ONE_ID, how, window)


def _nothing_left(facts: Facts) -> Iterator[Violation]:
    """No tracker outlives the stack that made it, unless it was retained, adopted, or taken away by hand."""
    world = facts.world
    gone = {stack.id: stack for stack in world.stacks if stack.status in GONE}
    for arn, name in world.trackers().items():
        made = facts.made.get(arn)
        stack = made and gone.get(made.request.resource[0])
        if not stack or arn in stack.retained | stack.left_behind or made.request.id in stack.skipped:
            continue
        if arn in facts.adoptions or arn in world.taken_back:
            continue
        window = windows.late_change(facts, arn, "create_event_tracker") or windows.unheard(facts, arn)
        if not facts.is_acknowledged(arn, math.inf):
            window = window or windows.undated(facts) or windows.sent_in_same_second(facts, made.request)
        yield Violation(Rule.NOTHING_LEFT, f"{name} ({arn}), made by {made.request}, outlives the stack", window)


def _deleted_means_gone(facts: Facts) -> Iterator[Violation]:
    """A Delete that says SUCCESS has ended: the dataset group can be deleted next."""
    for put in facts.world.cloudformation.puts:
        arn = put.response.physical_id
        says_gone = put.request.type == "Delete" and put.response.is_success
        if says_gone and put.response.tracker.status and facts.last(arn, "delete_event_tracker"):
            yield Violation(Rule.NOTHING_LEFT, f"{put.request}: its response came while {arn} was still there")


def _deletions(facts: Facts) -> Iterator[Violation]:
    """What a request deletes is its resource's, and either its physical id, or a tracker whose id nobody has."""
    for call in facts.done:
        if call.operation == "delete_event_tracker":
            broken = _why_kept(facts, call)
            if broken:
                rule, why, window = broken
                yield Violation(rule, f"{call.request}: deleted {call.arn}, {why}", window)


def _why_kept(facts: Facts, call: Call) -> tuple[Rule, str, Window | None] | None:
    """The rule by which a tracker that was deleted should have stayed, why, and the window."""
    arn, request, made = call.arn, call.request, facts.made.get(call.arn)
    if facts.is_adopted(arn, call.moment):
        return Rule.KEPT, "which was adopted", None
    if facts.owner(call) != request.resource:
        return Rule.NOT_OURS, f"which {facts.owner(call)} owns", None
    if request.physical_id == arn:
        return None if _may_delete_its_own(call) else (Rule.KEPT, "its own, without need", None)
    if made is None:
        return Rule.KEPT, "which was handed over", None
    if facts.is_acknowledged(arn, call.moment):
        window = windows.unmarked(facts, call) or windows.still_created(facts, call, made.request)
        return Rule.KEPT, f"made by {made.request}, whose id somebody has", window
    if facts.order[made.request.id] > facts.order[request.id]:
        window = windows.sent_in_same_second(facts, request, made.request)
        return Rule.KEPT, f"made by {made.request}, which is newer", window
    return None


def _may_delete_its_own(call: Call) -> bool:
    """Whether a request may delete what its physical id names: a Delete, a rename that was opted in to, or a wreck."""
    request = call.request
    strategies = [properties.get("ReplacementStrategy") for properties in (request.wanted, request.old)]
    return request.type == "Delete" or "delete_then_create" in strategies or call.tracker.status == "CREATE FAILED"


def _tags_lost(facts: Facts) -> Iterator[Violation]:
    """A tag is taken off by whoever put it there, or had it in a template; ours, when a tracker is adopted."""
    for call in facts.done:
        if call.operation == "untag_resource":
            tags = call.tracker.tags
            for key in call.arguments["tagKeys"]:
                if key in tags and not _may_untag(facts, call, key):
                    is_kept = call.arn in facts.taken or call.arn in facts.world.handed_over
                    rule = Rule.KEPT if is_kept else Rule.NOT_OURS
                    yield Violation(rule, f"{call.request}: took {key}={tags[key]} off {call.arn}")


def _may_untag(facts: Facts, call: Call, key: str) -> bool:
    request, tags = call.request, call.tracker.tags
    if key in OWNERSHIP:
        left = [name for name in OWNERSHIP if name in tags]
        owner = owner_of(tags) if left != [CREATED_BY] else request.resource
        return request.wanted.get("AdoptExisting") == "true" and owner == request.resource
    if {"Key": key, "Value": tags[key]} in request.old.get("Tags", []):
        return True
    givers = [
        (one.request.resource, one.tags[key])
        for one in facts.done
        if one.arn == call.arn and one.moment <= call.moment and key in one.tags
    ]
    return givers[-1:] == [(request.resource, tags[key])]


def _tags_put(facts: Facts) -> Iterator[Violation]:
    """Nobody's ownership is changed: only the mark of who made a tracker, on what the resource owns."""
    for call in facts.done:
        if call.operation == "tag_resource":
            keys = call.tags.keys() & OWNERSHIP
            if keys and (keys != {CREATED_BY} or owner_of(call.tracker.tags) != call.request.resource):
                yield Violation(Rule.NOT_OURS, f"{call.request}: put {sorted(keys)} on {call.arn}")


def _adopted_means_free(facts: Facts) -> Iterator[Violation]:
    """What was adopted has no owner's tags, so that no rollback and no Delete can remove it."""
    for arn, requests in facts.taken.items():
        for request in requests:
            owner = owner_of(request.taken.tracker.tags)
            if facts.is_adoption(request) and request.taken.tracker.status and owner != (None, None):
                window = windows.unmarked_when_adopted(facts, request)
                yield Violation(Rule.KEPT, f"{request}: adopted {arn}, which {owner} owns", window)


def _refused(facts: Facts) -> Iterator[Violation]:
    """A request that can only be refused makes no change, and its rollback makes none either."""
    for request in facts.requests:
        calls = [call for call in facts.calls_of(request) if not call.error]
        if _has_bad_properties(request.wanted) and request.type != "Delete":
            for call in calls:
                yield Violation(Rule.REFUSED, f"{request}: its properties are invalid, and it called {call.operation}")
        elif _is_refused_rename(facts, request):
            for call in calls:
                if call.operation in CHANGES and not _is_note(call):
                    yield Violation(Rule.REFUSED, f"{request}: a rename that is refused, and it did {call.operation}")
        before = request.rollback_of
        if before and (_has_bad_properties(before.wanted) or _is_refused_rename(facts, before)):
            for call in calls:
                if call.operation in CHANGES and not _may_roll_back(facts, request, call):
                    yield Violation(Rule.REFUSED, f"{request}: the rollback of a refusal did {call.operation}")


def _is_note(call: Call) -> bool:
    """Whether it notes that the response which named the tracker was taken: any later Update does, if nothing has."""
    return call.operation == "tag_resource" and call.arn == call.request.physical_id and {*call.tags} == {CREATED_BY}


def _not_blocked(facts: Facts) -> Iterator[Violation]:
    """A tracker that a failed request has left, and whose tracking id nobody has, makes no later request fail."""
    for request in facts.requests:
        calls = facts.calls_of(request)
        if request.taken and not request.taken.is_success and request.type != "Delete" and _was_refused(calls):
            for arn, made in facts.made.items():
                if (
                    made.request.resource == request.resource
                    and request.type in (made.request.type, "Update")
                    and facts.order[made.request.id] < facts.order[request.id]
                    and facts.group_of(arn) == request.wanted["DatasetGroupArn"]
                    and facts.is_there(arn, calls[-1].moment)
                    and not facts.is_acknowledged(arn, math.inf)
                ):
                    window = windows.undated(facts) or windows.unheard(facts, arn)
                    window = window or windows.sent_in_same_second(facts, made.request)
                    how = f"{request}: refused because of {arn}, made by {made.request}"
                    yield Violation(Rule.NOT_BLOCKED, how, window)


def _was_refused(calls: Sequence[Call]) -> bool:
    """Whether a request gave up on a group that has a tracker, without having changed anything or been hindered."""
    return (
        bool(calls)
        and calls[-1].moment - calls[0].moment < 5
        and not any(call.operation in CHANGES and not call.error for call in calls)
        and {call.error for call in calls if call.error} == {"ResourceAlreadyExistsException"}
    )


def _has_bad_properties(properties: Mapping[str, Any]) -> bool:
    keys = [tag["Key"].lower() for tag in properties.get("Tags", [])]
    return bool(properties.keys() - PROPERTIES) or any(key.startswith(("aws:", "cloudformation:")) for key in keys)


def _is_refused_rename(facts: Facts, request: Request) -> bool:
    """Whether an Update wants another name for a tracker that is there to this day, and did not opt in to that."""
    tracker = facts.world.backend.event_trackers.get(request.physical_id)
    strategies = [properties.get("ReplacementStrategy") for properties in (request.wanted, request.old)]
    return (
        request.type == "Update"
        and tracker is not None
        and tracker.status == "ACTIVE"
        and request.wanted["DatasetGroupArn"] == tracker.dataset_group_arn
        and request.wanted.get("Name", tracker.name) != tracker.name
        and "delete_then_create" not in strategies
    )


def _may_roll_back(facts: Facts, request: Request, call: Call) -> bool:
    """Whether the rollback of a refusal may make a change: to what others did, or what an earlier failure left."""
    if call.operation == "tag_resource":
        wanted = {(tag["Key"], tag["Value"]) for tag in request.wanted.get("Tags", [])}
        return all(tag in wanted or tag[0] in OWNERSHIP for tag in call.tags.items())
    if call.operation == "delete_event_tracker":
        # Whether that was right, `_deletions` says.
        return call.arn not in facts.taken
    there = facts.world.observe(request.physical_id).status
    return call.operation == "create_event_tracker" and there is None


def _stacks_hold(facts: Facts) -> Iterator[Violation]:
    """The resources of each stack that is at rest are live, and as their template says."""
    for stack in facts.world.stacks:
        if stack.status in COMPLETE:
            # What failed and was preserved is nothing yet.
            there = {name: one for name, one in stack.resources.items() if not one.failed}
            for logical_id, resource in there.items():
                yield from _live(facts, stack, resource)
                yield from _as_template(facts, stack, logical_id, resource)


def _live(facts: Facts, stack: Stack, resource: Resource) -> Iterator[Violation]:
    arn, response = resource.physical_id, resource.response
    tracker = facts.world.backend.event_trackers.get(arn)
    if tracker is None or tracker.status != "ACTIVE":
        # One that somebody else deleted is nobody's fault.
        if facts.last(arn, "delete_event_tracker") or arn not in facts.world.deleted_by_others:
            how = f"{stack.name}: {arn} is {facts.world.observe(arn).status}"
            yield Violation(Rule.LIVE, how, windows.late_change(facts, arn, "delete_event_tracker"))
        return
    tracking_id = response.attributes.get("TrackingId")
    if tracking_id != tracker.tracking_id:
        yield Violation(Rule.LIVE, f"{stack.name}: TrackingId {tracking_id} is not that of {arn}")
    if response.tracker.status != "ACTIVE":
        yield Violation(Rule.LIVE, f"{stack.name}: {arn} was {response.tracker.status} when the response was sent")


def _as_template(facts: Facts, stack: Stack, logical_id: str, resource: Resource) -> Iterator[Violation]:
    arn, wanted = resource.physical_id, resource.properties
    tracker = facts.world.backend.event_trackers.get(arn)
    if tracker is None:
        return
    if wanted.get("Name", tracker.name) != tracker.name:
        yield Violation(Rule.TEMPLATE, f"{stack.name}: {arn} is named {tracker.name}, not {wanted['Name']}")
    if wanted["DatasetGroupArn"] != tracker.dataset_group_arn:
        yield Violation(Rule.TEMPLATE, f"{stack.name}: {arn} is in another group than {wanted['DatasetGroupArn']}")
    if _is_shared(facts, arn):
        return
    observed = facts.world.tags(arn)
    tags = {tag["Key"]: tag["Value"] for tag in wanted.get("Tags", ())}
    stale = {
        key
        for key, value in _given_since(facts, arn, (stack.id, logical_id)).items()
        if key not in tags and observed.get(key) == value
    }
    if stale or any(observed.get(key) != value for key, value in tags.items()):
        window = windows.late_change(facts, arn, "tag_resource", "untag_resource")
        yield Violation(Rule.TEMPLATE, f"{stack.name}: {arn} has the tags {observed}, not {tags}", window)


def _given_since(facts: Facts, arn: str, resource: tuple[str, str]) -> dict[str, str]:
    """The tags that a resource has put on its tracker since it has had it; those of an earlier time stay (U1, C4)."""
    since = math.inf
    for request in reversed([one for one in facts.requests if one.resource == resource and one.has_succeeded]):
        if request.taken.physical_id != arn:
            break
        since = request.sent
        if facts.is_adoption(request):
            break
    given = {
        key: (call.request.resource, value)
        for call in facts.done
        if call.arn == arn and call.moment >= since
        for key, value in call.tags.items()
    }
    return {key: value for key, (giver, value) in given.items() if giver == resource and key not in OWNERSHIP}


def _is_shared(facts: Facts, arn: str) -> bool:
    """Whether two resources have adopted the same tracker, so that the last one has its way with the tags."""
    resources = [r for stack in facts.world.stacks for r in stack.resources.values()]
    return sum(resource.physical_id == arn for resource in resources) > 1


_CHECKS: tuple[Callable[[Facts], Iterator[Violation]], ...] = (
    _protocol,
    _in_time,
    _one_id,
    _nothing_left,
    _deleted_means_gone,
    _deletions,
    _tags_lost,
    _tags_put,
    _adopted_means_free,
    _refused,
    _not_blocked,
    _stacks_hold,
)
