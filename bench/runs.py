"""Single requests, each in its own time, and what came of them."""

import os
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from bench.approaches import APPROACHES
from bench.cloud import Account, Event, Invocation, cloud
from event_tracker.ownership import LOGICAL_ID, STACK_ID
from event_tracker.protocol import SUCCESS
from simulation.events import event
from simulation.isolation import isolate_process, quiet
from simulation.world import as_list

SEED = 1
# How far the time that a tracker takes is off what is said, at most, so that it ends anywhere between two looks.
SPREAD = 0.05

# Longer than anything here takes.
_PATIENCE = 4 * 3600.0

T = TypeVar("T")
Job = TypeVar("Job")


@dataclass(frozen=True)
class Run:
    """What came of a request. `overhead`: the seconds from the tracker's being as wanted to the answer."""

    seconds: float
    overhead: float
    describes: int
    invocations: Sequence[Invocation]
    transitions: int


def runs(approach: str, request_type: str, seconds: float, count: int) -> Iterator[Run]:
    """Requests for trackers that take about so long, one after the other."""
    random = Random(f"trackers {SEED}")
    with quiet(), cloud(lambda: seconds * random.uniform(1 - SPREAD, 1 + SPREAD), SEED) as account:
        for number in range(count):
            yield _run(account, approach, _request(account, request_type, number))


def _request(account: Account, request_type: str, number: int) -> Event:
    group = account.group(f"group-{number}")
    request = event(request_type, RequestId=f"request-{number}", ResourceProperties={"DatasetGroupArn": group})
    if request_type == "Delete":
        tags = {STACK_ID: request["StackId"], LOGICAL_ID: request["LogicalResourceId"]}
        tracker = account.backend.create_event_tracker(f"tracker-{number}", group, as_list(tags))
        tracker.status = "ACTIVE"
        request["PhysicalResourceId"] = tracker.arn
    return request


def _run(account: Account, approach: str, request: Event) -> Run:
    start, transitions, invocations = account.time.now, account.transitions, len(account.invocations)
    describes = account.calls["describe_event_tracker"]
    APPROACHES[approach](account, request)
    account.time.run_until(lambda: request["RequestId"] in account.answers, _PATIENCE)
    moment, answer = account.answers[request["RequestId"]]
    if answer["Status"] != SUCCESS:
        raise RuntimeError(f"{approach} failed: {answer}")
    # So that a function that has answered ends.
    account.time.sleep(1)
    return Run(
        seconds=moment - start,
        overhead=moment - account.ready.popitem()[1],
        describes=account.calls["describe_event_tracker"] - describes,
        invocations=account.invocations[invocations:],
        transitions=account.transitions - transitions,
    )


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
