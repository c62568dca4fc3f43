"""What the function's calls go through: they take time, are numbered as they happen, and may fail."""

import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any, TypeAlias

import botocore.session
from botocore.paginate import Paginator

from simulation.lambda_service import Invocation, current_invocation
from simulation.virtual_time import VirtualTime

SECONDS_PER_CALL = 0.05

PUT = "put"

# More than any run makes.
MOST_CALLS = 100_000

Effect: TypeAlias = Callable[[], Any]
Fault: TypeAlias = Callable[["Wire", str, Effect], Any]


@dataclass(frozen=True)
class Attempt:
    """A call as the function made it, whatever came of it. `invocation` is None outside of the function."""

    name: str
    moment: float
    invocation: Invocation | None


@dataclass
class Wire:
    """The way to Amazon Personalize and to the ResponseURL.

    A fault takes the place of the call with its number: it gets the wire, the name of the call, and a function
    that has its effect and returns its result. `lasting` are faults of all calls up to some moment.
    """

    time: VirtualTime
    calls: list[Attempt] = field(default_factory=list)
    faults: Mapping[int, Fault] = field(default_factory=dict)
    lasting: list[tuple[float, Fault]] = field(default_factory=list)

    def call(self, name: str, effect: Effect) -> Any:
        """Make a call, which has its effect unless a fault befalls it."""
        number = len(self.calls)
        if number >= MOST_CALLS:
            raise RuntimeError(f"The function makes more than {MOST_CALLS} calls: it never ends.")
        self.calls.append(Attempt(name, self.time.now, current_invocation()))
        self.time.sleep(SECONDS_PER_CALL)
        for end, lasting in self.lasting:
            if self.time.now < end:
                effect = partial(lasting, self, name, effect)
        fault = self.faults.get(number)
        return fault(self, name, effect) if fault else effect()

    def stop_faults(self) -> None:
        """Let no call fail any more."""
        self.faults = {}
        self.lasting.clear()


class WiredClient:
    """The function's boto3 client. `arrive` has a call arrive; `real` is a client that is asked what is no call."""

    def __init__(self, wire: Wire, real: Any, arrive: Callable[[str, Mapping[str, Any]], Any]) -> None:
        self._wire = wire
        self._arrive = arrive
        self.exceptions = real.exceptions
        self.meta = real.meta

    def get_paginator(self, operation: str) -> "Paginator[Any]":
        """A paginator of botocore's, whose every page is a call."""
        return paginator(self, operation)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            return self._wire.call(operation, lambda: self._arrive(operation, arguments))

        return call


def paginator(client: Any, operation: str) -> "Paginator[Any]":
    """A paginator of botocore's, whose every page is a call of this client's method."""
    name = client.meta.method_to_api_mapping[operation]
    model = client.meta.service_model.operation_model(name)
    return Paginator(getattr(client, operation), _paginators().get_paginator(name), model)


@functools.cache
def _paginators() -> Any:
    return botocore.session.get_session().get_paginator_model("personalize")


class WiredHttp:
    """The client that responses are sent with. `put` takes the URL and the body, and returns the HTTP status."""

    def __init__(self, wire: Wire, put: Callable[[str, str], int]) -> None:
        self._wire = wire
        self._put = put

    def request(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> Any:
        """Send a response."""
        # The signature of the address is for an empty content type.
        if (method, headers) != ("PUT", {"Content-Type": ""}):
            raise ValueError(f"S3 would refuse {method} with {headers}")
        # urllib3 does the same, at the same level.
        logging.getLogger("urllib3.connectionpool").debug('"PUT %s HTTP/1.1"', url)
        response = self._wire.call(PUT, lambda: SimpleNamespace(status=self._put(url, body)))
        invocation = current_invocation()
        if invocation and response.status == 200:
            invocation.accepted += 1
        return response
