"""The probe finds out exactly what the local cloud's Amazon Personalize was told, for every guess."""

import dataclasses
from collections import Counter
from typing import Any

import pytest

from live.bench import Bench
from live.observations import Reading
from live.probe import Finding, probe, table
from live.questions import QUESTIONS
from local.moto_personalize import Guesses
from tests.live.conftest import DATASETS, GROUPS, SECONDS_PER_STATE, guess_that, take_time
from tests.moto_personalize.test_guesses import OTHERS

BY_NAME = {question.name: question for question in QUESTIONS}
DEFAULTS = Guesses().to_json()
OTHER_CODES: dict[str, list[Any]] = {
    "second_tracker_same_name": ["ResourceInUseException", "LimitExceededException", "InvalidInputException"],
    "second_tracker_other_name": ["ResourceInUseException", "LimitExceededException", "InvalidInputException"],
    "tracker_name_in_another_group": ["ResourceAlreadyExistsException", "InvalidInputException"],
    "group_not_active": ["InvalidInputException", "ResourceNotFoundException"],
    "group_without_interactions": [None, "ResourceInUseException", "ResourceNotFoundException"],
    "delete_while_changing": ["InvalidInputException", "LimitExceededException"],
    "delete_of_used_group": ["InvalidInputException", "ValidationException"],
    "tags_while_changing": ["ResourceInUseException", "ResourceNotFoundException"],
    "refused_tags": ["ValidationException"],
    "constraint_violation": ["ValidationException"],
    "foreign_arn": ["AccessDeniedException", "InvalidInputException", "ValidationException"],
    "wrong_resource_type": ["ResourceNotFoundException", "ValidationException"],
    "list_of_unknown_group": ["ResourceNotFoundException", "InvalidInputException"],
}
OTHER_VALUES: dict[str, list[Any]] = {
    "states_that_free_the_group": [
        ["DELETE PENDING"],
        ["DELETE IN_PROGRESS"],
        ["DELETE IN_PROGRESS", "DELETE PENDING"],
        ["CREATE PENDING", "DELETE PENDING"],
    ],
    "interactions_must_be_active": [True],
    "page_size": [1, 2],
    "empty_next_token": [True],
    "left_out_members": [["trackingId"], ["lastUpdatedDateTime", "name", "trackingId"]],
}
CASES = [(name, value) for name, values in (OTHER_CODES | OTHER_VALUES).items() for value in values]


def rows(findings: list[Finding]) -> list[tuple[str, str, str]]:
    """What the table says: the question, what the code assumes, and what was seen."""
    columns = [list(map(str, column.cells)) for column in table(findings).columns[:3]]
    rows = zip(*columns, strict=True)
    return [(text.splitlines()[-1].removeprefix("[dim]"), assumed, seen.split("]")[1]) for text, assumed, seen in rows]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_guess_that_is_switched_is_found_out(bench: Bench, name: str, value: Any) -> None:
    if name in ("group_not_active", "interactions_must_be_active"):
        take_time(GROUPS, DATASETS)
    guess_that(**{name: value})

    (finding,) = probe(bench, [BY_NAME[name]]).findings

    assert finding.reading == Reading((value,))
    assert finding.agrees is False
    assert rows([finding]) == [(name, rows([finding])[0][1], str(Reading((value,))))]


@pytest.mark.parametrize("seconds", [0.5, 3])
def test_for_how_long_a_tracker_is_invisible_is_measured(bench: Bench, seconds: float) -> None:
    guess_that(invisible_seconds=seconds)

    (finding,) = probe(bench, [BY_NAME["invisible_seconds"]]).findings

    assert [o.where for o in finding.observations] == [
        "DescribeEventTracker",
        "ListEventTrackers",
        "ListTagsForResource",
    ]
    assert all(0 <= o.value - seconds <= 0.3 for o in finding.observations)
    assert finding.agrees is False


def test_every_guess_and_every_value_of_it_that_the_tests_know_is_among_these() -> None:
    known = {name: [value] for name, value in OTHERS.items()}
    tried = OTHER_CODES | OTHER_VALUES | {"invisible_seconds": [0.5, 3]}
    assert tried.keys() == {field.name for field in dataclasses.fields(Guesses)} == known.keys()
    assert [name for name, values in known.items() if not all(sorted_(v) in tried[name] for v in values)] == []


def sorted_(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def test_a_whole_probe_finds_the_defaults(bench: Bench) -> None:
    take_time(GROUPS, DATASETS)
    done = probe(bench)

    readings = {finding.question.name: finding.reading for finding in done.findings}
    expected = {name: Reading((value,)) for name, value in DEFAULTS.items()} | {"page_size": Reading((3,), True)}
    assert {name: readings[name] for name in expected} == expected
    assert all(finding.agrees for finding in done.findings if finding.question.is_guess)
    assert readings["tags_move_last_updated"] == Reading((False,))
    assert readings["keys_in_another_case"] == Reading((True,))
    assert done.calls == bench.account.calls


def test_a_whole_probe_finds_all_others_at_once(bench: Bench) -> None:
    others = OTHERS | {"invisible_seconds": 0}
    take_time(GROUPS, DATASETS)
    guess_that(**others)

    done = probe(bench)

    seen = {finding.question.name: finding.reading.values for finding in done.findings if finding.question.is_guess}
    # Without the rule nobody can tell in which state the dataset has to be.
    expected = others | {"interactions_must_be_active": False, "invisible_seconds": 0.0}
    assert seen == {name: (sorted_(value),) for name, value in expected.items()}


def test_how_long_states_last_is_measured(bench: Bench) -> None:
    states, gone = probe(bench, [BY_NAME["seconds_in_each_state"], BY_NAME["seconds_until_gone"]]).findings

    assert {o.where for o in states.observations} == {
        "CREATE PENDING",
        "CREATE IN_PROGRESS",
        "DELETE PENDING",
        "DELETE IN_PROGRESS",
    }
    assert all(abs(o.value - SECONDS_PER_STATE) <= 0.3 for o in states.observations)
    assert Counter(o.where for o in gone.observations).total() == 3
    assert all(abs(o.value - 2 * SECONDS_PER_STATE) <= 0.5 for o in gone.observations)


def test_what_was_not_seen_is_no_agreement() -> None:
    unseen = Finding(BY_NAME["group_not_active"], ())
    assert unseen.agrees is None
    assert rows([unseen])[0][2] == "not seen"
