"""The constraints of Personalize's API model which clients leave to the service.

botocore checks types, required members and minimum lengths, but neither patterns nor maximum lengths.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, Shape, StructureShape
from moto.core.utils import get_service_model
from moto.personalize.exceptions import PersonalizeException

from .exceptions import InvalidInputException

TYPES: dict[str, Any] = {
    "structure": dict,
    "list": list,
    "string": str,
    "integer": int,
    "float": (int, float),
    "timestamp": (int, float),
}


def valid_params(service: str, operation: str, body: str) -> dict[str, Any]:
    """The parameters of a request, without those that are null; refused if they break a constraint."""
    params: dict[str, Any] = json.loads(body)
    violations = list(find_violations(get_service_model(service).operation_model(operation).input_shape, params))
    if violations:
        errors = "error" if len(violations) == 1 else "errors"
        raise InvalidInputException(f"{len(violations)} validation {errors} detected: {'; '.join(violations)}")
    return {name: value for name, value in params.items() if value is not None}


def find_violations(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """Every constraint that the value breaks, in the words in which AWS services report them.

    How many tags there may be is left out: the service has exceptions of their own for that.
    """
    if not isinstance(value, TYPES[shape.type_name]):
        raise PersonalizeException("SerializationException", f"{path} is not a {shape.type_name}.")
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            member_path = f"{path}.{name}" if path else name
            if value.get(name) is not None:
                yield from find_violations(member, value[name], member_path)
            elif name in shape.required_members:
                yield _violation(f"null at '{member_path}'", "Member must not be null")
    else:
        hidden = shape.metadata.get("sensitive") or isinstance(shape, ListShape)
        shown = f"at '{path}'" if hidden else f"'{value}' at '{path}'"
        for constraint in _broken_constraints(shape, value):
            yield _violation(shown, constraint)
        if isinstance(shape, ListShape):
            for number, item in enumerate(value, 1):
                yield from find_violations(shape.member, item, f"{path}.{number}.member")


def _violation(shown: str, constraint: str) -> str:
    return f"Value {shown} failed to satisfy constraint: {constraint}"


def _broken_constraints(shape: Shape, value: str | list[Any] | float) -> Iterator[str]:
    limits = {} if shape.name in ("Tags", "TagKeys") else shape.metadata
    noun, size = ("length", len(value)) if isinstance(value, str | list) else ("value", value)
    if size > limits.get("max", size):
        yield f"Member must have {noun} less than or equal to {limits['max']}"
    if size < limits.get("min", size):
        yield f"Member must have {noun} greater than or equal to {limits['min']}"
    if "pattern" in limits and not _matches(limits["pattern"], str(value)):
        yield f"Member must satisfy regular expression pattern: {limits['pattern']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"


def _matches(pattern: str, value: str) -> bool:
    """Whether all of the value matches; Python's re has none of the Unicode classes in these patterns."""
    if r"\p{L}\p{Z}\p{N}" in pattern:
        return all(c in "_.:/=+-@" or unicodedata.category(c)[0] in "LZN" for c in value)
    return re.fullmatch(pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]"), value) is not None
