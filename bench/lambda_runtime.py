"""A function as Lambda runs it: a new process, with AWS's own runtime client and runtime interface emulator around it.

The client is awslambdaric; the emulator comes with the SAM CLI. Beside the function's own files there is what Lambda's
runtime brings: boto3 and what it needs, compiled beforehand. As in Lambda, no bytecode is written beside the function's
own files: it has what its zip has. Other than in Lambda are the Python, which is the one that runs this, the processor,
and that no zip is fetched.
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
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import ROOT
from bench.artifacts import Function, new_directory, packages

HOST, REGION = "127.0.0.1", "us-east-1"
# Of the ARN that the emulator gives every function.
ACCOUNT_ID = "012345678912"
LONGEST_SECONDS = 120
_PATH = "/2015-03-31/functions/function/invocations"
_INIT = re.compile(r"INIT REPORT\(durationMs: ([0-9.]+)\)")
_RUNTIME = (
    *("awslambdaric", "simplejson", "snapshot-restore-py"),
    *("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"),
)
_CREDENTIALS = {f"AWS_{name}": "local" for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")}


class RuntimeFailedError(Exception):
    """The function could not be run; the message has the emulator's log."""


@dataclass
class Environment:
    """An execution environment: one process, which initializes at its first invocation.

    `init_seconds` run from the start of the process until it asks for the first event.
    """

    emulator: "subprocess.Popen[str]"
    port: int
    log: list[str] = field(default_factory=list)
    init_seconds: Future[float] = field(default_factory=Future)

    @contextmanager
    def invoked(self, event: Mapping[str, Any]) -> Iterator[None]:
        """Send an event, and do not wait for what the handler returns."""
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=LONGEST_SECONDS)) as connection:
            connection.request("POST", _PATH, json.dumps(event))
            yield

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


@contextmanager
def environment(function: Function, variables: Mapping[str, str]) -> Iterator[Environment]:
    """An execution environment, for the length of a with-block."""
    port, api_port = _free_ports()
    emulator = subprocess.Popen(
        [
            *(_emulator(), "--runtime-interface-emulator-address", f"{HOST}:{port}"),
            *("--runtime-api-address", f"{HOST}:{api_port}"),
            # Without site-packages: what Lambda has, and nothing else.
            *(sys.executable, "-S", "-m", "awslambdaric", function.handler),
        ],
        cwd=function.code,
        env={**_variables(function), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    up = Environment(emulator, port)
    reader = threading.Thread(target=_read, args=(up,))
    reader.start()
    try:
        _wait_until_up(port)
        yield up
    finally:
        with suppress(OSError, IndexError):
            os.kill(up.process_id, 9)
        emulator.kill()
        emulator.wait()
        reader.join()


def _variables(function: Function) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": f"{function.code}{os.pathsep}{_runtime()}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(function.code),
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": "provider",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "900",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        **_CREDENTIALS,
    }


def _read(up: Environment) -> None:
    for line in up.emulator.stdout or ():
        up.log.append(line)
        if (report := _INIT.search(line)) and not up.init_seconds.done():
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
    found = list((ROOT / ".venv-sam").glob(name)) if sys.platform == "linux" else []
    if not found:
        raise RuntimeFailedError("The SAM CLI has no runtime interface emulator for this machine: it takes Linux.")
    return str(found[0])


def _free_ports() -> tuple[int, int]:
    with socket.create_server((HOST, 0)) as one, socket.create_server((HOST, 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _wait_until_up(port: int) -> None:
    for _ in range(LONGEST_SECONDS * 100):
        with suppress(ConnectionRefusedError), socket.create_connection((HOST, port)):
            return
        time.sleep(0.01)
    raise RuntimeFailedError("The runtime interface emulator did not come up.")
