"""What the runs give away, and what they need: secrets in logs, and the rights of the role (S1, S2)."""

import io
import logging
from collections.abc import Iterator

import pytest

from event_tracker.telemetry import logger
from simulation.client import ACCOUNT, REGION
from simulation.iam import needs, role_statements
from simulation.isolation import quiet
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


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, at DEBUG, by whoever."""
    text = io.StringIO()
    handler, root, level = logging.StreamHandler(text), logging.getLogger(), logger.log_level
    root.addHandler(handler)
    logger.addHandler(handler)
    before = root.level
    root.setLevel(logging.DEBUG)
    logger.setLevel("DEBUG")
    logging.disable(logging.NOTSET)
    yield text
    root.setLevel(before)
    logger.setLevel(level)
    root.removeHandler(handler)
    logger.removeHandler(handler)


def test_no_run_logs_an_address_a_signature_or_an_event(log: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    runs = [run(sequence) for sequence in (*map(Sequence, SCENARIOS), *FAULTY)]

    captured = capfd.readouterr()
    everything = log.getvalue() + captured.out + captured.err
    assert everything.count("Sending the response") > len(runs)
    urls = [url for one in runs for url in one.world.cloudformation.requests]
    signatures = [url.partition("X-Amz-Signature=")[2] for url in urls]
    assert [secret for secret in (*urls, *signatures) if secret in everything] == []
    assert "ResponseURL" not in everything
    assert "OldResourceProperties" not in everything


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    with quiet():
        return [run(sequence) for sequence in (*map(Sequence, SCENARIOS), *FAULTY)]


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
