"""`python -m local invoke`, the files of `events/`, and what stands between them and a container."""

import os
import re
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from cfnlint.decode import decode_str
from rich.console import Console

from event_tracker.handler import make_handler
from event_tracker.protocol import Http
from event_tracker.trackers import CLIENT_CONFIG
from event_tracker.waiting import Clock
from local import docker, invoke
from local.cloud import HOST, REGION, Cloud, LocalCloudError, running, running_personalize
from local.narrator import UnexpectedError
from simulation.events import EVENTS, document
from simulation.virtual_time import VirtualTime
from tests.integration.requests import Context

ROOT = Path(__file__).parents[2]
TEMPLATE: Any = decode_str((ROOT / "template.yaml").read_text())[0]


def put_docker(directory: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a shell script be the `docker` that is found."""
    program = directory / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """Amazon Personalize, in which nothing but the groups has been made."""
    with running_personalize(seconds_per_state=0) as cloud:
        invoke.make_groups(cloud)
        yield cloud


def test_a_request_that_did_not_do_what_its_name_says_is_told(cloud: Cloud) -> None:
    (summary,) = cloud.personalize.list_event_trackers()["eventTrackers"]
    response = {"PhysicalResourceId": summary["eventTrackerArn"], "Data": {"TrackingId": "of another"}}
    for status, told in (("SUCCESS", "the response has its tracking ID"), ("FAILED", "the response says SUCCESS")):
        with pytest.raises(UnexpectedError, match=told):
            invoke.Requests(Console(), cloud, lambda event: {"Status": status, **response}).play()  # noqa: B023


def test_every_file_does_what_its_name_says_on_a_new_local_cloud_in_the_order_of_the_readme(cloud: Cloud) -> None:
    sent = []
    client = boto3.client("personalize", REGION, endpoint_url=cloud.personalize_url, config=CLIENT_CONFIG)
    handler = make_handler(client, Http(), Clock(), sam_local=True)

    def function(event: Path) -> dict[str, Any]:
        sent.append(event.name)
        return handler(document(event.name), Context(VirtualTime()))  # type: ignore[arg-type]

    invoke.Requests(Console(), cloud, function).play()

    assert sorted(sent) == sorted(path.name for path in EVENTS.glob("*.json") if path.name != "local.json")
    assert re.findall(r"^\| `events/(\S+)`", (ROOT / "docs" / "sam-local.md").read_text(), re.MULTILINE) == sent


def test_the_env_vars_file_names_the_default_port_by_the_name_that_samconfig_gives_to_this_machine() -> None:
    (variables,) = document("local.json").values()
    address = urlsplit(variables["AWS_ENDPOINT_URL_PERSONALIZE"])
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())

    assert address.port == invoke.PERSONALIZE_PORT
    assert config["default"]["local_invoke"]["parameters"]["add_host"] == f"{address.hostname}:host-gateway"


def test_the_env_vars_file_sets_variables_that_the_template_declares() -> None:
    # The SAM CLI drops all others.
    for function, variables in document("local.json").items():
        declared = TEMPLATE["Resources"][function]["Properties"]["Environment"]["Variables"]
        assert variables.keys() <= declared.keys()


def test_the_image_is_that_of_the_templates_runtime_and_architecture() -> None:
    runtime = TEMPLATE["Resources"]["ProviderFunction"]["Properties"]["Runtime"]
    architecture = TEMPLATE["Parameters"]["Architecture"]["Default"]
    assert f"public.ecr.aws/lambda/{runtime.replace('python', 'python:')}-{architecture}" == docker.IMAGE


@pytest.mark.parametrize(
    ("has_docker", "told"),
    [
        (True, "No Docker engine responds: Cannot connect to the Docker daemon. Start Docker Desktop"),
        (False, "There is no `docker` on the PATH. Install"),
    ],
    ids=["no engine", "no docker"],
)
def test_without_docker_it_says_so_and_is_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_docker: bool, told: str
) -> None:
    if has_docker:
        put_docker(tmp_path, "echo 'Cannot connect to the Docker daemon.' >&2; exit 1", monkeypatch)
    else:
        monkeypatch.setenv("PATH", str(tmp_path))

    process = run("invoke")

    assert process.returncode == 0
    assert "Nothing was tried" in process.stdout
    assert told in process.stdout


def test_a_cloud_listens_on_loopback_where_there_is_no_docker_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_docker(tmp_path, "exit 1", monkeypatch)

    assert docker.host_for_containers() == HOST


def test_an_image_that_cannot_be_pulled_is_told_with_the_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_docker(tmp_path, '[ "$1" = version ] || { echo "no route to public.ecr.aws" >&2; exit 1; }', monkeypatch)

    process = run("invoke")

    assert process.returncode == 1
    assert f"error: The image {docker.IMAGE} cannot be pulled: no route to public.ecr.aws" in process.stderr
    for told in ("docker logout", "proxy", "docker load"):
        assert told in process.stderr


def test_an_image_that_is_there_is_not_pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_docker(tmp_path, '[ "$1" != pull ]', monkeypatch)

    docker.require_image()


@pytest.mark.parametrize(
    ("bridge", "system", "host", "is_warned"),
    [
        ("127.0.0.9", "Debian GNU/Linux 12", "127.0.0.9", False),
        ("127.0.1.0/24", "Debian GNU/Linux 12", "127.0.1.1", False),
        ("192.0.2.77", "Docker Desktop", HOST, False),
        ("192.0.2.77", "Debian GNU/Linux 12", HOST, True),
        ("", "Debian GNU/Linux 12", HOST, True),
    ],
    ids=["Docker Engine", "its first start: a subnet, no gateway", "Docker Desktop", "a bridge elsewhere", "no bridge"],
)
def test_containers_find_this_machine_at_the_bridge_or_in_docker_desktop_at_loopback(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    bridge: str,
    system: str,
    host: str,
    is_warned: bool,
) -> None:
    script = f'case "$1" in network) echo "{bridge}";; info) echo "{system}";; esac'
    put_docker(tmp_path, script, monkeypatch)

    assert docker.host_for_containers() == host
    assert ("containers cannot reach the local cloud" in capsys.readouterr().err) is is_warned


def test_amazon_personalize_listens_where_it_is_told_to() -> None:
    with (
        pytest.raises(LocalCloudError, match=r"Port 0 of 192\.0\.2\.77 cannot be had"),
        running(personalize_host="192.0.2.77"),
    ):
        pass


def test_no_proxy_is_asked_for_a_cloud_that_containers_reach() -> None:
    cloud = Cloud("https://127.0.0.1:1", "http://172.17.0.1:5999", Path("/nowhere"), Path("/nowhere/ca.pem"))

    assert {"127.0.0.1", "172.17.0.1"} <= set(cloud.environment["NO_PROXY"].split(","))
