"""A received grant: kept once, and closed for good by a recall, whichever comes first."""

from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest

from services.consent.domain.grant import ReceivedGrant, ReceivedTerms
from tests.consent.making import NOW

TERMS = ReceivedTerms(
    disclosure_id=uuid4(),
    referral_id=uuid4(),
    sender="th-care-agency",
    sender_cell="TH",
    recipient="kh-reintegration-agency",
    purpose="return-and-reintegration",
    fields=("cor_FullName",),
    back_categories=("outcome",),
    consent_revision=1,
    consent_sha256="a" * 64,
    agreement_id="th-kh-2026",
    agreement_version=1,
    valid_until=NOW + timedelta(days=1),
)


@pytest.mark.parametrize(
    "steps", [steps for n in range(4) for steps in product(["receive", "recall"], repeat=n)]
)
def test_a_grant_stands_only_if_it_came_and_was_never_recalled(steps):
    grant = ReceivedGrant(uuid4(), uuid4())
    for step in steps:
        grant.receive(TERMS) if step == "receive" else grant.recall("withdrawn")
    assert grant.granted(NOW) == ("receive" in steps and "recall" not in steps)


def test_a_grant_ends_with_its_validity():
    grant = ReceivedGrant(uuid4(), uuid4())
    grant.receive(TERMS)
    assert grant.granted(TERMS.valid_until - timedelta(microseconds=1))
    assert not grant.granted(TERMS.valid_until)


def test_what_changes_nothing_is_not_saved_again():
    grant = ReceivedGrant(uuid4(), uuid4(), TERMS, closed=True)
    grant.receive(TERMS)
    grant.recall("withdrawn")
    assert not grant.changed
