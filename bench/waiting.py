"""Waiting, deletion and cost: one create and one delete after the other, with each approach."""

import math
import os
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, TypeVar

from bench.account import SECONDS_TO_INVOKE, Account, account_of
from bench.approaches import APPROACHES, OURS
from bench.page import table
from simulation.isolation import isolate_process
from simulation.wire import SECONDS_PER_CALL

SECONDS = (5, 15, 30, 60, 300, 600)
SHOWN = (15, 30, 60, 600)
RUNS = 50
SEED = 1
# How far the time that a tracker takes is off what is said, at most, so that it ends anywhere between two polls.
SPREAD = 0.05

# Mean seconds of overhead for a tracker that takes 30 s, share of the time it takes for those that take longer, and how
# many polls one of 30 s and one of ten minutes may cost.
MOST_AT_30 = 1.0
MOST_BEYOND = 0.05
MOST_POLLS = {30: 30, 600: 120}

# Usual times, which the bill is for.
BILLED = {"Create": 30, "Delete": 15}
# Dollars, list prices of us-east-1 for x86, without the free tier. A scheduled rule's events are not charged.
PRICED = "June 2026"
PRICES = {"GB-second": 0.0000166667, "request": 0.20 / 1_000_000, "transition": 0.025 / 1_000}
SOURCES = ("https://aws.amazon.com/lambda/pricing/", "https://aws.amazon.com/step-functions/pricing/")

T = TypeVar("T")
Job = TypeVar("Job")


@dataclass(frozen=True)
class Run:
    """What came of a request. `overhead`: the seconds from the tracker's being as wanted to the response."""

    seconds: float
    overhead: float
    polls: int
    invocations: Sequence[tuple[int, float]]
    transitions: int

    @property
    def gigabyte_seconds(self) -> float:
        """What Lambda bills, by the millisecond."""
        return sum(megabytes / 1024 * math.ceil(seconds * 1000) / 1000 for megabytes, seconds in self.invocations)

    @property
    def dollars(self) -> float:
        """What it costs."""
        return (
            self.gigabyte_seconds * PRICES["GB-second"]
            + len(self.invocations) * PRICES["request"]
            + self.transitions * PRICES["transition"]
        )


def pairs(approach: str, seconds: float, count: int) -> Iterator[dict[str, Run]]:
    """Create stacks whose trackers take about so long to be ACTIVE, and to be gone, and delete each."""
    random = Random(f"trackers {SEED}")
    with account_of(APPROACHES[approach], lambda: seconds * random.uniform(1 - SPREAD, 1 + SPREAD), SEED) as account:
        for number in range(count):
            stack = account.stack(f"stack-{number}")
            create = partial(stack.create, DatasetGroupArn=account.group(f"group-{number}"))
            yield {"Create": _run(account, create), "Delete": _run(account, stack.delete)}


def _run(account: Account, operation: Callable[[], None]) -> Run:
    start, calls, invocations = account.time.now, len(account.wire.calls), len(account.invocations)
    transitions = account.transitions
    operation()
    request = next(reversed(account.cloudformation.requests.values()))
    if request.response is None or request.responded is None or request.response.status != "SUCCESS":
        raise RuntimeError(f"{request} failed: {request.response}")
    polls = [call for call in account.wire.calls[calls:] if call.name == "describe_event_tracker"]
    # What a function does after the response is billed as well.
    account.settle()
    return Run(
        seconds=request.responded - start,
        overhead=request.responded - account.ready[request.response.physical_id],
        polls=len(polls),
        invocations=account.invocations[invocations:],
        transitions=account.transitions - transitions,
    )


