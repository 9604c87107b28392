"""Whoever has her case is told before a consent ends, once, and before a child for whom another spoke comes of age."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.events.intake import AgeGroupChangingV1
from services.consent.reminding import KIND
from services.notify.domain.notices import NOTICES, PRIORITIES
from tests.consent.making import GUARDED, age_known


async def _look(consent, after: timedelta = timedelta()) -> None:
    """The hourly look, as if this much time had passed."""
    service = consent.harness.service
    work = next(kind for kind in service.loops if hasattr(kind, "run_due"))
    remind = work._kinds[KIND]
    service.database.clock = lambda: datetime.now(UTC) + after
    async with service.database.transaction(service.database.system()) as tx:
        await remind.finish(tx, None, None)
    service.database.clock = lambda: datetime.now(UTC)


async def _told(consent):
    return [(e["consent_id"], e["revision"], e["reason"]) for e in await consent.said("consent.ending.v1")]


def _in(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def test_it_is_told_once_that_a_consent_ends_in_fourteen_days(consent):
    consent_id = await consent.give(valid_until=_in(90))
    await _look(consent, timedelta(days=75))
    assert await _told(consent) == []
    await _look(consent, timedelta(days=77))
    await _look(consent, timedelta(days=78))
    assert await _told(consent) == [(str(consent_id), 1, "expires")]


async def test_of_a_short_one_it_is_told_when_half_of_its_time_is_over(consent):
    consent_id = await consent.give(valid_until=_in(4))
    await _look(consent, timedelta(days=1))
    assert await _told(consent) == []
    await _look(consent, timedelta(days=2, hours=1))
    assert await _told(consent) == [(str(consent_id), 1, "expires")]


async def test_one_that_was_renewed_is_told_of_anew_and_one_that_she_took_back_never(consent):
    renewed, withdrawn = await consent.give(valid_until=_in(20)), await consent.give(valid_until=_in(20))
    await consent.withdraw(withdrawn)
    await _look(consent, timedelta(days=11))
    assert (await consent.renew(renewed, valid_until=_in(30))).is_success
    await _look(consent, timedelta(days=17))
    assert await _told(consent) == [(str(renewed), 1, "expires"), (str(renewed), 2, "expires")]


async def test_before_a_child_comes_of_age_it_is_told_of_what_another_gave_for_her(consent):
    own = await consent.give()
    await consent.harness.deliver(AgeGroupChangingV1(case_id=consent.case_id))
    assert await _told(consent) == []
    await consent.harness.deliver(age_known(consent.case_id, "child", "unknown"))
    given = await consent.give(**GUARDED)
    path = f"/v1/consents/{given}/confirm-guardian"
    seen = await consent.seen(given)
    confirmed = await consent.client.post(
        path, json={"not_involved": True}, headers={**consent.supervisor, **seen}
    )
    assert confirmed.is_success, confirmed.text
    await consent.harness.deliver(AgeGroupChangingV1(case_id=consent.case_id))
    assert await _told(consent) == [(str(given), 2, "comes-of-age")]
    assert own != given


async def test_on_her_birthday_nothing_more_is_sealed_until_she_was_asked_and_her_yes_renews_it(consent):
    await consent.harness.deliver(age_known(consent.case_id, "child", "unknown"))
    given = await consent.give(**GUARDED)
    await consent.client.post(
        f"/v1/consents/{given}/confirm-guardian",
        json={"not_involved": True},
        headers={**consent.supervisor, **await consent.seen(given)},
    )
    await consent.harness.deliver(age_known(consent.case_id))
    sent = await consent.send()
    refused = await consent.rows("select refusal from consent.disclosures where id = :id", id=sent)
    assert [row.refusal for row in refused] == ["came_of_age"]
    assert (await consent.renew(given)).is_success
    (record,) = await consent.rows("select state from consent.records where id = :id", id=UUID(str(given)))
    assert record.state == "renewed"


def test_the_words_of_the_notice_are_neutral_and_it_is_sent():
    assert NOTICES["consent.ending.v1"] == {"": "due"}
    assert "due" in PRIORITIES


MANDATORY = {
    "": ("schema_version", "record_id", "receipt_id", "pii_principal_id"),
    "pii_processing": (
        *("privacy_notice", "language", "purposes", "lawful_basis", "pii_information", "pii_controllers"),
        *("storage_locations", "retention_period", "jurisdiction", "withdrawal_method"),
    ),
    "pii": ("pii_type",),
    "party_identification": ("party_id", "party_address", "party_name", "party_contact", "party_type"),
    "event": ("event_time", "validity_duration", "entity_id", "event_type", "event_state"),
}
"""The mandatory fields of ISO/IEC TS 27560, as docs/consent.md has them."""


async def test_a_receipt_has_every_mandatory_field_of_the_standard(consent):
    given = await consent.give()
    answered = await consent.client.get(f"/v1/consents/{given}/receipt", headers=consent.worker)
    receipt = answered.json()["receipt"]
    missing = []
    for member, names in MANDATORY.items():
        part = receipt[member] if member else receipt
        for one in part if isinstance(part, list) else [part]:
            missing += [f"{member}.{name}" for name in names if not one.get(name)]
    assert missing == []
    assert receipt["pii"]
    assert len(receipt["party_identification"]) == 2
