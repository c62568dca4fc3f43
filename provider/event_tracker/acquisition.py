"""Acquiring a tracker in the wanted dataset group: a new one, or the one that is there."""

import hashlib
import math
import re
from dataclasses import replace
from typing import assert_never

from event_tracker.decision import Action, Change, decide
from event_tracker.errors import AccessDeniedError, OutOfTimeError, RefusedError, ServiceError, TrackerNotFoundError
from event_tracker.ownership import KEYS, Ownership, Relation
from event_tracker.telemetry import log_and_count, logger
from event_tracker.trackers import Tracker, Trackers
from event_tracker.transitions import delete_and_wait, wait_until_gone

# How CreateEventTracker may say that the group has a tracker (rule C2), and for how long it is tried again if there is
# none (C5): the group is not ACTIVE yet; many creates share a rate limit; the tracker is listed in a moment, or gone.
_RETRY_SECONDS = {"ResourceInUseException": math.inf, "LimitExceededException": 600.0}
_RETRY_SECONDS |= {"ResourceAlreadyExistsException": 120.0}
# What a deletion and a creation may take (rule U3).
_REPLACEMENT_SECONDS = 120.0


def acquire(change: Change, trackers: Trackers, found: Tracker | None = None) -> Tracker:
    """A tracker in the wanted group that may be used; `found` is one known to be there. Raises EventTrackerError.

    The group is not listed before CreateEventTracker is tried, whose refusal is the only sure sign of a tracker (C2).
    """
    group = change.wanted.dataset_group_arn
    refusal, refused_at = None, 0.0
    for waited in trackers.deadline.attempts():
        if found is None:
            try:
                return _create(change, trackers)
            except ServiceError as error:
                refused_at = refused_at if refusal else waited
                refusal = error
                found = trackers.tracker_in_group(group) if error.code in _RETRY_SECONDS else None
                if found is None and waited - refused_at >= _RETRY_SECONDS.get(error.code, 0.0):
                    raise
        if found:
            if usable := _resolve(change, trackers, found):
                return usable
            found = refusal = None
    raise OutOfTimeError(
        f"Could not create an event tracker in {group} in the time that {trackers.deadline.limit} leaves for waiting. "
        f"{refusal or ''} Deploy again when the dataset group is ACTIVE."
    )


def _create(change: Change, trackers: Trackers) -> Tracker:
    request, wanted = change.request, change.wanted
    # A name that is valid, tells where it comes from, and is the same on every delivery of the request.
    stack_name = (request.stack_id.split("/")[1:] or [request.stack_id])[0]
    origin = re.sub("[^a-zA-Z0-9-]", "", f"{stack_name}-{request.logical_id}").lstrip("-")
    suffix = hashlib.sha256(request.request_id.encode()).hexdigest()[:12]
    name = wanted.name or f"{origin[:50]}-{suffix}".lstrip("-")
    tracker = trackers.create(name, wanted.dataset_group_arn, {**wanted.tags, **Ownership.of(request).tags})
    log_and_count("Created", tracker=tracker.arn, name_of_tracker=name)
    return tracker


def _resolve(change: Change, trackers: Trackers, found: Tracker) -> Tracker | None:
    """Make the tracker in the wanted group usable and return it, or see to it that it is gone."""
    action, reason = decide(change, found)
    logger.info(action.value, tracker=found.arn, why=reason)
    try:
        match action:
            case Action.USE:
                return found
            case Action.CLAIM:
                return _claim(change, trackers, found)
            case Action.ADOPT:
                return _adopt(change, trackers, found)
            case Action.REPLACE | Action.DELETE:
                if action is Action.REPLACE:
                    _require_time_to_replace(change, trackers, found)
                delete_and_wait(trackers, found.arn)
            case Action.WAIT_UNTIL_GONE:
                wait_until_gone(trackers, found.arn)
            case Action.REFUSE:
                raise RefusedError(reason)
            case _:
                assert_never(action)
    except TrackerNotFoundError:
        logger.info("Gone meanwhile", tracker=found.arn)
    return None


def _claim(change: Change, trackers: Trackers, found: Tracker) -> Tracker:
    """Make a tracker this request's. One that somebody may use stays acknowledged, so that nothing deletes it."""
    known, this = Ownership.from_tags(found.tags), Ownership.of(change.request)
    if known.relation_to(change.request) is Relation.ACKNOWLEDGED:
        # Not the time of day, which may be later than the rollback of this very request.
        this = replace(this, responded=this.sent if known.responded == "-" else known.responded)
    return trackers.tag(found, this.created_by)


def _adopt(change: Change, trackers: Trackers, found: Tracker) -> Tracker:
    """Remove our ownership tags: what was adopted no rollback and no Delete removes (C4)."""
    ours = KEYS & found.tags.keys()
    if Ownership.from_tags(found.tags).relation_to(change.request).is_owned:
        try:
            trackers.untag(found.arn, sorted(ours))
        except AccessDeniedError:
            # A response may have been lost, and the role may not untag what no longer carries the stack's id.
            if ours & trackers.find_tags(found.arn).keys():
                raise
    log_and_count("Adopted", tracker=found.arn)
    return found


def _require_time_to_replace(change: Change, trackers: Trackers, tracker: Tracker) -> None:
    """Refuse to delete a tracker that is in use if there may be no time to create the next one (U3)."""
    left = max(trackers.deadline.left, 0.0)
    if left < _REPLACEMENT_SECONDS:
        raise RefusedError(
            f"{tracker} must be deleted before one named {change.wanted.name} can be created. That may take "
            f"{_REPLACEMENT_SECONDS:.0f} s, and {trackers.deadline.limit} leaves {left:.0f} s. Nothing was changed. "
            "Set that limit to at least 300 s and deploy again."
        )
