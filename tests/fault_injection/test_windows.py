"""The windows: in each story the rules that are named, and no others, do not hold, and each is known to be in a window.

docs/limits.md tells users the same.
"""

from collections.abc import Callable
from typing import Any

import pytest

from event_tracker.handler import make_handler
from simulation.faults import FAULTS, dies_after_response
from simulation.stack import RETAIN, Declaration
from simulation.wire import PUT, Effect, Wire
from simulation.world import World, world
from tests.fault_injection.invariants import violations
from tests.fault_injection.rules import Rule, Window

Story = Callable[[World], None]

STORIES: dict[Story, dict[Rule, Window]] = {}

FOREVER = 1e9


def leads_to(found: dict[Rule, Window]) -> Callable[[Story], Story]:
    """Keep a story with what is found when all has come to rest."""

    def keep(story: Story) -> Story:
        STORIES[story] = found
        return story

    return keep


def found_in(aws: World) -> set[tuple[Rule, Window | None]]:
    aws.settle()
    return {(violation.rule, violation.window) for violation in violations(aws)}


@leads_to({Rule.NOTHING_LEFT: Window.LATE, Rule.ONE_ID: Window.LATE})
def a_create_is_delivered_again_after_its_rollback(aws: World) -> None:
    aws.wire.lasting.append((FOREVER, dies_after_response(0)))
    stack = aws.stack()
    stack.create(DatasetGroupArn=aws.dataset_group("films"), sibling_fails=True)
    assert (stack.status, aws.trackers()) == ("ROLLBACK_COMPLETE", {})


@leads_to({Rule.ONE_ID: Window.LATE})
def a_rename_is_delivered_again_after_its_rollback(aws: World) -> None:
    aws.wire.lasting.append((FOREVER, dies_after_response(1)))
    stack, group = aws.stack(), aws.dataset_group("films")
    stack.create(DatasetGroupArn=group, Name="one")
    stack.update(DatasetGroupArn=group, Name="two", ReplacementStrategy="delete_then_create", sibling_fails=True)
    aws.settle()

    assert aws.trackers() == {stack.resource().physical_id: "one"}


@leads_to({Rule.ONE_ID: Window.LATE})
def a_change_of_group_is_delivered_again_after_its_rollback(aws: World) -> None:
    aws.wire.lasting.append((FOREVER, dies_after_response(1)))
    stack = aws.stack()
    stack.create(DatasetGroupArn=aws.dataset_group("films"))
    stack.update(DatasetGroupArn=aws.dataset_group("books"), sibling_fails=True)
    aws.settle()

    assert list(aws.trackers()) == [stack.resource().physical_id]


@leads_to({Rule.NOTHING_LEFT: Window.LATE})
def a_cancelled_update_that_died_is_delivered_again(aws: World) -> None:
    stack, books = aws.stack(), aws.dataset_group("books")
    stack.create(DatasetGroupArn=aws.dataset_group("films"))
    aws.wire.faults = {len(aws.wire.calls) + 2: FAULTS["killed before"]}
    stack.update(DatasetGroupArn=books, abandoned_after=3)
    assert (stack.status, aws.trackers_in(books)) == ("UPDATE_ROLLBACK_COMPLETE", [])
    aws.settle()
    stack.delete()


@leads_to({Rule.NOTHING_LEFT: Window.LATE})
def a_create_waits_for_its_group_for_longer_than_its_rollback_polls(aws: World) -> None:
    group, stack = aws.dataset_group("films", active=False), aws.stack()
    stack.create_abandoned(3, DatasetGroupArn=group)
    assert stack.status == "ROLLBACK_COMPLETE"
    assert 100 < aws.time.now < 130
    aws.backend.dataset_groups[group].status = "ACTIVE"


@leads_to({Rule.NOTHING_LEFT: Window.LATE, Rule.RESPONDED: Window.BEGUN_LATE})
def a_create_is_delivered_again_after_a_rollback_that_service_timeout_cut_short(aws: World) -> None:
    aws.wire.faults = {0: FAULTS["killed before"]}
    stack = aws.stack()
    stack.create(DatasetGroupArn=aws.dataset_group("films"), ServiceTimeout=30)
    assert stack.status == "ROLLBACK_COMPLETE"
    assert aws.time.now < 60


@leads_to({})
def a_create_is_delivered_again_while_its_rollback_polls(aws: World) -> None:
    aws.wire.faults = {0: FAULTS["killed before"]}
    aws.stack().create_abandoned(3, DatasetGroupArn=aws.dataset_group("films"))
    aws.settle()

    assert [call.operation for call in aws.calls].count("create_event_tracker") == 1


