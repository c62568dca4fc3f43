"""What a run says before it makes anything, and how it ends early."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from live.account import Account, LiveError
from live.runs import TAG, Run

_BEFORE = """\
Account {account}, region {region}, run {run}.
{makes}
Everything is named live-{run}-... and carries the tag {tag}={run}; schemas, which cannot be tagged, have a field
{mark}. At the end it is removed. Whatever an interruption leaves, `python -m live clean` removes.
"""


def confirm(account: Account, run: Run, makes: str, *, yes: bool) -> None:
    """Say what will be made, and ask; raises LiveError unless the answer is yes."""
    print(_BEFORE.format(account=account.id, region=account.region, run=run.id, makes=makes, tag=TAG, mark=run.mark))
    if yes:
        return
    if not sys.stdin.isatty():
        raise LiveError("Nobody is there to be asked: say --yes.")
    if input("Go on? [yes/no] ").strip().lower() not in ("y", "yes"):
        raise LiveError("Nothing was made.")


@contextmanager
def leaving_by_signal() -> Iterator[None]:
    """Ctrl-C and the like end the run once: a second one does not cut short what removes what was made."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        print("Interrupted.", file=sys.stderr)
        sys.exit(128 + number)

    before = {number: signal.signal(number, leave) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
