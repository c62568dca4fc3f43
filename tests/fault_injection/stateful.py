"""Stateful tests: hypothesis draws what several stacks and other people in one account do, and what goes wrong."""

import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from typing import Any, ClassVar
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.constants_ast import Constants
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from simulation.faults import FAULTS, dies_after_response
from simulation.stack import DELETE, RETAIN, RETAIN_EXCEPT_ON_CREATE, Declaration, Resource, Stack, ValidationError
from simulation.world import World, account, as_list
from tests.fault_injection.rules import Violation
from tests.fault_injection.sequences import DELIVERIES, OURS, PACES, SERVICES, Provider, Run, Tally

GROUPS = ("films", "books", "songs")
LOGICAL_IDS = ("Tracker", "Second")
TAGS = st.dictionaries(st.sampled_from(["color", "size"]), st.sampled_from(["red", "blue"]), max_size=2)
TEMPLATE_TAGS = TAGS.map(lambda tags: [{"Key": key, "Value": value} for key, value in tags.items()])
BAD_TAGS = [{"Key": "aws:team", "Value": "x"}]

# What a template may say of a tracker beside its group, which stands by its name in place of its ARN.
MEMBERS: Mapping[str, st.SearchStrategy[Any]] = {
    "Name": st.sampled_from(["one", "two", "theirs"]),
    "AdoptExisting": st.booleans(),
    "ReplacementStrategy": st.sampled_from(["create_then_delete", "delete_then_create"]),
    "ServiceTimeout": st.just(300),
    "Tags": TEMPLATE_TAGS,
    "UpdateReplacePolicy": st.sampled_from([RETAIN, DELETE]),
    "DeletionPolicy": st.sampled_from([RETAIN, DELETE, RETAIN_EXCEPT_ON_CREATE]),
}
IN_GROUP = {"DatasetGroupArn": st.sampled_from(GROUPS)}
RESOURCES = st.fixed_dictionaries(IN_GROUP, optional=dict(MEMBERS))
# What an update changes; None takes a member out.
CHANGES = st.one_of(
    st.fixed_dictionaries({}, optional={name: st.one_of(member, st.none()) for name, member in MEMBERS.items()}),
    st.fixed_dictionaries({"Tags": st.just(BAD_TAGS)}),
    st.fixed_dictionaries({"Nmae": st.just("one")}),
)
# How an operation goes.
WAYS = st.one_of(
    st.just({}),
    st.sampled_from(
        [
            {"one_by_one": True},
            {"sibling_fails": True},
            {"sibling_fails": True, "one_by_one": True},
            {"disable_rollback": True},
            {"disable_rollback": True, "delete_failed_first": True},
            {"sibling_fails": True, "disable_rollback": True},
            {"cancelled_after": 0.0},
            {"cancelled_after": 0.07},
            {"cancelled_after": 3.0},
            {"cancelled_after": 30.0},
        ]
    ),
)
# Which of a stack's resources.
WHICH = st.integers(0, 1)


