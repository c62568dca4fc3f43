"""The commands at the heads of the examples, one after the other. `make sam-deploy-local` has the SAM CLI do it."""

from collections.abc import Iterator

import pytest

from local import invoke
from local.cloud import Cloud
from local.examples import DIRECTORY, Example
from tests.e2e.conftest import Stack
from tests.e2e.provider import client


@pytest.fixture(scope="module")
def stacks(cloud: Cloud) -> Iterator[dict[str, Stack]]:
    """The stacks by the names of their files, made in an order that is not that of the files."""
    invoke.make_groups(cloud)
    examples = [Example.read(path) for path in sorted(DIRECTORY.glob("*.yaml"), reverse=True)]
    # Has the function's sources beside it.
    examples = [example for example in examples if example.path.stem != "single-stack"]
    stacks = {example.path.stem: Stack(cloud, example.stack_name) for example in examples}
    for example in examples:
        status = stacks[example.path.stem].create_from(example.path.read_text(), **example.parameters)
        assert status == "CREATE_COMPLETE", example.path
    yield stacks
    assert {stack.delete() for stack in stacks.values()} == {"DELETE_COMPLETE"}


@pytest.mark.parametrize(("example", "name"), [("adopt", "song-clicks"), ("named", "book-clicks")])
def test_a_tracker_has_the_name_that_was_there_or_that_it_was_given(
    cloud: Cloud, stacks: dict[str, Stack], example: str, name: str
) -> None:
    arn = stacks[example].outputs["EventTrackerArn"]
    assert cloud.personalize.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]["name"] == name


def test_a_template_that_makes_everything_sends_an_event(cloud: Cloud, stacks: dict[str, Stack]) -> None:
    outputs = stacks["complete"].outputs

    response = cloud.functions.invoke(
        FunctionName=outputs["FunctionName"], Payload=b'{"user": "sam", "item": "brazil"}'
    )

    assert "FunctionError" not in response
    (recorded,) = cloud.recorded_events
    assert recorded["tracking_id"] == outputs["TrackingId"]
    assert recorded["event"]["itemId"] == "brazil"


def test_applications_find_the_tracking_id_of_a_replaced_tracker_where_the_old_one_was(
    cloud: Cloud, stacks: dict[str, Stack], group: str
) -> None:
    stack = stacks["ssm-parameter"]
    ssm = client(cloud, "ssm")

    def in_parameter() -> str:
        return ssm.get_parameter(Name=f"/personalize/{stack.name}/tracking-id")["Parameter"]["Value"]  # type: ignore[no-any-return]

    first = in_parameter()
    body = (DIRECTORY / "ssm-parameter.yaml").read_text()
    assert stack.update_from(body, DatasetGroupArn=group) == "UPDATE_COMPLETE"

    (summary,) = cloud.personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"]
    described = cloud.personalize.describe_event_tracker(eventTrackerArn=summary["eventTrackerArn"])
    assert in_parameter() == described["eventTracker"]["trackingId"] != first
