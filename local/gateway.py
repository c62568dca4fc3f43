"""The address of the local cloud: requests for Amazon Personalize go on to moto, all others to ministack.

A function makes its requests with its role, and they go on only if the role's policies allow them. ministack evaluates
these; it knows no Amazon Personalize, so that what a request needs is told here.

Source: the Service Authorization Reference for Amazon Personalize.
"""

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import ministack.app  # type: ignore[import-untyped]
import urllib3
from ministack.core.iam_actions import identity_denial_message  # type: ignore[import-untyped]
from ministack.core.iam_evaluator import AuthError, enforce  # type: ignore[import-untyped]

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_SIGNED = re.compile(rb"Credential=([^/]+)/\d{8}/([^/]+)/personalize/aws4_request")
_PREFIX = "AmazonPersonalize."
_PERSONALIZE = os.environ["LOCAL_PERSONALIZE_URL"]
_http = urllib3.PoolManager(maxsize=20, retries=False)


@dataclass(frozen=True)
class Need:
    """What a request has to be allowed: an action on a resource, with condition keys, in lower case."""

    action: str
    resource: str
    keys: Mapping[str, Any] = field(default_factory=dict)


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """The application that listens."""
    headers = dict(scope.get("headers", ()))
    signed = _SIGNED.search(headers.get(b"authorization", b""))
    if scope["type"] != "http" or not signed:
        await ministack.app.app(scope, receive, send)
        return
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message["body"]
        if not message.get("more_body"):
            break
    key, region = (group.decode() for group in signed.groups())
    status, fields, content = await asyncio.to_thread(_respond, scope, headers, body, key, region)
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": content})


def needs(operation: str, arguments: Mapping[str, Any], scope: str) -> Iterator[Need]:
    """What a request has to be allowed. `scope` is the part of ARNs that names region and account."""
    action = f"personalize:{operation}"
    tags = {tag["tagKey"]: tag["tagValue"] for tag in arguments.get("tags") or ()}
    keys: dict[str, Any] = {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
    if tags or arguments.get("tagKeys"):
        keys["aws:tagkeys"] = [*tags, *arguments.get("tagKeys", ())]
    if operation == "CreateEventTracker":
        tracker = f"{scope}:event-tracker/00000000"
        yield Need(action, arguments.get("datasetGroupArn", "*"), keys)
        yield Need(action, tracker, keys)
        if tags:
            yield Need("personalize:TagResource", tracker, keys)
    elif operation.startswith("List") and operation != "ListTagsForResource":
        # These know no resource type.
        yield Need(action, "*", keys)
    else:
        named = [value for name, value in arguments.items() if name.endswith("Arn")]
        yield Need(action, named[0] if named else "*", keys)


def _respond(
    scope: Message, headers: Mapping[bytes, bytes], body: bytes, key: str, region: str
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of the response."""
    target = headers.get(b"x-amz-target", b"").decode()
    # The events API has paths in the place of targets.
    operation = target.removeprefix(_PREFIX) if target.startswith(_PREFIX) else "PutEvents"
    denial = _denial(operation, _arguments(body), key, region)
    if denial:
        return 400, [(b"content-type", b"application/x-amz-json-1.1")], json.dumps(denial).encode()
    query = scope["query_string"].decode()
    response = _http.request(
        scope["method"],
        f"{_PERSONALIZE}{scope['path']}{'?' if query else ''}{query}",
        body=body,
        headers={name.decode(): value.decode() for name, value in headers.items() if name != b"host"},
    )
    kept = [(name.lower().encode(), value.encode()) for name, value in response.headers.items()]
    return response.status, [pair for pair in kept if pair[0] not in (b"connection", b"server", b"date")], response.data


def _denial(operation: str, arguments: Mapping[str, Any], key: str, region: str) -> dict[str, str] | None:
    """The response to a request that its caller may not make."""
    account = os.environ["MINISTACK_ACCOUNT_ID"]
    for need in needs(operation, arguments, f"arn:aws:personalize:{region}:{account}"):
        keys = {**_tags(need.resource), **need.keys} if need.resource != "*" else need.keys
        denied = enforce(key, need.action, "personalize", region, need.resource, keys)
        if isinstance(denied, AuthError):
            return {"__type": denied.code, "message": denied.message}
        if denied:
            message = identity_denial_message(
                need.action, denied.principal_arn, need.resource, denied.decision == "Deny"
            )
            return {"__type": "AccessDeniedException", "message": message}
    return None


def _tags(resource: str) -> dict[str, str]:
    """The tags of a resource, as condition keys."""
    response = _http.request(
        "POST",
        _PERSONALIZE,
        body=json.dumps({"resourceArn": resource}),
        headers={
            "X-Amz-Target": f"{_PREFIX}ListTagsForResource",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/personalize/aws4_request",
        },
    )
    tags = response.json().get("tags", ())
    return {f"aws:resourcetag/{tag['tagKey'].lower()}": tag["tagValue"] for tag in tags}


def _arguments(body: bytes) -> dict[str, Any]:
    try:
        arguments = json.loads(body)
    except ValueError:
        return {}
    return arguments if isinstance(arguments, dict) else {}
