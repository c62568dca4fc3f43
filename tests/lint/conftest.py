"""The linter as its users have it, with the rules of `lint/` beside its own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cfnlint.config import ConfigMixIn
from cfnlint.decode import decode_str
from cfnlint.runner import Runner

RULES = Path(__file__).parents[2] / "lint"
CONFIG = ConfigMixIn([], append_rules=[str(RULES)])

Problem = tuple[str, str, str]
Lint = Callable[[str | dict[str, Any]], list[Problem]]


def linter(runner: Runner) -> Lint:
    """What a runner of cfn-lint says of a template: rule, path and message of each problem."""

    def problems(template: str | dict[str, Any]) -> list[Problem]:
        # With line numbers, by which cfn-lint tells two problems of the same message apart.
        text = template if isinstance(template, str) else json.dumps(template, indent=1)
        decoded, unreadable = decode_str(text)
        assert decoded is not None, unreadable
        matches = runner.validate_template(decoded)
        return [(match.rule.id, "/".join(map(str, match.path)), match.message) for match in matches]  # type: ignore[attr-defined]

    return problems


@pytest.fixture(scope="session")
def lint() -> Lint:
    """The linter with all rules."""
    return linter(Runner(CONFIG))


def cfn_lint(*arguments: str) -> int:
    """Run cfn-lint, and return the status with which it ends."""
    with pytest.raises(SystemExit) as end:
        Runner(ConfigMixIn(list(arguments))).cli()
    return int(str(end.value))
