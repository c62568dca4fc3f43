import json
from dataclasses import replace
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from .conftest import Personalize
from .errors import refused

if TYPE_CHECKING:
    from mypy_boto3_personalize.type_defs import TagTypeDef

ARN_PATTERN = r"Member must satisfy regular expression pattern: arn:([a-z\d-]+):personalize:.*:.*:.+"


@pytest.mark.parametrize("name", ["a", "7", "a" * 63, "Clicks-and_views9"])
def test_a_name_of_the_right_form_is_taken(personalize: Personalize, group_arn: str, name: str) -> None:
    personalize.create_tracker(group_arn, name)


@pytest.mark.parametrize("name", ["-clicks", "_clicks", "two words", "clicks.and.views", "clicks\n", "größe"])
def test_a_name_of_the_wrong_form_is_refused(personalize: Personalize, group_arn: str, name: str) -> None:
    message = (
        f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: ^[a-zA-Z0-9][a-zA-Z0-9\-_]*"
    )
    with refused("InvalidInputException", message):
        personalize.create_tracker(group_arn, name)
    with refused("InvalidInputException", message):
        personalize.client.create_dataset_group(name=name)


def test_a_name_that_is_too_long_is_refused(personalize: Personalize, group_arn: str) -> None:
    with refused("InvalidInputException", "Member must have length less than or equal to 63"):
        personalize.create_tracker(group_arn, "a" * 64)


@pytest.mark.parametrize("arn", ["", "clicks", "arn:aws:s3:::bucket", "arn:aws:personalize:us-east-1"])
def test_what_is_no_personalize_arn_is_refused(personalize: Personalize, arn: str) -> None:
    with refused("InvalidInputException", f"Value '{arn}' at 'eventTrackerArn' failed"):
        personalize.status(arn)
    with refused("InvalidInputException", ARN_PATTERN):
        personalize.create_tracker(arn)
    with refused("InvalidInputException", ARN_PATTERN):
        personalize.client.list_event_trackers(datasetGroupArn=arn)
    with refused("InvalidInputException", ARN_PATTERN):
        personalize.tags(arn)


def test_an_arn_that_is_too_long_is_refused(personalize: Personalize, group_arn: str) -> None:
    with refused("InvalidInputException", "Member must have length less than or equal to 256"):
        personalize.status(group_arn + "x" * 256)


def test_all_violations_are_reported_at_once(personalize: Personalize) -> None:
    with refused("InvalidInputException", "2 validation errors detected: Value '-' at 'name' failed"):
        personalize.client.create_event_tracker(name="-", datasetGroupArn="films")


def test_a_violation_may_be_a_validation_exception(personalize: Personalize, group_arn: str) -> None:
    personalize.backend.guesses = replace(personalize.backend.guesses, constraint_violation="ValidationException")
    with refused("ValidationException", "1 validation error detected"):
        personalize.create_tracker(group_arn, "-")


def test_a_page_has_at_most_a_hundred_items(personalize: Personalize) -> None:
    with refused("InvalidInputException", "at 'maxResults' failed to satisfy constraint: Member must have value"):
        personalize.client.list_event_trackers(maxResults=101)


def test_a_next_token_is_ascii(personalize: Personalize) -> None:
    with refused("InvalidInputException", "at 'nextToken' failed to satisfy constraint"):
        personalize.client.list_event_trackers(nextToken="größe")


def test_a_domain_is_one_of_two(personalize: Personalize) -> None:
    with refused("InvalidInputException", "Member must satisfy enum value set: [ECOMMERCE, VIDEO_ON_DEMAND]"):
        personalize.client.create_dataset_group(name="films", domain="MUSIC")  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["a_.:/=+-@", "größe", "映画", "Ⅻ", "no\u00a0break", "wide\u3000space"])
def test_tags_are_letters_numbers_spaces_and_some_signs(personalize: Personalize, group_arn: str, text: str) -> None:
    arn = personalize.create_tracker(group_arn, tags=[{"tagKey": text, "tagValue": text}])
    assert personalize.tags(arn) == {text: text}


@pytest.mark.parametrize("text", ["a,b", "50%", "tab\t", "line\n", "🎬", "e\u0301", "(a)"])
def test_other_signs_in_tags_are_refused(personalize: Personalize, group_arn: str, text: str) -> None:
    tags: list[tuple[str, TagTypeDef]] = [
        ("tagKey", {"tagKey": text, "tagValue": ""}),
        ("tagValue", {"tagKey": "key", "tagValue": text}),
    ]
    for member, tag in tags:
        message = f"Value at 'tags.1.member.{member}' failed to satisfy constraint: Member must satisfy regular"
        with refused("InvalidInputException", message):
            personalize.create_tracker(group_arn, tags=[tag])
        with refused("InvalidInputException", message):
            personalize.client.tag_resource(resourceArn=group_arn, tags=[tag])
    with refused("InvalidInputException", "Value at 'tagKeys.1.member' failed"):
        personalize.client.untag_resource(resourceArn=group_arn, tagKeys=[text])


def test_the_longest_tag_is_taken(personalize: Personalize, group_arn: str) -> None:
    personalize.create_tracker(group_arn, tags=[{"tagKey": "k" * 128, "tagValue": "v" * 256}])


@pytest.mark.parametrize(("key", "value", "limit"), [("k" * 129, "", 128), ("k", "v" * 257, 256)])
def test_a_tag_that_is_too_long_is_refused(
    personalize: Personalize, group_arn: str, key: str, value: str, limit: int
) -> None:
    with refused("InvalidInputException", f"Member must have length less than or equal to {limit}"):
        personalize.create_tracker(group_arn, tags=[{"tagKey": key, "tagValue": value}])


@pytest.mark.usefixtures("served_personalize")
@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            {"datasetGroupArn": None, "name": ""},
            {
                "__type": "InvalidInputException",
                "message": "3 validation errors detected: "
                "Value '' at 'name' failed to satisfy constraint: "
                "Member must have length greater than or equal to 1; "
                "Value '' at 'name' failed to satisfy constraint: "
                r"Member must satisfy regular expression pattern: ^[a-zA-Z0-9][a-zA-Z0-9\-_]*; "
                "Value null at 'datasetGroupArn' failed to satisfy constraint: Member must not be null",
            },
        ),
        ({"name": 5}, {"__type": "SerializationException", "message": "name is not a string."}),
    ],
)
def test_a_client_without_checks_of_its_own_is_checked_too(
    server_url: str, body: dict[str, Any], error: dict[str, str]
) -> None:
    connection = HTTPConnection(urlsplit(server_url).netloc)
    connection.request(
        "POST",
        "/",
        json.dumps(body),
        {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AmazonPersonalize.CreateEventTracker",
            "Authorization": "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/personalize/aws4_request",
        },
    )
    response = connection.getresponse()
    assert (response.status, json.load(response)) == (400, error)
    connection.close()
