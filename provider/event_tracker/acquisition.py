"""Acquiring a tracker in the wanted dataset group: a new one, or the one that is there."""

import hashlib
import math
import re
from typing import assert_never

from event_tracker import ownership
from event_tracker.decision import Action, Change, decide
from event_tracker.errors import AccessDeniedError, OutOfTimeError, RefusedError, ServiceError, TrackerNotFoundError
from event_tracker.ownership import Ownership, Relation
from event_tracker.protocol import Request
from event_tracker.telemetry import log_and_count, logger
from event_tracker.trackers import Tracker, Trackers
from event_tracker.transitions import delete_and_wait, wait_until_gone

# How CreateEventTracker may say that the group has a tracker already (rule C2), and for how many seconds it is worth
# another try if the group turns out to have none (C5). In use: the group itself is not ACTIVE yet. Limit exceeded: a
# rate limit, and many creates at once have to wait for each other. Exists: it is listed in a moment, or is just gone.
_RETRY_SECONDS = {
    "ResourceInUseException": math.inf,
    "LimitExceededException": 600.0,
    "ResourceAlreadyExistsException": 120.0,
}

# What a deletion and a creation may take (rule U3), and a limit that leaves that.
_REPLACEMENT_SECONDS = 120.0
_SUFFICIENT_LIMIT = 300


class Acquisition:
    """One request's way to a tracker in the wanted group."""

    def __init__(self, change: Change, trackers: Trackers) -> None:
        self._change = change
        self._trackers = trackers

    def acquire(self, found: Tracker | None) -> Tracker:
        """A tracker in the wanted group that may be used; `found` is one known to be there.

        What is in the way is deleted or waited for, as far as it may be. The group is not listed before
        CreateEventTracker is tried: its refusal is the only sure sign that the group has a tracker (C2).
        """
        refusal: ServiceError | None = None
        refused_at = 0.0
        group = self._change.wanted.dataset_group_arn
        for waited in self._trackers.deadline.attempts():
            if found is None:
                try:
                    return self._create(group)
                except ServiceError as error:
                    if error.code not in _RETRY_SECONDS:
                        raise
                    refused_at = refused_at if refusal else waited
                    refusal = error
                    found = self._trackers.tracker_in_group(group)
                    if found is None and waited - refused_at >= _RETRY_SECONDS[error.code]:
                        raise
            if found:
                usable = self._resolve(found)
                if usable:
                    return usable
                found = refusal = None
        raise OutOfTimeError(
            f"Could not create an event tracker in {group} in the time that {self._trackers.deadline.limit} leaves for "
            f"waiting. {refusal or ''} Deploy again when the dataset group is ACTIVE."
        )

    def _create(self, group: str) -> Tracker:
        request, wanted = self._change.request, self._change.wanted
        name = wanted.name or _generated_name(request)
        tracker = self._trackers.create(name, group, {**wanted.tags, **Ownership.of(request).tags})
        log_and_count("Created", tracker=tracker.arn, name_of_tracker=name)
        return tracker

    def _resolve(self, found: Tracker) -> Tracker | None:
        """Make the tracker in the wanted group usable and return it, or see to it that it is gone."""
        action, reason = decide(self._change, found)
        logger.info(action.value, tracker=found.arn, why=reason)
        try:
            match action:
                case Action.USE:
                    return found
                case Action.CLAIM:
                    return self._claim(found)
                case Action.ADOPT:
                    return self._adopt(found)
                case Action.REPLACE:
                    self._require_time_to_replace(found)
                    delete_and_wait(self._trackers, found.arn)
                case Action.DELETE:
                    delete_and_wait(self._trackers, found.arn)
                case Action.WAIT_UNTIL_GONE:
                    wait_until_gone(self._trackers, found.arn)
                case Action.REFUSE:
                    raise RefusedError(reason)
                case _:
                    assert_never(action)
        except TrackerNotFoundError:
            logger.info("Gone meanwhile", tracker=found.arn)
        return None

    def _claim(self, found: Tracker) -> Tracker:
        """Make a tracker this request's. One that somebody may use stays acknowledged, so that nothing deletes it."""
        known, this = Ownership.from_tags(found.tags), Ownership.of(self._change.request)
        if known.relation_to(self._change.request) is Relation.ACKNOWLEDGED:
            # Not the time of day, which may be later than the rollback of this very request.
            this = this.at(this.sent if known.responded == "-" else known.responded)
        return self._trackers.tag(found, this.created_by)

    def _adopt(self, found: Tracker) -> Tracker:
        """Remove our ownership tags: what was adopted no rollback and no Delete removes (C4)."""
        ours = ownership.KEYS & found.tags.keys()
        if Ownership.from_tags(found.tags).relation_to(self._change.request).is_owned:
            try:
                self._trackers.untag(found.arn, sorted(ours))
            except AccessDeniedError:
                # The response to an attempt of botocore may have been lost, and the role may not untag what no longer
                # carries the stack's id.
                if ours & self._trackers.find_tags(found.arn).keys():
                    raise
        log_and_count("Adopted", tracker=found.arn)
        return found

    def _require_time_to_replace(self, tracker: Tracker) -> None:
        """Refuse to delete a tracker that is in use if there may be no time to create the next one (U3)."""
        deadline = self._trackers.deadline
        if deadline.left < _REPLACEMENT_SECONDS:
            raise RefusedError(
                f"{tracker} must be deleted before one named {self._change.wanted.name} can be created. That may take "
                f"{_REPLACEMENT_SECONDS:.0f} s, and {deadline.limit} leaves {max(deadline.left, 0):.0f} s. Nothing was "
                f"changed. Set that limit to at least {_SUFFICIENT_LIMIT} s and deploy again."
            )


def _generated_name(request: Request) -> str:
    """A name that is valid, tells where it comes from, and is the same on every delivery of the request."""
    stack_name = (request.stack_id.split("/")[1:] or [request.stack_id])[0]
    origin = re.sub("[^a-zA-Z0-9-]", "", f"{stack_name}-{request.logical_id}").lstrip("-")
    return f"{origin[:50]}-{hashlib.sha256(request.request_id.encode()).hexdigest()[:12]}".lstrip("-")
