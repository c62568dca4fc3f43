"""What was seen, and how all that was seen for one question reads as one value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Observation:
    """One value that was seen, in the types of JSON, where, and what the service said."""

    value: Any
    where: str = ""
    message: str = ""


@dataclass(frozen=True)
class Reading:
    """What all that was seen comes to: one value, several that contradict each other, or nothing.

    `is_minimum`: as much as that was seen, and nothing says that there is no more.
    """

    values: tuple[Any, ...] = ()
    is_minimum: bool = False

    def agrees_with(self, assumed: Any) -> bool | None:
        """Whether an assumption is what was seen; None if nothing was."""
        if not self.values:
            return None
        if self.is_minimum:
            return bool(assumed >= self.values[0])
        return self.values == (assumed,)

    def __str__(self) -> str:
        if not self.values:
            return "not seen"
        return ("at least " if self.is_minimum else "") + ", or ".join(words(value) for value in self.values)


def words(value: Any) -> str:
    """A value as the table says it."""
    match value:
        case None:
            return "accepted"
        case True | False:
            return "yes" if value else "no"
        case []:
            return "none"
        case list():
            return ", ".join(map(str, value))
    return str(value)


def one_value(observations: Sequence[Observation]) -> Reading:
    """All have seen the same; if not, each value once."""
    values: list[Any] = []
    for observation in observations:
        if observation.value not in values:
            values.append(observation.value)
    return Reading(tuple(values))


def union(observations: Sequence[Observation]) -> Reading:
    """What any of them has seen, of sets."""
    if not observations:
        return Reading()
    return Reading((sorted({item for observation in observations for item in observation.value}),))


def longest(observations: Sequence[Observation]) -> Reading:
    """The longest time that any of them has seen."""
    return Reading((max(observation.value for observation in observations),)) if observations else Reading()


def at_least(observations: Sequence[Observation]) -> Reading:
    """How long a page is that has another after it; or else as long as the longest, if not longer."""
    full = {observation.value for observation in observations if observation.where.endswith("and more")}
    if full:
        return Reading(tuple(sorted(full)))
    return Reading((max(o.value for o in observations),), is_minimum=True) if observations else Reading()
