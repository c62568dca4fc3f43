"""The files of `events/`, which people send with `sam local invoke`: each does what its name says.

Those that every other test starts from, `create.json`, `update-tags.json` and `delete.json`, have no test of their own.
"""

import pytest
from botocore.exceptions import EndpointConnectionError

from simulation.events import EVENTS, document
from simulation.world import World
from tests.integration.faults import FaultyClient
from tests.integration.requests import OWNED, Requests


def test_create_with_all_properties_makes_a_tracker_as_they_say(aws: World, requests: Requests, group: str) -> None:
    response = requests.deliver(document("create-with-all-properties.json"))

    assert response["Status"] == "SUCCESS"
    assert aws.trackers() == {response["PhysicalResourceId"]: "film-clicks"}
    assert aws.tags(response["PhysicalResourceId"]).items() >= {"team": "shop", "stage": "test"}.items()


def test_rename_replaces_the_tracker_by_one_with_another_name(aws: World, requests: Requests, group: str) -> None:
    before = requests.deliver(document("create-with-all-properties.json"))

    response = requests.deliver({**document("rename.json"), "PhysicalResourceId": before["PhysicalResourceId"]})

    assert response["Status"] == "SUCCESS"
    assert response["PhysicalResourceId"] != before["PhysicalResourceId"]
    assert aws.trackers() == {response["PhysicalResourceId"]: "film-events"}


def test_change_dataset_group_makes_a_tracker_in_the_other_group(
    aws: World, requests: Requests, group: str, other_group: str
) -> None:
    before = requests.deliver(document("create-with-all-properties.json"))

    response = requests.deliver(
        {**document("change-dataset-group.json"), "PhysicalResourceId": before["PhysicalResourceId"]}
    )

    assert response["Status"] == "SUCCESS"
    assert response["Data"]["DatasetGroupArn"] == other_group
    # The old one goes when CloudFormation asks for it.
    assert set(aws.trackers()) == {before["PhysicalResourceId"], response["PhysicalResourceId"]}


def test_adopt_uses_the_tracker_that_is_there(aws: World, requests: Requests) -> None:
    theirs = aws.tracker(aws.dataset_group("songs"))

    response = requests.deliver(document("adopt.json"))

    assert (response["Status"], response["PhysicalResourceId"]) == ("SUCCESS", theirs)
    assert aws.tags(theirs) == {"team": "shop"}


def test_create_with_mistakes_is_told_all_of_them_at_once(aws: World, requests: Requests, group: str) -> None:
    response = requests.deliver(document("create-with-mistakes.json"))

    assert response["Status"] == "FAILED"
    for told in (
        "Nmae is not a property",
        "Name is 'film clicks'",
        "Tags[1].Key is 'team' but must be unique",
        "AdoptExisting is 'yes'",
        "ReplacementStrategy is 'rename'",
    ):
        assert told in response["Reason"]
    assert aws.trackers() == {}


def test_delete_after_failed_create_succeeds_and_touches_nothing_else_of_the_resource(
    aws: World, requests: Requests, group: str
) -> None:
    failed = requests.deliver(document("create-with-mistakes.json"))
    other = aws.tracker(group, tags={**OWNED, "cloudformation:created-by": "Create/another"})

    sent = document("delete-after-failed-create.json")
    response = requests.deliver(sent)

    assert sent["PhysicalResourceId"] == failed["PhysicalResourceId"]
    assert response["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [other]


@pytest.mark.parametrize("name", [path.name for path in sorted(EVENTS.glob("*.json")) if path.name != "local.json"])
def test_each_gets_a_response_within_its_service_timeout_even_if_nothing_listens(aws: World, name: str) -> None:
    unreachable = EndpointConnectionError(endpoint_url="http://host.docker.internal:5999/")

    response = Requests(aws, FaultyClient(aws.service, lambda name: unreachable)).deliver(document(name))

    assert response["Status"] == "FAILED"
    assert aws.time.now <= float(document(name)["ResourceProperties"]["ServiceTimeout"]) <= 180
