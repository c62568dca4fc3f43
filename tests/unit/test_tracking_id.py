"""The page on giving the tracking ID to applications: its code does what the page says."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

from botocore.stub import Stubber

PAGE = (Path(__file__).parents[2] / "docs" / "tracking-id.md").read_text()


def test_an_application_has_the_new_tracking_id_after_five_minutes() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    now = 1_000_000.0
    sent = Mock()

    def tracking_id_in_use() -> str:
        application["record"]("sam", "visit", {"eventType": "watch"})
        return sent.put_events.call_args.kwargs["trackingId"]

    application: dict[str, Any] = {}
    exec(code, application)  # noqa: S102 - it is this repository's own
    application |= {"personalize_events": sent, "time": SimpleNamespace(time=lambda: now)}
    with Stubber(application["ssm"]) as ssm:
        for value in ("first", "second"):
            parameter = {"Parameter": {"Value": value}}
            ssm.add_response("get_parameter", parameter, {"Name": "/personalize/films/tracking-id"})

        assert [tracking_id_in_use(), tracking_id_in_use()] == ["first", "first"]
        now += 300
        assert tracking_id_in_use() == "second"


def test_the_page_shows_the_parameter_of_the_example() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    example = (Path(__file__).parents[2] / "examples" / "ssm-parameter.yaml").read_text()
    lines = [line for line in example.splitlines() if "#" not in line and "Description" not in line]

    assert shown in "\n".join(lines)
