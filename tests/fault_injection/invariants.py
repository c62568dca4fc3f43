"""What must hold when everything has come to rest: nothing lost, nothing orphaned, nothing touched that is others'.

All of it is told from what the service was asked and what it has, never from what the provider says.
"""

import math
from collections.abc import Iterator

from event_tracker import ownership
from simulation.cloudformation import Request
from simulation.stack import Resource, Stack
from simulation.wire import PUT
from simulation.world import Call, World
from tests.fault_injection.rules import Rule, Violation

COMPLETE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
CHANGES = {"create_event_tracker", "delete_event_tracker", "tag_resource", "untag_resource"}
GONE = {"DELETE_COMPLETE", "ROLLBACK_COMPLETE"}


def violations(world: World) -> list[Violation]:
    """What does not hold in a world that is at rest."""
    facts = _Facts(world)
    found = [
        *(Violation(Rule.ONE_RESPONSE, how) for how in world.cloudformation.objections),
        *_responses(world),
        *_waits(world),
        *_ids(facts),
        *_leftovers(facts),
        *_trespasses(facts),
    ]
    for stack in world.stacks:
        if stack.status in COMPLETE:
            for logical_id, resource in stack.resources.items():
                found += _live(facts, stack, logical_id, resource)
                found += _as_template(facts, stack, logical_id, resource)
    return found


class _Facts:
    """What happened, in the ways in which the rules ask about it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.done = [call for call in world.calls if not call.error and call.request]
        self.made = {call.arn: call for call in self.done if call.operation == "create_event_tracker"}
        self.given = self._given()

    def _given(self) -> dict[tuple[str, str], tuple[tuple[str, str], str]]:
        """The resource that last put each tag, by ARN and key, and the value."""
        given = {}
        for call in self.done:
            for tag in call.arguments.get("tags", ()):
                given[call.arn, tag["tagKey"]] = call.request.resource, tag["tagValue"]
        return given

    def is_overtaken(self, request: Request, moment: float) -> bool:
        """Whether CloudFormation had by then sent a later request for the same resource, and no longer listened.

        The clean-up of what a request replaced does not count: it always follows.
        """
        return any(later.sent <= moment for later in self._later(request))

    def is_in_window(self, resource: tuple[str, str]) -> bool:
        """Whether a request for this resource did something when no later one could see it any more."""
        return any(
            call.request.resource == resource
            and call.operation in CHANGES
            and any(self._last_poll(later) <= call.moment for later in self._later(call.request))
            for call in self.done
        )

    def _later(self, request: Request) -> Iterator[Request]:
        requests = list(self.world.cloudformation.requests.values())
        for later in requests[requests.index(request) + 1 :]:
            if later.resource == request.resource and later.replaced_by is not request:
                yield later

    def _last_poll(self, request: Request) -> float:
        """Until when a request can see what an earlier one for its resource does."""
        if request.responded is None:
            return math.inf
        if request.type == "Delete" and request.event["PhysicalResourceId"].startswith("arn:"):
            # It is about one tracker, and polls for no other.
            return request.sent
        former = request.event.get("OldResourceProperties", request.event["ResourceProperties"])["DatasetGroupArn"]
        if former != request.event["ResourceProperties"]["DatasetGroupArn"]:
            # The rollback of a change of group: what the change made is in the other group.
            polls = (
                call.moment
                for call in self.done
                if call.request is request and call.arguments.get("datasetGroupArn") == former
            )
            return max(polls, default=request.sent)
        return self._polled(request)

    def _polled(self, request: Request) -> float:
        """When its function last called the service before the response counted."""
        attempts = (one for one in self.world.wire.calls if one.invocation and one.name != PUT)
        cloudformation = self.world.cloudformation
        return max(
            (
                one.moment
                for one in attempts
                if cloudformation.request_of(one.invocation) is request and one.moment < request.responded
            ),
            default=request.sent,
        )

    def last(self, arn: str, *operations: str) -> Call | None:
        """The function's last such call about a tracker."""
        calls = [call for call in self.done if call.arn == arn and call.operation in operations]
        return calls[-1] if calls else None


def _responses(world: World) -> Iterator[Violation]:
    for invocation in world.function.history:
        request = world.cloudformation.request_of(invocation)
        if invocation.error is None and invocation.accepted != 1:
            yield Violation(Rule.ONE_RESPONSE, f"{request}: a delivery ended well with {invocation.accepted} answers")
        if isinstance(invocation.error, Exception) and invocation.accepted:
            yield Violation(Rule.ONE_RESPONSE, f"{request}: answered, and then {invocation.error!r}")


def _waits(world: World) -> Iterator[Violation]:
    begun: dict[str, float] = {}
    for invocation in world.function.history:
        if invocation.error is None:
            begun.setdefault(world.cloudformation.request_of(invocation).id, invocation.start)
    for request in world.cloudformation.requests.values():
        responded = math.inf if request.responded is None else request.responded
        if request.id in begun and responded > request.sent + request.service_timeout:
            # A function knows when it was called, not when the request was sent.
            in_window = responded <= begun[request.id] + request.service_timeout
            yield Violation(Rule.RESPONDED, f"{request}: no answer within {request.service_timeout:.0f} s", in_window)


