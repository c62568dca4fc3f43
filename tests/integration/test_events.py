"""The files of `events/`, which people send with `sam local invoke`; tests/local has what each does."""

import pytest
from botocore.exceptions import EndpointConnectionError

from simulation.events import EVENTS, document
from simulation.world import World
from tests.integration.requests import with_fault


@pytest.mark.parametrize("name", [path.name for path in sorted(EVENTS.glob("*.json")) if path.name != "local.json"])
def test_each_gets_a_response_within_its_service_timeout_even_if_nothing_listens(aws: World, name: str) -> None:
    unreachable = EndpointConnectionError(endpoint_url="http://host.docker.internal:5999/")

    response = with_fault(aws, lambda name: unreachable).send(document(name))

    assert response["Status"] == "FAILED"
    assert aws.time.now <= float(document(name)["ResourceProperties"]["ServiceTimeout"]) <= 180
