"""What can go wrong with a call of the function's, be it to Amazon Personalize or the PUT of an answer.

What is raised is what botocore raises after its own attempts, and what urllib3 raises.
"""

from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import botocore.exceptions
import urllib3.exceptions
from botocore.exceptions import ClientError

from tests.protocol.world import PUT, Effect, Fault, World

ENDPOINT = "https://personalize.us-east-1.amazonaws.com/"

# Less than the 30 s for which the contract has AccessDenied tried again (W4).
SECONDS_DENIED = 20.0
# More than an invocation tries to send its answer.
SECONDS_UNREACHABLE = 60.0
# What passes before a call is given up: two attempts with CLIENT_CONFIG's read time limit, one with that of the PUT.
SECONDS_TO_TIME_OUT = {"personalize": 21.0, PUT: 7.0}


def _throttled(world: World, name: str, effect: Effect) -> Any:
    world.time.sleep(1)
    return SimpleNamespace(status=503) if name == PUT else _refuse(name, "ThrottlingException", 400)


def _broken(world: World, name: str, effect: Effect) -> Any:
    world.time.sleep(1)
    return SimpleNamespace(status=500) if name == PUT else _refuse(name, "InternalFailure", 500)


def _refused(world: World, name: str, effect: Effect) -> Any:
    """Nobody listens: the call has no effect."""
    if name == PUT:
        raise urllib3.exceptions.NewConnectionError(None, "Connection refused")  # type: ignore[arg-type]
    raise botocore.exceptions.EndpointConnectionError(endpoint_url=ENDPOINT)


def _answer_lost(world: World, name: str, effect: Effect) -> Any:
    """The call has its effect, but nothing is heard of it."""
    _try(effect)
    if name == PUT:
        world.time.sleep(SECONDS_TO_TIME_OUT[PUT])
        raise urllib3.exceptions.ReadTimeoutError(None, "", "Read timed out.")  # type: ignore[arg-type]
    world.time.sleep(SECONDS_TO_TIME_OUT["personalize"])
    raise botocore.exceptions.ReadTimeoutError(endpoint_url=ENDPOINT)


def _repeated(world: World, name: str, effect: Effect) -> Any:
    """The answer to botocore's first attempt is lost, so that it makes another. The PUT has no such attempts."""
    if name == PUT:
        return _answer_lost(world, name, effect)
    _try(effect)
    world.time.sleep(SECONDS_TO_TIME_OUT["personalize"] / 2)
    return effect()


def _denied(world: World, name: str, effect: Effect) -> Any:
    """From this call on all calls to the service are denied for a while; all answers, if this is one."""

    def deny(world: World, later: str, effect: Effect) -> Any:
        if (later == PUT) != (name == PUT):
            return effect()
        return SimpleNamespace(status=503) if later == PUT else _refuse(later, "AccessDeniedException", 400)

    seconds = SECONDS_UNREACHABLE if name == PUT else SECONDS_DENIED
    world.wire.lasting.append((world.time.now + seconds, deny))
    return deny(world, name, effect)


def _killed_before(world: World, name: str, effect: Effect) -> Any:
    world.time.kill()


def _killed_after(world: World, name: str, effect: Effect) -> Any:
    _try(effect)
    world.time.kill()


FAULTS: dict[str, Fault] = {
    "throttled": _throttled,
    "500": _broken,
    "connection refused": _refused,
    "time-out after the effect": _answer_lost,
    "repeated by botocore": _repeated,
    "denied for a while": _denied,
    "killed before": _killed_before,
    "killed after": _killed_after,
}


def _refuse(operation: str, code: str, status: int) -> Any:
    name = "".join(word.capitalize() for word in operation.split("_"))
    response = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    raise ClientError(response, name)  # type: ignore[arg-type]


def _try(effect: Effect) -> None:
    # A refusal may be what is lost.
    with suppress(ClientError):
        effect()
