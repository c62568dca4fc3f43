"""The properties of a `Custom::PersonalizeEventTracker`: CloudFormation's strings become typed values here."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from event_tracker import ownership
from event_tracker.errors import InvalidPropertiesError
from event_tracker.scope import Scope

MAX_TAGS = 50 - len(ownership.KEYS)

# CloudFormation passes on its own two with the rest.
_KNOWN = (
    "DatasetGroupArn",
    "Name",
    "Tags",
    "AdoptExisting",
    "ReplacementStrategy",
    "ServiceTimeout",
    "ServiceToken",
)


class ReplacementStrategy(StrEnum):
    """How a tracker gets another name (rule U3)."""

    CREATE_THEN_DELETE = "create_then_delete"
    DELETE_THEN_CREATE = "delete_then_create"


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
    def parse(cls, raw: object, scope: Scope) -> "Properties":
        """Read ResourceProperties strictly.

        Raises InvalidPropertiesError with every problem in one message (rule B2).
        """
        reading = _Reading(raw, scope)
        if reading.problems:
            raise InvalidPropertiesError(
                f"The properties are not valid: {'; '.join(reading.problems)}. Correct the template and deploy again."
            )
        return reading.properties

    @classmethod
    def parse_lenient(cls, raw: object, scope: Scope) -> "Properties":
        """Read properties that may be invalid, such as those of a Delete or of a failed update, without what is."""
        return _Reading(raw, scope).properties


class _Reading:
    """One reading of a raw dictionary: the usable properties, and the problems with the rest."""

    def __init__(self, raw: object, scope: Scope) -> None:
        self.problems: list[str] = []
        if not isinstance(raw, dict):
            self._problem("ResourceProperties", raw, "a map of properties")
            raw = {}
        for name in raw:
            if name not in _KNOWN:
                similar = difflib.get_close_matches(str(name), _KNOWN, n=1)
                hint = f"did you mean {similar[0]}?" if similar else f"there are {', '.join(_KNOWN)}"
                self.problems.append(f"{_shown(name, quoted=False)} is not a property ({hint})")
        self.properties = Properties(
            dataset_group_arn=self._dataset_group_arn(raw, scope),
            name=self._name(raw),
            tags=self._tags(raw),
            adopt_existing=self._adopt_existing(raw),
            replacement_strategy=self._replacement_strategy(raw),
            service_timeout=self._service_timeout(raw),
        )

    def _problem(self, what: str, value: object, rule: str) -> None:
        self.problems.append(f"{what} is {_shown(value)} but must be {rule}")

    def _dataset_group_arn(self, raw: dict[str, Any], scope: Scope) -> str:
        if "DatasetGroupArn" not in raw:
            self.problems.append("DatasetGroupArn is missing but required")
            return ""
        value = raw["DatasetGroupArn"]
        rule = scope.why_no_dataset_group(value)
        if not rule:
            return str(value)
        self._problem("DatasetGroupArn", value, rule)
        return ""

    def _name(self, raw: dict[str, Any]) -> str | None:
        if "Name" not in raw:
            return None
        value = raw["Name"]
        if isinstance(value, str) and re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}", value):
            return value
        self._problem("Name", value, "1-63 of a-z A-Z 0-9 _ -, the first a letter or a digit")
        return None

    def _tags(self, raw: dict[str, Any]) -> dict[str, str]:
        value = raw.get("Tags", [])
        if not isinstance(value, list):
            self._problem("Tags", value, "a list of {Key, Value}")
            return {}
        tags: dict[str, str] = {}
        for place, tag in enumerate(value):
            where = f"Tags[{place}]"
            if not (isinstance(tag, dict) and tag.keys() == {"Key", "Value"}):
                self._problem(where, tag, "{Key, Value}")
                continue
            key_is_valid = self._tag_key(f"{where}.Key", tag["Key"], tags)
            value_is_valid = self._tag_value(f"{where}.Value", tag["Value"])
            if key_is_valid and value_is_valid:
                tags[tag["Key"]] = tag["Value"]
        if len(value) > MAX_TAGS:
            self.problems.append(f"Tags are {len(value)} but must be at most {MAX_TAGS}")
        return tags

    def _tag_key(self, where: str, key: object, others: Mapping[str, str]) -> bool:
        if not (isinstance(key, str) and 1 <= len(key) <= 128 and ownership.is_taggable(key)):
            self._problem(where, key, "1-128 letters, digits, spaces or _ . : / = + - @")
        # IAM compares the tag keys in a role's conditions without regard to case.
        elif key.lower().startswith(("aws:", "cloudformation:")):
            self._problem(where, key, "a key that begins with neither aws: nor cloudformation:")
        elif key in others:
            self._problem(where, key, "unique")
        else:
            return True
        return False

    def _tag_value(self, where: str, value: object) -> bool:
        if isinstance(value, str) and len(value) <= 256 and ownership.is_taggable(value):
            return True
        self._problem(where, value, "0-256 letters, digits, spaces or _ . : / = + - @")
        return False

    def _adopt_existing(self, raw: dict[str, Any]) -> bool:
        value = raw.get("AdoptExisting", False)
        if str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        self._problem("AdoptExisting", value, "true or false")
        return False

    def _replacement_strategy(self, raw: dict[str, Any]) -> ReplacementStrategy:
        value = raw.get("ReplacementStrategy", ReplacementStrategy.CREATE_THEN_DELETE)
        try:
            return ReplacementStrategy(value)
        except ValueError:
            self._problem("ReplacementStrategy", value, " or ".join(ReplacementStrategy))
            return ReplacementStrategy.CREATE_THEN_DELETE

    def _service_timeout(self, raw: dict[str, Any]) -> int | None:
        if "ServiceTimeout" not in raw:
            return None
        value = raw["ServiceTimeout"]
        if re.fullmatch("[0-9]{1,4}", str(value)) and 1 <= int(value) <= 3600:
            return int(value)
        self._problem("ServiceTimeout", value, "whole seconds, 1-3600")
        return None


def _shown(value: object, *, quoted: bool = True) -> str:
    """A value as it appears in a message: long ones are cut."""
    text = repr(value) if quoted else str(value)
    return text if len(text) <= 80 else f"{text[:60]}... ({len(text)} characters)"
