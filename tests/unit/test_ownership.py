"""Ownership: what the three tags of a tracker tell, rules A0 and C3, and docs/behavior.md, "Ownership"."""

import re
from dataclasses import replace

import pytest

from event_tracker.ownership import CREATED_BY, KEYS, Ownership, Relation, is_taggable
from event_tracker.protocol import Request
from simulation.events import event
from tests.integration.requests import OWNED, STACK_ID, URL

BEFORE, SENT, AFTER = "20261125T220959Z", "20261125T221000Z", "20261125T221001Z"


def request(sent: str | None = SENT, **fields: str) -> Request:
    url = f"{URL}?X-Amz-Date={sent}" if sent else URL
    return Request.parse(event("Create", **{"RequestId": "this", "ResponseURL": url, **fields}))


@pytest.mark.parametrize(
    ("created_by", "parts"),
    [
        (f"Create/a/{SENT}/pending", ("Create", "a", SENT, "pending")),
        (f"Update/a/{SENT}/{AFTER}", ("Update", "a", SENT, AFTER)),
        ("Create/a/-/pending", ("Create", "a", "-", "pending")),
        ("Create/a/-/-", ("Create", "a", "-", "-")),
        # An emulator's request id.
        (f"Create/a/b/{SENT}/pending", ("Create", "a/b", SENT, "pending")),
        # As 0.1.0 wrote it, as a hand-over leaves it, and as nobody does.
        ("Create/a", ("Create", "a", "-", "-")),
        ("", ("", "", "-", "-")),
        ("Create", ("Create", "", "-", "-")),
        (f"Create/a/{SENT}/later", ("Create", f"a/{SENT}/later", "-", "-")),
        (f"Create/a/{SENT[:-1]}/pending", ("Create", f"a/{SENT[:-1]}/pending", "-", "-")),
        (f"Create//{SENT}/pending", ("Create", f"/{SENT}/pending", "-", "-")),
    ],
)
def test_created_by_tells_type_id_and_two_times(created_by: str, parts: tuple[str, ...]) -> None:
    known = Ownership.from_tags({CREATED_BY: created_by})

    assert (known.request_type, known.request_id, known.sent, known.responded) == parts


@pytest.mark.parametrize(
    ("created_by", "sent", "relation"),
    [
        (f"Create/this/{BEFORE}/pending", SENT, Relation.MADE_BY_THIS_REQUEST),
        (f"Create/this/{AFTER}/{AFTER}", SENT, Relation.MADE_BY_THIS_REQUEST),
        ("Create/this", None, Relation.MADE_BY_THIS_REQUEST),
        (f"Update/a/{AFTER}/pending", SENT, Relation.NEWER),
        (f"Update/a/{AFTER}/{AFTER}", SENT, Relation.NEWER),
        (f"Update/this/{AFTER}/{AFTER}", SENT, Relation.NEWER),
        (f"Create/a/{BEFORE}/pending", SENT, Relation.UNACKNOWLEDGED),
        (f"Create/a/{SENT}/pending", SENT, Relation.UNACKNOWLEDGED),
        (f"Create/a/{BEFORE}/{AFTER}", SENT, Relation.UNACKNOWLEDGED),
        (f"Create/a/{BEFORE}/{SENT}", SENT, Relation.ACKNOWLEDGED),
        (f"Create/a/{BEFORE}/{BEFORE}", SENT, Relation.ACKNOWLEDGED),
        (f"Create/a/{BEFORE}/-", SENT, Relation.ACKNOWLEDGED),
        # Two in the same second, of which an Update may be the later one.
        (f"Create/a/{SENT}/{AFTER}", SENT, Relation.UNACKNOWLEDGED),
        (f"Update/a/{SENT}/pending", SENT, Relation.UNACKNOWLEDGED),
        (f"Update/a/{SENT}/{AFTER}", SENT, Relation.ACKNOWLEDGED),
        (f"Update/a/{BEFORE}/{AFTER}", SENT, Relation.UNACKNOWLEDGED),
        # A time that is missing.
        (f"Create/a/{AFTER}/pending", None, Relation.ACKNOWLEDGED),
        (f"Create/a/{BEFORE}/pending", None, Relation.ACKNOWLEDGED),
        ("Create/a/-/pending", SENT, Relation.ACKNOWLEDGED),
        ("Create/a/-/pending", None, Relation.ACKNOWLEDGED),
        # As 0.1.0 wrote it, and handed over.
        ("Create/a", SENT, Relation.ACKNOWLEDGED),
        ("", SENT, Relation.ACKNOWLEDGED),
    ],
)
def test_an_owned_tracker_is_to_a_request_what_created_by_says(
    created_by: str, sent: str | None, relation: Relation
) -> None:
    tags = {**OWNED, CREATED_BY: created_by} if created_by else OWNED

    assert Ownership.from_tags(tags).relation_to(request(sent)) is relation
    assert relation.is_owned


