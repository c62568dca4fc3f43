"""Rules for cfn-lint: what a template says of a Custom::PersonalizeEventTracker.

This file needs cfn-lint and nothing else: `cfn-lint --append-rules DIRECTORY -- TEMPLATE`, where DIRECTORY holds it.
They are rules and not a schema, because cfn-lint takes every Custom:: type for an AWS::CloudFormation::CustomResource
before it looks at the schemas that it is given.
"""

from difflib import get_close_matches
from typing import Any

from cfnlint.jsonschema import ValidationError, ValidationResult, Validator
from cfnlint.rules.jsonschema.Base import BaseJsonSchema
from cfnlint.rules.jsonschema.CfnLintKeyword import CfnLintKeyword

TYPE = "Custom::PersonalizeEventTracker"

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
            "pattern": r"^[0-9]{1,4}\Z",
            "minimum": 1,
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
                        "pattern": rf"^(?!(?i:aws:)|cloudformation:(stack-id|logical-id|created-by)\Z){_TAGGABLE}",
                        "message": {
                            "pattern": (
                                "Key must be of letters, digits, spaces and _ . : / = + - @, "
                                "and neither begin with aws: nor be one of the provider's own three"
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
