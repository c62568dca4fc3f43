"""What the rules find in templates, and what they leave alone."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from cfnlint.exceptions import UnexpectedRuleException

from lint.personalize_event_tracker import ATTRIBUTES
from tests.lint.conftest import RULES, Lint, Problem, cfn_lint

ROOT = RULES.parent
GROUP = "arn:aws:personalize:us-east-1:123456789012:dataset-group/films"
GOOD_ONE = {"ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:provider", "DatasetGroupArn": GROUP}

BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "a name that is misspelt": ({"AdoptExistng": True}, "AdoptExistng", "Did you mean 'AdoptExisting'?"),
    "a name in another case": ({"name": "x"}, "name", "'name' was unexpected"),
    "a property of nobody's": ({"Foo": "x"}, "Foo", "'Foo' was unexpected"),
    "an attribute set as a property": ({"TrackingId": "x"}, "TrackingId", "'TrackingId' was unexpected"),
    "a group that is no ARN": ({"DatasetGroupArn": "films"}, "DatasetGroupArn", "must be the ARN of a dataset group"),
    "a group that is another thing": (
        {"DatasetGroupArn": GROUP.replace("dataset-group", "dataset")},
        "DatasetGroupArn",
        "must be the ARN of a dataset group",
    ),
    "a group that is built wrong": (
        {"DatasetGroupArn": {"Fn::Sub": "arn:aws:personalize:${AWS::Region}:${AWS::AccountId}:dataset/films"}},
        "DatasetGroupArn/Fn::Sub",
        "must be the ARN of a dataset group",
    ),
    "a name with a dot": ({"Name": "film.clicks"}, "Name", "Name must be of a-z A-Z 0-9 _ -"),
    "a name of 64": ({"Name": "n" * 64}, "Name", "is longer than 63"),
    "a name that is a list": ({"Name": ["films"]}, "Name", "not of type 'string'"),
    "a name that is bad in one case": (
        {"Name": {"Fn::If": ["Sometimes", "films", "film.clicks"]}},
        "Name/Fn::If/2",
        "Name must be of a-z A-Z 0-9 _ -",
    ),
    "an adoption that is neither": ({"AdoptExisting": "yes"}, "AdoptExisting", "must be true or false"),
    "an adoption that is a number": ({"AdoptExisting": 1}, "AdoptExisting", "must be true or false"),
    "a strategy that there is not": (
        {"ReplacementStrategy": "delete-then-create"},
        "ReplacementStrategy",
        "must be create_then_delete or delete_then_create",
    ),
    "a timeout that is too long": ({"ServiceTimeout": 7200}, "ServiceTimeout", "greater than the maximum of 3600"),
    "a timeout of nothing": ({"ServiceTimeout": "0"}, "ServiceTimeout", "must be whole seconds, 1-3600"),
    "a timeout with a unit": ({"ServiceTimeout": "15m"}, "ServiceTimeout", "must be whole seconds, 1-3600"),
    "tags that are a map": ({"Tags": {"team": "shop"}}, "Tags", "not of type 'array'"),
    "a tag without a value": ({"Tags": [{"Key": "team"}]}, "Tags/0", "'Value' is a required property"),
    "a tag as Personalize writes it": ({"Tags": [{"tagKey": "a", "tagValue": "b"}]}, "Tags/0/tagKey", "'tagKey' was"),
    "a tag of AWS's": (
        {"Tags": [{"Key": "Aws:x", "Value": "b"}]},
        "Tags/0/Key",
        "begin with neither aws: nor cloudformation:",
    ),
    "a tag of CloudFormation's": (
        {"Tags": [{"Key": "CloudFormation:x", "Value": "b"}]},
        "Tags/0/Key",
        "begin with neither aws: nor cloudformation:",
    ),
    "a tag in a condition": (
        {"Tags": [{"Fn::If": ["Sometimes", {"Key": "a|b", "Value": "c"}, {"Ref": "AWS::NoValue"}]}]},
        "Tags/0/Fn::If/1/Key",
        "Key must be of letters",
    ),
    "a tag twice": (
        {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]},
        "Tags",
        "the keys of Tags must be unique",
    ),
    "48 tags": (
        {"Tags": [{"Key": f"k{i}", "Value": ""} for i in range(48)]},
        "Tags",
        "maximum item count: 47, found: 48",
    ),
}


def template(*trackers: dict[str, Any]) -> dict[str, Any]:
    """A template with trackers of these properties: Tracker0, Tracker1 and so on."""
    return {
        "Parameters": {"Strategy": {"Type": "String", "Default": "rename"}, "When": {"Type": "String"}},
        "Conditions": {"Sometimes": {"Fn::Equals": [{"Ref": "When"}, "now"]}},
        "Resources": {
            f"Tracker{number}": {"Type": "Custom::PersonalizeEventTracker", "Properties": properties}
            for number, properties in enumerate(trackers)
        },
    }


@pytest.fixture(scope="module")
def bad(lint: Lint) -> list[Problem]:
    """What is said of all that is bad, each in a resource of its own."""
    return lint(template(*({**GOOD_ONE, **properties} for properties, _, _ in BAD.values())))


@pytest.mark.parametrize("case", BAD)
def test_a_bad_property_is_told_where_it_is(bad: list[Problem], case: str) -> None:
    _, place, told = BAD[case]
    here = f"Resources/Tracker{list(BAD).index(case)}/Properties/{place}"
    assert any(path == here and told in message for _, path, message in bad)


def test_a_bad_default_of_a_parameter_is_told_there(lint: Lint) -> None:
    problems = lint(template({**GOOD_ONE, "ReplacementStrategy": {"Ref": "Strategy"}}))
    (message,) = [
        message for rule, path, message in problems if (rule, path) == ("W1030", "Parameters/Strategy/Default")
    ]
    assert message.startswith("ReplacementStrategy must be create_then_delete or delete_then_create when 'Ref' is")


def test_what_is_required_is_told_even_without_properties(lint: Lint) -> None:
    document = template({}, {})
    del document["Resources"]["Tracker1"]["Properties"]

    told = [(rule, path, message) for rule, path, message in lint(document) if rule in ("E3003", "E9501")]

    assert sorted(told) == [
        ("E3003", "Resources/Tracker0/Properties", "'ServiceToken' is a required property"),
        ("E3003", "Resources/Tracker1/Properties", "'ServiceToken' is a required property"),
        ("E9501", "Resources/Tracker0/Properties", "'DatasetGroupArn' is a required property"),
        ("E9501", "Resources/Tracker1/Properties", "'DatasetGroupArn' is a required property"),
    ]


def test_an_attribute_that_there_is_not_is_told_wherever_it_is_asked_for(lint: Lint) -> None:
    asked = {"Fn::GetAtt": ["Tracker0", "TrackingID"]}
    ways: list[dict[str, Any]] = [
        asked,
        {"Fn::GetAtt": "Tracker0.TrackingID"},
        {"Fn::Sub": "id:${Tracker0.TrackingID}"},
        {"Fn::Sub": ["${id}", {"id": asked}]},
        {"Fn::Join": ["", ["a", asked]]},
        {"Fn::If": ["Sometimes", asked, "b"]},
    ]
    document = template(GOOD_ONE)
    document["Outputs"] = {f"Id{number}": {"Value": way} for number, way in enumerate(ways)}
    for number, way in enumerate(ways):
        typed = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": way}}
        untyped = {"Type": "Custom::Other", "Properties": {"ServiceToken": "x", "Deep": [{"Value": way}]}}
        document["Resources"] |= {f"Typed{number}": typed, f"Untyped{number}": untyped}

    problems = [(path.split("/")[1], message) for rule, path, message in lint(document) if rule == "E9502"]

    told = "'TrackingID' is not an attribute of a Custom::PersonalizeEventTracker (did you mean 'TrackingId'?)"
    places = [f"{where}{number}" for where in ("Id", "Typed", "Untyped") for number in range(len(ways))]
    assert sorted(problems) == [(place, told) for place in places]


def test_for_an_attribute_like_no_other_all_are_named(lint: Lint) -> None:
    document = template(GOOD_ONE)
    document["Outputs"] = {"Id": {"Value": {"Fn::GetAtt": ["Tracker0", "Arn"]}}}

    (message,) = [message for rule, _, message in lint(document) if rule == "E9502"]

    assert all(name in message for name in ATTRIBUTES)


def test_every_attribute_can_be_asked_for(lint: Lint) -> None:
    document = template(GOOD_ONE)
    document["Outputs"] = {name: {"Value": {"Fn::GetAtt": ["Tracker0", name]}} for name in ATTRIBUTES}

    assert [problem for problem in lint(document) if problem[0] == "E9502"] == []


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_pass(lint: Lint, path: Path) -> None:
    assert lint(path.read_text()) == []


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: a user's, which has the one file in a folder."""
    (tmp_path / "cfn-lint-rules").mkdir()
    shutil.copy(RULES / "personalize_event_tracker.py", tmp_path / "cfn-lint-rules")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_one_file_is_all_that_a_user_s_configuration_needs(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "template.json").write_text(json.dumps(template({**GOOD_ONE, "DatasetGroupArn": "films"})))
    (project / ".cfnlintrc").write_text("append_rules: [cfn-lint-rules]\n")

    assert cfn_lint("template.json") == 2 + 4
    assert "E9501 DatasetGroupArn must be the ARN of a dataset group" in capsys.readouterr().out


