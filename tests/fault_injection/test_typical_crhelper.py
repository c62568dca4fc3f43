"""That these tests can fail: each rule is broken by a typical crhelper provider, and not by ours."""

import pytest

from tests.fault_injection.rules import Rule
from tests.fault_injection.sequences import SEED, Sequence, run, with_one_fault
from tests.fault_injection.stateful import run_stateful
from tests.fault_injection.typical_crhelper import TYPICAL

BREAKING = {
    Rule.RESPONDED: Sequence("create", {3: "500"}),
    Rule.NOTHING_LEFT: Sequence("delete while being created"),
    Rule.KEPT: Sequence("adopt"),
    Rule.REFUSED: Sequence("updates refused"),
    Rule.NOT_BLOCKED: Sequence("preserved and tried again"),
    Rule.NOT_OURS: Sequence("provider swapped in over somebodys tracker"),
    Rule.LIVE: Sequence("update of tags"),
    Rule.TEMPLATE: Sequence("group change rolled back"),
    Rule.ONE_ID: Sequence("create", deliveries="again at once"),
    Rule.ONE_RESPONSE: Sequence("create", {3: "500"}),
}


@pytest.mark.parametrize("rule", BREAKING, ids=lambda rule: rule.name)
def test_a_typical_provider_breaks_a_rule_where_ours_does_not(rule: Rule) -> None:
    typical, ours = run(BREAKING[rule], TYPICAL), run(BREAKING[rule])

    assert rule in {violation.rule for violation in typical.broken}
    assert ours.broken == []


def test_a_fault_that_passes_changes_what_comes_of_a_typical_provider() -> None:
    runs = with_one_fault("create", TYPICAL)

    assert Rule.OUTCOME in {violation.rule for one in runs for violation in one.violations}


def test_stateful_tests_find_a_minimal_example_against_a_typical_provider() -> None:
    with pytest.raises(AssertionError) as failure:
        run_stateful(TYPICAL, SEED, examples=50, steps=4)

    assert any("state = Account()" in note for note in failure.value.__notes__)
