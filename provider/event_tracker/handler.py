"""The handler: from the event to the answer."""

import functools
import logging
import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import urllib3
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.typing import LambdaContext

from event_tracker.arns import Home
from event_tracker.custom_resource import CustomResource, deliver
from event_tracker.errors import EventTrackerError, InvalidRequestError, RefusedError
from event_tracker.lifecycle import Lifecycle
from event_tracker.properties import Properties
from event_tracker.protocol import FAILED, Answer, Request
from event_tracker.telemetry import count, logger, metrics
from event_tracker.trackers import Trackers
from event_tracker.waiting import Clock, Deadline

if TYPE_CHECKING:
    from mypy_boto3_personalize import PersonalizeClient

Handler = Callable[[object, LambdaContext], dict[str, Any]]

# Of the function's time, what is kept for after the deadline: the call that is under way then (26 s at worst),
# the removal of what a failed update made (20 s, and 26 s), and the sending of the answer (40 s).
_RESERVE_SECONDS = 120.0
_UNDO_SECONDS = 20.0

# Of ServiceTimeout, what is kept for the same is a quarter, and this at most.
_SERVICE_MARGIN_SECONDS = 60.0


def make_handler(
    client: "PersonalizeClient", http: urllib3.PoolManager, clock: Clock, sam_local: bool = False
) -> Handler:
    """The handler of CloudFormation's requests.

    `client` should have CLIENT_CONFIG, `http` is of make_http. `clock` passes the time of all waiting.
    `sam_local`: `sam local invoke` prints what is returned, and nothing is sent anywhere (contract A6).

    The handler returns the answer that was sent. It raises InvalidRequestError and AnswerNotDeliveredError, for Lambda
    to see; every other failure is an answer.
    """
    # At DEBUG crhelper logs the event.
    copy_config_to_registered_loggers(logger, log_level=max(logger.log_level, logging.INFO), include={"crhelper"})

    @logger.inject_lambda_context(log_event=False, clear_state=True)
    @metrics.log_metrics
    def handle(event: object, context: LambdaContext) -> dict[str, Any]:
        try:
            request = Request.parse(event)
        except InvalidRequestError:
            count("Failed")
            raise
        logger.set_correlation_id(request.request_id)
        logger.append_keys(stack_id=request.stack_id, logical_id=request.logical_id, request_type=request.request_type)
        home = Home.of(context.invoked_function_arn)
        if sam_local:
            # That ARN is invented.
            home = replace(Home.of(request.stack_id), region=client.meta.region_name)
        answer = _answer(request, home, client, clock, context)
        count("Failed", int(answer.status == FAILED))
        logger.info("Answering", status=answer.status, physical_id=answer.physical_id, reason=answer.reason)
        if not sam_local:
            deliver(answer, http, clock)
        return answer.document

    return handle


def _answer(request: Request, home: Home, client: "PersonalizeClient", clock: Clock, context: LambdaContext) -> Answer:
    resource = CustomResource(request)
    remaining = context.get_remaining_time_in_millis() / 1000

    def trackers(seconds: float) -> Trackers:
        return Trackers(client, Deadline(clock, seconds))

    def lifecycle(wanted: Properties) -> Lifecycle:
        former = Properties.salvage(request.old_resource_properties, home)
        return Lifecycle(request, home, wanted, former, trackers(_waiting_seconds(remaining, wanted)))

    @resource.create
    @_failing_in_sentences
    def create(*_: object) -> str:
        wanted = Properties.parse(request.resource_properties, home)
        return resource.succeed(lifecycle(wanted).create(resource.record))

    @resource.update
    @_failing_in_sentences
    def update(*_: object) -> str:
        wanted = Properties.parse(request.resource_properties, home)
        life = lifecycle(wanted)
        try:
            return resource.succeed(life.update())
        except Exception:
            life.undo(trackers(min(_UNDO_SECONDS, _margin_seconds(wanted) / 2)))
            raise

    @resource.delete
    @_failing_in_sentences
    def delete(*_: object) -> str:
        lifecycle(Properties.salvage(request.resource_properties, home)).delete()
        return request.fallback_physical_id

    return resource.answer(context)


def _waiting_seconds(remaining: float, wanted: Properties) -> float:
    """For how long to wait at most, when the function has `remaining` seconds (contract W2)."""
    service_timeout = math.inf if wanted.service_timeout is None else wanted.service_timeout
    return min(remaining - _RESERVE_SECONDS, service_timeout - _margin_seconds(wanted))


def _margin_seconds(wanted: Properties) -> float:
    """What is kept of ServiceTimeout for the request's way, and for what comes after the waiting."""
    if wanted.service_timeout is None:
        return _SERVICE_MARGIN_SECONDS
    return min(_SERVICE_MARGIN_SECONDS, wanted.service_timeout / 4)


def _failing_in_sentences(function: Callable[..., str]) -> Callable[..., str]:
    """Have a function raise EventTrackerError only: what nobody foresaw becomes a sentence, too (contract B3)."""

    @functools.wraps(function)
    def fulfil(*arguments: object) -> str:
        try:
            return function(*arguments)
        except RefusedError as refusal:
            logger.warning("Refused", why=str(refusal))
            raise
        except EventTrackerError:
            raise
        except Exception as error:
            raise EventTrackerError(
                f"The provider failed in a way nobody foresaw, {type(error).__name__}: {error}. "
                "Its log has the whole story; deploy again, and report it if it happens again."
            ) from error

    return fulfil
