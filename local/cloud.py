"""The local cloud: moto's Amazon Personalize beside ministack's CloudFormation, Lambda, S3 and IAM.

Each is a process that listens on loopback only, unless containers are to reach Amazon Personalize, and on a socket
made here, so that there is no moment at which a port could be lost to somebody else. Each gets an environment made
here, with nothing of the caller's in it, and keeps its files in one temporary directory.
"""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import trustme
import urllib3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_personalize import PersonalizeClient

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT_ID = "123456789012"
ROOT = Path(__file__).resolve().parent.parent
# Of nobody: access key and secret.
_KEY = "local"
# The first response comes when a server is up, which takes a second or two.
_STARTUP_SECONDS = 60
_CERTIFICATE, _PRIVATE_KEY = "certificate.pem", "key.pem"


class LocalCloudError(Exception):
    """The local cloud cannot be started; the message says why."""


@dataclass(frozen=True)
class Cloud:
    """A local cloud that is up."""

    url: str
    """Where CloudFormation, Lambda, S3, IAM, STS and CloudWatch Logs are."""
    personalize_url: str
    """Where Amazon Personalize is, with its events."""
    directory: Path
    """Where it keeps its files; gone when it is down."""
    ca_bundle: Path
    """The authority that vouches for `url`, and nobody else."""

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that point the AWS CLI, boto3 and the SAM CLI at this cloud."""
        others = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
        here = ",".join(sorted({HOST, urlsplit(self.personalize_url).hostname or ""}))
        no_proxy = f"{others},{here}" if others else here
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_CA_BUNDLE": str(self.ca_bundle),
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            # Fake, and without the caller's files there are no others to be found.
            "AWS_ACCESS_KEY_ID": _KEY,
            "AWS_SECRET_ACCESS_KEY": _KEY,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
            "SAM_CLI_TELEMETRY": "0",
            "__SAM_CLI_APP_DIR": str(self.directory / "sam"),
        }

    def environment_for(self, caller: Mapping[str, str]) -> dict[str, str]:
        """The environment of a process that is to use this cloud: the caller's, rid of other settings."""
        return {name: caller[name] for name in caller if not concerns_aws(name)} | self.environment

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """A client of this cloud's CloudFormation."""
        return boto3.client("cloudformation", endpoint_url=self.url, verify=str(self.ca_bundle), **_CLIENT)

    @cached_property
    def personalize(self) -> "PersonalizeClient":
        """A client of this cloud's Amazon Personalize."""
        return boto3.client("personalize", endpoint_url=self.personalize_url, **_CLIENT)

    @cached_property
    def functions(self) -> "LambdaClient":
        """A client of this cloud's Lambda."""
        return boto3.client("lambda", endpoint_url=self.url, verify=str(self.ca_bundle), **_CLIENT)

    @property
    def recorded_events(self) -> list[dict[str, Any]]:
        """What PutEvents has recorded: the tracking ID, session and user, and the event itself."""
        data = urllib3.request("GET", f"{self.personalize_url}/moto-api/data.json").json()
        events: list[dict[str, Any]] = data["moto_personalize"]["Event"]
        return events

    def create_dataset_group(self, name: str) -> str:
        """Make a dataset group with an Interactions dataset, as an event tracker needs; returns its ARN."""
        schema = self.personalize.create_schema(name=name, schema=json.dumps(_INTERACTIONS))["schemaArn"]
        group = self.personalize.create_dataset_group(name=name)["datasetGroupArn"]
        describe = self.personalize.describe_dataset_group
        while describe(datasetGroupArn=group)["datasetGroup"]["status"] != "ACTIVE":
            time.sleep(0.1)
        self.personalize.create_dataset(name=name, schemaArn=schema, datasetGroupArn=group, datasetType="Interactions")
        return group


_INTERACTIONS = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
    "version": "1.0",
}

_CLIENT: dict[str, Any] = {
    "region_name": REGION,
    "aws_access_key_id": _KEY,
    "aws_secret_access_key": _KEY,
    "config": Config(proxies={}),
}


def concerns_aws(name: str) -> bool:
    """Whether an environment variable steers the AWS CLI, boto3 or the SAM CLI."""
    return name.startswith(("AWS_", "SAM_CLI_", "__SAM_CLI_"))


@contextmanager
def running(
    *,
    port: int = 0,
    personalize_host: str = HOST,
    personalize_port: int = 0,
    seconds_per_state: float = 1.5,
    guesses: Mapping[str, object] | None = None,
) -> Iterator[Cloud]:
    """A local cloud, up for the length of a with-block, that leaves nothing behind.

    A port that is 0 is chosen. `personalize_host` is an address of this machine for Amazon Personalize to listen on. An
    event tracker stays in each of its passing states for `seconds_per_state`, or has none of them if that is 0.
    `guesses` are fields of `local.moto_personalize.Guesses` that are to have other values than the defaults, in the
    types of JSON. Raises LocalCloudError when the cloud does not come up.
    """
    with ExitStack() as stack:
        directory = _directory(stack)
        # What the SAM CLI knows of itself: that it need not ask the package index for a newer one.
        (directory / "sam").mkdir()
        (directory / "sam" / "metadata.json").write_text(json.dumps({"lastVersionCheck": time.time()}))
        gateway = stack.enter_context(_listen(HOST, port))
        personalize = stack.enter_context(_listen(personalize_host, personalize_port))
        cloud = Cloud(
            url=f"https://{HOST}:{gateway.getsockname()[1]}",
            personalize_url=f"http://{personalize_host}:{personalize.getsockname()[1]}",
            directory=directory,
            ca_bundle=_certify(directory),
        )
        stack.enter_context(_ministack(cloud, gateway))
        stack.enter_context(_moto(cloud, personalize, seconds_per_state, guesses or {}))
        _await_moto(cloud)
        _await_ministack(cloud)
        yield cloud


