"""The templates to copy."""

import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode_str

from local.examples import Example
from tests.unit.resolved import lint, read

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_begins_with_what_it_shows_and_how_to_deploy_it(example: Path) -> None:
    header, _ = example.read_text().split("AWSTemplateFormatVersion")
    assert all(line.startswith("#") for line in header.splitlines())
    assert "deploy" in header
    assert f"examples/{example.name}" in header


def test_the_heads_can_be_followed_in_any_order() -> None:
    examples = [Example.read(path) for path in EXAMPLES]
    stacks = [example.stack_name for example in examples]
    groups = [example.parameters.get("DatasetGroupArn", example.stack_name) for example in examples]
    assert len(examples) == len(set(stacks)) == len(set(groups))


def test_the_single_stack_has_the_provider_of_the_provider_s_own_stack() -> None:
    provider, single = read(ROOT / "template.yaml"), read(ROOT / "examples/single-stack.yaml")
    # What only that stack's parameters say.
    resources = provider["Resources"]
    for name in ("Architectures", "Environment"):
        del resources["ProviderFunction"]["Properties"][name]
    resources["ProviderLogs"]["Properties"]["RetentionInDays"] = 90
    resources["ProviderFunction"]["Properties"]["CodeUri"] = "../provider/"

    own = single["Resources"].keys() - {"Tracker"}
    # All but what tells an operator.
    assert own == {name for name, kind in types(provider).items() if not kind.startswith("AWS::CloudWatch::")}
    assert {name: single["Resources"][name] for name in own} == {name: resources[name] for name in own}
    for section in ("Parameters", "Conditions"):
        own = single[section].keys() - {"DatasetGroupArn"}
        assert {name: single[section][name] for name in own} == {name: provider[section][name] for name in own}
    assert single["Rules"] == provider["Rules"]


def types(template: dict[str, Any]) -> dict[str, str]:
    return {name: resource["Type"] for name, resource in template["Resources"].items()}


GROUP = "arn:aws:personalize:us-east-1:123456789012:dataset-group/films"


def test_the_readme_shows_the_smallest_example() -> None:
    smallest = read(ROOT / "examples/tracker.yaml")["Resources"]
    # Where the example has a parameter.
    smallest["Tracker"]["Properties"]["DatasetGroupArn"] = GROUP
    shown = (ROOT / "README.md").read_text().split("```yaml\n")[1].split("```")[0]
    decoded, problems = decode_str(shown)
    assert not problems
    assert decoded["Resources"] == smallest


MIGRATION = (ROOT / "docs/migration.md").read_text().replace("<name>", "film-clicks")


@pytest.mark.parametrize("shown", re.findall(r"^```yaml\n(.*?)^```", MIGRATION, re.DOTALL | re.MULTILINE))
def test_the_templates_of_the_migration_page_have_no_errors(shown: str) -> None:
    # Warnings are meant for templates that stay: of a parameter that a step does not use, and the like.
    assert [problem for problem in lint(shown, "us-east-1") if problem.rule.severity == "error"] == []
