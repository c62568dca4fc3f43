"""The resource types of Amazon Personalize that the local cloud has, beside the registry's schemas of them."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import cfnlint

SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas"


def registered(name: str) -> dict[str, Any]:
    """The schema of a type as cfn-lint has it, in us-east-1."""
    types = json.loads((SCHEMAS / "providers" / "us-east-1.json").read_text())
    schema: dict[str, Any] = json.loads((SCHEMAS / "resources" / f"{types[name]}.json").read_text())
    return schema


def test_a_type_has_the_attributes_and_replacements_of_the_registry() -> None:
    # It imports ministack, which takes long.
    from local.cloudformation.resource_types import resource_types  # noqa: PLC0415

    for kind in resource_types(Mock()):
        schema = registered(kind.name)
        assert {f"/properties/{name}" for name in kind.attributes} == set(schema["readOnlyProperties"])
        assert {f"/properties/{name}" for name in kind.create_only} == set(schema["createOnlyProperties"])
        assert schema["primaryIdentifier"] == [f"/properties/{kind.attributes[0]}"]
