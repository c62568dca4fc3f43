"""Size: what `sam deploy` uploads and a cold start fetches."""

import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from tempfile import TemporaryFile
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import artifacts
from bench.artifacts import Function
from bench.prose import paragraph

TARGET = 1_500_000


def measure(console: Console) -> dict[str, Any]:
    """Zip the provider as `sam build` makes it, and the plain function with the same packages, nothing left out."""
    with console.status("Zipping"):
        provider, plain = _zipped(artifacts.provider()), _zipped(artifacts.plain())
    return {"target": TARGET, "provider": provider, "plain": plain}


def tables(measured: Mapping[str, Any]) -> list[Table]:
    """The bytes of each package in the zip, and of all."""
    table = Table(title="Size of the zip, bytes", caption=f"The target is less than {measured['target']:,}.")
    for heading in ("", "this provider", "all of its packages"):
        table.add_column(heading, justify="right" if heading else "left")
    provider, plain = measured["provider"], measured["plain"]
    for name in sorted(provider["packages"] | plain["packages"]):
        table.add_row(name, *(f"{one['packages'].get(name, 0):,}" for one in (provider, plain)))
    table.add_section()
    for name in ("zip", "unzipped"):
        table.add_row(name, *(f"{one[name]:,}" for one in (provider, plain)))
    return [table]


def markdown(measured: Mapping[str, Any]) -> str:
    """How large the zip is."""
    return paragraph(
        f"**Size.** The zip has {measured['provider']['zip']:,} bytes, and {measured['plain']['zip']:,} with the same "
        "packages, nothing left out. boto3 is the runtime's own."
    )


def shortfalls(measured: Mapping[str, Any]) -> list[str]:
    """Whether it is larger than it is meant to be."""
    size = measured["provider"]["zip"]
    return [f"the zip has {size:,} bytes"] if size > TARGET else []


def _zipped(function: Function) -> dict[str, Any]:
    packages: Counter[str] = Counter()
    with TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(path for path in function.code.rglob("*") if path.is_file()):
                archive.write(path, path.relative_to(function.code))
            for entry in archive.infolist():
                packages[re.split("[-./]", entry.filename.removeprefix("__pycache__/"))[0]] += entry.compress_size
            unzipped = sum(entry.file_size for entry in archive.infolist())
        return {"zip": file.tell(), "unzipped": unzipped, "packages": dict(packages)}
