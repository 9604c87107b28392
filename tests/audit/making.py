"""What the log hears of a case that crosses a border, and of the agreement under which it does."""

from uuid import UUID, uuid4

from contracts.events.exchange import AgreementChangedV1, DistrustMovedV1, EnvelopeSealedV1
from tests.audit.test_accounts import received
from tests.audit.test_api import HASH, authorised
from tests.harness import later

__all__ = ["agreed", "authorised", "received", "sealed", "suspended"]


def agreed(**changes):
    values = {
        "agreement_id": "th-kh",
        "version": 1,
        "sha256": HASH,
        "cells": ("TH", "KH"),
        "purposes": (),
        "fields": (),
        "process_codes": (),
        "valid_from": later(-3600),
        "valid_until": later(86_400),
        "extract_reasons": ("unanswered-recall",),
    }
    return AgreementChangedV1(**values | changes)


def suspended(**changes):
    """The agreement of `agreed`, by the word of one operator."""
    values = {
        "distrust_id": UUID(int=1),
        "kind": "agreement-suspended",
        "state": "acting",
        "agreement_id": "th-kh",
        "agreement_version": 1,
        "since": later(0),
    }
    return DistrustMovedV1(**values | changes)


def sealed(told, cell="KH"):
    return EnvelopeSealedV1(
        case_id=told.case_id,
        item_id=uuid4(),
        item_class="disclosure",
        disclosure_id=told.disclosure_id,
        referral_id=told.referral_id,
        recipient_cell=cell,
        envelope_id=uuid4(),
        envelope_seq=1,
        sealed_at=later(0),
    )
