"""PersonalizeBackend class with methods for supported APIs."""

from itertools import pairwise
from typing import Any, ClassVar, TypeVar

from moto.core.common_models import BaseModel
from moto.core.utils import unix_time
from moto.moto_api import state_manager
from moto.moto_api._internal import mock_random as random
from moto.moto_api._internal.managed_state_model import ManagedState
from moto.personalize import models as schema_models
from moto.personalize.exceptions import ResourceNotFoundException
from moto.utilities.id_generator import ExistingIds, ResourceIdentifier, Tags, moto_id
from moto.utilities.paginator import paginate
from moto.utilities.tagging_service import TaggingService

from .exceptions import (
    InvalidInputException,
    ResourceAlreadyExistsException,
    ResourceInUseException,
    TooManyTagKeysException,
    TooManyTagsException,
)

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


class PersonalizeResource(BaseModel):
    """A resource that takes a while to be created and to be deleted.

    `status` is what the last request saw. It moves on when the backend observes the resource, once in a request.
    """

    kind: ClassVar[str]
    creation: ClassVar[tuple[str, ...]] = ("CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE")
    deletion: ClassVar[tuple[str, ...]] = ("DELETE PENDING", "DELETE IN_PROGRESS", GONE)

    def __init__(self, arn: str, name: str, created: float):
        self.arn = arn
        self.name = name
        self.created = self.last_updated = created
        self.pass_through(self.creation)

    @classmethod
    def state_model_name(cls) -> str:
        return f"personalize::{cls.kind.replace('-', '')}"

    @property
    def is_changing(self) -> bool:
        return self.status not in ("ACTIVE", "CREATE FAILED")

    def pass_through(self, states: tuple[str, ...]) -> None:
        """Be in the first of these states now, and in each of the others as moto's state manager has it."""
        self.status = states[0]
        # A new one for each: its counters start with it.
        self._state = ManagedState(self.state_model_name(), list(pairwise(states)))

    def advance(self) -> None:
        self._state.advance()

    def observe(self, now: float) -> str:
        self._state.status = self.status
        status = self._state.status
        if status and status != self.status:
            self.status, self.last_updated = status, now
        return self.status

    def delete(self, now: float) -> None:
        self.pass_through(self.deletion)
        self.last_updated = now

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "status": self.status,
            "creationDateTime": self.created,
            "lastUpdatedDateTime": self.last_updated,
        }


Resource = TypeVar("Resource", bound=PersonalizeResource)


class DatasetGroup(PersonalizeResource):
    kind = "dataset-group"
    # CreateDatasetGroup documents no DELETE IN_PROGRESS.
    deletion: ClassVar = ("DELETE PENDING", GONE)

    def __init__(
        self,
        arn: str,
        name: str,
        created: float,
        role_arn: str | None,
        kms_key_arn: str | None,
        domain: str | None,
    ):
        super().__init__(arn, name, created)
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

    def __init__(
        self,
        arn: str,
        name: str,
        created: float,
        dataset_group_arn: str,
        dataset_type: str,
        schema_arn: str,
    ):
        super().__init__(arn, name, created)
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

    def __init__(self, arn: str, name: str, created: float, dataset_group_arn: str, account_id: str):
        super().__init__(arn, name, created)
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


InGroup = TypeVar("InGroup", EventTracker, Dataset)


class PersonalizeResources(schema_models.PersonalizeBackend):
    """What there is in a region of an account, and what has to hold for it."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self._event_trackers: dict[str, EventTracker] = {}
        self._dataset_groups: dict[str, DatasetGroup] = {}
        self._datasets: dict[str, Dataset] = {}
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

    def _now(self) -> float:
        return unix_time()

    def _arn(self, model: type[PersonalizeResource], resource_id: str) -> str:
        scope = f"{self.partition}:personalize:{self.region_name}:{self.account_id}"
        return f"arn:{scope}:{model.kind}/{resource_id}"

    def _present(self, resources: dict[str, Resource]) -> dict[str, Resource]:
        """Observe each resource once, and drop those that are gone, with their tags.

        The result is a copy: moto's server has a thread for each request.
        """
        present = {}
        for arn, resource in list(resources.items()):
            if resource.observe(self._now()) == GONE:
                resources.pop(arn, None)
                self.tagger.delete_all_tags_for_resource(arn)
            else:
                present[arn] = resource
        return present

    def _add(self, resource: Resource, resources: dict[str, Resource], tags: list[dict[str, str]]) -> Resource:
        resources[resource.arn] = resource
        self.tagger.tag_resource(resource.arn, tags)
        return resource

    def _require_new(self, arn: str, resources: dict[str, Resource]) -> None:
        if arn in resources:
            raise ResourceAlreadyExistsException(f"Resource Arn {arn} already exists.")

    def _find(self, model: type[Resource], resources: dict[str, Resource], arn: str) -> Resource:
        present = self._present(resources)
        if arn not in present:
            self._check_scope(arn)
            self._check_type(arn, model)
            raise ResourceNotFoundException(arn)
        return present[arn]

    def _check_scope(self, arn: str) -> None:
        _, partition, _, region, account_id, _ = arn.split(":", 5)
        if (partition, region, account_id) != (self.partition, self.region_name, self.account_id):
            raise ResourceNotFoundException(arn)

    def _check_type(self, arn: str, model: type[PersonalizeResource]) -> None:
        kind = arn.split(":", 5)[5].partition("/")[0]
        if kind != model.kind:
            raise InvalidInputException(f"Resource Arn {arn} is of another type than {model.kind}.")

    def _describe(self, model: type[Resource], resources: dict[str, Resource], arn: str) -> Resource:
        if arn in resources:
            resources[arn].advance()
        return self._find(model, resources, arn)

    def _delete(self, resource: PersonalizeResource) -> None:
        if resource.is_changing:
            raise ResourceInUseException(f"Resource Arn {resource.arn} is in {resource.status}.")
        resource.delete(self._now())

    def _in_group(self, resources: dict[str, InGroup], group_arn: str | None) -> list[InGroup]:
        """Those of a dataset group; all, if there is none to go by. An unknown group has none."""
        return [resource for resource in resources.values() if group_arn in (None, resource.dataset_group_arn)]

    def _find_active_group(self, arn: str) -> DatasetGroup:
        group = self._find(DatasetGroup, self._dataset_groups, arn)
        if group.status != "ACTIVE":
            raise ResourceInUseException(f"Dataset group {arn} is in {group.status}, not ACTIVE.")
        return group

    def _require_interactions(self, group: DatasetGroup) -> None:
        if self._arn(Dataset, f"{group.name}/INTERACTIONS") not in self.datasets:
            raise InvalidInputException(f"Dataset group {group.arn} has no Interactions dataset.")

    def _require_place_for_tracker(self, name: str, group: DatasetGroup) -> None:
        """A dataset group has one event tracker at most, from its creation until it is gone."""
        for tracker in self.event_trackers.values():
            if tracker.dataset_group_arn == group.arn:
                raise ResourceAlreadyExistsException(
                    f"No place for {name}: event tracker {tracker.arn} already exists in {group.arn}."
                )

    def _require_empty(self, group: DatasetGroup) -> None:
        """Solutions, which have to be deleted first too, are not yet implemented."""
        contents: list[EventTracker | Dataset] = [*self.event_trackers.values(), *self.datasets.values()]
        used_by = [resource.arn for resource in contents if resource.dataset_group_arn == group.arn]
        if used_by:
            raise ResourceInUseException(f"Dataset group {group.arn} cannot be deleted before: {', '.join(used_by)}.")

    def _find_taggable(self, arn: str) -> PersonalizeResource:
        """Only event trackers, dataset groups and datasets are implemented; others can be tagged too."""
        resources = {**self.event_trackers, **self.dataset_groups, **self.datasets}
        if arn not in resources:
            self._check_scope(arn)
            raise ResourceNotFoundException(arn)
        return resources[arn]

    def _check_tags(self, tags: list[dict[str, str]], arn: str = "") -> None:
        keys = [tag["tagKey"] for tag in tags]
        if len(set(keys)) < len(keys):
            raise InvalidInputException("Tag keys must be unique.")
        if any(key.lower().startswith("aws:") for key in keys):
            raise InvalidInputException("Tag keys must not begin with aws:.")
        if len({*keys, *self.tagger.get_tag_dict_for_resource(arn)}) > TAG_LIMIT:
            raise TooManyTagsException(TAG_LIMIT)


class PersonalizeBackend(PersonalizeResources):
    """Implementation of Personalize APIs."""

    def create_event_tracker(self, name: str, dataset_group_arn: str, tags: list[dict[str, str]]) -> EventTracker:
        self._check_tags(tags)
        group = self._find_active_group(dataset_group_arn)
        self._require_interactions(group)
        self._require_place_for_tracker(name, group)
        arn = self._arn(EventTracker, EventTrackerIdentifier(self.account_id, self.region_name, name).generate())
        tracker = EventTracker(arn, name, self._now(), dataset_group_arn, self.account_id)
        return self._add(tracker, self._event_trackers, tags)

    def describe_event_tracker(self, event_tracker_arn: str) -> EventTracker:
        return self._describe(EventTracker, self._event_trackers, event_tracker_arn)

    @paginate(PAGINATION_MODEL)
    def list_event_trackers(self, dataset_group_arn: str | None) -> list[EventTracker]:
        return self._in_group(self.event_trackers, dataset_group_arn)

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
        arn = self._arn(DatasetGroup, name)
        self._require_new(arn, self.dataset_groups)
        group = DatasetGroup(arn, name, self._now(), role_arn, kms_key_arn, domain)
        return self._add(group, self._dataset_groups, tags)

    def describe_dataset_group(self, dataset_group_arn: str) -> DatasetGroup:
        return self._describe(DatasetGroup, self._dataset_groups, dataset_group_arn)

    @paginate(PAGINATION_MODEL)
    def list_dataset_groups(self) -> list[DatasetGroup]:
        return list(self.dataset_groups.values())

    def delete_dataset_group(self, dataset_group_arn: str) -> None:
        group = self._find(DatasetGroup, self._dataset_groups, dataset_group_arn)
        self._require_empty(group)
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
        self._require_new(arn, self.datasets)
        dataset = Dataset(arn, name, self._now(), group.arn, dataset_type, schema_arn)
        return self._add(dataset, self._datasets, tags)

    def describe_dataset(self, dataset_arn: str) -> Dataset:
        return self._describe(Dataset, self._datasets, dataset_arn)

    @paginate(PAGINATION_MODEL)
    def list_datasets(self, dataset_group_arn: str | None) -> list[Dataset]:
        return self._in_group(self.datasets, dataset_group_arn)

    def delete_dataset(self, dataset_arn: str) -> None:
        self._delete(self._find(Dataset, self._datasets, dataset_arn))

    def tag_resource(self, resource_arn: str, tags: list[dict[str, str]]) -> None:
        self._find_taggable(resource_arn)
        self._check_tags(tags, resource_arn)
        self.tagger.tag_resource(resource_arn, tags)

    def untag_resource(self, resource_arn: str, tag_keys: list[str]) -> None:
        # The API model allows 200 keys, the exception's documentation 50.
        if len(tag_keys) > TAG_LIMIT:
            raise TooManyTagKeysException(TAG_LIMIT)
        self._find_taggable(resource_arn)
        self.tagger.untag_resource_using_names(resource_arn, tag_keys)

    def list_tags_for_resource(self, resource_arn: str) -> dict[str, list[dict[str, str]]]:
        self._find_taggable(resource_arn)
        return self.tagger.list_tags_for_resource(resource_arn)
