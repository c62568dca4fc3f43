"""Rules for cfn-lint: what a template says of a Custom::PersonalizeEventTracker.

This file needs cfn-lint and nothing else: `cfn-lint --append-rules DIRECTORY -- TEMPLATE`, where DIRECTORY holds it.
They are rules and not a schema, because cfn-lint takes every Custom:: type for an AWS::CloudFormation::CustomResource
before it looks at the schemas that it is given.

First the rules for one property or attribute, then those for what passes property by property and fails as a whole.
"""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import networkx as nx
from cfnlint.jsonschema import ValidationError, ValidationResult, Validator
from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.rules.jsonschema.Base import BaseJsonSchema
from cfnlint.rules.jsonschema.CfnLintKeyword import CfnLintKeyword
from cfnlint.template import Template

TYPE = "Custom::PersonalizeEventTracker"
NATIVE_TYPE = "AWS::Personalize::EventTracker"

ATTRIBUTES = (
    "TrackingId",
    "EventTrackerArn",
    "Name",
    "DatasetGroupArn",
    "AccountId",
    "Status",
    "CreationDateTime",
    "LastUpdatedDateTime",
)

_TAGGABLE = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*\Z"

# Every scalar is a string, which to cfn-lint includes numbers and booleans: as strings CloudFormation hands them on.
# That ServiceToken is required cfn-lint knows by itself.
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["DatasetGroupArn"],
    "properties": {
        "ServiceToken": {"type": "string"},
        "ServiceTimeout": {
            "type": "string",
            "pattern": r"^[1-9][0-9]{0,3}\Z",
            "maximum": 3600,
            "message": {"pattern": "ServiceTimeout must be whole seconds, 1-3600"},
        },
        "DatasetGroupArn": {
            "type": "string",
            "pattern": (
                r"^arn:aws[a-z-]*:personalize:[a-z0-9-]+:[0-9]{12}:dataset-group/[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}\Z"
            ),
            "message": {
                "pattern": (
                    "DatasetGroupArn must be the ARN of a dataset group, "
                    "arn:<partition>:personalize:<region>:<account>:dataset-group/<name>"
                )
            },
        },
        "Name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 63,
            "pattern": r"^[a-zA-Z0-9][a-zA-Z0-9_-]*\Z",
            "message": {"pattern": "Name must be of a-z A-Z 0-9 _ -, the first a letter or a digit"},
        },
        "Tags": {
            "type": "array",
            "maxItems": 47,
            "uniqueKeys": ["Key"],
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["Key", "Value"],
                "properties": {
                    "Key": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 128,
                        "pattern": rf"^(?!(?i:aws|cloudformation):){_TAGGABLE}",
                        "message": {
                            "pattern": (
                                "Key must be of letters, digits, spaces and _ . : / = + - @, "
                                "and begin with neither aws: nor cloudformation:, in any case"
                            )
                        },
                    },
                    "Value": {
                        "type": "string",
                        "minLength": 0,
                        "maxLength": 256,
                        "pattern": f"^{_TAGGABLE}",
                        "message": {"pattern": "Value must be of letters, digits, spaces and _ . : / = + - @"},
                    },
                },
            },
            "message": {"uniqueKeys": "the keys of Tags must be unique"},
        },
        "AdoptExisting": {
            "type": "string",
            "pattern": r"^(?i:true|false)\Z",
            "message": {"pattern": "AdoptExisting must be true or false"},
        },
        "ReplacementStrategy": {
            "type": "string",
            "pattern": r"^(create_then_delete|delete_then_create)\Z",
            "message": {"pattern": "ReplacementStrategy must be create_then_delete or delete_then_create"},
        },
    },
}


class EventTrackerProperties(BaseJsonSchema):
    """The properties of an event tracker, when and where cfn-lint checks those of any resource."""

    id = "E9501"
    shortdesc = f"Properties of a {TYPE}"
    description = f"Names, types, patterns and limits of the properties of a {TYPE}"

    def __init__(self) -> None:
        super().__init__()
        self.keywords = [f"Resources/{TYPE}/Properties"]
        self.parent_rules = ["E1101"]

    @property
    def schema(self) -> Any:
        """What they are validated with."""
        return SCHEMA


