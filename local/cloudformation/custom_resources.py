"""Custom resources: the requests that are sent for them, and what CloudFormation makes of the responses.

Source: the AWS CloudFormation user guide, "Custom resource reference", and the texts of stack events as AWS has them.
ministack sends the requests too, but waits for the function itself, gives up on one that fails, and forgets what a
failed Create has left.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from ministack.core.responses import now_iso  # type: ignore[import-untyped]
from ministack.services import cloudformation, lambda_svc  # type: ignore[import-untyped]
from ministack.services.cloudformation import custom_resource  # type: ignore[import-untyped]

# For so long CloudFormation takes a response.
_SECONDS_VALID = 7200
_SERVICE_TIMEOUT = 3600.0

CREATE_FAILED = "CREATE_FAILED"


class CustomResourceError(Exception):
    """A request failed. The message is what the stack's event says."""


def install() -> None:
    """Have ministack send requests as CloudFormation does."""
    custom_resource.invoke_custom_resource = invoke
    custom_resource._response_url = response_url


@dataclass(frozen=True)
class _Resource:
    """Whose request it is."""

    stack_name: str
    logical_id: str
    type: str


def invoke(
    request_type: str,
    logical_id: str,
    props: dict[str, Any],
    stack_name: str,
    stack_id: str,
    resource_type: str,
    physical_id: str | None = None,
    old_props: dict[str, Any] | None = None,
) -> tuple[str, dict[str, Any]]:
    """Send a request and wait for the response, in the place of ministack's function of that name.

    Returns the physical id and the attributes. Raises CustomResourceError when the resource fails.
    """
    event = {
        "RequestType": request_type,
        "RequestId": str(uuid.uuid4()),
        "StackId": stack_id,
        "ServiceToken": props.get("ServiceToken", ""),
        "ResourceType": resource_type,
        "LogicalResourceId": logical_id,
        "ResourceProperties": custom_resource._normalise_resource_properties(props),
    }
    if physical_id is not None:
        event["PhysicalResourceId"] = physical_id
    if old_props is not None:
        event["OldResourceProperties"] = custom_resource._normalise_resource_properties(old_props)
    made_up_id = f"{stack_name}-{logical_id}-{uuid.uuid4().hex[:12].upper()}"
    response = _response_to(event, _function(props), _service_timeout(props))
    given_id = response.get("PhysicalResourceId") or physical_id or made_up_id
    if response.get("Status") == "SUCCESS":
        return given_id, response.get("Data") or {}
    if request_type == "Create":
        _remember(_Resource(stack_name, logical_id, resource_type), props, given_id)
    raise CustomResourceError(response["Reason"])


def response_url(token: str) -> str:
    """The address of the response: signed, as CloudFormation's are, with the time at which the request was sent."""
    moment = datetime.now(UTC)
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Date": f"{moment:%Y%m%dT%H%M%SZ}",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Expires": _SECONDS_VALID,
        "X-Amz-Credential": f"AKIAIOSFODNN7EXAMPLE/{moment:%Y%m%d}/us-east-1/s3/aws4_request",
        "X-Amz-Signature": uuid.uuid4().hex * 2,
    }
    return f"{custom_resource._gateway_url()}/_ministack/cfn-response/{token}?{urlencode(query)}"


def _response_to(event: dict[str, Any], function: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The response to a request; one that says FAILED, with CloudFormation's words as its Reason, if none comes."""
    token = str(uuid.uuid4())
    arrived = custom_resource.register_token(token)
    lambda_svc.invoke_async_with_retry(function, {**event, "ResponseURL": custom_resource._response_url(token)})
    arrived.wait(seconds)
    response: dict[str, Any] | None = custom_resource._pending.pop(token)["result"]
    request_id = event["RequestId"]
    if response is None:
        reason = (
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for "
            f"requestId [{request_id}]. If you are using the Python cfn-response module, you may need to update your "
            "Lambda function code so that CloudFormation can attach the updated version."
        )
        return {"Status": "FAILED", "Reason": reason}
    if response.get("Status") == "SUCCESS" and not response.get("PhysicalResourceId"):
        return {"Status": "FAILED", "Reason": "Invalid PhysicalResourceId"}
    if response.get("Status") != "SUCCESS":
        reason = (
            f"Received response status [FAILED] from custom resource. Message returned: {response.get('Reason')} "
            f"(RequestId: {request_id})"
        )
        return {**response, "Status": "FAILED", "Reason": reason}
    return response


def _function(props: dict[str, Any]) -> dict[str, Any]:
    """The function that a ServiceToken names, in ministack's form."""
    token = props.get("ServiceToken", "")
    record, config, _ = lambda_svc._get_func_record_for_ref(token)
    if record is None or config is None:
        raise CustomResourceError(f"Custom Resource failed to be invoked: there is no function {token}")
    function: dict[str, Any] = lambda_svc._execution_record_for_config(record, config)
    return function


def _service_timeout(props: dict[str, Any]) -> float:
    try:
        return float(props["ServiceTimeout"])
    except (KeyError, TypeError, ValueError):
        return _SERVICE_TIMEOUT


def _remember(resource: _Resource, props: dict[str, Any], physical_id: str) -> None:
    """Note in the stack what a failed Create has left. Whatever undoes the stack deletes it."""
    cloudformation._stacks[resource.stack_name]["_resources"][resource.logical_id] = {
        "PhysicalResourceId": physical_id,
        "ResourceType": resource.type,
        "ResourceStatus": CREATE_FAILED,
        "LogicalResourceId": resource.logical_id,
        "Properties": props,
        "Attributes": {},
        "Timestamp": now_iso(),
    }