class Surroundings(RuleBasedStateMachine):
    """An account in which other people act and anything may go wrong. After each operation everything comes to rest."""

    provider: ClassVar[Provider] = OURS
    tally: ClassVar[Tally] = Tally()
    runs: ClassVar[str] = ""
    # Which violations end a run.
    ends: ClassVar[Callable[[Violation], bool]] = staticmethod(lambda violation: not violation.window)

    stacks = Bundle("stacks")

    def __init__(self) -> None:
        super().__init__()
        self._account = ExitStack()
        self._account.enter_context(account(PACES["soon"]))
        self.world = World(self.provider.make, PACES["soon"], has_role=self.provider.has_role)
        self.groups = {name: self.world.dataset_group(name) for name in GROUPS}
        self._what_came_of_it = Run(self.world, self.runs)
        self._together: list[tuple[Stack, Callable[[], None]]] = []
        self._at_once = 1

    @rule(group=st.sampled_from(GROUPS), tags=TAGS)
    def somebody_creates_a_tracker(self, group: str, tags: dict[str, str]) -> None:
        with suppress(self.world.service.exceptions.ClientError):
            self.world.tracker(self.groups[group], tags=tags)

    @rule(group=st.sampled_from(GROUPS), act=st.sampled_from(["deletes", "tags", "takes back"]))
    def somebody_changes_the_tracker(self, group: str, act: str) -> None:
        if act == "deletes":
            self.world.delete_trackers(self.groups[group])
            return
        for arn in self.world.trackers_in(self.groups[group]):
            if act == "tags":
                self.world.service.tag_resource(resourceArn=arn, tags=as_list({"team": "theirs"}))
            else:
                self.world.take_back(arn)

    @rule(group=st.sampled_from(GROUPS), stack=stacks, logical_id=st.sampled_from(LOGICAL_IDS))
    def somebody_hands_a_tracker_over(self, group: str, stack: Stack, logical_id: str) -> None:
        for arn in self.world.trackers_in(self.groups[group]):
            if self._is_theirs(arn) and not any(
                arn == one.physical_id for one in self._resources_but(stack, logical_id)
            ):
                self.world.hand_over(arn, stack, logical_id)

    @rule(calls_later=st.integers(0, 40), fault=st.sampled_from(list(FAULTS)))
    def a_call_will_go_wrong(self, calls_later: int, fault: str) -> None:
        number = len(self.world.wire.calls) + calls_later
        self.world.wire.faults = {**self.world.wire.faults, number: FAULTS[fault]}

    @rule(responses_later=st.integers(0, 2))
    def the_function_will_die_after_a_response(self, responses_later: int) -> None:
        self.world.wire.lasting.append((math.inf, dies_after_response(responses_later)))

    @rule(
        when=st.sampled_from(list(DELIVERIES)),
        late=st.lists(st.sampled_from([0.0, 1.0, 20.0, 300.0, 3500.0]), max_size=3),
    )
    def events_are_delivered(self, when: str, late: list[float]) -> None:
        self.world.function.duplicates = DELIVERIES[when]
        self.world.function.again_at_once = when == "again at once"
        self.world.function.come_late(late)

    @rule(
        timeout=st.sampled_from([900.0, 60.0, 120.0, 300.0]),
        concurrency=st.sampled_from([None, 1]),
        service=st.sampled_from(list(SERVICES)),
        is_dated=st.sampled_from([True, True, True, False]),
    )
    def circumstances_are(self, timeout: float, concurrency: int | None, service: str, is_dated: bool) -> None:
        self.world.function.timeout, self.world.function.concurrency = timeout, concurrency
        self.world.backend.guesses = SERVICES[service]
        # Once there is a request without a date, its tracker has none either.
        self.world.cloudformation.dated_urls &= is_dated

    @rule()
    def the_next_two_operations_begin_together(self) -> None:
        self._at_once = 2

    def teardown(self) -> None:
        try:
            self._run()
            self.world.clean_up()
            self._check()
            self.tally.add(self._what_came_of_it)
        finally:
            self._account.close()

    def _is_theirs(self, arn: str) -> bool:
        return not any(call.arn == arn and call.operation == "create_event_tracker" for call in self.world.calls)

    def _resources_but(self, stack: Stack, logical_id: str) -> list[Resource]:
        return [
            resource
            for other in self.world.stacks
            for name, resource in other.resources.items()
            if (other, name) != (stack, logical_id)
        ]

    def _do(self, stack: Stack, operation: Callable[[], None]) -> None:
        # CloudFormation takes one operation on a stack at a time.
        if stack in [busy for busy, _ in self._together]:
            self._run()
        self._together.append((stack, operation))
        if len(self._together) >= self._at_once:
            self._run()

    def _run(self) -> None:
        together, self._together, self._at_once = self._together, [], 1
        for _, operation in together:
            self.world.time.spawn(lambda operation=operation: _try(operation))
        self._check()

    def _check(self) -> None:
        self._what_came_of_it.check()
        broken = [violation for violation in self._what_came_of_it.violations if self.ends(violation)]
        assert not broken, "\n".join(map(str, broken))


