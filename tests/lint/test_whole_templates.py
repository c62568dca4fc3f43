"""Mistakes that no single property shows: each is found where it is, and nothing is found in what is right."""

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from cfnlint.rules import Rules
from cfnlint.runner import Runner

from tests.lint.conftest import CONFIG, RULES, Lint, Problem, linter

CORRECT = sorted((Path(__file__).parent / "correct").iterdir())
Said = Callable[..., list[Problem]]

# Each case completes this template.
HEAD = """
Parameters:
  GroupArn: {Type: String}
  Stage: {Type: String}
  Topic: {Type: String, Default: 'arn:aws:sns:us-east-1:123456789012:requests'}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsTest: !Equals [!Ref Stage, test]
  IsNotTest: !Not [!Condition IsTest]
Resources:
  Schema:
    Type: AWS::Personalize::Schema
    Properties: {Name: films, Schema: '{"type": "record", "name": "Interactions"}'}
  Films:
    Type: AWS::Personalize::DatasetGroup
    Properties: {Name: films}
  Shop:
    Type: AWS::Personalize::DatasetGroup
    Properties: {Name: !Sub '${AWS::StackName}-shop'}
  RequestTopic:
    Type: AWS::SNS::Topic
"""


def tracker(name: str, group: str = "!Ref GroupArn", more: str = "", properties: str = "", token: str = "") -> str:
    token = token or "!ImportValue provider-ServiceToken"
    lines = [f"{name}:", "  Type: Custom::PersonalizeEventTracker", *more.splitlines(), "  Properties:"]
    lines += [f"    ServiceToken: {token}", f"    DatasetGroupArn: {group}"]
    return "\n".join([*lines, *(f"    {line}" for line in properties.splitlines()), ""])


def dataset(name: str, group: str, more: str = "") -> str:
    lines = [f"{name}:", "  Type: AWS::Personalize::Dataset", *more.splitlines(), "  Properties:"]
    lines += [f"    Name: {name}", "    DatasetType: Interactions", f"    DatasetGroupArn: {group}"]
    return "\n".join([*lines, "    SchemaArn: !GetAtt Schema.SchemaArn", ""])


@pytest.fixture(scope="module")
def said() -> Said:
    """What these rules say of resources and the rest of a template; cfn-lint's own take fifty times as long."""
    runner = Runner(CONFIG)
    runner.rules = Rules.create_from_directory(str(RULES))
    lint = linter(runner)
    return lambda resources, rest="": lint(HEAD + textwrap.indent(resources, "  ") + rest)


@pytest.mark.parametrize("path", CORRECT, ids=lambda path: path.stem)
def test_nothing_is_found_in_a_correct_template(lint: Lint, path: Path) -> None:
    assert lint(path.read_text()) == []


def test_nothing_is_found_in_the_migration_page(lint: Lint) -> None:
    page = (RULES.parent / "docs" / "migration.md").read_text().replace("<name>", "film-clicks")
    templates = re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)

    assert templates
    for template in templates:
        assert [problem for problem in lint(template) if "950" in problem[0]] == []


SAME_GROUP = {
    "a parameter": ("!Ref GroupArn", "!Ref GroupArn"),
    "a parameter, built": ("!Ref GroupArn", "!Sub '${GroupArn}'"),
    "the resource, by each of its two names": ("!Ref Films", "!GetAtt Films.DatasetGroupArn"),
    "the resource and its ARN": (
        "!GetAtt Films.DatasetGroupArn",
        "arn:aws:personalize:us-east-1:123456789012:dataset-group/films",
    ),
    "the resource and its ARN, built": (
        "!GetAtt Shop.DatasetGroupArn",
        "!Sub 'arn:aws:personalize:${AWS::Region}:${AWS::AccountId}:dataset-group/${AWS::StackName}-shop'",
    ),
    "its ARN, joined": (
        "!Ref Shop",
        "!Join ['', [!Sub 'arn:${AWS::Partition}:personalize:us-east-1:1:dataset-group/', !Ref AWS::StackName, -shop]]",
    ),
    "its ARN with a variable": (
        "!Ref Films",
        "!Sub ['arn:aws:personalize:us-east-1:123456789012:dataset-group/${Name}', {Name: films}]",
    ),
    "an import": ("!ImportValue films", "!ImportValue films"),
    "one branch of a condition": ("!If [IsProd, !Ref Films, !Ref Shop]", "!Ref Shop"),
    "branches of two conditions": ("!If [IsProd, !Ref Films, !Ref Shop]", "!If [IsTest, !Ref Films, !Ref Shop]"),
}


