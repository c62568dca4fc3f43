"""The report of a probe, what `compare` makes of it, and what docs/live.md says beside the code."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from live.__main__ import main
from live.observations import words
from live.questions import QUESTIONS
from local.cloud import ACCOUNT_ID
from local.moto_personalize import Guesses
from tests.docs.pages import page
from tests.live.conftest import DATASETS, GROUPS, guess_that, service, take_time

PAGE = page("docs/live.md")
WORKFLOW = Path(__file__).parents[2] / ".github" / "workflows" / "live.yml"


@pytest.fixture(scope="module")
def report(_no_real_aws: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a probe of an account in which two guesses are wrong."""
    path = tmp_path_factory.mktemp("report") / "live-report.json"
    with service():
        guess_that(second_tracker_other_name="LimitExceededException", foreign_arn="AccessDeniedException")
        take_time(GROUPS, DATASETS)
        assert main(["probe", "--yes", "--report", str(path)]) == 0
    return path


def test_the_report_has_no_account_id(report: Path) -> None:
    text = report.read_text()
    assert "dataset-group/live-" in text
    assert ACCOUNT_ID not in text
    assert re.findall(r"(?<!\d)\d{12}(?!\d)", text) == []


def test_the_report_says_what_was_seen_where(report: Path) -> None:
    probe = json.loads(report.read_text())["probe"]
    assert [finding["name"] for finding in probe["findings"]] == [question.name for question in QUESTIONS]
    (second,) = [finding for finding in probe["findings"] if finding["name"] == "second_tracker_other_name"]
    assert second["seen"] == ["LimitExceededException"]
    states = {observation["where"] for observation in second["observations"]}
    assert {"CREATE PENDING", "ACTIVE", "DELETE PENDING"} <= states
    assert all("already exists" in observation["message"] for observation in second["observations"])
    assert probe["region"] == "us-east-1"


def test_compare_says_which_defaults_to_change(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(report)]) == 1
    second, foreign = capsys.readouterr().out.splitlines()
    assert second.startswith(
        'second_tracker_other_name: change the default from "ResourceAlreadyExistsException" to "L'
    )
    assert foreign == 'foreign_arn: change the default from "ResourceNotFoundException" to "AccessDeniedException".'


def edited(report: Path, name: str, path: Path, **changes: Any) -> Path:
    """The report with another finding."""
    content = json.loads(report.read_text())
    findings = {finding["name"]: finding for finding in content["probe"]["findings"]}
    findings["second_tracker_other_name"]["seen"] = ["ResourceAlreadyExistsException"]
    findings["foreign_arn"]["seen"] = ["ResourceNotFoundException"]
    findings[name] |= changes
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("name", "changes", "status", "line"),
    [
        ("page_size", {}, 0, "Nothing that was seen contradicts what the code assumes."),
        ("page_size", {"seen": [50], "is_minimum": False}, 1, "page_size: change the default from 100 to 50."),
        ("page_size", {"seen": [101], "is_minimum": True}, 1, "page_size: change the default from 100 to 101."),
        ("group_not_active", {"seen": []}, 0, "group_not_active: not seen."),
        ("list_of_unknown_group", {"seen": ["X"]}, 1, 'list_of_unknown_group: change the default from null to "X".'),
        (
            "foreign_arn",
            {"seen": ["A", "B"]},
            1,
            'foreign_arn: the default is "ResourceNotFoundException", but it depends: seen "A", "B".',
        ),
    ],
)
def test_compare_knows_agreement_contradiction_and_silence(
    report: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    changes: dict[str, Any],
    status: int,
    line: str,
) -> None:
    assert main(["compare", str(edited(report, name, tmp_path / "report.json", **changes))]) == status
    assert line in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(("text", "said"), [(None, "cannot be read"), ("[", "cannot be read"), ("{}", "is no report")])
def test_what_is_no_report_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    path = tmp_path / "report.json"
    if text is not None:
        path.write_text(text)
    assert main(["compare", str(path)]) == 1
    assert said in capsys.readouterr().err


def policies() -> list[dict[str, Any]]:
    return [json.loads(fence) for fence in PAGE.fences if fence.startswith("{")]


def actions(policy: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for statement in policy["Statement"]:
        found |= {statement["Action"]} if isinstance(statement["Action"], str) else set(statement["Action"])
    return found


def test_the_page_asks_for_what_a_probe_and_clean_call_and_nothing_more(
    report: Path,
) -> None:
    called = set(json.loads(report.read_text())["probe"]["calls"])
    # Clean calls the same, and asks for stacks.
    assert actions(policies()[0]) == called | {"cloudformation:DescribeStacks"}


def test_every_guess_is_in_the_table_with_what_is_assumed() -> None:
    rows = [row[:3] for row in PAGE.rows("Guesses")]
    guesses = [question for question in QUESTIONS if question.is_guess]
    assert rows == [[f"`{each.name}`", each.text, words(each.assumed)] for each in guesses]
    assert len(rows) == len(Guesses.__dataclass_fields__)


def test_what_the_page_says_of_what_is_made_is_what_was_made(report: Path) -> None:
    calls = json.loads(report.read_text())["probe"]["calls"]
    made = {cells[0]: cells[1] for cells in PAGE.rows("What it makes")}
    assert made["dataset groups"] == str(calls["personalize:CreateDatasetGroup"])
    assert made["schemas"] == str(calls["personalize:CreateSchema"])


def test_the_workflow_pins_what_it_uses_and_takes_a_role() -> None:
    text = WORKFLOW.read_text()
    others = (WORKFLOW.parent / "ci.yml").read_text()
    used = re.findall(r"uses: (\S+ # \S+)", text)
    assert used
    assert all(each in others for each in used)
    assert "id-token: write" in text
    assert re.search(r"options: \[probe, life, clean\]", text)
