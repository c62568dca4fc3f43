"""The real SAM CLI, and the provider's real template, run against a local cloud."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from local.cloud import ROOT, Cloud, LocalCloudError

# Where the Makefile installs it.
SAM_DIRECTORY = ROOT / ".venv-sam" / "bin"
PROVIDER_STACK = "personalize-event-tracker-provider"
_SECONDS_TO_CLEAN_UP = 10


def build(cloud: Cloud, template: Path = ROOT / "template.yaml") -> Path:
    """`sam build` a template, the provider's by default, into the cloud's directory; returns the built one."""
    directory = cloud.directory / "build" / template.stem
    sam(cloud, ["build", "--template-file", str(template), "--build-dir", str(directory)])
    return directory / "template.yaml"


def deploy(cloud: Cloud, template: Path) -> None:
    """`sam deploy` the built provider."""
    deploy_stack(cloud, template, PROVIDER_STACK, {})


def deploy_stack(cloud: Cloud, template: Path, stack_name: str, parameters: Mapping[str, str]) -> None:
    """`sam deploy` a built template."""
    arguments = ["deploy", "--template-file", str(template), "--stack-name", stack_name]
    if parameters:
        arguments += ["--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())]
    sam(cloud, arguments)


def invoke(cloud: Cloud, template: Path, event: Path) -> dict[str, Any]:
    """`sam local invoke` the built provider, whose image is there, in a container; returns its response."""
    arguments = ["local", "invoke", "ProviderFunction", "--template-file", str(template), "--event", str(event)]
    arguments += ["--env-vars", str(event.parent / "local.json"), "--skip-pull-image"]
    return json.loads(sam(cloud, arguments))  # type: ignore[no-any-return]


def sam(cloud: Cloud, arguments: Sequence[str]) -> str:
    """Run the SAM CLI with the defaults in samconfig.toml; returns what it printed.

    Raises LocalCloudError with all that it said when it fails.
    """
    program = _program()
    # First on the path: the SAM CLI's own Python, which has the pip that provider/Makefile asks for.
    path = os.pathsep.join([str(Path(program).parent), os.environ.get("PATH", os.defpath)])
    environment = cloud.environment_for(os.environ) | {
        "PATH": path,
        # It leaves directories behind.
        "TMPDIR": str(cloud.directory),
        # Of a change set and of a stack: five seconds are for a cloud that is far away.
        "SAM_CLI_POLL_DELAY": "0.3",
    }
    with subprocess.Popen(
        [program, *arguments, "--config-file", str(ROOT / "samconfig.toml")],
        env=environment,
        cwd=cloud.directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            printed, told = process.communicate()
        except BaseException:
            # As ctrl-C does: it takes its container down, but may then wait for as long as the function could run.
            os.killpg(process.pid, signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_SECONDS_TO_CLEAN_UP)
            process.kill()
            raise
    if process.returncode:
        raise LocalCloudError(f"sam {' '.join(arguments)} failed:\n{printed}{told}")
    return printed


def _program() -> str:
    places = os.pathsep.join([str(SAM_DIRECTORY), os.environ.get("PATH", os.defpath)])
    program = shutil.which("sam", path=places)
    if program is None:
        raise LocalCloudError("There is no SAM CLI, in .venv-sam or on the PATH. `make build` installs it.")
    return program
