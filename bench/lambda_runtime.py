"""A function as Lambda runs it: a fresh process, AWS's own runtime client and runtime interface emulator around it.

The client is awslambdaric; the emulator comes with the SAM CLI. Beside the function's own files there is what Lambda's
runtime brings: boto3 and what it needs, compiled beforehand. Beside the function's own files no bytecode is written, as
in Lambda: it has what its zip has. What is not Lambda's is the Python, which is the one that runs this, the processor,
and the way on which the zip gets there.
"""

import compileall
import functools
import http.client
import json
import os
import platform
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.artifacts import Function, new_directory, packages
from local import sam
from local.cloud import ACCOUNT_ID as LOCAL_ACCOUNT_ID
from local.cloud import HOST, REGION, ROOT

# Of the ARN that the emulator gives every function.
ACCOUNT_ID = "012345678912"
PATIENCE_SECONDS = 120
_PATH = "/2015-03-31/functions/function/invocations"
_INIT = re.compile(r"INIT REPORT\(durationMs: ([0-9.]+)\)")
_RUNTIME = (
    *("awslambdaric", "simplejson", "snapshot-restore-py"),
    *("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"),
)


class RuntimeFailedError(Exception):
    """The function could not be run; the message has the emulator's log."""


def request(name: str) -> dict[str, Any]:
    """The request of that name in `events/`, from the function's account."""
    text = (ROOT / "events" / f"{name}.json").read_text()
    document: dict[str, Any] = json.loads(text.replace(LOCAL_ACCOUNT_ID, ACCOUNT_ID))
    return document


@dataclass
class Environment:
    """An execution environment: one process, which initialises at its first invocation."""

    emulator: "subprocess.Popen[str]"
    port: int
    log: list[str] = field(default_factory=list)
    init_seconds: Future[float] = field(default_factory=Future)
    """From the start of the process to its asking for the first event."""

    @contextmanager
    def invoked(self, event: Mapping[str, Any]) -> Iterator[Callable[[], Any]]:
        """Send an event. What is yielded waits for what the handler returns; the end of the block does not."""
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE_SECONDS)) as connection:
            connection.request("POST", _PATH, json.dumps(event))
            yield lambda: json.loads(connection.getresponse().read())

    @property
    def process_id(self) -> int:
        """The function's process."""
        children = Path(f"/proc/{self.emulator.pid}/task").glob("*/children")
        return int(" ".join(path.read_text() for path in children).split()[0])

    @property
    def processor_seconds(self) -> float:
        """The time that the function's process has had of a processor."""
        threads = Path(f"/proc/{self.process_id}/task").glob("*/schedstat")
        return sum(int(path.read_text().split()[0]) for path in threads) / 1e9

    @property
    def peak_bytes(self) -> int:
        """The most memory that the function's process has had resident."""
        for line in Path(f"/proc/{self.process_id}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise RuntimeFailedError("The process is gone.")


@contextmanager
def environment(
    function: Function,
    variables: Mapping[str, str],
    *,
    megabytes: int = 256,
    started: Callable[[int], None] = lambda _: None,
    initialised: Callable[[], None] = lambda: None,
) -> Iterator[Environment]:
    """An execution environment, for the length of a with-block.

    `started` gets the emulator's process id before there is a process of the function's; `initialised` is called when
    that asks for its first event.
    """
    port, api_port = _free_ports()
    emulator = subprocess.Popen(
        [
            *(_emulator(), "--runtime-interface-emulator-address", f"{HOST}:{port}"),
            *("--runtime-api-address", f"{HOST}:{api_port}"),
            # Without site-packages: what Lambda has, and nothing else.
            *(sys.executable, "-S", "-m", "awslambdaric", function.handler),
        ],
        cwd=function.code,
        env={
            "PATH": os.defpath,
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PYTHONPATH": f"{function.code}{os.pathsep}{_runtime()}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LAMBDA_TASK_ROOT": str(function.code),
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": "provider",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "900",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(megabytes),
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_SESSION_TOKEN": "local",
            **variables,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    started(emulator.pid)
    up = Environment(emulator, port)
    reader = threading.Thread(target=_read, args=(up, initialised))
    reader.start()
    try:
        _await(port)
        yield up
    finally:
        with suppress(OSError, IndexError):
            os.kill(up.process_id, 9)
        emulator.kill()
        emulator.wait()
        reader.join()


def _read(up: Environment, initialised: Callable[[], None]) -> None:
    for line in up.emulator.stdout or ():
        up.log.append(line)
        if (report := _INIT.search(line)) and not up.init_seconds.done():
            initialised()
            up.init_seconds.set_result(float(report[1]) / 1000)


@functools.cache
def _runtime() -> Path:
    """What Lambda's runtime brings, compiled."""
    directory = new_directory()
    for entry in packages(*_RUNTIME):
        (directory / entry.name).symlink_to(entry)
        if entry.is_dir():
            compileall.compile_dir(entry, quiet=1)
    compileall.compile_dir(directory, quiet=1, maxlevels=0)
    return directory


@functools.cache
def _emulator() -> str:
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), "")
    name = f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}"
    found = list(sam.SAM_DIRECTORY.parent.glob(name)) if sys.platform == "linux" else []
    if not found:
        raise RuntimeFailedError("The SAM CLI has no runtime interface emulator for this machine: it takes Linux.")
    return str(found[0])


def _free_ports() -> tuple[int, int]:
    with socket.create_server((HOST, 0)) as one, socket.create_server((HOST, 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _await(port: int) -> None:
    for _ in range(PATIENCE_SECONDS * 100):
        with suppress(ConnectionRefusedError), socket.create_connection((HOST, port)):
            return
        time.sleep(0.01)
    raise RuntimeFailedError("The runtime interface emulator did not come up.")
