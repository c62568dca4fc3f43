"""A world for each test: the real handler against moto's Personalize, in virtual time."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from event_tracker.telemetry import logger
from simulation.stack import Stack
from simulation.world import World, world
from tests.integration.requests import Requests


@pytest.fixture
def aws() -> Iterator[World]:
    with world() as new:
        new.backend.clock = new.time.time
        yield new


@pytest.fixture
def group(aws: World) -> str:
    """The ARN of a dataset group that is ready for an event tracker."""
    return aws.dataset_group("films")


@pytest.fixture
def other_group(aws: World) -> str:
    return aws.dataset_group("books")


@pytest.fixture
def stack(aws: World) -> Stack:
    return aws.stack("shop")


@pytest.fixture
def requests(aws: World) -> Requests:
    return Requests(aws)


@pytest.fixture
def log() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The lines that the provider has logged so far."""
    handler, stream = logger.registered_handler, io.StringIO()
    # Not setStream, which flushes what was there: mutation testing runs tests after a session that has closed it.
    before, handler.stream = handler.stream, stream
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    handler.stream = before
