"""Bad input: rules A0, B1, B2, B3, B4."""

from typing import Any

import pytest

from event_tracker.errors import InvalidRequestError
from simulation.world import World
from tests.integration.requests import Requests, event, with_fault

GROUP = "arn:aws:personalize:us-east-1:123456789012:dataset-group/films"


def refused(name: str) -> Exception:
    raise AssertionError(f"{name} was called")


@pytest.fixture
def uncalled(aws: World) -> Requests:
    """A handler whose every call to Personalize fails the test."""
    return with_fault(aws, refused)


@pytest.mark.parametrize("payload", [None, "text", 5, [], [event("Create")]], ids=str)
def test_a_payload_that_is_no_object_fails_the_invocation(uncalled: Requests, payload: object) -> None:
    with pytest.raises(InvalidRequestError, match="not an object"):
        uncalled.send(payload)
    assert uncalled.inbox.attempts == 0


@pytest.mark.parametrize("name", ["ResponseURL", "StackId", "RequestId", "LogicalResourceId"])
@pytest.mark.parametrize("value", [None, "", 5, {}], ids=str)
def test_a_missing_or_mistyped_field_fails_the_invocation(uncalled: Requests, name: str, value: object) -> None:
    with pytest.raises(InvalidRequestError, match=f"{name} must be a non-empty string"):
        uncalled.send({**event("Create"), name: value})
    assert uncalled.inbox.attempts == 0


def test_everything_that_is_missing_is_listed(uncalled: Requests) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        uncalled.send({})
    for name in ("ResponseURL", "StackId", "RequestId", "LogicalResourceId"):
        assert name in str(raised.value)


@pytest.mark.parametrize(
    "stack_id", ["shop", "arn:aws:s3:::shop", "urn:pulumi:dev::shop::trackers", f"{'long' * 100}|shop"]
)
def test_a_stack_id_that_is_no_arn_is_an_owner_like_any_other(
    aws: World, requests: Requests, group: str, stack_id: str
) -> None:
    created = requests("Create", StackId=stack_id)
    other = requests.delete(created["PhysicalResourceId"], StackId=f"{stack_id}x")

    assert (created["Status"], created["StackId"], other["Status"]) == ("SUCCESS", stack_id, "SUCCESS")
    assert list(aws.trackers()) == [created["PhysicalResourceId"]]

    requests.delete(created["PhysicalResourceId"], StackId=stack_id)
    assert aws.trackers() == {}


@pytest.mark.parametrize("request_type", ["Read", "create", "Poll", "", None, 5], ids=str)
def test_an_unknown_request_type_gets_a_response_that_says_failed(uncalled: Requests, request_type: object) -> None:
    response = uncalled.send({**event("Create"), "RequestType": request_type})

    assert response["Status"] == "FAILED"
    assert response["Reason"].startswith(f"RequestType is {request_type} but must be one of Create, Update, Delete.")
    assert uncalled.inbox.responses == [response]


def test_a_request_that_came_through_an_sns_topic_is_told_from_what_is_none(uncalled: Requests) -> None:
    with pytest.raises(InvalidRequestError, match=r"SNS. Set ServiceToken to the ARN of the provider's function"):
        uncalled.send({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "{}"}}]})


@pytest.mark.parametrize("records", [None, "text", [], ["Sns"], [{"s3": {}}]], ids=str)
def test_what_else_has_records_is_not_said_to_come_through_sns(uncalled: Requests, records: Any) -> None:
    with pytest.raises(InvalidRequestError, match="ResponseURL must be"):
        uncalled.send({"Records": records})


@pytest.mark.parametrize(
    "url", ["http://cloudformation.example/secret", "ftp://x/secret", "secret", "https:///secret", "https://[/secret"]
)
def test_a_response_url_that_is_not_https_fails_the_invocation_and_is_not_repeated(
    uncalled: Requests, url: str
) -> None:
    with pytest.raises(InvalidRequestError, match="https") as raised:
        uncalled.send({**event("Create"), "ResponseURL": url})
    assert "secret" not in str(raised.value)
    assert uncalled.inbox.attempts == 0


def test_a_bad_payload_never_responds_to_an_earlier_request(aws: World, requests: Requests, group: str) -> None:
    requests("Create")
    with pytest.raises(InvalidRequestError):
        requests.send({**event("Delete"), "ResponseURL": None})
    assert requests.inbox.attempts == 1


def tags(number: int, size: int = 1) -> list[dict[str, str]]:
    return [{"Key": f"k{i}", "Value": "v" * size} for i in range(number)]


