"""`python -m local up`: what a person sees, and that nothing is left behind."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.cloud import LocalCloudError, running_personalize

ROOT = Path(__file__).parents[2]


@contextmanager
def up(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The command, running."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "up", *arguments],
        cwd=ROOT,
        # Where there is a Docker engine it would listen for its containers.
        env=os.environ | {"DOCKER_HOST": "unix:///nowhere"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def exports(process: subprocess.Popen[str]) -> dict[str, str]:
    """The variables that it prints, read up to the end of what it has to say."""
    assert process.stdout is not None
    found = {}
    for line in process.stdout:
        words = shlex.split(line)
        if words[:1] == ["export"]:
            name, _, value = words[1].partition("=")
            found[name] = value
        if words[:1] == ["aws"] and "logs" in words:
            break
    return found


def test_it_prints_what_points_at_it_and_leaves_nothing_behind_when_it_is_ended(tmp_path: Path) -> None:
    with up("--personalize-port=0", TMPDIR=str(tmp_path), AWS_PROFILE="production") as process:
        printed = exports(process)
        (directory,) = tmp_path.iterdir()
        process.send_signal(signal.SIGTERM)
        process.wait(300)

    assert printed["AWS_ENDPOINT_URL"].startswith("https://127.0.0.1:")
    # All of it has one address.
    assert [name for name in printed if name.startswith("AWS_ENDPOINT_URL")] == ["AWS_ENDPOINT_URL"]
    assert Path(printed["AWS_CA_BUNDLE"]).parent == directory
    assert process.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
    address = urlsplit(printed["AWS_ENDPOINT_URL"])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port))


@pytest.mark.parametrize("option", ["--port", "--personalize-port"])
def test_a_port_that_is_taken_is_told_with_the_ways_out(option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with up(option, str(port)) as process:
            _, errors = process.communicate(timeout=300)

    assert process.returncode == 1
    assert errors.startswith(f"error: Port {port} of 127.0.0.1 cannot be had: Address already in use.")
    assert "If another local cloud has it, end that one; or choose another port, or 0" in errors
    assert "Traceback" not in errors


def test_what_cannot_start_is_told_with_the_end_of_its_log() -> None:
    with pytest.raises(LocalCloudError, match="nonsense is no guess"), running_personalize(guesses={"nonsense": 1}):
        pass
