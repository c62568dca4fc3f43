"""The scenarios in which faults are injected. Each pauses where everything is to come to rest and be checked."""

import functools
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from simulation.stack import RETAIN, Declaration, Resource, Stack
from simulation.world import World

Scenario = Callable[[World], Iterator[None]]

# What an operation declares of a resource, and how it goes.
Members = Mapping[str, Any]
# What happens to the dataset group films.
Happening = Callable[[World, str], None]

SCENARIOS: dict[str, Scenario] = {}

RED, BLUE = {"Key": "color", "Value": "red"}, {"Key": "color", "Value": "blue"}
SIZE, BAD = {"Key": "size", "Value": "large"}, {"Key": "aws:team", "Value": "x"}
OPTED_IN = {"ReplacementStrategy": "delete_then_create"}
IN_BOOKS = {"DatasetGroupArn": "books"}
KEEP = {"UpdateReplacePolicy": RETAIN}


def scenario(function: Scenario) -> Scenario:
    """Make it one of the scenarios, by its name."""
    SCENARIOS[function.__name__.replace("_", " ")] = function
    return function


def life(*steps: Members | Happening) -> Scenario:
    """The life of a resource: it is created with the first members, updated with the others, deleted with its stack.

    The dataset group stands by its name, and is films if it is left out. Something may happen before each step.
    """

    def lived(world: World) -> Iterator[None]:
        stack, group = world.stack(), functools.cache(world.dataset_group)
        films = group("films")
        for step in steps:
            if callable(step):
                step(world, films)
                continue
            operation = stack.update if stack.resources else stack.create
            operation(**{**step, "DatasetGroupArn": group(step.get("DatasetGroupArn", "films"))})
            yield
        stack.delete()
        yield

    return lived


def somebody_creates_a_tracker(world: World, films: str) -> None:
    world.tracker(films, tags={"color": "green", "team": "theirs"})


def somebody_deletes_the_tracker(world: World, films: str) -> None:
    world.delete_trackers(films)


def no_creation_succeeds(world: World, films: str) -> None:
    world.backend.tracker_creations_to_fail = sys.maxsize


SCENARIOS["create"] = life({"Tags": [RED]})


@scenario
def create_in_a_group_that_is_not_ready(world: World) -> Iterator[None]:
    group = world.dataset_group("films", active=False)

    def becomes_active() -> None:
        world.backend.dataset_groups[group].status = "ACTIVE"

    world.time.spawn(becomes_active, delay=5)
    stack = world.stack()
    stack.create(DatasetGroupArn=group)
    yield
    stack.delete()
    yield


@scenario
def create_that_ends_as_create_failed(world: World) -> Iterator[None]:
    group = world.dataset_group("films")
    no_creation_succeeds(world, group)
    world.stack().create(DatasetGroupArn=group)
    yield


@scenario
def create_and_then_a_sibling_fails(world: World) -> Iterator[None]:
    world.stack().create(DatasetGroupArn=world.dataset_group("films"), sibling_fails=True)
    yield


@scenario
def create_refused(world: World) -> Iterator[None]:
    group = world.dataset_group("films")
    world.tracker(group)
    world.stack().create(DatasetGroupArn=group)
    yield


SCENARIOS["adopt"] = life(
    somebody_creates_a_tracker, {"AdoptExisting": True, "Tags": [SIZE]}, {"AdoptExisting": True, "Tags": []}
)


@scenario
def adopt_what_was_retained(world: World) -> Iterator[None]:
    group, stack = world.dataset_group("films"), world.stack()
    stack.create(DatasetGroupArn=group)
    yield
    if stack.resources:
        stack.retain()
    stack.create(DatasetGroupArn=group, AdoptExisting=True)
    yield
    stack.delete()
    yield


SCENARIOS["update of tags"] = life({"Tags": [RED]}, {"Tags": [BLUE, SIZE]}, {"Tags": [RED], "sibling_fails": True})
SCENARIOS["updates refused"] = life(
    {"Name": "one", "Tags": [RED]}, {"Name": "one", "Tags": [BAD]}, {"Name": "two", "Tags": [BLUE]}
)
SCENARIOS["rename done"] = life({"Name": "one", "Tags": [RED]}, {"Name": "two", "Tags": [BLUE], **OPTED_IN})
SCENARIOS["rename rolled back"] = life(
    {"Name": "one", "Tags": [RED]}, {"Name": "two", "sibling_fails": True, **OPTED_IN}
)
SCENARIOS["group change"] = life({"Name": "one", "Tags": [RED]}, {"Name": "one", "Tags": [BLUE], **IN_BOOKS})
SCENARIOS["group change rolled back"] = life(
    {"Name": "one", "Tags": [RED]}, {"Name": "two", "Tags": [BLUE], "sibling_fails": True, **IN_BOOKS}
)
SCENARIOS["group change that ends as create failed"] = life(
    {"Tags": [RED]}, no_creation_succeeds, {"Tags": [BLUE], **IN_BOOKS}
)
SCENARIOS["tracker deleted behind the stacks back"] = life(
    {"Tags": [RED]}, somebody_deletes_the_tracker, {"Tags": [BLUE]}
)
SCENARIOS["delete of what is gone"] = life({}, somebody_deletes_the_tracker, somebody_creates_a_tracker)


