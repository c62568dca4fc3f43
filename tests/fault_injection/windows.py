"""The windows: where a rule does not hold, since no provider can hold it, or since an orphan is better than a loss.

Each function asks about one tracker or one request, as narrowly as the cause allows, and returns the window that it is
in. What is in a window is counted, and is no failure.
"""

import math
from datetime import UTC, datetime

from simulation.cloudformation import Put, Request
from simulation.virtual_time import BEGIN, Killed
from simulation.world import CREATED_BY, Call
from tests.fault_injection.facts import CHANGES, Facts
from tests.fault_injection.rules import Window

TAGGING = {"tag_resource", "untag_resource"}

# Requests that CloudFormation has given up, or that Lambda delivers again: the provider cannot know that.


def late_change(facts: Facts, arn: str, *operations: str) -> Window | None:
    """Whether the tracker was changed by a request that a later one could not see at work any more.

    The later request polls, finds nothing amiss, and ends; then the earlier one acts.
    """
    calls = (call for call in facts.done if call.arn == arn and call.operation in (operations or CHANGES))
    is_late = any(
        _last_poll(facts, later, arn, call.operation in TAGGING) <= call.moment
        for call in calls
        for later in facts.later(call.request)
    )
    return Window.LATE if is_late else None


def _last_poll(facts: Facts, request: Request, arn: str, is_about_tags: bool) -> float:
    """Until when a request could see what becomes of a tracker: it asked about it, or about its dataset group.

    What becomes of its tags it sees only when it asks for those.
    """
    if request.responded is None:
        return math.inf
    group = facts.group_of(arn)
    polls = (
        call.moment
        for call in facts.calls_of(request)
        if call.moment <= request.responded
        and (call.arn == arn or call.arguments.get("datasetGroupArn") == group)
        and (call.operation == "list_tags_for_resource" or not is_about_tags)
    )
    return max(polls, default=request.sent)


def overtaken(facts: Facts, put: Put) -> Window | None:
    """Whether a response came when CloudFormation had sent a later request, and no longer listened to this one."""
    return Window.LATE if any(later.sent <= put.moment for later in facts.later(put.request)) else None


def changed_between(facts: Facts, first: Put, second: Put) -> Window | None:
    """Whether other requests changed the dataset group of a request between its first delivery and a later response.

    What was refused may be possible then. CloudFormation reads only the first response.
    """
    group = second.request.wanted["DatasetGroupArn"]
    others = (
        call
        for call in facts.done
        if call.request is not second.request
        and call.operation in ("create_event_tracker", "delete_event_tracker")
        and facts.group_of(call.arn) == group
        and first.invocation.start <= call.moment <= second.moment
    )
    return Window.CHANGED if any(others) else None


def cut_off(facts: Facts, put: Put) -> Window | None:
    """Whether a delivery failed without having reached Amazon Personalize, and so knows nothing of an earlier one."""
    has_reached_it = any(call.invocation is put.invocation for call in facts.calls_of(put.request))
    return None if put.response.is_success or has_reached_it else Window.CUT_OFF


def begun_late(request: Request, begun: float) -> Window | None:
    """Whether a response was in time by the function's clock, which begins with a delivery, but not by the stack's."""
    responded = math.inf if request.responded is None else request.responded
    return Window.BEGUN_LATE if responded <= begun + request.service_timeout else None


# The tags of a tracker tell who made it, when, and whether the response was taken: to the second, and if they were put.


def undated(facts: Facts) -> Window | None:
    """Whether no ResponseURL tells when its request was sent, so that nothing counts as unacknowledged."""
    return None if facts.world.cloudformation.dated_urls else Window.UNDATED


def sent_in_same_second(facts: Facts, update: Request, other: Request | None = None) -> Window | None:
    """Whether another Update of the resource was sent within the same second: nobody knows which of them is newer."""
    ties = [
        tie
        for tie in facts.requests
        if tie.type == update.type == "Update"
        and tie is not update
        and tie.resource == update.resource
        and int(tie.sent) == int(update.sent)
    ]
    return Window.SAME_SECOND if (other in ties if other else ties) else None


def still_created(facts: Facts, call: Call, made: Request) -> Window | None:
    """Whether a tracker was still being created, by an Update of the same second, when its tags were last read."""
    asked = [
        one.tracker.tags.get(CREATED_BY, "")
        for one in facts.done_by(call.request, call.arn, "list_tags_for_resource")
        if one.moment <= call.moment
    ]
    is_pending = bool(asked) and asked[-1].endswith("/pending")
    return sent_in_same_second(facts, call.request, made) if is_pending else None


def unheard(facts: Facts, arn: str) -> Window | None:
    """Whether a tracker looks acknowledged by a response that CloudFormation did not take.

    It had given the request up, and nothing says so: no later request had been sent by then, or within the same second.
    What cannot be told apart counts as taken: better left than lost.
    """
    request = facts.claims[arn][-1]
    first = next((put for put in facts.puts_of(request) if put.response.is_success), None)
    if request.has_succeeded or not first or any(int(one.sent) < int(first.moment) for one in facts.later(request)):
        return None
    return Window.UNHEARD


def unmarked(facts: Facts, call: Call) -> Window | None:
    """Whether a request took a tracker for unacknowledged because the mark is missing that a response was taken.

    The mark is written after the response, by one call. It counts as missing if it is younger than the request.
    """
    parts = call.tracker.tags.get(CREATED_BY, "").split("/")
    if len(parts) != 4 or not (parts[3] == "pending" or _second(parts[3]) > int(call.request.sent + BEGIN)):
        return None
    maker = next((request for request in facts.requests if request.id == parts[1]), None)
    return Window.UNMARKED if maker and maker.has_succeeded and _could_not_mark(facts, maker) else None


def unmarked_when_adopted(facts: Facts, request: Request) -> Window | None:
    """Whether a request took what it should have adopted for its own, because of a mark that is missing."""
    first = next(iter(facts.done_by(request, request.taken.physical_id, "tag_resource")), None)
    return unmarked(facts, first) if first else None


def _could_not_mark(facts: Facts, maker: Request) -> bool:
    """Whether the function died after its response, or tried in vain to mark the tracker. Not to try is no excuse."""
    put = next(iter(facts.puts_of(maker)))
    has_tried = any(
        attempt.invocation is put.invocation and attempt.moment >= put.moment and attempt.name == "tag_resource"
        for attempt in facts.world.wire.calls
    )
    has_marked = any(
        call.invocation is put.invocation and call.operation == "tag_resource" and call.moment >= put.moment
        for call in facts.done
    )
    return isinstance(put.invocation.error, Killed) or (has_tried and not has_marked)


def _second(text: str) -> float:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
