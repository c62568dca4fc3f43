"""docs/behavior.md: a rule that is cited is there, a rule that is there is tested, and its table is the code's."""

import ast
import re
from pathlib import Path

import pytest

from event_tracker import decision
from event_tracker.properties import Properties
from event_tracker.protocol import Request
from event_tracker.trackers import _tracker
from simulation.events import event
from tests.docs.pages import ROOT, page

BEHAVIOR = page("docs/behavior.md")
RULES = re.findall(r"^- \*\*([A-Z]\d)\*\* ", BEHAVIOR.prose, re.MULTILINE)
CITATION = re.compile(r"\b([CUDWABSO])(\d)(?:-\1?(\d))?\b")
SOURCES = [
    path
    for folder in ("provider", "simulation", "local", "lint", "operations", "live", "bench", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def table() -> list[tuple[str, str]]:
    """Rule and action of the rows of the code's decision table, whatever they apply to."""
    change = decision.Change(Request.parse(event("Create")), Properties(), Properties())
    tracker = _tracker("arn:aws:personalize:us-east-1:123456789012:event-tracker/ca4f41f3", {})
    return [(rule, action.name) for rule, _, action, _ in decision._table(change, tracker)]


def cited(text: str) -> set[str]:
    """The rules that a text names, also as a range: C1-C6."""
    return {
        f"{letter}{number}"
        for letter, first, last in CITATION.findall(text)
        for number in range(int(first), int(last or first) + 1)
    }


def comments_and_docstrings(source: Path) -> str:
    """What is written for people: a rule's number may also be part of a test's data."""
    text = source.read_text()
    docstrings = [
        ast.get_docstring(node) or ""
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    ]
    return "\n".join([*docstrings, *re.findall(r"#.*", text)])


def test_the_rules_are_numbered_without_a_gap() -> None:
    assert len(RULES) == len(set(RULES)) > 30
    for letter in dict.fromkeys(rule[0] for rule in RULES):
        numbers = [int(rule[1]) for rule in RULES if rule[0] == letter]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


# Where S3 is Amazon's.
AMAZON = re.compile(r"Amazon S3|\bS3(?= |,|\.|')")


def test_a_rule_that_is_cited_is_in_the_page() -> None:
    unknown = {
        str(source.relative_to(ROOT)): unknown
        for source in SOURCES
        if (unknown := cited(AMAZON.sub("", comments_and_docstrings(source))) - set(RULES))
    }
    assert unknown == {}


def test_the_decision_table_cites_rules_of_the_page() -> None:
    assert {rule for rule, _ in table()} <= set(RULES)


def test_every_rule_is_cited_by_a_test() -> None:
    found: set[str] = set()
    for module in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(module.read_text())
        names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        found |= cited(ast.get_docstring(tree) or "")
        found |= {rule for name in names for rule in cited(name.upper().replace("_", " "))}
    assert sorted(set(RULES) - found) == []


def test_the_page_has_the_decision_table_of_the_code() -> None:
    shown = [(rule, action.strip("`")) for rule, _, action in BEHAVIOR.rows("Decisions")]

    assert shown == table()


@pytest.mark.parametrize("action", decision.Action)
def test_the_page_explains_each_action(action: decision.Action) -> None:
    assert f"`{action.name}`" in BEHAVIOR.prose.split("| any other |")[1].split("## ")[0] or action.name == "REFUSE"
