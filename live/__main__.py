"""Find out what Amazon Personalize does, in a real account: docs/live.md."""

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from live import probe, report
from live.account import LiveError, connect, explain
from live.bench import Bench
from live.removal import Pace, remove_runs
from live.runs import Run
from live.terminal import confirm, leaving_by_signal

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
    clean = commands.add_parser("clean", help="remove what interrupted runs have left")
    clean.add_argument("--run", metavar="ID", dest="run_id", help="of this run only")
    clean.set_defaults(run=_clean)
    for command in (ask, clean):
        command.add_argument("--poll-seconds", type=float, default=1.0, help="between polls (%(default)s)")
    ask.add_argument("--yes", action="store_true", help="do not ask before anything is made")
    compare = commands.add_parser("compare", help="hold a report against what the code assumes")
    compare.set_defaults(run=_compare)
    ask.add_argument("--report", type=Path, default=report.DEFAULT_PATH, help="where to write it (%(default)s)")
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
    content = {
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "region": account.region,
        "seconds": round(done.seconds),
        "calls": dict(done.calls),
        "findings": [probe.as_json(finding) for finding in done.findings],
    }
    report.write(chosen.report, "probe", content)
    console.print(f"Written to {chosen.report}; `python -m live compare {chosen.report}` says what to change.")
    return 0


def _clean(chosen: argparse.Namespace) -> int:
    account = connect()
    run = Run(chosen.run_id) if chosen.run_id else None
    removed = remove_runs(account.client("personalize"), _pace(chosen), run)
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
