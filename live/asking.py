"""How each question is asked; each yields what it has seen."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from live.bench import CREATION, DELETION, Answer, Bench
from live.observations import Observation
from live.recording import Recording, Sight, record
from live.removal import pages

# In AWS's own documentation; never an account of anybody's.
_NOBODY = "111122223333"
# Twice the states there are: now and then a state ends while something is tried in it.
_ROUNDS = 10
_NOBODYS_TRACKER = "event-tracker/00000000"


def _refusal(answer: Answer, where: str) -> Observation:
    return Observation(answer.code, where, answer.message)


def group_not_active(bench: Bench) -> Iterator[Observation]:
    """In each state of a new group, try to make a tracker and a dataset."""
    group = bench.fresh_group()
    for state in bench.states(group, CREATION):
        tracker, dataset = bench.try_tracker(group), bench.try_dataset(group, "Interactions")
        if bench.is_still(group, state):
            yield _refusal(tracker, f"CreateEventTracker, {state}")
            yield _refusal(dataset, f"CreateDataset, {state}")
        if None in (tracker.code, dataset.code):
            break
    bench.wait_until_active(group)


def group_without_interactions(bench: Bench) -> Iterator[Observation]:
    """In a group without datasets, try to make a tracker."""
    yield _refusal(bench.try_tracker(bench.bare_group()), "CreateEventTracker")


def interactions_must_be_active(bench: Bench) -> Iterator[Observation]:
    """In each state of a new Interactions dataset, try to make a tracker."""
    group = bench.bare_group()
    dataset = bench.create_dataset(group, "Interactions")
    for state in bench.states(dataset, CREATION):
        answer = bench.try_tracker(group)
        if bench.is_still(dataset, state):
            yield Observation(answer.code is not None, f"{state}, {answer.code or 'accepted'}", answer.message)
        if answer.code is None:
            return


def invisible_seconds(bench: Bench) -> Iterator[Observation]:
    """How long each of the three calls did not find a new tracker."""
    for call, seconds in _changes(bench.once(record).creation, there=True):
        yield Observation(seconds, call)


def seconds_until_gone(bench: Bench) -> Iterator[Observation]:
    """How long each of the three calls found a tracker that was deleted."""
    for call, seconds in _changes(bench.once(record).deletion, there=False):
        yield Observation(seconds, call)


def _changes(sights: list[Sight], *, there: bool) -> Iterator[tuple[str, float]]:
    """For each call, when it saw the change for good: 0 if it never saw anything else."""
    for call in sights[0].seen:
        times = [sight.seen[call] for sight in sights]
        last = max((number for number, (_, found) in enumerate(times) if found is not there), default=-1)
        if last + 1 < len(times):
            yield call, round(times[last + 1][0], 1) if last >= 0 else 0.0


def seconds_in_each_state(bench: Bench) -> Iterator[Observation]:
    """How long the tracker of the recording was in each of its states that pass."""
    recording: Recording = bench.once(record)
    for sights in (recording.creation, recording.deletion):
        starts = [(sight.described, sight.status) for sight in sights]
        changes = [now for before, now in pairwise([(0.0, "-"), *starts]) if before[1] != now[1]]
        for (since, status), (until, _) in pairwise(changes):
            if status in CREATION + DELETION:
                yield Observation(round(until - since, 1), status)


def left_out_members(bench: Bench) -> Iterator[Observation]:
    """What the descriptions and summaries of the recording have not, state by state."""
    model = bench.client.meta.service_model
    recording: Recording = bench.once(record)
    seen: dict[str, list[str]] = {}
    for sight in (*recording.creation, *recording.deletion):
        for shape, got in (("EventTracker", sight.description), ("EventTrackerSummary", sight.summary)):
            if got is not None:
                seen[f"{shape}, {sight.status}"] = sorted(model.shape_for(shape).members.keys() - got.keys())
    for where, missing in seen.items():
        yield Observation(missing, where)


def _second_trackers(bench: Bench) -> dict[str, tuple[Answer, Answer | None]]:
    """Try to make a second tracker in each state of a first: of another name and, if refused, of the same.

    Where that succeeds the group has two, and the states that are left are those of another first one.
    """
    tried: dict[str, tuple[Answer, Answer | None]] = {}
    for _ in range(_ROUNDS):
        if _second_trackers_of_one(bench, tried):
            break
    return tried


def _second_trackers_of_one(bench: Bench, tried: dict[str, tuple[Answer, Answer | None]]) -> bool:
    """Try it with one first tracker, in those states that were not tried; returns whether that was all."""
    group = bench.empty_group()
    arn = bench.new_tracker(group)
    for state in bench.life(arn):
        if state in tried:
            continue
        other = bench.try_tracker(group, "other")
        same = bench.try_tracker(group) if other.code else None
        if bench.is_still(arn, state):
            tried[state] = other, same
        if same is None or same.code is None:
            return False
    return True


def second_tracker_same_name(bench: Bench) -> Iterator[Observation]:
    """Where it was refused."""
    for state, (_, same) in bench.once(_second_trackers).items():
        if same is not None:
            yield _refusal(same, state)


def second_tracker_other_name(bench: Bench) -> Iterator[Observation]:
    """Where it was refused."""
    for state, (other, _) in bench.once(_second_trackers).items():
        if other.code:
            yield _refusal(other, state)


def states_that_free_the_group(bench: Bench) -> Iterator[Observation]:
    """Where it was not refused. Without a state of a deletion nothing is known."""
    tried = bench.once(_second_trackers)
    if set(DELETION) & tried.keys():
        for state, (other, _) in tried.items():
            yield Observation([state] if other.code is None else [], state)


def tracker_name_in_another_group(bench: Bench) -> Iterator[Observation]:
    """With a tracker in one group, try to make another of its name in another group."""
    first = bench.trackers[bench.tracker()]
    yield _refusal(bench.try_tracker(bench.empty_group(but=(first,))), "CreateEventTracker")


def delete_while_changing(bench: Bench) -> Iterator[Observation]:
    """Try to delete a tracker in each of its passing states."""
    arn = bench.new_tracker()
    for phase in (CREATION, DELETION):
        for state in bench.states(arn, phase):
            answer = bench.ask("delete_event_tracker", eventTrackerArn=arn)
            # What was accepted is deleted at once, and in another state.
            if answer.code is None or bench.is_still(arn, state):
                yield _refusal(answer, state)
            if answer.code is None:
                break
        if bench.status(arn) in (*CREATION, "ACTIVE"):
            bench.wait_until_active(arn)
            bench.ask("delete_event_tracker", eventTrackerArn=arn)


def tags_while_changing(bench: Bench) -> Iterator[Observation]:
    """Try to set, remove and list the tags of a tracker in each of its passing states."""
    arn = bench.new_tracker()
    for state in bench.life(arn):
        if state == "ACTIVE":
            continue
        answers = {
            "TagResource": bench.ask("tag_resource", resourceArn=arn, tags=_tags(probe="1")),
            "UntagResource": bench.ask("untag_resource", resourceArn=arn, tagKeys=["probe"]),
            "ListTagsForResource": bench.ask("list_tags_for_resource", resourceArn=arn),
        }
        if bench.is_still(arn, state):
            for operation, answer in answers.items():
                yield _refusal(answer, f"{operation}, {state}")


def refused_tags(bench: Bench) -> Iterator[Observation]:
    """Try to give a group of the run tags that should be refused."""
    group = bench.group()
    wrong = {
        "aws:": _tags(**{"aws:probe": "1"}),
        "AWS:": _tags(**{"AWS:probe": "1"}),
        "the same key twice": _tags(probe="1") + _tags(probe="2"),
    }
    for where, tags in wrong.items():
        answer = bench.ask("tag_resource", resourceArn=group, tags=tags)
        yield _refusal(answer, where)
        if answer.code is None:
            bench.ask("untag_resource", resourceArn=group, tagKeys=[tags[0]["tagKey"]])


def keys_in_another_case(bench: Bench) -> Iterator[Observation]:
    """Give a group of the run two such tags, and count."""
    group = bench.group()
    answer = bench.ask("tag_resource", resourceArn=group, tags=_tags(probe="1", Probe="2"))
    if answer.code:
        yield _refusal(answer, "TagResource")
        return
    tags = bench.client.list_tags_for_resource(resourceArn=group)["tags"]
    yield Observation(len([tag for tag in tags if tag["tagKey"].lower() == "probe"]) == 2, "ListTagsForResource")
    bench.ask("untag_resource", resourceArn=group, tagKeys=["probe", "Probe"])


def constraint_violation(bench: Bench) -> Iterator[Observation]:
    """Try a name and an ARN that break their patterns, and a tag that is too long."""
    group = bench.group()
    yield _refusal(bench.ask("create_event_tracker", name="-", datasetGroupArn=group), "name -")
    long = bench.ask("tag_resource", resourceArn=group, tags=_tags(**{"k" * 129: ""}))
    yield _refusal(long, "a tag key of 129 characters")
    malformed = bench.ask("describe_event_tracker", denial_counts=True, eventTrackerArn="no-arn")
    yield _refusal(malformed, "no ARN")


def foreign_arn(bench: Bench) -> Iterator[Observation]:
    """Describe trackers that are not there, of an account of nobody's and of another region."""
    region = "us-west-2" if bench.account.region != "us-west-2" else "us-east-1"
    places = {"account": {"account_id": _NOBODY}, "region": {"region": region}}
    for where, place in places.items():
        arn = bench.arn(_NOBODYS_TRACKER, **place)
        yield _refusal(bench.ask("describe_event_tracker", denial_counts=True, eventTrackerArn=arn), where)


