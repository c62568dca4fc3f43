"""What is in the function's zip: enough, and its bytecode."""

import ast
from collections.abc import Iterator
from pathlib import Path

from local.cloud import Cloud


def test_what_is_left_out_of_the_zip_is_imported_by_nothing_that_is_in_it(cloud: Cloud) -> None:
    built = cloud.directory / "build" / "template" / "ProviderFunction"

    missing = {module for file in built.rglob("*.py") for module in imports(file, built) if is_missing(module, built)}

    # To log pydantic's models, of which there are none.
    assert missing == {"aws_lambda_powertools.event_handler.openapi.compat"}


def test_each_module_has_bytecode_that_does_not_outlive_an_edit(cloud: Cloud) -> None:
    built = cloud.directory / "build" / "template" / "ProviderFunction"

    flags = set()
    for file in built.rglob("*.py"):
        (bytecode,) = file.parent.glob(f"__pycache__/{file.stem}.*.pyc")
        flags.add(bytecode.read_bytes()[4:8])

    # It has a hash of its source (PEP 552), which is compared.
    assert flags == {b"\x03\0\0\0"}


def imports(file: Path, built: Path) -> Iterator[str]:
    """Every module that a file imports anywhere, be it in a function."""
    package = file.relative_to(built).parent.parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else ()
            yield ".".join([*parents, *([node.module] if node.module else [])])


def is_missing(module: str, built: Path) -> bool:
    """Whether a module is of a package that is in the zip, but is not there itself."""
    place = built.joinpath(*module.split("."))
    is_ours = (built / module.split(".", maxsplit=1)[0]).is_dir()
    return is_ours and not place.with_suffix(".py").exists() and not place.is_dir()