@pytest.mark.parametrize(
    ("tags", "relation"),
    [
        ({}, Relation.UNOWNED),
        ({CREATED_BY: f"Create/this/{SENT}/pending"}, Relation.UNOWNED),
        ({"cloudformation:stack-id": STACK_ID}, Relation.OTHER_RESOURCE),
        ({"cloudformation:logical-id": "Tracker"}, Relation.OTHER_RESOURCE),
        ({**OWNED, "cloudformation:stack-id": "another"}, Relation.OTHER_RESOURCE),
        (
            {**OWNED, "cloudformation:logical-id": "Other", CREATED_BY: f"Create/this/{SENT}/pending"},
            Relation.OTHER_RESOURCE,
        ),
    ],
)
def test_a_tracker_of_another_resource_or_of_none_is_not_owned(tags: dict[str, str], relation: Relation) -> None:
    assert Ownership.from_tags(tags).relation_to(request()) is relation
    assert not relation.is_owned


@pytest.mark.parametrize(
    "identifier",
    [STACK_ID, "urn:pulumi:dev::shop::trackers|x", "a\tb", "*" * 5000, "s" * 200, "s" * 201, "Ω" * 300, "\ud800"],
    ids=["a stack's", "an emulator's", "tab", "stars", "200", "201", "Greek", "surrogate"],
)
@pytest.mark.parametrize("field", ["StackId", "LogicalResourceId", "RequestId"])
def test_what_a_request_makes_is_known_as_its_own_whatever_its_ids(field: str, identifier: str) -> None:
    this, other = request(**{field: identifier}), request(**{field: f"{identifier}x"})
    tags = Ownership.of(this).tags

    assert tags.keys() == KEYS
    assert all(len(value) <= 256 and is_taggable(value) for value in tags.values())
    assert Ownership.from_tags(tags) == Ownership.of(this)
    assert Ownership.from_tags(tags).relation_to(this) is Relation.MADE_BY_THIS_REQUEST
    assert Ownership.from_tags(tags).relation_to(other) is not Relation.MADE_BY_THIS_REQUEST


def test_an_id_that_fits_a_tag_stands_there_as_it_is_and_another_stays_legible() -> None:
    assert Ownership.of(request()).tags == {**OWNED, CREATED_BY: f"Create/this/{SENT}/pending"}
    assert Ownership.of(request(StackId="s" * 200)).stack_id == "s" * 200
    assert re.fullmatch("shop-dev-[0-9a-f]{16}", Ownership.of(request(StackId="shop|dev")).stack_id)
    assert re.fullmatch("s{180}-[0-9a-f]{16}", Ownership.of(request(StackId="s" * 201)).stack_id)


def test_without_a_date_in_the_address_of_the_response_the_time_is_a_dash() -> None:
    assert Ownership.of(request(None)).created_by == {CREATED_BY: "Create/this/-/pending"}


def test_the_time_of_a_response_takes_the_place_of_pending() -> None:
    assert replace(Ownership.of(request()), responded=AFTER).created_by == {CREATED_BY: f"Create/this/{SENT}/{AFTER}"}


def test_an_owner_is_told_by_both_ids_or_by_the_one_that_there_is() -> None:
    assert str(Ownership.from_tags(OWNED)) == f"resource Tracker of stack {STACK_ID}"
    assert str(Ownership.from_tags({})) == "resource (unnamed) of stack (unnamed)"


@pytest.mark.parametrize("text", ["", "aZ09 _.:/=+-@", "κλειδί", "\u00a0"])
def test_what_a_tag_can_hold(text: str) -> None:
    assert is_taggable(text)


@pytest.mark.parametrize("text", ["a|b", "a\n", "*", "\t", "€", "\ud800"])
def test_what_a_tag_cannot_hold(text: str) -> None:
    assert not is_taggable(text)
