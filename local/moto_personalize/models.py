"""PersonalizeBackend class with methods for supported APIs."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from moto.core.common_models import BaseModel
from moto.core.utils import unix_time
from moto.moto_api import state_manager
from moto.moto_api._internal import mock_random as random
from moto.moto_api._internal.managed_state_model import ManagedState
from moto.personalize import models as schema_models
from moto.personalize.exceptions import PersonalizeException, ResourceNotFoundException
from moto.utilities.id_generator import ExistingIds, ResourceIdentifier, Tags, moto_id
from moto.utilities.paginator import paginate
from moto.utilities.tagging_service import TaggingService

from .exceptions import (
    InvalidInputException,
    ResourceAlreadyExistsException,
    TooManyTagKeysException,
    TooManyTagsException,
)
from .guesses import ErrorCode, Guesses

if TYPE_CHECKING:
    from collections.abc import Callable

PAGINATION_MODEL = {
    operation: {
        "input_token": "next_token",
        "limit_key": "max_results",
        "limit_default": 100,
        "unique_attribute": "arn",
    }
    for operation in ("list_event_trackers", "list_dataset_groups", "list_datasets")
}

# Not a state of the service: a resource that has reached it is dropped before anyone can see it.
GONE = "GONE"

TAG_LIMIT = 50

# CreateDataset: the values of datasetType, which the service takes in upper, lower and mixed case.
DATASET_TYPES = {"INTERACTIONS", "ITEMS", "USERS", "ACTIONS", "ACTION_INTERACTIONS"}


class PersonalizeResource(BaseModel, ManagedState):
    """A resource which takes a while to be created and to be deleted."""

    kind: ClassVar[str]
    deletion: ClassVar[list[tuple[str | None, str]]] = [
        ("DELETE PENDING", "DELETE IN_PROGRESS"),
        ("DELETE IN_PROGRESS", GONE),
    ]

    def __init__(self, arn: str, name: str, outcome: str = "ACTIVE"):
        ManagedState.__init__(
            self,
            model_name=self.state_model_name(),
            transitions=[
                ("CREATE PENDING", "CREATE IN_PROGRESS"),
                ("CREATE IN_PROGRESS", outcome),
                *self.deletion,
            ],
        )
        self.arn = arn
        self.name = name
        self.created = self.last_updated = 0.0

    @classmethod
    def state_model_name(cls) -> str:
        return f"personalize::{cls.kind.replace('-', '')}"

    @property
    def last_status(self) -> str | None:
        """The status at the last look. Reading `status` itself may move it on, in the middle of a request."""
        return self._status

    @property
    def is_changing(self) -> bool:
        return self.last_status not in ("ACTIVE", "CREATE FAILED")

    def delete(self, now: float) -> None:
        self.status = "DELETE PENDING"
        self.last_updated = now
        # The state manager counts from the last change that it made itself, in local time.
        self._tick = 0
        self._time_progressed = datetime.now()  # noqa: DTZ005

    def observe(self, now: float) -> str | None:
        """The status, after it has moved on if it is time to."""
        before = self._status
        if self.status != before:
            self.last_updated = now
        return self._status

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "status": self.last_status,
            "creationDateTime": self.created,
            "lastUpdatedDateTime": self.last_updated,
        }


Resource = TypeVar("Resource", bound=PersonalizeResource)


class DatasetGroup(PersonalizeResource):
    kind = "dataset-group"
    # CreateDatasetGroup documents no DELETE IN_PROGRESS.
    deletion: ClassVar = [("DELETE PENDING", GONE)]

    def __init__(self, arn: str, name: str, role_arn: str | None, kms_key_arn: str | None, domain: str | None):
        super().__init__(arn, name)
        self.role_arn = role_arn
        self.kms_key_arn = kms_key_arn
        self.domain = domain

    def to_dict(self, full: bool = True) -> dict[str, Any]:
        d = super().to_dict() | {"datasetGroupArn": self.arn, "domain": self.domain}
        if full:
            d |= {"roleArn": self.role_arn, "kmsKeyArn": self.kms_key_arn}
        return {key: value for key, value in d.items() if value is not None}


class Dataset(PersonalizeResource):
    kind = "dataset"

    def __init__(self, arn: str, name: str, dataset_group_arn: str, dataset_type: str, schema_arn: str):
        super().__init__(arn, name)
        self.dataset_group_arn = dataset_group_arn
        self.dataset_type = dataset_type
        self.schema_arn = schema_arn

    def to_dict(self, full: bool = True) -> dict[str, Any]:
        d = super().to_dict() | {"datasetArn": self.arn, "datasetType": self.dataset_type}
        if full:
            d |= {"datasetGroupArn": self.dataset_group_arn, "schemaArn": self.schema_arn}
        return d


class EventTrackerIdentifier(ResourceIdentifier):
    service = "personalize"
    resource = "event-tracker"

    def generate(self, existing_ids: ExistingIds = None, tags: Tags = None) -> str:
        return generate_event_tracker_id(resource_identifier=self, existing_ids=existing_ids, tags=tags)


@moto_id
def generate_event_tracker_id(**_: Any) -> str:
    return random.get_random_hex(8)


class EventTracker(PersonalizeResource):
    kind = "event-tracker"

    def __init__(self, arn: str, name: str, dataset_group_arn: str, account_id: str, outcome: str):
        super().__init__(arn, name, outcome)
        self.dataset_group_arn = dataset_group_arn
        self.account_id = account_id
        self.tracking_id = str(random.uuid4())

    def to_dict(self, full: bool = True) -> dict[str, Any]:
        d = super().to_dict() | {"eventTrackerArn": self.arn}
        if full:
            d |= {
                "accountId": self.account_id,
                "trackingId": self.tracking_id,
                "datasetGroupArn": self.dataset_group_arn,
            }
        return d


class Event(BaseModel):
    """An event that PutEvents has recorded; moto's dashboard and data.json show it."""

    def __init__(self, tracking_id: str, session_id: str, user_id: str | None, event: dict[str, Any]):
        self.tracking_id = tracking_id
        self.session_id = session_id
        self.user_id = user_id
        self.event = event


