"""The consents heard of: written as a set, the later revision over the earlier one, and never read for an event."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Transaction
from chassis.tables import upsert_set
from services.referral.domain.consent import Consent, HeardConsent
from services.referral.store.tables import CONSENTS

_SAVE = upsert_set(CONSENTS, where="t.revision < excluded.revision")


async def load(_tx: Transaction, consent_ids: Sequence[UUID]) -> dict[UUID, HeardConsent]:
    """Working sets with nothing in them: the statement that saves compares the revisions itself."""
    return {consent_id: HeardConsent(consent_id) for consent_id in consent_ids}


async def save(tx: Transaction, heard: Sequence[HeardConsent]) -> None:
    consents = [one.latest for one in heard if one.latest is not None]
    await _SAVE.write(tx, [_row(consent) for consent in consents])


def _row(consent: Consent) -> dict[str, object]:
    return {
        "consent_id": consent.id,
        "case_id": consent.case_id,
        "revision": consent.revision,
        "purposes": consent.purposes,
        "recipients": consent.recipients,
        "valid_until": consent.valid_until,
    }
