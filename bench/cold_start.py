"""Cold start: how long a fresh process takes until its handler is ready, and until it calls Amazon Personalize."""

import statistics
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from rich.console import Console
from rich.table import Table

from bench import artifacts
from bench.artifacts import Function
from bench.lambda_runtime import PATIENCE_SECONDS, RuntimeFailedError, environment, request
from bench.prose import paragraph
from bench.serving import serving
from local.cloud import HOST

RUNS = 20
TARGET = 1.25
FLOOR = "boto3 and a client, nothing else"
OURS = "this provider"
OF_ANOTHER_PYTHON = "this provider, built by another Python"


def measure(console: Console) -> dict[str, Any]:
    """Start each function RUNS times, in turns, so that a machine that is busy is busy for all."""
    with console.status("Starting functions") as status:
        functions = {
            FLOOR: artifacts.floor(),
            OURS: artifacts.provider(),
            OF_ANOTHER_PYTHON: artifacts.provider_of_another_python(),
            "crhelper and Powertools, plainly": artifacts.plain(),
        }
        starts: dict[str, list[dict[str, float]]] = {name: [] for name in functions}
        for run in range(RUNS):
            status.update(f"Starting functions, {run + 1} of {RUNS}")
            for name, function in functions.items():
                starts[name].append(_start(function))
    return {
        "python": sys.version.split()[0],
        "boto3": boto3.__version__,
        "has_bytecode": any(artifacts.provider().code.rglob(f"*.{sys.implementation.cache_tag}.pyc")),
        "target": TARGET,
        "starts": starts,
    }


def tables(measured: Mapping[str, Any]) -> list[Table]:
    """Medians, in brackets the fastest and the slowest, and the medians' ratio to those of the first function."""
    table = Table(
        title="Cold start: milliseconds, median (fastest-slowest), and times the first line's",
        caption=f"{RUNS} starts of each, in turns, a whole processor, no TLS. Python {measured['python']}, "
        f"boto3 {measured['boto3']}; this provider has {'' if measured['has_bytecode'] else 'no '}bytecode for this "
        f"Python. The target is {measured['target']} times the first.",
    )
    for heading in ("", "to handler ready", "", "to first call", "", "processor", ""):
        table.add_column(heading, justify="right" if table.columns else "left")
    starts: dict[str, list[dict[str, float]]] = measured["starts"]
    first = starts[FLOOR]
    for name, runs in starts.items():
        cells = []
        for what in ("ready", "first_call", "processor"):
            values, floor = ([run[what] for run in some] for some in (runs, first))
            cells += [_spread(values), f"{statistics.median(values) / statistics.median(floor):.2f}"]
        table.add_row(name, *cells)
    return [table]


def markdown(measured: Mapping[str, Any]) -> str:
    """Who begins how soon."""
    rows = [
        "| a fresh process, milliseconds | to the handler | to its first call | of processor time |",
        "|---|---:|---:|---:|",
    ]
    for name, starts in measured["starts"].items():
        cells = [_spread([start[what] for start in starts]) for what in ("ready", "first_call", "processor")]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n\n".join(
        (
            paragraph(
                "**Cold start.** Under Lambda's own runtime client, with a whole processor, to the first call of "
                f"Amazon Personalize: medians of {RUNS} starts (fastest-slowest). This provider takes "
                f"{_ratio(measured, OURS):.2f} times what boto3 and one client take, since it imports with the garbage "
                "collector off, and its zip has bytecode. When another version of Python than the runtime's has built "
                "the zip, that does not count: its modules, and those of its packages, are compiled at each start, and "
                f"it takes {_ratio(measured, OF_ANOTHER_PYTHON):.2f} times as long."
            ),
            "\n".join(rows),
        )
    )


def shortfalls(measured: Mapping[str, Any]) -> list[str]:
    """Where the provider misses what it is meant to reach."""
    ratios = {name: _ratio(measured, name) for name in (OURS, OF_ANOTHER_PYTHON)}
    return [f"the cold start of {name} ({ratio:.2f} times)" for name, ratio in ratios.items() if ratio > TARGET]


def _ratio(measured: Mapping[str, Any], name: str) -> float:
    """How many times what the floor takes until the first call."""
    ours, floor = (
        statistics.median(float(start["first_call"]) for start in measured["starts"][each]) for each in (name, FLOOR)
    )
    return ours / floor


def _start(function: Function) -> dict[str, float]:
    with serving(_Personalize()) as server, environment(function, {"AWS_ENDPOINT_URL_PERSONALIZE": server.url}) as up:
        begun = time.monotonic()
        with up.invoked(request("create")):
            if not server.called.wait(PATIENCE_SECONDS):
                raise RuntimeFailedError(f"The function did not call Amazon Personalize:\n{''.join(up.log)}")
            return {
                "ready": up.init_seconds.result(),
                "first_call": server.called_at - begun,
                "processor": up.processor_seconds,
            }


class _Personalize(ThreadingHTTPServer):
    """Notes when the first call arrives, and never answers it."""

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Call)
        self.url = f"http://{HOST}:{self.server_port}"
        self.called = threading.Event()
        self.called_at = 0.0


class _Call(BaseHTTPRequestHandler):
    server: _Personalize

    def do_POST(self) -> None:
        self.server.called_at = time.monotonic()
        self.server.called.set()

    def log_message(self, *_: object) -> None:
        pass


def _spread(seconds: Sequence[float]) -> str:
    median, least, most = (1000 * of(seconds) for of in (statistics.median, min, max))
    return f"{median:.0f} ({least:.0f}-{most:.0f})"
