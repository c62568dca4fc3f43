"""CONTRIBUTING.md tells the layout as it is."""

import re

from tests.docs.pages import ROOT, page

CONTRIBUTING = page("CONTRIBUTING.md")
PROVIDER = ROOT / "provider" / "event_tracker"


def test_imports_run_one_way_as_the_page_says() -> None:
    chain = CONTRIBUTING.text.split("Imports run one way: ")[1].split(".")[0]
    layers = [re.findall(r"`(\w+)`", layer) for layer in chain.split("→")]
    rank = {module: depth for depth, layer in enumerate(layers) for module in layer}
    assert set(rank) == {path.stem for path in PROVIDER.glob("*.py")} - {"__init__"}

    imports = [
        (module, imported)
        for module in rank
        for pair in re.findall(r"^from event_tracker(?:\.(\w+)| import (\w+))", source(module), re.MULTILINE)
        for imported in pair
        if imported
    ]
    assert len(imports) > len(rank)
    assert [(module, imported) for module, imported in imports if rank[imported] < rank[module]] == []


def source(module: str) -> str:
    return (PROVIDER / f"{module}.py").read_text()


def test_every_folder_is_in_the_page() -> None:
    tests = {
        f"tests/{path.name}" for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.glob("test_*.py"))
    }
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    shown = {name.strip("/") for name in re.findall(r"`([\w/]+)`", CONTRIBUTING.text)}

    assert tests | packages <= shown
    named = {name for name in shown if name.split("/")[0] in packages | {"tests", "provider", "docs"} and "/" in name}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
