"""ResponseURLs as CloudFormation makes them: pre-signed addresses of Amazon S3."""

from datetime import UTC, datetime
from random import Random
from urllib.parse import quote, urlencode

SECONDS_VALID = 7200
_DATE = "%Y%m%dT%H%M%SZ"


def response_url(stack_id: str, logical_id: str, request_id: str, sent: float, random: Random, *, dated: bool) -> str:
    """The address for the response to a request that is sent at a time, in seconds since the epoch.

    `dated`: it is signed with version 4, and so has X-Amz-Date and X-Amz-Expires. Neither is documented.
    """
    region = stack_id.split(":")[3]
    host = f"cloudformation-custom-resource-response-{region.replace('-', '')}.s3.{region}.amazonaws.com"
    moment = datetime.fromtimestamp(sent, UTC)
    if dated:
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Date": moment.strftime(_DATE),
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Expires": str(SECONDS_VALID),
            "X-Amz-Credential": f"AKIAIOSFODNN7EXAMPLE/{moment:%Y%m%d}/{region}/s3/aws4_request",
            "X-Amz-Signature": f"{random.getrandbits(256):064x}",
        }
    else:
        query = {
            "AWSAccessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "Expires": str(int(sent) + SECONDS_VALID),
            "Signature": f"{random.getrandbits(160):040x}",
        }
    return f"https://{host}/{quote(f'{stack_id}|{logical_id}|{request_id}', safe='')}?{urlencode(query)}"
