"""The rules as pip and pre-commit install them, as far as that can be tried without the network."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from cfnlint.decode import decode_str

from tests.lint.conftest import RULES

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


def test_the_hook_finds_what_the_rules_find(tmp_path: Path) -> None:
    hooks = decoded(ROOT / ".pre-commit-hooks.yaml")
    assert isinstance(hooks, list)
    (hook,) = hooks
    program, *arguments = hook["entry"].split()
    properties = {"ServiceToken": "x", "DatasetGroupArn": "films"}
    tracker = {"Type": "Custom::PersonalizeEventTracker", "Properties": properties}
    (tmp_path / "template.json").write_text(json.dumps({"Resources": {"Tracker": tracker}}))

    # As files are handed to a hook: behind its entry.
    linted = subprocess.run(
        [Path(sys.executable).with_name(program), *arguments, "template.json"],
        cwd=tmp_path,
        # In the place where pip would have installed the module.
        env=os.environ | {"PYTHONPATH": str(RULES)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "E9501 DatasetGroupArn must be the ARN of a dataset group" in linted.stdout, linted.stderr
