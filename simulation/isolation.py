"""A process, and a log, of the simulation's own."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from crhelper import log_helper

from event_tracker.telemetry import metrics


def isolate_process() -> None:
    """Make this process one that can reach no account, and is quiet."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "POWERTOOLS_")):
            del os.environ[name]
    os.environ.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing", AWS_DEFAULT_REGION="us-east-1")
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")


@contextmanager
def quiet() -> Iterator[None]:
    """Log nothing and count no metrics: invocations that overlap would share them, which they never do in Lambda."""
    logging.disable(logging.CRITICAL)
    try:
        with (
            # It sets levels for all of the process, in each invocation.
            patch.object(log_helper, "setup", _nothing),
            patch.object(metrics, "add_metric", _nothing),
            patch.object(metrics.provider, "flush_metrics", _nothing),
        ):
            yield
    finally:
        logging.disable(logging.NOTSET)


def _nothing(*_: object, **__: object) -> None:
    pass