class EventTrackerAttribute(CfnLintKeyword):
    """The attribute that a `Fn::GetAtt`, or a `Fn::Sub` in its stead, asks of an event tracker."""

    id = "E9502"
    shortdesc = f"Attribute of a {TYPE}"
    description = f"The attribute that Fn::GetAtt names is one that a {TYPE} returns"

    def __init__(self) -> None:
        super().__init__(["*"])
        self.parent_rules = ["E1010"]

    def validate(self, validator: Validator, _: Any, instance: list[Any], __: Any) -> ValidationResult:
        """Check a pair of logical id and attribute; what is no string is told only by a parameter."""
        logical_id, attribute = instance
        if not (isinstance(logical_id, str) and isinstance(attribute, str)) or attribute in ATTRIBUTES:
            return
        if validator.cfn.template["Resources"].get(logical_id, {}).get("Type") != TYPE:
            return
        hint = f"there are {', '.join(ATTRIBUTES)}"
        for close in get_close_matches(attribute, ATTRIBUTES, n=1):
            hint = f"did you mean {close!r}?"
        yield ValidationError(f"{attribute!r} is not an attribute of a {TYPE} ({hint})", rule=self)


class NullProperty(CloudFormationLintRule):
    """A property without a value, which cfn-lint lets pass in a Custom:: type."""

    id = "E9507"
    shortdesc = f"Null in a {TYPE}"
    description = f"No property of a {TYPE} is null, which CloudFormation allows nowhere in a template"

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Find every null."""
        return [
            RuleMatch(path, f"{path[3]} has a null in it; give it a value, or leave it out")
            for logical_id, resource in cfn.get_resources([TYPE]).items()
            for path, value in _walk(resource.get("Properties"), _path(logical_id, "Properties"))
            if value is None and len(path) > 3
        ]


class TopicAsServiceToken(CloudFormationLintRule):
    """An SNS topic where the function should be."""

    id = "E9506"
    shortdesc = f"ServiceToken of a {TYPE}"
    description = f"The ServiceToken of a {TYPE} is a Lambda function, not an SNS topic"

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Check each tracker's ServiceToken, whatever its conditions say."""
        return [
            RuleMatch(
                _path(logical_id, "Properties", "ServiceToken"),
                "ServiceToken is an SNS topic, through which the provider takes no requests, so that the stack would "
                "wait in vain; use the ARN of its function",
            )
            for logical_id, resource in cfn.get_resources([TYPE]).items()
            if any(_is_topic(cfn, token) for _, token in _cases(_properties(resource).get("ServiceToken")))
        ]


class SecondTracker(CloudFormationLintRule):
    """Two event trackers in one dataset group."""

    id = "E9503"
    shortdesc = "Two event trackers in one dataset group"
    description = "A dataset group can have only one event tracker"

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Compare every two trackers, and report the one that comes later, once."""
        found: dict[str, RuleMatch] = {}
        members = [*_members(cfn, TYPE), *_members(cfn, NATIVE_TYPE)]
        for first, second in itertools.combinations(members, 2):
            # To use one that is there, as both may, is no second tracker.
            if first.may_adopt and second.may_adopt:
                continue
            if first.logical_id != second.logical_id and _meet(cfn, first, second):
                message = (
                    f"{second.logical_id!r} is in the dataset group of {first.logical_id!r}, "
                    "and a dataset group can have only one event tracker"
                )
                path = _path(second.logical_id, "Properties", "DatasetGroupArn")
                found.setdefault(second.logical_id, RuleMatch(path, message))
        return list(found.values())


class TrackerBeforeDataset(CloudFormationLintRule):
    """A tracker that does not wait for the Interactions dataset of its group."""

    id = "E9504"
    shortdesc = "An event tracker depends on its Interactions dataset"
    description = f"A {TYPE} depends on the Interactions dataset that the same template makes in its dataset group"

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Follow the dependencies of each tracker, its own and those of what it depends on."""
        datasets = [
            member
            for member in _members(cfn, "AWS::Personalize::Dataset")
            if str(member.properties.get("DatasetType")).lower() == "interactions"
        ]
        found: dict[tuple[str, str], RuleMatch] = {}
        for tracker, dataset in itertools.product(_members(cfn, TYPE), datasets):
            waits = cfn.graph is None or dataset.logical_id in nx.descendants(cfn.graph.graph, tracker.logical_id)
            if not waits and _meet(cfn, tracker, dataset):
                message = (
                    f"{tracker.logical_id!r} does not depend on {dataset.logical_id!r}, the Interactions dataset that "
                    f"its dataset group needs before it and must keep until it is gone; add DependsOn: "
                    f"{dataset.logical_id}"
                )
                found[tracker.logical_id, dataset.logical_id] = RuleMatch(_path(tracker.logical_id), message)
        return list(found.values())


