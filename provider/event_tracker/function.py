"""The function's entry point. What is made here is made in Lambda's init phase, which has a whole CPU."""

import os

import boto3

from event_tracker.handler import make_handler
from event_tracker.protocol import Http
from event_tracker.trackers import CLIENT_CONFIG
from event_tracker.waiting import Clock

_client = boto3.client("personalize", config=CLIENT_CONFIG)
handler = make_handler(_client, Http(), Clock(), sam_local=bool(os.environ.get("AWS_SAM_LOCAL")))
