"""`make scan`: what scanners say of the stack and the workflows, beside what docs/operating.md explains.

checkov sees the template as it is, and as CloudFormation resolves it, with the defaults and with all parameters. It
must find what the page's table has, no more and no less. The workflows must have no finding.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

from tests.unit.resolved import read, resolved
from tests.unit.test_template import GOVERNED

ROOT = Path(__file__).parents[1]
SCHEMAS = {
    "vendor.github-workflows": ".github/workflows/*.yml",
    "custom.github-workflows-require-timeout": ".github/workflows/*.yml",
    "vendor.dependabot": ".github/dependabot.yml",
    "vendor.github-issue-forms": ".github/ISSUE_TEMPLATE/[bf]*.yml",
    "vendor.github-issue-config": ".github/ISSUE_TEMPLATE/config.yml",
}


def main(programs: Path) -> int:
    """Run the scanners that are in a directory; returns the exit status."""
    with TemporaryDirectory() as directory:
        files = [*write_resolved(Path(directory)), ROOT / "template.yaml", ROOT / "examples/single-stack.yaml"]
        found = checkov(programs, files)
    page = (ROOT / "docs/operating.md").read_text().split("\n## What scanners say\n")[1]
    explained = set(re.findall(r"`(CKV\w+)`", page))
    print(f"checkov: {', '.join(sorted(found))}")
    for problem, checks in (("not explained", found - explained), ("explained and not found", explained - found)):
        if checks:
            print(f"error: {problem} in docs/operating.md: {', '.join(sorted(checks))}", file=sys.stderr)
    workflows = [[programs / "zizmor", "--offline", "--quiet", ROOT / ".github"]]
    workflows += [
        [programs / "check-jsonschema", "--builtin-schema", schema, *ROOT.glob(pattern)]
        for schema, pattern in SCHEMAS.items()
    ]
    failed = [command for command in workflows if subprocess.run(command, check=False).returncode]
    return int(found != explained or bool(failed))


def write_resolved(directory: Path) -> list[Path]:
    """The stack as CloudFormation makes it of the template."""
    source = read(ROOT / "template.yaml")
    source["Resources"]["ProviderFunction"]["Properties"]["CodeUri"] = "s3://bucket/key"
    defaults = {name: body["Default"] for name, body in source["Parameters"].items()}
    made = transform(source, {**defaults, "AWS::Region": "us-east-1"}, ManagedPolicyLoader(None))
    paths = []
    for name, parameters in {"defaults": {}, "governed": {**GOVERNED, "Dashboard": "true"}}.items():
        document = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resolved(made, **parameters)}
        paths.append(directory / f"{name}.json")
        paths[-1].write_text(json.dumps(document))
    return paths


def checkov(programs: Path, files: list[Path]) -> set[str]:
    """The checks that fail."""
    command = [programs / "checkov", "--framework", "cloudformation", "--skip-download", "--output", "json"]
    for file in files:
        command += ["--file", file]
    ran = subprocess.run([programs / "python", *command], stdout=subprocess.PIPE, text=True, check=False)
    report: dict[str, Any] = json.loads(ran.stdout)
    if report["summary"]["parsing_errors"] or report["summary"]["resource_count"] < len(files):
        raise ValueError(f"checkov has not read all: {report['summary']}")
    return {check["check_id"] for check in report["results"]["failed_checks"]}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
