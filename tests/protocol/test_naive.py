"""That the proof can fail: each rule is broken by the naive provider, and not by ours, in the same sequence."""

import pytest

from tests.protocol.naive import make_naive_handler
from tests.protocol.proof import Sequence, run, with_one_fault
from tests.protocol.rules import Rule
from tests.protocol.stories import tell

BREAKING = {
    Rule.ANSWERED: Sequence("create", {3: "500"}),
    Rule.NOTHING_LEFT: Sequence("delete while being created"),
    Rule.NOT_OURS: Sequence("provider swapped in over somebodys tracker"),
    Rule.LIVE: Sequence("update of tags"),
    Rule.TEMPLATE: Sequence("group change rolled back"),
    Rule.ONE_ID: Sequence("create", deliveries="again at once"),
    Rule.ONE_ANSWER: Sequence("create", {3: "500"}),
}


@pytest.mark.parametrize("rule", BREAKING, ids=lambda rule: rule.name)
def test_a_naive_provider_breaks_a_rule_where_ours_does_not(rule: Rule) -> None:
    naive, ours = run(BREAKING[rule], make_naive_handler), run(BREAKING[rule])

    assert rule in {violation.rule for violation in naive.violations if not violation.in_window}
    assert [violation for violation in ours.violations if not violation.in_window] == []


def test_a_fault_that_passes_changes_what_comes_of_a_naive_provider() -> None:
    runs = with_one_fault("create", make_naive_handler)

    assert Rule.OUTCOME in {violation.rule for one in runs for violation in one.violations}


def test_a_naive_provider_is_told_on_by_a_minimal_story() -> None:
    with pytest.raises(AssertionError) as failure:
        tell(make_naive_handler, 1, examples=50)

    assert any("state = Story()" in note for note in failure.value.__notes__)
