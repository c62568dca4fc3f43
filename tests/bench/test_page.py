"""docs/performance.md has what was measured."""

import json

import pytest

from bench import RESULTS, cold_start, page, scale, size, waiting
from bench.approaches import OURS, TYPICAL

QUESTIONS = {"waiting": waiting, "scale": scale, "cold_start": cold_start, "size": size}
RESULTS_OF_TODAY = json.loads(RESULTS.read_text())


def test_the_page_has_the_tables_of_the_results() -> None:
    text = page.PAGE.read_text()

    assert page.with_tables(text, page.tables(RESULTS_OF_TODAY, QUESTIONS)) == text


def test_the_first_paragraph_has_the_numbers_of_the_results() -> None:
    paragraph = " ".join(page.PAGE.read_text().split("\n\n")[1].split())
    measured = RESULTS_OF_TODAY["waiting"]["measured"]
    ours, typical = (measured[name]["30"]["Create"]["overhead"]["mean"] for name in (OURS, TYPICAL))

    assert f"{ours:.1f} s later" in paragraph
    assert f"needs {typical - ours:.0f} s more" in paragraph
    assert f"cost {waiting.billed(measured[OURS], 'dollars'):.4f} dollars" in paragraph


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_target_is_reached(name: str) -> None:
    assert [
        (what, most, measured)
        for what, most, measured in QUESTIONS[name].targets(RESULTS_OF_TODAY[name])
        if measured > most
    ] == []


def test_a_target_that_is_missed_is_said() -> None:
    results = json.loads(RESULTS.read_text())
    results["size"]["this provider"]["zip"] = 2_000_000

    assert "| Bytes of the zip | 1,500,000 | **2,000,000: missed** |" in page.tables(results, QUESTIONS)["targets"]


def test_a_page_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks the markers of the table waiting"):
        page.with_tables("# Performance", {"waiting": "| |"})


def test_sentences_stay_and_tables_go() -> None:
    text = "Before.\n\n<!-- a -->\nold\n<!-- /a -->\n\nAfter."

    assert page.with_tables(text, {"a": "new\\1"}) == text.replace("old", "new\\1")
