"""The account and region that a run works in, and what their errors mean."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, which is no OSError
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_BAD_CREDENTIALS = (
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
_CLIENT = Config(
    # The standard mode takes LimitExceededException for a rate limit and tries again; here it may be the answer.
    retries={"mode": "legacy", "total_max_attempts": 5},
    connect_timeout=10,
    read_timeout=30,
    user_agent_extra="personalize-event-tracker-live",
)


class LiveError(Exception):
    """A run cannot go on; the message is one sentence for whoever started it."""


@dataclass
class Account:
    """An account and a region, by the caller's credentials; `calls` counts the API calls of its clients."""

    session: boto3.Session
    id: str = ""
    partition: str = "aws"
    calls: Counter[str] = field(default_factory=Counter)
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The region's name."""
        return str(self.session.region_name)

    def client(self, service: str) -> Any:
        """A client whose calls are counted, always the same."""
        if service not in self._clients:
            make_client: Any = self.session.client
            client = make_client(service, config=_CLIENT)
            client.meta.events.register("before-call", self._count)
            self._clients[service] = client
        return self._clients[service]

    def _count(self, model: Any, **_: Any) -> None:
        self.calls[f"{model.service_model.signing_name}:{model.name}"] += 1


def connect(session: boto3.Session | None = None) -> Account:
    """Find out whose account it is; raises LiveError if the credentials or the region will not do."""
    try:
        account = Account(session or boto3.Session())
        _require_region(account.session)
        identity = account.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise explain(error) from error
    account.id, account.partition = identity["Account"], identity["Arn"].split(":")[1]
    return account


def _require_region(session: boto3.Session) -> None:
    region = session.region_name
    if not region:
        raise LiveError("No region is set: set AWS_REGION or AWS_DEFAULT_REGION.")
    partition = session.get_partition_for_region(region)
    regions = session.get_available_regions("personalize", partition_name=partition)
    if region not in regions:
        raise LiveError(f"Amazon Personalize is not in {region}: choose one of {', '.join(regions) or 'another'}.")


def explain(error: BotoCoreError | ClientError) -> LiveError:
    """What an error means for whoever started the run."""
    if isinstance(error, ClientError):
        told = error.response["Error"]
        return LiveError(explain_refusal(error.operation_name, told["Code"], told.get("Message", "")))
    match error:
        case NoCredentialsError() | PartialCredentialsError() | ProfileNotFound():
            return LiveError(f"There are no credentials to use: {_sentence(error)}")
        case CredentialRetrievalError() | TokenRetrievalError() | SSOError():
            return LiveError(f"The credentials cannot be had, log in again: {_sentence(error)}")
        case ConnectionError() | HTTPClientError():
            return LiveError(f"AWS cannot be reached, check network, proxy and region: {_sentence(error)}")
    return LiveError(f"AWS cannot be called: {_sentence(error)}")


def explain_refusal(operation: str, code: str, message: str) -> str:
    """What a refusal means for whoever started the run."""
    said = _sentence(message)
    if code in _BAD_CREDENTIALS:
        return f"AWS refused the credentials ({code}), renew them: {said}"
    if code in DENIED:
        return f"You may not call {operation}, give yourself the permissions in docs/live.md: {said}"
    if code == "LimitExceededException" and operation.startswith("Create"):
        return f"A quota is full at {operation}, delete something or request an increase in Service Quotas: {said}"
    return f"{operation} was refused with {code}: {said}"


def _sentence(text: object) -> str:
    return f"{' '.join(str(text).split()).rstrip('.')}."
