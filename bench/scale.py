"""Scale: many trackers created at once, while the service refuses what is too much."""

from collections.abc import Iterator, Mapping
from functools import partial
from random import Random
from typing import Any

from bench.account import account_of
from bench.approaches import APPROACHES, FIXED, OURS, TYPICAL
from bench.page import table
from bench.waiting import SPREAD, side_by_side, spread_of
from simulation.lambda_service import TIMEOUT

SECONDS = 30
TRACKERS = (1, 10, 50, 100)
# Calls a second. The real limit is not published.
RATES = (10, 2)
SEEDS = (1, 2, 3)
# The documentation of CreateEventTracker has this exception for what is too much, and no other.
LIMITED = "this provider, creates refused with LimitExceededException"
COMPARED = (OURS, LIMITED, FIXED, TYPICAL)
# More than three deliveries of a request take.
_LONGEST = 3600.0


def measure() -> dict[str, Any]:
    """Create 1 to 100 trackers at the same moment, each in an instance of the function."""
    jobs = [
        (name, rate, count, seed)
        # The longest first.
        for count in reversed(TRACKERS)
        for name in COMPARED
        for rate in RATES
        for seed in SEEDS
    ]
    outcomes = dict(zip(jobs, side_by_side(create_at_once, jobs), strict=True))

    def of_seeds(name: str, rate: int, count: int) -> dict[str, Any]:
        runs = [outcomes[name, rate, count, seed] for seed in SEEDS]
        return {key: spread_of([run[key] for run in runs]) for key in runs[0]}

    return {
        str(rate): {name: {str(count): of_seeds(name, rate, count) for count in TRACKERS} for name in COMPARED}
        for rate in RATES
    }


def create_at_once(job: tuple[str, int, int, int]) -> dict[str, float]:
    """Create `count` trackers with one approach under a limit of `rate` calls a second."""
    name, rate, count, seed = job
    random = Random(f"trackers {seed}")
    approach = APPROACHES[OURS if name == LIMITED else name]
    with account_of(approach, lambda: SECONDS * random.uniform(1 - SPREAD, 1 + SPREAD), seed, rate) as account:
        if name == LIMITED:
            account.refused_create = "LimitExceededException"
        for number in range(count):
            stack, group = account.stack(f"stack-{number}"), account.group(f"group-{number}")
            account.time.spawn(partial(stack.create, DatasetGroupArn=group))
        account.time.run_until(lambda: account.time.is_idle, _LONGEST)
        creates = [request for request in account.cloudformation.requests.values() if request.type == "Create"]
        responses = [request.response for request in creates if (request.responded or TIMEOUT) < TIMEOUT]
        tags = [account.backend.tagger.get_tag_dict_for_resource(arn) for arn in account.backend.event_trackers]
        return {
            "last_response": max(request.responded or _LONGEST for request in creates),
            "calls": len(account.wire.calls),
            "throttled": account.throttled,
            "failures": count - sum(response.status == "SUCCESS" for response in responses if response),
            # What the provider does after the response.
            "not_noted": sum(tag.get("cloudformation:created-by", "").endswith("/pending") for tag in tags),
        }


def tables(results: Mapping[str, Any]) -> dict[str, str]:
    """For each limit the failures, the last response, and the share of the calls that was refused."""
    return {
        f"scale-{rate}": table(
            [f"creates at once, {rate} calls a second", *map(str, TRACKERS)],
            [[name, *map(_cell, by_count.values())] for name, by_count in results[str(rate)].items()],
        )
        for rate in RATES
    }


def _cell(outcome: Mapping[str, Any]) -> str:
    refused = outcome["throttled"]["median"] / outcome["calls"]["median"]
    return (
        f"{outcome['failures']['most']:.0f} failed; {outcome['last_response']['median']:.0f} s; {refused:.0%} refused"
    )


def targets(results: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    """Nobody fails: neither the create, nor the note that follows the response."""
    for what, key in (("creates that fail", "failures"), ("responses not noted", "not_noted")):
        counts = [
            outcome[key]["most"]
            for rate in RATES
            for name in (OURS, LIMITED)
            for outcome in results[str(rate)][name].values()
        ]
        yield f"Of {TRACKERS[-1]} at once: {what}, in all", 0, sum(counts)
