"""Make the files of a release: the function's zip, a template that names it, a wheel of the rules for cfn-lint, and
their checksums.

The same commit gives the same bytes: sources come from the commit and not from the work tree, packages are pinned with
hashes, and order, times and permissions in the zip are fixed. So is the bytecode, which is of the Lambda runtime's own
version of Python or is left out.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
NAME = "personalize-event-tracker-provider"
# What pip notes about itself and the machine.
_LEFT_OUT = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


def main() -> int:
    """Do what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__)
    parser.add_argument("--directory", type=Path, default=ROOT / "dist", help="where the files go: dist/ if left out")
    parser.add_argument(
        "--repository-url", default="", help="where the repository is, for the Serverless Application Repository"
    )
    parser.add_argument("--version", action="store_true", help="print the version that a release would have, and end")
    arguments = parser.parse_args()
    with TemporaryDirectory() as temporary:
        sources = _sources(Path(temporary))
        template = (sources / "template.yaml").read_text()
        version = _only(r"^    SemanticVersion: (\S+)$", template)
        if arguments.version:
            print(version)
            return 0
        shutil.rmtree(arguments.directory, ignore_errors=True)
        arguments.directory.mkdir(parents=True)
        python = _python_of(_only(r"^      Runtime: python(\S+)$", template))
        _make(sources, arguments.directory, f"{NAME}-{version}", python, _links(arguments.repository_url, version))
    print(f"{arguments.directory}: version {version}, {'with' if python else 'without'} bytecode")
    return 0


def _make(sources: Path, directory: Path, name: str, python: str | None, links: str) -> None:
    built = sources / "built"
    built.mkdir()
    _run(
        "make",
        "-C",
        sources / "provider",
        "build-ProviderFunction",
        f"ARTIFACTS_DIR={built}",
        f"PYTHON={python or sys.executable}",
    )
    _zip(built, directory / f"{name}.zip", with_bytecode=python is not None)
    template = (sources / "template.yaml").read_text()
    for old, new in (
        ("      CodeUri: provider/\n", f"      CodeUri: {name}.zip\n"),
        # There is nothing to be built.
        ("    Metadata:\n      BuildMethod: makefile\n", ""),
        ("    ReadmeUrl: docs/serverless-application-repository.md\n", f"    ReadmeUrl: {name}.md\n{links}"),
    ):
        if template.count(old) != 1:
            raise ValueError(f"template.yaml does not have this once: {old}")
        template = template.replace(old, new)
    (directory / f"{name}.yaml").write_text(template)
    shutil.copyfile(sources / "docs" / "serverless-application-repository.md", directory / f"{name}.md")
    shutil.copyfile(sources / "LICENSE", directory / "LICENSE")
    _wheel(sources / "lint", directory)
    sums = "".join(f"{_sha256(file)}  {file.name}\n" for file in sorted(directory.iterdir()))
    (directory / "SHA256SUMS").write_text(sums)


def _sources(directory: Path) -> Path:
    """What is committed, in a directory of its own."""
    archive = subprocess.check_output(["git", "archive", "HEAD"], cwd=ROOT)
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(directory, filter="data")
    return directory


def _links(url: str, version: str) -> str:
    if not url:
        return ""
    return f"    HomePageUrl: {url}\n    SourceCodeUrl: {url}/tree/v{version}\n"


def _python_of(version: str) -> str | None:
    """A Python of a version like 3.13, if there is one."""
    for python in (sys.executable, f"python{version}"):
        try:
            found = subprocess.check_output(
                [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                stderr=subprocess.DEVNULL,
                text=True,
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        if found.strip() == version:
            return python
    return None


def _zip(built: Path, file: Path, *, with_bytecode: bool) -> None:
    moment = time.gmtime(int(_run("git", "log", "-1", "--format=%ct")))
    with zipfile.ZipFile(file, "w") as archive:
        for path in _packaged(built, with_bytecode=with_bytecode):
            entry = zipfile.ZipInfo(path.relative_to(built).as_posix(), moment[:6])
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes(), compresslevel=9)


def _wheel(sources: Path, directory: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    # As for the zip: pip's configuration may ask for a virtual environment, and the commit says what time it is.
    fixed = {"PIP_REQUIRE_VIRTUALENV": "0", "SOURCE_DATE_EPOCH": _run("git", "log", "-1", "--format=%ct").strip()}
    subprocess.run([*command, "--wheel-dir", directory, sources], env=os.environ | fixed, check=True)


def _packaged(built: Path, *, with_bytecode: bool) -> Iterator[Path]:
    for path in sorted(built.rglob("*"), key=lambda path: path.relative_to(built).as_posix()):
        if path.is_file() and path.name not in _LEFT_OUT and (with_bytecode or path.suffix != ".pyc"):
            yield path


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _only(pattern: str, text: str) -> str:
    (found,) = re.findall(pattern, text, re.MULTILINE)
    return str(found)


def _run(*command: str | Path) -> str:
    return subprocess.check_output(command, cwd=ROOT, text=True)


if __name__ == "__main__":
    sys.exit(main())
