"""The files of a release: the same each time, and deployed without being built."""

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from local import sam
from local.cloud import ROOT, running
from tests.unit.resolved import read

URL = "https://github.com/example/personalize-event-tracker"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("release") / "dist")


def make(directory: Path) -> Path:
    command = [sys.executable, "-m", "release", f"--directory={directory}", f"--repository-url={URL}"]
    subprocess.run(command, cwd=ROOT, check=True)
    return directory


def only(release: Path, suffix: str) -> Path:
    (file,) = release.glob(f"personalize-event-tracker-provider-*{suffix}")
    return file


def test_a_commit_gives_the_same_bytes_each_time(release: Path, tmp_path: Path) -> None:
    again = make(tmp_path / "dist")

    def content(directory: Path) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in directory.iterdir()}

    assert content(again) == content(release)


def test_the_zip_tells_nothing_of_the_machine_that_made_it(release: Path) -> None:
    with zipfile.ZipFile(only(release, ".zip")) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    assert names == sorted(names)
    assert "event_tracker/function.py" in names
    assert "crhelper/__init__.py" in names
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    assert len({entry.date_time for entry in entries}) == 1
    # Of the runtime's Python, or none.
    assert {Path(name).suffixes[0] for name in names if name.endswith(".pyc")} <= {".cpython-313"}


def test_the_checksums_are_those_of_the_files(release: Path) -> None:
    listed = dict(reversed(line.split("  ")) for line in (release / "SHA256SUMS").read_text().splitlines())
    files = {file.name: file for file in release.iterdir() if file.name != "SHA256SUMS"}
    assert listed == {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()}


def test_the_template_names_what_is_beside_it(release: Path) -> None:
    template = read(only(release, ".yaml"))
    assert template["Resources"]["ProviderFunction"]["Properties"]["CodeUri"] == only(release, ".zip").name
    published = template["Metadata"]["AWS::ServerlessRepo::Application"]
    assert (release / published["LicenseUrl"]).is_file()
    assert (release / published["ReadmeUrl"]).is_file()
    assert published["HomePageUrl"] == URL
    assert published["SourceCodeUrl"] == f"{URL}/tree/v{published['SemanticVersion']}"


def test_the_wheel_has_the_lint_rules(release: Path) -> None:
    (wheel,) = release.glob("cfn_lint_personalize_event_tracker-*-py3-none-any.whl")
    template = '{"Resources": {"T": {"Type": "Custom::PersonalizeEventTracker", "Properties": {"ServiceToken": "x"}}}}'

    linted = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--append-rules", "personalize_event_tracker"],
        # Python imports from a wheel, too.
        env=os.environ | {"PYTHONPATH": str(wheel)},
        input=template,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "E9501 'DatasetGroupArn' is a required property" in linted.stdout, linted.stderr


def test_it_is_deployed_as_it_is(release: Path) -> None:
    with running() as cloud:
        sam.deploy_stack(cloud, only(release, ".yaml"), "released", {})

        stack = cloud.cloudformation.describe_stacks(StackName="released")["Stacks"][0]
        deployed = cloud.functions.get_function_configuration(FunctionName=stack["Outputs"][0]["OutputValue"])

    digest = hashlib.sha256(only(release, ".zip").read_bytes()).digest()
    assert base64.b64decode(deployed["CodeSha256"]) == digest
