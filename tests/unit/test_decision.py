"""The table of decisions, row by row: rules C3, C4, U1, U2, U3."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from event_tracker import decision
from event_tracker.decision import Action, Change, decide
from event_tracker.properties import Properties
from event_tracker.protocol import Request
from event_tracker.trackers import CREATE_FAILED, DELETING, Scope, Tracker
from simulation.events import event
from tests.integration.requests import ACKNOWLEDGED, NEWER, ORPHANED, OWNED, STACK_ID, UNACKNOWLEDGED, URL, owned

GROUP = "arn:aws:personalize:us-east-1:123456789012:dataset-group/films"
ARN = "arn:aws:personalize:us-east-1:123456789012:event-tracker/ca4f41f3"
SCOPE = Scope.from_arn(ARN)

SENT = "20261125T221000Z"
OWN = owned(f"Update/{event('Update')['RequestId']}", 0)
ANOTHER_STACKS = {**ACKNOWLEDGED, "cloudformation:stack-id": "another"}
ANOTHER_RESOURCES = {**ACKNOWLEDGED, "cloudformation:logical-id": "Other"}

RENAME = {"Name": "other"}
OPT_IN = {"ReplacementStrategy": "delete_then_create"}
ADOPT = {"AdoptExisting": "true"}


@dataclass(frozen=True)
class Case:
    """A tracker named `clicks` that a request meets. `physical`: whether it is the one of the physical id."""

    request_type: str
    tags: dict[str, str]
    wanted: dict[str, str] = field(default_factory=dict)
    old: dict[str, str] = field(default_factory=dict)
    status: str = "ACTIVE"
    physical: bool = False
    sent: str = SENT
    name: str = "clicks"

    @property
    def change(self) -> Change:
        """What the request asks for."""
        sent: dict[str, Any] = event(self.request_type, ResponseURL=f"{URL}?X-Amz-Date={self.sent}")
        sent["PhysicalResourceId"] = ARN if self.physical else "another"
        group = {"DatasetGroupArn": GROUP}
        return Change(
            Request.parse(sent),
            Properties.parse({**group, **self.wanted}, SCOPE, lenient=False),
            Properties.parse({**group, **self.old}, SCOPE, lenient=False),
        )

    @property
    def tracker(self) -> Tracker:
        """What it meets."""
        return Tracker(ARN, self.name, GROUP, "", self.status, {}, self.tags)


def create(*arguments: Any, **options: Any) -> Case:
    return Case("Create", *arguments, **options)


def update(*arguments: Any, **options: Any) -> Case:
    return Case("Update", *arguments, **options)


def physical(*arguments: Any, **options: Any) -> Case:
    return Case("Update", *arguments, physical=True, **options)


RELATIONS = {
    "of this request": OWN,
    "newer": NEWER,
    "unacknowledged": UNACKNOWLEDGED,
    "orphaned": ORPHANED,
    "acknowledged": ACKNOWLEDGED,
    "handed over": OWNED,
    "another stack's": ANOTHER_STACKS,
    "another resource's": ANOTHER_RESOURCES,
    "nobody's": {},
}

# The row that decides, by its action and the words that it begins or ends with; and who meets what.
ROWS: dict[tuple[Action, str], list[Case]] = {
    (Action.USE, "made by this request (C3)"): [
        *(update(OWN, status=status) for status in ("ACTIVE", CREATE_FAILED, *DELETING)),
        update(OWN, RENAME),
        update(OWN, ADOPT),
        physical(OWN, {**RENAME, **OPT_IN}),
    ],
    (Action.REFUSE, "This request came too late"): [
        update(NEWER),
        update(NEWER, ADOPT),
        update(NEWER, status="DELETE PENDING"),
        update(NEWER, status=CREATE_FAILED),
        physical(NEWER, {**RENAME, **OPT_IN}),
        create(NEWER),
    ],
    (Action.WAIT_UNTIL_GONE, "being deleted (C3)"): [
        case(tags, status=status)
        for case in (create, update, physical)
        for status in DELETING
        for tags in ({}, OWNED, ANOTHER_STACKS, UNACKNOWLEDGED)
    ],
    (Action.DELETE, "CREATE FAILED (C3)"): [
        case(tags, wanted, status=CREATE_FAILED)
        for case in (create, update, physical)
        for tags in (OWNED, UNACKNOWLEDGED, ACKNOWLEDGED)
        for wanted in ({}, ADOPT, RENAME)
    ],
    (Action.DELETE, "unacknowledged (C3)"): [create(UNACKNOWLEDGED, wanted) for wanted in ({}, ADOPT, RENAME)],
    (Action.CLAIM, "as wanted again (U1)"): [
        physical(tags, {}, {**RENAME, **OPT_IN}) for tags in (OWNED, UNACKNOWLEDGED, ACKNOWLEDGED)
    ]
    + [physical(ACKNOWLEDGED, OPT_IN, RENAME), physical(ACKNOWLEDGED, {**OPT_IN, "Name": "clicks"}, RENAME)],
    (Action.USE, "as wanted (U1)"): [
        *(physical(tags) for tags in ({}, OWNED, UNACKNOWLEDGED, ACKNOWLEDGED, ANOTHER_STACKS)),
        physical({}, status=CREATE_FAILED),
        physical(ACKNOWLEDGED, {"Name": "clicks"}),
        physical(ACKNOWLEDGED, ADOPT),
        # Not a rename that the template opted in to, none at all, and not owned.
        physical(ACKNOWLEDGED, {}, RENAME),
        physical(ACKNOWLEDGED, OPT_IN, {"Name": "clicks"}),
        physical(ACKNOWLEDGED, OPT_IN),
        physical({}, OPT_IN, RENAME),
        # The service left the name out.
        physical(ACKNOWLEDGED, {**RENAME, **OPT_IN}, name=""),
    ],
    (Action.REPLACE, "another name is wanted (U3)"): [
        physical(tags, {**RENAME, **wanted}, old)
        for tags in (OWNED, UNACKNOWLEDGED, ACKNOWLEDGED)
        for wanted, old in ((OPT_IN, {}), ({}, OPT_IN), ({**OPT_IN, **ADOPT}, {}))
    ],
    (Action.REFUSE, "cannot get the name other"): [
        physical(ACKNOWLEDGED, RENAME),
        physical(OWNED, {**RENAME, **ADOPT}),
        *(physical(tags, {**RENAME, **OPT_IN}) for tags in ({}, ANOTHER_STACKS, ANOTHER_RESOURCES)),
    ],
    (Action.CLAIM, "unacknowledged (U2)"): [
        update(tags, wanted)
        for tags in (UNACKNOWLEDGED, ORPHANED)
        for wanted in ({}, ADOPT, {"Name": "clicks"}, OPT_IN)
    ],
    (Action.DELETE, "unacknowledged, with another name (U2)"): [
        update(tags, {**RENAME, **wanted}) for tags in (UNACKNOWLEDGED, ORPHANED) for wanted in ({}, ADOPT, OPT_IN)
    ],
    (Action.ADOPT, "AdoptExisting is true (C4)"): [
        *(case(tags, ADOPT) for case in (create, update) for tags in ({}, OWNED, ACKNOWLEDGED)),
        create({}, {**ADOPT, "Name": "clicks"}),
        create({}, {**ADOPT, **RENAME}, name=""),
        create({}, ADOPT, status=CREATE_FAILED),
        create(ORPHANED, ADOPT),
    ],
    (Action.CLAIM, "owned by this resource (U2)"): [
        update(tags, wanted) for tags in (OWNED, ACKNOWLEDGED) for wanted in ({}, {"Name": "clicks"}, OPT_IN)
    ]
    # Without a time nothing is known to be unacknowledged, or newer.
    + [update(tags, sent="-") for tags in (UNACKNOWLEDGED, NEWER)],
    (Action.REFUSE, "Use another dataset group; or, "): [
        *(case({}, wanted) for case in (create, update) for wanted in ({}, OPT_IN, RENAME, {**ADOPT, **RENAME})),
        *(case(tags, ADOPT) for case in (create, update) for tags in (ANOTHER_STACKS, ANOTHER_RESOURCES)),
        *(create(tags) for tags in (OWNED, ACKNOWLEDGED, ORPHANED)),
        create(UNACKNOWLEDGED, sent="-"),
        *(update(tags, {**RENAME, **wanted}) for tags in (OWNED, ACKNOWLEDGED) for wanted in ({}, OPT_IN, ADOPT)),
        update(ANOTHER_STACKS, status=CREATE_FAILED),
    ],
}


@pytest.mark.parametrize(
    ("case", "action", "reason"),
    [(case, action, reason) for (action, reason), cases in ROWS.items() for case in cases],
)
def test_what_is_done_is_what_the_first_row_that_applies_says(case: Case, action: Action, reason: str) -> None:
    decided, why = decide(case.change, case.tracker)

    assert decided is action
    # A refusal is a sentence for the operator, who knows no rules.
    if action is Action.REFUSE:
        assert reason in why
        assert why.startswith("Event tracker clicks " if case.name else "Event tracker  ")
        assert why.endswith(".")
    else:
        assert why == reason


def test_every_row_of_the_table_decides_some_case() -> None:
    tables = [decision._table(case.change, case.tracker) for cases in ROWS.values() for case in cases]
    rows = [next(i for i, (_, applies, _, _) in enumerate(table) if applies) for table in tables]

    assert sorted(set(rows)) == list(range(len(tables[0])))
    assert " ".join(rule for rule, *_ in tables[0]) == "C3 U2 C3 C3 C3 U1 U1 U3 U3 U2 U2 C4 U2 C4"
    # In the order of the table.
    assert rows == sorted(rows)


@pytest.mark.parametrize("tags", RELATIONS.values(), ids=RELATIONS)
@pytest.mark.parametrize("wanted", [{}, RENAME, ADOPT, {**RENAME, **OPT_IN}], ids=str)
@pytest.mark.parametrize("case", [create, update])
def test_what_somebody_may_use_is_deleted_only_as_the_physical_id(
    case: Any, tags: dict[str, str], wanted: dict[str, str]
) -> None:
    action, _ = decide(case(tags, wanted).change, case(tags, wanted).tracker)

    deletes = action in (Action.DELETE, Action.REPLACE)
    assert not deletes or tags in (UNACKNOWLEDGED, ORPHANED)


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (
            create({}),
            [
                "can have only one event tracker. Use another dataset group; or, to use it as it is, set",
                "set AdoptExisting: true. Deleting the stack then leaves it in place.",
            ],
        ),
        (create({}, RENAME), ["leave out Name, or set Name: clicks, and to use it as it is, set AdoptExisting: true."]),
        (create(ACKNOWLEDGED), [f"It belongs to resource Tracker of stack {STACK_ID}.", "set AdoptExisting: true."]),
        (create(ANOTHER_RESOURCES), [f"resource Other of stack {STACK_ID}", "Rename a logical id, which keeps"]),
        (create(ANOTHER_STACKS), ["of stack another", "only if that resource no longer exists, remove the tracker's"]),
        (create({"cloudformation:logical-id": "A"}), ["resource A of stack (unnamed)", "only if that resource"]),
        (create({"cloudformation:stack-id": "A"}), ["resource (unnamed) of stack A", "only if that resource"]),
        (physical(OWNED, RENAME), ["Keep Name: clicks, or set ReplacementStrategy: delete_then_create"]),
        (physical({}, RENAME), ["Keep Name: clicks: this resource does not own the tracker"]),
    ],
)
def test_a_refusal_names_the_tracker_and_a_way_out_that_harms_nobody(case: Case, told: list[str]) -> None:
    _, reason = decide(case.change, case.tracker)

    assert reason.startswith(f"Event tracker clicks ({ARN}) ")
    for text in told:
        assert text in reason
    assert "elete it" not in reason
