"""The rules as pip and pre-commit install them, as far as that can be tried without the network."""

import json
import tomllib
from pathlib import Path

import pytest
from cfnlint.decode import decode_str

from tests.lint.conftest import RULES, cfn_lint

ROOT = RULES.parent
PROJECT = tomllib.loads((RULES / "pyproject.toml").read_text())


def decoded(path: Path) -> object:
    return decode_str(path.read_text())[0]


def test_its_version_is_that_of_the_provider() -> None:
    template = decoded(ROOT / "template.yaml")

    assert isinstance(template, dict)
    application = template["Metadata"]["AWS::ServerlessRepo::Application"]
    assert PROJECT["project"]["version"] == application["SemanticVersion"]


def test_its_module_is_the_one_file() -> None:
    assert [path.stem for path in RULES.glob("*.py")] == [PROJECT["tool"]["flit"]["module"]["name"]]


def test_the_hook_finds_what_the_rules_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hooks = decoded(ROOT / ".pre-commit-hooks.yaml")
    assert isinstance(hooks, list)
    (hook,) = hooks
    program, *arguments = hook["entry"].split()
    properties = {"ServiceToken": "x", "DatasetGroupArn": "films"}
    tracker = {"Type": "Custom::PersonalizeEventTracker", "Properties": properties}
    (tmp_path / "template.json").write_text(json.dumps({"Resources": {"Tracker": tracker}}))
    monkeypatch.chdir(tmp_path)
    # Where pip would have installed the module.
    monkeypatch.syspath_prepend(RULES)

    # As files are handed to a hook: behind its entry.
    cfn_lint(*arguments, "template.json")

    assert program == "cfn-lint"
    assert "E9501 DatasetGroupArn must be the ARN of a dataset group" in capsys.readouterr().out
