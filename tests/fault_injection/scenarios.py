"""The scenarios in which faults are injected. Each pauses where everything is to come to rest and be checked."""

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

from simulation.stack import RETAIN, Declaration, Resource, Stack
from simulation.world import World

Scenario = Callable[[World], Iterator[None]]

SCENARIOS: dict[str, Scenario] = {}

RED, BLUE = {"Key": "color", "Value": "red"}, {"Key": "color", "Value": "blue"}
SIZE, BAD = {"Key": "size", "Value": "large"}, {"Key": "aws:team", "Value": "x"}
OPTED_IN = {"ReplacementStrategy": "delete_then_create"}
IN_BOOKS = {"DatasetGroupArn": "books"}


def scenario(function: Scenario) -> Scenario:
    """Make it one of the scenarios, by its name."""
    SCENARIOS[function.__name__.replace("_", " ")] = function
    return function


def life(first: dict[str, Any], *updates: dict[str, Any]) -> Scenario:
    """A resource is created, updated, and deleted with its stack. Its dataset group stands by its name."""

    def steps(world: World) -> Iterator[None]:
        stack, group = world.stack(), functools.cache(world.dataset_group)
        for members in (first, *updates):
            operation = stack.update if stack.resources else stack.create
            operation(**{**members, "DatasetGroupArn": group(members.get("DatasetGroupArn", "films"))})
            yield
        stack.delete()
        yield

    return steps


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
    world.backend.tracker_creations_to_fail = sys.maxsize
    world.stack().create(DatasetGroupArn=world.dataset_group("films"))
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


@scenario
def adopt(world: World) -> Iterator[None]:
    group = world.dataset_group("films")
    world.tracker(group, tags={"color": "green", "team": "theirs"})
    stack = world.stack()
    stack.create(DatasetGroupArn=group, AdoptExisting=True, Tags=[SIZE])
    yield
    stack.update(DatasetGroupArn=group, AdoptExisting=True, Tags=[])
    yield
    stack.delete()
    yield


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


@scenario
def group_change_that_ends_as_create_failed(world: World) -> Iterator[None]:
    stack = world.stack()
    stack.create(DatasetGroupArn=world.dataset_group("films"), Tags=[RED])
    yield
    world.backend.tracker_creations_to_fail = sys.maxsize
    stack.update(DatasetGroupArn=world.dataset_group("books"), Tags=[BLUE])
    yield
    stack.delete()
    yield


@scenario
def tracker_deleted_behind_the_stacks_back(world: World) -> Iterator[None]:
    group, stack = world.dataset_group("films"), world.stack()
    stack.create(DatasetGroupArn=group, Tags=[RED])
    yield
    world.delete_trackers(group)
    stack.update(DatasetGroupArn=group, Tags=[BLUE])
    yield
    stack.delete()
    yield


@scenario
def delete_of_what_is_gone(world: World) -> Iterator[None]:
    group, stack = world.dataset_group("films"), world.stack()
    stack.create(DatasetGroupArn=group)
    yield
    world.delete_trackers(group)
    world.tracker(group)
    stack.delete()
    yield


@scenario
def delete_while_being_created(world: World) -> Iterator[None]:
    world.stack().create_abandoned(after=3, DatasetGroupArn=world.dataset_group("films"))
    yield


@scenario
def delete_when_just_being_created(world: World) -> Iterator[None]:
    world.stack().create_abandoned(after=0.06, DatasetGroupArn=world.dataset_group("films"))
    yield


SCENARIOS["rollback while being updated"] = life({"Tags": [RED]}, {"Tags": [BLUE], "abandoned_after": 3, **IN_BOOKS})


@scenario
def retained_and_come_back_to(world: World) -> Iterator[None]:
    films, books, stack = world.dataset_group("films"), world.dataset_group("books"), world.stack()
    policy = {"UpdateReplacePolicy": RETAIN}
    stack.create(DatasetGroupArn=films, **policy)
    yield
    stack.update(DatasetGroupArn=books, **policy)
    yield
    stack.update(DatasetGroupArn=films, Tags=[BAD], **policy)
    yield
    stack.update(DatasetGroupArn=films, Name="other", ReplacementStrategy="delete_then_create", **policy)
    yield
    stack.update(DatasetGroupArn=films, AdoptExisting=True, sibling_fails=True, **policy)
    yield
    stack.delete()
    yield


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
