"""The functions that are compared, as they are in their zips: the provider, and what it is compared with."""

import functools
import importlib.metadata
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from bench import ROOT

FUNCTIONS = Path(__file__).parent / "functions"


@dataclass(frozen=True)
class Function:
    """The directory that is zipped, and where the handler is in it."""

    code: Path
    handler: str


@functools.cache
def floor() -> Function:
    """The least that can call Amazon Personalize: boto3 and one client."""
    code = new_directory()
    shutil.copy(FUNCTIONS / "floor.py", code)
    return Function(code, "floor.handler")


@functools.cache
def provider() -> Function:
    """The provider, as `sam build` has it built, by the Python that runs this."""
    code = new_directory()
    settings = (f"ARTIFACTS_DIR={code}", f"PYTHON={sys.executable}")
    subprocess.run(["make", "--silent", "build-ProviderFunction", *settings], cwd=ROOT / "provider", check=True)
    return Function(code, "event_tracker.function.handler")


@functools.cache
def provider_of_another_python() -> Function:
    """The provider as the runtime sees it when another version of Python has built the zip: without bytecode."""
    code = new_directory()
    shutil.copytree(provider().code, code, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    return Function(code, provider().handler)


@functools.cache
def typical() -> Function:
    """A provider as most people write it, with the provider's packages as pip installs them."""
    code = new_directory()
    shutil.copy(FUNCTIONS / "typical.py", code)
    for entry in packages("crhelper", "aws-lambda-powertools", "jmespath", "typing-extensions"):
        if entry.is_dir():
            shutil.copytree(entry, code / entry.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(entry, code)
    return Function(code, "typical.handler")


def packages(*distributions: str) -> Iterator[Path]:
    """What the distributions have installed side by side."""
    for name in distributions:
        distribution = importlib.metadata.distribution(name)
        for top in sorted({file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}):
            yield Path(str(distribution.locate_file(top)))


@functools.cache
def _temporary() -> "TemporaryDirectory[str]":
    return TemporaryDirectory(prefix="bench-")


def new_directory() -> Path:
    """A directory that is removed when this process ends."""
    return Path(mkdtemp(dir=_temporary().name)).resolve()