@leads_to({})
def a_request_is_given_up_by_lambda(aws: World) -> None:
    aws.wire.lasting.append((FOREVER, FAULTS["killed before"]))
    stack = aws.stack()
    stack.create(DatasetGroupArn=aws.dataset_group("films"))

    # Create and Delete, three times each.
    assert (stack.status, aws.function.invocations, aws.time.now) == ("ROLLBACK_FAILED", 6, 7200)


@leads_to({Rule.ONE_ID: Window.CUT_OFF})
def a_create_is_delivered_again_when_the_service_is_out_of_reach(aws: World) -> None:
    aws.wire.lasting.append((FOREVER, dies_after_response(0)))
    aws.stack().create(DatasetGroupArn=aws.dataset_group("films"))
    aws.wire.lasting.append((FOREVER, cut_off))


def cut_off(wire: Wire, name: str, effect: Effect) -> object:
    return effect() if name == PUT else FAULTS["connection refused"](wire, name, effect)


@leads_to({Rule.ONE_ID: Window.CHANGED})
def a_refused_create_is_delivered_again_when_the_group_is_free(aws: World) -> None:
    aws.wire.lasting.append((FOREVER, dies_after_response(0)))
    declared = Declaration({"DatasetGroupArn": aws.dataset_group("films")})
    aws.stack().deploy({"One": declared, "Two": declared})
    aws.settle()

    assert aws.trackers() == {}


@leads_to({Rule.NOTHING_LEFT: Window.UNDATED})
def a_create_that_was_given_up_cannot_be_told_from_a_newer_one(aws: World) -> None:
    aws.cloudformation.dated_urls = False
    aws.stack().create_abandoned(3, DatasetGroupArn=aws.dataset_group("films"))


@leads_to({Rule.NOTHING_LEFT: Window.SAME_SECOND})
def an_update_is_rolled_back_in_the_second_in_which_it_was_sent(aws: World) -> None:
    stack = aws.stack()
    stack.create(DatasetGroupArn=aws.dataset_group("films"))
    aws.function.come_late([0.0, 30.0])
    stack.update(DatasetGroupArn=aws.dataset_group("books"), abandoned_after=0.0)
    stack.delete()


@leads_to({Rule.KEPT: Window.SAME_SECOND, Rule.LIVE: Window.LATE})
def an_update_deletes_what_its_rollback_of_the_same_second_is_creating(aws: World) -> None:
    stack, books, films = aws.stack(), aws.dataset_group("books"), aws.dataset_group("films")
    stack.create(DatasetGroupArn=books)
    aws.delete_trackers(books)
    aws.tracker(films)
    stack.update(DatasetGroupArn=films, abandoned_after=0.0)


@leads_to({Rule.NOT_BLOCKED: Window.UNHEARD})
def a_response_comes_when_nobody_waits_any_more(aws: World) -> None:
    stack, template = aws.stack(), {"Tracker": Declaration({"DatasetGroupArn": aws.dataset_group("films")})}
    stack.deploy(template, cancelled_after=0.5, disable_rollback=True)
    aws.settle()
    stack.deploy(template)


@leads_to({})
def what_was_retained_is_declared_again(aws: World) -> None:
    stack, group = aws.stack(), aws.dataset_group("films")
    stack.create(DatasetGroupArn=group, DeletionPolicy=RETAIN)
    aws.settle()
    stack.deploy({})
    stack.create(DatasetGroupArn=group)


@leads_to({Rule.KEPT: Window.UNMARKED})
def what_was_retained_is_declared_again_and_could_not_be_marked(aws: World) -> None:
    aws.wire.lasting.append((400, no_marks))
    what_was_retained_is_declared_again(aws)


def no_marks(wire: Wire, name: str, effect: Effect) -> object:
    return FAULTS["connection refused"](wire, name, effect) if name == "tag_resource" else effect()


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_what_a_story_leads_to_is_in_the_window(story: Story) -> None:
    with world() as aws:
        story(aws)
        assert found_in(aws) == set(STORIES[story].items())


def test_each_window_has_a_story() -> None:
    assert {window for found in STORIES.values() for window in found.values()} == set(Window)


class NeverMarks:
    """A client of a function that never marks a tracker."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return (lambda **_: {}) if name == "tag_resource" else getattr(self._client, name)


def test_a_mark_that_was_never_tried_is_no_window() -> None:
    with world(lambda client, http, clock: make_handler(NeverMarks(client), http, clock)) as aws:
        what_was_retained_is_declared_again(aws)
        assert (Rule.KEPT, None) in found_in(aws)
