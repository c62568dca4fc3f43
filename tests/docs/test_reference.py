"""The tables of README.md and docs/reference.md are what template and code say."""

import re

import pytest

from event_tracker.properties import _KNOWN, MAX_TAGS
from event_tracker.trackers import _tracker
from tests.docs.pages import ROOT, page
from tests.unit.test_examples import read

README, REFERENCE = page("README.md"), page("docs/reference.md")
TEMPLATE = read(ROOT / "template.yaml")
ARN = "arn:aws:personalize:us-east-1:123456789012:event-tracker/0123abcd"


def code(cell: str) -> list[str]:
    return re.findall("`([^`]*)`", cell)


def test_the_parameters_are_those_of_the_template() -> None:
    shown = {code(name)[0]: "" if default == "empty" else code(default)[0] for name, default, _ in parameters()}

    assert shown == {name: str(value["Default"]) for name, value in TEMPLATE["Parameters"].items()}


def parameters() -> list[list[str]]:
    return REFERENCE.rows("The provider's stack")


def test_the_properties_are_those_that_the_provider_reads() -> None:
    syntax = re.findall(r"^  (\w+):", REFERENCE.fences[0], re.MULTILINE)
    headings = re.findall(r"^### `(\w+)`", REFERENCE.prose, re.MULTILINE)

    assert sorted(syntax) == sorted(headings) == sorted(_KNOWN)
    assert {code(row[0])[0] for row in README.rows("Properties")} == set(_KNOWN) - {"ServiceToken"}
    assert f"at most {MAX_TAGS}" in README.text
    assert f"*Maximum*: {MAX_TAGS}" in REFERENCE.text


@pytest.mark.parametrize(("where", "heading"), [(README, "Attributes"), (REFERENCE, "Return values")])
def test_the_attributes_are_those_that_the_provider_returns(where: object, heading: str) -> None:
    shown = {name for row in where.rows(heading) for name in code(row[0])}  # type: ignore[attr-defined]

    assert shown == set(_tracker(ARN, {}).attributes)


def test_the_permissions_are_those_of_the_role() -> None:
    shown = {action.removeprefix("personalize:") for row in REFERENCE.rows("IAM") for action in code(row[0])}
    policies = str(TEMPLATE["Resources"]["ProviderRole"]["Properties"]["Policies"])

    assert shown >= set(re.findall(r"personalize:([A-Z]\w+)", policies))
    assert all(f":{action.rpartition(':')[2]}'" in policies for action in shown)


def test_the_badge_and_the_changelog_have_the_version() -> None:
    version = TEMPLATE["Metadata"]["AWS::ServerlessRepo::Application"]["SemanticVersion"]

    assert f"badge/version-{version}-blue" in README.text
    assert f"\n## {version} - " in page("CHANGELOG.md").text
