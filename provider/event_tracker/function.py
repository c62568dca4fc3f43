"""The function's entry point. What is made here is made in Lambda's init phase, which has a whole CPU."""

import gc

# What is imported stays. To look through it for garbage, again and again, takes a sixth of a cold start.
gc.disable()

import os

import boto3

from event_tracker.custom_resource import make_http
from event_tracker.handler import make_handler
from event_tracker.trackers import CLIENT_CONFIG
from event_tracker.waiting import Clock

handler = make_handler(
    boto3.client("personalize", config=CLIENT_CONFIG),
    make_http(),
    Clock(),
    sam_local=bool(os.environ.get("AWS_SAM_LOCAL")),
)

gc.freeze()
gc.enable()
