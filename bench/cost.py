"""What one create and one delete cost."""

import math
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.approaches import CDK, FIXED, GROWING, MEGABYTES, OUR_MEGABYTES, OURS, POLLING_1, POLLING_2, POLLING_SLEEPY
from bench.prose import paragraph
from bench.runs import Run, runs, side_by_side

# Usual times.
SECONDS = {"Create": 30, "Delete": 15}
RUNS = 50
COMPARED = (OURS, FIXED, GROWING, CDK, POLLING_1, POLLING_2, POLLING_SLEEPY)

# Dollars, list prices of us-east-1 for x86, without the free tier. A scheduled rule's events are not charged.
PRICED = "June 2026"
GIGABYTE_SECOND = 0.0000166667
REQUEST = 0.20 / 1_000_000
TRANSITION = 0.025 / 1_000
SOURCES = ("https://aws.amazon.com/lambda/pricing/", "https://aws.amazon.com/step-functions/pricing/")


def measure(console: Console) -> dict[str, Any]:
    """Bill some creates and deletes of each approach."""
    jobs = [(name, kind) for name in COMPARED for kind in SECONDS]
    with console.status(f"{len(jobs) * RUNS:,} requests in virtual time"):
        outcomes = dict(zip(jobs, side_by_side(_one, jobs), strict=True))
    return {
        "runs": RUNS,
        "seconds": SECONDS,
        "prices": {
            "list prices of": f"us-east-1, x86, {PRICED}",
            "GB-second": GIGABYTE_SECOND,
            "request": REQUEST,
            "state transition": TRANSITION,
            "sources": SOURCES,
        },
        "megabytes": {OURS: OUR_MEGABYTES, "all others": MEGABYTES},
        "bills": {name: {kind: outcomes[name, kind] for kind in SECONDS} for name in COMPARED},
    }


def _one(job: tuple[str, str]) -> dict[str, float]:
    name, kind = job
    bills = [_bill(run) for run in runs(name, kind, SECONDS[kind], RUNS)]
    return {item: round(sum(bill[item] for bill in bills) / RUNS, 9) for item in bills[0]}


def _bill(run: Run) -> dict[str, float]:
    gigabyte_seconds = sum(
        invocation.megabytes / 1024 * math.ceil(invocation.seconds * 1000) / 1000 for invocation in run.invocations
    )
    return {
        "requests": len(run.invocations),
        "gigabyte_seconds": gigabyte_seconds,
        "transitions": run.transitions,
        "dollars": gigabyte_seconds * GIGABYTE_SECOND + len(run.invocations) * REQUEST + run.transitions * TRANSITION,
    }


def tables(measured: Mapping[str, Any]) -> list[Table]:
    """What is billed, and dollars for a thousand."""
    table = Table(
        "",
        *(f"{kind}: {what}" for kind in SECONDS for what in ("GB-s", "requests", "transitions", "$ per 1,000")),
        title=f"List prices of {measured['prices']['list prices of']}; a create takes {SECONDS['Create']} s, "
        f"a delete {SECONDS['Delete']} s",
        title_justify="left",
    )
    for name, bill in measured["bills"].items():
        cells = [
            cell
            for kind in SECONDS
            for cell in (
                f"{bill[kind]['gigabyte_seconds']:.2f}",
                f"{bill[kind]['requests']:.1f}",
                f"{bill[kind]['transitions']:.1f}",
                f"{per_thousand(bill[kind]):.4f}",
            )
        ]
        table.add_row(name, *cells)
    return [table]


def per_thousand(bill: Mapping[str, float]) -> float:
    """Dollars for a thousand such requests."""
    return 1000 * bill["dollars"]


def markdown(measured: Mapping[str, Any]) -> str:
    """What it costs, and beside which it is dear."""
    both = {name: sum(per_thousand(bill[kind]) for kind in SECONDS) for name, bill in measured["bills"].items()}
    rows = [
        "| a thousand creates of 30 s and deletes of 15 s | GB-s | invocations | state transitions | $ |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {name} | "
            + " | ".join(
                f"{1000 * sum(bill[kind][item] for kind in SECONDS):,.0f}"
                for item in ("gigabyte_seconds", "requests", "transitions")
            )
            + f" | {both[name]:.3f} |"
            for name, bill in measured["bills"].items()
        ),
    ]
    cheaper = [name for name, dollars in both.items() if dollars < both[OURS]]
    return "\n\n".join(
        (
            paragraph(
                f"**Cost.** At the list prices of {measured['prices']['list prices of']}, without the free tier and "
                f"the logs. This provider waits inside its function, which has {OUR_MEGABYTES} MB; the others have "
                f"Lambda's default of {MEGABYTES} MB."
            ),
            "\n".join(rows),
            paragraph(
                f"A create and a delete cost {both[OURS] / 1000:.5f} dollars. "
                + (f"Cheaper are: {'; '.join(cheaper)}." if cheaper else "Nothing here is cheaper.")
            ),
        )
    )
