"""The handler: from the event to the response."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.typing import LambdaContext

from event_tracker.custom_resource import CustomResource, Record
from event_tracker.decision import Change
from event_tracker.errors import InvalidPropertiesError, InvalidRequestError, RefusedError
from event_tracker.lifecycle import Lifecycle, delete
from event_tracker.properties import Properties
from event_tracker.protocol import FAILED, REQUEST_TYPES, SUCCESS, Request, Response
from event_tracker.scope import Scope
from event_tracker.sending import Http, send
from event_tracker.telemetry import increment, logger, metrics
from event_tracker.trackers import Tracker, Trackers
from event_tracker.waiting import Clock, Deadline

if TYPE_CHECKING:
    from mypy_boto3_personalize import PersonalizeClient

Handler = Callable[[object, LambdaContext], dict[str, Any]]

_UNDO_SECONDS = 15.0


def make_handler(client: "PersonalizeClient", http: Http, clock: Clock, sam_local: bool = False) -> Handler:
    """The handler of CloudFormation's requests.

    `client` should have CLIENT_CONFIG; `clock` passes the time of all waiting. `sam_local`: `sam local invoke` prints
    what is returned, and nothing is sent anywhere (rule A6).

    The handler returns the response that was sent. It raises InvalidRequestError and ResponseNotDeliveredError, for
    Lambda to see; every other failure is a response.
    """
    # At DEBUG crhelper logs the event.
    copy_config_to_registered_loggers(logger, log_level=max(logger.log_level, logging.INFO), include={"crhelper"})

    @logger.inject_lambda_context(log_event=False, clear_state=True)
    @metrics.log_metrics
    def handle(event: object, context: LambdaContext) -> dict[str, Any]:
        request = _parse(event)
        scope = Scope.from_arn(context.invoked_function_arn)
        if sam_local:
            # That ARN is invented.
            with suppress(ValueError):
                scope = Scope.from_arn(request.stack_id)
            scope = replace(scope, region=client.meta.region_name)
        fulfillment = _Fulfillment(request, scope, client, clock, context)
        response = _respond(request, fulfillment, context)
        if not sam_local:
            send(response, http, Deadline(clock, fulfillment.seconds_left / 2))
        if response.status == SUCCESS and fulfillment.lifecycle:
            fulfillment.lifecycle.acknowledge(fulfillment.seconds_left - 30)
        return response.document

    return handle


def _parse(event: object) -> Request:
    try:
        request = Request.parse(event)
    except InvalidRequestError:
        increment("Failed")
        raise
    logger.set_correlation_id(request.request_id)
    logger.append_keys(stack_id=request.stack_id, logical_id=request.logical_id, request_type=request.request_type)
    logger.info("Request", sent=request.sent)
    return request


def _respond(request: Request, fulfillment: "_Fulfillment", context: LambdaContext) -> Response:
    resource = CustomResource(request, fulfillment.fulfill)
    response, error = resource.respond(context), resource.error
    is_refused = isinstance(error, InvalidPropertiesError | RefusedError)
    increment("Refused", int(is_refused))
    increment("Failed", int(response.status == FAILED and not is_refused))
    logger.info(
        "Sending the response",
        status=response.status,
        physical_id=response.physical_id,
        reason=response.reason,
        error=error.kind if error else None,
    )
    return response


class _Fulfillment:
    def __init__(
        self, request: Request, scope: Scope, client: "PersonalizeClient", clock: Clock, context: LambdaContext
    ) -> None:
        self.lifecycle: Lifecycle | None = None
        self._request = request
        self._scope = scope
        self._client = client
        self._clock = clock
        self._context = context

    @property
    def seconds_left(self) -> float:
        return self._context.get_remaining_time_in_millis() / 1000

    def fulfill(self, record: Record) -> Tracker | None:
        """Do what the request asks for."""
        request, is_delete = self._request, self._request.request_type == "Delete"
        if request.request_type not in REQUEST_TYPES:
            types = ", ".join(REQUEST_TYPES)
            raise InvalidPropertiesError(f"RequestType is {request.request_type} but must be one of {types}.")
        parse = Properties.parse_lenient if is_delete else Properties.parse
        wanted = parse(request.resource_properties, self._scope)
        deadline = Deadline.of_request(self._clock, self.seconds_left, wanted.service_timeout)
        trackers = Trackers(self._client, deadline)
        if is_delete:
            delete(request, wanted, self._scope, trackers)
            return None
        old = Properties.parse_lenient(request.old_resource_properties, self._scope)
        self.lifecycle = Lifecycle(Change(request, wanted, old), self._scope, trackers)
        if request.request_type == "Create":
            return self.lifecycle.create(record)
        try:
            return self.lifecycle.update()
        except Exception:
            self.lifecycle.undo(min(_UNDO_SECONDS, deadline.reserve / 4))
            raise
