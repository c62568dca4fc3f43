"""The life cycle of an event tracker: what is there is brought to what is wanted, one request at a time."""

import hashlib
import re
from collections.abc import Callable, Mapping
from enum import Enum, auto

from event_tracker import ownership
from event_tracker.arns import Home
from event_tracker.errors import (
    EventTrackerError,
    MaybeOccupiedError,
    OutOfTimeError,
    RefusedError,
    ServiceError,
    TrackerInUseError,
    TrackerNotFoundError,
)
from event_tracker.ownership import Owner
from event_tracker.properties import Properties, ReplacementStrategy
from event_tracker.protocol import Request
from event_tracker.telemetry import count, logger, took
from event_tracker.trackers import ACTIVE, CREATE_FAILED, CREATING, DELETING, Tracker, Trackers

# For how long to look for what an abandoned Create may still make: Lambda delivers a request whose invocation died
# again after a minute, and CreateEventTracker is its first call.
_ABANDONED_SECONDS = 100.0


class Verdict(Enum):
    """What to do about a tracker that is in the wanted dataset group."""

    USE = auto()
    ADOPT = auto()
    REMOVE = auto()
    AWAIT_DELETION = auto()


class Lifecycle:
    """One request's part in the life of an event tracker.

    `wanted` are the properties to bring about, `former` those of an Update's OldResourceProperties. Every
    method raises EventTrackerError when the request cannot be fulfilled, and waits no longer than until the
    deadline of `trackers`.
    """

    def __init__(
        self, request: Request, home: Home, wanted: Properties, former: Properties, trackers: Trackers
    ) -> None:
        self._request = request
        self._home = home
        self._wanted = wanted
        self._former = former
        self._trackers = trackers
        self._owner = Owner(request.stack_id, request.logical_id)
        self._made: str | None = None
        self._made_at = 0.0

    def create(self, record: Callable[[str], None]) -> Tracker:
        """Create the tracker, or adopt the one that is there, and return it ACTIVE (contract C1-C6).

        `record` gets the ARN before any wait, so that an answer that says FAILED names what to roll back.
        """
        arn = self._ensure(None)
        record(arn)
        return self._settle(arn)

    def update(self) -> Tracker:
        """Bring the tracker to what is wanted and return it ACTIVE (contract U1-U4).

        When it was replaced, its ARN is another than the physical id.
        """
        # First, since what is there when a request begins cannot be a later request's: CloudFormation may roll
        # an update back that is still running.
        self._remove_debris()
        return self._settle(self._ensure(self._present()))

    def undo(self, trackers: Trackers) -> None:
        """Remove the tracker that this invocation made for an Update that failed (contract U5).

        `trackers` has a deadline for it. What cannot be removed yet, the rollback meets as debris (U2). A
        tracker made by another delivery of the same request stays: that one may have been answered with success.
        """
        if self._made is None:
            return
        trouble = ""
        for _ in trackers.deadline.attempts():
            try:
                if trackers.find_tags(self._made).get(ownership.CREATED_BY) == self._request.created_by:
                    trackers.delete(self._made)
                    logger.info("Deleted what the failed update had made", tracker=self._made)
                    count("Deleted")
            except EventTrackerError as error:
                trouble = str(error)
            else:
                return
        logger.warning("Left to the rollback what the failed update had made", tracker=self._made, why=trouble)

    def delete(self) -> None:
        """Delete the tracker, if it is ours, and wait until it is gone (contract D1-D5)."""
        if self._home.has_event_tracker(self._request.physical_id):
            self._delete_if_ours(self._request.physical_id)
        elif not self._wanted.dataset_group_arn:
            logger.info("Nothing to delete: neither the physical id nor the properties name a place to look at")
        elif self._request.failed_create is not None:
            self._delete_in_group(created_by=f"Create/{self._request.failed_create}")
        else:
            # CloudFormation made the id up, because it never got an answer to the Create, which may still be
            # running, or be delivered again. Only what a Create made is deleted: in the clean-up of a replacement,
            # what an Update made is the live tracker (D3).
            for _ in self._trackers.deadline.within(_ABANDONED_SECONDS).attempts(shortest_pause=10.0):
                self._delete_in_group(created_by="Create/")

    def _delete_in_group(self, created_by: str) -> None:
        """Delete the tracker in the group if it is ours and made by the request, or type of request, named."""
        try:
            found = self._trackers.find_in_group(self._wanted.dataset_group_arn)
        except TrackerNotFoundError:
            logger.debug("Nothing to delete", dataset_group=self._wanted.dataset_group_arn)
        else:
            self._delete_if_ours(found.arn, created_by)

    def _delete_if_ours(self, arn: str, created_by: str = "") -> None:
        """Delete a tracker that carries our ownership tags, `created_by` being how the third one must begin."""
        try:
            tags = self._trackers.find_tags(arn)
        except TrackerNotFoundError:
            logger.info("Nothing to delete", tracker=arn)
            return
        if self._owns(tags) and tags.get(ownership.CREATED_BY, "").startswith(created_by):
            self._remove(arn)
        else:
            logger.info("Left in place a tracker that is not this resource's to delete", tracker=arn, tags=tags)

    def _present(self) -> Tracker | None:
        """The tracker that the physical id names, if it is in the wanted group."""
        if not self._home.has_event_tracker(self._request.physical_id):
            return None
        try:
            tracker = self._trackers.find(self._request.physical_id)
        except TrackerNotFoundError:
            return None
        return tracker if tracker.dataset_group_arn == self._wanted.dataset_group_arn else None

    def _ensure(self, found: Tracker | None) -> str:
        """The ARN of a tracker in the wanted group that may be used; `found` is one known to be there.

        What stands in the way is removed or waited for, as far as it may be. Nobody looks before
        CreateEventTracker is tried: its refusal is the only sure sign that the group has a tracker (C2).
        """
        refusal: MaybeOccupiedError | None = None
        refused_since = 0.0
        for waited in self._trackers.deadline.attempts():
            if found is None:
                try:
                    return self._create()
                except MaybeOccupiedError as error:
                    refused_since = refused_since if refusal else waited
                    refusal = error
                try:
                    found = self._trackers.find_in_group(self._wanted.dataset_group_arn)
                except TrackerNotFoundError:
                    if waited - refused_since < refusal.patience:
                        continue
                    raise refusal from None
            if self._take(found):
                return found.arn
            found = refusal = None
        raise OutOfTimeError(
            f"There was no place for an event tracker in {self._wanted.dataset_group_arn} before the deadline. "
            f"{refusal or ''} Deploy again when the dataset group is ACTIVE."
        )

    def _create(self) -> str:
        name = self._wanted.name or self._generated_name()
        tags = {**self._wanted.tags, **ownership.tags_of(self._owner, self._request.created_by)}
        self._made = self._trackers.create(name, self._wanted.dataset_group_arn, tags)
        self._made_at = self._trackers.deadline.elapsed
        logger.info("Created", tracker=self._made, name_of_tracker=name)
        count("Created")
        return self._made

    def _generated_name(self) -> str:
        """A name that is valid, tells where it comes from, and is the same on every delivery of the request."""
        stack_name = self._request.stack_id.split("/")[1]
        origin = re.sub("[^a-zA-Z0-9-]", "", f"{stack_name}-{self._request.logical_id}").lstrip("-")
        return f"{origin[:50]}-{hashlib.sha256(self._request.request_id.encode()).hexdigest()[:12]}"

    def _take(self, found: Tracker) -> bool:
        """Make the tracker in the wanted group usable and say so, or see to it that it is gone."""
        try:
            tags = self._trackers.find_tags(found.arn)
            verdict = self._verdict(found, tags)
            if verdict is Verdict.USE:
                self._use(found.arn, tags)
            elif verdict is Verdict.ADOPT:
                self._adopt(found.arn, tags)
            elif verdict is Verdict.REMOVE:
                self._remove(found.arn)
            else:
                self._wait_until_gone(found.arn)
        except TrackerNotFoundError:
            logger.info("Gone meanwhile", tracker=found.arn)
            return False
        return verdict in (Verdict.USE, Verdict.ADOPT)

    def _use(self, arn: str, tags: Mapping[str, str]) -> None:
        """Go on with a tracker that is there."""
        created_by = tags.get(ownership.CREATED_BY)
        logger.info("Resumed" if created_by == self._request.created_by else "Kept", tracker=arn)
        is_update = self._request.request_type == "Update"
        if is_update and self._owns(tags) and not self._home.has_event_tracker(self._request.physical_id):
            # The physical id is of a Create that failed. The Delete for it, which follows, must not take the tracker
            # for what that Create has left behind (D3).
            self._trackers.tag(arn, {ownership.CREATED_BY: self._request.created_by})

    def _verdict(self, found: Tracker, tags: Mapping[str, str]) -> Verdict:
        """What to do about the tracker in the wanted group (C3, C4, U1-U4).

        Raises RefusedError if it must stay and cannot be used.
        """
        ours = self._owns(tags)
        if ours and tags.get(ownership.CREATED_BY) == self._request.created_by:
            # Even if it is being deleted: by a rollback, then, that does not wait for this request. It fails
            # when it waits for ACTIVE; another tracker would be nobody's.
            return Verdict.USE
        if found.status in DELETING:
            return Verdict.AWAIT_DELETION
        if ours and found.status == CREATE_FAILED:
            return Verdict.REMOVE

        has_wanted_name = self._wanted.name in (None, found.name)
        is_physical = found.arn == self._request.physical_id
        if has_wanted_name and (is_physical or (ours and self._request.request_type == "Update")):
            return Verdict.USE
        if is_physical or (ours and self._request.request_type == "Update"):
            if ours and self._may_rename:
                return Verdict.REMOVE
            raise RefusedError(self._rename_refusal(found, ours))
        if has_wanted_name and self._wanted.adopt_existing and Owner.told_by(tags) in (None, self._owner):
            return Verdict.ADOPT
        raise RefusedError(self._adoption_refusal(found, tags))

    @property
    def _may_rename(self) -> bool:
        """Whether the template consents to delete_then_create, or did: its rollback is consented too (U3)."""
        consent = ReplacementStrategy.DELETE_THEN_CREATE
        return consent in (self._wanted.replacement_strategy, self._former.replacement_strategy)

    def _rename_refusal(self, found: Tracker, ours: bool) -> str:
        reason = (
            f"{_called(found)} cannot get the name {self._wanted.name} while it exists, since a dataset group "
            f"can have only one event tracker. Nothing was changed. Keep Name: {found.name}, or "
        )
        if not ours:
            return f"{reason}delete it yourself: it does not belong to this resource, which must not delete it."
        return (
            f"{reason}set ReplacementStrategy: {ReplacementStrategy.DELETE_THEN_CREATE} to have it deleted first, "
            "and then give your applications the new tracking ID."
        )

    def _adoption_refusal(self, found: Tracker, tags: Mapping[str, str]) -> str:
        owner = Owner.told_by(tags)
        belongs = f" It belongs to {owner}." if owner else ""
        if owner not in (None, self._owner):
            adopt = "; or, if that resource is no more, take off its cloudformation: tags and set AdoptExisting: true"
        elif self._wanted.adopt_existing:
            adopt = f"; or leave out Name, or set Name: {found.name}, to adopt it"
        else:
            adopt = "; or set AdoptExisting: true to use it as it is (deleting the stack then leaves it in place)"
        return (
            f"{_called(found)} is already in {found.dataset_group_arn}, and a dataset group can have only one "
            f"event tracker.{belongs} Delete it, or use another dataset group{adopt}."
        )

    def _adopt(self, arn: str, tags: Mapping[str, str]) -> None:
        """Take our ownership tags off: what was adopted no rollback and no Delete removes (C4)."""
        if self._owns(tags):
            self._trackers.untag(arn, sorted(ownership.KEYS & tags.keys()))
        logger.info("Adopted", tracker=arn)
        count("Adopted")

    def _settle(self, arn: str) -> Tracker:
        """Wait until the tracker is ACTIVE, and bring its tags to what is wanted (C1, U1)."""
        try:
            tracker = self._wait(arn, CREATING, "ACTIVE")
        except TrackerNotFoundError as gone:
            raise EventTrackerError(f"{gone} It was deleted before it was ACTIVE. Deploy again.") from gone
        if tracker.status != ACTIVE:
            raise EventTrackerError(
                f"{_called(tracker)} became {tracker.status} instead of ACTIVE, and Amazon Personalize gives no "
                "reason. Look at the state of its dataset group and deploy again."
            )
        if arn == self._made:
            # With its tags, in one call.
            took("SecondsToActive", self._trackers.deadline.elapsed - self._made_at)
        else:
            self._bring_tags(arn)
        return tracker

    def _bring_tags(self, arn: str) -> None:
        """Set the wanted tags, and remove those that the template had and has no more (U1).

        A tag whose value is not the template's was put there, or changed, by somebody else and stays.
        """
        wanted, observed = self._wanted.tags, self._trackers.find_tags(arn)
        if arn == self._request.physical_id:
            dropped = [k for k, v in self._former.tags.items() if k not in wanted and observed.get(k) == v]
            if dropped:
                self._trackers.untag(arn, dropped)
        # After that, since there may be no room for both.
        missing = {key: value for key, value in wanted.items() if observed.get(key) != value}
        if missing:
            self._trackers.tag(arn, missing)

    def _remove_debris(self) -> None:
        """Delete what a failed update left in the group that the template named before (U2)."""
        group = self._former.dataset_group_arn
        if group in ("", self._wanted.dataset_group_arn):
            return
        try:
            found = self._trackers.find_in_group(group)
            tags = self._trackers.find_tags(found.arn)
        except TrackerNotFoundError:
            return
        if found.arn != self._request.physical_id and self._owns(tags):
            self._remove(found.arn)

    def _owns(self, tags: Mapping[str, str]) -> bool:
        return Owner.told_by(tags) == self._owner

    def _remove(self, arn: str) -> None:
        """Delete a tracker of ours and wait until it is gone."""
        trouble = ""
        for _ in self._trackers.deadline.attempts():
            try:
                self._trackers.delete(arn)
                break
            except ServiceError as refusal:
                trouble = str(refusal)
                # Whatever was refused: our role may delete what carries our tags, and what is gone carries none.
                try:
                    if self._trackers.find(arn).status in DELETING:
                        break
                except TrackerNotFoundError:
                    return
                if not isinstance(refusal, TrackerInUseError):
                    raise
        else:
            raise OutOfTimeError(f"{trouble} It was so until the deadline. Try again when its status has changed.")
        start = self._trackers.deadline.elapsed
        self._wait_until_gone(arn)
        logger.info("Deleted", tracker=arn)
        count("Deleted")
        took("SecondsToDelete", self._trackers.deadline.elapsed - start)

    def _wait_until_gone(self, arn: str) -> None:
        try:
            tracker = self._wait(arn, DELETING | {ACTIVE, CREATE_FAILED}, "gone")
        except TrackerNotFoundError:
            return
        raise EventTrackerError(
            f"{_called(tracker)} became {tracker.status} instead of being deleted. Delete it again."
        )

    def _wait(self, arn: str, pending: frozenset[str], target: str) -> Tracker:
        """Wait while the tracker is in a pending state and return it in another; raises TrackerNotFoundError."""
        status = ""
        for waited in self._trackers.deadline.attempts():
            tracker = self._trackers.find(arn)
            if tracker.status != status:
                status = tracker.status
                logger.info("Status", tracker=arn, status=status, waiting_for=target, waited=round(waited, 1))
            if status not in pending:
                return tracker
        raise OutOfTimeError(
            f"Event tracker {arn} was still {status} and not {target} after {waited:.0f} s. Amazon Personalize usually "
            "takes less than a minute: try again, or raise ServiceTimeout if it is set."
        )


def _called(tracker: Tracker) -> str:
    return f"Event tracker {tracker.name} ({tracker.arn})"
