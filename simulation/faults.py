"""What can go wrong with a call of the function's, be it to Amazon Personalize or the PUT of a response.

What is raised is what botocore raises after its own attempts, and what urllib3 raises.
"""

import itertools
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, NoReturn

import botocore.exceptions
import urllib3.exceptions
from botocore.exceptions import ClientError

from simulation.wire import PUT, Effect, Fault, Wire

ENDPOINT = "https://personalize.us-east-1.amazonaws.com/"

# Less than the 30 s for which AccessDenied is retried (rule W4).
SECONDS_DENIED = 20.0
# More than an invocation tries to send its response.
SECONDS_UNREACHABLE = 60.0
# What passes before a call is given up: two attempts with CLIENT_CONFIG's read time limit, one with that of the PUT.
SECONDS_TO_TIME_OUT = {"personalize": 21.0, PUT: 7.0}


def _throttled(wire: Wire, name: str, effect: Effect) -> Any:
    wire.time.sleep(1)
    return SimpleNamespace(status=503) if name == PUT else _refuse(name, "ThrottlingException", 400, retried=True)


def _broken(wire: Wire, name: str, effect: Effect) -> Any:
    wire.time.sleep(1)
    return SimpleNamespace(status=500) if name == PUT else _refuse(name, "InternalFailure", 500, retried=True)


def _refused(wire: Wire, name: str, effect: Effect) -> Any:
    """Nobody listens: the call has no effect."""
    if name == PUT:
        raise urllib3.exceptions.NewConnectionError(None, "Connection refused")  # type: ignore[arg-type]
    raise botocore.exceptions.EndpointConnectionError(endpoint_url=ENDPOINT)


def _response_lost(wire: Wire, name: str, effect: Effect) -> Any:
    """The call has its effect, but nothing is heard of it."""
    _try(effect)
    if name == PUT:
        wire.time.sleep(SECONDS_TO_TIME_OUT[PUT])
        raise urllib3.exceptions.ReadTimeoutError(None, "", "Read timed out.")  # type: ignore[arg-type]
    wire.time.sleep(SECONDS_TO_TIME_OUT["personalize"])
    raise botocore.exceptions.ReadTimeoutError(endpoint_url=ENDPOINT)


def _repeated(wire: Wire, name: str, effect: Effect) -> Any:
    """The response to botocore's first attempt is lost, so that it makes another. The PUT has no such attempts."""
    if name == PUT:
        return _response_lost(wire, name, effect)
    _try(effect)
    wire.time.sleep(SECONDS_TO_TIME_OUT["personalize"] / 2)
    try:
        response = effect()
    except ClientError as error:
        _count_retry(error.response)
        raise
    _count_retry(response)
    return response


def _count_retry(response: Any) -> None:
    # As botocore does.
    response["ResponseMetadata"]["RetryAttempts"] = 1


def _denied(wire: Wire, name: str, effect: Effect) -> Any:
    """From this call on all calls to the service are denied for a while; all responses, if this is one."""

    def deny(wire: Wire, later: str, effect: Effect) -> Any:
        if (later == PUT) != (name == PUT):
            return effect()
        return SimpleNamespace(status=503) if later == PUT else _refuse(later, "AccessDeniedException", 400)

    seconds = SECONDS_UNREACHABLE if name == PUT else SECONDS_DENIED
    wire.lasting.append((wire.time.now + seconds, deny))
    return deny(wire, name, effect)


def _killed_before(wire: Wire, name: str, effect: Effect) -> Any:
    wire.time.kill()


def _killed_after(wire: Wire, name: str, effect: Effect) -> Any:
    _try(effect)
    wire.time.kill()


FAULTS: dict[str, Fault] = {
    "throttled": _throttled,
    "500": _broken,
    "connection refused": _refused,
    "time-out after the effect": _response_lost,
    "repeated by botocore": _repeated,
    "denied for a while": _denied,
    "killed before": _killed_before,
    "killed after": _killed_after,
}


def dies_after_response(number: int) -> Fault:
    """A fault of all calls: the function dies when its response of that number, counted from 0, has arrived."""
    responses = itertools.count()

    def fault(wire: Wire, name: str, effect: Effect) -> Any:
        result = effect()
        if name == PUT and next(responses) == number:
            wire.time.kill()
        return result

    return fault


def _refuse(operation: str, code: str, status: int, *, retried: bool = False) -> NoReturn:
    name = "".join(word.capitalize() for word in operation.split("_"))
    metadata = {"HTTPStatusCode": status, "RetryAttempts": int(retried)}
    response = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": metadata}
    raise ClientError(response, name)  # type: ignore[arg-type]


def _try(effect: Effect) -> None:
    # A refusal may be what is lost.
    with suppress(ClientError):
        effect()
