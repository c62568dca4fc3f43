"""An event tracker on its way to ACTIVE, or to being gone. Every function raises EventTrackerError."""

from collections.abc import Set

from event_tracker.errors import OutOfTimeError, ServiceError
from event_tracker.telemetry import log_and_count, logger, record
from event_tracker.trackers import ACTIVE, CREATE_FAILED, CREATING, DELETING, Tracker, Trackers

# For how long after its creation a tracker that is not found may not be visible yet (rule C1).
_VISIBLE_SECONDS = 30.0


def wait_until_active(trackers: Trackers, arn: str) -> Tracker:
    """Wait while a tracker is being created, and return it ACTIVE and with its tracking ID."""
    start = trackers.deadline.clock.now()
    tracker = _wait_while(trackers, arn, CREATING, "ACTIVE", _VISIBLE_SECONDS if trackers.may_have_created else 0.0)
    if tracker is None:
        raise ServiceError(f"Event tracker {arn} was deleted before it was ACTIVE. Deploy again.")
    if tracker.status != ACTIVE:
        raise ServiceError(
            f"{tracker} became {tracker.status} instead of ACTIVE, and Amazon Personalize gives no reason. Check the "
            "status of its dataset group and deploy again."
        )
    if trackers.may_have_created:
        record("SecondsToActive", trackers.deadline.clock.now() - start)
    return tracker


def wait_until_gone(trackers: Trackers, arn: str) -> None:
    """Wait while a tracker is being deleted."""
    # For a moment the service may still show the state before the deletion.
    tracker = _wait_while(trackers, arn, DELETING | {ACTIVE, CREATE_FAILED}, "gone", 0.0)
    if tracker:
        raise ServiceError(f"{tracker} became {tracker.status} instead of being deleted. Delete it again.")


def delete_and_wait(trackers: Trackers, arn: str) -> None:
    """Delete a tracker as soon as the service allows, and wait until it is gone."""
    last_error = ""
    for _ in trackers.deadline.attempts():
        try:
            trackers.delete(arn)
            break
        except ServiceError as refusal:
            # Whatever was refused: the role may delete what carries our tags, and what is gone carries none.
            found = trackers.find(arn)
            if found is None:
                return
            if found.status in DELETING:
                break
            if refusal.code != "ResourceInUseException":
                raise
            last_error = str(refusal)
    else:
        raise OutOfTimeError(f"{last_error} {_remedy(trackers)}")
    start = trackers.deadline.clock.now()
    log_and_count("Deleted", tracker=arn)
    wait_until_gone(trackers, arn)
    record("SecondsToDelete", trackers.deadline.clock.now() - start)


def _wait_while(trackers: Trackers, arn: str, pending: Set[str], target: str, invisible: float) -> Tracker | None:
    """The tracker when it is in another state than these; None if it is gone (rules W1, W3)."""
    status, waited = "not visible", 0.0
    for waited in trackers.deadline.attempts():
        tracker = trackers.find(arn)
        if tracker is None and waited >= invisible:
            return None
        if tracker and tracker.status != status:
            status = tracker.status
            logger.info("Status", tracker=arn, status=status, waited=round(waited, 1))
        # The service may leave members out: without a status, or ACTIVE without a tracking ID, it is not there yet.
        if tracker and status and status not in pending and (status != ACTIVE or tracker.tracking_id):
            return tracker
    raise OutOfTimeError(
        f"Event tracker {arn} was still {status} and not {target} after {waited:.0f} s. {_remedy(trackers)}"
    )


def _remedy(trackers: Trackers) -> str:
    return (
        f"The limit is the time that {trackers.deadline.limit} leaves for waiting. Amazon Personalize usually takes "
        "less than a minute: deploy again, and raise the limit if it is less than 900 s."
    )
