"""`sam build` and `sam deploy` in a fresh clone: the sources are never deployed without their packages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local import sam
from local.cloud import ROOT

Clone = Path


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """What is in the repository for the SAM CLI."""
    for name in ("template.yaml", "samconfig.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("provider", "examples", "events"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(clone: Clone, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program = sam._program()
    return subprocess.run(
        [program, *arguments],
        cwd=clone,
        # Were it to deploy, nobody would be there.
        env=environment
        | {
            "PATH": os.pathsep.join([str(Path(program).parent), os.environ["PATH"]]),
            "HOME": str(clone),
            "SAM_CLI_TELEMETRY": "0",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def pip_settings() -> dict[str, str]:
    """Where packages come from."""
    return {name: value for name, value in os.environ.items() if name.startswith("PIP_")}


@pytest.mark.parametrize(
    "command",
    [
        ["deploy", "--parameter-overrides", "Dashboard=true"],
        ["local", "invoke", "ProviderFunction", "--event", "events/create.json"],
    ],
    ids=lambda command: command[0],
)
def test_what_is_not_built_is_refused_by_a_name_that_says_what_to_do(clone: Clone, command: list[str]) -> None:
    refused = run(clone, *command)
    assert refused.returncode != 0
    assert "made-by-sam-build" in refused.stdout


def test_another_template_that_was_built_is_not_deployed_in_its_place(clone: Clone) -> None:
    built = run(clone, "build", "--template-file", "examples/single-stack.yaml", **pip_settings())
    assert built.returncode == 0, built.stdout
    assert (clone / ".aws-sam/build/ProviderFunction/crhelper").is_dir()

    refused = run(clone, "deploy", "--parameter-overrides", "Dashboard=true")
    assert refused.returncode != 0
    assert "made-by-sam-build" in refused.stdout


def test_what_is_built_is_deployed_whatever_pip_is_told_of_virtual_environments(clone: Clone) -> None:
    (clone / "pip.conf").write_text("[global]\nrequire-virtualenv = true\n")
    # The Python of this environment is in one, that which it was made with is in none.
    outside = str(Path(sys.base_prefix) / "bin" / "python3")

    built = run(clone, "build", PYTHON=outside, PIP_CONFIG_FILE=str(clone / "pip.conf"), **pip_settings())
    assert built.returncode == 0, built.stdout
    assert (clone / ".aws-sam/made-by-sam-build/ProviderFunction/crhelper").is_dir()

    # It gets as far as to the cloud, which is not there.
    assert "http://127.0.0.1:9" in run(clone, "deploy").stdout
