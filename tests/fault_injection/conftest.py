"""A part of these runs in make test; `python -m tests.fault_injection.prove` is all of it."""

from collections.abc import Iterator

import pytest

from simulation.isolation import quiet


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield
