"""Amazon Personalize as the local cloud has it, in which each state of a tracker lasts a quarter of a second."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import urllib3

from live.account import Account, connect
from live.removal import Pace
from local.cloud import Cloud, running
from local.personalize import GUESSES_PATH

PACE = Pace(poll_seconds=0.02, watch_seconds=0.02, timeout_seconds=20.0)
SECONDS_PER_STATE = 0.25


@pytest.fixture(scope="session")
def cloud(_no_real_aws: None) -> Iterator[Cloud]:
    with running(seconds_per_state=SECONDS_PER_STATE) as up:
        yield up


def set_seconds_per_state(cloud: Cloud, seconds: float, *models: str) -> None:
    """How long each state of these lasts (moto's "State transitions")."""
    transition = {"progression": "time", "seconds": seconds} if seconds else {"progression": "immediate"}
    for model in models:
        body = {"model_name": f"personalize::{model}", "transition": transition}
        urllib3.request("POST", f"{cloud.personalize_url}/moto-api/state-manager/set-transition", json=body)


def guess(cloud: Cloud, **guesses: Any) -> None:
    response = urllib3.request("PUT", cloud.personalize_url + GUESSES_PATH, body=json.dumps(guesses))
    assert response.status == 200, response.data


def slow_groups(cloud: Cloud) -> None:
    """Dataset groups and datasets pass through their states as slowly as trackers do."""
    set_seconds_per_state(cloud, SECONDS_PER_STATE, "datasetgroup", "dataset")


def environment(cloud: Cloud) -> dict[str, str]:
    """The cloud's, with Amazon Personalize asked directly: without roles, but sooner."""
    return cloud.environment | {"AWS_ENDPOINT_URL_PERSONALIZE": cloud.personalize_url}


@pytest.fixture
def account(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """The account of the local cloud, with everything as by default."""
    guess(cloud)
    for name, value in environment(cloud).items():
        monkeypatch.setenv(name, value)
    yield connect(boto3.Session())
    guess(cloud)
    set_seconds_per_state(cloud, 0, "datasetgroup", "dataset")
    set_seconds_per_state(cloud, SECONDS_PER_STATE, "eventtracker")
