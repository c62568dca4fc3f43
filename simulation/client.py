"""A boto3 client of Amazon Personalize whose calls are handled at once: without HTTP, which costs ten times as much.

botocore checks the parameters and reads the responses; between the two, moto's handlers get what would be on the wire.
"""

import functools
from types import SimpleNamespace
from typing import Any, cast

import boto3
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.parsers import create_parser
from moto.core.exceptions import JsonRESTError

from event_tracker.trackers import CLIENT_CONFIG
from local.moto_personalize import PersonalizeBackend, personalize_backends
from local.moto_personalize.responses import PersonalizeResponse

ACCOUNT, REGION = "123456789012", "us-east-1"


def backend() -> PersonalizeBackend:
    """The backend that all calls reach."""
    return personalize_backends[ACCOUNT][REGION]  # type: ignore[return-value]


@functools.cache
def personalize_client() -> Any:
    """One for all worlds, since making it takes longer than most tests."""
    # What would not be looked at takes time all the same: the signature, and the user agent.
    config = CLIENT_CONFIG.merge(
        Config(retries={"total_max_attempts": 1}, signature_version=UNSIGNED, user_agent="simulation")
    )
    client = boto3.client("personalize", region_name=REGION, config=config)
    client.meta.events.register("before-call.personalize", cast("Any", _handle))
    return client


class _Handler(PersonalizeResponse):
    def __init__(self, operation: str, body: bytes) -> None:
        super().__init__()
        self.body = body.decode()
        self._operation = operation

    @property
    def personalize_backend(self) -> PersonalizeBackend:
        return backend()

    def _get_action(self) -> str:
        return self._operation


_parser = create_parser("json")


def _handle(model: Any, params: Any, **_: Any) -> tuple[Any, Any]:
    """Handle a call before botocore would send it; returns what it would make of the response."""
    handler, status = _Handler(model.name, params["body"]), 200
    try:
        body = getattr(handler, xform_name(model.name))()
    except JsonRESTError as error:
        status, body = error.code, error.get_body()
    parsed = _parser.parse({"status_code": status, "headers": {}, "body": body.encode()}, model.output_shape)
    parsed["ResponseMetadata"]["RetryAttempts"] = 0
    return SimpleNamespace(status_code=status), parsed