class Operations(Surroundings):
    """Operations on stacks."""

    stacks = Surroundings.stacks

    @initialize(target=stacks, members=st.fixed_dictionaries({}, optional=dict(MEMBERS)))
    def there_is_a_stack(self, members: dict[str, Any]) -> Stack:
        return self.create_stack([{"DatasetGroupArn": "films", **members}], {})

    @precondition(lambda self: len(self.world.stacks) < 3)
    @rule(target=stacks, resources=st.lists(RESOURCES, min_size=1, max_size=2), way=WAYS)
    def create_stack(self, resources: list[dict[str, Any]], way: dict[str, Any]) -> Stack:
        stack = self.world.stack(f"stack-{len(self.world.stacks) + 1}")
        template = dict(zip(LOGICAL_IDS, map(self._declaration, resources), strict=False))
        self._do(stack, lambda: stack.deploy(template, **way))
        return stack

    @precondition(lambda self: len(self.world.stacks) < 3)
    @rule(target=stacks, resource=RESOURCES, theirs=st.booleans())
    def swap_the_provider_in(self, resource: dict[str, Any], theirs: bool) -> Stack:
        """Put the provider in the place of another one, whose resource may be the tracker in the group."""
        stack, declared = self.world.stack(f"stack-{len(self.world.stacks) + 1}"), self._declaration(resource)
        arns = [arn for arn in self.world.trackers_in(declared.properties["DatasetGroupArn"]) if self._is_theirs(arn)]
        physical_id = arns[0] if theirs and arns else "resource-of-another-provider"
        stack.resources["Tracker"] = Resource(physical_id, declared)
        self._do(stack, lambda: stack.deploy({"Tracker": declared}, force={"Tracker"}))
        return stack

    @rule(stack=stacks, which=WHICH, changes=CHANGES, way=WAYS)
    def update(self, stack: Stack, which: int, changes: dict[str, Any], way: dict[str, Any]) -> None:
        def operation() -> None:
            logical_id, declared = _item(stack, which)
            stack.deploy({**stack.template, logical_id: self._changed(declared, changes)}, **way)

        self._do(stack, operation)

    @rule(stack=stacks, which=WHICH, group=st.sampled_from(GROUPS), changes=CHANGES, way=WAYS)
    def update_in_another_group(
        self, stack: Stack, which: int, group: str, changes: dict[str, Any], way: dict[str, Any]
    ) -> None:
        self.update(stack, which, {**changes, "DatasetGroupArn": group}, way)

    @rule(
        stack=stacks,
        which=WHICH,
        name=MEMBERS["Name"],
        way=st.one_of(st.just({"sibling_fails": True}), WAYS),
        dies=st.booleans(),
    )
    def opt_in_to_a_rename(self, stack: Stack, which: int, name: str, way: dict[str, Any], dies: bool) -> None:
        if dies:
            self.the_function_will_die_after_a_response(0)
        self.update(stack, which, {"Name": name, "ReplacementStrategy": "delete_then_create"}, way)

    @rule(stack=stacks, group=st.sampled_from(GROUPS), way=WAYS)
    def change_groups(self, stack: Stack, group: str, way: dict[str, Any]) -> None:
        """Move the first resource to a group, and the second, if there is one, to where the first was."""

        def operation() -> None:
            template, groups = stack.template, [self.groups[group]]
            for logical_id, declared in template.items():
                groups.append(declared.properties["DatasetGroupArn"])
                template[logical_id] = self._changed(declared, {"DatasetGroupArn": groups[-2]})
            stack.deploy(template, **way)

        self._do(stack, operation)

    @rule(stack=stacks, resource=RESOURCES, way=WAYS)
    def declare(self, stack: Stack, resource: dict[str, Any], way: dict[str, Any]) -> None:
        """Declare a resource that is not in the template, or no longer."""
        declared = self._declaration(resource)

        def operation() -> None:
            missing = [name for name in LOGICAL_IDS if name not in stack.template]
            stack.deploy({**stack.template, **dict.fromkeys(missing[:1], declared)}, **way)

        self._do(stack, operation)

    @rule(stack=stacks, which=WHICH, way=WAYS)
    def take_out(self, stack: Stack, which: int, way: dict[str, Any]) -> None:
        def operation() -> None:
            logical_id, _ = _item(stack, which)
            stack.deploy({name: one for name, one in stack.template.items() if name != logical_id}, **way)

        self._do(stack, operation)

    @rule(stack=stacks, way=WAYS)
    def swap_logical_ids(self, stack: Stack, way: dict[str, Any]) -> None:
        """Give each resource the other logical id; if there is one resource, that is renaming it."""

        def operation() -> None:
            other = dict(zip(LOGICAL_IDS, reversed(LOGICAL_IDS), strict=True))
            stack.deploy({other[name]: one for name, one in stack.template.items()}, **way)

        self._do(stack, operation)

    @rule(stack=stacks)
    def deploy_again(self, stack: Stack) -> None:
        """Deploy the same template, as one does when it was not the template's fault."""
        self._do(stack, lambda: stack.deploy(stack.template, force=stack.template))

    @rule(stack=stacks)
    def delete_or_continue_rollback(self, stack: Stack) -> None:
        if stack.status == "UPDATE_ROLLBACK_FAILED":
            self._do(stack, stack.continue_rollback)
        elif stack.resources:
            self._do(stack, stack.delete)

    def _declaration(self, members: Mapping[str, Any]) -> Declaration:
        return Declaration.of({**members, "DatasetGroupArn": self.groups[members["DatasetGroupArn"]]})

    def _changed(self, declared: Declaration, changes: Mapping[str, Any]) -> Declaration:
        members = {
            **declared.properties,
            "UpdateReplacePolicy": declared.update_replace_policy,
            "DeletionPolicy": declared.deletion_policy,
            **changes,
        }
        members["DatasetGroupArn"] = self.groups.get(members["DatasetGroupArn"], members["DatasetGroupArn"])
        return Declaration.of({name: member for name, member in members.items() if member is not None})


def _item(stack: Stack, which: int) -> tuple[str, Declaration]:
    """One of the resources of a stack, as it is declared."""
    items = list(stack.template.items())
    if not items:
        raise ValidationError("No updates are to be performed.")
    return items[which % len(items)]


def _try(operation: Callable[[], None]) -> None:
    with suppress(ValidationError):
        operation()


def run_stateful(
    provider: Provider,
    seed_: int,
    examples: int,
    steps: int = 20,
    ends: Callable[[Violation], bool] = Operations.ends,
) -> Tally:
    """Run so many examples, those of a seed. Raises AssertionError, with a minimal example in its notes.

    `ends` says which violations end a run; those in no window, if it is left out.
    """
    tally = Tally()
    runs = f"stateful runs of seed {seed_}"
    members = {"provider": provider, "tally": tally, "runs": runs, "ends": staticmethod(ends)}
    machine = type("Account", (Operations,), members)
    how = settings(
        max_examples=examples,
        report_multiple_bugs=False,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    # Otherwise hypothesis draws numbers that it finds in the modules which happen to be imported.
    with patch("hypothesis.internal.conjecture.providers._get_local_constants", Constants):
        run_state_machine_as_test(seed(seed_)(machine), settings=how)
    return tally
