"""Resources as most tests need them, and what is expected of refusals."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.moto_api import state_manager

if TYPE_CHECKING:
    from mypy_boto3_personalize import PersonalizeClient

ARN = "arn:aws:personalize:us-east-1:123456789012"


@functools.cache
def client(service: str = "personalize", region: str = "us-east-1", url: str | None = None) -> Any:
    # To make one takes longer than a test; moto mocks those that were made before, too.
    return boto3.client(service, region_name=region, endpoint_url=url)


def create_group(
    name: str = "films", *, interactions: bool = True, personalize: "PersonalizeClient | None" = None
) -> str:
    personalize = personalize or client()
    arn = personalize.create_dataset_group(name=name)["datasetGroupArn"]
    if interactions:
        create_dataset(arn, personalize=personalize)
    return arn


def create_dataset(
    group: str, dataset_type: str = "Interactions", *, personalize: "PersonalizeClient | None" = None
) -> str:
    personalize = personalize or client()
    schema = personalize.create_schema(name="schema", schema="{}")["schemaArn"]
    return personalize.create_dataset(
        name="dataset", schemaArn=schema, datasetGroupArn=group, datasetType=dataset_type
    )["datasetArn"]


def create_tracker(group: str | None = None, name: str = "clicks", **tags: str) -> str:
    """A tracker, in a group of its own if there is none for it."""
    return client().create_event_tracker(name=name, datasetGroupArn=group or create_group(), tags=as_tags(tags))[
        "eventTrackerArn"
    ]


def describe(tracker: str) -> dict[str, Any]:
    return client().describe_event_tracker(eventTrackerArn=tracker)["eventTracker"]


def status(tracker: str) -> str:
    return describe(tracker)["status"]


def as_tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"tagKey": key, "tagValue": value} for key, value in tags.items()]


def tags_of(arn: str) -> dict[str, str]:
    tags = client().list_tags_for_resource(resourceArn=arn)["tags"]
    return {tag["tagKey"]: tag["tagValue"] for tag in tags}


def progress(model: Literal["eventtracker", "datasetgroup", "dataset"], progression: str, **options: Any) -> None:
    """Set how the states of one model change, until the test ends."""
    state_manager.set_transition(f"personalize::{model}", {"progression": progression, **options})


@contextmanager
def refused(code: str, message: str) -> Iterator[None]:
    """The call is refused with this code and a message that has this in it."""
    with pytest.raises(ClientError) as refusal:
        yield
    error = refusal.value.response["Error"]
    assert error["Code"] == code
    assert message in error["Message"]


def unknown(arn: str) -> Any:
    """The call is refused, since there is no such resource."""
    return refused("ResourceNotFoundException", f"Resource Arn {arn} does not exist.")
