"""A provider as most people write it, with crhelper's defaults, to show that these tests can fail. Never deploy it.

It takes what comes back from CreateEventTracker for its own, or what it finds if the template says AdoptExisting. It
waits before it says so, compares new properties with old ones, and deletes whatever the physical id names, without
waiting.

Around those 40 lines only what the tests need of crhelper: its sleeps in virtual time, no timer, since that is a
thread, random ids that are the same in every run, and its sender's way out. The sender does as crhelper's: no time
limit, every HTTP status is fine, tried again for ever.
"""

import json
import string
from contextlib import suppress
from random import Random
from typing import Any

import urllib3.exceptions
from crhelper import CfnResource

from event_tracker.waiting import Clock
from simulation.lambda_service import Context, Event
from tests.fault_injection.sequences import Provider


def make_typical_handler(personalize: Any, http: Any, clock: Clock) -> Any:  # noqa: C901 - all in one, as it is written
    """The handler of the typical provider."""

    def handler(event: Event, context: Context) -> None:  # noqa: C901
        # Module level in real life. Here each invocation has an environment of its own, as those have that overlap.
        helper = _CfnResource(http, clock)

        def wait_until_active(arn: str) -> dict[str, Any]:
            while True:
                tracker: dict[str, Any] = personalize.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]
                if tracker["status"] == "ACTIVE":
                    return tracker
                if tracker["status"] == "CREATE FAILED":
                    raise RuntimeError("The event tracker could not be created")
                clock.sleep(5)

        def tags_of(properties: dict[str, Any]) -> list[dict[str, str]]:
            return [{"tagKey": tag["Key"], "tagValue": tag["Value"]} for tag in properties.get("Tags", [])]

        @helper.create
        def create(event: Event, _: Context) -> str:
            properties = event["ResourceProperties"]
            group = properties["DatasetGroupArn"]
            try:
                tracker = personalize.create_event_tracker(
                    name=properties.get("Name", event["LogicalResourceId"]),
                    datasetGroupArn=group,
                    tags=tags_of(properties),
                )
            except personalize.exceptions.ResourceAlreadyExistsException:
                if properties.get("AdoptExisting") != "true":
                    raise
                (tracker,) = personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"]
            tracker = wait_until_active(tracker["eventTrackerArn"])
            helper.Data["TrackingId"] = tracker["trackingId"]
            return tracker["eventTrackerArn"]

        @helper.update
        def update(event: Event, context: Context) -> str:
            new, old, arn = event["ResourceProperties"], event["OldResourceProperties"], event["PhysicalResourceId"]
            if any(new.get(name) != old.get(name) for name in ("Name", "DatasetGroupArn")):
                return create(event, context)
            if new.get("Tags") != old.get("Tags"):
                personalize.untag_resource(resourceArn=arn, tagKeys=[tag["tagKey"] for tag in tags_of(old)])
                personalize.tag_resource(resourceArn=arn, tags=tags_of(new))
            return arn

        @helper.delete
        def delete(event: Event, _: Context) -> None:
            with suppress(personalize.exceptions.ResourceNotFoundException):
                personalize.delete_event_tracker(eventTrackerArn=event["PhysicalResourceId"])

        helper(event, context)

    return handler


class _CfnResource(CfnResource):
    # Only pollers use the clients that crhelper makes otherwise.
    _sam_local = property(lambda self: True, lambda self, value: None)

    def __init__(self, http: Any, clock: Clock) -> None:
        super().__init__()
        self._http = http
        self._clock = clock
        self._random = Random(self._clock.now())

    def _rand_string(self, length: int) -> str:
        return "".join(self._random.choices(string.ascii_uppercase + string.digits, k=length))

    def _set_timeout(self) -> None:
        pass

    def _wait_for_cwlogs(self) -> None:
        super()._wait_for_cwlogs(sleep=self._clock.sleep)

    def _send(self, status: str | None = None, reason: str = "") -> None:
        super()._send(status, reason, send_response=self._put)

    def _put(self, url: str, body: dict[str, Any], _: Any) -> None:
        while True:
            try:
                self._http.request("PUT", url, body=json.dumps(body), headers={"Content-Type": ""})
            except urllib3.exceptions.HTTPError:
                self._clock.sleep(2)
            else:
                return


# Its role allows personalize:*, as most do.
TYPICAL = Provider("a typical crhelper provider", make_typical_handler, has_role=False)
