"""Lambda functions: what they find when they run.

ministack runs a function with the Python that it runs on itself, so that a function would find all packages of this
environment. In Lambda it finds what is in its zip, and what its runtime brings.
"""

import stat
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime  # type: ignore[import-untyped]
from ministack.services import lambda_svc  # type: ignore[import-untyped]

# Of the managed runtime for Python: boto3, and what boto3 needs.
_RUNTIME = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
_INIT_FAILED = "Worker init failed: No module named"

_binary = lambda_runtime._detect_runtime_binary
_execute = lambda_svc._execute_function_warm


def install(directory: Path) -> None:
    """Have ministack run functions as Lambda does. The runtime is kept in `directory`, which is made."""
    interpreter = _make_runtime(directory)

    def binary(runtime: str) -> tuple[str, str]:
        program, script = _binary(runtime)
        return (str(interpreter) if runtime.startswith("python") else program), script

    lambda_runtime._detect_runtime_binary = binary
    lambda_svc._execute_function_warm = execute


def execute(func: dict[str, Any], event: dict[str, Any], request_id: str) -> dict[str, Any]:
    """Run a function, in the place of ministack's function; a failed import is reported and logged as in Lambda."""
    result: dict[str, Any] = _execute(func, event, request_id)
    message = result["body"]["errorMessage"] if result.get("error") else ""
    if message.startswith(_INIT_FAILED):
        module = func["config"]["Handler"].rpartition(".")[0]
        message = message.replace("Worker init failed", f"Unable to import module '{module}'")
        result["body"] = {"errorMessage": message, "errorType": "Runtime.ImportModuleError"}
        result["log"] = f"[ERROR] Runtime.ImportModuleError: {message}"
    return result


def _make_runtime(directory: Path) -> Path:
    """A Python that finds nothing but its standard library and the packages of Lambda's runtime."""
    packages = directory / "packages"
    packages.mkdir(parents=True)
    for name in _RUNTIME:
        package = distribution(name)
        for top in {file.parts[0] for file in package.files or []} - {"..", "__pycache__"}:
            (packages / top).symlink_to(str(package.locate_file(top)))
    interpreter = directory / "python"
    # -S: no site-packages. What a function brings comes first on the path; ministack sees to that.
    interpreter.write_text(f'#!/bin/sh\nPYTHONPATH="{packages}" exec "{sys.executable}" -S "$@"\n')
    interpreter.chmod(interpreter.stat().st_mode | stat.S_IXUSR)
    return interpreter
