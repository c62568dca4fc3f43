"""Expectations about the errors that the service answers."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError


@contextmanager
def refused(code: str, message: str) -> Iterator[None]:
    """The call is refused with this code and a message that matches."""
    with pytest.raises(ClientError) as refusal:
        yield
    error = refusal.value.response["Error"]
    assert error["Code"] == code
    assert message in error["Message"]
