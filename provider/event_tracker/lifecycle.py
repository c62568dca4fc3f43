"""The life cycle of an event tracker: what is there is brought to what is wanted, one request at a time.

Rules such as C4 are those of docs/behavior.md. Each function raises EventTrackerError, and waits until the deadline.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from event_tracker.acquisition import acquire
from event_tracker.decision import Change, overtaken
from event_tracker.errors import EventTrackerError, RefusedError, TrackerNotFoundError
from event_tracker.ownership import PENDING, Ownership, Relation
from event_tracker.protocol import Request
from event_tracker.telemetry import logger
from event_tracker.trackers import Tracker, Trackers
from event_tracker.transitions import delete_and_wait, wait_until_active
from event_tracker.waiting import Deadline

# For how long a Delete or a rollback polls for a tracker that another request made (rules D2, U2), and an update that
# failed tries to delete the one that it made (U5).
_POLL_SECONDS = 5.0
_UNDO_SECONDS = 15.0
# For how long a Delete polls for what a Create without a response may still make: Lambda delivers a request whose
# invocation died again after a minute, and CreateEventTracker is its first call (D3).
_UNANSWERED_SECONDS = 100.0


def create(change: Change, trackers: Trackers, record_id: Callable[[str], None]) -> Tracker:
    """Create the tracker, or adopt the one that is there, and return it ACTIVE (rules C1-C6)."""
    tracker = acquire(change, trackers)
    # Before any wait, so that a response that says FAILED names what to roll back.
    record_id(tracker.arn)
    return _complete(change, trackers, tracker)


def update(change: Change, trackers: Trackers) -> Tracker:
    """Bring the tracker to what is wanted and return it ACTIVE; if replaced, with another ARN (rules U1-U5)."""
    request, group, old_group = change.request, change.wanted.dataset_group_arn, change.old.dataset_group_arn
    try:
        physical = _find_physical(request, trackers)
        if old_group not in ("", group):
            # Before anything is made, since what is there when a request begins cannot be a later request's:
            # CloudFormation may roll an update back that is still running.
            for _ in trackers.deadline.attempts(_POLL_SECONDS):
                if _delete_left(request, trackers, old_group, "Update"):
                    break
        is_in_group = physical and physical.dataset_group_arn == group
        return _complete(change, trackers, acquire(change, trackers, physical if is_in_group else None))
    except Exception:
        if trackers.may_have_created:
            _undo(change, trackers)
        raise


def delete(change: Change, trackers: Trackers) -> None:
    """Delete the tracker, if it is owned, and wait until it is gone (rules D1-D5)."""
    request, group = change.request, change.wanted.dataset_group_arn
    if trackers.scope.has_event_tracker(request.physical_id):
        _delete_physical(request, trackers)
    elif group:
        # CloudFormation made an id up: it has no response to the Create, which may still run, or be delivered again.
        seconds = _UNANSWERED_SECONDS if request.failed_create is None else 0.0
        for _ in trackers.deadline.attempts(seconds, shortest_pause=10.0):
            _delete_left(request, trackers, group, "Create")
    else:
        logger.info("Nothing to delete: neither the physical id nor DatasetGroupArn says where to look for it")


def acknowledge(request: Request, tracker: Tracker, trackers: Trackers) -> None:
    """Note on the tracker that the response that says SUCCESS was sent (docs/behavior.md, Ownership)."""
    known = Ownership.from_tags(tracker.tags)
    if known.is_pending_of(request):
        try:
            trackers.tag(tracker, replace(known, responded=trackers.deadline.clock.timestamp).created_by)
        except Exception:  # noqa: BLE001 - an error would have Lambda deliver the request again (rule A5)
            logger.exception("Could not note that the response was sent: the next update does", tracker=tracker.arn)


def _find_physical(request: Request, trackers: Trackers) -> Tracker | None:
    """The tracker that the physical id names; raises RefusedError if a newer request has it."""
    arn = request.physical_id
    tracker = trackers.find(arn, with_tags=True) if trackers.scope.has_event_tracker(arn) else None
    if tracker:
        known = Ownership.from_tags(tracker.tags)
        relation = known.relation_to(request)
        if relation is Relation.NEWER:
            raise RefusedError(overtaken(tracker))
        if known.responded == PENDING and relation in (Relation.UNACKNOWLEDGED, Relation.ACKNOWLEDGED):
            # The physical id proves that CloudFormation took the response of the request that made it.
            return trackers.tag(tracker, replace(known, responded=request.sent).created_by)
    return tracker


def _complete(change: Change, trackers: Trackers, tracker: Tracker) -> Tracker:
    """Wait until the tracker is ACTIVE, and bring its tags to what is wanted (C1, U1)."""
    active = wait_until_active(trackers, tracker.arn)
    wanted, old = change.wanted.tags, change.old.tags if tracker.arn == change.request.physical_id else {}
    # A tag whose value is not the template's was set there, or changed, by somebody else and stays.
    dropped = [key for key, value in old.items() if key not in wanted and tracker.tags.get(key) == value]
    if dropped:
        trackers.untag(tracker.arn, dropped)
    # After that, since there may be no room for both.
    missing = {key: value for key, value in wanted.items() if tracker.tags.get(key) != value}
    if missing:
        trackers.tag(tracker, missing)
    return replace(active, tags=tracker.tags)


def _undo(change: Change, trackers: Trackers) -> None:
    """Delete the tracker that this invocation made for an Update that failed (U5).

    What is not gone in time, the rollback meets (U2). What another delivery made stays: it may have said SUCCESS.
    """
    deadline = trackers.deadline
    trackers.deadline = Deadline(deadline.clock, min(_UNDO_SECONDS, deadline.reserve / 4), deadline.limit)
    try:
        for _ in trackers.deadline.attempts():
            found = trackers.tracker_in_group(change.wanted.dataset_group_arn)
            if found and Ownership.from_tags(found.tags).is_pending_of(change.request):
                delete_and_wait(trackers, found.arn)
            if found:
                break
    except EventTrackerError as error:
        logger.warning("Left to the rollback what the failed update had made", why=str(error))


def _delete_physical(request: Request, trackers: Trackers) -> None:
    arn = request.physical_id
    for _ in trackers.deadline.attempts(_POLL_SECONDS):
        with suppress(TrackerNotFoundError):
            tags = trackers.find_tags(arn)
            relation = Ownership.from_tags(tags).relation_to(request)
            # A tracker that a newer request has claimed is in use again.
            if relation.is_owned and relation is not Relation.NEWER:
                delete_and_wait(trackers, arn)
            else:
                logger.info("Left in place: not this resource's to delete", tracker=arn, tags=tags)
            return
    logger.info("Nothing to delete", tracker=arn)


def _delete_left(request: Request, trackers: Trackers, group: str, request_type: str) -> bool:
    """Delete what a failed Update left in a group, for its rollback, or a Create, for its Delete (U2, D3).

    Returns whether there was a tracker. To the clean-up of a replacement, what an Update made is the live one.
    """
    found = trackers.tracker_in_group(group)
    if not found:
        return False
    if found.arn != request.physical_id and Ownership.from_tags(found.tags).was_left_by(request_type, request):
        logger.info("Deleting", tracker=found.arn, why="left by a request that failed")
        delete_and_wait(trackers, found.arn)
    else:
        logger.info("Left in place: somebody may use it", tracker=found.arn, tags=found.tags)
    return True
