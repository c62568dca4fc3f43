"""What the runs give away, and what they need: secrets in logs, and the rights of the role (S1, S2)."""

import io
import logging
from contextlib import redirect_stderr, redirect_stdout

import pytest

from event_tracker.telemetry import logger
from simulation.client import ACCOUNT, REGION
from simulation.iam import needs, role_statements
from simulation.world import ARN_SCOPE
from tests.fault_injection.scenarios import SCENARIOS
from tests.fault_injection.sequences import Run, Sequence, run

# Between them, the scenarios and these make every call that the provider can make.
FAULTY = [
    Sequence(scenario, {number: fault})
    for scenario in ("create", "rename rolled back", "adopt")
    for number in (0, 5)
    for fault in ("500", "time-out after the effect", "killed after", "denied for a while")
]

# Invocations overlap here, and so take each other's metrics.
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """Not here: what is logged is what is looked at."""


@pytest.fixture(scope="module")
def printed() -> io.StringIO:
    """Everything that the runs print, and log at DEBUG, by whoever."""
    return io.StringIO()


@pytest.fixture(scope="module")
def runs(printed: io.StringIO) -> list[Run]:
    handler, root, stream = logging.StreamHandler(printed), logging.getLogger(), logger.registered_handler.stream
    levels = root.level, logger.log_level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logger.setLevel(logging.DEBUG)
    logger.registered_handler.setStream(printed)
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            return [run(sequence) for sequence in (*map(Sequence, SCENARIOS), *FAULTY)]
    finally:
        logger.registered_handler.setStream(stream)
        root.removeHandler(handler)
        root.setLevel(levels[0])
        logger.setLevel(levels[1])


def test_no_run_logs_an_address_a_signature_or_an_event(runs: list[Run], printed: io.StringIO) -> None:
    everything = printed.getvalue()
    urls = [url for one in runs for url in one.world.cloudformation.requests]
    signatures = [url.partition("X-Amz-Signature=")[2] for url in urls]

    assert everything.count("Sending the response") > len(runs)
    assert [secret for secret in (*urls, *signatures) if secret in everything] == []
    assert "ResponseURL" not in everything
    assert "OldResourceProperties" not in everything


def test_nothing_is_denied_that_the_runs_need(runs: list[Run]) -> None:
    calls = [call for one in runs for call in one.world.calls]

    assert len(calls) > 500
    assert [call for call in calls if call.error == "AccessDeniedException"] == []


def test_nothing_is_allowed_that_no_call_of_the_runs_needs(runs: list[Run]) -> None:
    statements = role_statements("aws", REGION, ACCOUNT)
    allowing = [
        [statement for statement in statements if statement.allows(need)]
        for one in runs
        for call in one.world.calls
        for need in needs(call.operation, call.arguments, call.tracker.tags, ARN_SCOPE)
    ]

    indispensable = {id(found[0]) for found in allowing if len(found) == 1}
    assert [statement for statement in statements if id(statement) not in indispensable] == []
