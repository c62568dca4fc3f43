"""The life cycle of an event tracker: what is there is brought to what is wanted, one request at a time.

Rules such as C4 are those of docs/behavior.md.
"""

from collections.abc import Callable
from dataclasses import replace

from aws_lambda_powertools.metrics import MetricUnit

from event_tracker.acquisition import Acquisition
from event_tracker.decision import Change, overtaken
from event_tracker.errors import EventTrackerError, RefusedError, TrackerNotFoundError
from event_tracker.ownership import Ownership, Relation
from event_tracker.properties import Properties
from event_tracker.protocol import Request
from event_tracker.scope import Scope
from event_tracker.telemetry import log_and_count, logger, record
from event_tracker.trackers import Tracker, Trackers
from event_tracker.transitions import delete_and_wait, wait_until_active
from event_tracker.waiting import Deadline

# For how long after its creation a tracker that is not found may not be visible yet (rule C1), and for how long a
# Delete, or the rollback of an update, polls for one of another request (D2, U2).
_VISIBLE_SECONDS = 30.0
_POLL_SECONDS = 5.0

# For how long a Delete polls for what a Create without a response may still make: Lambda delivers a request whose
# invocation died again after a minute, and CreateEventTracker is its first call (rule D3).
_UNANSWERED_SECONDS = 100.0

# For how long an Update that failed tries to delete what it made (rule U5).
_UNDO_SECONDS = 15.0


class Lifecycle:
    """A Create's or an Update's part in the life of an event tracker.

    Both raise EventTrackerError when the request fails, and wait no longer than until the deadline of `trackers`.
    """

    def __init__(self, change: Change, scope: Scope, trackers: Trackers) -> None:
        self._request, self._wanted, self._old = change.request, change.wanted, change.old
        self._scope = scope
        self._trackers = trackers
        self._acquisition = Acquisition(change, trackers)

    def create(self, record_id: Callable[[str], None]) -> Tracker:
        """Create the tracker, or adopt the one that is there, and return it ACTIVE (rules C1-C6).

        `record_id` gets the ARN before any wait, so that a response that says FAILED names what to roll back.
        """
        tracker = self._acquisition.acquire(None)
        record_id(tracker.arn)
        return self._complete(tracker)

    def update(self) -> Tracker:
        """Bring the tracker to what is wanted and return it ACTIVE (rules U1-U5).

        When it was replaced, its ARN is another than the physical id.
        """
        try:
            physical = self._find_physical()
            # Before anything is made, since what is there when a request begins cannot be a later request's:
            # CloudFormation may roll an update back that is still running.
            self._delete_orphan()
            is_in_group = physical and physical.dataset_group_arn == self._wanted.dataset_group_arn
            return self._complete(self._acquisition.acquire(physical if is_in_group else None))
        except Exception:
            if self._trackers.may_have_created:
                self._undo()
            raise

    def _find_physical(self) -> Tracker | None:
        """The tracker that the physical id names; raises RefusedError if a newer request has it."""
        if not self._scope.has_event_tracker(self._request.physical_id):
            return None
        try:
            tracker = self._trackers.find_tagged(self._request.physical_id)
        except TrackerNotFoundError:
            return None
        known = Ownership.from_tags(tracker.tags)
        relation = known.relation_to(self._request)
        if relation is Relation.NEWER:
            raise RefusedError(overtaken(tracker))
        if known.is_pending and relation in (Relation.UNACKNOWLEDGED, Relation.ACKNOWLEDGED):
            # The physical id proves that CloudFormation took the response of the request that made it.
            return self._trackers.tag(tracker, known.at(self._request.sent or "-").created_by)
        return tracker

    def _delete_orphan(self) -> None:
        """Delete what a failed update left in the group that the template named before (U2)."""
        group = self._old.dataset_group_arn
        if group in ("", self._wanted.dataset_group_arn):
            return
        found = None
        for _ in self._trackers.deadline.attempts(_POLL_SECONDS):
            found = self._trackers.tracker_in_group(group)
            if found:
                break
        if found is None or found.arn == self._request.physical_id:
            return
        known = Ownership.from_tags(found.tags)
        if known.request_type == "Update" and known.relation_to(self._request) is Relation.UNACKNOWLEDGED:
            logger.info("Deleting", tracker=found.arn, why="left by a failed update (U2)")
            delete_and_wait(self._trackers, found.arn)

    def _complete(self, tracker: Tracker) -> Tracker:
        """Wait until the tracker is ACTIVE, and bring its tags to what is wanted (C1, U1)."""
        start = self._trackers.deadline.clock.now()
        is_own = Ownership.from_tags(tracker.tags).relation_to(self._request) is Relation.MADE_BY_THIS_REQUEST
        active = wait_until_active(self._trackers, tracker.arn, _VISIBLE_SECONDS if is_own else 0.0)
        if is_own and self._trackers.may_have_created:
            record("SecondsToActive", self._trackers.deadline.clock.now() - start, MetricUnit.Seconds)
        self._set_tags(tracker)
        return replace(active, tags=tracker.tags)

    def _set_tags(self, tracker: Tracker) -> None:
        """Set the wanted tags, and remove those that the template had and no longer has (U1).

        A tag whose value is not the template's was set there, or changed, by somebody else and stays.
        """
        wanted, old = self._wanted.tags, self._old.tags if tracker.arn == self._request.physical_id else {}
        dropped = [key for key, value in old.items() if key not in wanted and tracker.tags.get(key) == value]
        if dropped:
            self._trackers.untag(tracker.arn, dropped)
        # After that, since there may be no room for both.
        missing = {key: value for key, value in wanted.items() if tracker.tags.get(key) != value}
        if missing:
            self._trackers.tag(tracker, missing)

    def _undo(self) -> None:
        """Delete the tracker that this invocation made for an Update that failed (U5).

        What cannot be deleted in time, the rollback meets as an orphan (U2). A tracker made by another delivery of
        the same request stays: its response may have said SUCCESS.
        """
        deadline, last_error = self._trackers.deadline, ""
        self._trackers.deadline = Deadline(deadline.clock, min(_UNDO_SECONDS, deadline.reserve / 4), deadline.limit)
        for _ in self._trackers.deadline.attempts():
            try:
                found = self._trackers.tracker_in_group(self._wanted.dataset_group_arn)
                if found and Ownership.from_tags(found.tags).is_pending_of(self._request):
                    self._trackers.delete(found.arn)
                    log_and_count("Deleted", tracker=found.arn, why="made by an update that failed")
                if found:
                    return
                # Not visible yet, or gone.
                last_error = ""
            except EventTrackerError as error:
                last_error = str(error)
        if last_error:
            logger.warning("Left to the rollback what the failed update had made", why=last_error)


