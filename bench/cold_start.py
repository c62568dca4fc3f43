"""Cold start: how long a new process takes until its handler is ready, and until it calls Amazon Personalize."""

import statistics
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench import artifacts
from bench.artifacts import Function
from bench.lambda_runtime import ACCOUNT_ID, HOST, LONGEST_SECONDS, RuntimeFailedError, environment
from bench.page import table
from simulation.events import event

RUNS = 20
TARGET = 1.25
FLOOR = "boto3 and one client"
OURS = "this provider"
OF_ANOTHER_PYTHON = "this provider, built by another Python"
TYPICAL = "a typical crhelper provider"

_GROUP = f"arn:aws:personalize:us-east-1:{ACCOUNT_ID}:dataset-group/films"


def measure() -> dict[str, Any]:
    """Start each function RUNS times, in turns, so that a machine that is busy is busy for all."""
    functions = {
        FLOOR: artifacts.floor(),
        OURS: artifacts.provider(),
        OF_ANOTHER_PYTHON: artifacts.provider_of_another_python(),
        TYPICAL: artifacts.typical(),
    }
    starts: dict[str, list[dict[str, float]]] = {name: [] for name in functions}
    for _ in range(RUNS):
        for name, function in functions.items():
            starts[name].append(_start(function))
    return {"starts": starts}


def tables(results: Mapping[str, Any]) -> dict[str, str]:
    """Medians, in brackets the fastest and the slowest, and the ratio to the first line."""
    rows = []
    for name, starts in results["starts"].items():
        cells = [_spread([start[what] for start in starts]) for what in ("ready", "first_call", "processor")]
        rows.append([name, *cells, f"{ratio(results, name):.2f}"])
    headings = ["milliseconds", "to the handler", "to the first call", "processor time", "to the first call, ratio"]
    return {"cold-start": table(headings, rows)}


def targets(results: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    """How much longer than the least it may take."""
    yield "Cold start, times the least", TARGET, round(ratio(results, OURS), 2)


def ratio(results: Mapping[str, Any], name: str) -> float:
    """How many times as long as the least it takes until the first call."""
    one, least = (
        statistics.median(float(start["first_call"]) for start in results["starts"][each]) for each in (name, FLOOR)
    )
    return one / least


def _start(function: Function) -> dict[str, float]:
    with _personalize() as server, environment(function, {"AWS_ENDPOINT_URL_PERSONALIZE": server.url}) as up:
        start = time.monotonic()
        with up.invoked(event("Create", ResourceProperties={"DatasetGroupArn": _GROUP})):
            if not server.called.wait(LONGEST_SECONDS):
                raise RuntimeFailedError(f"The function did not call Amazon Personalize:\n{''.join(up.log)}")
            return {
                "ready": up.init_seconds.result(),
                "first_call": server.called_at - start,
                "processor": up.processor_seconds,
            }


class _Personalize(ThreadingHTTPServer):
    """Notes when the first call arrives, and never responds."""

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


@contextmanager
def _personalize() -> Iterator[_Personalize]:
    with _Personalize() as server:
        # What a cold start is measured with is not to be late itself.
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _spread(seconds: Sequence[float]) -> str:
    median, least, most = (1000 * of(seconds) for of in (statistics.median, min, max))
    return f"{median:.0f} ({least:.0f}-{most:.0f})"
