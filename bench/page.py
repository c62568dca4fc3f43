"""docs/performance.md: its sentences are written by hand, its tables come from the results."""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from bench import ROOT

PAGE = ROOT / "docs/performance.md"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; numbers are to the right."""
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def tables(results: Mapping[str, Any], questions: Mapping[str, ModuleType]) -> dict[str, str]:
    """All tables of the page, by name."""
    found: dict[str, str] = {}
    reached: list[Sequence[str]] = []
    for name, question in questions.items():
        found |= question.tables(results[name])
        reached += [
            (what, f"{most:,}", f"{measured:,}" if measured <= most else f"**{measured:,}: missed**")
            for what, most, measured in question.targets(results[name])
        ]
    found["targets"] = table(["", "at most", "measured"], reached)
    found["environment"] = table(["", "measured with"], list(results["environment"].items()))
    return found


def with_tables(page: str, new: Mapping[str, str]) -> str:
    """The page with these tables between the comments that have their names."""
    for name, text in new.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        place = re.search(f"{begin}(.*?){end}", page, flags=re.DOTALL)
        if place is None:
            raise ValueError(f"{PAGE.name} lacks the markers of the table {name}.")
        page = f"{page[: place.start(1)]}{text}\n{page[place.end(1) :]}"
    return page
