"""`probe`: ask Amazon Personalize what its documentation leaves open."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

from live.account import explain
from live.bench import Bench
from live.observations import Observation, Reading, words
from live.questions import QUESTIONS, Question
from live.removal import remove_runs


@dataclass(frozen=True)
class Finding:
    """A question, and all that was seen for it."""

    question: Question
    observations: tuple[Observation, ...]

    @property
    def reading(self) -> Reading:
        """What that comes to."""
        return self.question.read(self.observations)

    @property
    def agrees(self) -> bool | None:
        """Whether that is what the code assumes; None if nothing was seen, or nothing is assumed."""
        return self.reading.agrees_with(self.question.assumed) if self.question.is_guess else None


@dataclass(frozen=True)
class Probe:
    """All findings, and what they took."""

    findings: list[Finding]
    seconds: float
    calls: Counter[str]


def probe(
    bench: Bench,
    questions: Iterable[Question] = QUESTIONS,
    tell: Callable[[str], None] = lambda _: None,
) -> Probe:
    """Ask, and remove what was made for it, whatever happens. Raises LiveError."""
    started = bench.pace.now()
    findings = []
    try:
        for question in questions:
            tell(question.text)
            findings.append(Finding(question, tuple(question.ask(bench))))
    except (BotoCoreError, ClientError) as error:
        raise explain(error) from error
    finally:
        tell("Removing what was made.")
        remove_runs(bench.client, bench.pace, bench.run)
    return Probe(findings, bench.pace.now() - started, bench.account.calls.copy())


def table(findings: Iterable[Finding]) -> Table:
    """The findings, as the terminal shows them."""
    shown = Table("Question", "The code assumes", "Seen", "How often, and where")
    for finding in findings:
        color = {True: "green", False: "bold red", None: "yellow"}[finding.agrees]
        question = finding.question
        assumed = words(question.assumed) if question.is_guess else "nothing"
        shown.add_row(
            f"{question.text}\n[dim]{question.name}",
            assumed,
            f"[{color}]{finding.reading}",
            "\n".join(f"{times}x {where}" for where, times in how_often(finding).items()),
        )
    return shown


def how_often(finding: Finding) -> dict[str, int]:
    """How often each value was seen, by value if all were the same and else by value and place."""
    values = Counter(words(o.value) for o in finding.observations)
    if len(values) <= 1:
        return dict(values)
    return dict(Counter(f"{words(o.value)}: {o.where}" for o in finding.observations))


def as_json(finding: Finding) -> dict[str, Any]:
    """A finding for the report."""
    question = finding.question
    return {
        "name": question.name,
        "question": question.text,
        "assumed": question.assumed,
        "seen": list(finding.reading.values),
        "is_minimum": finding.reading.is_minimum,
        "observations": [vars(observation) for observation in finding.observations],
    }
