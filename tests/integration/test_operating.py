"""What operators look at is what the handler really prints: the dashboard, the alarms, the queries of the docs."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode_str

from event_tracker.errors import EventTrackerError, InvalidRequestError
from simulation.world import World
from tests.integration.requests import Requests

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operating.md").read_text()
LOG_GROUP = "the-log-group"
# The words of CloudWatch Logs Insights that the queries use.
LANGUAGE = {"fields", "filter", "sort", "stats", "limit", "desc", "by", "and", "like"}
LANGUAGE |= {"not", "in", "count", "pct", "max", "bin", "1d"}

Line = dict[str, Any]
# A namespace, a metric's name, and its dimensions.
Metric = tuple[str, str, tuple[tuple[str, str], ...]]


@pytest.fixture
def resources() -> dict[str, Any]:
    template, problems = decode_str((ROOT / "template.yaml").read_text())
    assert not problems
    return template["Resources"]  # type: ignore[index]


@pytest.fixture
def dashboard(resources: dict[str, Any]) -> dict[str, Any]:
    """The dashboard, as it is once CloudFormation has put the values in."""
    body = resources["ProviderDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    values = {"AWS::Region": "cn-north-1", "ProviderLogs": LOG_GROUP, "ProviderFunction": "the-function"}
    for name, value in values.items():
        body = body.replace(f"${{{name}}}", value)
    assert "${" not in body
    return json.loads(body)  # type: ignore[no-any-return]


@pytest.fixture
def printed(
    aws: World,
    requests: Requests,
    group: str,
    log: Callable[[], list[Line]],
    capsys: pytest.CaptureFixture[str],
) -> Iterator[list[Line]]:
    """All that is printed when a tracker is created, deleted, adopted and refused, as Logs Insights sees it."""
    created = requests("Create")
    requests.delete(created["PhysicalResourceId"])
    aws.tracker(group)
    requests("Create", ResourceProperties={"DatasetGroupArn": group, "AdoptExisting": "true"})
    requests("Create")
    with pytest.raises(InvalidRequestError):
        requests.send({})
    embedded = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [dict(flat(line)) for line in [*log(), *embedded]]  # type: ignore[return-value]


def flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The fields that Logs Insights finds in JSON: those within others have names with dots."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from flat(inner, f"{name}.{key}" if name else key)
    else:
        yield name, value


def emitted(printed: list[Line]) -> set[Metric]:
    """The metrics that CloudWatch takes from what was printed (the embedded metric format)."""
    directive = "_aws.CloudWatchMetrics.0"
    found = set()
    for line in printed:
        names = [line[key] for key in line if re.fullmatch(rf"{directive}\.Metrics\.\d+\.Name", key)]
        dimensions = [line[key] for key in line if re.fullmatch(rf"{directive}\.Dimensions\.\d+\.\d+", key)]
        for name in names:
            found.add((line[f"{directive}.Namespace"], name, tuple((d, line[d]) for d in dimensions)))
    return found


def queries() -> list[str]:
    """The queries in docs/operating.md."""
    section = PAGE.split("\n## Queries\n")[1].split("\n## ")[0]
    return [
        block
        for block in re.findall("^```\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
        if not block.startswith("aws ")
    ]


def check(query: str, printed: list[Line]) -> None:
    """That a query asks for fields which lines have, and for values which they have in them."""
    compared = re.findall("([a-z_]+) = [\"']([^\"'<]+)[\"']", query)
    for field, value in compared:
        assert any(line.get(field) == value for line in printed), (field, value)
    bare = re.sub("\"[^\"]*\"|'[^']*'|/.*/", "", query)
    names = set(re.findall(r"[@\w.]+", bare)) - LANGUAGE - {"@timestamp", "@message"}
    names = {name for name in names if not name.isdecimal()}
    assert names <= {field for line in printed for field in line}


def test_the_dashboard_shows_every_metric_there_is(dashboard: dict[str, Any], printed: list[Line]) -> None:
    shown = set()
    for widget in dashboard["widgets"]:
        for namespace, name, *rest in widget["properties"].get("metrics", []):
            names = [part for part in rest if isinstance(part, str)]
            shown.add((namespace, name, tuple(zip(names[::2], names[1::2], strict=True))))

    assert shown == emitted(printed) | {("AWS/Lambda", "Errors", (("FunctionName", "the-function"),))}


def test_the_dashboard_is_of_the_stacks_own_region(dashboard: dict[str, Any]) -> None:
    assert {widget["properties"]["region"] for widget in dashboard["widgets"]} == {"cn-north-1"}


def test_the_dashboard_lists_failures(dashboard: dict[str, Any], printed: list[Line]) -> None:
    (widget,) = [widget for widget in dashboard["widgets"] if widget["type"] == "log"]
    source, _, query = widget["properties"]["query"].partition(" | ")
    assert source == f"SOURCE '{LOG_GROUP}'"
    check(query, printed)


def test_an_alarm_watches_the_requests_that_fail(resources: dict[str, Any], printed: list[Line]) -> None:
    alarm = resources["FailedRequestAlarm"]["Properties"]
    dimensions = tuple((dimension["Name"], dimension["Value"]) for dimension in alarm["Dimensions"])
    assert (alarm["Namespace"], alarm["MetricName"], dimensions) in emitted(printed)


def test_no_alarm_is_raised_by_a_request_that_was_refused(resources: dict[str, Any], printed: list[Line]) -> None:
    watched = resources["FailedRequestAlarm"]["Properties"]["MetricName"]
    refused = [line for line in printed if line.get("Refused.0")]
    assert [line[f"{watched}.0"] for line in refused] == [0]


def kinds(error: type[EventTrackerError]) -> set[str]:
    """What the field `error` may say."""
    return {kind.__name__.removesuffix("Error") for kind in error.__subclasses__()}.union(
        *(kinds(kind) for kind in error.__subclasses__())
    )


def test_every_metric_and_every_kind_of_error_is_explained(printed: list[Line]) -> None:
    def explained(heading: str) -> set[str]:
        rows = re.findall(r"^\| (`.*?) \|", PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0], re.MULTILINE)
        return set(re.findall(r"`(\w+)`", " ".join(rows)))

    assert explained("Metrics") == {name for _, name, _ in emitted(printed)}
    assert explained("Logs") - {"error"} == kinds(EventTrackerError)


def test_the_queries_are_there() -> None:
    assert len(queries()) == 5


@pytest.mark.parametrize("query", queries())
def test_a_query_asks_for_what_lines_have(query: str, printed: list[Line]) -> None:
    check(query, printed)