class TrackingIdByRef(CloudFormationLintRule):
    """Something else of a tracker where a name says tracking ID."""

    id = "W9505"
    shortdesc = "A tracking ID is Fn::GetAtt TrackingId"
    description = "What is named a tracking ID is not the ARN that Ref gives of an event tracker"

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Check what goes into environment variables, parameters, outputs and texts that are named so."""
        trackers = cfn.get_resources([TYPE, NATIVE_TYPE])
        found: dict[str, RuleMatch] = {}
        for section in ("Resources", "Outputs"):
            for path, value in _tracking_ids(cfn.template.get(section), [section]):
                for _, each in _cases(value):
                    reference = re.fullmatch(r"\$\{(\w+)(?:\.(\w+))?\}", _text(each))
                    # An attribute that there is not is another rule's.
                    wrong = reference and reference[2] in {None, *ATTRIBUTES} - {"TrackingId"}
                    if reference and wrong and reference[1] in trackers:
                        what = f"its {reference[2]}" if reference[2] else "its ARN, which is what Ref gives"
                        message = f"A tracking ID is !GetAtt {reference[1]}.TrackingId, and this is {what}"
                        found.setdefault(str(path), RuleMatch(path, message))
        return list(found.values())


# What these rules have in common: a template is walked, Fn::If is followed, and what is said in two ways is compared.

Path = list[str | int]
Scenario = dict[str, bool]
"""Some conditions, and which of them hold."""

# Behind the end of it the CDK writes a hash.
_TRACKING_ID = re.compile(
    r"tracking[\W_]*id(entifier)?[\W_]*(output|param(eter)?|value)?([0-9A-F]{8})?\Z", re.IGNORECASE
)
# In user data, say, or in JSON.
_TRACKING_ID_IN_TEXT = re.compile(r"tracking[\W_]*id[\"']?\s*[:=]\s*[\"']?(\$\{\w+(?:\.\w+)?\})", re.IGNORECASE)
# Maps that hold the name of something and its value: environments of containers, parameters, tags.
_PAIRS = (("Name", "Value"), ("Key", "Value"), ("ParameterKey", "ParameterValue"), ("name", "value"))


@dataclass(frozen=True)
class _Member:
    """A resource in a dataset group, in one of the cases that its conditions make."""

    logical_id: str
    properties: dict[str, Any]
    scenario: Scenario
    group: tuple[str, str]
    """Where the group is, and its name; or what stands for both, and nothing."""
    may_adopt: bool
    """Whether it may be there beside an event tracker, which is the same one then."""


def _path(logical_id: str, *below: str) -> Path:
    return ["Resources", logical_id, *below]


def _members(cfn: Template, kind: str) -> Iterator[_Member]:
    for logical_id, resource in cfn.get_resources([kind]).items():
        properties = _properties(resource)
        condition = resource.get("Condition")
        existing = {condition: True} if isinstance(condition, str) else {}
        may_adopt = kind != TYPE or str(properties.get("AdoptExisting") or False).lower() != "false"
        for scenario, arn in _cases(properties.get("DatasetGroupArn")):
            if arn and (both := _merged(scenario, existing)) is not None:
                yield _Member(logical_id, properties, both, _group(cfn, arn), may_adopt)


def _meet(cfn: Template, one: _Member, other: _Member) -> bool:
    """Whether there is a case in which both are there, and in one dataset group."""
    (place, name), (other_place, other_name) = one.group, other.group
    # Of a place that is built, nothing is known but that the provider works in no other than its own.
    same_place = place == other_place or (name and "${" in place + other_place)
    scenario = _merged(one.scenario, other.scenario)
    if name != other_name or not same_place or scenario is None:
        return False
    wanted = {condition: {holds} for condition, holds in scenario.items()}
    return not wanted or any(True for _ in cfn.conditions.build_scenarios(wanted))


def _merged(one: Scenario, other: Scenario) -> Scenario | None:
    """Both scenarios in one, if they do not contradict each other."""
    return {**one, **other} if all(other.get(name, holds) == holds for name, holds in one.items()) else None


def _group(cfn: Template, arn: Any) -> tuple[str, str]:
    said = _text(arn)
    groups = cfn.get_resources(["AWS::Personalize::DatasetGroup"])
    reference = re.fullmatch(r"\$\{(\w+)(\.DatasetGroupArn)?\}", said)
    if reference and reference[1] in groups:
        return "${}", _text(_properties(groups[reference[1]]).get("Name", arn))
    place, _, name = said.partition(":dataset-group/")
    return place, name


def _is_topic(cfn: Template, token: Any) -> bool:
    said = _text(token)
    reference = re.fullmatch(r"\$\{(\w+)(\.TopicArn)?\}", said)
    if reference:
        said = str(_at(cfn.template, ["Parameters", reference[1], "Default"]))
        if reference[1] in cfn.get_resources(["AWS::SNS::Topic"]):
            return True
    return bool(re.match(r"arn:(aws[a-z-]*|\$\{[^}]*\}):sns:", said))


def _tracking_ids(node: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """What a template has in places whose name says tracking ID."""
    for here, value in _walk(node, path):
        if isinstance(here[-1], str) and _TRACKING_ID.search(here[-1]):
            # A variable; an output; a parameter of Systems Manager.
            for below in ([], ["Value"], ["Properties", "Value"]):
                yield [*here, *below], _at(value, below)
        if not isinstance(value, dict):
            continue
        for name, content in _PAIRS:
            if _TRACKING_ID.search(_text(value.get(name))):
                yield [*here, content], value.get(content)
        if _TRACKING_ID.search(_text(_at(value, ["Export", "Name"]))):
            yield [*here, "Value"], value.get("Value")
        if "Fn::Sub" in value:
            for reference in _TRACKING_ID_IN_TEXT.findall(_text(value)):
                yield [*here, "Fn::Sub"], {"Fn::Sub": reference}


def _walk(node: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every part of a template from a node on, with its path."""
    yield path, node
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from _walk(value, [*path, key])


def _at(node: Any, keys: list[str]) -> Any:
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _properties(resource: dict[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties")
    return properties if isinstance(properties, dict) else {}


def _cases(value: Any) -> Iterator[tuple[Scenario, Any]]:
    """What a value may be, and in which scenario: the branches of its Fn::If."""
    match value:
        case {"Fn::If": [str(condition), yes, no]}:
            for holds, branch in ((True, yes), (False, no)):
                for scenario, each in _cases(branch):
                    if (both := _merged({condition: holds}, scenario)) is not None:
                        yield both, each
        case {"Ref": "AWS::NoValue"}:
            pass
        case _:
            yield {}, value


def _text(value: Any) -> str:
    """A value as Fn::Sub would have it, so that what is built in different ways can be compared."""
    match value:
        case str(text) | {"Fn::Sub": str(text)}:
            return text
        case {"Ref": str(name)} | {"Fn::GetAtt": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Sub": [str(text), dict(variables)]}:
            for name, variable in variables.items():
                text = text.replace(f"${{{name}}}", _text(variable))
            return text
        case {"Fn::Join": [str(delimiter), list(parts)]}:
            return delimiter.join(map(_text, parts))
    return json.dumps(value, sort_keys=True, default=str)
