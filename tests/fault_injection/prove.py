"""All fault-injection tests: `python -m tests.fault_injection.prove`; with `--markdown` its table goes into a page."""

import argparse
import gc
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "provider"))

from simulation.faults import FAULTS  # noqa: E402
from simulation.isolation import isolate_process, quiet  # noqa: E402
from tests.fault_injection.rules import Rule, Window  # noqa: E402
from tests.fault_injection.scenarios import SCENARIOS  # noqa: E402
from tests.fault_injection.sequences import OURS, SEED, Tally, run, sample, with_one_fault  # noqa: E402
from tests.fault_injection.stateful import run_stateful  # noqa: E402
from tests.fault_injection.typical_crhelper import TYPICAL  # noqa: E402

PAGE = ROOT / "docs" / "fault-injection.md"
BEGIN, END = "<!-- prove:begin -->", "<!-- prove:end -->"

PROVIDERS = {provider.name: provider for provider in (OURS, TYPICAL)}
# How many sequences and stateful runs there are of each seed.
SAMPLES, SAMPLE_SEEDS = 40, range(SEED, SEED + 10)
RUNS, STATEFUL_SEEDS = 50, range(SEED, SEED + 20)


@dataclass(frozen=True)
class Job:
    """What one process does; `what` is a scenario or a seed."""

    provider: str
    kind: str
    what: str | int


@dataclass
class Result:
    """What came of one provider, by kind."""

    fault_points: int = 0
    tallies: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))

    @property
    def total(self) -> Tally:
        total = Tally()
        for tally in self.tallies.values():
            total += tally
        return total

    @property
    def broken(self) -> int:
        counts = self.total.counts
        return sum(counts[rule] for rule in Rule)


def jobs() -> Iterator[Job]:
    """All jobs, the longest first."""
    for provider in PROVIDERS:
        yield from (Job(provider, "stateful runs", seed) for seed in STATEFUL_SEEDS)
        yield from (Job(provider, "one fault", scenario) for scenario in reversed(SCENARIOS))
        yield from (Job(provider, "sample", seed) for seed in SAMPLE_SEEDS)


def do(job: Job) -> Result:
    """Do one job."""
    provider, result = PROVIDERS[job.provider], Result()
    tally = result.tallies[job.kind]
    with quiet():
        if job.kind == "one fault":
            for number, one in enumerate(with_one_fault(str(job.what), provider)):
                tally.add(one)
                result.fault_points += 0 if number else len(one.world.wire.calls)
        elif job.kind == "sample":
            for sequence in sample(int(job.what), SAMPLES):
                tally.add(run(sequence, provider))
        else:
            tally += run_stateful(provider, int(job.what), RUNS, ends=lambda violation: False)
    return result


def begin() -> None:
    """Have a process reach no account, and never search what it has imported for garbage, which takes a tenth of it."""
    isolate_process()
    gc.set_threshold(50_000, 20, 50)
    gc.freeze()


def prove() -> dict[str, Result]:
    """Do all jobs, as many at a time as there are processors."""
    results = {provider: Result() for provider in PROVIDERS}
    with ProcessPoolExecutor(initializer=begin) as executor:
        futures = {executor.submit(do, job): job for job in jobs()}
        for future in track(as_completed(futures), "Jobs", total=len(futures)):
            job, part, whole = futures[future], future.result(), results[futures[future].provider]
            whole.fault_points += part.fault_points
            whole.tallies[job.kind] += part.tallies[job.kind]
    return results


def rows(results: dict[str, Result]) -> list[tuple[str, ...]]:
    """The table, without its head."""

    def row(name: str, value: Callable[[Result], int]) -> tuple[str, ...]:
        return (name, *(f"{value(result):,}" for result in results.values()))

    def sequences(kind: str) -> Callable[[Result], int]:
        return lambda result: result.tallies[kind].counts["sequences"]

    def count(what: str | Rule | Window) -> Callable[[Result], int]:
        return lambda result: result.total.counts[what]

    totals = ("requests sent", "times they were delivered", "calls that could fail", "responses checked")
    windows = sorted(window for window in Window if any(count(window)(result) for result in results.values()))
    return [
        row("scenarios", lambda _: len(SCENARIOS)),
        row("calls in them, each a fault point", lambda result: result.fault_points),
        row("faults tried at each", lambda _: len(FAULTS)),
        row("sequences with one fault, or delivered again", sequences("one fault")),
        row(f"sequences with two or three, of {len(SAMPLE_SEEDS)} seeds", sequences("sample")),
        row(f"stateful runs, with several stacks, of {len(STATEFUL_SEEDS)} seeds", sequences("stateful runs")),
        *(row(total, count(total)) for total in totals),
        row("days that passed", lambda result: round(result.total.counts["seconds that passed"] / 86400)),
        row("**rules broken**, in all; by rule:", lambda result: result.broken),
        *(row(rule, count(rule)) for rule in Rule),
        *(row(f"window: {window}", count(window)) for window in windows),
    ]


def markdown(table: list[tuple[str, ...]]) -> str:
    """The table as it is on the page."""
    head = ["| | " + " | ".join(PROVIDERS) + " |", "|---|" + "---:|" * len(PROVIDERS)]
    return "\n".join(head + ["| " + " | ".join(row) + " |" for row in table])


def main() -> int:
    """Run all; 0 if the provider holds, and the typical one does not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markdown", action="store_true", help=f"put the table into {PAGE.name}")
    arguments = parser.parse_args()
    results = prove()
    console = Console()
    ours, typical = results[OURS.name], results[TYPICAL.name]
    for example in ours.total.examples.values():
        console.print(f"[red]BROKEN[/red] {example}", highlight=False)
    table = Table("", *PROVIDERS)
    for row in rows(results):
        table.add_row(*(cell.replace("**", "") for cell in row))
    console.print(table)
    if arguments.markdown:
        before, rest = PAGE.read_text().split(BEGIN)
        _, after = rest.split(END)
        PAGE.write_text(f"{before}{BEGIN}\n{markdown(rows(results))}\n{END}{after}")
    unbroken = [rule for rule in Rule if not typical.total.counts[rule]]
    if unbroken:
        console.print(f"The typical one should break these too: {', '.join(unbroken)}")
    return int(bool(ours.broken or unbroken))


if __name__ == "__main__":
    sys.exit(main())