@scenario
def delete_while_being_created(world: World) -> Iterator[None]:
    world.stack().create_abandoned(after=3, DatasetGroupArn=world.dataset_group("films"))
    yield


@scenario
def delete_when_just_being_created(world: World) -> Iterator[None]:
    world.stack().create_abandoned(after=0.06, DatasetGroupArn=world.dataset_group("films"))
    yield


SCENARIOS["rollback while being updated"] = life({"Tags": [RED]}, {"Tags": [BLUE], "abandoned_after": 3, **IN_BOOKS})
SCENARIOS["retained and come back to"] = life(
    KEEP,
    {**KEEP, **IN_BOOKS},
    {**KEEP, "Tags": [BAD]},
    {**KEEP, "Name": "other", **OPTED_IN},
    {**KEEP, "AdoptExisting": True, "sibling_fails": True},
)


@scenario
def retained_and_declared_again(world: World) -> Iterator[None]:
    group, stack = world.dataset_group("films"), world.stack()
    stack.create(DatasetGroupArn=group, DeletionPolicy=RETAIN)
    yield
    stack.deploy({})
    yield
    stack.create_abandoned(0.07, DatasetGroupArn=group)
    yield
    stack.create(DatasetGroupArn=world.dataset_group("books"))
    yield
    stack.update(DatasetGroupArn=group, Name="other")
    yield
    stack.delete()
    yield


@scenario
def preserved_and_tried_again(world: World) -> Iterator[None]:
    group = world.dataset_group("films")
    for first in (False, True):
        stack, template = world.stack(f"shop-{first}"), {"Tracker": Declaration({"DatasetGroupArn": group})}
        world.backend.tracker_creations_to_fail = sys.maxsize
        stack.deploy(template, disable_rollback=True)
        yield
        world.backend.tracker_creations_to_fail = 0
        stack.deploy(template, delete_failed_first=first)
        yield
        stack.delete()
        yield


@scenario
def two_resources_swap_their_groups(world: World) -> Iterator[None]:
    films, books, stack = world.dataset_group("films"), world.dataset_group("books"), world.stack()
    stack.deploy({"One": Declaration({"DatasetGroupArn": films}), "Two": Declaration({"DatasetGroupArn": books})})
    yield
    stack.deploy({"One": Declaration({"DatasetGroupArn": books}), "Two": Declaration({"DatasetGroupArn": films})})
    yield
    stack.delete()
    yield


@scenario
def logical_id_renamed_and_the_tracker_kept(world: World) -> Iterator[None]:
    group, stack = world.dataset_group("films"), world.stack()
    stack.create("Old", DatasetGroupArn=group, DeletionPolicy=RETAIN)
    yield
    stack.deploy({})
    yield
    for arn in world.trackers_in(group):
        world.take_back(arn)
    stack.create("New", DatasetGroupArn=group, AdoptExisting=True)
    yield
    for arn in world.trackers_in(group):
        world.hand_over(arn, stack, "New")
    stack.delete()
    yield


@scenario
def provider_swapped_in_over_an_id_that_is_no_arn(world: World) -> Iterator[None]:
    stack = _taken_over(world, "tracker-of-another-provider", DatasetGroupArn=world.dataset_group("films"))
    stack.update(DatasetGroupArn=stack.resource().properties["DatasetGroupArn"], Tags=[RED])
    yield
    stack.delete()
    yield


@scenario
def provider_swapped_in_over_somebodys_tracker(world: World) -> Iterator[None]:
    group = world.dataset_group("films")
    stack = _taken_over(world, world.tracker(group, tags={"team": "theirs"}), DatasetGroupArn=group)
    stack.update(DatasetGroupArn=group, Tags=[RED])
    yield
    stack.update(DatasetGroupArn=world.dataset_group("books"))
    yield
    stack.delete()
    yield


def _taken_over(world: World, physical_id: str, **properties: str) -> Stack:
    """A stack whose resource another provider made."""
    stack = world.stack()
    stack.resources["Tracker"] = Resource(physical_id, Declaration(properties))
    return stack