PAGE = (ROOT / "docs" / "linting.md").read_text()
SHOWN = re.findall(r"This template\n\n```yaml\n(.*?)```\n\ngives\n\n```\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("bad", "shown"), SHOWN)
def test_the_page_on_linting_shows_what_is_said(
    project: Path, capsys: pytest.CaptureFixture[str], bad: str, shown: str
) -> None:
    (project / "template.yaml").write_text(bad)

    cfn_lint("--append-rules", "cfn-lint-rules", "--", "template.yaml")

    assert capsys.readouterr().out.strip() == shown.strip()


def test_the_page_on_linting_shows_every_rule() -> None:
    rules = set(re.findall(r'^    id = "(\w+)"', (RULES / "personalize_event_tracker.py").read_text(), re.MULTILINE))

    assert set(re.findall(r"^\| (\w\d+) \|", PAGE, re.MULTILINE)) == rules
    assert {rule for _, shown in SHOWN for rule in re.findall(r"^([EW]\d+) ", shown, re.MULTILINE)} == rules


def test_without_two_hyphens_it_ends_as_the_page_says(project: Path) -> None:
    (project / "template.yaml").write_text(SHOWN[0][0])
    (words,) = re.findall(r"whose last line is `(.*?)`", PAGE)

    with pytest.raises(UnexpectedRuleException) as failure:
        cfn_lint("--append-rules", "cfn-lint-rules", "template.yaml")

    assert str(failure.value) == words
