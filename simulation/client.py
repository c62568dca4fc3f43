"""A client of Amazon Personalize whose calls are handled at once: without HTTP, which costs twenty times as much.

botocore checks the parameters and reads the responses; between the two, moto's handlers get what would be on the wire.
"""

import functools
import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import boto3
from botocore import xform_name
from botocore.exceptions import ParamValidationError
from botocore.parsers import ResponseParserFactory
from botocore.validate import ParamValidator
from moto.core.exceptions import JsonRESTError

from local.moto_personalize import PersonalizeBackend, personalize_backends
from local.moto_personalize.responses import PersonalizeResponse
from simulation.wire import paginator

if TYPE_CHECKING:
    from botocore.paginate import Paginator

ACCOUNT, REGION = "123456789012", "us-east-1"
LOCAL = timezone(timedelta(hours=-7))


def backend() -> PersonalizeBackend:
    """The backend that all calls reach."""
    return personalize_backends[ACCOUNT][REGION]  # type: ignore[return-value]


class PersonalizeClient:
    """The methods of a boto3 client of Amazon Personalize: one for each operation, and its errors."""

    def __init__(self) -> None:
        real = boto3.client("personalize", region_name=REGION)
        self.meta = real.meta
        self.exceptions: Any = real.exceptions
        parsers = ResponseParserFactory()
        # botocore's own takes as long as all the rest; its times are local, wherever that is.
        parsers.set_parser_defaults(timestamp_parser=lambda seconds: datetime.fromtimestamp(seconds, LOCAL))
        self._parser = parsers.create_parser("json")

    def get_paginator(self, method: str) -> "Paginator[Any]":
        """A paginator of botocore's."""
        return paginator(self, method)

    def __getattr__(self, method: str) -> Any:
        name = self.meta.method_to_api_mapping.get(method)
        if name is None:
            raise AttributeError(method)
        call = functools.partial(self._call, self.meta.service_model.operation_model(name))
        setattr(self, method, call)
        return call

    def _call(self, model: Any, **arguments: Any) -> Any:
        """Handle a call as botocore does, but for what is on the wire."""
        request = json.dumps(arguments)
        _check(model, request)
        status, body = _handle(model.name, request)
        parsed = self._parser.parse({"status_code": status, "headers": {}, "body": body.encode()}, model.output_shape)
        parsed["ResponseMetadata"]["RetryAttempts"] = 0
        if status >= 300:
            raise self.exceptions.from_code(parsed["Error"]["Code"])(parsed, model.name)
        return parsed


@functools.lru_cache(maxsize=1024)
def _check(model: Any, request: str) -> None:
    """Refuse what botocore refuses. Cached, since whoever waits makes the same request again and again."""
    report = ParamValidator().validate(json.loads(request), model.input_shape)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())


@functools.cache
def personalize_client() -> PersonalizeClient:
    """One for all worlds, since making it takes longer than most tests."""
    return PersonalizeClient()


class _Handler(PersonalizeResponse):
    def __init__(self, operation: str, body: str) -> None:
        super().__init__()
        self.body = body
        self._operation = operation
        self._backend = backend()

    @property
    def personalize_backend(self) -> PersonalizeBackend:
        return self._backend

    def _get_action(self) -> str:
        return self._operation


def _handle(operation: str, body: str) -> tuple[int, str]:
    """The status and the body of the response to a request."""
    handler = _Handler(operation, body)
    try:
        return 200, getattr(handler, xform_name(operation))()
    except JsonRESTError as error:
        return error.code, error.get_body()
