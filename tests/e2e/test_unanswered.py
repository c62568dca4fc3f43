"""A request that no delivery of was responded to, from the dead function to the stack that rolls back."""

import io
import json
import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import Cloud
from operations.__main__ import main
from tests.e2e.conftest import Stack
from tests.e2e.provider import Provider

REASON = "It was deployed without its packages."


@pytest.fixture
def provider(cloud: Cloud) -> Iterator[Provider]:
    provider = Provider(cloud, "provider-with-a-queue")
    settings = {"PersonalizeEndpointUrl": cloud.personalize_url, "UnansweredRequestsQueue": "true"}
    assert provider.deploy(**settings) == "CREATE_COMPLETE"
    yield provider
    provider.delete()


def replace_code(provider: Provider, archive: bytes) -> None:
    provider.client("lambda").update_function_code(FunctionName=provider.outputs["ServiceToken"], ZipFile=archive)


def await_message(provider: Provider, queue: str) -> None:
    """Wait until Lambda has given up on a request."""
    name = "ApproximateNumberOfMessages"
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        found = provider.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=[name])
        if found["Attributes"][name] != "0":
            return
        time.sleep(0.2)
    raise AssertionError("no request has come into the queue")


def test_a_stack_that_waits_for_a_dead_function_rolls_back_when_an_operator_responds(
    cloud: Cloud,
    provider: Provider,
    stack: Stack,
    group: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Nothing but a file that is no module.
    nothing = io.BytesIO()
    with zipfile.ZipFile(nothing, "w") as archive:
        archive.writestr("README", "")
    replace_code(provider, nothing.getvalue())
    properties = {"ServiceToken": provider.outputs["ServiceToken"], "ServiceTimeout": 3600, "DatasetGroupArn": group}
    resources = {"Tracker": {"Type": "Custom::PersonalizeEventTracker", "Properties": properties}}
    cloud.cloudformation.create_stack(StackName=stack.name, TemplateBody=json.dumps({"Resources": resources}))
    queue = provider.outputs["UnansweredRequestsQueueUrl"]
    await_message(provider, queue)
    # The rollback sends a request too.
    built = shutil.make_archive(str(tmp_path / "provider"), "zip", cloud.directory / "build/template/ProviderFunction")
    replace_code(provider, Path(built).read_bytes())

    for variable, value in cloud.environment.items():
        monkeypatch.setenv(variable, value)
    assert main(["respond", "--queue-url", queue, "--reason", REASON]) == 0

    printed = capsys.readouterr().out
    assert printed.startswith("Sent FAILED: Create ")
    assert "https://" not in printed
    assert stack._end("stack_create_complete") == "ROLLBACK_COMPLETE"
    # And not that CloudFormation did not receive a response.
    assert any(REASON in reason for reason in stack.reasons)
    assert main(["respond", "--queue-url", queue]) == 0
    assert capsys.readouterr().out == "The queue is empty.\n"
