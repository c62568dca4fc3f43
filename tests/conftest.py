"""What holds for every test: no real account, no configuration of the caller's, invented credentials.

Connections beyond loopback are refused by pytest-socket (pyproject.toml).
"""

import gc
import os
from collections.abc import Iterator

import pytest
from xdist.scheduler import LoadScopeScheduling

# In this order, before all others: whoever begins one of them last would be waited for.
LONGEST = (
    "e2e",
    "live/test_life.py",
    "local/test_demo.py",
    "fault_injection/test_sequences.py",
    "e2e/test_release.py",
    "e2e/test_install.py",
)
# These do not need the deployed provider.
APART = ("e2e/test_release.py", "e2e/test_install.py")
# These alone call each line and each branch of the provider. Being measured doubles what a test costs.
MEASURED = ("unit/", "integration/")
# Of these, because they are about templates.
UNMEASURED = ("unit/test_template.py", "unit/test_examples.py")

# What the tests import is most of what there is, and stays: Python collects garbage less often, and never searches
# it. That is a sixth of the time.
gc.set_threshold(50_000, 20, 50)


def pytest_collection_finish() -> None:
    """Leave what was imported out of every later collection of garbage."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the longest begin, and leave out of what is measured what need not be."""

    def rank(item: pytest.Item) -> int:
        group = _group(item.nodeid)
        return LONGEST.index(group) if group in LONGEST else len(LONGEST)

    items.sort(key=rank)
    for item in items:
        file = _file(item.nodeid)
        if not file.startswith(MEASURED) or file in UNMEASURED:
            item.add_marker(pytest.mark.no_cover)


class Groups(LoadScopeScheduling):  # type: ignore[misc]
    """A group of tests is run by one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Groups | None:
    """Make the one scheduler that knows the groups."""
    return Groups(config, log) if config.getvalue("dist") == "loadfile" else None


def _group(nodeid: str) -> str:
    """A file, since its tests may share what is made for them; or all those that the deployed provider is for."""
    file = _file(nodeid)
    return "e2e" if file.startswith("e2e/") and file not in APART else file


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0].removeprefix("tests/")


@pytest.fixture(scope="session", autouse=True)
def _no_real_aws() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AWS_", "POWERTOOLS_")) or name.lower().endswith("_proxy"):
                patch.delenv(name)
        patch.setenv("AWS_ACCESS_KEY_ID", "local")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "local")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        yield