BAD = {
    "no properties": (None, "ResourceProperties is None"),
    "properties that are no map": (
        "text",
        "ResourceProperties is 'text' but must be a map of properties; DatasetGroupArn",
    ),
    "no group": ({}, "The properties are not valid: DatasetGroupArn is missing but required. Correct"),
    "unknown property": (
        {"Colour": "x"},
        "Colour is not a property (there are DatasetGroupArn, Tags, ServiceToken, Name, AdoptExisting",
    ),
    "misspelt property": ({"Nmae": "x"}, "Nmae is not a property (did you mean Name?)"),
    "group in another region": (
        {"DatasetGroupArn": GROUP.replace("us-east-1", "eu-west-1")},
        "in the provider's region us-east-1.",
    ),
    "group in another account": (
        {"DatasetGroupArn": GROUP.replace("123456789012", "111122223333")},
        "in the provider's account 123456789012",
    ),
    "group in another partition": (
        {"DatasetGroupArn": GROUP.replace("arn:aws:", "arn:aws-cn:")},
        "must be in the provider's partition aws",
    ),
    "ARN of another service": ({"DatasetGroupArn": GROUP.replace("personalize", "forecast")}, "DatasetGroupArn is"),
    "ARN of another type": ({"DatasetGroupArn": GROUP.replace("dataset-group", "dataset")}, "DatasetGroupArn is"),
    "ARN with more in it": ({"DatasetGroupArn": f"{GROUP}/INTERACTIONS"}, "DatasetGroupArn is"),
    "ARN and a line break": ({"DatasetGroupArn": f"{GROUP}\n"}, "DatasetGroupArn is"),
    "group that is a list": ({"DatasetGroupArn": [GROUP]}, "DatasetGroupArn is ["),
    "empty name": ({"Name": ""}, "Name is ''"),
    "name of 64": ({"Name": "n" * 64}, f"Name is '{'n' * 64}'"),
    "name with a dot": ({"Name": "a.b"}, "Name is 'a.b'"),
    "name that begins with a dash": ({"Name": "-a"}, "Name is '-a'"),
    "name in Greek": ({"Name": "Ίχνος"}, "Name is 'Ίχνος' but must be 1-63 of a-z"),
    "name with a line break": ({"Name": "a\n"}, "Name is 'a\\n'"),
    "name that is a map": ({"Name": {"Ref": "x"}}, "Name is {"),
    "tags that are a map": ({"Tags": {"a": "b"}}, "Tags is {'a': 'b'} but must be a list of {Key, Value}."),
    "tag without a value": ({"Tags": [{"Key": "a"}]}, "Tags[0] is {'Key': 'a'}"),
    "tag with more": ({"Tags": [{"Key": "a", "Value": "b", "Extra": "c"}]}, "must be {Key, Value}"),
    "tag that is a string": ({"Tags": ["a=b"]}, "Tags[0] is 'a=b' but must be {Key, Value}."),
    "empty key": (
        {"Tags": [{"Key": "", "Value": "b"}]},
        "Tags[0].Key is '' but must be 1-128 letters, digits, spaces or _ . : / = + - @.",
    ),
    "key of 129": ({"Tags": [{"Key": "k" * 129, "Value": "b"}]}, "(131 characters)"),
    "key that is a number": ({"Tags": [{"Key": 5, "Value": "b"}]}, "Tags[0].Key is 5"),
    "key with a tab": ({"Tags": [{"Key": "a\tb", "Value": "b"}]}, "Tags[0].Key is 'a\\tb'"),
    "key of AWS": (
        {"Tags": [{"Key": "AWS:x", "Value": "b"}]},
        "Tags[0].Key is 'AWS:x' but must be a key that begins with neither aws: nor cloudformation:.",
    ),
    "key of CloudFormation": (
        {"Tags": [{"Key": "cloudformation:x", "Value": "b"}]},
        "neither aws: nor cloudformation:",
    ),
    "key in another case": ({"Tags": [{"Key": "CloudFormation:Stack-Id", "Value": "b"}]}, "nor cloudformation:"),
    "key twice": (
        {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]},
        "Tags[1].Key is 'a' but must be unique",
    ),
    "value of 257": ({"Tags": tags(1, 257)}, "Tags[0].Value is"),
    "value with a bar": (
        {"Tags": [{"Key": "a", "Value": "b|c"}]},
        "Tags[0].Value is 'b|c' but must be 0-256 letters, digits, spaces or _ . : / = + - @.",
    ),
    "value that is a number": ({"Tags": [{"Key": "a", "Value": 5}]}, "Tags[0].Value is 5 but must be"),
    "48 tags": ({"Tags": tags(48)}, "Tags are 48 but must be at most 47"),
    "adopt that is no boolean": ({"AdoptExisting": "yes"}, "AdoptExisting is 'yes' but must be true or false"),
    "adopt that is a list": ({"AdoptExisting": ["true"]}, "AdoptExisting is ['true']"),
    "unknown strategy": ({"ReplacementStrategy": "rename"}, "create_then_delete or delete_then_create"),
    "strategy that is a list": ({"ReplacementStrategy": []}, "ReplacementStrategy is []"),
    "timeout of 0": ({"ServiceTimeout": "0"}, "ServiceTimeout is '0' but must be whole seconds, 1-3600"),
    "timeout of 3601": ({"ServiceTimeout": "3601"}, "ServiceTimeout is '3601'"),
    "timeout with a fraction": ({"ServiceTimeout": "1.5"}, "ServiceTimeout is '1.5'"),
    "timeout that is a boolean": ({"ServiceTimeout": True}, "ServiceTimeout is True"),
    "timeout in Arabic digits": ({"ServiceTimeout": "٣٠"}, "ServiceTimeout is"),
}


