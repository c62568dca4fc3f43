"""What a template says of the native type AWS::Personalize::EventTracker it can say here (cfn-lint has its schema)."""

import functools
import json
import re
from pathlib import Path
from typing import Any

import boto3
import cfnlint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lint.personalize_event_tracker import ATTRIBUTES, SCHEMA

NATIVE = "AWS::Personalize::EventTracker"
DATA = Path(cfnlint.__file__).parent / "data" / "schemas"

# What the native type says otherwise, by the place in its schema: its value, ours, and the reason.
OTHERWISE = {
    "required": (
        ["Name", "DatasetGroupArn"],
        ["DatasetGroupArn"],
        "A name is generated when none is given.",
    ),
    "DatasetGroupArn.pattern": (
        r"^arn:([a-z\d-]+):personalize:.*:.*:.+$",
        SCHEMA["properties"]["DatasetGroupArn"]["pattern"],  # type: ignore[index]
        "The native type takes the ARN of anything in Amazon Personalize; here it must be that of a dataset group.",
    ),
    "DatasetGroupArn.minLength": (0, None, "The pattern asks for more."),
    "DatasetGroupArn.maxLength": (256, None, "The pattern allows less."),
    "Name.pattern": (
        r"^[a-zA-Z0-9][a-zA-Z0-9\-_]*$",
        r"^[a-zA-Z0-9][a-zA-Z0-9_-]*\Z",
        "The same, but that a line break at the end is refused here.",
    ),
    "Tags.minItems": (0, None, "No list is shorter."),
    "Tags.maxItems": (200, 47, "A resource has 50 tags at most, of which three tell whose it is."),
    "Tags.uniqueKeys": (None, ["Key"], "The service refuses a key that comes twice."),
    "Tags.items.Key.pattern": (
        None,
        SCHEMA["properties"]["Tags"]["items"]["properties"]["Key"]["pattern"],  # type: ignore[index]
        "The service's characters, without the keys that AWS and the ownership tags have for themselves.",
    ),
    "Tags.items.Value.pattern": (None, r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*\Z", "The service's characters."),
}
RULES = {
    "type",
    "pattern",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueKeys",
    "required",
    "additionalProperties",
}


@functools.cache
def providers(region: str) -> dict[str, str]:
    return json.loads((DATA / "providers" / f"{region}.json").read_text())  # type: ignore[no-any-return]


@functools.cache
def personalize_regions() -> dict[str, str]:
    """Where botocore knows Amazon Personalize to be: regions, and their partitions."""
    session = boto3.session.Session()
    partitions = session.get_available_partitions()
    return {region: name for name in partitions for region in session.get_available_regions("personalize", name)}


@pytest.fixture(scope="module")
def native() -> dict[str, Any]:
    """Its schema, which is the same in every region that has it."""
    (name,) = {providers(region)[NATIVE] for region in personalize_regions().keys() - {"cn-north-1"}}
    return json.loads((DATA / "resources" / f"{name}.json").read_text())  # type: ignore[no-any-return]


def rules(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """What a schema says of values, by place, flat, so that two schemas can be compared."""
    found = {}

    def visit(part: dict[str, Any], place: str) -> None:
        part = definitions.get(part.get("$ref", "").removeprefix("#/definitions/"), part)
        found.update({f"{place}{rule}": part[rule] for rule in RULES & part.keys()})
        for name, each in part.get("properties", {}).items():
            visit(each, f"{place}{name}.")
        if "items" in part:
            visit(part["items"], f"{place}items.")

    visit(schema, "")
    return found


def test_only_cn_north_1_of_the_regions_of_amazon_personalize_lacks_the_native_type() -> None:
    regions = personalize_regions()
    assert {region for region in regions if NATIVE not in providers(region)} == {"cn-north-1"}
    # Not for want of data: the dataset group is there.
    assert "AWS::Personalize::DatasetGroup" in providers("cn-north-1")
    assert len(regions) > 10


def test_every_property_and_attribute_of_the_native_type_is_here_by_the_same_name(native: dict[str, Any]) -> None:
    attributes = {pointer.removeprefix("/properties/") for pointer in native["readOnlyProperties"]}
    assert attributes == {"TrackingId", "EventTrackerArn"}
    assert attributes <= set(ATTRIBUTES)
    assert native["primaryIdentifier"] == ["/properties/EventTrackerArn"]  # What Ref returns.
    assert native["properties"].keys() - attributes <= SCHEMA["properties"].keys()  # type: ignore[attr-defined]


def test_the_native_type_has_not_the_attributes_that_only_this_one_has(native: dict[str, Any]) -> None:
    # Those that CloudFormation lets a template ask of a native type are its read-only properties.
    only_here = {"Name", "DatasetGroupArn", "Status", "AccountId", "CreationDateTime", "LastUpdatedDateTime"}
    assert {f"/properties/{name}" for name in only_here}.isdisjoint(native["readOnlyProperties"])
    assert only_here < set(ATTRIBUTES)


def test_what_the_native_type_takes_is_taken_here_but_for_what_is_stated(native: dict[str, Any]) -> None:
    theirs = rules(native, native["definitions"])
    ours = rules(SCHEMA, {})
    common = native["properties"].keys() - {"TrackingId", "EventTrackerArn"} | {"required", "additionalProperties"}
    places = {place for place in theirs.keys() | ours.keys() if place.split(".")[0] in common}

    different = {
        place: (theirs.get(place), ours.get(place)) for place in places if theirs.get(place) != ours.get(place)
    }

    assert different == {place: (native_value, our_value) for place, (native_value, our_value, _) in OTHERWISE.items()}


def test_a_dataset_group_of_every_region_is_taken_by_both() -> None:
    patterns = OTHERWISE["DatasetGroupArn.pattern"][:2]
    for region, partition in personalize_regions().items():
        arn = f"arn:{partition}:personalize:{region}:123456789012:dataset-group/films"
        assert all(re.search(pattern, arn) for pattern in patterns)


@settings(deadline=None)
@given(name=st.from_regex(OTHERWISE["Name.pattern"][0], fullmatch=True))
def test_the_two_patterns_of_a_name_match_the_same(name: str) -> None:
    assert bool(re.search(OTHERWISE["Name.pattern"][1], name)) == (not name.endswith("\n"))
