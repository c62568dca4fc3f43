"""The ways to wait that the benchmark compares."""

import pytest

from bench.approaches import APPROACHES, CDK, FIXED, GROWING, LIMIT, OURS, OURS_SLEEPY, POLLING_2, POLLING_SLEEPY
from bench.cloud import cloud
from bench.runs import Run, runs
from simulation.events import event


def only(name: str, request_type: str = "Create", seconds: float = 30) -> Run:
    (run,) = runs(name, request_type, seconds, 1)
    return run


@pytest.mark.parametrize("request_type", ["Create", "Delete"])
@pytest.mark.parametrize("name", APPROACHES)
def test_each_answers_after_the_tracker_is_as_wanted(name: str, request_type: str) -> None:
    run = only(name, request_type)

    assert run.overhead >= 0
    assert (run.overhead == 0) == (name == LIMIT)


def test_the_same_is_measured_each_time() -> None:
    assert list(runs(POLLING_2, "Create", 30, 3)) == list(runs(POLLING_2, "Create", 30, 3))


def test_crhelpers_poller_is_invoked_by_its_rule_and_leaves_none_behind() -> None:
    with cloud(lambda: 150.0, seed=1) as account:
        APPROACHES[POLLING_2](account, event("Create", ResourceProperties={"DatasetGroupArn": account.group("films")}))
        account.time.run_until(lambda: bool(account.answers), 1000)
        account.time.sleep(1000)

    ((moment, _),) = account.answers.values()
    assert 240 < moment < 302
    assert len(account.invocations) == 3
    assert account.calls["describe_event_tracker"] == 2
    assert (account.rules, account.policy) == ({}, {})


@pytest.mark.parametrize("name", [OURS_SLEEPY, POLLING_SLEEPY])
def test_crhelpers_default_is_to_sleep_for_two_minutes_before_it_answers_a_deletion(name: str) -> None:
    awake = only(OURS if name == OURS_SLEEPY else POLLING_2, "Delete")

    assert only(name, "Delete").seconds == pytest.approx(awake.seconds + 120)


def test_the_cdks_framework_queries_every_five_seconds_with_two_functions_and_a_transition_for_each() -> None:
    run = only(CDK, seconds=60)

    assert run.describes == run.transitions
    assert 60 / 5.5 < run.describes < 60 / 5 + 2
    assert len(run.invocations) == 2 + 2 * run.describes


def test_the_others_pause_as_they_say() -> None:
    assert only(FIXED, seconds=60).describes == pytest.approx(60 / 2.08, abs=3)
    # 8, 18, 30.5 and 46.1 s.
    assert only(GROWING, seconds=40).describes == 5
