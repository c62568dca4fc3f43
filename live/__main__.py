"""Find out what Amazon Personalize does, in a real account: docs/live.md."""

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from live import probe, report
from live.account import Account, LiveError, connect, explain
from live.bench import Bench
from live.life import Life
from live.removal import Pace, remove_runs
from live.runs import Run
from live.stacks import remove_stacks
from live.terminal import confirm, leaving_by_signal
from local.narrator import UnexpectedError

_LIFE_MAKES = """\
The life builds the provider and deploys it with the SAM CLI, and makes four stacks in all: a bucket for the zip; the
provider with its role, function and log group; a function that tries what the role must not do; and an event tracker.
Beside them it makes two dataset groups, a schema and two datasets, all empty. Amazon Personalize charges nothing for
them; Lambda, S3 and CloudWatch charge for some thirty invocations, a zip under 2 MB and a few log lines, which comes to
less than a cent. It needs room for two of the dataset groups that your account may have (five, unless you have asked
for more)."""

_PROBE_MAKES = """\
The probe makes two dataset groups, three schemas, four datasets and one event tracker after another. All of them are
empty: Amazon Personalize charges for data, training and recommendations, and none is used. It needs room for two of
the dataset groups that your account may have (five, unless you have asked for more), and reads nothing that others
have made."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    try:
        with leaving_by_signal():
            return int(chosen.run(chosen))
    except (BotoCoreError, ClientError) as error:
        print(f"error: {explain(error)}", file=sys.stderr)
    except LiveError as error:
        print(f"error: {error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m live", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    ask = commands.add_parser("probe", help="ask Amazon Personalize what its documentation leaves open")
    ask.set_defaults(run=_probe)
    play = commands.add_parser("life", help="deploy the provider, and take a tracker through its life")
    play.set_defaults(run=_life)
    clean = commands.add_parser("clean", help="remove what interrupted runs have left")
    clean.add_argument("--run", metavar="ID", dest="run_id", help="of this run only")
    clean.set_defaults(run=_clean)
    for command in (ask, play, clean):
        command.add_argument("--poll-seconds", type=float, default=1.0, help="between polls (%(default)s)")
    for command in (ask, play):
        command.add_argument("--yes", action="store_true", help="do not ask before anything is made")
        command.add_argument("--report", type=Path, default=report.DEFAULT_PATH, help="where to write it (%(default)s)")
    compare = commands.add_parser("compare", help="hold a report against what the code assumes")
    compare.set_defaults(run=_compare)
    compare.add_argument("report", type=Path, nargs="?", default=report.DEFAULT_PATH)
    return parser


def _pace(chosen: argparse.Namespace) -> Pace:
    return Pace(poll_seconds=chosen.poll_seconds, watch_seconds=chosen.poll_seconds / 5)


def _probe(chosen: argparse.Namespace) -> int:
    account, run = connect(), Run()
    confirm(account, run, _PROBE_MAKES, yes=chosen.yes)
    console = Console(highlight=False)
    done = probe.probe(Bench(account, run, _pace(chosen)), tell=lambda text: console.print(f"[dim]{text}"))
    console.print(probe.table(done.findings))
    calls = done.calls.total()
    console.print(f"{done.seconds:.0f} seconds, {calls} API calls.")
    content = _about(account, done.seconds) | {"findings": [probe.as_json(finding) for finding in done.findings]}
    report.write(chosen.report, "probe", content)
    console.print(f"Written to {chosen.report}; `python -m live compare {chosen.report}` says what to change.")
    return 0


def _life(chosen: argparse.Namespace) -> int:
    account, run = connect(), Run()
    confirm(account, run, _LIFE_MAKES, yes=chosen.yes)
    console = Console(highlight=False)
    story = Life(console, Bench(account, run, _pace(chosen)))
    try:
        story.live()
    except UnexpectedError as error:
        console.print(f"\n[bold red]✗ This should be so, and is not:[/] {escape(str(error))}")
        failure = str(error)
    else:
        console.print(f"\n[bold green]✓ All as it should be[/], {len(story.checks)} checks in {story.seconds:.0f} s.")
        failure = ""
    report.write(chosen.report, "life", _about(account, story.seconds) | {"checks": story.checks, "failure": failure})
    return int(bool(failure))


def _about(account: Account, seconds: float) -> dict[str, Any]:
    """What a report says of every run."""
    return {
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "region": account.region,
        "seconds": round(seconds),
        "calls": dict(account.calls),
    }


def _clean(chosen: argparse.Namespace) -> int:
    account = connect()
    run = Run(chosen.run_id) if chosen.run_id else None
    removed = remove_stacks(account, _pace(chosen), run)
    removed += remove_runs(account.client("personalize"), _pace(chosen), run)
    print("\n".join(f"Removed {name}." for name in removed) or "There is nothing to remove.")
    return 0


def _compare(chosen: argparse.Namespace) -> int:
    changes, unsettled = report.compare(report.read(chosen.report))
    for line in (*changes, *unsettled):
        print(line)
    if not changes:
        print("Nothing that was seen contradicts what the code assumes.")
    return int(bool(changes))


if __name__ == "__main__":
    sys.exit(main())
