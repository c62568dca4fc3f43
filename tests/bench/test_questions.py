"""What the benchmark says, and that what is in the repository is what it said."""

import json

import pytest

from bench import RESULTS, readme, scale, waiting
from bench.approaches import FIXED, OURS
from bench.prose import paragraph


def test_the_readme_says_what_was_measured() -> None:
    results = json.loads(RESULTS.read_text())

    assert f"{readme.BEGIN}\n{readme.section(results)}\n{readme.END}" in readme.README.read_text()


def test_a_target_that_is_missed_is_said() -> None:
    results = json.loads(RESULTS.read_text())
    outcome = results["waiting"]["Create"][OURS]["30"]
    outcome["overhead"]["mean"], outcome["looks"]["most"] = 1.25, 31
    results["scale"]["2"][OURS]["500"]["failures"]["most"] = 3

    section = " ".join(readme.section(results).split())

    assert "Create of 30 s: 1.25 s of overhead, and not 1 s" in section
    assert "Create of 30 s: 31 looks, and not 30" in section
    assert "3 of 500 creates under 2 calls a second with this provider" in section


@pytest.mark.parametrize("seconds", [30, 60, 300, 600])
def test_the_provider_is_as_quick_and_as_sparing_as_it_is_meant_to_be(seconds: int) -> None:
    outcome = waiting._one(("Create", OURS, seconds))

    assert outcome["overhead"]["mean"] <= (waiting.MOST_AT_30 if seconds == 30 else waiting.MOST_BEYOND * seconds)
    assert outcome["looks"]["most"] <= waiting.MOST_LOOKS.get(seconds, 120)


def test_nobody_fails_when_the_service_refuses_what_is_too_much() -> None:
    ours, fixed = scale._one((OURS, 2, 50, 1)), scale._one((FIXED, 2, 50, 1))

    assert ours["failures"] == 0
    assert fixed["failures"] > 0


def test_paragraphs_are_wrapped_and_leave_out_what_is_empty() -> None:
    assert paragraph("One.", "", "x" * 118) == f"One.\n{'x' * 118}"
