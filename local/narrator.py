"""Steps that are shown in the terminal while they happen; each expectation is checked."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from rich.console import Console
from rich.markup import escape

T = TypeVar("T")


class UnexpectedError(Exception):
    """Something is not as it should be; the message says what should be."""


def present(steps: Callable[[Console], None]) -> int:
    """Take steps, which raise UnexpectedError if something is not as expected; returns the exit status."""
    console = Console(highlight=False)
    started = time.monotonic()
    try:
        steps(console)
    except UnexpectedError as error:
        console.print(f"\n[bold red]✗ This should be so, and is not:[/] {escape(str(error))}")
        return 1
    console.print(f"\n[bold green]✓ All as it should be[/], in {time.monotonic() - started:.0f} seconds.")
    return 0


@dataclass
class Narrator:
    """Prints the steps."""

    console: Console

    def _title(self, text: str) -> None:
        self.console.print(f"\n[bold]{text}", soft_wrap=True)

    def _print(self, markup: str) -> None:
        self.console.print(f"  {markup}", soft_wrap=True)

    def _timed(self, name: str, work: Callable[[], T]) -> T:
        started = time.monotonic()
        with self.console.status(name):
            result = work()
        self._print(f"[dim]{time.monotonic() - started:4.1f} s[/]  {name}")
        return result

    def _expect(self, what: str, so: bool) -> None:
        if not so:
            raise UnexpectedError(what)
        self._print(f"[green]✓[/] {what}")