@pytest.mark.parametrize("case", SAME_GROUP)
def test_a_second_tracker_in_a_dataset_group_is_found(said: Said, case: str) -> None:
    first, second = SAME_GROUP[case]

    assert said(tracker("One", first) + tracker("Other", second)) == [
        (
            "E9503",
            "Resources/Other/Properties/DatasetGroupArn",
            "'Other' is in the dataset group of 'One', and a dataset group can have only one event tracker",
        )
    ]


def test_a_third_tracker_is_found_too_and_each_is_told_once(said: Said) -> None:
    problems = said(tracker("One") + tracker("Two") + tracker("Three"))

    assert [path for _, path, _ in problems] == [
        "Resources/Two/Properties/DatasetGroupArn",
        "Resources/Three/Properties/DatasetGroupArn",
    ]


def test_a_tracker_of_the_native_type_counts(said: Said) -> None:
    native = tracker("Native").replace("Custom::Personalize", "AWS::Personalize::").replace("ServiceToken", "Name")

    assert [rule for rule, _, _ in said(native + tracker("Ours"))] == ["E9503"]
    assert said(native + tracker("Ours", properties="AdoptExisting: true")) == []


def test_a_second_tracker_is_found_though_one_of_the_two_would_adopt(said: Said) -> None:
    # The one that is made belongs to its resource, and is not to be adopted by another.
    adopting = tracker("Adopting", properties="AdoptExisting: true")

    assert [rule for rule, _, _ in said(adopting + tracker("Making"))] == ["E9503"]


def test_two_trackers_whose_conditions_can_both_hold_are_found(said: Said) -> None:
    prod = tracker("Prod", more="  Condition: IsProd")

    assert said(prod + tracker("Test", more="  Condition: IsTest")) == []
    assert [rule for rule, _, _ in said(prod + tracker("Any", more="  Condition: IsNotTest"))] == ["E9503"]


WITHOUT_DEPENDENCY = {
    "by Ref": dataset("Data", "!Ref Films") + tracker("Clicks", "!Ref Films"),
    "by its ARN": dataset("Data", "!GetAtt Films.DatasetGroupArn")
    + tracker("Clicks", "arn:aws:personalize:us-east-1:123456789012:dataset-group/films"),
    "of a parameter": dataset("Data", "!Ref GroupArn") + tracker("Clicks", "!Ref GroupArn"),
    "depending on something else": dataset("Data", "!Ref Films")
    + tracker("Clicks", "!Ref Films", more="  DependsOn: [Schema, Shop]"),
    "the wrong way": dataset("Data", "!Ref Films", more="  DependsOn: Clicks") + tracker("Clicks", "!Ref Films"),
    "in one case": dataset("Data", "!Ref Films", more="  Condition: IsProd")
    + tracker("Clicks", "!If [IsTest, !Ref Shop, !Ref Films]"),
}


@pytest.mark.parametrize("case", WITHOUT_DEPENDENCY)
def test_a_tracker_that_does_not_wait_for_its_dataset_is_found(said: Said, case: str) -> None:
    message = (
        "'Clicks' does not depend on 'Data', the Interactions dataset that its dataset group needs before it and must "
        "keep until it is gone; add DependsOn: Data"
    )
    assert said(WITHOUT_DEPENDENCY[case]) == [("E9504", "Resources/Clicks", message)]


@pytest.mark.parametrize(
    "more",
    [
        "  DependsOn: Data",
        "  DependsOn: [Schema, Data]",
        "  DependsOn: Other\n  Metadata: {Of: !GetAtt Data.DatasetArn}",
    ],
    ids=["alone", "in a list", "by what it refers to"],
)
def test_a_tracker_that_waits_is_not(said: Said, more: str) -> None:
    other = "Other:\n  Type: AWS::SNS::Topic\n  DependsOn: Data\n"

    assert said(dataset("Data", "!Ref Films") + other + tracker("Clicks", "!Ref Films", more=more)) == []


