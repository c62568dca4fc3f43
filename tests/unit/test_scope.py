"""Which ARNs are in the provider's partition, region and account."""

import pytest

from event_tracker.trackers import Scope

CHINA = Scope("aws-cn", "cn-north-1", "123456789012")


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws-cn:lambda:cn-north-1:123456789012:function:provider",
        "arn:aws-cn:lambda:cn-north-1:123456789012:function:provider:live",
        "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/shop/0a1b2c3d",
    ],
)
def test_a_scope_is_read_from_the_arn_of_a_function_or_a_stack(arn: str) -> None:
    assert Scope.from_arn(arn) == CHINA


def test_an_event_tracker_in_scope_is_known_by_its_arn() -> None:
    assert CHINA.has_event_tracker("arn:aws-cn:personalize:cn-north-1:123456789012:event-tracker/ca4f41f3")


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "ca4f41f3",
        "not-created:0a1b2c3d",
        "arn:aws-cn:personalize:cn-north-1:123456789012:event-tracker/",
        "arn:aws-cn:personalize:cn-north-1:123456789012:event-tracker/a/b",
        "arn:aws-cn:personalize:cn-north-1:123456789012:event-tracker/ca4f41f3\n",
        "arn:aws-cn:personalize:cn-north-1:123456789012:dataset-group/films",
        "arn:aws-cn:personalize:cn-north-1:111122223333:event-tracker/ca4f41f3",
        "arn:aws-cn:personalize:cn-northwest-1:123456789012:event-tracker/ca4f41f3",
        "arn:aws:personalize:cn-north-1:123456789012:event-tracker/ca4f41f3",
    ],
)
def test_whatever_else_is_no_event_tracker_in_scope(arn: str) -> None:
    assert not CHINA.has_event_tracker(arn)


@pytest.mark.parametrize(
    ("arn", "why"),
    [
        ("arn:aws-cn:personalize:cn-north-1:123456789012:dataset-group/films", ""),
        ("arn:aws:personalize:cn-north-1:123456789012:dataset-group/films", "in the provider's partition aws-cn"),
        ("arn:aws-cn:personalize:eu-west-1:123456789012:dataset-group/films", "in the provider's region cn-north-1"),
        ("arn:aws-cn:personalize:cn-north-1:1:dataset-group/films", "in the provider's account 123456789012"),
        (
            "arn:aws:personalize:eu-west-1:1:dataset-group/films",
            "in the provider's partition aws-cn and region cn-north-1 and account 123456789012",
        ),
        *(
            (arn, "the ARN of a dataset group, arn:aws-cn:personalize:cn-north-1:123456789012:dataset-group/<name>")
            for arn in (None, 5, "films", "arn:aws-cn:personalize:cn-north-1:123456789012:dataset/films")
        ),
    ],
)
def test_why_an_arn_is_no_dataset_group_in_scope_names_what_differs(arn: object, why: str) -> None:
    assert CHINA.why_no_dataset_group(arn) == why


@pytest.mark.parametrize("arn", ["", "shop", "arn:aws:s3"])
def test_what_is_no_arn_has_no_scope(arn: str) -> None:
    with pytest.raises(ValueError, match="unpack"):
        Scope.from_arn(arn)
