"""The properties of a `Custom::PersonalizeEventTracker`: CloudFormation's strings become typed values here."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from event_tracker import ownership
from event_tracker.errors import InvalidPropertiesError
from event_tracker.trackers import NAME, Scope

MAX_TAGS = 50 - len(ownership.KEYS)
_TAG_RULE = "letters, digits, spaces or _ . : / = + - @"


class ReplacementStrategy(StrEnum):
    """How a tracker gets another name (rule U3)."""

    CREATE_THEN_DELETE = "create_then_delete"
    DELETE_THEN_CREATE = "delete_then_create"


# Of each property that is a scalar, which CloudFormation sends as a string: its pattern, and the pattern in words.
_SCALARS = {
    "Name": (NAME, "1-63 of a-z A-Z 0-9 _ -, the first a letter or a digit"),
    "AdoptExisting": ("(?i)true|false", "true or false"),
    "ReplacementStrategy": ("|".join(ReplacementStrategy), " or ".join(ReplacementStrategy)),
    "ServiceTimeout": ("[1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|3600", "whole seconds, 1-3600"),
}
# CloudFormation passes on its own ServiceToken, as it does ServiceTimeout.
_KNOWN = ("DatasetGroupArn", "Tags", "ServiceToken", *_SCALARS)


@dataclass(frozen=True)
class Properties:
    """What a template says of its tracker. `dataset_group_arn` is empty where it was missing or invalid."""

    dataset_group_arn: str = ""
    name: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    adopt_existing: bool = False
    replacement_strategy: ReplacementStrategy = ReplacementStrategy.CREATE_THEN_DELETE
    service_timeout: int | None = None

    @classmethod
    def parse(cls, raw: object, scope: Scope, *, lenient: bool) -> "Properties":
        """Read properties; with problems raise InvalidPropertiesError that has all (rule B2), or, if lenient, go on."""
        reading = _Reading(raw, scope)
        if reading.problems and not lenient:
            found = "; ".join(reading.problems)
            raise InvalidPropertiesError(
                f"The properties are not valid: {found}. Correct the template and deploy again."
            )
        return reading.properties


class _Reading:
    """One reading of a raw dictionary: the usable properties, and the problems with the rest, which is left out."""

    def __init__(self, raw: object, scope: Scope) -> None:
        self.problems: list[str] = []
        self._raw: dict[str, Any] = raw if isinstance(raw, dict) else {}
        if self._raw is not raw:
            self._problem("ResourceProperties", raw, "a map of properties")
        for name in [name for name in self._raw if name not in _KNOWN]:
            similar = difflib.get_close_matches(str(name), _KNOWN)
            hint = f"did you mean {similar[0]}?" if similar else f"there are {', '.join(_KNOWN)}"
            self.problems.append(f"{name!s:.60} is not a property ({hint})")
        service_timeout = self._scalar("ServiceTimeout")
        self.properties = Properties(
            dataset_group_arn=self._dataset_group_arn(scope),
            name=self._scalar("Name"),
            tags=self._tags(),
            adopt_existing=str(self._scalar("AdoptExisting")).lower() == "true",
            replacement_strategy=ReplacementStrategy(self._scalar("ReplacementStrategy") or "create_then_delete"),
            service_timeout=int(service_timeout) if service_timeout else None,
        )

    def _problem(self, what: str, value: object, rule: str) -> None:
        self.problems.append(f"{what} is {_shown(value)} but must be {rule}")

    def _dataset_group_arn(self, scope: Scope) -> str:
        value = self._raw.get("DatasetGroupArn")
        rule = scope.why_no_dataset_group(value)
        if "DatasetGroupArn" not in self._raw:
            self.problems.append("DatasetGroupArn is missing but required")
        elif rule:
            self._problem("DatasetGroupArn", value, rule)
        return "" if rule else str(value)

    def _scalar(self, name: str) -> str | None:
        value, (pattern, rule) = self._raw.get(name), _SCALARS[name]
        is_valid = re.fullmatch(pattern, str(value)) is not None
        if name in self._raw and not is_valid:
            self._problem(name, value, rule)
        return str(value) if name in self._raw and is_valid else None

    def _tags(self) -> dict[str, str]:
        value = self._raw.get("Tags", [])
        if not isinstance(value, list):
            self._problem("Tags", value, "a list of {Key, Value}")
            return {}
        if len(value) > MAX_TAGS:
            self.problems.append(f"Tags are {len(value)} but must be at most {MAX_TAGS}")
        tags: dict[str, str] = {}
        for place, tag in enumerate(value):
            where = f"Tags[{place}]"
            if not (isinstance(tag, dict) and tag.keys() == {"Key", "Value"}):
                self._problem(where, tag, "{Key, Value}")
            elif self._is_tag(where, tag["Key"], tag["Value"], tags):
                tags[tag["Key"]] = tag["Value"]
        return tags

    def _is_tag(self, where: str, key: object, value: object, others: Mapping[str, str]) -> bool:
        problems = len(self.problems)
        if not (isinstance(key, str) and 1 <= len(key) <= 128 and ownership.is_taggable(key)):
            self._problem(f"{where}.Key", key, f"1-128 {_TAG_RULE}")
        # IAM compares the tag keys in a role's conditions without regard to case.
        elif key.lower().startswith(("aws:", "cloudformation:")):
            self._problem(f"{where}.Key", key, "a key that begins with neither aws: nor cloudformation:")
        elif key in others:
            self._problem(f"{where}.Key", key, "unique")
        if not (isinstance(value, str) and len(value) <= 256 and ownership.is_taggable(value)):
            self._problem(f"{where}.Value", value, f"0-256 {_TAG_RULE}")
        return len(self.problems) == problems


def _shown(value: object) -> str:
    """A value as it appears in a message: long ones are cut."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]}... ({len(text)} characters)"
