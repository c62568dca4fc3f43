"""How far it goes: many trackers made at once, while the service refuses what is too much."""

import statistics
from collections.abc import Mapping
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.approaches import APPROACHES, FIXED, OURS, POLLING_2
from bench.cloud import cloud
from bench.prose import paragraph
from bench.runs import SPREAD, side_by_side
from event_tracker.protocol import SUCCESS
from simulation.events import event
from simulation.isolation import quiet

SECONDS = 30
TRACKERS = (1, 10, 50, 200, 500)
# Calls a second. The real limit is not published.
RATES = (10, 2)
SEEDS = (1, 2, 3)
COMPARED = (OURS, FIXED, POLLING_2)
# The documentation of CreateEventTracker has this exception for what is too much, and no other.
LIMITED = "this provider, creates refused with LimitExceededException"
MEASURED = (*COMPARED, LIMITED)
# A create and one look.
FEWEST_CALLS = 2

_WHY = (
    "That exception may also mean that the group has a tracker, so that each refusal costs another call, to look: the "
    "fewest calls are three for a create then, and more the longer it waits."
)

# More than two invocations.
_PATIENCE = 3600.0


def measure(console: Console) -> dict[str, Any]:
    """Create 1 to 500 trackers at the same moment, each in an instance of the function."""
    jobs = [
        (name, rate, count, seed)
        # The longest first.
        for count in reversed(TRACKERS)
        for name in MEASURED
        for rate in RATES
        for seed in SEEDS
    ]
    with console.status(f"{sum(count for _, _, count, _ in jobs):,} creates in virtual time"):
        outcomes = dict(zip(jobs, side_by_side(_one, jobs), strict=True))
    measured: dict[str, Any] = {"seconds": SECONDS, "spread": SPREAD, "seeds": list(SEEDS)}
    for rate in RATES:
        measured[str(rate)] = {
            name: {str(count): _middle([outcomes[name, rate, count, seed] for seed in SEEDS]) for count in TRACKERS}
            for name in MEASURED
        }
        measured[str(rate)]["floor"] = {
            str(count): max(SECONDS, (FEWEST_CALLS * count - rate) / rate) for count in TRACKERS
        }
    return measured


def _one(job: tuple[str, int, int, int]) -> dict[str, float]:
    name, rate, count, seed = job
    random = Random(f"trackers {seed}")
    with quiet(), cloud(lambda: SECONDS * random.uniform(1 - SPREAD, 1 + SPREAD), seed, rate) as account:
        if name == LIMITED:
            account.refused_creates = "LimitExceededException"
        for number in range(count):
            group = account.group(f"group-{number}")
            properties = {"DatasetGroupArn": group}
            APPROACHES[OURS if name == LIMITED else name](
                account, event("Create", RequestId=f"request-{number}", ResourceProperties=properties)
            )
        account.time.run_until(lambda: len(account.answers) == count, _PATIENCE)
        succeeded = [moment for moment, answer in account.answers.values() if answer["Status"] == SUCCESS]
        return {
            "last_answer": round(max(moment for moment, _ in account.answers.values()), 1),
            "calls": sum(account.calls.values()),
            "throttled": account.throttled,
            "failures": count - len(succeeded),
        }


def _middle(outcomes: list[dict[str, float]]) -> dict[str, Any]:
    return {
        key: {
            "median": statistics.median(values),
            "least": min(values),
            "most": max(values),
        }
        for key in outcomes[0]
        if (values := [outcome[key] for outcome in outcomes])
    }


def tables(measured: Mapping[str, Any]) -> list[Table]:
    """For each limit, the last answer, the calls and the failures."""
    found = []
    for rate in RATES:
        table = Table(
            "trackers at once",
            *map(str, TRACKERS),
            title=f"{rate} calls a second: last answer after s; calls, and the share refused; creates that failed",
            title_justify="left",
        )
        for name in MEASURED:
            table.add_row(name, *(_cell(measured[str(rate)][name][str(count)]) for count in TRACKERS))
        table.add_row("the floor", *(f"{measured[str(rate)]['floor'][str(count)]:.0f} s" for count in TRACKERS))
        found.append(table)
    return found


def _cell(outcome: Mapping[str, Any]) -> str:
    calls, throttled = outcome["calls"]["median"], outcome["throttled"]["median"]
    return (
        f"{outcome['last_answer']['median']:.0f} s; {calls:,.0f}, {throttled / calls:.0%}; "
        f"{outcome['failures']['most']:.0f}"
    )


def markdown(measured: Mapping[str, Any]) -> str:
    """How it ends when the service refuses what is too much."""
    many = TRACKERS[-1]
    sentences = []
    for rate in RATES:
        ours, *others = (measured[str(rate)][name][str(many)] for name in COMPARED)
        failed = " and ".join(
            f"{other['failures']['median']:.0f} with {name}" for name, other in zip(COMPARED[1:], others, strict=True)
        )
        sentences.append(
            f"With a limit of {rate} calls a second, {many} creates at once end with {ours['failures']['most']:.0f} "
            f"failures, the last after {ours['last_answer']['median']:.0f} s "
            f"({ours['last_answer']['least']:.0f}-{ours['last_answer']['most']:.0f}); a create and one look for each "
            f"take {measured[str(rate)]['floor'][str(many)]:.0f} s at that rate. "
            f"{ours['throttled']['median'] / ours['calls']['median']:.0%} of its {ours['calls']['median']:,.0f} calls "
            f"are refused. Of the same {many}, {failed} fail."
        )
        limited = measured[str(rate)][LIMITED]
        enough = max(count for count in TRACKERS if not limited[str(count)]["failures"]["most"])
        sentences.append(
            f"When creates are refused with LimitExceededException, {enough} at once end with 0 failures, the last "
            f"after {limited[str(enough)]['last_answer']['median']:.0f} s"
            + (f", and of {many} {limited[str(many)]['failures']['median']:.0f} fail." if enough < many else ".")
        )
    return "\n\n".join(
        (
            paragraph(
                "**Scale.** Many creates at the same moment, each in an instance of the function, while the service "
                "refuses more than so many calls a second. What its limit is, is not published. Who is refused waits "
                "longer, and not as long as the next one. The others call it with boto3 as it comes, which gives up "
                "after five attempts, and crhelper's poller fails also where the policy of its function is full."
            ),
            "![Time to the last of many trackers](figures/scale.svg)",
            paragraph(*sentences, _WHY),
        )
    )


def shortfalls(measured: Mapping[str, Any]) -> list[str]:
    """Where a create of the provider's fails."""
    return [
        f"{failures:.0f} of {count} creates under {rate} calls a second with {name}"
        for rate in RATES
        for name in (OURS, LIMITED)
        for count in TRACKERS
        if (failures := measured[str(rate)][name][str(count)]["failures"]["most"])
    ]
