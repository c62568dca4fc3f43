"""What Amazon Personalize does with each operation, as far as its documentation says it."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from moto.personalize.models import personalize_backends
from moto.utilities.id_generator import moto_id_manager

from local.moto_personalize.personalize.models import EventTrackerIdentifier, PersonalizeBackend

from .resources import (
    ARN,
    as_tags,
    client,
    create_dataset,
    create_group,
    create_tracker,
    describe,
    progress,
    refused,
    status,
    tags_of,
    unknown,
)

pytestmark = pytest.mark.usefixtures("_either_backend", "_aws")

CREATED = ["CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"]


def backend() -> PersonalizeBackend:
    return personalize_backends["123456789012"]["us-east-1"]


def taken(tracker: str, group: str) -> Any:
    return refused("ResourceAlreadyExistsException", f"event tracker {tracker} already exists in {group}.")


def test_create_event_tracker() -> None:
    group = create_group()
    created = client().create_event_tracker(name="clicks", datasetGroupArn=group)
    arn = created["eventTrackerArn"]
    assert re.fullmatch(rf"{ARN}:event-tracker/[0-9a-f]{{8}}", arn)
    assert str(UUID(created["trackingId"])) == created["trackingId"]
    described = describe(arn)
    assert described["creationDateTime"] <= described["lastUpdatedDateTime"]
    assert described == {
        "name": "clicks",
        "eventTrackerArn": arn,
        "accountId": "123456789012",
        "trackingId": created["trackingId"],
        "datasetGroupArn": group,
        "status": "ACTIVE",
        "creationDateTime": described["creationDateTime"],
        "lastUpdatedDateTime": described["lastUpdatedDateTime"],
    }


def test_create_event_tracker__in_china() -> None:
    personalize = client(region="cn-north-1")
    group = create_group(personalize=personalize)
    arn = personalize.create_event_tracker(name="clicks", datasetGroupArn=group)["eventTrackerArn"]
    assert arn.startswith("arn:aws-cn:personalize:cn-north-1:123456789012:event-tracker/")


def test_create_event_tracker__with_an_id_of_choice() -> None:
    identifier = EventTrackerIdentifier("123456789012", "us-east-1", "clicks")
    moto_id_manager.set_custom_id(identifier, "ca4f41f3")
    try:
        assert create_tracker().endswith(":event-tracker/ca4f41f3")
    finally:
        moto_id_manager.unset_custom_id(identifier)


def test_create_event_tracker__one_in_a_group() -> None:
    group, other = create_group(), create_group("books")
    first = create_tracker(group)
    for name in ("clicks", "views"):
        with taken(first, group):
            create_tracker(group, name)
    create_tracker(other, "clicks")


def test_create_event_tracker__place_is_kept_until_the_other_is_gone() -> None:
    group = create_group()
    first = create_tracker(group)
    assert status(first) == "ACTIVE"
    progress("eventtracker", "manual", times=1)
    client().delete_event_tracker(eventTrackerArn=first)
    for passing in ("DELETE IN_PROGRESS", None):
        with taken(first, group):
            create_tracker(group)
        if passing:
            assert status(first) == passing
    with unknown(first):
        describe(first)
    assert create_tracker(group) != first


def test_create_event_tracker__group_that_does_not_fit() -> None:
    with unknown(f"{ARN}:dataset-group/none"):
        create_tracker(f"{ARN}:dataset-group/none")
    group = create_group(interactions=False)
    create_dataset(group, "Items")
    with refused("InvalidInputException", f"Dataset group {group} has no Interactions dataset."):
        create_tracker(group)
    create_dataset(group)
    backend().dataset_groups[group].status = "CREATE FAILED"
    with refused("ResourceInUseException", f"Dataset group {group} is in CREATE FAILED, not ACTIVE."):
        create_tracker(group)


def test_create_event_tracker__name() -> None:
    for number, name in enumerate(["a", "7", "a" * 63, "Clicks-and_views9"]):
        assert describe(create_tracker(create_group(f"group-{number}"), name))["name"] == name


PATTERN = r"failed to satisfy constraint: Member must satisfy regular expression pattern: "
NAME_PATTERN = PATTERN + r"^[a-zA-Z0-9][a-zA-Z0-9\-_]*"
ARN_PATTERN = PATTERN + r"arn:([a-z\d-]+):personalize:.*:.*:.+"
TOO_LONG = "failed to satisfy constraint: Member must have length less than or equal to"


def test_names_of_a_wrong_form() -> None:
    group = create_group()
    for name in ["-clicks", "_clicks", "two words", "clicks.and.views", "clicks\n", "größe"]:
        message = f"1 validation error detected: Value '{name}' at 'name' {NAME_PATTERN}"
        with refused("InvalidInputException", message):
            create_tracker(group, name)
        with refused("InvalidInputException", message):
            client().create_dataset_group(name=name)


def test_arns_of_a_wrong_form() -> None:
    for arn in ["", "clicks", "arn:aws:s3:::bucket", "arn:aws:personalize:us-east-1"]:
        with refused("InvalidInputException", f"Value '{arn}' at 'eventTrackerArn' {ARN_PATTERN}"):
            describe(arn)
        with refused("InvalidInputException", f"Value '{arn}' at 'datasetGroupArn' {ARN_PATTERN}"):
            client().list_event_trackers(datasetGroupArn=arn)
        with refused("InvalidInputException", f"Value '{arn}' at 'resourceArn' {ARN_PATTERN}"):
            tags_of(arn)


def test_what_is_too_long() -> None:
    with refused("InvalidInputException", f"{TOO_LONG} 63"):
        create_tracker(name="a" * 64)
    with refused("InvalidInputException", f"{TOO_LONG} 256"):
        describe(f"{ARN}:event-tracker/{'x' * 256}")


def test_all_violations_are_told_at_once() -> None:
    with refused("InvalidInputException", "2 validation errors detected: Value '-' at 'name' failed"):
        client().create_event_tracker(name="-", datasetGroupArn="films")


def test_describe_event_tracker__what_is_not_there() -> None:
    tracker = create_tracker()
    for arn in (
        f"{ARN}:event-tracker/0123abcd",
        tracker.replace("us-east-1", "eu-west-1"),
        tracker.replace("123456789012", "111122223333"),
        tracker.replace("arn:aws:", "arn:aws-cn:"),
    ):
        with unknown(arn):
            describe(arn)
    group = f"{ARN}:dataset-group/films"
    with refused("InvalidInputException", f"Resource Arn {group} is of another type than event-tracker."):
        describe(group)


def test_describe_event_tracker__each_call_moves_a_manual_transition_on() -> None:
    progress("eventtracker", "manual", times=2)
    arn = create_tracker()
    assert [status(arn) for _ in range(5)] == [CREATED[0], CREATED[1], CREATED[1], CREATED[2], CREATED[2]]
    client().delete_event_tracker(eventTrackerArn=arn)
    deleting = ["DELETE PENDING", "DELETE IN_PROGRESS", "DELETE IN_PROGRESS"]
    assert [status(arn) for _ in range(3)] == deleting
    with unknown(arn):
        describe(arn)


def test_describe_event_tracker__time_moves_it_on(an_hour_passes: Callable[[], None]) -> None:
    progress("eventtracker", "time", seconds=60)
    arn = create_tracker()
    for state in CREATED:
        assert [status(arn) for _ in range(2)] == [state] * 2
        an_hour_passes()
    # The hour before the deletion does not count.
    client().delete_event_tracker(eventTrackerArn=arn)
    for state in ("DELETE PENDING", "DELETE IN_PROGRESS"):
        assert [status(arn) for _ in range(2)] == [state] * 2
        an_hour_passes()
    with unknown(arn):
        describe(arn)


def test_describe_event_tracker__a_change_of_state_is_an_update() -> None:
    progress("eventtracker", "manual", times=1)
    arn = create_tracker()
    tracker = backend().event_trackers[arn]
    tracker.created = tracker.last_updated = 0.0
    (pending,) = client().list_event_trackers()["eventTrackers"]
    assert pending["lastUpdatedDateTime"] == pending["creationDateTime"]
    assert describe(arn)["lastUpdatedDateTime"] > pending["creationDateTime"]


@pytest.mark.parametrize("progression", [{"progression": "immediate"}, {"progression": "time", "seconds": 0}])
def test_describe_event_tracker__a_failed_one_stays_failed(progression: dict[str, Any]) -> None:
    arn = create_tracker()
    progress("eventtracker", **progression)
    backend().event_trackers[arn].status = "CREATE FAILED"
    assert [status(arn) for _ in range(3)] == ["CREATE FAILED"] * 3


def test_list_event_trackers() -> None:
    films, books, empty = (create_group(name) for name in ("films", "books", "empty"))
    create_tracker(films)
    in_books = create_tracker(books)
    (summary,) = client().list_event_trackers(datasetGroupArn=books)["eventTrackers"]
    assert summary == {
        "name": "clicks",
        "eventTrackerArn": in_books,
        "status": "ACTIVE",
        "creationDateTime": summary["creationDateTime"],
        "lastUpdatedDateTime": summary["lastUpdatedDateTime"],
    }
    assert len(client().list_event_trackers()["eventTrackers"]) == 2
    for group in (empty, f"{ARN}:dataset-group/none"):
        assert client().list_event_trackers(datasetGroupArn=group)["eventTrackers"] == []


def test_list_event_trackers__pages() -> None:
    arns = [create_tracker(create_group(f"group-{n}")) for n in range(5)]
    pages = list(client().get_paginator("list_event_trackers").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["eventTrackers"]) for page in pages] == [2, 2, 1]
    assert [tracker["eventTrackerArn"] for page in pages for tracker in page["eventTrackers"]] == arns
    assert "nextToken" not in pages[-1]


def test_list_event_trackers__tokens_and_sizes_that_do_not_fit() -> None:
    groups = [create_group(name) for name in ("films", "books")]
    for group in groups:
        create_tracker(group)
    list_trackers = client().list_event_trackers
    token = list_trackers(maxResults=1)["nextToken"]
    with refused("InvalidNextTokenException", "The nextToken provided is invalid"):
        list_trackers(nextToken="mine")
    with refused("InvalidNextTokenException", "The nextToken provided is invalid"):
        list_trackers(datasetGroupArn=groups[0], nextToken=token)
    with refused("InvalidInputException", "at 'nextToken' failed to satisfy constraint"):
        list_trackers(nextToken="größe")
    with refused("InvalidInputException", "at 'maxResults' failed to satisfy constraint: Member must have value"):
        list_trackers(maxResults=101)


def test_list_event_trackers__moves_no_manual_transition_on() -> None:
    progress("eventtracker", "manual", times=1)
    create_tracker()
    for _ in range(3):
        (summary,) = client().list_event_trackers()["eventTrackers"]
        assert summary["status"] == "CREATE PENDING"


def test_list_event_trackers__sees_one_state() -> None:
    create_tracker()
    progress("eventtracker", "time", seconds=0)
    lists = [client().list_event_trackers()["eventTrackers"] for _ in range(3)]
    assert [summary["status"] for (summary,) in lists] == ["CREATE IN_PROGRESS", "ACTIVE", "ACTIVE"]


def test_delete_event_tracker() -> None:
    arn = create_tracker()
    client().delete_event_tracker(eventTrackerArn=arn)
    assert client().list_event_trackers()["eventTrackers"] == []
    with unknown(arn):
        client().delete_event_tracker(eventTrackerArn=arn)
    # No dataset goes with it.
    assert len(client().list_datasets()["datasets"]) == 1


def test_delete_event_tracker__while_it_changes() -> None:
    progress("eventtracker", "manual", times=9)
    arn = create_tracker()
    for state in ("CREATE PENDING", "CREATE IN_PROGRESS", "DELETE PENDING", "DELETE IN_PROGRESS"):
        backend().event_trackers[arn].status = state
        with refused("ResourceInUseException", f"Resource Arn {arn} is in {state}."):
            client().delete_event_tracker(eventTrackerArn=arn)


def test_delete_event_tracker__that_failed() -> None:
    arn = create_tracker()
    backend().event_trackers[arn].status = "CREATE FAILED"
    client().delete_event_tracker(eventTrackerArn=arn)
    with unknown(arn):
        describe(arn)


def test_create_dataset_group() -> None:
    given = {
        "domain": "VIDEO_ON_DEMAND",
        "roleArn": "arn:aws:iam::123456789012:role/kms",
        "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1",
    }
    created = client().create_dataset_group(name="films", **given)
    arn = created["datasetGroupArn"]
    assert (arn, created["domain"]) == (f"{ARN}:dataset-group/films", "VIDEO_ON_DEMAND")
    group = client().describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
    assert group == given | {
        "name": "films",
        "datasetGroupArn": arn,
        "status": "ACTIVE",
        "creationDateTime": group["creationDateTime"],
        "lastUpdatedDateTime": group["lastUpdatedDateTime"],
    }


def test_create_dataset_group__refused() -> None:
    arn = create_group()
    with refused("ResourceAlreadyExistsException", f"Resource Arn {arn} already exists."):
        client().create_dataset_group(name="films")
    with refused("InvalidInputException", "Member must satisfy enum value set: [ECOMMERCE, VIDEO_ON_DEMAND]"):
        client().create_dataset_group(name="songs", domain="MUSIC")


def test_describe_dataset_group() -> None:
    progress("datasetgroup", "manual", times=1)
    created = client().create_dataset_group(name="films")
    assert "domain" not in created
    for state in CREATED[1:]:
        group = client().describe_dataset_group(datasetGroupArn=created["datasetGroupArn"])["datasetGroup"]
        assert (group["status"], "domain" in group) == (state, False)
    with unknown(f"{ARN}:dataset-group/none"):
        client().describe_dataset_group(datasetGroupArn=f"{ARN}:dataset-group/none")


def test_list_dataset_groups() -> None:
    arns = [create_group(name, interactions=False) for name in ("films", "books", "songs")]
    pages = list(client().get_paginator("list_dataset_groups").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["datasetGroups"]) for page in pages] == [2, 1]
    assert [group["datasetGroupArn"] for page in pages for group in page["datasetGroups"]] == arns


def test_delete_dataset_group() -> None:
    arn = create_group(interactions=False)
    client().describe_dataset_group(datasetGroupArn=arn)
    progress("datasetgroup", "manual", times=1)
    client().delete_dataset_group(datasetGroupArn=arn)
    (group,) = client().list_dataset_groups()["datasetGroups"]
    assert group["status"] == "DELETE PENDING"
    with unknown(arn):
        client().describe_dataset_group(datasetGroupArn=arn)
    with unknown(arn):
        client().delete_dataset_group(datasetGroupArn=arn)
    create_group(interactions=False)


def test_delete_dataset_group__that_is_used() -> None:
    group = create_group()
    (dataset,) = client().list_datasets()["datasets"]
    tracker = create_tracker(group)
    message = f"Dataset group {group} cannot be deleted before: "
    with refused("ResourceInUseException", f"{message}{tracker}, {dataset['datasetArn']}."):
        client().delete_dataset_group(datasetGroupArn=group)
    client().delete_dataset(datasetArn=dataset["datasetArn"])
    progress("eventtracker", "manual", times=1)
    client().delete_event_tracker(eventTrackerArn=tracker)
    with refused("ResourceInUseException", f"{message}{tracker}."):
        client().delete_dataset_group(datasetGroupArn=group)
    progress("eventtracker", "immediate")
    client().delete_dataset_group(datasetGroupArn=group)


def test_create_dataset() -> None:
    group = create_group()
    arn = f"{ARN}:dataset/films/INTERACTIONS"
    dataset = client().describe_dataset(datasetArn=arn)["dataset"]
    assert dataset == {
        "name": "dataset",
        "datasetArn": arn,
        "datasetGroupArn": group,
        "datasetType": "INTERACTIONS",
        "schemaArn": f"{ARN}:schema/schema",
        "status": "ACTIVE",
        "creationDateTime": dataset["creationDateTime"],
        "lastUpdatedDateTime": dataset["lastUpdatedDateTime"],
    }


def test_create_dataset__refused() -> None:
    group = create_group()
    with refused("ResourceAlreadyExistsException", "dataset/films/INTERACTIONS already exists."):
        create_dataset(group, "interactions")
    with refused("InvalidInputException", "CLICKS is not a type of dataset."):
        create_dataset(group, "Clicks")
    items = {"name": "items", "datasetGroupArn": group, "datasetType": "Items"}
    with unknown(f"{ARN}:schema/none"):
        client().create_dataset(**items, schemaArn=f"{ARN}:schema/none")
    backend().dataset_groups[group].status = "CREATE FAILED"
    with refused("ResourceInUseException", f"Dataset group {group} is in CREATE FAILED, not ACTIVE."):
        create_dataset(group, "Items")


def test_describe_dataset() -> None:
    progress("dataset", "manual", times=1)
    arn = create_dataset(create_group(interactions=False))
    for state in CREATED[1:]:
        assert client().describe_dataset(datasetArn=arn)["dataset"]["status"] == state
    with unknown(f"{ARN}:dataset/films/ITEMS"):
        client().describe_dataset(datasetArn=f"{ARN}:dataset/films/ITEMS")


def test_list_datasets() -> None:
    group = create_group()
    create_group("books")
    (summary,) = client().list_datasets(datasetGroupArn=group)["datasets"]
    assert summary == {
        "name": "dataset",
        "datasetArn": f"{ARN}:dataset/films/INTERACTIONS",
        "datasetType": "INTERACTIONS",
        "status": "ACTIVE",
        "creationDateTime": summary["creationDateTime"],
        "lastUpdatedDateTime": summary["lastUpdatedDateTime"],
    }
    assert len(client().list_datasets()["datasets"]) == 2


def test_delete_dataset() -> None:
    arn = create_dataset(create_group(interactions=False))
    client().describe_dataset(datasetArn=arn)
    progress("dataset", "manual", times=1)
    client().delete_dataset(datasetArn=arn)
    assert client().describe_dataset(datasetArn=arn)["dataset"]["status"] == "DELETE IN_PROGRESS"
    with refused("ResourceInUseException", f"Resource Arn {arn} is in DELETE IN_PROGRESS."):
        client().delete_dataset(datasetArn=arn)
    with unknown(arn):
        client().describe_dataset(datasetArn=arn)


def some_tags(count: int, prefix: str = "key") -> list[dict[str, str]]:
    return as_tags({f"{prefix}{n}": "value" for n in range(count)})


TOO_MANY = ("TooManyTagsException", "A resource can have at most 50 tags.")


def test_tags_come_with_a_creation_and_go_with_a_deletion() -> None:
    group = client().create_dataset_group(name="films", tags=some_tags(1))["datasetGroupArn"]
    schema = client().create_schema(name="schema", schema="{}")["schemaArn"]
    dataset = client().create_dataset(
        name="dataset", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions", tags=some_tags(2)
    )["datasetArn"]
    tracker = create_tracker(group, a="1", b="2", c="3")
    assert [len(tags_of(arn)) for arn in (group, dataset, tracker)] == [1, 2, 3]
    client().delete_event_tracker(eventTrackerArn=tracker)
    client().delete_dataset(datasetArn=dataset)
    with unknown(tracker):
        tags_of(tracker)
    assert tags_of(create_dataset(group)) == {}


def test_more_than_fifty_tags_at_creation() -> None:
    group = create_group()
    for count in (51, 201):
        with refused(*TOO_MANY):
            client().create_event_tracker(name="clicks", datasetGroupArn=group, tags=some_tags(count))
    assert client().list_event_trackers()["eventTrackers"] == []


def test_tag_resource() -> None:
    arn = create_tracker(stage="test")
    client().tag_resource(resourceArn=arn, tags=as_tags({"stage": "", "team": "films", "Stage": "other"}))
    assert tags_of(arn) == {"stage": "", "team": "films", "Stage": "other"}
    # These are no keys of AWS.
    client().tag_resource(resourceArn=arn, tags=as_tags({"awsome:stack": "aws:", "cloudformation:stack-id": "x"}))
    assert len(tags_of(arn)) == 5


def test_tag_resource__more_than_fifty_in_all() -> None:
    arn = create_tracker()
    client().tag_resource(resourceArn=arn, tags=some_tags(49))
    client().tag_resource(resourceArn=arn, tags=some_tags(50))
    with refused(*TOO_MANY):
        client().tag_resource(resourceArn=arn, tags=some_tags(1, "one-more"))
    assert len(tags_of(arn)) == 50


REFUSED_TAGS = [
    ([("aws:stack", "")], "Tag keys must not begin with aws:."),
    ([("AWS:stack", "")], "Tag keys must not begin with aws:."),
    ([("stage", "test"), ("stage", "prod")], "Tag keys must be unique."),
    ([("k" * 129, "")], f"Value at 'tags.1.member.tagKey' {TOO_LONG} 128"),
    ([("k", "v" * 257)], f"Value at 'tags.1.member.tagValue' {TOO_LONG} 256"),
]
SIGNS = ["a,b", "50%", "tab\t", "line\n", "🎬", "e\u0301", "(a)"]
REFUSED_TAGS += [([(sign, "")], f"Value at 'tags.1.member.tagKey' {PATTERN}") for sign in SIGNS]
REFUSED_TAGS += [([("k", sign)], f"Value at 'tags.1.member.tagValue' {PATTERN}") for sign in SIGNS]


def test_tag_resource__refused() -> None:
    group = create_group()
    for pairs, message in REFUSED_TAGS:
        tags = [{"tagKey": key, "tagValue": value} for key, value in pairs]
        with refused("InvalidInputException", message):
            client().tag_resource(resourceArn=group, tags=tags)
        with refused("InvalidInputException", message):
            client().create_event_tracker(name="clicks", datasetGroupArn=group, tags=tags)


def test_tag_resource__letters_numbers_spaces_and_some_signs() -> None:
    texts = ["a_.:/=+-@", "größe", "映画", "Ⅻ", "no\u00a0break", "wide\u3000space", "k" * 128]
    arn = create_tracker(long="v" * 256)
    client().tag_resource(resourceArn=arn, tags=as_tags({text: text for text in texts}))
    assert tags_of(arn) == {"long": "v" * 256} | {text: text for text in texts}


def test_untag_resource() -> None:
    arn = create_tracker(stage="test", Stage="other", team="films")
    client().untag_resource(resourceArn=arn, tagKeys=["stage", "unknown"])
    assert tags_of(arn) == {"Stage": "other", "team": "films"}
    with refused("InvalidInputException", f"Value at 'tagKeys.1.member' {PATTERN}"):
        client().untag_resource(resourceArn=arn, tagKeys=["a,b"])


def test_untag_resource__more_than_fifty() -> None:
    arn, keys = create_tracker(), [f"key{n}" for n in range(201)]
    client().untag_resource(resourceArn=arn, tagKeys=keys[:50])
    for count in (51, 201):
        with refused("TooManyTagKeysException", "A request can remove at most 50 tag keys."):
            client().untag_resource(resourceArn=arn, tagKeys=keys[:count])


def test_tags_of_what_is_not_there() -> None:
    for kind in ("event-tracker/0123abcd", "dataset-group/none", "schema/none", "what"):
        arn = f"{ARN}:{kind}"
        with unknown(arn):
            tags_of(arn)
        with unknown(arn):
            client().tag_resource(resourceArn=arn, tags=[])
        with unknown(arn):
            client().untag_resource(resourceArn=arn, tagKeys=["stage"])
