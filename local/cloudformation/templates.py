"""What a template says that ministack reads otherwise: the order of creation, and conditions in a change set."""

from typing import Any

from ministack.services.cloudformation import changesets, engine, stacks  # type: ignore[import-untyped]

_sorted = engine._topological_sort
_resolved = changesets._resolve_props_for_diff


def install() -> None:
    """Have ministack read templates as CloudFormation does."""
    stacks._topological_sort = in_unkind_order
    changesets._resolve_props_for_diff = without_what_is_not_made


def in_unkind_order(resources: dict[str, Any], conditions: dict[str, Any]) -> list[str]:
    """The logical ids in an order that their dependencies allow, with datasets as late as can be.

    CloudFormation makes whatever depends on nothing at the same time. ministack makes one after the other, by their
    names, so that a tracker that does not depend on its Interactions dataset might find it all the same.
    """
    remaining: list[str] = _sorted(resources, conditions)
    ordered: list[str] = []
    while remaining:
        ready = [name for name in remaining if not engine._extract_deps(resources[name], {*remaining} - {name})]
        # The first of the least, which is a dataset only if there is nothing else.
        following = min(ready, key=lambda name: resources[name]["Type"] == "AWS::Personalize::Dataset")
        remaining.remove(following)
        ordered.append(following)
    return ordered


def without_what_is_not_made(
    template: dict[str, Any], params: dict[str, Any], stack_name: str, stack_id: str
) -> dict[str, Any]:
    """A template for a change set, without the resources whose conditions are false."""
    resolved: dict[str, Any] = _resolved(template, params, stack_name, stack_id)
    if resolved:
        conditions = changesets._evaluate_conditions(template, params)
        resolved["Resources"] = {
            name: resource
            for name, resource in resolved["Resources"].items()
            if "Condition" not in resource or conditions[resource["Condition"]]
        }
    return resolved