def _ids(facts: _Facts) -> Iterator[Violation]:
    heard = {call.invocation for call in facts.world.calls}
    first: dict[str, str] = {}
    for put in facts.world.cloudformation.puts:
        physical_id = first.setdefault(put.request.id, put.response.physical_id)
        if put.response.physical_id != physical_id:
            in_window = (
                facts.is_overtaken(put.request, put.moment)
                or facts.is_in_window(put.request.resource)
                # Delivered again, and kept from the service until its patience was over: it cannot know the ARN.
                or (put.response.status == "FAILED" and put.invocation not in heard)
            )
            yield Violation(Rule.ONE_ID, f"{put.request}: {physical_id}, then {put.response.physical_id}", in_window)


def _leftovers(facts: _Facts) -> Iterator[Violation]:
    gone = {stack.id: stack for stack in facts.world.stacks if stack.status in GONE}
    for arn, name in facts.world.trackers().items():
        made = facts.made.get(arn)
        stack = made and gone.get(made.request.resource[0])
        if stack and arn not in stack.retained:
            yield Violation(
                Rule.NOTHING_LEFT,
                f"{name} ({arn}), made by {made.request}, outlives the stack",
                facts.is_in_window(made.request.resource),
            )
    for put in facts.world.cloudformation.puts:
        # A deletion is over when it says so: the dataset group is next.
        response = put.response
        says_gone = put.request.type == "Delete" and response.status == "SUCCESS"
        if says_gone and response.tracker_status and facts.last(response.physical_id, "delete_event_tracker"):
            yield Violation(Rule.NOTHING_LEFT, f"{put.request}: answered when {response.physical_id} was still there")


def _trespasses(facts: _Facts) -> Iterator[Violation]:
    for call in facts.done:
        maker = facts.made.get(call.arn)
        if call.operation == "delete_event_tracker" and (not maker or maker.request.resource != call.request.resource):
            yield Violation(Rule.NOT_OURS, f"{call.request}: deleted {call.arn}, made by {maker and maker.request}")
        if call.operation == "untag_resource":
            for key in call.arguments["tagKeys"]:
                if key in call.tags and not _was_given(facts, call, key):
                    yield Violation(Rule.NOT_OURS, f"{call.request}: took {key}={call.tags[key]} off {call.arn}")


def _was_given(facts: _Facts, untag: Call, key: str) -> bool:
    """Whether the tag that was taken off had come from the same resource, or stood in its template as it was."""
    former = untag.request.event.get("OldResourceProperties", {}).get("Tags", [])
    if {"Key": key, "Value": untag.tags[key]} in former:
        return True
    before = [
        (call.request.resource, tag["tagValue"])
        for call in facts.done
        if call.arn == untag.arn and call.moment <= untag.moment
        for tag in call.arguments.get("tags", ())
        if tag["tagKey"] == key
    ]
    return bool(before) and before[-1] == (untag.request.resource, untag.tags[key])


def _live(facts: _Facts, stack: Stack, logical_id: str, resource: Resource) -> Iterator[Violation]:
    arn, response = resource.physical_id, resource.response
    tracker = facts.world.backend.event_trackers.get(arn)
    deleted = facts.last(arn, "delete_event_tracker")
    if tracker is None or tracker.status != "ACTIVE":
        # One that somebody else deleted is nobody's fault.
        if deleted or arn not in facts.world.deleted_by_others:
            in_window = facts.is_in_window((stack.id, logical_id))
            yield Violation(Rule.LIVE, f"{stack.name}: {arn} is {facts.world.status(arn)}", in_window)
        return
    if response.attributes.get("TrackingId") != tracker.tracking_id:
        yield Violation(
            Rule.LIVE, f"{stack.name}: TrackingId {response.attributes.get('TrackingId')} is not that of {arn}"
        )
    if response.tracker_status != "ACTIVE":
        yield Violation(Rule.LIVE, f"{stack.name}: {arn} was {response.tracker_status} when it was answered")


def _as_template(facts: _Facts, stack: Stack, logical_id: str, resource: Resource) -> Iterator[Violation]:
    arn, wanted = resource.physical_id, resource.properties
    tracker = facts.world.backend.event_trackers.get(arn)
    if tracker is None:
        return
    if wanted.get("Name", tracker.name) != tracker.name:
        yield Violation(Rule.TEMPLATE, f"{stack.name}: {arn} is named {tracker.name}, not {wanted['Name']}")
    if wanted["DatasetGroupArn"] != tracker.dataset_group_arn:
        yield Violation(Rule.TEMPLATE, f"{stack.name}: {arn} is in another group than {wanted['DatasetGroupArn']}")
    observed = facts.world.tags(arn)
    tags = {tag["Key"]: tag["Value"] for tag in wanted.get("Tags", ())}
    stale = {
        key
        for key, value in observed.items()
        if key not in tags
        and key not in ownership.KEYS
        and facts.given.get((arn, key)) == ((stack.id, logical_id), value)
    }
    if _is_shared(facts, arn):
        return
    if stale or any(observed.get(key) != value for key, value in tags.items()):
        in_window = facts.is_in_window((stack.id, logical_id))
        yield Violation(Rule.TEMPLATE, f"{stack.name}: {arn} has the tags {observed}, not {tags}", in_window)


def _is_shared(facts: _Facts, arn: str) -> bool:
    """Whether two resources have adopted the same tracker, so that the last one has its way with the tags."""
    resources = [r for stack in facts.world.stacks for r in stack.resources.values()]
    return sum(resource.physical_id == arn for resource in resources) > 1
