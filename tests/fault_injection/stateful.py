"""Stateful tests: hypothesis draws what several stacks and other people in one account do, and what goes wrong."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule, run_state_machine_as_test

from event_tracker.handler import make_handler
from simulation.faults import FAULTS
from simulation.stack import Resource, Stack, ValidationError
from simulation.world import MakeHandler, World, account, as_list
from tests.fault_injection.invariants import violations
from tests.fault_injection.sequences import DELIVERIES, PACES, SERVICES, Run, Tally

GROUPS = ("films", "books", "songs")
TAGS = st.dictionaries(st.sampled_from(["colour", "size"]), st.sampled_from(["red", "blue"]), max_size=2)


@st.composite
def properties(draw: st.DrawFn) -> dict[str, Any]:
    """The properties of a tracker, with the name of a dataset group in place of its ARN."""
    optional = {
        "Name": st.sampled_from(["one", "two", "theirs"]),
        "AdoptExisting": st.booleans(),
        "ReplacementStrategy": st.sampled_from(["create_then_delete", "delete_then_create"]),
        "ServiceTimeout": st.just(300),
        "Tags": TAGS.map(lambda tags: [{"Key": key, "Value": value} for key, value in tags.items()]),
    }
    return draw(st.fixed_dictionaries({"DatasetGroupArn": st.sampled_from(GROUPS)}, optional=optional))


class Operations(RuleBasedStateMachine):
    """Operations on stacks, acts of other people, and faults. After each operation everything comes to rest."""

    make: ClassVar[MakeHandler] = staticmethod(make_handler)
    tally: ClassVar[Tally] = Tally()

    stacks = Bundle("stacks")

    def __init__(self) -> None:
        super().__init__()
        self._account = ExitStack()
        self._account.enter_context(account(PACES["soon"]))
        self.world = World(self.make, PACES["soon"])
        self.groups = {name: self.world.dataset_group(name) for name in GROUPS}
        self._together: list[tuple[Stack, Callable[[], None]]] = []
        self._at_once = 1

    @rule(target=stacks, wanted=properties(), sibling_fails=st.booleans())
    def create(self, wanted: dict[str, Any], sibling_fails: bool) -> Stack:
        stack = self._stack()
        return self._do(stack, lambda: stack.create(sibling_fails=sibling_fails, **self._with_arn(wanted)))

    @rule(target=stacks, wanted=properties(), after=st.sampled_from([0.0, 0.07, 3.0, 30.0]))
    def create_that_is_abandoned(self, wanted: dict[str, Any], after: float) -> Stack:
        stack = self._stack()
        return self._do(stack, lambda: stack.create_abandoned(after, **self._with_arn(wanted)))

    @rule(target=stacks, wanted=properties(), theirs=st.booleans())
    def take_over(self, wanted: dict[str, Any], theirs: bool) -> Stack:
        """Swap the provider in over a resource that another one made: maybe the tracker in the group."""
        stack, wanted = self._stack(), self._with_arn(wanted)
        mine = {call.arn for call in self.world.calls if call.operation == "create_event_tracker"}
        arns = [arn for arn in self.world.trackers_in(wanted["DatasetGroupArn"]) if arn not in mine]
        physical_id = arns[0] if theirs and arns else "resource-of-another-provider"
        stack.resources["Tracker"] = Resource(physical_id, wanted)
        return self._do(stack, lambda: stack.update(**wanted))

    @rule(stack=stacks, wanted=properties(), sibling_fails=st.booleans())
    def update(self, stack: Stack, wanted: dict[str, Any], sibling_fails: bool) -> None:
        self._do(stack, lambda: stack.update(sibling_fails=sibling_fails, **self._with_arn(wanted)))

    @rule(stack=stacks, wanted=properties(), after=st.sampled_from([0.0, 3.0, 30.0]))
    def update_that_is_abandoned(self, stack: Stack, wanted: dict[str, Any], after: float) -> None:
        self._do(stack, lambda: stack.update(abandoned_after=after, **self._with_arn(wanted)))

    @rule(stack=stacks)
    def continue_rollback(self, stack: Stack) -> None:
        self._do(stack, stack.continue_rollback)

    @rule(stack=stacks)
    def delete(self, stack: Stack) -> None:
        if stack.resources:
            self._do(stack, stack.delete)

    @rule(group=st.sampled_from(GROUPS), tags=TAGS)
    def somebody_creates_a_tracker(self, group: str, tags: dict[str, str]) -> None:
        with suppress(self.world.service.exceptions.ClientError):
            self.world.tracker(self.groups[group], tags=tags)

    @rule(group=st.sampled_from(GROUPS))
    def somebody_deletes_the_tracker(self, group: str) -> None:
        self.world.delete_trackers(self.groups[group])

    @rule(group=st.sampled_from(GROUPS))
    def somebody_tags_the_tracker(self, group: str) -> None:
        for arn in self.world.trackers_in(self.groups[group]):
            self.world.service.tag_resource(resourceArn=arn, tags=as_list({"team": "theirs"}))

    @rule(calls_later=st.integers(0, 40), fault=st.sampled_from(list(FAULTS)))
    def something_will_go_wrong(self, calls_later: int, fault: str) -> None:
        number = len(self.world.wire.calls) + calls_later
        self.world.wire.faults = {**self.world.wire.faults, number: FAULTS[fault]}

    @rule(when=st.sampled_from(list(DELIVERIES)))
    def events_are_delivered(self, when: str) -> None:
        self.world.function.duplicates = DELIVERIES[when]
        self.world.function.again_at_once = when == "again at once"

    @rule(service=st.sampled_from(list(SERVICES)))
    def the_service_is(self, service: str) -> None:
        self.world.backend.guesses = SERVICES[service]

    @rule()
    def the_next_two_operations_begin_together(self) -> None:
        self._at_once = 2

    def teardown(self) -> None:
        try:
            self._run()
            self.world.clean_up()
            self._check()
            self.tally.add(Run(self.world))
        finally:
            self._account.close()

    def _stack(self) -> Stack:
        return self.world.stack(f"stack-{len(self.world.stacks) + 1}")

    def _with_arn(self, wanted: dict[str, Any]) -> dict[str, Any]:
        return {**wanted, "DatasetGroupArn": self.groups[wanted["DatasetGroupArn"]]}

    def _do(self, stack: Stack, operation: Callable[[], None]) -> Stack:
        # CloudFormation takes one operation on a stack at a time.
        if stack in [busy for busy, _ in self._together]:
            self._run()
        self._together.append((stack, operation))
        if len(self._together) >= self._at_once:
            self._run()
        return stack

    def _run(self) -> None:
        together, self._together, self._at_once = self._together, [], 1
        for _, operation in together:
            self.world.time.spawn(lambda operation=operation: _try(operation))
        self._check()

    def _check(self) -> None:
        self.world.settle()
        found = [violation for violation in violations(self.world) if not violation.in_window]
        assert not found, "\n".join(map(str, found))


def _try(operation: Callable[[], None]) -> None:
    with suppress(ValidationError):
        operation()


def run_stateful(make: MakeHandler, seed_: int, examples: int, steps: int = 10) -> Tally:
    """Run so many examples, those of a seed. Raises AssertionError, with a minimal example in its notes."""
    tally = Tally()
    machine = type("Run", (Operations,), {"make": staticmethod(make), "tally": tally})
    run_state_machine_as_test(
        seed(seed_)(machine),
        settings=settings(
            max_examples=examples,
            report_multiple_bugs=False,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    return tally
