"""Removes what runs have made: what has a run's name and carries its mark, and nothing else."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from live.account import DENIED, LiveError, explain
from live.runs import TAG, Run, run_by_name

_NOT_FOUND = "ResourceNotFoundException"
_AT_REST = ("ACTIVE", "CREATE FAILED")

_DESCRIPTIONS = {
    "dataset-group": ("describe_dataset_group", "datasetGroupArn", "datasetGroup"),
    "dataset": ("describe_dataset", "datasetArn", "dataset"),
    "event-tracker": ("describe_event_tracker", "eventTrackerArn", "eventTracker"),
}
_DELETIONS = {
    "dataset-group": ("delete_dataset_group", "datasetGroupArn"),
    "dataset": ("delete_dataset", "datasetArn"),
    "event-tracker": ("delete_event_tracker", "eventTrackerArn"),
    "schema": ("delete_schema", "schemaArn"),
}


@dataclass(frozen=True)
class Pace:
    """How long it waits between polls, and while it watches closely, and for how long a resource may take to change.

    `now` is a clock that only runs forward, `sleep` lets its seconds pass.
    """

    poll_seconds: float = 1.0
    watch_seconds: float = 0.2
    timeout_seconds: float = 900.0
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def describe(client: Any, arn: str) -> dict[str, Any] | None:
    """The description of a dataset group, dataset or event tracker; None if it is not found."""
    method, argument, member = _DESCRIPTIONS[_kind(arn)]
    try:
        description: dict[str, Any] = getattr(client, method)(**{argument: arn})[member]
    except ClientError as error:
        if _code(error) == _NOT_FOUND:
            return None
        raise
    return description


def remove_trackers(client: Any, arns: list[str], pace: Pace) -> None:
    """Delete event trackers, and wait until they are gone."""
    _until_done(lambda: [arn for arn in arns if _remove(client, arn)], pace)


def remove_runs(client: Any, pace: Pace, run: Run | None = None) -> list[str]:
    """Remove what a run has made, or all runs, and wait until it is gone; returns the names."""
    groups = [group for group in _all(client, "list_dataset_groups", "datasetGroups") if _is_of(group["name"], run)]
    found = {group["datasetGroupArn"]: group["name"] for group in groups}
    ours = {arn: name for arn, name in found.items() if _is_tagged(client, arn, name, pace)}
    _until_done(lambda: [arn for arn in ours if _remove_group(client, arn)], pace)
    schemas = {
        schema["schemaArn"]: schema["name"]
        for schema in _all(client, "list_schemas", "schemas")
        if _is_of(schema["name"], run) and _is_marked(client, schema["schemaArn"], schema["name"])
    }
    _until_done(lambda: [arn for arn in schemas if _delete(client, arn)], pace)
    return [*ours.values(), *schemas.values()]


def _remove_group(client: Any, arn: str) -> str:
    """Do what can be done now to remove a dataset group; returns what is still there, or nothing."""
    if describe(client, arn) is None:
        return ""
    try:
        trackers = _all(client, "list_event_trackers", "eventTrackers", datasetGroupArn=arn)
        datasets = _all(client, "list_datasets", "datasets", datasetGroupArn=arn)
    except ClientError as error:
        if _code(error) in DENIED:
            raise explain(error) from error
        # It may have gone this moment, and the list of a group that is not there may be refused.
        return arn
    inside = [tracker["eventTrackerArn"] for tracker in trackers] or [dataset["datasetArn"] for dataset in datasets]
    if [each for each in inside if _remove(client, each)]:
        return arn
    # A tracker that is not listed yet has it refused.
    return _remove(client, arn)


def _remove(client: Any, arn: str) -> str:
    """Delete it if it can be deleted now; returns what is still there, or nothing."""
    description = describe(client, arn)
    if description is None:
        return ""
    if description.get("status", "ACTIVE") in _AT_REST:
        _delete(client, arn)
    return arn


def _delete(client: Any, arn: str) -> str:
    """Delete it unless that is refused for now; returns what may still be there, or nothing."""
    method, argument = _DELETIONS[_kind(arn)]
    try:
        getattr(client, method)(**{argument: arn})
    except ClientError as error:
        if _code(error) in DENIED:
            raise explain(error) from error
        return "" if _code(error) == _NOT_FOUND else arn
    return ""


def _until_done(remaining: Any, pace: Pace) -> None:
    """Call it until it returns nothing."""
    deadline = pace.now() + pace.timeout_seconds
    while left := remaining():
        if pace.now() > deadline:
            raise LiveError(
                f"Not gone in {pace.timeout_seconds:.0f} s, run `python -m live clean` later: {', '.join(left)}."
            )
        pace.sleep(pace.poll_seconds)


def _is_of(name: str, run: Run | None) -> bool:
    named = run_by_name(name)
    return named is not None and run in (None, named)


def _is_tagged(client: Any, arn: str, name: str, pace: Pace) -> bool:
    """Whether a dataset group carries the tag of the run that its name says; tags may be refused while it changes."""
    run = run_by_name(name)
    deadline = pace.now() + pace.timeout_seconds
    while True:
        try:
            tags = client.list_tags_for_resource(resourceArn=arn)["tags"]
        except ClientError as error:
            if _code(error) == _NOT_FOUND:
                return False
            if _code(error) in DENIED or pace.now() > deadline:
                raise explain(error) from error
            pace.sleep(pace.poll_seconds)
        else:
            return run is not None and {"tagKey": TAG, "tagValue": run.id} in tags


def _is_marked(client: Any, arn: str, name: str) -> bool:
    """Whether a schema has the field of the run that its name says."""
    run = run_by_name(name)
    try:
        schema = client.describe_schema(schemaArn=arn)["schema"]["schema"]
    except ClientError as error:
        if _code(error) == _NOT_FOUND:
            return False
        raise
    return run is not None and f'"{run.mark}"' in schema


def _all(client: Any, method: str, member: str, **arguments: str) -> list[dict[str, Any]]:
    """All pages of a list."""
    return [item for page in pages(client, method, **arguments) for item in page[member]]


def pages(client: Any, method: str, **arguments: str) -> Iterator[dict[str, Any]]:
    """The pages of a list; one whose nextToken is empty is the last."""
    token: dict[str, str] = {}
    while True:
        page = getattr(client, method)(**arguments, **token)
        yield page
        if not page.get("nextToken"):
            return
        token = {"nextToken": page["nextToken"]}


def _kind(arn: str) -> str:
    return arn.split(":", 5)[5].partition("/")[0]


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
