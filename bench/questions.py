"""The questions that the benchmark answers."""

from collections.abc import Mapping
from typing import Any, Protocol

from rich.console import Console
from rich.table import Table

from bench import cold_start, cost, memory, reality, scale, size, sleep_on_delete, waiting


class Question(Protocol):
    """A module that answers one."""

    def measure(self, console: Console) -> dict[str, Any]:
        """The numbers, as they can be written as JSON."""

    def tables(self, measured: Mapping[str, Any]) -> list[Table]:
        """The numbers, to be looked at."""

    def markdown(self, measured: Mapping[str, Any]) -> str:
        """What they say, for the README."""


QUESTIONS: dict[str, Question] = {
    "waiting": waiting,
    "sleep_on_delete": sleep_on_delete,
    "scale": scale,
    "cost": cost,
    "cold_start": cold_start,
    "size": size,
    "memory": memory,
    "reality": reality,
}
