"""Mutation testing of the provider, `make mutants`: whether a test notices when a line is wrong.

mutmut makes the mutants and runs the tests; `[tool.mutmut]` in pyproject.toml says of which modules, and which tests.
It works in a copy, because it takes modules for what their path says, and `event_tracker` is not at the top here.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPY = ROOT / ".mutants"
LEAST_SCORE = 0.95

# Exit codes of a mutant's tests in mutmut's own records; others are of time-outs, which are kills too.
SURVIVED, NO_TESTS, NOT_RUN = 0, 33, None


def copy() -> None:
    """Copy what the tests read, with the provider in src/."""
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir()
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "provider" / "event_tracker", COPY / "src" / "event_tracker", ignore=ignore)
    for name in ("tests", "simulation", "local", "events"):
        shutil.copytree(ROOT / name, COPY / name, ignore=ignore)
    shutil.copy(ROOT / "template.yaml", COPY)
    settings = (ROOT / "pyproject.toml").read_text()
    (COPY / "pyproject.toml").write_text(settings.replace('pythonpath = ["provider"', 'pythonpath = ["src"'))


def outcomes() -> dict[str, int | None]:
    """The exit code of each mutant's tests."""
    found: dict[str, int | None] = {}
    for record in (COPY / "mutants" / "src").rglob("*.meta"):
        found |= json.loads(record.read_text())["exit_code_by_key"]
    return found


def main() -> int:
    """Run every mutant and name the survivors."""
    copy()
    subprocess.run([sys.executable, "-m", "mutmut", "run", *sys.argv[1:]], cwd=COPY, check=True)
    codes = outcomes()
    alive = sorted(name for name, code in codes.items() if code in (SURVIVED, NO_TESTS, NOT_RUN))
    score = 1 - len(alive) / len(codes)
    sys.stdout.write("\n".join([*alive, f"{len(codes)} mutants, {len(alive)} survived: {score:.1%}", ""]))
    return int(score < LEAST_SCORE)


if __name__ == "__main__":
    sys.exit(main())
