"""The report of a run, `live-report.json`, without account ids; and what it says about the guesses."""

import json
import re
from pathlib import Path
from typing import Any

from live.account import LiveError
from live.observations import Reading
from live.questions import QUESTIONS, Question

DEFAULT_PATH = Path("live-report.json")
VERSION = 1
_ACCOUNT_ID = re.compile(r"(?<!\d)\d{12}(?!\d)")


def write(path: Path, section: str, content: dict[str, Any]) -> None:
    """Put the results of a command into the report, beside those of the others."""
    report = read(path) if path.exists() else {"version": VERSION}
    text = json.dumps(report | {section: content}, indent=2)
    # Messages of the service's have ARNs in them.
    path.write_text(_ACCOUNT_ID.sub("ACCOUNT", text) + "\n")


def read(path: Path) -> dict[str, Any]:
    """A report; raises LiveError if the file is none."""
    try:
        report = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise LiveError(f"{path} cannot be read: {error}") from error
    if not isinstance(report, dict) or report.get("version") != VERSION:
        raise LiveError(f"{path} is no report of `python -m live`.")
    return report


def compare(report: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What to change about the defaults of Guesses; and what the report does not settle."""
    found = {finding["name"]: finding for finding in report.get("probe", {}).get("findings", [])}
    changes, unsettled = [], []
    for question in QUESTIONS:
        if not question.is_guess:
            continue
        finding = found.get(question.name)
        reading = Reading(tuple(finding["seen"]), finding["is_minimum"]) if finding else Reading()
        agrees = reading.agrees_with(question.assumed)
        if agrees is None:
            unsettled.append(f"{question.name}: not seen.")
        elif not agrees:
            changes.append(_change(question, reading))
    return changes, unsettled


def _change(question: Question, reading: Reading) -> str:
    was = json.dumps(question.assumed)
    if len(reading.values) == 1:
        return f"{question.name}: change the default from {was} to {json.dumps(reading.values[0])}."
    seen = ", ".join(json.dumps(value) for value in reading.values)
    return f"{question.name}: the default is {was}, but it depends: seen {seen}."