def acknowledge(request: Request, tracker: Tracker, trackers: Trackers) -> None:
    """Note on the tracker that the response that says SUCCESS was sent (docs/behavior.md, Ownership)."""
    known = Ownership.from_tags(tracker.tags)
    if known.is_pending_of(request):
        try:
            trackers.tag(tracker, known.at(trackers.deadline.clock.timestamp).created_by)
        except Exception:  # noqa: BLE001 - an error would have Lambda deliver the request again (rule A5)
            logger.exception(
                "Could not note that the response was sent. The next update of the resource does", tracker=tracker.arn
            )


def delete(request: Request, wanted: Properties, scope: Scope, trackers: Trackers) -> None:
    """Delete the tracker, if it is owned, and wait until it is gone (rules D1-D5)."""
    if scope.has_event_tracker(request.physical_id):
        _delete_physical(request, trackers)
    elif wanted.dataset_group_arn:
        # CloudFormation makes an id up if it never got a response to the Create, which may still be running, or
        # be delivered again.
        seconds = _UNANSWERED_SECONDS if request.failed_create is None else 0.0
        for _ in trackers.deadline.attempts(seconds, shortest_pause=10.0):
            _delete_made_by_create(request, wanted.dataset_group_arn, trackers)
    else:
        logger.info("Nothing to delete: neither the physical id nor DatasetGroupArn says where to look for it")


def _delete_physical(request: Request, trackers: Trackers) -> None:
    arn = request.physical_id
    for _ in trackers.deadline.attempts(_POLL_SECONDS):
        try:
            tags = trackers.find_tags(arn)
        except TrackerNotFoundError:
            continue
        relation = Ownership.from_tags(tags).relation_to(request)
        # A tracker that a newer request has claimed is in use again.
        if relation.is_owned and relation is not Relation.NEWER:
            delete_and_wait(trackers, arn)
        else:
            logger.info("Left in place: not this resource's to delete", tracker=arn, tags=tags)
        return
    logger.info("Nothing to delete", tracker=arn)


def _delete_made_by_create(request: Request, dataset_group_arn: str, trackers: Trackers) -> None:
    """Delete the tracker in the group if the Create that failed made it, or one that nobody has the response of (D3).

    What an Update made is the live tracker when this is the clean-up of a replacement.
    """
    found = trackers.tracker_in_group(dataset_group_arn)
    if found is None:
        return
    known = Ownership.from_tags(found.tags)
    relation = known.relation_to(request)
    is_marked = known.request_id == request.failed_create
    is_left = is_marked if request.failed_create else relation is Relation.UNACKNOWLEDGED
    if relation.is_owned and known.request_type == "Create" and is_left:
        delete_and_wait(trackers, found.arn)
    else:
        logger.info("Left in place: somebody may use it", tracker=found.arn, tags=found.tags)