def measure() -> dict[str, Any]:
    """Run each approach on each time, many times."""
    jobs = [(name, seconds) for name in APPROACHES for seconds in SECONDS]
    outcomes = dict(zip(jobs, side_by_side(_measure, jobs), strict=True))
    return {
        "runs": RUNS,
        "spread": SPREAD,
        "seconds_per_call": SECONDS_PER_CALL,
        "seconds_to_invoke": SECONDS_TO_INVOKE,
        "prices": {"of": PRICED, **PRICES, "sources": SOURCES},
        "measured": {name: {str(seconds): outcomes[name, seconds] for seconds in SECONDS} for name in APPROACHES},
    }


def _measure(job: tuple[str, int]) -> dict[str, Any]:
    runs = list(pairs(*job, RUNS))
    return {kind: _summary([run[kind] for run in runs]) for kind in ("Create", "Delete")}


def _summary(runs: Sequence[Run]) -> dict[str, Any]:
    return {
        "seconds": spread_of([run.seconds for run in runs]),
        "overhead": spread_of([run.overhead for run in runs]),
        "polls": spread_of([run.polls for run in runs]),
        "gigabyte_seconds": statistics.mean(run.gigabyte_seconds for run in runs),
        "invocations": statistics.mean(len(run.invocations) for run in runs),
        "transitions": statistics.mean(run.transitions for run in runs),
        "dollars": statistics.mean(run.dollars for run in runs),
    }


def tables(results: Mapping[str, Any]) -> dict[str, str]:
    """Overhead and polls, how long a deletion takes, and the bill."""
    measured = results["measured"]
    return {
        "waiting": table(
            ["a tracker that takes", *map(said, SHOWN)],
            [
                [name, *(_overhead_and_polls(of[str(seconds)]["Create"]) for seconds in SHOWN)]
                for name, of in measured.items()
            ],
        ),
        "deletion": table(
            ["gone after", *map(said, SHOWN)],
            [
                [name, *(f"{of[str(seconds)]['Delete']['seconds']['mean']:.1f} s" for seconds in SHOWN)]
                for name, of in measured.items()
            ],
        ),
        "cost": table(
            ["a thousand creates and deletes", "GB-s", "invocations", "state transitions", "$"],
            [
                [
                    name,
                    *(f"{1000 * billed(of, item):,.0f}" for item in ("gigabyte_seconds", "invocations", "transitions")),
                    f"{1000 * billed(of, 'dollars'):.3f}",
                ]
                for name, of in measured.items()
            ],
        ),
    }


def _overhead_and_polls(outcome: Mapping[str, Any]) -> str:
    return f"{outcome['overhead']['mean']:.1f} s, {outcome['polls']['mean']:.0f}"


def billed(measured: Mapping[str, Any], item: str) -> float:
    """What a create and a delete that take usual times are billed for, as a mean."""
    return float(sum(measured[str(seconds)][kind][item] for kind, seconds in BILLED.items()))


def said(seconds: int) -> str:
    """A time in words."""
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def targets(results: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    """What is meant to be reached: what it is, the target, and what was measured."""
    for kind in ("Create", "Delete"):
        for seconds in (seconds for seconds in SECONDS if seconds >= 30):
            outcome = results["measured"][OURS][str(seconds)][kind]
            most = MOST_AT_30 if seconds == 30 else MOST_BEYOND * seconds
            yield f"{kind}, {said(seconds)}: mean seconds of overhead", most, outcome["overhead"]["mean"]
            if seconds in MOST_POLLS:
                yield f"{kind}, {said(seconds)}: most polls", MOST_POLLS[seconds], outcome["polls"]["most"]


def side_by_side(function: Callable[[Job], T], jobs: Iterable[Job]) -> list[T]:
    """What a function says to each job, as many at a time as there are processors."""
    with ProcessPoolExecutor(max_workers=os.cpu_count(), initializer=isolate_process) as executor:
        return list(executor.map(function, jobs))


def spread_of(values: Sequence[float]) -> dict[str, Any]:
    """The middle, the mean and the range of some values."""
    return {
        "median": round(statistics.median(values), 3),
        "mean": round(statistics.mean(values), 3),
        "least": round(min(values), 3),
        "most": round(max(values), 3),
    }
