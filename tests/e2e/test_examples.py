"""The commands at the heads of the examples, one after the other. `make sam-deploy-local` has the SAM CLI do it."""

from local import invoke
from local.cloud import Cloud
from local.examples import DIRECTORY, Example
from tests.e2e.conftest import Stack


def test_the_heads_are_followed_in_an_order_that_is_not_that_of_the_files(cloud: Cloud) -> None:
    invoke.make_groups(cloud)
    (theirs,) = (
        one for one in cloud.personalize.list_event_trackers()["eventTrackers"] if one["name"] == "song-clicks"
    )
    examples = [Example.read(path) for path in sorted(DIRECTORY.glob("*.yaml"), reverse=True)]
    # Has the function's sources beside it.
    examples = [example for example in examples if example.path.stem != "single-stack"]

    stacks = {example.path.stem: Stack(cloud, example.stack_name) for example in examples}
    for example in examples:
        status = stacks[example.path.stem].create_from(example.path.read_text(), **example.parameters)
        assert status == "CREATE_COMPLETE", example.path

    assert stacks["adopt"].outputs["EventTrackerArn"] == theirs["eventTrackerArn"]
    named = stacks["named"].outputs["EventTrackerArn"]
    assert cloud.personalize.describe_event_tracker(eventTrackerArn=named)["eventTracker"]["name"] == "book-clicks"
    for stack in stacks.values():
        assert stack.delete() == "DELETE_COMPLETE"
