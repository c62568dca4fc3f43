"""The windows: what happens where a rule does not hold, and that it is known as such. docs/limits.md says the same."""

from typing import Any

import pytest

from event_tracker.handler import make_handler
from simulation.faults import FAULTS, dies_after_response
from simulation.stack import RETAIN, Declaration
from simulation.wire import Effect, Wire
from simulation.world import World, world
from tests.fault_injection.invariants import violations
from tests.fault_injection.rules import Rule, Violation
from tests.fault_injection.sequences import Sequence, run
from tests.fault_injection.windows import CHANGED, LATE, SAME_SECOND, UNHEARD, UNMARKED


def in_windows(sequence: Sequence) -> set[Rule]:
    """The rules that a sequence breaks, all of them in the window."""
    violations = run(sequence).violations
    assert all(violation.window for violation in violations)
    return {violation.rule for violation in violations}


def test_a_create_that_is_delivered_again_after_its_rollback_leaves_a_tracker_that_names_its_stack() -> None:
    with world() as aws:
        aws.wire.lasting.append((1e9, dies_after_response(0)))
        stack = aws.stack()
        stack.create(DatasetGroupArn=aws.dataset_group("films"), sibling_fails=True)
        assert stack.status == "ROLLBACK_COMPLETE"
        assert aws.trackers() == {}

        aws.settle()

        (left,) = aws.trackers()
        assert aws.tags(left)["cloudformation:stack-id"] == stack.id


def test_a_rename_that_is_delivered_again_after_its_rollback_harms_nothing() -> None:
    with world() as aws:
        aws.wire.lasting.append((1e9, dies_after_response(1)))
        stack, group = aws.stack(), aws.dataset_group("films")
        stack.create(DatasetGroupArn=group, Name="one")
        stack.update(DatasetGroupArn=group, Name="two", ReplacementStrategy="delete_then_create", sibling_fails=True)
        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"

        aws.settle()

        assert aws.trackers() == {stack.resource().physical_id: "one"}


def test_a_change_of_group_that_is_delivered_again_after_its_rollback_is_refused_as_overtaken() -> None:
    with world() as aws:
        aws.wire.lasting.append((1e9, dies_after_response(1)))
        stack, books = aws.stack(), aws.dataset_group("books")
        stack.create(DatasetGroupArn=aws.dataset_group("films"))
        stack.update(DatasetGroupArn=books, sibling_fails=True)
        aws.settle()

        assert aws.trackers_in(books) == []
        assert list(aws.trackers()) == [stack.resource().physical_id]


def test_a_cancelled_update_that_dies_leaves_a_tracker_when_it_is_delivered_again() -> None:
    with world() as aws:
        stack, books = aws.stack(), aws.dataset_group("books")
        stack.create(DatasetGroupArn=aws.dataset_group("films"))
        calls = len(aws.wire.calls)
        aws.wire.faults = {calls + 2: FAULTS["killed before"]}
        stack.update(DatasetGroupArn=books, abandoned_after=3)
        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        assert aws.trackers_in(books) == []

        aws.settle()

        assert len(aws.trackers_in(books)) == 1


def test_a_create_that_waits_for_its_group_for_longer_than_its_rollback_looks_leaves_a_tracker() -> None:
    with world() as aws:
        group = aws.dataset_group("films", active=False)
        stack = aws.stack()
        stack.create_abandoned(3, DatasetGroupArn=group)
        assert stack.status == "ROLLBACK_COMPLETE"
        assert 100 < aws.time.now < 130

        aws.backend.dataset_groups[group].status = "ACTIVE"
        aws.settle()

        (left,) = aws.trackers()
        assert aws.tags(left)["cloudformation:stack-id"] == stack.id


def test_a_create_that_lambda_delivers_again_within_its_rollback_leaves_nothing() -> None:
    with world() as aws:
        aws.wire.faults = {0: FAULTS["killed before"]}
        aws.stack().create_abandoned(3, DatasetGroupArn=aws.dataset_group("films"))
        aws.settle()

        assert [call.operation for call in aws.calls].count("create_event_tracker") == 1
        assert aws.trackers() == {}


def test_a_request_that_lambda_has_given_up_is_never_answered() -> None:
    with world() as aws:
        aws.wire.lasting.append((1e9, FAULTS["killed before"]))
        stack = aws.stack()
        stack.create(DatasetGroupArn=aws.dataset_group("films"))

        # Create and Delete, three times each.
        assert aws.function.invocations == 6
        assert stack.status == "ROLLBACK_FAILED"
        assert aws.time.now == 7200


