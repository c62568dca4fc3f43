"""Scenarios with faults in them, and what came of each."""

import functools
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from event_tracker.handler import make_handler
from local.moto_personalize import Guesses
from simulation.faults import FAULTS
from simulation.stack import ValidationError
from simulation.world import MakeHandler, World, account
from tests.fault_injection.invariants import violations
from tests.fault_injection.rules import Rule, Violation, Window
from tests.fault_injection.scenarios import SCENARIOS


@dataclass(frozen=True)
class Provider:
    """What is tested. `has_role`: it may do only what the role in `template.yaml` allows."""

    name: str
    make: MakeHandler
    has_role: bool = True


OURS = Provider("this provider", make_handler)

# Of what is random.
SEED = 1

# Shorter than elsewhere, since there is a fault for each call of each wait; and longer than Lambda waits before it
# delivers again what failed.
PACES = {"soon": 2, "late": 32}

# When each event is delivered again: so many seconds after the first time, or when it was handled.
DELIVERIES: dict[str, tuple[float, ...]] = {
    "once": (),
    "again at once": (),
    "twice at the same time": (0.0,),
    "again after two seconds": (2.0,),
    "again after one minute": (60.0,),
    "again after two minutes": (120.0,),
}

# What the service does where nobody knows.
SERVICES = {
    "likely": Guesses(),
    "LimitExceeded": Guesses(
        second_tracker_same_name="LimitExceededException", second_tracker_other_name="LimitExceededException"
    ),
    "ResourceInUse": Guesses(
        second_tracker_same_name="ResourceInUseException", second_tracker_other_name="ResourceInUseException"
    ),
    "no tags while changing": Guesses(tags_while_changing="ResourceInUseException"),
    "new trackers invisible": Guesses(invisible_seconds=3.0),
    "members left out": Guesses(
        left_out_members=frozenset({"accountId", "creationDateTime", "lastUpdatedDateTime"}), empty_next_token=True
    ),
    "free while deleting": Guesses(states_that_free_the_group=frozenset({"DELETE PENDING", "DELETE IN_PROGRESS"})),
}


@dataclass(frozen=True)
class Sequence:
    """A scenario, the faults in it by the number of the call, how events are delivered, and how the service is."""

    scenario: str
    faults: Mapping[int, str] = field(default_factory=dict)
    deliveries: str = "once"
    pace: str = "soon"
    service: str = "likely"

    def __str__(self) -> str:
        faults = [f"call {number} {fault}" for number, fault in sorted(self.faults.items())]
        return "; ".join((self.scenario, *faults, f"delivered {self.deliveries}", f"ready {self.pace}", self.service))


@dataclass
class Run:
    """What came of a sequence, or of one of the stateful runs of a seed.

    `outcome`: the states of the stacks, and how many trackers there were, at each pause.
    """

    world: World
    sequence: Sequence | str
    outcome: list[tuple[str, ...]] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    @property
    def broken(self) -> list[Violation]:
        """The violations that are in no window."""
        return [violation for violation in self.violations if not violation.window]

    def check(self) -> None:
        """Let everything come to rest, and see what holds."""
        self.world.settle()
        self.violations += [new for new in violations(self.world) if new not in self.violations]
        states = (stack.status for stack in self.world.stacks)
        self.outcome.append((*states, f"{len(self.world.trackers())} trackers"))

    def continue_rollbacks(self) -> None:
        """Do what an operator does about a rollback that failed: try again, at last when nothing fails any more."""
        stuck = [stack for stack in self.world.stacks if stack.status == "UPDATE_ROLLBACK_FAILED"]
        for stack in stuck:
            stack.continue_rollback()
            if stack.status == "UPDATE_ROLLBACK_FAILED":
                self.world.wire.stop_faults()
                stack.continue_rollback()
            if stack.status == "UPDATE_ROLLBACK_FAILED":
                self.violations.append(
                    Violation(Rule.TEMPLATE, f"{stack.name} cannot be rolled back: {stack.reasons[-1]}")
                )
        if stuck:
            self.check()


@dataclass
class Tally:
    """What came of many sequences: how much of what there was, and how many sequences broke a rule or are in a window.

    `examples`: the first that broke each rule.
    """

    counts: Counter[str | Rule | Window] = field(default_factory=Counter)
    examples: dict[Rule, str] = field(default_factory=dict)

    def add(self, run: Run) -> None:
        self.counts["sequences"] += 1
        self.counts["requests sent"] += len(run.world.cloudformation.requests)
        self.counts["times they were delivered"] += len(run.world.function.history)
        self.counts["calls that could fail"] += len(run.world.wire.calls)
        self.counts["responses checked"] += len(run.world.cloudformation.puts)
        self.counts["seconds that passed"] += round(run.world.time.now)
        self.counts.update({violation.window or violation.rule for violation in run.violations})
        for violation in run.broken:
            self.examples.setdefault(violation.rule, f"{run.sequence}: {violation.how}")

    def __iadd__(self, other: "Tally") -> "Tally":
        self.counts += other.counts
        self.examples = other.examples | self.examples
        return self


def run(sequence: Sequence, provider: Provider = OURS) -> Run:
    """Run a sequence in a new account, and look at everything that must hold."""
    with account(PACES[sequence.pace]):
        world = World(provider.make, PACES[sequence.pace], has_role=provider.has_role)
        world.backend.guesses = SERVICES[sequence.service]
        world.wire.faults = {number: FAULTS[fault] for number, fault in sequence.faults.items()}
        world.function.duplicates = DELIVERIES[sequence.deliveries]
        world.function.again_at_once = sequence.deliveries == "again at once"
        what_came_of_it = Run(world, sequence)
        # A stack that could not be created cannot be updated.
        with suppress(ValidationError):
            for _ in SCENARIOS[sequence.scenario](world):
                what_came_of_it.check()
                what_came_of_it.continue_rollbacks()
        if any(stack.resources for stack in world.stacks):
            world.clean_up()
            what_came_of_it.check()
        return what_came_of_it


def with_one_fault(scenario: str, provider: Provider = OURS) -> Iterator[Run]:
    """Run a scenario without a fault, delivered in every way, and then with every fault at every call."""
    plain = run(Sequence(scenario), provider)
    yield plain
    for deliveries in list(DELIVERIES)[1:]:
        yield run(Sequence(scenario, deliveries=deliveries), provider)
    for number in range(len(plain.world.wire.calls)):
        for fault in FAULTS:
            faulty = run(Sequence(scenario, {number: fault}), provider)
            if faulty.outcome != plain.outcome:
                window = next((violation.window for violation in faulty.violations if violation.window), None)
                how = f"{faulty.outcome} in place of {plain.outcome}"
                faulty.violations.append(Violation(Rule.OUTCOME, how, window))
            yield faulty


def sample(seed: int, count: int) -> list[Sequence]:
    """Sequences with two or three faults at random, in every way of delivery, pace and service."""
    random = Random(seed)

    def one() -> Sequence:
        scenario = random.choice(list(SCENARIOS))
        # There are more calls when something goes wrong.
        numbers = random.sample(range(_calls_in(scenario) + 5), random.choice((2, 3)))
        return Sequence(
            scenario,
            {number: random.choice(list(FAULTS)) for number in sorted(numbers)},
            random.choice(["once", *DELIVERIES]),
            random.choice(list(PACES)),
            random.choice(list(SERVICES)),
        )

    return [one() for _ in range(count)]


@functools.cache
def _calls_in(scenario: str) -> int:
    return len(run(Sequence(scenario)).world.wire.calls)
