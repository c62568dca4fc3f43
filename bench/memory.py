"""Memory: what the function needs of it, and how long it takes, by the memory that it is given."""

import os
import socket
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import botocore
import trustme
from rich.console import Console
from rich.table import Table

from bench import artifacts
from bench.lambda_limits import limits
from bench.lambda_runtime import ACCOUNT_ID, RuntimeFailedError, environment, request
from bench.prose import paragraph
from bench.serving import serving
from local.cloud import HOST, ROOT, Cloud

MEGABYTES = (128, 256, 512)
_TEMPLATE = "256"
RUNS = 3
_SECONDS_PER_STATE = 0.5
_ENFORCED = "Memory was limited, and after the init phase the processor to the share of one that Lambda gives."
_NOT_ENFORCED = "Limits were NOT enforced, of memory as of the processor: that takes control groups, thus root."


def measure(console: Console) -> dict[str, Any]:
    """Have a fresh process create a tracker, another one change its tags, another one delete it; all RUNS times."""
    sizes: dict[str, dict[str, Any]] = {}
    with ExitStack() as stack:
        status = stack.enter_context(console.status("Running the function"))
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="bench-"))).resolve()
        variables, cloud = stack.enter_context(_personalize(directory))
        response_url = stack.enter_context(_cloudformation(directory))
        cloud.create_dataset_group("films")
        for megabytes in MEGABYTES:
            status.update(f"Running the function with {megabytes} MB")
            runs: dict[str, list[dict[str, Any]]] = {"create": [], "update-tags": [], "delete": []}
            for _ in range(RUNS):
                known = {"ResponseURL": response_url}
                for name, done in runs.items():
                    done.append(_run({**request(name), **known}, variables, megabytes))
                    known["PhysicalResourceId"] = done[-1].pop("physical_id")
            sizes[str(megabytes)] = runs
    return {"seconds_per_state": _SECONDS_PER_STATE, "sizes": sizes}


def tables(measured: Mapping[str, Any]) -> list[Table]:
    """Peaks and durations."""
    sizes: dict[str, dict[str, list[dict[str, Any]]]] = measured["sizes"]
    is_enforced = all(run["enforced"] for runs in sizes.values() for done in runs.values() for run in done)
    table = Table(
        title="Memory: most that was resident, and seconds from the event to the answer",
        caption=f"{RUNS} fresh processes for each: the most memory, the median of the seconds. A tracker is ACTIVE, or "
        f"gone, after {2 * measured['seconds_per_state']:g} s. " + (_ENFORCED if is_enforced else _NOT_ENFORCED),
    )
    for heading in ("", "init", "create", "", "update of tags", "", "delete", ""):
        table.add_column(heading, justify="right" if table.columns else "left")
    for megabytes, runs in sizes.items():
        inits = [run["init"] for done in runs.values() for run in done]
        cells = [f"{statistics.median(inits):.2f} s"]
        for done in runs.values():
            cells.append(f"{max(run['peak'] for run in done) / 2**20:.0f} MB")
            cells.append(f"{statistics.median(run['seconds'] for run in done):.1f} s")
        table.add_row(f"{megabytes} MB", *cells)
    return [table]


def markdown(measured: Mapping[str, Any]) -> str:
    """How much memory is used, and what it costs in time to have less."""
    rows = [
        "| the function has | init | create | update of tags | delete | most resident |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    is_enforced = True
    for megabytes, runs in measured["sizes"].items():
        all_runs = [run for done in runs.values() for run in done]
        is_enforced &= all(run["enforced"] for run in all_runs)
        seconds = [statistics.median(run["seconds"] for run in done) for done in runs.values()]
        init = statistics.median(run["init"] for run in all_runs)
        peak = max(run["peak"] for run in all_runs) / 2**20
        cells = [f"{init:.2f} s", *(f"{second:.2f} s" for second in seconds), f"{peak:.0f} MB"]
        rows.append(f"| {megabytes} MB | {' | '.join(cells)} |")
    return "\n\n".join(
        (
            paragraph(
                f"**Memory.** Fresh processes, {RUNS} of each; a tracker is ACTIVE, or gone, after "
                f"{2 * measured['seconds_per_state']:g} s.",
                _ENFORCED if is_enforced else _NOT_ENFORCED,
            ),
            "\n".join(rows),
            paragraph(_advice(measured["sizes"])),
        )
    )


def _advice(sizes: Mapping[str, Any]) -> str:
    """The smallest setting that is twice what is used, and what it costs in time."""
    seconds, roomy = {}, []
    for megabytes, runs in sizes.items():
        seconds[megabytes] = sum(statistics.median(run["seconds"] for run in done) for done in runs.values())
        if int(megabytes) * 2**20 >= 2 * max(run["peak"] for done in runs.values() for run in done):
            roomy.append(megabytes)
    smallest = min(roomy, key=int)
    return (
        f"The smallest sensible setting is {smallest} MB, twice what is used. The three requests take "
        f"{seconds[smallest] - seconds[_TEMPLATE]:.1f} s longer there, all told, than with the template's "
        f"{_TEMPLATE} MB."
    )


def _run(event: Mapping[str, Any], variables: Mapping[str, str], megabytes: int) -> dict[str, Any]:
    with (
        limits(megabytes) as given,
        environment(
            artifacts.provider(),
            variables,
            megabytes=megabytes,
            started=given.hold,
            initialised=given.slow_down,
        ) as up,
    ):
        begun = time.monotonic()
        with up.invoked(event) as result:
            answer = result()
        seconds = time.monotonic() - begun
        if answer.get("Status") != "SUCCESS":
            raise RuntimeFailedError(f"The function failed with {megabytes} MB:\n{''.join(up.log)}")
        init = up.init_seconds.result()
        return {
            "physical_id": answer["PhysicalResourceId"],
            "enforced": bool(given.groups),
            "init": init,
            "seconds": seconds - init,
            "peak": up.peak_bytes,
        }


@contextmanager
def _personalize(directory: Path) -> Iterator[tuple[dict[str, str], Cloud]]:
    """Amazon Personalize with the function's account: what the function's environment says of it, and a client."""
    with socket.create_server((HOST, 0)) as listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "local.personalize", str(listener.fileno())),
                *(f"--seconds-per-state={_SECONDS_PER_STATE}", "--guesses={}"),
            ],
            env={"PATH": os.defpath, "HOME": str(directory), "MOTO_ACCOUNT_ID": ACCOUNT_ID, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
        )
    try:
        trusted = directory / "trusted.pem"
        yield (
            {"AWS_ENDPOINT_URL_PERSONALIZE": url, "SSL_CERT_FILE": str(trusted)},
            Cloud(url="", personalize_url=url, directory=directory, ca_bundle=trusted),
        )
    finally:
        process.kill()
        process.wait()


class _Mailbox(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _cloudformation(directory: Path) -> Iterator[str]:
    """A place that takes answers over TLS, and is trusted beside as many authorities as elsewhere."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    others = (Path(botocore.__file__).parent / "cacert.pem").read_bytes()
    (directory / "trusted.pem").write_bytes(others + authority.cert_pem.bytes())
    server = ThreadingHTTPServer((HOST, 0), _Mailbox)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server):
        yield f"https://localhost:{server.server_port}/answer"
