"""PersonalizeEventsBackend class with methods for supported APIs."""

from typing import Any, cast

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.common_models import BaseModel
from moto.personalize.models import personalize_backends

from local.moto_personalize.personalize.exceptions import InvalidInputException
from local.moto_personalize.personalize.models import PersonalizeBackend


class Event(BaseModel):
    """An event that PutEvents has recorded; moto's dashboard and data.json show it."""

    def __init__(self, tracking_id: str, session_id: str, user_id: str | None, event: dict[str, Any]):
        self.tracking_id = tracking_id
        self.session_id = session_id
        self.user_id = user_id
        self.event = event


class PersonalizeEventsBackend(BaseBackend):
    """Implementation of PersonalizeEvents APIs."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.events: list[Event] = []

    @property
    def personalize_backend(self) -> PersonalizeBackend:
        return cast("PersonalizeBackend", personalize_backends[self.account_id][self.region_name])

    def put_events(
        self, tracking_id: str, session_id: str, user_id: str | None, event_list: list[dict[str, Any]]
    ) -> None:
        trackers = {tracker.tracking_id: tracker for tracker in self.personalize_backend.event_trackers.values()}
        # The only exception of this operation.
        if tracking_id not in trackers:
            raise InvalidInputException(f"There is no event tracker with the tracking ID {tracking_id}.")
        if trackers[tracking_id].status != "ACTIVE":
            raise InvalidInputException(f"Event tracker {trackers[tracking_id].arn} is not ACTIVE.")
        self.events += [Event(tracking_id, session_id, user_id, event) for event in event_list]


# botocore lists the regions of Personalize, and none for its events.
personalizeevents_backends = BackendDict(PersonalizeEventsBackend, "personalize")
