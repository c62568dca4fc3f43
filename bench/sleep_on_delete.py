"""What a deletion takes with crhelper's default of sleeping before it answers."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.approaches import CRHELPERS_DEFAULTS, OURS, OURS_SLEEPY, POLLING_SLEEPY
from bench.prose import paragraph
from bench.runs import runs, side_by_side, spread_of

SECONDS = 15
RUNS = 200
COMPARED = (OURS, OURS_SLEEPY, POLLING_SLEEPY)


def measure(console: Console) -> dict[str, Any]:
    """Delete trackers that take 15 s to be gone."""
    with console.status(f"{len(COMPARED) * RUNS:,} deletions in virtual time"):
        outcomes = side_by_side(_one, COMPARED)
    return {
        "runs": RUNS,
        "seconds": SECONDS,
        "sleep_on_delete": CRHELPERS_DEFAULTS["sleep_on_delete"],
        "answered_after": dict(zip(COMPARED, outcomes, strict=True)),
    }


def _one(name: str) -> dict[str, Any]:
    return spread_of([run.seconds for run in runs(name, "Delete", SECONDS, RUNS)])


def tables(measured: Mapping[str, Any]) -> list[Table]:
    """How long each deletion takes in all."""
    table = Table(
        "",
        "median",
        "least-most",
        title=f"Delete: seconds from the request to the answer, for a tracker that is gone after {SECONDS} s",
        title_justify="left",
    )
    for name, seconds in measured["answered_after"].items():
        table.add_row(name, f"{seconds['median']:.1f}", f"{seconds['least']:.1f}-{seconds['most']:.1f}")
    return [table]


def markdown(measured: Mapping[str, Any]) -> str:
    """What everybody pays who leaves the default as it is."""
    seconds = {name: spread["median"] for name, spread in measured["answered_after"].items()}
    return paragraph(
        f"**Deletion.** A tracker that is gone after {measured['seconds']} s: the answer comes {seconds[OURS]:.1f} s "
        "after the request. Were this provider to keep crhelper's default, to sleep for "
        f"{measured['sleep_on_delete']} s before it answers a deletion, it would be {seconds[OURS_SLEEPY]:.1f} s; and "
        f"{seconds[POLLING_SLEEPY]:.1f} s with crhelper's poller too. Medians of {measured['runs']}."
    )
