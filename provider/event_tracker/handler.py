"""The handler: from the event to the response."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.typing import LambdaContext

from event_tracker.custom_resource import CustomResource, RecordId
from event_tracker.decision import Change
from event_tracker.errors import EventTrackerError, InvalidPropertiesError, InvalidRequestError, RefusedError
from event_tracker.lifecycle import Lifecycle, acknowledge, delete
from event_tracker.properties import Properties
from event_tracker.protocol import FAILED, REQUEST_TYPES, Request, Response
from event_tracker.scope import Scope
from event_tracker.sending import Http, send
from event_tracker.telemetry import logger, metrics, record
from event_tracker.trackers import Tracker, Trackers
from event_tracker.waiting import Clock, Deadline

if TYPE_CHECKING:
    from mypy_boto3_personalize import PersonalizeClient

Handler = Callable[[object, LambdaContext], dict[str, Any]]

# For how long the tag that notes the response is retried: nobody waits for it, and while a hundred functions share two
# calls a second it may take minutes. So many seconds of the function's time are left for its last call.
_ACKNOWLEDGE_SECONDS = 300.0
_LAST_CALL_SECONDS = 30.0


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
        resource = CustomResource(request, partial(_fulfill, request, scope, client, clock, _seconds_left(context)))
        response = resource.respond(context)
        _log_outcome(response, resource.error)
        if not sam_local:
            send(response, http, Deadline(clock, _seconds_left(context) / 2))
        if resource.tracker:
            deadline = Deadline(clock, min(_seconds_left(context) - _LAST_CALL_SECONDS, _ACKNOWLEDGE_SECONDS))
            acknowledge(request, resource.tracker, Trackers(client, deadline))
        return response.document

    return handle


def _seconds_left(context: LambdaContext) -> float:
    return context.get_remaining_time_in_millis() / 1000


def _parse(event: object) -> Request:
    try:
        request = Request.parse(event)
    except InvalidRequestError:
        record("Failed", 1)
        raise
    logger.set_correlation_id(request.request_id)
    logger.append_keys(stack_id=request.stack_id, logical_id=request.logical_id, request_type=request.request_type)
    logger.info("Request", sent=request.sent)
    return request


def _fulfill(
    request: Request,
    scope: Scope,
    client: "PersonalizeClient",
    clock: Clock,
    seconds_left: float,
    record_id: RecordId,
) -> Tracker | None:
    """Do what the request asks for."""
    if request.request_type not in REQUEST_TYPES:
        types = ", ".join(REQUEST_TYPES)
        raise InvalidPropertiesError(f"RequestType is {request.request_type} but must be one of {types}.")
    is_delete = request.request_type == "Delete"
    parse = Properties.parse_lenient if is_delete else Properties.parse
    wanted = parse(request.resource_properties, scope)
    trackers = Trackers(client, Deadline.of_request(clock, seconds_left, wanted.service_timeout))
    if is_delete:
        delete(request, wanted, scope, trackers)
        return None
    old = Properties.parse_lenient(request.old_resource_properties, scope)
    lifecycle = Lifecycle(Change(request, wanted, old), scope, trackers)
    return lifecycle.create(record_id) if request.request_type == "Create" else lifecycle.update()


def _log_outcome(response: Response, error: EventTrackerError | None) -> None:
    is_refused = isinstance(error, InvalidPropertiesError | RefusedError)
    record("Refused", int(is_refused))
    record("Failed", int(response.status == FAILED and not is_refused))
    logger.info(
        "Sending the response",
        status=response.status,
        physical_id=response.physical_id,
        reason=response.reason,
        error=error.kind if error else None,
    )
