"""A part of make prove: what must hold, holds, whatever goes wrong."""

from random import Random

import pytest

from simulation.faults import FAULTS
from tests.fault_injection.scenarios import SCENARIOS
from tests.fault_injection.sequences import DELIVERIES, OURS, SEED, Run, Sequence, run, sample, with_one_fault
from tests.fault_injection.stateful import run_stateful


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_holds_with_a_fault_at_any_call_however_its_events_are_delivered(scenario: str) -> None:
    random, plain = Random(f"{SEED} {scenario}"), run(Sequence(scenario))
    assert plain.broken == []
    for deliveries in DELIVERIES:
        fault = {random.randrange(len(plain.world.wire.calls)): random.choice(list(FAULTS))}
        sequence = Sequence(scenario, fault, deliveries)
        assert run(sequence).broken == [], str(sequence)


def test_scenarios_hold_with_several_faults() -> None:
    for sequence in sample(SEED, 25):
        assert run(sequence).broken == [], str(sequence)


def test_stateful_runs_of_several_stacks_hold() -> None:
    assert run_stateful(OURS, SEED, examples=25).counts["sequences"] >= 25


def test_every_fault_at_every_call_is_tried() -> None:
    runs = list(with_one_fault("create refused"))
    calls = runs[0].world.wire.calls
    tried = {(number, fault) for one in runs for number, fault in one.sequence.faults.items()}
    assert tried == {(number, fault) for number in range(len(calls)) for fault in FAULTS}


def test_the_same_sequence_comes_out_the_same() -> None:
    sequence = Sequence("group change rolled back", {8: "killed after"}, "twice at the same time")
    once, again = run(sequence), run(sequence)

    def trace(one: Run) -> list[tuple[float, str, str]]:
        return [(call.moment, call.operation, call.arn) for call in one.world.calls]

    assert trace(once) == trace(again)
    assert once.world.cloudformation.puts[-1].body == again.world.cloudformation.puts[-1].body
    assert once.outcome == again.outcome


def test_a_sample_is_the_same_for_the_same_seed_only() -> None:
    assert sample(1, 5) == sample(1, 5)
    assert sample(1, 5) != sample(2, 5)