@contextmanager
def running_personalize(
    *, seconds_per_state: float = 1.5, guesses: Mapping[str, object] | None = None
) -> Iterator[Cloud]:
    """Amazon Personalize without the rest of a local cloud, up in a third of the time."""
    with ExitStack() as stack:
        directory = _directory(stack)
        listener = stack.enter_context(_listen(HOST, 0))
        cloud = Cloud("", f"http://{HOST}:{listener.getsockname()[1]}", directory, directory / "ca.pem")
        stack.enter_context(_moto(cloud, listener, seconds_per_state, guesses or {}))
        _await_moto(cloud)
        yield cloud


def _directory(stack: ExitStack) -> Path:
    return Path(stack.enter_context(TemporaryDirectory(prefix="local-cloud-"))).resolve()


def _ministack(cloud: Cloud, listener: socket.socket) -> AbstractContextManager[None]:
    """CloudFormation and the rest."""
    certificate, key = (str(cloud.directory / name) for name in (_CERTIFICATE, _PRIVATE_KEY))
    # Hypercorn, and not ministack's own command, which would open port 443 as well.
    command = ["local.ministack", "local.gateway:app", "--workers=0", f"--bind=fd://{listener.fileno()}"]
    command += [f"--certfile={certificate}", f"--keyfile={key}"]
    environment = {
        "PYTHONPATH": str(ROOT),
        "GATEWAY_PORT": str(listener.getsockname()[1]),
        "MINISTACK_HOST": HOST,
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "MINISTACK_REGION": REGION,
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": certificate,
        "MINISTACK_SSL_KEY": key,
        "LOCAL_PERSONALIZE_URL": cloud.personalize_url,
        # Policies of roles, and signatures, count. These are the account's own keys.
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": _KEY,
        "AWS_SECRET_ACCESS_KEY": _KEY,
        # Inherited by functions: whom to trust, which is this cloud and nobody else.
        "SSL_CERT_FILE": str(cloud.ca_bundle),
        "AWS_CA_BUNDLE": str(cloud.ca_bundle),
        "REQUESTS_CA_BUNDLE": str(cloud.ca_bundle),
        # With Docker in reach it would remove the containers of any other ministack.
        "DOCKER_HOST": f"unix://{cloud.directory}/no-docker",
        "STATE_DIR": f"{cloud.directory}/state",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    return _server("ministack", command, listener, cloud.directory, environment)


def _moto(
    cloud: Cloud, listener: socket.socket, seconds_per_state: float, guesses: Mapping[str, object]
) -> AbstractContextManager[None]:
    """Amazon Personalize."""
    command = ["local.personalize", str(listener.fileno()), f"--seconds-per-state={seconds_per_state}"]
    command += [f"--guesses={json.dumps(guesses)}"]
    environment = {"MOTO_ACCOUNT_ID": ACCOUNT_ID, "PYTHONPATH": str(ROOT)}
    return _server("moto", command, listener, cloud.directory, environment)


def _await_ministack(cloud: Cloud) -> None:
    tls = ssl.create_default_context(cafile=cloud.ca_bundle)
    connection = http.client.HTTPSConnection(urlsplit(cloud.url).netloc, timeout=_STARTUP_SECONDS, context=tls)
    _await_start("ministack", connection, "/_ministack/health", cloud.directory)


def _await_moto(cloud: Cloud) -> None:
    connection = http.client.HTTPConnection(urlsplit(cloud.personalize_url).netloc, timeout=_STARTUP_SECONDS)
    _await_start("moto", connection, "/moto-api/data.json", cloud.directory)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise LocalCloudError(
            f"Port {port} of {host} cannot be had: {os.strerror(error.errno or 0)}. If another local cloud has it, end "
            "that one; or choose another port, or 0 for a free one, with --port or --personalize-port of `up`."
        ) from error


def _certify(directory: Path) -> Path:
    """Make an authority and a certificate of its own; returns the authority's file."""
    authority = trustme.CA()
    issued = authority.issue_cert(HOST, "localhost")
    authority.cert_pem.write_to_path(directory / "ca.pem")
    for number, blob in enumerate(issued.cert_chain_pems):
        blob.write_to_path(directory / _CERTIFICATE, append=number > 0)
    issued.private_key_pem.write_to_path(directory / _PRIVATE_KEY)
    return directory / "ca.pem"


def _environment(directory: Path) -> dict[str, str]:
    """What both servers get: no proxy, no credentials and no Python settings of the caller's."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(directory),
        "TMPDIR": str(directory),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def _server(
    name: str, module: list[str], listener: socket.socket, directory: Path, environment: dict[str, str]
) -> Iterator[None]:
    """Run a Python module that listens on `listener`; at the end, kill it with all that it has started.

    Its environment is what both servers get, and what is given.
    """
    with (directory / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=directory,
            env=_environment(directory) | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )
    try:
        # With the server its only holder, the socket dies when the server does.
        listener.close()
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await_start(name: str, connection: http.client.HTTPConnection, path: str, directory: Path) -> None:
    """Wait for a server that is coming up. Its socket listens already, so that one request is enough."""
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        log = (directory / f"{name}.log").read_text(errors="replace")
        message = f"{name} did not come up ({error}). The end of its log:\n{log[-2000:]}"
        raise LocalCloudError(message) from error
    finally:
        connection.close()
