"""What is asked of Amazon Personalize: one question for each guess, and some that no code depends on."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from live import asking
from live.bench import Bench
from live.observations import Observation, Reading, at_least, longest, one_value, union
from local.moto_personalize.guesses import Guesses

_DEFAULTS = Guesses().to_json()


@dataclass(frozen=True)
class Question:
    """A question: in words, how it is asked, and how what was observed reads as a value of a field of Guesses."""

    name: str
    text: str
    ask: Callable[[Bench], Iterator[Observation]]
    read: Callable[[Sequence[Observation]], Reading] = one_value

    @property
    def is_guess(self) -> bool:
        """Whether it is about a field of Guesses; all others are for the record."""
        return self.name in _DEFAULTS

    @property
    def assumed(self) -> Any:
        """What the code assumes, in the types of JSON."""
        return _DEFAULTS.get(self.name)


QUESTIONS = (
    Question(
        "group_not_active",
        "What is CreateEventTracker refused with in a group that is not ACTIVE? And CreateDataset?",
        asking.group_not_active,
    ),
    Question(
        "group_without_interactions",
        "What is CreateEventTracker refused with in a group without an Interactions dataset?",
        asking.group_without_interactions,
    ),
    Question(
        "interactions_must_be_active",
        "Is CreateEventTracker refused while the Interactions dataset is not ACTIVE?",
        asking.interactions_must_be_active,
    ),
    Question(
        "invisible_seconds",
        "How many seconds after its creation is a tracker described, listed, and has its tags?",
        asking.invisible_seconds,
        longest,
    ),
    Question(
        "left_out_members",
        "Which members do descriptions of a tracker leave out?",
        asking.left_out_members,
        union,
    ),
    Question(
        "second_tracker_same_name",
        "What is a second tracker of the same name refused with?",
        asking.second_tracker_same_name,
    ),
    Question(
        "second_tracker_other_name",
        "What is a second tracker of another name refused with?",
        asking.second_tracker_other_name,
    ),
    Question(
        "states_that_free_the_group",
        "In which of its states does a tracker leave its group's place to another?",
        asking.states_that_free_the_group,
        union,
    ),
    Question(
        "tracker_name_in_another_group",
        "What is a tracker of the same name in another group refused with?",
        asking.tracker_name_in_another_group,
    ),
    Question(
        "delete_while_changing",
        "What is DeleteEventTracker refused with while a tracker is created or deleted?",
        asking.delete_while_changing,
    ),
    Question(
        "tags_while_changing",
        "What are calls about a tracker's tags refused with while it is created or deleted?",
        asking.tags_while_changing,
    ),
    Question(
        "refused_tags",
        "What are tags refused with that begin with aws:, or of which two have the same key?",
        asking.refused_tags,
    ),
    Question(
        "constraint_violation",
        "What are values refused with that break a length or a pattern?",
        asking.constraint_violation,
    ),
    Question(
        "foreign_arn", "What is the ARN of another account refused with? And of another region?", asking.foreign_arn
    ),
    Question(
        "wrong_resource_type",
        "What is DescribeEventTracker refused with for the ARN of a dataset group?",
        asking.wrong_resource_type,
    ),
    Question(
        "list_of_unknown_group",
        "What are lists refused with for a group that is not there?",
        asking.list_of_unknown_group,
    ),
    Question("page_size", "How many items does a page of a list have?", asking.page_size, at_least),
    Question("empty_next_token", "Has the last page of a list an empty nextToken?", asking.empty_next_token),
    Question(
        "delete_of_used_group",
        "What is DeleteDatasetGroup refused with while there are trackers or datasets in the group?",
        asking.delete_of_used_group,
    ),
    Question(
        "seconds_in_each_state", "How many seconds does each state of a tracker last?", asking.seconds_in_each_state
    ),
    Question(
        "seconds_until_gone",
        "How many seconds after its deletion is a tracker described, listed, or has tags no longer?",
        asking.seconds_until_gone,
    ),
    Question(
        "tags_move_last_updated",
        "Does lastUpdatedDateTime move when a tag is set?",
        asking.tags_move_last_updated,
    ),
    Question(
        "keys_in_another_case",
        "Are tag keys that differ in case two tags?",
        asking.keys_in_another_case,
    ),
)

if missing := {field.name for field in dataclasses.fields(Guesses)} - {question.name for question in QUESTIONS}:
    raise ValueError(f"No question asks about {', '.join(sorted(missing))}.")
