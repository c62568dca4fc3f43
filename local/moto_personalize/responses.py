"""Handles requests as the guesses about Amazon Personalize have it."""

import json
from collections.abc import Callable
from typing import Any, cast

from .guesses import refused_with
from .models import PersonalizeBackend
from .personalize.exceptions import InvalidInputException
from .personalize.responses import PersonalizeResponse as PlainPersonalizeResponse


class PersonalizeResponse(PlainPersonalizeResponse):
    """Handler for Personalize requests and responses."""

    @property
    def personalize_backend(self) -> PersonalizeBackend:
        """Return backend instance specific for this region."""
        return cast("PersonalizeBackend", super().personalize_backend)

    def describe_event_tracker(self) -> str:
        return self._without_left_out(super().describe_event_tracker())

    def list_event_trackers(self) -> str:
        return self._without_left_out(super().list_event_trackers())

    def _valid_params(self) -> dict[str, Any]:
        with refused_with(self.personalize_backend.guesses.constraint_violation, InvalidInputException):
            return super()._valid_params()

    def _page(self, key: str, list_page: Callable[..., tuple[list[Any], str | None]], **filters: str | None) -> str:
        guesses = self.personalize_backend.guesses

        def guessed_page(max_results: int | None, next_token: str | None, **filters: str | None) -> Any:
            # With an empty token the list begins anew, as with none.
            page, token = list_page(
                max_results=max_results or guesses.page_size, next_token=next_token or None, **filters
            )
            return page, token or ("" if guesses.empty_next_token else None)

        return super()._page(key, guessed_page, **filters)

    def _without_left_out(self, body: str) -> str:
        left_out = self.personalize_backend.guesses.left_out_members
        if not left_out:
            return body

        def without(members: dict[str, Any]) -> dict[str, Any]:
            return {name: member for name, member in members.items() if name not in left_out}

        return json.dumps(json.loads(body, object_hook=without))
