"""Handles incoming personalize requests, invokes methods, returns responses."""

import json
from collections.abc import Callable
from typing import Any, cast

from moto.core.exceptions import InvalidNextTokenException, InvalidToken
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model
from moto.personalize.exceptions import PersonalizeException
from moto.personalize.models import personalize_backends
from moto.personalize.responses import PersonalizeResponse as SchemaResponse

from .models import PersonalizeBackend
from .validation import find_violations


class PersonalizeResponse(SchemaResponse):
    """Handler for Personalize requests and responses."""

    @property
    def personalize_backend(self) -> PersonalizeBackend:
        """Return backend instance specific for this region."""
        return cast("PersonalizeBackend", super().personalize_backend)

    def create_event_tracker(self) -> str:
        params = self._valid_params()
        tracker = self.personalize_backend.create_event_tracker(
            name=params["name"],
            dataset_group_arn=params["datasetGroupArn"],
            tags=params.get("tags", []),
        )
        return json.dumps({"eventTrackerArn": tracker.arn, "trackingId": tracker.tracking_id})

    def describe_event_tracker(self) -> str:
        params = self._valid_params()
        tracker = self.personalize_backend.describe_event_tracker(params["eventTrackerArn"])
        return json.dumps({"eventTracker": self._without_left_out(tracker.to_dict())})

    def list_event_trackers(self) -> str:
        params = self._valid_params()
        page = self._page(
            "eventTrackers",
            self.personalize_backend.list_event_trackers,
            dataset_group_arn=params.get("datasetGroupArn"),
        )
        page["eventTrackers"] = [self._without_left_out(tracker) for tracker in page["eventTrackers"]]
        return json.dumps(page)

    def delete_event_tracker(self) -> str:
        params = self._valid_params()
        self.personalize_backend.delete_event_tracker(params["eventTrackerArn"])
        return "{}"

    def create_dataset_group(self) -> str:
        params = self._valid_params()
        group = self.personalize_backend.create_dataset_group(
            name=params["name"],
            role_arn=params.get("roleArn"),
            kms_key_arn=params.get("kmsKeyArn"),
            domain=params.get("domain"),
            tags=params.get("tags", []),
        )
        domain = {"domain": group.domain} if group.domain else {}
        return json.dumps({"datasetGroupArn": group.arn, **domain})

    def describe_dataset_group(self) -> str:
        params = self._valid_params()
        group = self.personalize_backend.describe_dataset_group(params["datasetGroupArn"])
        return json.dumps({"datasetGroup": group.to_dict()})

    def list_dataset_groups(self) -> str:
        self._valid_params()
        return json.dumps(self._page("datasetGroups", self.personalize_backend.list_dataset_groups))

    def delete_dataset_group(self) -> str:
        params = self._valid_params()
        self.personalize_backend.delete_dataset_group(params["datasetGroupArn"])
        return "{}"

    def create_dataset(self) -> str:
        params = self._valid_params()
        dataset = self.personalize_backend.create_dataset(
            name=params["name"],
            schema_arn=params["schemaArn"],
            dataset_group_arn=params["datasetGroupArn"],
            dataset_type=params["datasetType"],
            tags=params.get("tags", []),
        )
        return json.dumps({"datasetArn": dataset.arn})

    def describe_dataset(self) -> str:
        params = self._valid_params()
        dataset = self.personalize_backend.describe_dataset(params["datasetArn"])
        return json.dumps({"dataset": dataset.to_dict()})

    def list_datasets(self) -> str:
        params = self._valid_params()
        page = self._page(
            "datasets",
            self.personalize_backend.list_datasets,
            dataset_group_arn=params.get("datasetGroupArn"),
        )
        return json.dumps(page)

    def delete_dataset(self) -> str:
        params = self._valid_params()
        self.personalize_backend.delete_dataset(params["datasetArn"])
        return "{}"

    def tag_resource(self) -> str:
        params = self._valid_params()
        self.personalize_backend.tag_resource(params["resourceArn"], params["tags"])
        return "{}"

    def untag_resource(self) -> str:
        params = self._valid_params()
        self.personalize_backend.untag_resource(params["resourceArn"], params["tagKeys"])
        return "{}"

    def list_tags_for_resource(self) -> str:
        params = self._valid_params()
        return json.dumps(self.personalize_backend.list_tags_for_resource(params["resourceArn"]))

    def _valid_params(self) -> dict[str, Any]:
        return _valid_params("personalize", self._get_action(), self.body, self.personalize_backend)

    def _page(
        self, key: str, list_resources: Callable[..., tuple[list[Any], str | None]], **filters: str | None
    ) -> dict[str, Any]:
        params = json.loads(self.body)
        try:
            resources, next_token = list_resources(
                max_results=params.get("maxResults") or self.personalize_backend.guesses.page_size,
                next_token=params.get("nextToken") or None,
                **filters,
            )
        except InvalidToken:
            raise InvalidNextTokenException from None
        result: dict[str, Any] = {key: [resource.to_dict(full=False) for resource in resources]}
        if next_token or self.personalize_backend.guesses.empty_next_token:
            result["nextToken"] = next_token or ""
        return result

    def _without_left_out(self, tracker: dict[str, Any]) -> dict[str, Any]:
        left_out = self.personalize_backend.guesses.left_out_members
        return {name: value for name, value in tracker.items() if name not in left_out}


class PersonalizeEventsResponse(BaseResponse):
    """Handler for PersonalizeEvents requests and responses."""

    def __init__(self) -> None:
        super().__init__(service_name="personalize-events")

    @property
    def personalize_backend(self) -> PersonalizeBackend:
        """Return backend instance specific for this region."""
        return cast("PersonalizeBackend", personalize_backends[self.current_account][self.region])

    def put_events(self) -> str:
        params = _valid_params("personalize-events", "PutEvents", self.body, self.personalize_backend)
        self.personalize_backend.put_events(
            tracking_id=params["trackingId"],
            session_id=params["sessionId"],
            user_id=params.get("userId"),
            event_list=params["eventList"],
        )
        return ""


def _valid_params(service: str, action: str, body: str, backend: PersonalizeBackend) -> dict[str, Any]:
    params: dict[str, Any] = json.loads(body)
    operation = get_service_model(service).operation_model(action)
    violations = list(find_violations(operation.input_shape, params))
    if violations:
        errors = "error" if len(violations) == 1 else "errors"
        raise PersonalizeException(
            backend.guesses.constraint_violation,
            f"{len(violations)} validation {errors} detected: {'; '.join(violations)}",
        )
    return {name: value for name, value in params.items() if value is not None}
