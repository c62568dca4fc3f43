"""The approaches that the benchmark compares, and what the provider is meant to reach."""

import pytest

from bench.account import account_of
from bench.approaches import APPROACHES, CDK, FIXED, OURS, POLLING, TYPICAL
from bench.scale import LIMITED, create_at_once
from bench.waiting import MOST_AT_30, MOST_BEYOND, MOST_POLLS, Run, _summary, pairs


def only(name: str, request_type: str = "Create", seconds: float = 30) -> Run:
    (runs,) = pairs(name, seconds, 1)
    return runs[request_type]


@pytest.mark.parametrize("name", APPROACHES)
def test_each_responds_after_the_tracker_is_as_wanted(name: str) -> None:
    (runs,) = pairs(name, 30, 1)

    assert runs["Create"].overhead > 0
    assert runs["Delete"].overhead > 0


def test_the_same_is_measured_each_time() -> None:
    assert list(pairs(POLLING, 30, 3)) == list(pairs(POLLING, 30, 3))


def test_crhelpers_poller_is_invoked_by_its_rule_and_leaves_none_behind() -> None:
    with account_of(APPROACHES[TYPICAL], lambda: 150.0, seed=1) as account:
        account.stack().create(DatasetGroupArn=account.group("films"))
        moment = account.time.now
        account.settle()

    assert 240 < moment < 302
    assert len(account.invocations) == 3
    assert [call.name for call in account.wire.calls].count("describe_event_tracker") == 2
    assert (account.events.rules, account.events.policy) == ({}, set())


def test_a_typical_provider_sleeps_for_two_minutes_before_it_responds_to_a_delete() -> None:
    run = only(TYPICAL, "Delete", 15)

    assert 240 < run.seconds < 302
    assert sum(seconds for _, seconds in run.invocations) > 120


def test_the_cdks_framework_polls_every_five_seconds_with_two_functions_and_a_transition_for_each() -> None:
    run = only(CDK, seconds=60)

    assert run.polls == run.transitions
    assert 60 / 5.5 < run.polls < 60 / 5 + 2
    assert len(run.invocations) == 2 + 2 * run.polls


def test_a_fixed_pause_is_two_seconds() -> None:
    assert only(FIXED, seconds=60).polls == pytest.approx(60 / 2.05, abs=3)


def test_a_bill_is_for_whole_milliseconds_of_memory_requests_and_transitions() -> None:
    run = Run(seconds=1, overhead=0, polls=1, invocations=[(256, 1.0001), (128, 2)], transitions=3)

    assert run.gigabyte_seconds == pytest.approx(0.25 * 1.001 + 0.125 * 2)
    assert run.dollars == pytest.approx(run.gigabyte_seconds * 0.0000166667 + 2 * 0.2e-6 + 3 * 0.025e-3)


@pytest.mark.parametrize("seconds", [30, 60, 300, 600])
def test_the_provider_is_as_quick_and_as_sparing_as_it_is_meant_to_be(seconds: int) -> None:
    runs = list(pairs(OURS, seconds, 12))

    for kind in ("Create", "Delete"):
        outcome = _summary([run[kind] for run in runs])
        assert outcome["overhead"]["mean"] <= (MOST_AT_30 if seconds == 30 else MOST_BEYOND * seconds)
        assert outcome["polls"]["most"] <= MOST_POLLS.get(seconds, 120)


@pytest.mark.parametrize("name", [OURS, LIMITED])
def test_no_create_of_many_fails_when_the_service_refuses_what_is_too_much(name: str) -> None:
    outcome = create_at_once((name, 2, 50, 1))

    assert (outcome["failures"], outcome["not_noted"]) == (0, 0)
    assert outcome["throttled"] > 100


def test_creates_of_the_others_fail_then() -> None:
    assert create_at_once((FIXED, 2, 50, 1))["failures"] > 0
    assert create_at_once((TYPICAL, 2, 50, 1))["failures"] > 0
