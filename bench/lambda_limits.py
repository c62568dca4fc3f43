"""What Lambda allots to a function of a certain size: memory, and a share of a processor. Control groups enforce it.

Linux lets root make control groups, and whom root has given some. For others nothing is enforced.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

# With so many megabytes a function has one processor, with fewer its share of one (Lambda's developer guide, "Configure
# Lambda function memory").
MEGABYTES_PER_PROCESSOR = 1769
_PERIOD_MICROSECONDS = 20_000
_GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Limits:
    """A function's limits: files of control groups, and what is to be written into them. None if nobody enforces it."""

    memory: Mapping[Path, str] = field(default_factory=dict)
    processor: Mapping[Path, str] = field(default_factory=dict)

    @property
    def groups(self) -> set[Path]:
        """The control groups."""
        return {path.parent for path in [*self.memory, *self.processor]}

    def hold(self, process_id: int) -> None:
        """Have a process, and whatever it starts, keep to the memory."""
        for path, value in self.memory.items():
            path.write_text(value)
        for group in self.groups:
            (group / "cgroup.procs").write_text(str(process_id))

    def slow_down(self) -> None:
        """Have it keep to its share of a processor from now on, as Lambda does after the init phase."""
        for path, value in self.processor.items():
            path.write_text(value)


@contextmanager
def limits(megabytes: int) -> Iterator[Limits]:
    """The limits of a function, for the length of a with-block."""
    given = _limits(megabytes)
    try:
        for group in given.groups:
            group.mkdir()
        if not all(path.exists() for path in [*given.memory, *given.processor]):
            raise FileNotFoundError
    except OSError:
        enforced = Limits()
    else:
        enforced = given
    try:
        yield enforced
    finally:
        for group in given.groups:
            _remove(group)


def _limits(megabytes: int) -> Limits:
    name = f"bench-{os.getpid()}"
    size = str(megabytes * 2**20)
    quota = str(_PERIOD_MICROSECONDS * megabytes // MEGABYTES_PER_PROCESSOR)
    if (_GROUPS / "cgroup.controllers").exists():
        group = _GROUPS / name
        return Limits(
            {group / "memory.max": size, group / "memory.swap.max": "0"},
            {group / "cpu.max": f"{quota} {_PERIOD_MICROSECONDS}"},
        )
    memory, processor = _GROUPS / "memory" / name, _GROUPS / "cpu" / name
    return Limits(
        {memory / "memory.limit_in_bytes": size, memory / "memory.memsw.limit_in_bytes": size},
        {
            processor / "cpu.cfs_period_us": str(_PERIOD_MICROSECONDS),
            processor / "cpu.cfs_quota_us": quota,
        },
    )


def _remove(group: Path) -> None:
    # The last process may take a moment to be gone from it.
    for _ in range(100):
        with suppress(OSError):
            group.rmdir()
        if not group.exists():
            return
        time.sleep(0.01)
