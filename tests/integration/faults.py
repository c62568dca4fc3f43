"""A client of Personalize some of whose calls go wrong, the way botocore tells of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from botocore.exceptions import ClientError

from simulation.wire import paginator

if TYPE_CHECKING:
    from botocore.paginate import Paginator


Fault: TypeAlias = Callable[[str], Exception | None]


def client_error(code: str, status: int = 400, operation: str = "SomeOperation") -> ClientError:
    """The exception that botocore makes of a refusal."""
    return ClientError(
        {"Error": {"Code": code, "Message": "in a test"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
    )


def always(operation: str, error: Exception) -> Fault:
    """A fault of every call of a client's method."""
    return lambda name: error if name == operation else None


def once(operation: str, error: Exception) -> Fault:
    """A fault of the first call of a client's method."""
    left = [operation]

    def fault(name: str) -> Exception | None:
        if name in left:
            left.remove(name)
            return error
        return None

    return fault


class OtherwiseReal:
    """A client that passes on every call but those whose methods a subclass defines."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.meta = client.meta

    def get_paginator(self, operation: str) -> "Paginator[Any]":
        return paginator(self, operation)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._client, name)  # type: ignore[no-any-return]


class FaultyClient(OtherwiseReal):
    """Passes calls on; those for which `fault` has an exception fail. It gets the method's name."""

    def __init__(self, client: Any, fault: Fault, *, after_effect: bool = False) -> None:
        super().__init__(client)
        self._fault = fault
        self._after_effect = after_effect

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            error = self._fault(name)
            if error is None:
                return getattr(self._client, name)(**arguments)
            if self._after_effect:
                getattr(self._client, name)(**arguments)
            raise error

        return call
