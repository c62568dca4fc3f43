"""One tracker, polled from its creation until it is gone: its description, the list of its group, its tags."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from live.bench import Bench
from live.removal import pages

# For so long after its creation and its deletion it is polled often.
_CLOSE_SECONDS = 5.0
_NOT_FOUND = "ResourceNotFoundException"


@dataclass(frozen=True)
class Sight:
    """What there was to be seen of the tracker, so many seconds after it was created or deleted."""

    described: float
    description: dict[str, Any] | None
    listed: float
    summary: dict[str, Any] | None
    tags_listed: float
    has_tags: bool

    @property
    def status(self) -> str:
        """Its state, by its description or else its summary; empty if neither says."""
        for source in (self.description, self.summary):
            if source and source.get("status"):
                return str(source["status"])
        return ""

    @property
    def seen(self) -> dict[str, tuple[float, bool]]:
        """When each of the three calls was made, and whether the tracker was in its response."""
        return {
            "DescribeEventTracker": (self.described, self.description is not None),
            "ListEventTrackers": (self.listed, self.summary is not None),
            "ListTagsForResource": (self.tags_listed, self.has_tags),
        }


@dataclass(frozen=True)
class Recording:
    """All that was seen of one tracker, after its creation and after its deletion."""

    creation: list[Sight]
    deletion: list[Sight]


def record(bench: Bench) -> Recording:
    """Make a tracker, watch it until it is ACTIVE, delete it, and watch it until it is gone."""
    group = bench.empty_group()
    started = bench.pace.now()
    arn = bench.new_tracker(group)
    creation = _watch(bench, arn, started, lambda sight: sight.status == "ACTIVE" and _all_seen(sight, there=True))
    started = bench.pace.now()
    bench.client.delete_event_tracker(eventTrackerArn=arn)
    return Recording(creation, _watch(bench, arn, started, lambda sight: _all_seen(sight, there=False)))


def _all_seen(sight: Sight, *, there: bool) -> bool:
    return all(found is there for _, found in sight.seen.values())


def _watch(bench: Bench, arn: str, started: float, enough: Callable[[Sight], bool]) -> list[Sight]:
    sights: list[Sight] = []
    while True:
        sights.append(_look_at(bench, arn, started))
        elapsed = bench.pace.now() - started
        if enough(sights[-1]) or elapsed > bench.pace.timeout_seconds:
            return sights
        bench.pace.sleep(bench.pace.watch_seconds if elapsed < _CLOSE_SECONDS else bench.pace.poll_seconds)


def _look_at(bench: Bench, arn: str, started: float) -> Sight:
    described, description = bench.pace.now() - started, bench.describe(arn)
    listed = bench.pace.now() - started
    summaries = [
        summary
        for page in pages(bench.client, "list_event_trackers", datasetGroupArn=bench.trackers[arn])
        for summary in page["eventTrackers"]
        # It may be left out; there is no other tracker in the group.
        if summary.get("eventTrackerArn", arn) == arn
    ]
    tags_listed = bench.pace.now() - started
    tags = bench.ask("list_tags_for_resource", resourceArn=arn)
    # Another refusal knows the tracker.
    return Sight(
        described, description, listed, summaries[0] if summaries else None, tags_listed, tags.code != _NOT_FOUND
    )