def wrong_resource_type(bench: Bench) -> Iterator[Observation]:
    """Describe a group of the run as a tracker."""
    answer = bench.ask("describe_event_tracker", denial_counts=True, eventTrackerArn=bench.group())
    yield _refusal(answer, "DescribeEventTracker")


def list_of_unknown_group(bench: Bench) -> Iterator[Observation]:
    """List what there is in a group that was never made."""
    unknown = bench.arn(f"dataset-group/{bench.run.name('none')}")
    yield _refusal(bench.ask("list_event_trackers", datasetGroupArn=unknown), "ListEventTrackers")
    yield _refusal(bench.ask("list_datasets", datasetGroupArn=unknown), "ListDatasets")


def _pages(bench: Bench) -> list[dict[str, Any]]:
    """The pages of a list of three datasets, of a group of the run."""
    group = bench.group()
    for kind in ("Items", "Users"):
        if kind not in bench.groups[group]:
            bench.wait_until_active(bench.create_dataset(group, kind))
    return list(pages(bench.client, "list_datasets", datasetGroupArn=group))


def page_size(bench: Bench) -> Iterator[Observation]:
    """How long the pages are. Trackers are one in a group, and to list those of others is not ours."""
    for page in bench.once(_pages):
        more = ", and more" if page.get("nextToken") else ""
        yield Observation(len(page["datasets"]), f"ListDatasets{more}")


