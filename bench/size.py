"""Size: what `sam deploy` uploads and a cold start fetches."""

import zipfile
from collections.abc import Iterator, Mapping
from tempfile import TemporaryFile
from typing import Any

from bench import artifacts
from bench.artifacts import Function
from bench.page import table

TARGET = 1_500_000


def measure() -> dict[str, Any]:
    """Zip the provider, and a typical provider with the same packages; neither has boto3 in it."""
    return {"this provider": _zipped(artifacts.provider()), "a typical crhelper provider": _zipped(artifacts.typical())}


def tables(results: Mapping[str, Any]) -> dict[str, str]:
    """The bytes that are uploaded, and those that they become."""
    rows = [[name, *(f"{of[what]:,}" for what in ("zip", "unzipped"))] for name, of in results.items()]
    return {"size": table(["bytes", "zip", "unzipped"], rows)}


def targets(results: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    """How large it may be."""
    yield "Bytes of the zip", TARGET, results["this provider"]["zip"]


def _zipped(function: Function) -> dict[str, int]:
    with TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(path for path in function.code.rglob("*") if path.is_file()):
                archive.write(path, path.relative_to(function.code))
            unzipped = sum(entry.file_size for entry in archive.infolist())
        return {"zip": file.tell(), "unzipped": unzipped}
