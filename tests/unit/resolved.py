"""A template as CloudFormation sees it once parameters and conditions have their values, and as cfn-lint does."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cfnlint.config import ConfigMixIn
from cfnlint.decode import decode_str
from cfnlint.match import Match
from cfnlint.runner import Runner

_ABSENT = object()


def read(path: Path) -> dict[str, Any]:
    decoded, problems = decode_str(path.read_text())
    assert not problems
    return decoded  # type: ignore[return-value]


def lint(text: str, *regions: str) -> list[Match]:
    """What cfn-lint finds in a template for these regions."""
    decoded, problems = decode_str(text)
    assert decoded, problems
    return list(_linter(*regions).validate_template(decoded))


@functools.cache
def _linter(*regions: str) -> Runner:
    # One for all templates, since reading its rules takes longer than a template.
    return Runner(ConfigMixIn([], regions=list(regions)))


def resolved(template: Mapping[str, Any], **parameters: str) -> dict[str, Any]:
    """Its resources, without those whose condition is false; what needs a deployment stays as it is written."""
    values = {name: str(body.get("Default", f"<{name}>")) for name, body in template["Parameters"].items()}
    assert parameters.keys() <= values.keys()
    context = _Context(template["Conditions"], values | parameters)
    return {
        name: context.resolve(resource)
        for name, resource in template["Resources"].items()
        if context.holds({"Condition": resource["Condition"]} if "Condition" in resource else {"Fn::And": []})
    }


class _Context:
    def __init__(self, conditions: Mapping[str, Any], values: Mapping[str, str]) -> None:
        self._conditions = conditions
        self._values = values

    def holds(self, condition: Mapping[str, Any]) -> bool:
        ((function, operands),) = condition.items()
        if function == "Condition":
            return self.holds(self._conditions[operands])
        if function == "Fn::Equals":
            left, right = (self.resolve(operand) for operand in operands)
            return bool(left == right)
        found = [self.holds(operand) for operand in operands]
        return {"Fn::Not": not any(found), "Fn::And": all(found), "Fn::Or": any(found)}[function]

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _ABSENT]
        return self._resolve_mapping(value) if isinstance(value, dict) else value

    def _resolve_mapping(self, value: Mapping[str, Any]) -> Any:
        match list(value.items()):
            case [("Ref", "AWS::NoValue")]:
                return _ABSENT
            case [("Ref", name)] if name in self._values:
                return self._values[name]
            case [("Fn::If", [condition, if_true, if_false])]:
                return self.resolve(if_true if self.holds({"Condition": condition}) else if_false)
            case [("Fn::Split", [separator, text])]:
                return self.resolve(text).split(separator)
        members = {key: self.resolve(member) for key, member in value.items()}
        return {key: member for key, member in members.items() if member is not _ABSENT}
