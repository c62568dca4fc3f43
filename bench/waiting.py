"""How long after a tracker is ACTIVE, or gone, CloudFormation hears of it, and after how many looks."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.approaches import CDK, FIXED, GROWING, LIMIT, OURS, POLLING_1, POLLING_2
from bench.cloud import SECONDS_PER_CALL, SECONDS_TO_INVOKE
from bench.prose import paragraph
from bench.runs import SEED, SPREAD, runs, side_by_side, spread_of

SECONDS = (1, 5, 15, 30, 60, 300, 600)
RUNS = 200
COMPARED = (OURS, FIXED, CDK, GROWING, POLLING_1, POLLING_2, LIMIT)

# Mean seconds of overhead for a tracker that takes 30 s, share of the time it takes for those that take longer, and how
# many looks one of 30 s and one of ten minutes may cost.
MOST_AT_30 = 1.0
MOST_BEYOND = 0.05
MOST_LOOKS = {30: 30, 600: 120}


def measure(console: Console) -> dict[str, Any]:
    """Run each approach on each time, many times."""
    jobs = [(kind, name, seconds) for kind in ("Create", "Delete") for name in COMPARED for seconds in SECONDS]
    with console.status(f"{len(jobs) * RUNS:,} requests in virtual time"):
        outcomes = side_by_side(_one, jobs)
    measured: dict[str, Any] = {
        "runs": RUNS,
        "seed": SEED,
        "spread": SPREAD,
        "seconds_per_call": SECONDS_PER_CALL,
        "seconds_to_invoke": SECONDS_TO_INVOKE,
        "Create": {name: {} for name in COMPARED},
        "Delete": {name: {} for name in COMPARED},
    }
    for (kind, name, seconds), outcome in zip(jobs, outcomes, strict=True):
        measured[kind][name][str(seconds)] = outcome
    return measured


def _one(job: tuple[str, str, int]) -> dict[str, Any]:
    kind, name, seconds = job
    of_all = list(runs(name, kind, seconds, RUNS))
    return {
        "overhead": spread_of([run.overhead for run in of_all]),
        "looks": spread_of([run.describes for run in of_all]),
    }


def tables(measured: Mapping[str, Any]) -> list[Table]:
    """Overhead and looks, of creation and of deletion."""
    return [
        _table(f"{kind}: {what}", measured[kind], cell)
        for kind in ("Create", "Delete")
        for what, cell in (
            ("seconds from the tracker's being ready to the answer, mean (least-most)", _overhead),
            ("calls of DescribeEventTracker, mean (most)", _looks),
        )
    ]


def _table(title: str, measured: Mapping[str, Any], cell: Any) -> Table:
    table = Table("a tracker that takes", *(said(seconds) for seconds in SECONDS), title=title, title_justify="left")
    for name, by_seconds in measured.items():
        table.add_row(name, *(cell(by_seconds[str(seconds)]) for seconds in SECONDS))
    return table


def _overhead(outcome: Mapping[str, Any]) -> str:
    overhead = outcome["overhead"]
    return f"{overhead['mean']:.1f} ({overhead['least']:.1f}-{overhead['most']:.1f})"


def _looks(outcome: Mapping[str, Any]) -> str:
    return f"{outcome['looks']['mean']:.0f} ({outcome['looks']['most']:.0f})"


def said(seconds: int) -> str:
    """A time as it is said."""
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def markdown(measured: Mapping[str, Any]) -> str:
    """Who is told how soon, and after how many looks."""
    shown = (15, 30, 60, 600)

    def cell(name: str, seconds: int) -> str:
        outcome = measured["Create"][name][str(seconds)]
        return f"{outcome['overhead']['mean']:.1f} s, {outcome['looks']['mean']:.0f}"

    rows = [
        "| a tracker that takes | " + " | ".join(said(seconds) for seconds in shown) + " |",
        "|---|" + "---:|" * len(shown),
        *(
            f"| {name} | " + " | ".join(cell(name, seconds) for seconds in shown) + " |"
            for name in COMPARED
            if name != LIMIT
        ),
    ]
    of_30 = {name: measured["Create"][name]["30"] for name in COMPARED}
    usual, long = of_30[OURS], measured["Create"][OURS]["600"]
    busier = [name for name in COMPARED if of_30[name]["looks"]["mean"] >= usual["looks"]["mean"]]
    return "\n\n".join(
        (
            paragraph(
                "**Waiting.** How long after a tracker is ACTIVE the answer is there, and how many looks it took, "
                f"which are calls of DescribeEventTracker: means of {measured['runs']} creates each."
            ),
            "![Overhead against the time that a tracker takes](figures/overhead.svg)",
            "\n".join(rows),
            paragraph(
                f"A tracker that takes 30 s is answered {usual['overhead']['mean']:.1f} s later (at most "
                f"{usual['overhead']['most']:.1f} s), after at most {usual['looks']['most']:.0f} looks. With "
                f"crhelper's poller it is {of_30[POLLING_2]['overhead']['mean']:.0f} s later.",
                "Nothing else here looks as often at such a tracker." if busier == [OURS] else "",
                f"One that takes ten minutes is answered {long['overhead']['mean']:.1f} s later, after at most "
                f"{long['looks']['most']:.0f} looks. A deletion that takes 15 s is answered "
                f"{measured['Delete'][OURS]['15']['overhead']['mean']:.1f} s later.",
            ),
        )
    )


def shortfalls(measured: Mapping[str, Any]) -> list[str]:
    """Where the provider misses what it is meant to reach."""
    found = []
    for kind in ("Create", "Delete"):
        for seconds in SECONDS:
            outcome = measured[kind][OURS][str(seconds)]
            overhead, looks = outcome["overhead"]["mean"], outcome["looks"]["most"]
            most = MOST_AT_30 if seconds == 30 else MOST_BEYOND * seconds if seconds > 30 else None
            if most is not None and overhead > most:
                found.append(f"{kind} of {said(seconds)}: {overhead:.2f} s of overhead, and not {most:g} s")
            if looks > MOST_LOOKS.get(seconds, looks):
                found.append(f"{kind} of {said(seconds)}: {looks:.0f} looks, and not {MOST_LOOKS[seconds]}")
    return found
