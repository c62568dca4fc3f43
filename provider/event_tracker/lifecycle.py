"""The life cycle of an event tracker: what is there is brought to what is wanted, one request at a time.

Rules such as C4 are those of docs/behavior.md.
"""

from collections.abc import Callable, Mapping

from event_tracker.acquisition import Acquisition
from event_tracker.decision import Change, overtaken
from event_tracker.errors import EventTrackerError, RefusedError, TrackerNotFoundError
from event_tracker.ownership import Ownership, Relation
from event_tracker.properties import Properties
from event_tracker.protocol import Request
from event_tracker.scope import Scope
from event_tracker.telemetry import increment, logger, record_duration
from event_tracker.trackers import Tracker, Trackers
from event_tracker.transitions import delete_and_wait, wait_until_active

# For how long a Delete polls for a tracker that is not found, since it may not be visible yet (rule D2).
_DELETE_VISIBLE_SECONDS = 5.0

# For how long a Delete polls for what a Create without a response may still make: Lambda delivers a request whose
# invocation died again after a minute, and CreateEventTracker is its first call (rule D3).
_UNANSWERED_SECONDS = 100.0

# For how long the tag that notes the response is retried. Nobody waits for it, and while a hundred functions share two
# calls a second it may take minutes.
_ACKNOWLEDGE_SECONDS = 300.0


class Lifecycle:
    """A Create's or an Update's part in the life of an event tracker.

    Every method raises EventTrackerError when the request fails, and waits no longer than until the deadline of
    `trackers`.
    """

    def __init__(self, change: Change, scope: Scope, trackers: Trackers) -> None:
        self._request, self._wanted, self._old = change.request, change.wanted, change.old
        self._scope = scope
        self._trackers = trackers
        self._acquisition = Acquisition(change, trackers)

    def create(self, record: Callable[[str], None]) -> Tracker:
        """Create the tracker, or adopt the one that is there, and return it ACTIVE (rules C1-C6).

        `record` gets the ARN before any wait, so that a response that says FAILED names what to roll back.
        """
        tracker = self._acquisition.acquire(None)
        record(tracker.arn)
        return self._complete(tracker)

    def update(self) -> Tracker:
        """Bring the tracker to what is wanted and return it ACTIVE (rules U1-U4).

        When it was replaced, its ARN is another than the physical id.
        """
        physical = self._find_physical()
        # Before anything is made, since what is there when a request begins cannot be a later request's:
        # CloudFormation may roll an update back that is still running.
        self._delete_orphan()
        is_in_group = physical and physical.dataset_group_arn == self._wanted.dataset_group_arn
        return self._complete(self._acquisition.acquire(physical if is_in_group else None))

    def undo(self, seconds: float) -> None:
        """Delete the tracker that this invocation made for an Update that failed (rule U5).

        What cannot be deleted in `seconds`, the rollback meets as an orphan (U2). A tracker made by another delivery
        of the same request stays: its response may have said SUCCESS.
        """
        if not (self._acquisition.created or self._trackers.may_have_created):
            return
        self._trackers.extend(seconds)
        last_error = ""
        for _ in self._trackers.deadline.attempts():
            try:
                found = self._trackers.tracker_in_group(self._wanted.dataset_group_arn)
                if found is None:
                    # Not visible yet, or gone.
                    last_error = ""
                    continue
                known = Ownership.from_tags(found.tags)
                if known.is_pending and known.relation_to(self._request) is Relation.MADE_BY_THIS_REQUEST:
                    self._trackers.delete(found.arn)
                    logger.info("Deleted what the failed update had made", tracker=found.arn)
                    increment("Deleted")
            except EventTrackerError as error:
                last_error = str(error)
            else:
                return
        if last_error:
            logger.warning("Left to the rollback what the failed update had made", why=last_error)

    def acknowledge(self, seconds: float) -> None:
        """Note on the tracker that the response that says SUCCESS was sent (docs/behavior.md, Ownership)."""
        arn = self._acquisition.pending
        if arn is None:
            return
        self._trackers.extend(min(seconds, _ACKNOWLEDGE_SECONDS))
        try:
            now = self._trackers.deadline.clock.timestamp
            self._trackers.tag(arn, Ownership.of(self._request).at(now).created_by)
        except Exception:  # noqa: BLE001 - an error would have Lambda deliver the request again (rule A5)
            logger.exception(
                "Could not note that the response was sent. The next update of the resource does", tracker=arn
            )

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
            return self._acquisition.set_ownership(tracker, known.at(self._request.sent or "-"))
        return tracker

    def _delete_orphan(self) -> None:
        """Delete what a failed update left in the group that the template named before (U2)."""
        group = self._old.dataset_group_arn
        if group in ("", self._wanted.dataset_group_arn):
            return
        found = self._trackers.tracker_in_group(group)
        if found is None or found.arn == self._request.physical_id:
            return
        known = Ownership.from_tags(found.tags)
        if known.request_type == "Update" and known.relation_to(self._request) is Relation.UNACKNOWLEDGED:
            logger.info("Deleting", tracker=found.arn, why="left by a failed update (U2)")
            delete_and_wait(self._trackers, found.arn)

    def _complete(self, tracker: Tracker) -> Tracker:
        """Wait until the tracker is ACTIVE, and bring its tags to what is wanted (C1, U1)."""
        start = self._trackers.deadline.elapsed
        active = wait_until_active(self._trackers, tracker.arn, self._acquisition.visible_from)
        if tracker.arn == self._acquisition.created:
            record_duration("SecondsToActive", self._trackers.deadline.elapsed - start)
        self._set_tags(tracker.arn, tracker.tags)
        return active

    def _set_tags(self, arn: str, observed: Mapping[str, str]) -> None:
        """Set the wanted tags, and remove those that the template had and no longer has (U1).

        A tag whose value is not the template's was set there, or changed, by somebody else and stays.
        """
        wanted, old = self._wanted.tags, self._old.tags if arn == self._request.physical_id else {}
        dropped = [key for key, value in old.items() if key not in wanted and observed.get(key) == value]
        if dropped:
            self._trackers.untag(arn, dropped)
        # After that, since there may be no room for both.
        missing = {key: value for key, value in wanted.items() if observed.get(key) != value}
        if missing:
            self._trackers.tag(arn, missing)


def delete(request: Request, wanted: Properties, scope: Scope, trackers: Trackers) -> None:
    """Delete the tracker, if it is owned, and wait until it is gone (rules D1-D5)."""
    if scope.has_event_tracker(request.physical_id):
        _delete_physical(request, trackers)
    elif not wanted.dataset_group_arn:
        logger.info("Nothing to delete: neither the physical id nor DatasetGroupArn says where to look for it")
    else:
        # CloudFormation makes an id up if it never got a response to the Create, which may still be running, or
        # be delivered again.
        seconds = _UNANSWERED_SECONDS if request.failed_create is None else 0.0
        for _ in trackers.deadline.within(seconds).attempts(shortest_pause=10.0):
            _delete_made_by_create(request, wanted.dataset_group_arn, trackers)


def _delete_physical(request: Request, trackers: Trackers) -> None:
    arn = request.physical_id
    for _ in trackers.deadline.within(_DELETE_VISIBLE_SECONDS).attempts():
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
