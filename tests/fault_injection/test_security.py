"""What the proof's runs give away, and what they need: secrets in logs, and the rights of the role (S1, S2)."""

import io
import logging
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode_str

from event_tracker.telemetry import logger
from simulation.isolation import quiet
from simulation.world import ACCOUNT, REGION, Call
from tests.fault_injection.scenarios import SCENARIOS
from tests.fault_injection.sequences import Run, Sequence, run

TEMPLATE = Path(__file__).parents[2] / "template.yaml"

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


@pytest.fixture(scope="module")
def statements() -> list[dict[str, Any]]:
    """What the role allows of Amazon Personalize: one action on one resource each."""
    template, problems = decode_str(TEMPLATE.read_text())
    assert not problems
    policies = template["Resources"]["ProviderRole"]["Properties"]["Policies"]
    (policy,) = [one["PolicyDocument"] for one in policies if one.get("PolicyName") == "event-trackers"]
    return [
        {"Action": action, "Resource": _substituted(resource), "Condition": statement.get("Condition", {})}
        for statement in policy["Statement"]
        for action in _as_list(statement["Action"])
        for resource in _as_list(statement["Resource"])
    ]


def test_every_call_of_the_runs_is_allowed(runs: list[Run], statements: list[dict[str, Any]]) -> None:
    calls = [call for one in runs for call in one.world.calls]

    assert len(calls) > 500
    assert [call for call in calls if not all(_allowing(need, statements) for need in _needs(call))] == []


def test_nothing_is_allowed_that_no_call_of_the_runs_needs(runs: list[Run], statements: list[dict[str, Any]]) -> None:
    needs = [need for one in runs for call in one.world.calls for need in _needs(call)]

    indispensable = {id(allowed[0]) for need in needs if len(allowed := _allowing(need, statements)) == 1}
    assert [statement for statement in statements if id(statement) not in indispensable] == []


def _needs(call: Call) -> list[tuple[str, str, Mapping[str, str], list[str]]]:
    """Action, resource, tags of the resource, and tag keys of the request, of what a call needs.

    Source: Service Authorization Reference, "Amazon Personalize".
    """
    action = "personalize:" + "".join(word.capitalize() for word in call.operation.split("_"))
    new = f"arn:aws:personalize:{REGION}:{ACCOUNT}:event-tracker/0123abcd"
    match call.operation:
        case "create_event_tracker":
            return [
                (action, call.arguments["datasetGroupArn"], {}, []),
                (action, new, {}, []),
                ("personalize:TagResource", new, {}, []),
            ]
        case "list_event_trackers":
            return [(action, "*", {}, [])]
        case _:
            arn = call.arguments.get("eventTrackerArn") or call.arguments["resourceArn"]
            return [(action, arn, call.tags, call.arguments.get("tagKeys", []))]


def _allowing(
    need: tuple[str, str, Mapping[str, str], list[str]], statements: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    action, resource, tags, keys = need
    return [
        statement
        for statement in statements
        if statement["Action"] == action
        and fnmatchcase(resource, statement["Resource"])
        and all(_holds(*condition, tags, keys) for condition in statement["Condition"].items())
    ]


def _holds(operator: str, values: Mapping[str, str], tags: Mapping[str, str], keys: list[str]) -> bool:
    """A condition as IAM evaluates it; only the operators that the template has."""
    for key, value in values.items():
        if operator == "Null":
            there = bool(keys) if key == "aws:TagKeys" else key.removeprefix("aws:ResourceTag/") in tags
            if there is not (value == "false"):
                return False
        elif operator == "ForAllValues:StringNotLike":
            assert key == "aws:TagKeys"
            if any(fnmatchcase(one, value) for one in keys):
                return False
        else:
            raise AssertionError(operator)
    return True


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _substituted(resource: Any) -> str:
    text = resource if isinstance(resource, str) else resource["Fn::Sub"]
    names = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
    return re.sub(r"\$\{([^}]+)\}", lambda found: names[found[1]], text)
