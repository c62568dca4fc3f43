"""The requests in `events/`, as they are or with other fields."""

import json
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parents[1] / "events"
_TEMPLATES = {"Create": "create.json", "Update": "update-tags.json", "Delete": "delete.json"}


def document(name: str) -> dict[str, Any]:
    """A file of `events/`."""
    return json.loads((EVENTS / name).read_text())  # type: ignore[no-any-return]


def event(request_type: str, **fields: Any) -> dict[str, Any]:
    """The request of that type with other fields; a field that is None is left out.

    Without the ServiceTimeout of the files, which is for people: a simulation waits for as long as the function may.
    """
    template = document(_TEMPLATES[request_type])
    for properties in template.keys() & {"ResourceProperties", "OldResourceProperties"}:
        del template[properties]["ServiceTimeout"]
    return {name: value for name, value in {**template, **fields}.items() if value is not None}