def test_service_timeout_bounds_how_long_a_rollback_looks_too() -> None:
    with world() as aws:
        aws.wire.faults = {0: FAULTS["killed before"]}
        stack = aws.stack()
        stack.create(DatasetGroupArn=aws.dataset_group("films"), ServiceTimeout=30)
        assert stack.status == "ROLLBACK_COMPLETE"
        assert aws.time.now < 60

        aws.settle()

        (left,) = aws.trackers()
        assert aws.tags(left)["cloudformation:stack-id"] == stack.id


@pytest.mark.parametrize(
    ("sequence", "rules"),
    [
        (
            Sequence("create and then a sibling fails", deliveries="again after one minute"),
            {Rule.NOTHING_LEFT, Rule.ONE_ID},
        ),
        (Sequence("group change rolled back", deliveries="again after two minutes"), {Rule.ONE_ID}),
        (Sequence("rename rolled back", deliveries="again after one minute"), {Rule.ONE_ID}),
    ],
    ids=lambda value: value.scenario if isinstance(value, Sequence) else "",
)
def test_a_window_is_known_as_such(sequence: Sequence, rules: set[Rule]) -> None:
    assert in_windows(sequence) == rules


class NeverNotes:
    """A client whose function never notes that a response was sent."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return (lambda **_: {}) if name == "tag_resource" else getattr(self._client, name)


def retained_and_declared_again(aws: World) -> list[Violation]:
    stack, group = aws.stack(), aws.dataset_group("films")
    stack.create(DatasetGroupArn=group, DeletionPolicy=RETAIN)
    aws.settle()
    stack.deploy({})
    stack.create(DatasetGroupArn=group)
    aws.settle()
    return [violation for violation in violations(aws) if violation.rule is Rule.KEPT]


def test_what_was_noted_is_kept() -> None:
    with world() as aws:
        assert retained_and_declared_again(aws) == []


def test_a_note_that_could_not_be_written_is_a_window() -> None:
    def fail(wire: Wire, name: str, effect: Effect) -> object:
        return FAULTS["connection refused"](wire, name, effect) if name == "tag_resource" else effect()

    with world() as aws:
        aws.wire.lasting.append((400, fail))
        (kept,) = retained_and_declared_again(aws)
        assert kept.window == UNMARKED


def test_a_note_that_was_never_tried_is_no_window() -> None:
    with world(lambda client, http, clock: make_handler(NeverNotes(client), http, clock)) as aws:
        (kept,) = retained_and_declared_again(aws)
        assert kept.window == ""


def test_a_response_that_nobody_waited_for_is_a_window() -> None:
    with world() as aws:
        stack, template = aws.stack(), {"Tracker": Declaration({"DatasetGroupArn": aws.dataset_group("films")})}
        stack.deploy(template, cancelled_after=0.5, disable_rollback=True)
        aws.settle()
        stack.deploy(template)

        (blocked,) = violations(aws)
        assert (blocked.rule, blocked.window) == (Rule.NOT_BLOCKED, UNHEARD)


def test_a_refused_create_that_is_delivered_again_when_the_group_is_free_is_a_window() -> None:
    with world() as aws:
        aws.wire.lasting.append((1e9, dies_after_response(0)))
        stack, declared = aws.stack(), Declaration({"DatasetGroupArn": aws.dataset_group("films")})
        stack.deploy({"One": declared, "Two": declared})
        aws.settle()

        assert {(violation.rule, violation.window) for violation in violations(aws)} == {(Rule.ONE_ID, CHANGED)}
        assert aws.trackers() == {}


def test_what_an_update_leaves_whose_rollback_was_sent_in_the_same_second_is_a_window() -> None:
    with world() as aws:
        stack = aws.stack()
        stack.create(DatasetGroupArn=aws.dataset_group("films"))
        aws.function.come_late([0.0, 30.0])
        stack.update(DatasetGroupArn=aws.dataset_group("books"), abandoned_after=0.0)
        stack.delete()

        (left,) = violations(aws)
        assert (left.rule, left.window) == (Rule.NOTHING_LEFT, SAME_SECOND)


def test_an_update_that_deletes_what_its_rollback_of_the_same_second_is_creating_is_a_window() -> None:
    with world() as aws:
        stack, books, films = aws.stack(), aws.dataset_group("books"), aws.dataset_group("films")
        stack.create(DatasetGroupArn=books)
        aws.delete_trackers(books)
        aws.tracker(films)
        stack.update(DatasetGroupArn=films, abandoned_after=0.0)
        aws.settle()

        found = {violation.rule: violation.window for violation in violations(aws)}
        assert found == {Rule.KEPT: SAME_SECOND, Rule.LIVE: LATE}
