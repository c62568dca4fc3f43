"""Amazon Personalize as moto has it, in this process and in virtual time."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from botocore.hooks import HierarchicalEmitter
from moto import mock_aws
from moto.moto_api import state_manager
from moto.moto_api._internal import managed_state_model

from live.account import Account, connect
from live.bench import Bench
from live.removal import Pace
from live.runs import TAG
from local.cloud import ACCOUNT_ID, REGION
from local.moto_personalize import Guesses, PersonalizeBackend, guess, personalize_backends, register
from simulation.client import personalize_client
from simulation.virtual_time import VirtualTime

SECONDS_PER_STATE = 1.0
# A state may end between one call and the next.
SECONDS_PER_CALL = 0.02
TRACKERS, GROUPS, DATASETS = MODELS = [f"personalize::{kind}" for kind in ("eventtracker", "datasetgroup", "dataset")]


def guess_that(**guesses: Any) -> None:
    """What Amazon Personalize does where its documentation leaves that open."""
    guess(Guesses.from_json(guesses))


def take_time(*models: str) -> None:
    """Have these pass through their states slowly."""
    for model in models:
        state_manager.set_transition(model, {"progression": "time", "seconds": SECONDS_PER_STATE})


class Client:
    """A client of Amazon Personalize without HTTP, which tells of its calls as botocore does."""

    def __init__(self) -> None:
        real = personalize_client().meta
        self.meta = SimpleNamespace(events=HierarchicalEmitter(), service_model=real.service_model)
        self._names = real.method_to_api_mapping

    def __getattr__(self, method: str) -> Callable[..., Any]:
        model = self.meta.service_model.operation_model(self._names[method])

        def call(**arguments: Any) -> Any:
            self.meta.events.emit(f"before-call.personalize.{model.name}", model=model)
            try:
                return getattr(personalize_client(), method)(**arguments)
            finally:
                self.meta.events.emit(f"after-call.personalize.{model.name}")

        return call


class Session(boto3.Session):
    """A session with that client."""

    def client(self, service: str, **settings: Any) -> Any:  # type: ignore[override]
        others: Any = super().client
        return Client() if service == "personalize" else others(service, **settings)


@functools.cache
def session() -> Session:
    """One, since a session reads what AWS has in all regions, which takes longer than most tests."""
    return Session()


@contextmanager
def service() -> Iterator[Pace]:
    """A new account, in which trackers take their time; yields the pace of the runs in it."""
    time = VirtualTime()
    count = Account._count

    class Now(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return cls.fromtimestamp(time.time(), tz)

    def count_and_take_time(account: Account, model: Any, **more: Any) -> None:
        count(account, model, **more)
        time.sleep(SECONDS_PER_CALL)

    pace = Pace(poll_seconds=0.5, watch_seconds=0.2, timeout_seconds=60.0, now=lambda: time.now, sleep=time.sleep)
    register()
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        cast("PersonalizeBackend", personalize_backends[ACCOUNT_ID][REGION]).clock = time.time
        patch.setattr(managed_state_model, "datetime", Now)
        patch.setattr(Account, "_count", count_and_take_time)
        patch.setattr("live.__main__._pace", lambda _: pace)
        patch.setattr("live.account.boto3", SimpleNamespace(Session=session))
        take_time(TRACKERS)
        yield pace
        guess_that()
        for model in MODELS:
            state_manager.unset_transition(model)


@pytest.fixture
def pace() -> Iterator[Pace]:
    with service() as pace:
        yield pace


@pytest.fixture
def account(pace: Pace) -> Account:
    return connect()


@pytest.fixture
def bench(account: Account, pace: Pace) -> Bench:
    return Bench(account, pace=pace)


def fill(client: Any) -> None:
    """Make what looks almost like a run's, in a name, in a tag, or in both."""
    tags = [{"tagKey": TAG, "tagValue": "0123abcd"}]
    schema = client.create_schema(name="live-0123abcd-interactions", schema='{"fields": []}')["schemaArn"]
    group = client.create_dataset_group(name="live-0123abcd-films")["datasetGroupArn"]
    client.create_dataset(name="films", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions")
    client.create_event_tracker(name="live-0123abcd-tracker", datasetGroupArn=group)
    client.create_dataset_group(name="films", tags=tags)
    client.create_dataset_group(name="live-4567abcd-films", tags=tags)


def contents(client: Any) -> dict[str, Any]:
    """All that there is in an account, with its tags."""
    groups = [group["datasetGroupArn"] for group in client.list_dataset_groups()["datasetGroups"]]
    datasets = [dataset["datasetArn"] for dataset in client.list_datasets()["datasets"]]
    trackers = [tracker["eventTrackerArn"] for tracker in client.list_event_trackers()["eventTrackers"]]
    schemas = [schema["schemaArn"] for schema in client.list_schemas()["schemas"]]
    tags = {arn: client.list_tags_for_resource(resourceArn=arn)["tags"] for arn in groups + datasets + trackers}
    return tags | {arn: client.describe_schema(schemaArn=arn)["schema"]["schema"] for arn in schemas}
