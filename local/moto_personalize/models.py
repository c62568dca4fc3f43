"""A Personalize that does what the guesses about it say, where its documentation leaves that open."""

from typing import TYPE_CHECKING, ClassVar

from moto.core.utils import unix_time
from moto.personalize.exceptions import PersonalizeException, ResourceNotFoundException

from .guesses import ErrorCode, Guesses, refused_with
from .personalize import models as plain
from .personalize.exceptions import InvalidInputException, ResourceInUseException
from .personalize.models import GONE

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["GONE", "PersonalizeBackend"]


class PersonalizeBackend(plain.PersonalizeBackend):
    """The plain backend, and a time of its own: its dates and `invisible_seconds` go by `clock`."""

    default_guesses: ClassVar[Guesses] = Guesses()

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.guesses = self.default_guesses
        self.clock: Callable[[], float] = unix_time
        # How many of the next event trackers end as CREATE FAILED.
        self.tracker_creations_to_fail = 0

    def create_event_tracker(self, name: str, dataset_group_arn: str, tags: list[dict[str, str]]) -> plain.EventTracker:
        tracker = super().create_event_tracker(name, dataset_group_arn, tags)
        if self.tracker_creations_to_fail > 0:
            self.tracker_creations_to_fail -= 1
            tracker.pass_through((*tracker.creation[:-1], "CREATE FAILED"))
        return tracker

    def _now(self) -> float:
        return self.clock()

    def _is_visible(self, resource: plain.PersonalizeResource) -> bool:
        if not isinstance(resource, plain.EventTracker):
            return True
        return self.clock() - resource.created >= self.guesses.invisible_seconds

    def _find(self, model: type[plain.Resource], resources: dict[str, plain.Resource], arn: str) -> plain.Resource:
        resource = super()._find(model, resources, arn)
        if not self._is_visible(resource):
            raise ResourceNotFoundException(arn)
        return resource

    def _check_scope(self, arn: str) -> None:
        with refused_with(self.guesses.foreign_arn, ResourceNotFoundException):
            super()._check_scope(arn)

    def _check_type(self, arn: str, model: type[plain.PersonalizeResource]) -> None:
        with refused_with(self.guesses.wrong_resource_type, InvalidInputException):
            super()._check_type(arn, model)

    def _delete(self, resource: plain.PersonalizeResource) -> None:
        with refused_with(self.guesses.delete_while_changing, ResourceInUseException):
            super()._delete(resource)

    def _in_group(self, resources: dict[str, plain.InGroup], group_arn: str | None) -> list[plain.InGroup]:
        code = self.guesses.list_of_unknown_group
        if code and group_arn and group_arn not in self.dataset_groups:
            raise PersonalizeException(code, f"Resource Arn {group_arn} does not exist.")
        return [resource for resource in super()._in_group(resources, group_arn) if self._is_visible(resource)]

    def _find_active_group(self, arn: str) -> plain.DatasetGroup:
        with refused_with(self.guesses.group_not_active, ResourceInUseException):
            return super()._find_active_group(arn)

    def _require_interactions(self, group: plain.DatasetGroup) -> None:
        code = self.guesses.group_without_interactions
        if code is None:
            return
        with refused_with(code, InvalidInputException):
            super()._require_interactions(group)
        dataset = self._datasets[self._arn(plain.Dataset, f"{group.name}/INTERACTIONS")]
        if self.guesses.interactions_must_be_active and dataset.status != "ACTIVE":
            raise PersonalizeException(code, f"Dataset {dataset.arn} is in {dataset.status}, not ACTIVE.")

    def _require_place_for_tracker(self, name: str, group: plain.DatasetGroup) -> None:
        guesses = self.guesses
        for tracker in self.event_trackers.values():
            code: ErrorCode | None = None
            same_name = tracker.name == name
            if tracker.dataset_group_arn != group.arn:
                code = guesses.tracker_name_in_another_group if same_name else None
            elif tracker.status not in guesses.states_that_free_the_group:
                code = guesses.second_tracker_same_name if same_name else guesses.second_tracker_other_name
            if code:
                raise PersonalizeException(
                    code,
                    f"No place for {name}: event tracker {tracker.arn} already exists in {tracker.dataset_group_arn}.",
                )

    def _require_empty(self, group: plain.DatasetGroup) -> None:
        with refused_with(self.guesses.delete_of_used_group, ResourceInUseException):
            super()._require_empty(group)

    def _find_taggable(self, arn: str) -> plain.PersonalizeResource:
        resource = super()._find_taggable(arn)
        if not self._is_visible(resource):
            raise ResourceNotFoundException(arn)
        code = self.guesses.tags_while_changing
        if code and resource.is_changing:
            raise PersonalizeException(code, f"Resource Arn {arn} is in {resource.status}.")
        return resource

    def _check_tags(self, tags: list[dict[str, str]], arn: str = "") -> None:
        with refused_with(self.guesses.refused_tags, InvalidInputException):
            super()._check_tags(tags, arn)
