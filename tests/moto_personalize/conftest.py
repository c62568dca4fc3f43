"""What every test here may rely on: the backend that it asks for, and moto as it was before."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo

import pytest
from moto import mock_aws
from moto.core.base_backend import BackendDict
from moto.moto_api import state_manager
from moto.moto_api._internal import managed_state_model
from moto.server import ThreadedMotoServer

from local.moto_personalize import PersonalizeBackend, personalize_backends, register
from local.moto_personalize.personalize.models import PersonalizeBackend as PlainPersonalizeBackend

register()


@pytest.fixture(autouse=True)
def _default_transitions() -> Iterator[None]:
    # moto keeps transitions when a mock ends.
    yield
    for model in ("eventtracker", "datasetgroup", "dataset"):
        state_manager.unset_transition(f"personalize::{model}")


@pytest.fixture(params=[PlainPersonalizeBackend, PersonalizeBackend], ids=["plain", "default guesses"])
def _either_backend(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the plain backend does is what the other does with the defaults of its guesses."""
    personalize_backends.backend = request.param
    personalize_backends.clear()
    yield
    register()


@pytest.fixture
def _aws() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def an_hour_passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Have an hour pass for moto's states."""
    ahead = timedelta()

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + ahead

    def an_hour_passes() -> None:
        nonlocal ahead
        ahead += timedelta(hours=1)

    monkeypatch.setattr(managed_state_model, "datetime", Later)
    return an_hour_passes


@pytest.fixture(scope="package")
def _server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def server_url(_server: str) -> Iterator[str]:
    """Where moto's server listens, with nothing in it."""
    yield _server
    BackendDict.reset()
