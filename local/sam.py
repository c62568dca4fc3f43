"""The real SAM CLI, and the provider's real template, run against a local cloud."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.cloud import ROOT, Cloud, LocalCloudError

# Where the Makefile installs it.
SAM_DIRECTORY = ROOT / ".venv-sam" / "bin"
PROVIDER_STACK = "personalize-event-tracker-provider"


def build(cloud: Cloud, template: Path = ROOT / "template.yaml") -> Path:
    """`sam build` a template, the provider's by default, into the cloud's directory; returns the built one."""
    directory = cloud.directory / "build" / template.stem
    sam(cloud, ["build", "--template-file", str(template), "--build-dir", str(directory)])
    return directory / "template.yaml"


def deploy(cloud: Cloud, template: Path) -> None:
    """`sam deploy` the built provider, with Amazon Personalize where the cloud has it."""
    deploy_stack(cloud, template, PROVIDER_STACK, {"PersonalizeEndpointUrl": cloud.personalize_url})


def deploy_stack(cloud: Cloud, template: Path, stack_name: str, parameters: Mapping[str, str]) -> None:
    """`sam deploy` a built template."""
    arguments = ["deploy", "--template-file", str(template), "--stack-name", stack_name]
    if parameters:
        arguments += ["--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())]
    sam(cloud, arguments)


def sam(cloud: Cloud, arguments: Sequence[str]) -> None:
    """Run the SAM CLI with the defaults in samconfig.toml.

    Raises LocalCloudError with what it said when it fails.
    """
    program = _program()
    # First on the path: the SAM CLI's own Python, which has the pip that provider/Makefile asks for.
    path = os.pathsep.join([str(Path(program).parent), os.environ.get("PATH", os.defpath)])
    process = subprocess.run(
        [program, *arguments, "--config-file", str(ROOT / "samconfig.toml")],
        env=cloud.environment_for(os.environ)
        | {
            "PATH": path,
            # It leaves directories behind.
            "TMPDIR": str(cloud.directory),
            # Of a change set and of a stack: five seconds are for a cloud that is far away.
            "SAM_CLI_POLL_DELAY": "0.3",
        },
        cwd=cloud.directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if process.returncode:
        raise LocalCloudError(f"sam {' '.join(arguments)} failed:\n{process.stdout}")


def _program() -> str:
    places = os.pathsep.join([str(SAM_DIRECTORY), os.environ.get("PATH", os.defpath)])
    program = shutil.which("sam", path=places)
    if program is None:
        raise LocalCloudError("There is no SAM CLI, in .venv-sam or on the PATH. `make build` installs it.")
    return program
