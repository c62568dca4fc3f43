"""The part of the proof that is a test; `python -m tests.protocol.prove` is all of it."""

from collections.abc import Iterator

import pytest

from tests.protocol.proof import quiet


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield
