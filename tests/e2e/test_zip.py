"""What is in the function's zip."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.cloud import ROOT, Cloud

LOADED = """
import sys
import event_tracker.function
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
print(*[file for file in files if file.startswith("{}")])
"""


@pytest.fixture
def built(cloud: Cloud) -> Path:
    return cloud.directory / "build" / "template" / "ProviderFunction"


def test_what_is_imported_has_bytecode_that_does_not_outlive_an_edit(built: Path) -> None:
    printed = subprocess.check_output(
        [sys.executable, "-c", LOADED.format(built)],
        env={"PYTHONPATH": str(built), "AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"},
        text=True,
    )

    loaded = printed.split()
    assert len(loaded) > 40
    flags = set()
    for file in map(Path, loaded):
        (bytecode,) = file.parent.glob(f"__pycache__/{file.stem}.*.pyc")
        flags.add(bytecode.read_bytes()[4:8])
    # It has a hash of its source (PEP 552), which is compared.
    assert flags == {b"\x03\0\0\0"}


def test_nothing_but_the_function_and_its_packages_is_in_it(built: Path) -> None:
    others = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert {"live", "local", "operations", "tests"} <= others
    assert others & {path.name for path in built.iterdir()} == set()


def test_the_zip_is_small(built: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "function"), "zip", built)

    assert Path(archive).stat().st_size < 1_500_000
