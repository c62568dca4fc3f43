"""The pages: their links lead somewhere, their commands are safe, and their words are those of the field."""

import re

import pytest

from tests.docs.pages import PAGES, ROOT, Page, page


def named(each: Page) -> str:
    return each.name


@pytest.mark.parametrize("each", PAGES, ids=named)
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(each: Page) -> None:
    broken = []
    for link in each.links:
        target, _, anchor = link.partition("#")
        # GitHub's own pages of the repository.
        if target.startswith("../../actions/"):
            continue
        file = (each.path.parent / target).resolve() if target else each.path
        if not file.exists() or (anchor and anchor not in Page(file).anchors):
            broken.append(link)
    assert broken == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached, new = set(), {ROOT / "README.md"}
    while new:
        reached |= new
        linked = {(file.parent / link.partition("#")[0]).resolve() for file in new for link in Page(file).links}
        folders = {file for folder in linked if folder.is_dir() for file in folder.glob("*.md")}
        new = {file for file in linked | folders if file.suffix == ".md" and file.exists()} - reached
    assert {each.path for each in PAGES if each.path.parent != ROOT} <= reached


def test_the_readme_is_short_and_its_template_comes_first() -> None:
    lines = page("README.md").text.splitlines()

    assert len(lines) <= 170
    assert lines.index("```", lines.index("```yaml")) < 30


@pytest.mark.parametrize("each", PAGES, ids=named)
def test_what_is_deployed_is_built_first(each: Page) -> None:
    """`sam deploy` takes the sources, without their packages, if there is no built template."""
    blocks = [fence for fence in each.fences if re.search(r"\bsam deploy\b", fence)]
    # A release names its zip.
    built = re.compile(r"\bsam build\b.*\bsam deploy\b|-<version>.yaml", re.DOTALL)
    assert [block for block in blocks if not built.search(block)] == []


@pytest.mark.parametrize("each", PAGES, ids=named)
def test_a_page_begins_with_its_title(each: Page) -> None:
    assert re.match(r"# \S", each.text)
    assert len(re.findall(r"^# ", each.prose, re.MULTILINE)) == 1


# Words of our own, each with the field's: whoever knows CloudFormation must not learn a dialect.
DIALECT = {
    r"\b(a|each|every|\d+|many) looks?\b": "poll, DescribeEventTracker call",
    r"(?<!what )\banswer(s|ed|ing)?\b(?! at)": "response, send the response",
    r"\bformer\b": "old",
    r"\bverdict": "decision",
    r"\b(debris|leftovers?)\b": "orphan",
    r"\bsalvage|told_by": "parse, from_tags",
    r"\bpatience\b": "timeout, retry seconds",
    r"\bthe proof\b|\bstories\b|\bnaive\b": "fault-injection tests, stateful tests, typical crhelper provider",
    r"\bconsent": "opt in",
    r"foresaw": "unexpected error",
    r"\broads?\b": "ways",
    r"\bof (CloudFormation|Lambda|EventBridge|botocore)'s\b": "CloudFormation's ...",
    r"no place for": "already has a tracker",
    r"(licence|behaviour|honour|colour|misspel(t)|synthesis(e|ed)\b|cancelled|recognise|favour)": "American spelling",
}


@pytest.mark.parametrize("each", PAGES, ids=named)
def test_words_are_those_of_the_field(each: Page) -> None:
    found = {
        match[0]: instead for word, instead in DIALECT.items() for match in re.finditer(word, each.prose, re.IGNORECASE)
    }
    assert found == {}
