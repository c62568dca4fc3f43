"""The windows: what no provider of custom resources can prevent, or what ours accepts rather than lose a tracker.

Each is a question about one tracker or one request, and is as narrow as its cause. What is in a window is counted and
is no failure; `docs/limits.md` tells users of each.
"""

import math
from datetime import UTC, datetime

from simulation.cloudformation import Put, Request
from simulation.virtual_time import BEGIN, Killed
from simulation.world import CREATED_BY, Call
from tests.fault_injection.facts import CHANGES, Facts

TAGGING = {"tag_resource", "untag_resource"}

LATE = "a late call"
UNMARKED = "the response was not marked as taken"
UNHEARD = "a response when nobody waited any more"
SAME_SECOND = "two requests within one second"
UNDATED = "ResponseURLs without a date"
BEGUN_LATE = "delivered late"
CUT_OFF = "cut off from the service"
CHANGED = "delivered again when others had changed something"


def late_change(facts: Facts, arn: str, *operations: str) -> str:
    """Whether the tracker was changed by a request that a later one could not see at work any more.

    CloudFormation rolls back, or deletes, without waiting for a request that it has given up, and Lambda may deliver
    one again after its response. The later request polls, finds nothing amiss, and ends; then the earlier one acts.
    Only the tracker of that very call is in the window.
    """
    calls = (call for call in facts.done if call.arn == arn and call.operation in (operations or CHANGES))
    is_late = any(
        _last_poll(facts, later, arn, call.operation in TAGGING) <= call.moment
        for call in calls
        for later in facts.later(call.request)
    )
    return LATE if is_late else ""


def _last_poll(facts: Facts, request: Request, arn: str, is_about_tags: bool) -> float:
    """Until when a request could see what becomes of a tracker: it asked about it, or about its dataset group.

    What becomes of its tags it sees only when it asks for those.
    """
    if request.responded is None:
        return math.inf
    group = facts.group_of(arn)
    polls = (
        call.moment
        for call in facts.world.calls
        if call.request is request
        and call.moment <= request.responded
        and (call.arn == arn or call.arguments.get("datasetGroupArn") == group)
        and (call.operation == "list_tags_for_resource" or not is_about_tags)
    )
    return max(polls, default=request.sent)


def unmarked(facts: Facts, call: Call) -> str:
    """Whether a request took a tracker for unacknowledged because of a mark that is missing.

    The mark that CloudFormation has taken a response is written after it, by one call. When the function is killed in
    between, or the call fails, the tracker looks as if nobody had its tracking ID.
    """
    return UNMARKED if _lacks_mark(facts, call.tracker.tags.get(CREATED_BY, ""), call.request) else ""


def unmarked_when_adopted(facts: Facts, request: Request) -> str:
    """Whether a request took what it should have adopted for its own, because of a mark that is missing."""
    arn = request.taken.physical_id
    first = next(
        (c for c in facts.done if c.request is request and c.arn == arn and c.operation == "tag_resource"), None
    )
    return unmarked(facts, first) if first else ""


def _lacks_mark(facts: Facts, created_by: str, request: Request) -> bool:
    parts = created_by.split("/")
    if len(parts) != 4 or not (parts[3] == "pending" or _second(parts[3]) > int(request.sent + BEGIN)):
        return False
    # The mark is missing, or younger than the request. Was the one who had to write it hindered?
    maker = next((one for one in facts.requests if one.id == parts[1]), None)
    if maker is None or not maker.has_succeeded:
        return False
    put = next(put for put in facts.world.cloudformation.puts if put.request is maker)
    attempts = [
        attempt
        for attempt in facts.world.wire.calls
        if attempt.invocation is put.invocation and attempt.moment >= put.moment and attempt.name == "tag_resource"
    ]
    marks = [
        call
        for call in facts.done
        if call.invocation is put.invocation and call.operation == "tag_resource" and call.moment >= put.moment
    ]
    return isinstance(put.invocation.error, Killed) or (bool(attempts) and not marks)


def unheard(facts: Facts, arn: str) -> str:
    """Whether a tracker looks acknowledged by a response that CloudFormation did not take.

    It had given the request up, and nothing says so: no later request had been sent by then, or within the same second,
    and times in ResponseURLs are whole seconds. What cannot be told apart counts as taken: better left than lost.
    """
    request = facts.claims[arn][-1]
    puts = (put for put in facts.world.cloudformation.puts if put.request is request and put.response.is_success)
    first = next(puts, None)
    if request.has_succeeded or not first or any(int(one.sent) < int(first.moment) for one in facts.later(request)):
        return ""
    return UNHEARD


def sent_in_same_second(facts: Facts, update: Request, other: Request | None = None) -> str:
    """Whether another Update of the resource was sent within the same second: nobody knows which of them is newer."""
    ties = [
        tie
        for tie in facts.requests
        if tie.type == update.type == "Update"
        and tie is not update
        and tie.resource == update.resource
        and int(tie.sent) == int(update.sent)
    ]
    return SAME_SECOND if (other in ties if other else ties) else ""


def still_created(facts: Facts, call: Call, made: Request) -> str:
    """Whether a tracker was still being created, by an Update of the same second, when its tags were last read."""
    asked = [
        one.tracker.tags
        for one in facts.done
        if (one.request, one.arn, one.operation) == (call.request, call.arn, "list_tags_for_resource")
        and one.moment <= call.moment
    ]
    is_pending = bool(asked) and asked[-1].get(CREATED_BY, "").endswith("/pending")
    return sent_in_same_second(facts, call.request, made) if is_pending else ""


def undated(facts: Facts) -> str:
    """Whether no ResponseURL tells when its request was sent, so that nothing counts as unacknowledged."""
    return "" if facts.world.cloudformation.dated_urls else UNDATED


def is_overtaken(facts: Facts, request: Request, moment: float) -> str:
    """Whether CloudFormation had by then sent a later request for the resource, and no longer listened to this one."""
    return LATE if any(later.sent <= moment for later in facts.later(request)) else ""


def changed_between(facts: Facts, first: Put, second: Put) -> str:
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
    return CHANGED if any(others) else ""


def _second(text: str) -> float:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
