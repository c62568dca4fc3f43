"""The Docker engine that `sam local invoke` runs the function in."""

import shutil
import socket
import subprocess
import sys
from ipaddress import ip_network

from local.cloud import HOST, LocalCloudError

# What the SAM CLI makes the container of, for the template's runtime and architecture.
IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"


class NoEngineError(LocalCloudError):
    """There is no Docker engine that responds."""


def require_engine() -> None:
    """Raise NoEngineError, which says what to do, unless an engine responds."""
    asked = _docker("version")
    if asked.returncode:
        raise NoEngineError(
            f"No Docker engine responds: {asked.stderr.strip()} Start Docker Desktop or, on Linux, the docker service; "
            "DOCKER_HOST names an engine that is elsewhere on this machine."
        )


def require_image() -> None:
    """Pull the image unless it is there; raises LocalCloudError, which says what to do, if it cannot be had."""
    if _docker("image", "inspect", IMAGE).returncode == 0:
        return
    print(f"Pulling {IMAGE}, once ...", flush=True)
    pulled = _docker("pull", "--platform", "linux/amd64", IMAGE)
    if pulled.returncode:
        raise LocalCloudError(
            f"The image {IMAGE} cannot be pulled: {pulled.stderr.strip()}\n"
            "If a login has expired, say `docker logout public.ecr.aws`. If there is a proxy, the engine must know it. "
            "Or pull the image on another machine, and bring it here with `docker save` and `docker load`."
        )


def host_for_containers() -> str:
    """The address to listen on for containers, which call it host.docker.internal (`samconfig.toml`); else loopback.

    Docker Engine gives that name to the gateway of its bridge, which is no loopback: another machine that is given a
    route to it can reach it, too. Docker Desktop has the bridge in a virtual machine, and hands what comes for that
    name on to loopback.
    """
    try:
        require_engine()
    except NoEngineError:
        return HOST
    # An engine that has just been installed names only the subnet of its bridge. The gateway is its first host.
    bridge = "{{range .IPAM.Config}}{{or .Gateway .Subnet}} {{end}}"
    for address in _docker("network", "inspect", "bridge", "--format", bridge).stdout.split():
        host = address if "/" not in address else str(next(ip_network(address).hosts()))
        try:
            socket.create_server((host, 0)).close()
        except OSError:
            continue
        return host
    if "Docker Desktop" not in _docker("info", "--format", "{{.OperatingSystem}}").stdout:
        print(
            "warning: a Docker engine responds, but this machine has no address on its bridge: containers cannot reach "
            "the local cloud, and sam local invoke fails after 90 s. Check docker network inspect bridge.",
            file=sys.stderr,
        )
    return HOST


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("docker")
    if program is None:
        raise NoEngineError("There is no `docker` on the PATH. Install Docker Desktop or Docker Engine.")
    return subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
