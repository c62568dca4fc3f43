"""Handles incoming personalize-events requests, invokes methods, returns responses."""

from moto.core.responses import BaseResponse

from local.moto_personalize.personalize.validation import valid_params

from .models import PersonalizeEventsBackend, personalizeevents_backends


class PersonalizeEventsResponse(BaseResponse):
    """Handler for PersonalizeEvents requests and responses."""

    def __init__(self) -> None:
        super().__init__(service_name="personalize-events")

    @property
    def personalizeevents_backend(self) -> PersonalizeEventsBackend:
        """Return backend instance specific for this region."""
        return personalizeevents_backends[self.current_account][self.region]

    def put_events(self) -> str:
        params = valid_params("personalize-events", "PutEvents", self.body)
        self.personalizeevents_backend.put_events(
            tracking_id=params["trackingId"],
            session_id=params["sessionId"],
            user_id=params.get("userId"),
            event_list=params["eventList"],
        )
        return ""
