"""Rows of referrals."""

from dataclasses import fields

from services.referral.domain.referral import Referral
from services.referral.store import mapping


def test_columns_are_read_in_the_order_of_a_referrals_attributes():
    attributes = [field.name for field in fields(Referral)]
    assert [*mapping.READ.split(", "), "stored"] == attributes
