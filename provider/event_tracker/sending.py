"""Sending a response to CloudFormation: a PUT to the pre-signed address of its request."""

import json

import urllib3
from botocore.httpsession import ProxyConfiguration
from botocore.utils import get_environ_proxies

from event_tracker.errors import ResponseNotDeliveredError
from event_tracker.protocol import Response
from event_tracker.waiting import Deadline

# The connect time limit counts for each address of the host, of which Amazon S3 has eight.
_TIMEOUT = urllib3.Timeout(connect=1, read=7)
_RETRY_SECONDS = 20.0


class Http:
    """Sends HTTP requests, through the proxy of HTTPS_PROXY and NO_PROXY if they name one, as boto3 does.

    It trusts what OpenSSL trusts, SSL_CERT_FILE included.
    """

    def request(self, method: str, url: str, body: str, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        """Make one attempt. Raises HTTPError of urllib3, OSError, ValueError."""
        proxies = ProxyConfiguration(get_environ_proxies(url))
        proxy = proxies.proxy_url_for(url)
        pool = urllib3.PoolManager(cert_reqs="CERT_REQUIRED")
        if proxy:
            pool = urllib3.ProxyManager(
                proxy, proxy_headers=proxies.proxy_headers_for(proxy), cert_reqs="CERT_REQUIRED"
            )
        return pool.request(method, url, body=body, headers=headers, timeout=_TIMEOUT, retries=False)


def send(response: Response, http: Http, deadline: Deadline) -> None:
    """Send a response, for 20 s at most (rule A4).

    Raises ResponseNotDeliveredError, whose text does not have the address in it: it is a secret.
    """
    body = json.dumps(response.document)
    last_error = ""
    for _ in deadline.attempts(_RETRY_SECONDS):
        try:
            # The signature of the address is for an empty content type.
            reply = http.request("PUT", response.request.response_url, body=body, headers={"Content-Type": ""})
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            last_error = type(error).__name__
            continue
        if 200 <= reply.status < 300:
            return
        last_error = f"HTTP status {reply.status}"
        if reply.status < 500:
            break
    # Outside of the except clause, so that it is not chained: urllib3's exceptions have the address in them.
    raise ResponseNotDeliveredError(
        f"CloudFormation did not take the response to {response.request.request_type} "
        f"{response.request.request_id}: {last_error}. Lambda delivers the request again."
    )
