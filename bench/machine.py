"""What was measured with, and on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("boto3", "botocore", "crhelper", "aws-lambda-powertools", "moto")


def environment() -> dict[str, str]:
    """The versions of what takes part, and the machine."""
    return {
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()
