"""Handles incoming personalize requests, invokes methods, returns responses."""

import json
from collections.abc import Callable
from typing import Any, cast

from moto.core.exceptions import InvalidNextTokenException, InvalidToken
from moto.personalize.responses import PersonalizeResponse as SchemaResponse

from .models import PersonalizeBackend
from .validation import valid_params


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
        return json.dumps({"eventTracker": tracker.to_dict()})

    def list_event_trackers(self) -> str:
        dataset_group_arn = self._valid_params().get("datasetGroupArn")
        return self._page(
            "eventTrackers", self.personalize_backend.list_event_trackers, dataset_group_arn=dataset_group_arn
        )

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
        return self._page("datasetGroups", self.personalize_backend.list_dataset_groups)

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
        dataset_group_arn = self._valid_params().get("datasetGroupArn")
        return self._page("datasets", self.personalize_backend.list_datasets, dataset_group_arn=dataset_group_arn)

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
        return valid_params("personalize", self._get_action(), self.body)

    def _page(self, key: str, list_page: Callable[..., tuple[list[Any], str | None]], **filters: str | None) -> str:
        params = self._valid_params()
        try:
            page, next_token = list_page(
                max_results=params.get("maxResults"), next_token=params.get("nextToken"), **filters
            )
        except InvalidToken:
            raise InvalidNextTokenException from None
        result: dict[str, Any] = {key: [resource.to_dict(full=False) for resource in page]}
        if next_token is not None:
            result["nextToken"] = next_token
        return json.dumps(result)