@pytest.mark.parametrize(("properties", "told"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_a_bad_property_fails_the_request_before_anything_is_called(
    uncalled: Requests, properties: Any, told: str, request_type: str
) -> None:
    if isinstance(properties, dict) and properties:
        properties = {"DatasetGroupArn": GROUP, **properties}

    response = uncalled(request_type, ResourceProperties=properties)

    assert response["Status"] == "FAILED"
    assert told in response["Reason"]
    assert response["Reason"].endswith("Correct the template and deploy again.")
    assert len(str(response).encode()) < 4096


def test_all_problems_are_told_at_once(uncalled: Requests) -> None:
    response = uncalled(
        "Create",
        ResourceProperties={
            "Nmae": "x",
            "Name": "-",
            "ServiceTimeout": "0",
            "AdoptExisting": "maybe",
            "Tags": ["a=b", {"Key": 5, "Value": "x"}],
        },
    )

    problems = (
        "Nmae",
        "DatasetGroupArn",
        "Name is",
        "ServiceTimeout",
        "AdoptExisting",
        "Tags[0] is",
        "Tags[1].Key is 5",
    )
    for told in problems:
        assert told in response["Reason"]


def test_five_kilobytes_of_bad_tags_still_make_a_response_that_fits(uncalled: Requests) -> None:
    bad = [{"Key": "Ω|" * 60, "Value": "x"} for _ in range(47)]

    response = uncalled("Create", ResourceProperties={"DatasetGroupArn": GROUP, "Tags": bad})

    assert response["Status"] == "FAILED"
    assert response["Reason"].startswith("The properties are not valid: Tags[0].Key")
    assert response["Reason"].endswith("Correct the template and deploy again.")


def test_five_kilobytes_of_good_tags_are_no_problem(aws: World, requests: Requests, group: str) -> None:
    response = requests("Create", ResourceProperties={"DatasetGroupArn": group, "Tags": tags(47, 110)})

    assert response["Status"] == "SUCCESS"
    assert len(aws.tags(response["PhysicalResourceId"])) == 50


def test_names_and_tags_at_their_limits_are_taken(aws: World, requests: Requests, group: str) -> None:
    wanted = [
        {"Key": "κλειδί " + "k" * 121, "Value": "ΑξίαΑξία" * 32},
        {"Key": "_.:/=+-@", "Value": ""},
    ]

    response = requests("Create", ResourceProperties={"DatasetGroupArn": group, "Name": "n" * 63, "Tags": wanted})

    assert response["Status"] == "SUCCESS"
    assert aws.tags(response["PhysicalResourceId"]).items() >= {tag["Key"]: tag["Value"] for tag in wanted}.items()


@pytest.mark.parametrize("value", ["true", "True", "TRUE", True, "false", "False", "FALSE", False], ids=repr)
def test_a_boolean_is_taken_as_a_string_in_any_case(aws: World, requests: Requests, group: str, value: Any) -> None:
    theirs = aws.tracker(group)

    response = requests("Create", ResourceProperties={"DatasetGroupArn": group, "AdoptExisting": value})

    assert (response["PhysicalResourceId"] == theirs) is (str(value).lower() == "true")
    assert list(aws.trackers()) == [theirs]


def test_a_failed_update_keeps_its_physical_id_when_its_properties_are_bad(uncalled: Requests) -> None:
    response = uncalled("Update", ResourceProperties={})

    assert response["PhysicalResourceId"] == event("Update")["PhysicalResourceId"]


@pytest.mark.parametrize(("length", "shown"), [(78, f"'{'*' * 78}' but"), (79, f"'{'*' * 59}... (81 characters) but")])
def test_a_long_value_is_cut(requests: Requests, group: str, length: int, shown: str) -> None:
    response = requests("Create", ResourceProperties={"DatasetGroupArn": group, "Name": "*" * length})

    assert f"Name is {shown} must be" in response["Reason"]