def empty_next_token(bench: Bench) -> Iterator[Observation]:
    """What the last page of two lists has."""
    last = bench.once(_pages)[-1]
    yield Observation(last.get("nextToken") == "", "ListDatasets")
    tracker = bench.trackers[bench.tracker()]
    *_, last = pages(bench.client, "list_event_trackers", datasetGroupArn=tracker)
    yield Observation(last.get("nextToken") == "", "ListEventTrackers")


def tags_move_last_updated(bench: Bench) -> Iterator[Observation]:
    """Set a tag of a tracker that is ACTIVE, and compare."""
    arn = bench.tracker()
    before = (bench.describe(arn) or {}).get("lastUpdatedDateTime")
    bench.client.tag_resource(resourceArn=arn, tags=_tags(probe="1"))
    after = (bench.describe(arn) or {}).get("lastUpdatedDateTime")
    bench.client.untag_resource(resourceArn=arn, tagKeys=["probe"])
    if before and after:
        yield Observation(after != before, "DescribeEventTracker")


def delete_of_used_group(bench: Bench) -> Iterator[Observation]:
    """Try to delete a group that has a tracker, and one that has datasets only."""
    group = bench.trackers[bench.tracker()]
    for where in ("with a tracker", "with datasets"):
        answer = bench.ask("delete_dataset_group", datasetGroupArn=group)
        yield _refusal(answer, where)
        if answer.code is None:
            del bench.groups[group]
            return
        bench.empty(group)


def _tags(**tags: str) -> list[dict[str, str]]:
    return [{"tagKey": key, "tagValue": value} for key, value in tags.items()]
