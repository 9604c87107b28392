"""Consents heard of: written as a set, the later revision over the earlier one, and never read for an event."""

from collections.abc import Sequence
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import text

from chassis.database import Transaction
from services.referral.domain.consent import HeardConsent

_SAVE = text(
    """
    insert into referral.consents as c (consent_id, case_id, revision, purposes, recipients, valid_until)
    select * from unnest(cast(:ids as uuid[]), cast(:cases as uuid[]), cast(:revisions as integer[]),
                         cast(:purposes as jsonb[]), cast(:recipients as jsonb[]), cast(:until as timestamptz[]))
    on conflict (consent_id) do update set case_id = excluded.case_id, revision = excluded.revision,
        purposes = excluded.purposes, recipients = excluded.recipients, valid_until = excluded.valid_until
    where c.revision < excluded.revision
    """
)


async def load(_tx: Transaction, consent_ids: Sequence[UUID]) -> dict[UUID, HeardConsent]:
    """Working sets with nothing in them: the statement that saves compares the revisions itself."""
    return {consent_id: HeardConsent(consent_id) for consent_id in consent_ids}


async def save(tx: Transaction, heard: Sequence[HeardConsent]) -> None:
    consents = [one.latest for one in heard if one.latest is not None]
    await tx.execute(
        _SAVE,
        {
            "ids": [c.id for c in consents],
            "cases": [c.case_id for c in consents],
            "revisions": [c.revision for c in consents],
            "purposes": [to_json(c.purposes).decode() for c in consents],
            "recipients": [to_json(c.recipients).decode() for c in consents],
            "until": [c.valid_until for c in consents],
        },
    )
