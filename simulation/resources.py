"""The custom resources of a stack: as a template declares them, as they are, and how an operation changes them.

Source: the AWS CloudFormation reference of UpdateReplacePolicy and DeletionPolicy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from simulation.cloudformation import Properties, Request, Response

DELETE, RETAIN, RETAIN_EXCEPT_ON_CREATE = "Delete", "Retain", "RetainExceptOnCreate"


@dataclass(frozen=True)
class Declaration:
    """A resource as a template declares it."""

    properties: Properties
    update_replace_policy: str = DELETE
    deletion_policy: str = DELETE

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> "Declaration":
        """A declaration whose policies stand among the properties, by their names in a template."""
        properties = dict(members)
        policies = (properties.pop(name, DELETE) for name in ("UpdateReplacePolicy", "DeletionPolicy"))
        return cls(properties, *policies)


Template: TypeAlias = Mapping[str, Declaration]


@dataclass
class Resource:
    """A custom resource of a stack, as CloudFormation remembers it.

    `response`: the last one that said SUCCESS. `failed`: the Create that failed, if the resource was preserved.
    """

    physical_id: str
    declared: Declaration
    response: Response | None = None
    failed: Request | None = None

    @property
    def properties(self) -> Properties:
        """The properties that it has."""
        return self.declared.properties

    @property
    def attributes(self) -> dict[str, str]:
        """What Fn::GetAtt gives."""
        return self.response.attributes if self.response else {}


@dataclass
class Change:
    """What an operation does to one resource: a Create, if there is none `before`, or an Update."""

    logical_id: str
    declared: Declaration
    before: Resource | None
    request: Request

    @property
    def physical_id(self) -> str:
        """The id that the resource has now."""
        taken = self.request.taken
        if taken and (self.before is None or taken.is_success):
            return taken.physical_id
        return self.before.physical_id if self.before else ""

    @property
    def after(self) -> Resource:
        """The resource when the change has succeeded."""
        return Resource(self.physical_id, self.declared, self.request.taken)


@dataclass
class CleanUp:
    """A physical id that has left the stack: it is deleted, unless it is retained."""

    logical_id: str
    physical_id: str
    properties: Properties
    is_retained: bool = False
    replaced_by: Request | None = None
