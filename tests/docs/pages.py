"""The Markdown pages of the repository."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Page:
    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def fences(self) -> list[str]:
        """What is in its code blocks."""
        return re.findall(r"^```[^\n]*\n(.*?)^```", self.text, re.DOTALL | re.MULTILINE)

    @cached_property
    def prose(self) -> str:
        """Its text without code blocks."""
        return re.sub(r"^```[^\n]*\n.*?^```", "", self.text, flags=re.DOTALL | re.MULTILINE)

    @cached_property
    def anchors(self) -> set[str]:
        """What `#...` can name, as GitHub makes it from the headings."""
        anchors: set[str] = set()
        for heading in re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE):
            slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            number = next(n for n in range(100) if (slug if n == 0 else f"{slug}-{n}") not in anchors)
            anchors.add(f"{slug}-{number}" if number else slug)
        return anchors

    @cached_property
    def links(self) -> list[str]:
        """The targets of its links and images within the repository."""
        text = re.sub(r"`[^`]*`", "", self.prose)
        return [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]

    def rows(self, heading: str) -> list[list[str]]:
        """The cells of the first table under a heading, without its head."""
        (section,) = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", self.prose, re.DOTALL | re.MULTILINE)
        table = re.search(r"^(\|.*\n)+", section, re.MULTILINE)
        assert table, heading
        return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table[0].splitlines()[2:]]


def page(name: str) -> Page:
    return Page(ROOT / name)


# Hidden directories are environments, tools' own, and GitHub's.
PAGES = [
    Page(path)
    for path in sorted(ROOT.rglob("*.md"))
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
]
