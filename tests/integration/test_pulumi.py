"""The requests of Pulumi's CustomResourceEmulator: no stack, and no rollback (rules A0, A3, U4)."""

import uuid
from dataclasses import dataclass
from typing import Any

from simulation.world import World
from tests.integration.requests import Requests

URN = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"


@dataclass
class Emulator:
    """What Pulumi keeps of a custom resource, and the requests that it sends for it."""

    requests: Requests
    physical_id: str = ""
    properties: dict[str, Any] | None = None

    def up(self, **properties: Any) -> dict[str, Any]:
        """Create or update the resource; a replaced physical id is deleted with the old properties."""
        before, old = self.physical_id, self.properties
        if before:
            response = self._send("Update", properties, PhysicalResourceId=before, OldResourceProperties=old)
        else:
            response = self._send("Create", properties)
        if response["Status"] == "SUCCESS" or not before:
            self.physical_id, self.properties = response["PhysicalResourceId"], properties
        if before and before != self.physical_id:
            self._send("Delete", old, PhysicalResourceId=before)
        return response

    def destroy(self) -> dict[str, Any]:
        """Delete the resource."""
        return self._send("Delete", self.properties, PhysicalResourceId=self.physical_id)

    def _send(self, request_type: str, properties: dict[str, Any] | None, **fields: Any) -> dict[str, Any]:
        return self.requests.send(
            {
                "RequestType": request_type,
                "RequestId": str(uuid.uuid4()),
                "ResponseURL": "https://responses.s3.amazonaws.com/pulumi/1.json?X-Amz-Date=20261125T221000Z",
                "StackId": URN,
                "LogicalResourceId": "clicks",
                "ResourceType": "Custom::PersonalizeEventTracker",
                "ResourceProperties": properties,
                **fields,
            }
        )


def test_pulumi_creates_replaces_and_deletes_a_tracker(
    aws: World, requests: Requests, group: str, other_group: str
) -> None:
    clicks = Emulator(requests)

    assert clicks.up(DatasetGroupArn=group)["Data"]["TrackingId"]
    assert aws.tags(clicks.physical_id)["cloudformation:stack-id"] == URN
    assert clicks.up(DatasetGroupArn=other_group)["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [clicks.physical_id]
    assert clicks.destroy()["Status"] == "SUCCESS"
    assert aws.trackers() == {}


def test_pulumi_updates_what_it_could_not_create(aws: World, requests: Requests, group: str) -> None:
    clicks = Emulator(requests)
    assert clicks.up(DatasetGroupArn=f"{group}-misspelled")["Status"] == "FAILED"

    assert clicks.up(DatasetGroupArn=group)["Status"] == "SUCCESS"

    assert list(aws.trackers()) == [clicks.physical_id]
