"""The rules and the function say the same: what one takes the other takes, and the other way about."""

from typing import Any

import pytest
from cfnlint.jsonschema import CfnTemplateValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from event_tracker import properties, trackers
from event_tracker.errors import InvalidPropertiesError
from event_tracker.properties import Properties
from event_tracker.trackers import Scope
from lint.personalize_event_tracker import ATTRIBUTES, SCHEMA, EventTrackerProperties
from tests.integration.test_bad_input import BAD

GROUP = "arn:aws:personalize:us-east-1:123456789012:dataset-group/films"
SCOPES = [
    Scope("aws", "us-east-1", "123456789012"),
    Scope("aws-cn", "cn-north-1", "000000000000"),
    Scope("aws-us-gov", "us-gov-west-1", "999999999999"),
]
# Where the provider is, only the provider knows.
ELSEWHERE = {"group in another region", "group in another account", "group in another partition"}
# As the validator is when it comes to the properties of a resource.
VALIDATOR = CfnTemplateValidator({})
VALIDATOR = VALIDATOR.evolve(context=VALIDATOR.context.evolve(strict_types=False))
RULE = EventTrackerProperties()


def received(value: Any) -> Any:
    """What the function gets of what a template says: every scalar is a string."""
    if isinstance(value, dict):
        return {key: received(each) for key, each in value.items()}
    if isinstance(value, list):
        return [received(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def function_takes(said: Any, scope: Scope = SCOPES[0]) -> bool:
    try:
        Properties.parse(received(said), scope, lenient=False)
    except InvalidPropertiesError:
        return False
    return True


def rules_take(said: Any) -> bool:
    return not list(RULE.validate(VALIDATOR, None, said, None))


def test_the_properties_are_the_same() -> None:
    assert set(SCHEMA["properties"]) == set(properties._KNOWN)  # type: ignore[call-overload]


def test_the_attributes_are_the_same() -> None:
    assert set(ATTRIBUTES) == trackers._tracker("arn:aws:personalize:us-east-1:1:event-tracker/1", {}).attributes.keys()


@pytest.mark.parametrize("case", sorted(BAD.keys() - ELSEWHERE))
def test_of_what_the_function_is_known_to_refuse_both_say_the_same(case: str) -> None:
    said = BAD[case][0]
    if isinstance(said, dict) and said:
        said = {"DatasetGroupArn": GROUP, **said}
    assert rules_take(said) == function_takes(said)


def tag(key: Any, value: Any = "") -> dict[str, Any]:
    return {"Tags": [{"Key": key, "Value": value}]}


EDGES = [
    *({"DatasetGroupArn": GROUP.replace("films", "f" * size)} for size in (63, 64)),
    *({"Name": "n" * size} for size in (1, 63, 64)),
    *({"Tags": [{"Key": f"k{i}", "Value": ""} for i in range(size)]} for size in (0, 47, 48)),
    *(tag("k" * size) for size in (1, 128, 129)),
    *(tag("k", "v" * size) for size in (256, 257)),
    *(
        tag(key)
        for key in (
            "k\n",
            "κλειδί 5",
            "aws",
            "xaws:",
            "aWs:",
            "cloudformation",
            "cloudformation:",
            "CLOUDformation:stack-ids",
            "xcloudformation:",
        )
    ),
    *(tag(f"cloudformation:{name}") for name in ("stack-id", "logical-id", "created-by")),
    tag("k", "v\n"),
    *({"ServiceTimeout": seconds} for seconds in (0, 1, 3600, 3601, "0030", "00030", "30\n", 30.5, "1e3", "1_0")),
]


@pytest.mark.parametrize("said", EDGES, ids=lambda said: str(said)[:50])
def test_at_the_limits_both_say_the_same(said: dict[str, Any]) -> None:
    said = {"DatasetGroupArn": GROUP, **said}
    assert rules_take(said) == function_takes(said)


# Characters that are something: of those without a category, the Unicode of cfn-lint's patterns knows more.
text = st.text(
    st.one_of(st.characters(exclude_categories=["Cs", "Cn"]), st.sampled_from("aZ09 _.:/=+-@|\n")), max_size=9
)
scalar = st.one_of(text, st.booleans(), st.integers(-1, 10**5))
anything = st.one_of(scalar, st.lists(scalar, max_size=2), st.dictionaries(st.sampled_from("ab"), scalar, max_size=2))

names = st.one_of(st.from_regex(r"[a-zA-Z0-9_-]{1,63}\n?"), anything)
# cfn-lint compares booleans loosely: any two tags of which one has a key that is false are the same to it.
keys = anything.filter(lambda key: not isinstance(key, bool))
tags = st.one_of(
    st.fixed_dictionaries({"Key": keys, "Value": anything}),
    st.fixed_dictionaries({}, optional={"Key": text, "Value": text, "Other": text}),
    anything,
)
seconds = st.one_of(st.integers(-1, 4000), st.from_regex(r"\s?[-+]?[0-9_]{1,5}([.e][0-9])?\s?"), anything)
booleans = st.one_of(st.from_regex(r"\s?(?i:true|false|yes)\s?"), anything)
strategies = st.one_of(st.from_regex(r"\s?(create|delete)_then_(?i:create|delete)\s?"), anything)
VALUES = {
    "Name": names,
    "Tags": st.one_of(st.lists(tags, max_size=4), anything),
    "AdoptExisting": booleans,
    "ReplacementStrategy": strategies,
    "ServiceTimeout": seconds,
    "ServiceToken": text,
    "Other": text,
}


@pytest.mark.parametrize("name", VALUES)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_of_any_value_both_say_the_same(name: str, data: st.DataObject) -> None:
    said = {"DatasetGroupArn": GROUP, name: data.draw(VALUES[name])}
    assert rules_take(said) == function_takes(said)


def group_in(scope: Scope, resource_type: str, name: Any) -> str:
    return f"arn:{scope.partition}:personalize:{scope.region}:{scope.account}:{resource_type}/{name}"


groups = st.one_of(
    st.builds(
        group_in, st.sampled_from(SCOPES), st.sampled_from(["dataset-group", "dataset", "dataset-groups"]), names
    ),
    st.builds(lambda before, after: f"{before}{GROUP}{after}", text, text),
    anything,
)


@settings(deadline=None, max_examples=40)
@given(group=groups)
def test_a_group_is_taken_where_some_provider_would_take_it(group: Any) -> None:
    said = {"DatasetGroupArn": group}
    assert rules_take(said) == any(function_takes(said, scope) for scope in SCOPES)
