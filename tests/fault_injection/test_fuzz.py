"""Whatever Lambda is handed: nobody but the sender is answered, it ends, and what is wrong is said."""

from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, example, given, seed, settings
from hypothesis import strategies as st

from event_tracker.errors import InvalidRequestError
from event_tracker.handler import make_handler
from simulation.lambda_service import TIMEOUT, Context
from simulation.world import World, account

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
ARN = "arn:aws:personalize:us-east-1:123456789012:{}/films"
VALID: dict[str, Any] = {
    "RequestId": "11111111-1111-4111-8111-111111111111",
    "ResponseURL": "https://cloudformation.example/answer",
    "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/22222222-2222-4222-8222-222222222222",
    "LogicalResourceId": "Tracker",
    "PhysicalResourceId": ARN.format("event-tracker"),
}
PROPERTIES = st.dictionaries(
    st.sampled_from(["Name", "Tags", "AdoptExisting", "ReplacementStrategy", "ServiceTimeout", "Nmae"]),
    JSON,
    max_size=3,
).map(lambda properties: {"DatasetGroupArn": ARN.format("dataset-group"), **properties})


@st.composite
def almost_requests(draw: st.DrawFn) -> dict[str, Any]:
    """A request in which some fields are something else, or missing."""
    event = {
        **VALID,
        "RequestType": draw(st.sampled_from(["Create", "Update", "Delete"])),
        "ResourceProperties": draw(PROPERTIES | JSON),
        "OldResourceProperties": draw(PROPERTIES | JSON),
    }
    event.update(draw(st.dictionaries(st.sampled_from(sorted(event)), JSON, max_size=2)))
    for name in draw(st.sets(st.sampled_from(sorted(event)), max_size=1)):
        del event[name]
    return event


@seed(1)
@settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(JSON | almost_requests())
@example({})
@example({**VALID, "RequestType": "Create"})
def test_any_payload_ends_in_an_answer_to_its_sender_or_in_a_clear_error(payload: Any) -> None:
    with account(2):
        world = World()
        world.dataset_group("films")
        answered, ends = [], []

        def put(method: str, url: str, **_: Any) -> SimpleNamespace:
            answered.append(url)
            return SimpleNamespace(status=200)

        handler = make_handler(world.client, SimpleNamespace(request=put), world.time.clock)  # type: ignore[arg-type]

        def invoke() -> None:
            try:
                ends.append(handler(payload, Context(world.time, world.time.now)))  # type: ignore[arg-type]
            except InvalidRequestError as error:
                ends.append(error)

        world.time.spawn(invoke)
        assert world.time.run_until(lambda: bool(ends), TIMEOUT)

    (end,) = ends
    if isinstance(end, InvalidRequestError):
        assert answered == []
        assert world.wire.calls == []
        assert "This is no CloudFormation request" in str(end)
    else:
        assert answered == [payload["ResponseURL"]]
        assert end["Status"] == "SUCCESS" or end["Reason"].endswith((".", "!", ")"))
