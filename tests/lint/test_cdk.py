"""What the AWS CDK makes of an app: nothing is found in what is right, and the mistakes are found in its own words."""

import json
from pathlib import Path

import pytest

from tests.cdk import synthesize
from tests.lint.conftest import Lint

APP = """
from aws_cdk import App, CfnCondition, CfnOutput, CfnParameter, CfnResource, CustomResource, Duration, Fn
from aws_cdk import RemovalPolicy, Stack, aws_personalize, aws_ssm
from constructs import Construct


class Recommendations(Construct):
    # As in a library of constructs: logical ids are made from the path, with a hash.
    def __init__(self, scope, construct_id, *, mistakes):
        super().__init__(scope, construct_id)
        schema = aws_personalize.CfnSchema(self, "Schema", name="films", schema='{"type": "record"}')
        group = aws_personalize.CfnDatasetGroup(self, "Group", name="films")
        dataset = aws_personalize.CfnDataset(
            self,
            "Interactions",
            name="interactions",
            dataset_type="Interactions",
            dataset_group_arn=group.attr_dataset_group_arn,
            schema_arn=schema.attr_schema_arn,
        )
        tracker = CustomResource(
            self,
            "Tracker",
            resource_type="Custom::PersonalizeEventTracker",
            service_token=Fn.import_value("personalize-event-tracker-provider-ServiceToken"),
            service_timeout=Duration.minutes(15),
            removal_policy=RemovalPolicy.RETAIN,
            properties={
                "DatasetGroupArn": Stack.of(self).format_arn(
                    service="personalize", resource="dataset-group", resource_name="films"
                ),
            },
        )
        tracking_id = tracker.ref if mistakes else tracker.get_att_string("TrackingId")
        if not mistakes:
            tracker.node.add_dependency(dataset)
        # Not the construct of aws_lambda, which takes longer to import than all the rest.
        variables = {"TRACKING_ID": tracking_id, "EVENT_TRACKER_ARN": tracker.ref}
        CfnResource(
            self, "Watch", type="AWS::Lambda::Function", properties={"Environment": {"Variables": variables}}
        )
        aws_ssm.StringParameter(self, "Parameter", parameter_name="/films/tracking-id", string_value=tracking_id)
        CfnOutput(self, "TrackingId", value=tracking_id)


class Shop(Stack):
    def __init__(self, scope, construct_id, *, mistakes):
        super().__init__(scope, construct_id)
        Recommendations(self, "Recommendations", mistakes=mistakes)
        group_arn = CfnParameter(self, "DatasetGroupArn")
        stage = CfnParameter(self, "Stage")
        topic = CfnResource(self, "Requests", type="AWS::SNS::Topic")
        for name in ("prod", "test"):
            tracker = CustomResource(
                self,
                f"Tracker-{name}",
                resource_type="Custom::PersonalizeEventTracker",
                service_token=topic.ref if mistakes else Fn.import_value("provider-ServiceToken"),
                properties={"DatasetGroupArn": group_arn.value_as_string, "Tags": [{"Key": "stage", "Value": name}]},
            )
            if not mistakes:
                condition = CfnCondition(
                    self, f"Is-{name}", expression=Fn.condition_equals(stage.value_as_string, name)
                )
                tracker.node.default_child.cfn_options.condition = condition


app = App(analytics_reporting=False)
Shop(app, "right", mistakes=False)
Shop(app, "wrong", mistakes=True)
app.synth()
"""


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(APP, tmp_path_factory.mktemp("cdk"))


def test_nothing_is_found_in_what_is_right(lint: Lint, synthesized: Path) -> None:
    template = (synthesized / "right.template.json").read_text()

    assert template.count("Custom::PersonalizeEventTracker") == 3
    assert [problem for problem in lint(template) if "950" in problem[0]] == []


def test_each_mistake_is_found(lint: Lint, synthesized: Path) -> None:
    template = (synthesized / "wrong.template.json").read_text()
    kinds = {logical_id: resource["Type"] for logical_id, resource in json.loads(template)["Resources"].items()}

    found = []
    for rule, path, _ in lint(template):
        section, name, *rest = path.split("/")
        if "950" in rule:
            found.append((rule, kinds.get(name, section), rest[-1] if rest else ""))

    assert sorted(found) == [
        ("E9503", "Custom::PersonalizeEventTracker", "DatasetGroupArn"),
        ("E9504", "Custom::PersonalizeEventTracker", ""),
        ("E9506", "Custom::PersonalizeEventTracker", "ServiceToken"),
        ("E9506", "Custom::PersonalizeEventTracker", "ServiceToken"),
        ("W9505", "AWS::Lambda::Function", "TRACKING_ID"),
        ("W9505", "AWS::SSM::Parameter", "Value"),
        ("W9505", "Outputs", "Value"),
    ]
