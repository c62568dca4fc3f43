"""What was measured with, and on."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import ROOT

PACKAGES = ("boto3", "botocore", "crhelper", "aws-lambda-powertools", "moto", "ministack")


def versions() -> dict[str, str]:
    """The versions of what takes part."""
    sam = subprocess.run([ROOT / ".venv-sam/bin/sam", "--version"], capture_output=True, text=True, check=True)
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "SAM CLI": sam.stdout.split()[-1],
    }


def machine() -> dict[str, Any]:
    """The processor, the memory and the operating system."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory in GB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{_system()}, {platform.machine()}",
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return f"{platform.system()} {platform.release()}"
