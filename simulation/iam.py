"""What the function's role allows, read from `template.yaml` and evaluated as IAM does.

Source: the IAM user guide, and the Service Authorization Reference for Amazon Personalize.
"""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from cfnlint.decode import decode_str

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
ROLE, POLICY = "ProviderRole", "event-trackers"


@dataclass(frozen=True)
class Need:
    """What a call needs to be allowed: an action on a resource with tags, and with tag keys in the request."""

    action: str
    resource: str
    tags: Mapping[str, str] = field(default_factory=dict)
    tag_keys: Sequence[str] = ()


@dataclass(frozen=True)
class Statement:
    """One action on one resource that is allowed on conditions."""

    action: str
    resource: str
    conditions: Mapping[str, Mapping[str, str]]

    def allows(self, need: Need) -> bool:
        """Whether it allows what is needed."""
        return (
            self.action == need.action
            and fnmatchcase(need.resource, self.resource)
            and all(
                _holds(operator, key, value, need)
                for operator, condition in self.conditions.items()
                for key, value in condition.items()
            )
        )


def needs(operation: str, arguments: Mapping[str, Any], tags: Mapping[str, str], scope: str) -> Iterator[Need]:
    """What a call needs. `scope` is the part of an ARN that names partition, region and account."""
    action = f"personalize:{_camel(operation)}"
    if operation == "create_event_tracker":
        tracker = f"{scope}:event-tracker/0123abcd"
        keys = [tag["tagKey"] for tag in arguments.get("tags", ())]
        yield Need(action, arguments["datasetGroupArn"], tag_keys=keys)
        yield Need(action, tracker, tag_keys=keys)
        if keys:
            yield Need("personalize:TagResource", tracker, tag_keys=keys)
    elif operation == "list_event_trackers":
        # This action knows no resource type.
        yield Need(action, "*")
    else:
        keys = arguments.get("tagKeys") or [tag["tagKey"] for tag in arguments.get("tags", ())]
        yield Need(action, arguments.get("eventTrackerArn") or arguments["resourceArn"], tags, keys)


def enforce(needed: Need, statements: Sequence[Statement]) -> None:
    """Raise what botocore raises when a call is denied, unless it is allowed."""
    if any(statement.allows(needed) for statement in statements):
        return
    message = (
        "User: arn:aws:sts::123456789012:assumed-role/ProviderRole/provider is not authorized to perform: "
        f"{needed.action} on resource: {needed.resource} because no identity-based policy allows the "
        f"{needed.action} action"
    )
    metadata = {"HTTPStatusCode": 400, "RetryAttempts": 0}
    response = {"Error": {"Code": "AccessDeniedException", "Message": message}, "ResponseMetadata": metadata}
    raise ClientError(response, needed.action.partition(":")[2])  # type: ignore[arg-type]


@functools.cache
def role_statements(partition: str, region: str, account_id: str) -> tuple[Statement, ...]:
    """What the role in the template allows of Amazon Personalize."""
    template, problems = decode_str(TEMPLATE.read_text())
    if problems or not template:
        raise ValueError(f"{TEMPLATE} cannot be read: {problems}")
    policies = template["Resources"][ROLE]["Properties"]["Policies"]
    (policy,) = [one["PolicyDocument"] for one in policies if one.get("PolicyName") == POLICY]
    names = {"AWS::Partition": partition, "AWS::Region": region, "AWS::AccountId": account_id}
    return tuple(
        Statement(action, _substituted(resource, names), statement.get("Condition", {}))
        for statement in policy["Statement"]
        for action in _as_list(statement["Action"])
        for resource in _as_list(statement["Resource"])
    )


def _holds(operator: str, key: str, value: Any, need: Need) -> bool:
    """A condition as IAM evaluates it; only the operators and keys that the template has."""
    match key:
        case "aws:TagKeys":
            found = list(need.tag_keys)
        case _ if key.lower().startswith("aws:resourcetag/"):
            # Tag keys are compared without regard to case.
            wanted = key.partition("/")[2].lower()
            found = [tag for name, tag in need.tags.items() if name.lower() == wanted]
        case _:
            raise ValueError(f"The evaluation of policies does not know the condition key {key}.")
    match operator:
        case "Null":
            return bool(found) is (value == "false")
        case "ForAllValues:StringNotLike":
            return not any(fnmatchcase(one, pattern) for one in found for pattern in _as_list(value))
        case "ForAllValues:StringLike":
            return all(any(fnmatchcase(one, pattern) for pattern in _as_list(value)) for one in found)
        case "ForAllValues:StringEquals":
            return all(one in _as_list(value) for one in found)
        case "StringLike":
            return any(fnmatchcase(one, pattern) for one in found for pattern in _as_list(value))
        case _:
            raise ValueError(f"The evaluation of policies does not know the condition operator {operator}.")


def _camel(operation: str) -> str:
    return "".join(word.capitalize() for word in operation.split("_"))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _substituted(resource: Any, names: Mapping[str, str]) -> str:
    text = resource if isinstance(resource, str) else resource["Fn::Sub"]
    return re.sub(r"\$\{([^}]+)\}", lambda found: names[found[1]], text)
