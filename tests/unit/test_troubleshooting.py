"""docs/troubleshooting.md names every message that the provider can give, and none that it cannot.

Every literal of the package that reads as prose is taken for a part of a message, wherever it is, so that there is no
way to word one that is missed.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "provider" / "event_tracker").glob("*.py"))
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
SECTION = PAGE.split("\n## Messages of the provider\n")[1].split("\n## ")[0]

# What an SNS event has in it; the value of an action is for the log.
NEVER_SHOWN = {'"Sns":', "Waiting until gone"}


class Literals(ast.NodeVisitor):
    """The strings in a module, without docstrings, annotations and what is logged."""

    def __init__(self) -> None:
        self.all: set[str] = set()
        self.of_messages: set[str] = set()
        self._in_message = False

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        pass

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in (*node.args.defaults, *node.args.kw_defaults, *node.body):
            if part:
                self.visit(part)

    def visit_Call(self, node: ast.Call) -> None:
        called = ast.unparse(node.func)
        if not called.startswith(("logger.", "log_and_count")):
            self._visit_message(node, called.endswith(("._problem", ".problems.append")))

    def visit_Tuple(self, node: ast.Tuple) -> None:
        # A row of the decision table: its own reason is for the log, what a function of it returns is a message.
        is_row = re.match(r"'[A-Z]\d'", ", ".join(map(ast.unparse, node.elts)))
        for part in node.elts:
            if not (is_row and isinstance(part, ast.Constant)):
                self.visit(part)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._visit_message(node, True)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> None:
        self.visit(node.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and re.search("[A-Za-z]", node.value):
            text = " ".join(node.value.split())
            self.all.add(text)
            if self._in_message or re.search("[a-z].* | .*[a-z]", node.value):
                self.of_messages.add(text)

    def _visit_message(self, node: ast.AST, is_message: bool) -> None:
        before, self._in_message = self._in_message, self._in_message or is_message
        self.generic_visit(node)
        self._in_message = before


def literals(source: str) -> Literals:
    found = Literals()
    found.visit(ast.parse(source))
    return found


CODE = literals("\n".join(module.read_text() for module in MODULES))


def test_what_the_provider_can_say_is_in_the_page() -> None:
    assert [text for text in sorted(CODE.of_messages - NEVER_SHOWN) if text not in " ".join(SECTION.split())] == []


def quoted() -> list[str]:
    """The messages in the first columns of the provider's own tables."""
    return re.findall("^[|] `([^`]*)` [|]", SECTION, re.MULTILINE)


@pytest.mark.parametrize("message", quoted())
def test_a_message_in_the_page_is_one_that_the_provider_gives(message: str) -> None:
    rest = message
    for text in sorted(CODE.all, key=len, reverse=True):
        start, end = (r"\b" if edge.isalnum() else "" for edge in (text[0], text[-1]))
        rest = re.sub(f"{start}{re.escape(text)}{end}", " ", rest)
    assert not re.search("[A-Za-z]", re.sub("<[^>]*>", "", rest)), rest


def test_there_is_nothing_in_a_table_but_messages() -> None:
    rows = [line for line in SECTION.splitlines() if line.startswith("| ") and not line.startswith("| Message |")]
    assert len(rows) == len(quoted()) > 40


def test_what_is_never_shown_is_in_the_code() -> None:
    assert CODE.of_messages >= NEVER_SHOWN


@pytest.mark.parametrize(
    "source",
    [
        'def f(x):\n    raise RefusedError(f"No {x} here")',
        'def f(x):\n    raise ServiceError("no", "")',
        'SORRY = {"code": "Not today."}\n',
        'class A:\n    text: str = "Not today."\n',
        'def f(x, y="not today"):\n    "A docstring."\n    return x or y\n',
        'self._problem("Name", value, "short")',
        'self.problems.append(f"{name}long")',
        'ROWS = (("C1", is_so, lambda m: f"Not {m} today."),)',
    ],
)
def test_a_message_is_found_however_it_is_worded(source: str) -> None:
    assert literals(source).of_messages


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring."""\n',
        'def f(x: "A | None") -> "A | None": ...',
        'logger.info("For the log", why="so it is")',
        'ROWS = (("C1", is_so, Action.USE, "for the log"),)',
    ],
)
def test_what_is_no_message_is_left_alone(source: str) -> None:
    assert not literals(source).of_messages
