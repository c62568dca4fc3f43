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
    answer = requests.deliver(document("create-with-all-properties.json"))

    assert answer["Status"] == "SUCCESS"
    assert aws.trackers() == {answer["PhysicalResourceId"]: "film-clicks"}
    assert aws.tags(answer["PhysicalResourceId"]).items() >= {"team": "shop", "stage": "test"}.items()


def test_rename_replaces_the_tracker_by_one_with_another_name(aws: World, requests: Requests, group: str) -> None:
    before = requests.deliver(document("create-with-all-properties.json"))

    answer = requests.deliver({**document("rename.json"), "PhysicalResourceId": before["PhysicalResourceId"]})

    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] != before["PhysicalResourceId"]
    assert aws.trackers() == {answer["PhysicalResourceId"]: "film-events"}


def test_change_dataset_group_makes_a_tracker_in_the_other_group(
    aws: World, requests: Requests, group: str, other_group: str
) -> None:
    before = requests.deliver(document("create-with-all-properties.json"))

    answer = requests.deliver(
        {**document("change-dataset-group.json"), "PhysicalResourceId": before["PhysicalResourceId"]}
    )

    assert answer["Status"] == "SUCCESS"
    assert answer["Data"]["DatasetGroupArn"] == other_group
    # The old one goes when CloudFormation asks for it.
    assert set(aws.trackers()) == {before["PhysicalResourceId"], answer["PhysicalResourceId"]}


def test_adopt_uses_the_tracker_that_is_there(aws: World, requests: Requests) -> None:
    theirs = aws.tracker(aws.dataset_group("songs"))

    answer = requests.deliver(document("adopt.json"))

    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", theirs)
    assert aws.tags(theirs) == {"team": "shop"}


def test_create_with_mistakes_is_told_all_of_them_at_once(aws: World, requests: Requests, group: str) -> None:
    answer = requests.deliver(document("create-with-mistakes.json"))

    assert answer["Status"] == "FAILED"
    for told in (
        "Nmae is not a property",
        "Name is 'film clicks'",
        "Tags[1].Key is 'team' but must be unique",
        "AdoptExisting is 'yes'",
        "ReplacementStrategy is 'rename'",
    ):
        assert told in answer["Reason"]
    assert aws.trackers() == {}


def test_delete_after_failed_create_succeeds_and_touches_nothing_else_of_the_resource(
    aws: World, requests: Requests, group: str
) -> None:
    failed = requests.deliver(document("create-with-mistakes.json"))
    other = aws.tracker(group, tags={**OWNED, "cloudformation:created-by": "Create/another"})

    sent = document("delete-after-failed-create.json")
    answer = requests.deliver(sent)

    assert sent["PhysicalResourceId"] == failed["PhysicalResourceId"]
    assert answer["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [other]


@pytest.mark.parametrize("name", [path.name for path in sorted(EVENTS.glob("*.json")) if path.name != "local.json"])
def test_each_gets_its_response_within_its_service_timeout_even_if_nothing_listens(aws: World, name: str) -> None:
    unreachable = EndpointConnectionError(endpoint_url="http://host.docker.internal:5999/")

    answer = Requests(aws, FaultyClient(aws.service, lambda name: unreachable)).deliver(document(name))

    assert answer["Status"] == "FAILED"
    assert aws.time.now <= int(document(name)["ResourceProperties"]["ServiceTimeout"]) <= 180
