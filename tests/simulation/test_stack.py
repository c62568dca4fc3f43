"""What CloudFormation sends for a stack, with policies, several resources, preserved failures and cancelled updates."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from simulation.lambda_service import Context, Event
from simulation.stack import RETAIN, RETAIN_EXCEPT_ON_CREATE, Declaration, Resource, Stack
from simulation.world import World, account


def make(client: Any, http: Any, clock: Any) -> Any:
    """A function whose physical ids are the groups, and that fails, or waits, if the name of the group says so."""

    def handler(event: Event, context: Context) -> None:
        group = event["ResourceProperties"]["DatasetGroupArn"]
        clock.sleep(10 if "slow" in group else 1)
        has_failed = "bad" in group and event["RequestType"] != "Delete"
        physical_id = (
            event.get("PhysicalResourceId", group) if has_failed or event["RequestType"] == "Delete" else group
        )
        response = {
            "Status": "FAILED" if has_failed else "SUCCESS",
            "Reason": "bad" if has_failed else "",
            "PhysicalResourceId": physical_id,
            **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
        }
        http.request("PUT", event["ResponseURL"], body=json.dumps(response), headers={"Content-Type": ""})

    return handler


@pytest.fixture
def world() -> Iterator[World]:
    with account():
        new = World(make)
        yield new
        assert new.cloudformation.objections == []


@pytest.fixture
def stack(world: World) -> Stack:
    return world.stack()


def in_group(group: str, **policies: str) -> Declaration:
    return Declaration.of({"DatasetGroupArn": group, **policies})


def requests(world: World, since: int = 0) -> list[str]:
    """The requests, each as its type, logical id and physical id."""
    sent = [
        " ".join(filter(None, (request.type, request.event["LogicalResourceId"], request.physical_id)))
        for request in world.cloudformation.requests.values()
    ]
    return sent[since:]


@pytest.mark.parametrize(
    ("policies", "sent", "retained"),
    [
        ({}, ["Update One a", "Delete One a"], set()),
        ({"UpdateReplacePolicy": RETAIN}, ["Update One a"], {"a"}),
        ({"DeletionPolicy": RETAIN}, ["Update One a", "Delete One a"], set()),
    ],
    ids=str,
)
def test_what_was_replaced_is_deleted_unless_it_is_retained(
    world: World, stack: Stack, policies: dict[str, str], sent: list[str], retained: set[str]
) -> None:
    stack.deploy({"One": in_group("a", **policies)})
    stack.deploy({"One": in_group("b", **policies)})

    assert requests(world, 1) == sent
    assert stack.retained == retained


@pytest.mark.parametrize("policy", ["Delete", RETAIN, RETAIN_EXCEPT_ON_CREATE])
@pytest.mark.parametrize("way", ["taken out", "stack deleted"])
def test_what_leaves_the_stack_is_deleted_unless_it_is_retained(
    world: World, stack: Stack, policy: str, way: str
) -> None:
    stack.deploy({"One": in_group("a", DeletionPolicy=policy)})
    stack.deploy({}) if way == "taken out" else stack.delete()

    assert requests(world, 1) == (["Delete One a"] if policy == "Delete" else [])
    assert stack.retained == (set() if policy == "Delete" else {"a"})


@pytest.mark.parametrize(
    ("policy", "sent"), [("Delete", ["Delete One a"]), (RETAIN, []), (RETAIN_EXCEPT_ON_CREATE, ["Delete One a"])]
)
def test_the_rollback_of_a_create_retains_only_what_says_so_without_exception(
    world: World, stack: Stack, policy: str, sent: list[str]
) -> None:
    stack.deploy({"One": in_group("a", DeletionPolicy=policy)}, sibling_fails=True)

    assert requests(world, 1) == sent
    assert stack.status == "ROLLBACK_COMPLETE"


def test_only_what_has_changed_is_updated(world: World, stack: Stack) -> None:
    stack.deploy({"One": in_group("a"), "Two": in_group("b")})
    stack.deploy({"One": in_group("a", DeletionPolicy=RETAIN), "Two": in_group("c")})

    assert requests(world, 2) == ["Update Two b", "Delete Two b"]


def test_a_logical_id_that_is_renamed_is_created_before_it_is_deleted(world: World, stack: Stack) -> None:
    stack.deploy({"Old": in_group("a")})
    stack.deploy({"New": in_group("a")})

    assert requests(world, 1) == ["Create New", "Delete Old a"]


def test_a_failure_ends_the_waiting_for_all_resources_and_rolls_all_back(world: World, stack: Stack) -> None:
    stack.deploy({"One": in_group("a")})
    stack.deploy({"One": in_group("bad"), "Two": in_group("slow")})
    world.settle()

    *_, back, made_up = requests(world)
    assert requests(world, 1)[:2] == ["Update One a", "Create Two"]
    assert back == "Update One a"
    assert made_up.startswith("Delete Two shop-Two-")
    update, create = list(world.cloudformation.requests.values())[1:3]
    assert update.taken.status == "FAILED"
    assert (create.response.status, create.taken) == ("SUCCESS", None)


def test_resources_that_depend_on_each_other_are_changed_one_by_one(world: World, stack: Stack) -> None:
    stack.deploy({"One": in_group("bad"), "Two": in_group("b")}, one_by_one=True)

    assert requests(world) == ["Create One", "Delete One bad"]


@pytest.mark.parametrize(
    ("first", "sent"),
    [(False, ["Create One", "Delete One bad"]), (True, ["Delete One bad", "Create One"])],
)
def test_a_create_that_failed_and_was_preserved_is_made_anew_in_either_order(
    world: World, stack: Stack, first: bool, sent: list[str]
) -> None:
    stack.deploy({"One": in_group("bad")}, disable_rollback=True)
    assert stack.status == "CREATE_FAILED"
    assert stack.resource("One").failed

    stack.deploy({"One": in_group("a")}, delete_failed_first=first)

    assert requests(world, 1) == sent
    assert (stack.status, stack.resource("One").physical_id) == ("UPDATE_COMPLETE", "a")


def test_an_update_that_failed_and_was_preserved_is_tried_again_from_what_there_was(world: World, stack: Stack) -> None:
    stack.deploy({"One": in_group("a"), "Two": in_group("x")})
    stack.deploy({"One": in_group("slow-bad"), "Two": in_group("y")}, disable_rollback=True)
    assert stack.status == "UPDATE_FAILED"
    stack.deploy({"One": in_group("b"), "Two": in_group("y")})

    # What was replaced meanwhile is deleted when the stack is complete.
    assert requests(world, 4)[-3:] == ["Update One a", "Delete Two x", "Delete One a"]


def test_a_stack_whose_rollback_failed_deletes_what_it_replaced_too(world: World, stack: Stack) -> None:
    stack.resources["One"] = Resource("bad", in_group("bad"))
    stack.deploy({"One": in_group("b")}, sibling_fails=True)
    assert stack.status == "UPDATE_ROLLBACK_FAILED"
    since = len(world.cloudformation.requests)

    stack.delete()

    assert sorted(requests(world, since)) == ["Delete One b", "Delete One bad"]


def test_a_cancelled_update_runs_to_its_end_unheard(world: World, stack: Stack) -> None:
    stack.deploy({"One": in_group("a")})
    stack.deploy({"One": in_group("slow")}, cancelled_after=3)
    world.settle()

    assert requests(world, 1) == ["Update One a", "Update One a"]
    cancelled = list(world.cloudformation.requests.values())[1]
    assert cancelled.response.physical_id == "slow"
    assert cancelled.taken is None
    assert (stack.status, stack.resource("One").physical_id) == ("UPDATE_ROLLBACK_COMPLETE", "a")
