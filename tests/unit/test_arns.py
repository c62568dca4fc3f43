"""Which ARNs name something that the function may work on."""

import pytest

from event_tracker.arns import Home

CHINA = Home("aws-cn", "cn-north-1", "123456789012")


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws-cn:lambda:cn-north-1:123456789012:function:provider",
        "arn:aws-cn:lambda:cn-north-1:123456789012:function:provider:live",
        "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/shop/0a1b2c3d",
    ],
)
def test_a_home_is_told_by_the_arn_of_a_function_or_a_stack(arn: str) -> None:
    assert Home.of(arn) == CHINA


def test_an_event_tracker_at_home_is_known_by_its_arn() -> None:
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
def test_whatever_else_is_no_event_tracker_at_home(arn: str) -> None:
    assert not CHINA.has_event_tracker(arn)
