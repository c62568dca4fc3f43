"""The resource types of Amazon Personalize, of which ministack has none.

`AWS::Personalize::Schema`, `DatasetGroup`, `Dataset` and `EventTracker` are created, replaced, deleted and imported
here as the registry's schemas of them say, in the local Amazon Personalize.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from ministack.services.cloudformation import provisioners, stacks  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from mypy_boto3_personalize import PersonalizeClient

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class ResourceType:
    """A resource type of Amazon Personalize. Its methods are what ministack calls, and take what ministack hands them.

    `noun` is what the API calls it. `create_only` are the properties whose change replaces the resource,
    `attributes` what `Fn::GetAtt` can name.
    """

    client: "PersonalizeClient"
    noun: str
    create_only: tuple[str, ...]
    attributes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the type in templates."""
        return f"AWS::Personalize::{self.noun}"

    def create(self, _logical_id: str, properties: Mapping[str, Any], _stack_name: str) -> tuple[str, dict[str, str]]:
        """Create the resource and wait until it is ACTIVE; returns its physical id and its attributes."""
        arguments = {_lower(name): value for name, value in properties.items()}
        if "tags" in arguments:
            arguments["tags"] = _tags(arguments["tags"])
        arn: str = self._call("Create", **arguments)[f"{_lower(self.noun)}Arn"]
        while (described := self._describe(arn)).get("status", "ACTIVE").startswith("CREATE "):
            if described["status"] == "CREATE FAILED":
                raise ValueError(f"{self.noun} {arn} became CREATE FAILED.")
            time.sleep(_POLL_SECONDS)
        return self.import_({"": arn})

    def update(
        self, arn: str, old: Mapping[str, Any], new: Mapping[str, Any], _stack_name: str
    ) -> tuple[str, dict[str, str]]:
        """Change what can be changed in place, the tags."""
        keys = {tag["Key"] for tag in old.get("Tags", [])} - {tag["Key"] for tag in new.get("Tags", [])}
        if keys:
            self.client.untag_resource(resourceArn=arn, tagKeys=sorted(keys))
        self.client.tag_resource(resourceArn=arn, tags=_tags(new.get("Tags", [])))
        return self.import_({"": arn})

    def delete(self, arn: str, _properties: Mapping[str, Any]) -> None:
        """Delete the resource and wait until it is gone."""
        missing = self.client.exceptions.ResourceNotFoundException
        try:
            self._call("Delete", **{f"{_lower(self.noun)}Arn": arn})
            while self._describe(arn):
                time.sleep(_POLL_SECONDS)
        except missing:
            pass

    def import_(self, identifier: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """The physical id and the attributes of a resource that is there, by its primary identifier."""
        (arn,) = identifier.values()
        described = self._describe(arn)
        return arn, {attribute: described[_lower(attribute)] for attribute in self.attributes}

    def _describe(self, arn: str) -> dict[str, Any]:
        described: dict[str, Any] = self._call("Describe", **{f"{_lower(self.noun)}Arn": arn})[_lower(self.noun)]
        return described

    def _call(self, verb: str, **arguments: object) -> dict[str, Any]:
        response: dict[str, Any] = getattr(self.client, xform_name(verb + self.noun))(**arguments)
        return response


def resource_types(client: "PersonalizeClient") -> list[ResourceType]:
    """Those that are known here. Their properties and attributes are the registry's, as cfn-lint has them."""
    return [
        ResourceType(client, "Schema", ("Name", "Schema", "Domain", "Tags"), ("SchemaArn",)),
        ResourceType(client, "DatasetGroup", ("Name", "RoleArn", "KmsKeyArn", "Domain", "Tags"), ("DatasetGroupArn",)),
        ResourceType(
            client, "Dataset", ("Name", "DatasetType", "DatasetGroupArn", "SchemaArn", "Tags"), ("DatasetArn",)
        ),
        ResourceType(client, "EventTracker", ("Name", "DatasetGroupArn"), ("EventTrackerArn", "TrackingId")),
    ]


def register(client: "PersonalizeClient") -> None:
    """Have ministack's CloudFormation know the types; it has tables of its own, and no way to add to them."""
    for kind in resource_types(client):
        provisioners._RESOURCE_HANDLERS[kind.name] = {
            "create": kind.create,
            "update": kind.update,
            "delete": kind.delete,
            "import": kind.import_,
        }
        provisioners._REPLACING_PROPERTIES[kind.name] = kind.create_only
    # What waits must not hold up the server, in whose own loop other types are made.
    waits = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda name: name.startswith("AWS::Personalize::") or waits(name)


def _tags(tags: list[dict[str, str]]) -> list[Any]:
    return [{"tagKey": tag["Key"], "tagValue": tag["Value"]} for tag in tags]


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]