NOT_THE_TRACKING_ID = {
    "a variable of a function": (
        "F: {Type: AWS::Lambda::Function, Properties: {Environment: {Variables: {TRACKING_ID: !Ref Clicks}}}}",
        "Resources/F/Properties/Environment/Variables/TRACKING_ID",
    ),
    "a variable of a container": (
        "C: {Type: Custom::C, Properties: {Containers: [{Environment: [{Name: trackingId, Value: !Ref Clicks}]}]}}",
        "Resources/C/Properties/Containers/0/Environment/0/Value",
    ),
    "a parameter by its name": (
        "P: {Type: AWS::SSM::Parameter, Properties: {Name: !Sub '/${AWS::StackName}/tracking-id', Value: !Ref Clicks}}",
        "Resources/P/Properties/Value",
    ),
    "a parameter by its logical id, as the CDK makes it": (
        "TrackingIdParameter5E1B2C3D: {Type: AWS::SSM::Parameter, Properties: {Value: !Ref Clicks}}",
        "Resources/TrackingIdParameter5E1B2C3D/Properties/Value",
    ),
    "a parameter of a nested stack": (
        "N: {Type: AWS::CloudFormation::Stack, Properties: {Parameters: {TrackingID: !Sub '${Clicks}'}}}",
        "Resources/N/Properties/Parameters/TrackingID",
    ),
    "a parameter in a list": (
        "N: {Type: Custom::Stack, Properties: {P: [{ParameterKey: TrackingId, ParameterValue: !Ref Clicks}]}}",
        "Resources/N/Properties/P/0/ParameterValue",
    ),
    "a branch of a condition": (
        "F: {Type: Custom::F, Properties: {trackingId: !If [IsProd, !GetAtt Clicks.TrackingId, !Ref Clicks]}}",
        "Resources/F/Properties/trackingId",
    ),
    "JSON": (
        'S: {Type: AWS::SecretsManager::Secret, Properties: {SecretString: !Sub \'{"trackingId": "${Clicks}"}\'}}',
        "Resources/S/Properties/SecretString/Fn::Sub",
    ),
    "user data": (
        "L: {Type: Custom::L, Properties: {UserData: {Fn::Base64: !Sub ['TRACKING_ID=${Clicks} A=${B}', {B: b}]}}}",
        "Resources/L/Properties/UserData/Fn::Base64/Fn::Sub",
    ),
}


@pytest.mark.parametrize("case", NOT_THE_TRACKING_ID)
def test_a_tracker_s_arn_where_its_tracking_id_is_meant_is_found(said: Said, case: str) -> None:
    resource, place = NOT_THE_TRACKING_ID[case]

    assert said(tracker("Clicks") + resource + "\n") == [
        ("W9505", place, "A tracking ID is !GetAtt Clicks.TrackingId, and this is its ARN, which is what Ref gives")
    ]


@pytest.mark.parametrize(
    ("name", "output", "what"),
    [
        ("TrackingId", "{Value: !Ref Clicks}", "its ARN, which is what Ref gives"),
        ("ShopTrackingIdOutput", "{Value: !GetAtt Clicks.EventTrackerArn}", "its EventTrackerArn"),
        ("Id", "{Value: !GetAtt Clicks.Name, Export: {Name: !Sub '${AWS::StackName}-tracking-id'}}", "its Name"),
    ],
)
def test_an_output_that_is_not_the_tracking_id_is_found(said: Said, name: str, output: str, what: str) -> None:
    assert said(tracker("Clicks"), f"Outputs:\n  {name}: {output}\n") == [
        ("W9505", f"Outputs/{name}/Value", f"A tracking ID is !GetAtt Clicks.TrackingId, and this is {what}")
    ]


@pytest.mark.parametrize(
    "token",
    [
        "arn:aws:sns:us-east-1:123456789012:requests",
        "arn:aws-cn:sns:cn-north-1:123456789012:requests",
        "!Sub 'arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:requests'",
        "!Join [':', [arn, !Ref AWS::Partition, sns, !Ref AWS::Region, !Ref AWS::AccountId, requests]]",
        "!Ref RequestTopic",
        "!GetAtt RequestTopic.TopicArn",
        "!Ref Topic",
        "!If [IsProd, !ImportValue provider-ServiceToken, !Ref RequestTopic]",
    ],
)
def test_a_topic_as_service_token_is_found(said: Said, token: str) -> None:
    ((rule, path, message),) = said(tracker("Clicks", token=token))

    assert (rule, path) == ("E9506", "Resources/Clicks/Properties/ServiceToken")
    assert message.startswith("ServiceToken is an SNS topic")


@pytest.mark.parametrize(
    ("properties", "place", "name"),
    [
        ("Name:", "Name", "Name"),
        ("Tags: ~", "Tags", "Tags"),
        ("Tags: [{Key: team, Value: }]", "Tags/0/Value", "Tags"),
        ("Name: !If [IsProd, null, clicks]", "Name/Fn::If/1", "Name"),
    ],
)
def test_a_null_is_found(said: Said, properties: str, place: str, name: str) -> None:
    problems = said(tracker("Clicks", properties=properties))

    message = f"{name} has a null in it; give it a value, or leave it out"
    assert ("E9507", f"Resources/Clicks/Properties/{place}", message) in problems


def test_a_condition_that_is_no_name_is_left_to_cfn_lint(lint: Lint) -> None:
    problems = lint(HEAD + textwrap.indent(tracker("Clicks", more="  Condition: {Not: IsProd}"), "  "))

    # E0002 is a rule that failed.
    assert "E0002" not in {rule for rule, _, _ in problems}
