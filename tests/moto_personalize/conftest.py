"""A Personalize without AWS: in this process, or behind moto's server."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import boto3
import pytest
from moto import mock_aws
from moto.core.base_backend import BackendDict
from moto.moto_api import state_manager
from moto.server import ThreadedMotoServer

from local.moto_personalize import PersonalizeBackend, personalize_backends, register

if TYPE_CHECKING:
    from mypy_boto3_personalize import PersonalizeClient
    from mypy_boto3_personalize.type_defs import TagTypeDef

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
STATE_MODELS = ("personalize::eventtracker", "personalize::datasetgroup", "personalize::dataset")

register()


@dataclass
class Personalize:
    """The service as a client sees it, and the backend behind it."""

    client: "PersonalizeClient"

    @property
    def backend(self) -> PersonalizeBackend:
        backend = personalize_backends[ACCOUNT_ID][REGION]
        assert isinstance(backend, PersonalizeBackend)
        return backend

    def create_group(self, name: str = "films", *, interactions: bool = True) -> str:
        arn = self.client.create_dataset_group(name=name)["datasetGroupArn"]
        if interactions:
            self.create_dataset(arn)
        return arn

    def create_dataset(self, group_arn: str, dataset_type: str = "Interactions") -> str:
        schema_arn = self.client.create_schema(name="schema", schema="{}")["schemaArn"]
        return self.client.create_dataset(
            name="dataset", schemaArn=schema_arn, datasetGroupArn=group_arn, datasetType=dataset_type
        )["datasetArn"]

    def create_tracker(self, group_arn: str, name: str = "clicks", tags: "list[TagTypeDef] | None" = None) -> str:
        return self.client.create_event_tracker(name=name, datasetGroupArn=group_arn, tags=tags or [])[
            "eventTrackerArn"
        ]

    def status(self, tracker_arn: str) -> str:
        return self.client.describe_event_tracker(eventTrackerArn=tracker_arn)["eventTracker"]["status"]

    def tags(self, arn: str) -> dict[str, str]:
        tags = self.client.list_tags_for_resource(resourceArn=arn)["tags"]
        return {tag["tagKey"]: tag["tagValue"] for tag in tags}


@pytest.fixture(autouse=True)
def _default_transitions() -> Iterator[None]:
    # moto keeps transitions when a mock ends.
    yield
    for model in STATE_MODELS:
        state_manager.unset_transition(model)


@pytest.fixture(scope="package")
def _client(_no_real_aws: None) -> "PersonalizeClient":
    # Making a client takes longer than any test; moto mocks those made before, too.
    return boto3.client("personalize")


@pytest.fixture
def personalize(_client: "PersonalizeClient") -> Iterator[Personalize]:
    with mock_aws():
        yield Personalize(_client)


@pytest.fixture
def group_arn(personalize: Personalize) -> str:
    """A dataset group that is ready for an event tracker."""
    return personalize.create_group()


@pytest.fixture(scope="package")
def server_url() -> Iterator[str]:
    """Where moto's server listens."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="package")
def _served_client(_no_real_aws: None, server_url: str) -> "PersonalizeClient":
    return boto3.client("personalize", endpoint_url=server_url)


@pytest.fixture
def served_personalize(_served_client: "PersonalizeClient") -> Iterator[Personalize]:
    yield Personalize(_served_client)
    BackendDict.reset()


def progress(model: Literal["eventtracker", "datasetgroup", "dataset"], progression: str, **options: Any) -> None:
    """Set how the states of one model change, until the test ends."""
    state_manager.set_transition(f"personalize::{model}", {"progression": progression, **options})