class PersonalizeBackend(schema_models.PersonalizeBackend):
    """Implementation of Personalize and PersonalizeEvents APIs."""

    default_guesses: ClassVar[Guesses] = Guesses()

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.guesses = self.default_guesses
        # What the dates of resources and `invisible_seconds` go by; states change by moto's own.
        self.clock: Callable[[], float] = unix_time
        # How many of the next event trackers end as CREATE FAILED.
        self.tracker_creations_to_fail = 0
        self._event_trackers: dict[str, EventTracker] = {}
        self._dataset_groups: dict[str, DatasetGroup] = {}
        self._datasets: dict[str, Dataset] = {}
        self.events: list[Event] = []
        self.tagger = TaggingService(tag_name="tags", key_name="tagKey", value_name="tagValue")

        for model in (EventTracker, DatasetGroup, Dataset):
            state_manager.register_default_transition(model.state_model_name(), {"progression": "immediate"})

    @property
    def event_trackers(self) -> dict[str, EventTracker]:
        """The event trackers that are there, by ARN."""
        return self._present(self._event_trackers)

    @property
    def dataset_groups(self) -> dict[str, DatasetGroup]:
        """The dataset groups that are there, by ARN."""
        return self._present(self._dataset_groups)

    @property
    def datasets(self) -> dict[str, Dataset]:
        """The datasets that are there, by ARN."""
        return self._present(self._datasets)

    def create_event_tracker(self, name: str, dataset_group_arn: str, tags: list[dict[str, str]]) -> EventTracker:
        self._check_tags(tags)
        group = self._find_active_group(dataset_group_arn)
        self._require_interactions(group)
        self._require_place_for_tracker(name, group)

        fails = self.tracker_creations_to_fail > 0
        self.tracker_creations_to_fail -= fails
        tracker = EventTracker(
            arn=self._arn(EventTracker, EventTrackerIdentifier(self.account_id, self.region_name, name).generate()),
            name=name,
            dataset_group_arn=dataset_group_arn,
            account_id=self.account_id,
            outcome="CREATE FAILED" if fails else "ACTIVE",
        )
        return self._add(tracker, self._event_trackers, tags)

    def describe_event_tracker(self, event_tracker_arn: str) -> EventTracker:
        return self._describe(EventTracker, self._event_trackers, event_tracker_arn)

    @paginate(PAGINATION_MODEL)
    def list_event_trackers(self, dataset_group_arn: str | None) -> list[EventTracker]:
        self._check_group_to_list(dataset_group_arn)
        return [
            tracker
            for tracker in self.event_trackers.values()
            if dataset_group_arn in (None, tracker.dataset_group_arn) and self._is_visible(tracker)
        ]

    def delete_event_tracker(self, event_tracker_arn: str) -> None:
        self._delete(self._find(EventTracker, self._event_trackers, event_tracker_arn))

    def create_dataset_group(
        self,
        name: str,
        role_arn: str | None,
        kms_key_arn: str | None,
        domain: str | None,
        tags: list[dict[str, str]],
    ) -> DatasetGroup:
        self._check_tags(tags)
        group = DatasetGroup(self._arn(DatasetGroup, name), name, role_arn, kms_key_arn, domain)
        if group.arn in self.dataset_groups:
            raise ResourceAlreadyExistsException(group.arn)
        return self._add(group, self._dataset_groups, tags)

    def describe_dataset_group(self, dataset_group_arn: str) -> DatasetGroup:
        return self._describe(DatasetGroup, self._dataset_groups, dataset_group_arn)

    @paginate(PAGINATION_MODEL)
    def list_dataset_groups(self) -> list[DatasetGroup]:
        return list(self.dataset_groups.values())

    def delete_dataset_group(self, dataset_group_arn: str) -> None:
        """Solutions, which have to be deleted first too, are not yet implemented."""
        group = self._find(DatasetGroup, self._dataset_groups, dataset_group_arn)
        contents: list[EventTracker | Dataset] = [*self.event_trackers.values(), *self.datasets.values()]
        used_by = [resource.arn for resource in contents if resource.dataset_group_arn == group.arn]
        if used_by:
            raise PersonalizeException(
                self.guesses.delete_of_used_group,
                f"Dataset group {group.arn} cannot be deleted before: {', '.join(used_by)}.",
            )
        self._delete(group)

    def create_dataset(
        self,
        name: str,
        schema_arn: str,
        dataset_group_arn: str,
        dataset_type: str,
        tags: list[dict[str, str]],
    ) -> Dataset:
        dataset_type = dataset_type.upper()
        if dataset_type not in DATASET_TYPES:
            raise InvalidInputException(f"{dataset_type} is not a type of dataset.")
        self._check_tags(tags)
        self.describe_schema(schema_arn)
        group = self._find_active_group(dataset_group_arn)
        arn = self._arn(Dataset, f"{group.name}/{dataset_type}")
        if arn in self.datasets:
            raise ResourceAlreadyExistsException(arn)
        return self._add(Dataset(arn, name, group.arn, dataset_type, schema_arn), self._datasets, tags)

    def describe_dataset(self, dataset_arn: str) -> Dataset:
        return self._describe(Dataset, self._datasets, dataset_arn)

    @paginate(PAGINATION_MODEL)
    def list_datasets(self, dataset_group_arn: str | None) -> list[Dataset]:
        self._check_group_to_list(dataset_group_arn)
        return [dataset for dataset in self.datasets.values() if dataset_group_arn in (None, dataset.dataset_group_arn)]

    def delete_dataset(self, dataset_arn: str) -> None:
        self._delete(self._find(Dataset, self._datasets, dataset_arn))

    def put_events(
        self, tracking_id: str, session_id: str, user_id: str | None, event_list: list[dict[str, Any]]
    ) -> None:
        trackers = {tracker.tracking_id: tracker for tracker in self.event_trackers.values()}
        # The only exception of this operation.
        if tracking_id not in trackers:
            raise InvalidInputException(f"There is no event tracker with the tracking ID {tracking_id}.")
        if trackers[tracking_id].last_status != "ACTIVE":
            raise InvalidInputException(f"Event tracker {trackers[tracking_id].arn} is not ACTIVE.")
        self.events += [Event(tracking_id, session_id, user_id, event) for event in event_list]

    def tag_resource(self, resource_arn: str, tags: list[dict[str, str]]) -> None:
        self._check_taggable(resource_arn)
        self._check_tags(tags, resource_arn)
        self.tagger.tag_resource(resource_arn, tags)

    def untag_resource(self, resource_arn: str, tag_keys: list[str]) -> None:
        # The API model allows 200 keys, the exception's documentation 50.
        if len(tag_keys) > TAG_LIMIT:
            raise TooManyTagKeysException(TAG_LIMIT)
        self._check_taggable(resource_arn)
        self.tagger.untag_resource_using_names(resource_arn, tag_keys)

    def list_tags_for_resource(self, resource_arn: str) -> dict[str, list[dict[str, str]]]:
        self._check_taggable(resource_arn)
        return self.tagger.list_tags_for_resource(resource_arn)

    def _arn(self, model: type[PersonalizeResource], resource_id: str) -> str:
        scope = f"{self.partition}:personalize:{self.region_name}:{self.account_id}"
        return f"arn:{scope}:{model.kind}/{resource_id}"

    def _add(self, resource: Resource, resources: dict[str, Resource], tags: list[dict[str, str]]) -> Resource:
        resource.created = resource.last_updated = self.clock()
        resources[resource.arn] = resource
        self.tagger.tag_resource(resource.arn, tags)
        return resource

    def _present(self, resources: dict[str, Resource]) -> dict[str, Resource]:
        """Look at each resource once, and drop those that are gone, with their tags.

        The answer is a copy: moto's server has a thread for each request.
        """
        present = {}
        for arn, resource in list(resources.items()):
            if resource.observe(self.clock()) == GONE:
                resources.pop(arn, None)
                self.tagger.delete_all_tags_for_resource(arn)
            else:
                present[arn] = resource
        return present

    def _find(self, model: type[Resource], resources: dict[str, Resource], arn: str) -> Resource:
        resource = self._present(resources).get(arn)
        if resource and self._is_visible(resource):
            return resource
        self._check_ours(arn)
        if _kind_of(arn) != model.kind:
            raise PersonalizeException(
                self.guesses.wrong_resource_type, f"Resource Arn {arn} is of another type than {model.kind}."
            )
        raise ResourceNotFoundException(arn)

    def _is_visible(self, resource: PersonalizeResource) -> bool:
        return not isinstance(resource, EventTracker) or (
            self.clock() - resource.created >= self.guesses.invisible_seconds
        )

    def _check_ours(self, arn: str) -> None:
        _, partition, _, region, account_id, _ = arn.split(":", 5)
        if (partition, region, account_id) != (self.partition, self.region_name, self.account_id):
            raise PersonalizeException(
                self.guesses.foreign_arn,
                f"Resource Arn {arn} is not in account {self.account_id} and region {self.region_name}.",
            )

    def _describe(self, model: type[Resource], resources: dict[str, Resource], arn: str) -> Resource:
        if arn in resources:
            resources[arn].advance()
        return self._find(model, resources, arn)

    def _delete(self, resource: PersonalizeResource) -> None:
        self._refuse_while_changing(resource, self.guesses.delete_while_changing)
        resource.delete(self.clock())

    def _refuse_while_changing(self, resource: PersonalizeResource, code: ErrorCode | None) -> None:
        if code and resource.is_changing:
            raise PersonalizeException(code, f"Resource Arn {resource.arn} is in {resource.last_status}.")

    def _find_active_group(self, arn: str) -> DatasetGroup:
        group = self._find(DatasetGroup, self._dataset_groups, arn)
        if group.last_status != "ACTIVE":
            raise PersonalizeException(
                self.guesses.group_not_active, f"Dataset group {arn} is in {group.last_status}, not ACTIVE."
            )
        return group

    def _check_group_to_list(self, arn: str | None) -> None:
        code = self.guesses.list_of_unknown_group
        if code and arn and arn not in self.dataset_groups:
            raise PersonalizeException(code, f"Resource Arn {arn} does not exist.")

    def _require_interactions(self, group: DatasetGroup) -> None:
        code = self.guesses.group_without_interactions
        dataset = self.datasets.get(self._arn(Dataset, f"{group.name}/INTERACTIONS"))
        accepted = dataset and (dataset.last_status == "ACTIVE" or not self.guesses.interactions_must_be_active)
        if code and not accepted:
            raise PersonalizeException(code, f"Dataset group {group.arn} has no Interactions dataset.")

    def _require_place_for_tracker(self, name: str, group: DatasetGroup) -> None:
        guesses = self.guesses
        for tracker in self.event_trackers.values():
            code: ErrorCode | None = None
            same_name = tracker.name == name
            if tracker.dataset_group_arn != group.arn:
                code = guesses.tracker_name_in_another_group if same_name else None
            elif tracker.last_status not in guesses.states_that_free_the_group:
                code = guesses.second_tracker_same_name if same_name else guesses.second_tracker_other_name
            if code:
                raise PersonalizeException(
                    code, f"Event tracker {tracker.arn} already exists in {tracker.dataset_group_arn}."
                )

    def _check_taggable(self, arn: str) -> None:
        """Only event trackers, dataset groups and datasets are implemented; others can be tagged too."""
        resources = {**self.event_trackers, **self.dataset_groups, **self.datasets}
        if arn not in resources or not self._is_visible(resources[arn]):
            self._check_ours(arn)
            raise ResourceNotFoundException(arn)
        self._refuse_while_changing(resources[arn], self.guesses.tags_while_changing)

    def _check_tags(self, tags: list[dict[str, str]], arn: str = "") -> None:
        keys = [tag["tagKey"] for tag in tags]
        if len(set(keys)) < len(keys):
            raise PersonalizeException(self.guesses.refused_tags, "Tag keys must be unique.")
        if any(key.lower().startswith("aws:") for key in keys):
            raise PersonalizeException(self.guesses.refused_tags, "Tag keys must not begin with aws:.")
        if len({*keys, *self.tagger.get_tag_dict_for_resource(arn)}) > TAG_LIMIT:
            raise TooManyTagsException(TAG_LIMIT)


def _kind_of(arn: str) -> str:
    return arn.split(":", 5)[5].partition("/")[0]
