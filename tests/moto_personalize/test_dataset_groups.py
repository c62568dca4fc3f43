from dataclasses import replace

from .conftest import Personalize, progress
from .errors import refused

NONE = "arn:aws:personalize:us-east-1:123456789012:dataset-group/none"


def test_a_group_is_described_in_full(personalize: Personalize) -> None:
    created = personalize.client.create_dataset_group(
        name="films",
        domain="VIDEO_ON_DEMAND",
        roleArn="arn:aws:iam::123456789012:role/kms",
        kmsKeyArn="arn:aws:kms:us-east-1:123456789012:key/1",
    )
    arn = created["datasetGroupArn"]
    assert arn == "arn:aws:personalize:us-east-1:123456789012:dataset-group/films"
    assert created["domain"] == "VIDEO_ON_DEMAND"
    group = personalize.client.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
    assert group == {
        "name": "films",
        "datasetGroupArn": arn,
        "status": "ACTIVE",
        "roleArn": "arn:aws:iam::123456789012:role/kms",
        "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1",
        "creationDateTime": group["creationDateTime"],
        "lastUpdatedDateTime": group["lastUpdatedDateTime"],
        "domain": "VIDEO_ON_DEMAND",
    }


def test_a_group_without_a_domain_says_nothing_of_it(personalize: Personalize) -> None:
    created = personalize.client.create_dataset_group(name="films")
    assert "domain" not in created
    group = personalize.client.describe_dataset_group(datasetGroupArn=created["datasetGroupArn"])
    assert "domain" not in group["datasetGroup"]


def test_a_second_group_of_the_same_name_is_refused(personalize: Personalize) -> None:
    arn = personalize.create_group()
    with refused("ResourceAlreadyExistsException", f"Resource Arn {arn} already exists."):
        personalize.client.create_dataset_group(name="films")


def test_groups_are_listed_in_pages(personalize: Personalize) -> None:
    arns = [personalize.create_group(name, interactions=False) for name in ("films", "books", "songs")]
    pages = list(personalize.client.get_paginator("list_dataset_groups").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["datasetGroups"]) for page in pages] == [2, 1]
    assert [group["datasetGroupArn"] for page in pages for group in page["datasetGroups"]] == arns


def test_an_empty_group_can_be_deleted(personalize: Personalize) -> None:
    arn = personalize.create_group(interactions=False)
    personalize.client.delete_dataset_group(datasetGroupArn=arn)
    assert personalize.client.list_dataset_groups()["datasetGroups"] == []
    personalize.create_group(interactions=False)


def test_a_group_that_never_was_is_not_found(personalize: Personalize) -> None:
    for operation in (personalize.client.describe_dataset_group, personalize.client.delete_dataset_group):
        with refused("ResourceNotFoundException", f"Resource Arn {NONE} does not exist."):
            operation(datasetGroupArn=NONE)


def test_a_group_with_a_tracker_cannot_be_deleted(personalize: Personalize, group_arn: str) -> None:
    tracker = personalize.create_tracker(group_arn)
    for dataset in list(personalize.backend.datasets):
        personalize.client.delete_dataset(datasetArn=dataset)
    message = f"Dataset group {group_arn} cannot be deleted before: {tracker}."
    with refused("ResourceInUseException", message):
        personalize.client.delete_dataset_group(datasetGroupArn=group_arn)

    assert personalize.status(tracker) == "ACTIVE"
    progress("eventtracker", "manual", times=1)
    personalize.client.delete_event_tracker(eventTrackerArn=tracker)
    with refused("ResourceInUseException", message):
        personalize.client.delete_dataset_group(datasetGroupArn=group_arn)

    progress("eventtracker", "immediate")
    personalize.client.delete_dataset_group(datasetGroupArn=group_arn)
    assert personalize.client.list_dataset_groups()["datasetGroups"] == []


def test_a_group_with_a_dataset_cannot_be_deleted(personalize: Personalize, group_arn: str) -> None:
    message = f"Dataset group {group_arn} cannot be deleted before: "
    with refused("ResourceInUseException", message):
        personalize.client.delete_dataset_group(datasetGroupArn=group_arn)
    personalize.backend.guesses = replace(personalize.backend.guesses, delete_of_used_group="InvalidInputException")
    with refused("InvalidInputException", message):
        personalize.client.delete_dataset_group(datasetGroupArn=group_arn)


def test_a_dataset_is_described_in_full(personalize: Personalize, group_arn: str) -> None:
    arn = "arn:aws:personalize:us-east-1:123456789012:dataset/films/INTERACTIONS"
    dataset = personalize.client.describe_dataset(datasetArn=arn)["dataset"]
    assert dataset == {
        "name": "dataset",
        "datasetArn": arn,
        "datasetGroupArn": group_arn,
        "datasetType": "INTERACTIONS",
        "schemaArn": "arn:aws:personalize:us-east-1:123456789012:schema/schema",
        "status": "ACTIVE",
        "creationDateTime": dataset["creationDateTime"],
        "lastUpdatedDateTime": dataset["lastUpdatedDateTime"],
    }


def test_a_group_has_one_dataset_of_a_type(personalize: Personalize, group_arn: str) -> None:
    with refused("ResourceAlreadyExistsException", "dataset/films/INTERACTIONS already exists."):
        personalize.create_dataset(group_arn, "interactions")


def test_a_dataset_has_one_of_five_types(personalize: Personalize, group_arn: str) -> None:
    with refused("InvalidInputException", "CLICKS is not a type of dataset."):
        personalize.create_dataset(group_arn, "Clicks")


def test_a_dataset_needs_a_schema(personalize: Personalize, group_arn: str) -> None:
    schema = "arn:aws:personalize:us-east-1:123456789012:schema/none"
    with refused("ResourceNotFoundException", f"Resource Arn {schema} does not exist."):
        personalize.client.create_dataset(
            name="items", schemaArn=schema, datasetGroupArn=group_arn, datasetType="Items"
        )


def test_a_dataset_needs_an_active_group(personalize: Personalize, group_arn: str) -> None:
    personalize.backend.dataset_groups[group_arn].status = "CREATE FAILED"
    with refused("ResourceInUseException", f"Dataset group {group_arn} is in CREATE FAILED, not ACTIVE."):
        personalize.create_dataset(group_arn, "Items")


def test_datasets_are_listed_by_group(personalize: Personalize, group_arn: str) -> None:
    personalize.create_group("books")
    (summary,) = personalize.client.list_datasets(datasetGroupArn=group_arn)["datasets"]
    assert summary == {
        "name": "dataset",
        "datasetArn": "arn:aws:personalize:us-east-1:123456789012:dataset/films/INTERACTIONS",
        "datasetType": "INTERACTIONS",
        "status": "ACTIVE",
        "creationDateTime": summary["creationDateTime"],
        "lastUpdatedDateTime": summary["lastUpdatedDateTime"],
    }
    assert len(personalize.client.list_datasets()["datasets"]) == 2


def test_deleting_a_tracker_deletes_no_dataset(personalize: Personalize, group_arn: str) -> None:
    arn = personalize.create_tracker(group_arn)
    personalize.client.delete_event_tracker(eventTrackerArn=arn)
    assert len(personalize.client.list_datasets(datasetGroupArn=group_arn)["datasets"]) == 1
