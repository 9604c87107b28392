"""Giving, refusing, renewing and ending consent over HTTP, on a real PostgreSQL."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from joserfc import jws
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.web.http import cursor
from tests.consent.making import SENDER, agreed, answer

NAME = "Sok Channary Canary"
BETRAYING = ("traffick", "exploit", "victim", "forced", "sexual", "slavery", "abuse", "servitude")


async def view(consent, consent_id):
    return await consent.client.get(f"/v1/consents/{consent_id}", headers=consent.worker)


async def test_a_given_consent_is_kept_whole_and_said(consent):
    consent_id = await consent.give()
    answered = await view(consent, consent_id)
    body = answered.json()
    assert answered.headers["ETag"] == '"1"'
    assert (body["state"], body["revision"], body["intact"]) == ("given", 1, True)
    assert body["terms"]["recipients"] == [{"organisation": "kh-reintegration-agency", "country": "KH"}]
    (said,) = await consent.said("consent.given.v1")
    assert said["consent_id"] == str(consent_id)
    assert said["revision_hash"] == body["revisions"][0]["hash"]


async def test_a_refusal_is_kept_and_permits_nothing(consent):
    path = f"/v1/cases/{consent.case_id}/consents"
    answered = await consent.client.post(path, json=answer("refused"), headers=consent.worker)
    assert answered.status_code == 201
    assert answered.headers["Location"] == f"/v1/consents/{answered.json()['id']}"
    assert len(await consent.said("consent.refused.v1")) == 1
    await consent.send()
    (refused,) = await consent.said("disclosure.refused.v1")
    assert refused["reason"] == "consent_refused"


async def test_the_same_command_under_one_key_makes_one_record(consent):
    headers = {**consent.worker, "Idempotency-Key": "give-once-0001"}
    path, body = f"/v1/cases/{consent.case_id}/consents", answer(method="spoken-before-witness", witness=NAME)
    first = await consent.client.post(path, json=body, headers=headers)
    again = await consent.client.post(path, json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(await consent.rows("select 1 from consent.records")) == 1


async def test_names_are_kept_under_her_key_and_are_nowhere_else(consent):
    consent_id = await consent.give(
        method="spoken-before-witness", witness=NAME, interpreter=NAME, interpreter_undertaking=True
    )
    (row,) = await consent.rows("select id, sealed from consent.records")
    assert sorted(row.sealed) == ["interpreter", "witness"]
    vault = consent.harness.service.vault
    opened = await vault.open(consent.person_id, "consent.witness", consent_id, row.sealed["witness"])
    assert opened == NAME
    kept = await consent.rows(
        "select t::text as whole from consent.records t union all select t::text from consent.revisions t"
        " union all select convert_from(payload, 'UTF8') from chassis.outbox"
    )
    assert not [r for r in kept if "Canary" in r.whole]
    assert "Canary" not in (await view(consent, consent_id)).text


NO_CONSENT = [
    ({"purposes": ["enforcement"]}, ["body", "purposes", 0]),
    ({"purposes": ["audit"]}, ["body", "purposes", 0]),  # a code of the list, and nobody's to give
    ({"categories": []}, ["body", "categories"]),
    ({"recipients": [{"organisation": "kh-agency", "country": "TH"}]}, ["body", "recipients", 0]),
    (
        {"recipients": [{"organisation": "kh-agency", "country": "QQ"}]},
        ["body", "recipients", 0, "country"],
    ),
    ({"language": "khmer"}, ["body", "language"]),
    ({"valid_until": "2026-02-30T00:00:00Z"}, ["body", "valid_until"]),
    ({"valid_until": "2027-01-01T00:00:00"}, ["body", "valid_until"]),
    ({"valid_until": "2020-01-01T00:00:00Z"}, ["body", "valid_until"]),
    ({"valid_until": "2999-01-01T00:00:00Z"}, ["body", "valid_until"]),
    ({"decision": "refused", "valid_until": "9999-12-31T23:59:59-12:00"}, ["body", "valid_until"]),
    ({"risks_explained": False}, ["body", "risks_explained"]),
    ({"method": "spoken-before-witness"}, ["body", "witness"]),
    ({"interpreter": NAME}, ["body", "interpreter_undertaking"]),
    ({"capacity": "guardian", "guardian": NAME}, ["body", "capacity"]),
    ({"override": True}, ["body", "*"]),
    ({"decision": "maybe"}, ["body", "decision"]),
]


async def test_what_is_no_consent_is_refused_with_its_place_and_nothing_is_kept(consent):
    path = f"/v1/cases/{consent.case_id}/consents"
    for changes, where in NO_CONSENT:
        answered = await consent.client.post(path, json={**answer(), **changes}, headers=consent.worker)
        assert answered.status_code == 422, changes
        assert where in [error["loc"] for error in answered.json()["errors"]], (changes, answered.text)
        assert "Canary" not in answered.text
    assert await consent.rows("select 1 from consent.records") == []
    assert await consent.said("consent.given.v1") == []


async def test_a_renewal_adds_a_revision_and_is_said(consent):
    consent_id = await consent.give()
    assert (await consent.renew(consent_id, categories=["identity"])).json()["version"] == 2
    body = (await view(consent, consent_id)).json()
    assert [r["state"] for r in body["revisions"]] == ["given", "renewed"]
    assert [r["terms"]["categories"] for r in body["revisions"]] == [
        ["contact", "identity", "needs"],
        ["identity"],
    ]
    assert body["revisions"][1]["previous"] == body["revisions"][0]["hash"]
    assert [e["revision"] for e in await consent.said("consent.given.v1")] == [1, 2]


async def test_a_renewal_over_a_version_that_is_past_is_refused(consent):
    consent_id = await consent.give()
    await consent.renew(consent_id)
    answered = await consent.client.post(
        f"/v1/consents/{consent_id}/renew", json=agreed(), headers={**consent.worker, "If-Match": '"1"'}
    )
    assert answered.status_code == 412
    assert (await view(consent, consent_id)).json()["revision"] == 2


async def test_a_withdrawal_needs_no_body_and_no_version_and_may_be_asked_twice(consent):
    consent_id = await consent.give()
    headers = {**consent.worker, "If-Match": '"99"'}
    first = await consent.client.post(f"/v1/consents/{consent_id}/withdraw", headers=headers)
    again = await consent.withdraw(consent_id)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert len(await consent.said("consent.withdrawn.v1")) == 1


async def test_what_was_withdrawn_is_not_renewed(consent):
    consent_id = await consent.give()
    await consent.withdraw(consent_id)
    answered = await consent.renew(consent_id)
    assert (answered.status_code, answered.json()["code"]) == (409, "wrong-state")
    assert await consent.said("consent.given.v1") != []


async def test_only_a_supervisor_ends_a_consent_over_her_head(consent):
    consent_id = await consent.give()
    path = f"/v1/consents/{consent_id}/revoke"
    assert (await consent.client.post(path, headers=consent.worker)).status_code == 404
    assert (await view(consent, consent_id)).json()["state"] == "given"
    assert (await consent.client.post(path, headers=consent.supervisor)).status_code == 200
    assert (await view(consent, consent_id)).json()["state"] == "revoked"
    assert len(await consent.said("consent.revoked.v1")) == 1


async def test_her_case_is_not_found_by_another_organisation_nor_by_one_who_is_not_assigned(consent):
    consent_id = await consent.give()
    await consent.harness.grant_access(consent.case_id, SENDER, ("th.somebody",))
    stranger = consent.harness.as_("case_worker", org="th-other-agency")
    for headers in (stranger, consent.worker):
        for method, path in (
            ("get", f"/v1/consents/{consent_id}"),
            ("get", f"/v1/consents/{consent_id}/receipt"),
            ("get", f"/v1/cases/{consent.case_id}/consents"),
            ("get", f"/v1/cases/{consent.case_id}/ledger"),
            ("get", f"/v1/cases/{consent.case_id}/grants"),
            ("post", f"/v1/consents/{consent_id}/withdraw"),
        ):
            assert (await consent.client.request(method, path, headers=headers)).status_code == 404
        for path, body in (
            (f"/v1/cases/{consent.case_id}/consents", answer(method="spoken-before-witness", witness=NAME)),
            (f"/v1/consents/{consent_id}/renew", agreed()),
        ):
            refused = await consent.client.post(path, json=body, headers={**headers, "If-Match": "*"})
            assert refused.status_code == 404
    assert (await consent.rows("select state from consent.records"))[0].state == "given"


async def test_records_of_a_case_come_in_pages_oldest_first(consent):
    made = [str(await consent.give()) for _ in range(5)]
    path, seen = f"/v1/cases/{consent.case_id}/consents?limit=2", []
    after = ""
    while after is not None:
        page = (await consent.client.get(path + after, headers=consent.worker)).json()
        seen += [item["id"] for item in page["items"]]
        after = None if page["next"] is None else f"&after={page['next']}"
    assert seen == made


@pytest.mark.parametrize("what", ["consents", "ledger", "grants"])
async def test_a_position_that_is_none_is_refused(consent, what):
    naive = cursor("2026-01-01T00:00:00", uuid4())
    for after in ("!!", cursor("xyz"), cursor("9" * 30), cursor("-1"), cursor("a", "b", "c"), naive):
        path = f"/v1/cases/{consent.case_id}/{what}?after={after}"
        assert (await consent.client.get(path, headers=consent.worker)).status_code == 422, after


async def test_a_changed_revision_or_record_is_shown_as_not_intact(consent):
    consent_id = await consent.give()
    await consent.renew(consent_id)
    for statement in (
        "update consent.revisions set body = jsonb_set(body, '{state}', '\"refused\"') where number = 1",
        "update consent.revisions set hash = repeat('0', 64) where number = 2",
        "update consent.records set state = 'given'",
        "update consent.records set terms = jsonb_set(terms, '{purposes}', '[\"legal-aid\"]')",
        "delete from consent.revisions where number = 2",
    ):
        assert (await view(consent, consent_id)).json()["intact"] is True
        undo = await tamper(consent, statement)
        assert (await view(consent, consent_id)).json()["intact"] is False
        await undo()


async def tamper(consent, statement):
    """As somebody who owns the database would; the answer puts everything back."""
    before = [
        ("records", await consent.rows("select to_jsonb(t) as row from consent.records t")),
        ("revisions", await consent.rows("select to_jsonb(t) as row from consent.revisions t")),
    ]
    await as_intruder(consent, statement)

    async def undo():
        await as_intruder(consent, "delete from consent.revisions", "delete from consent.records")
        for table, rows in before:
            for row in rows:
                await as_intruder(
                    consent,
                    f"insert into consent.{table} select * from jsonb_populate_record(null::consent.{table}, :row)",
                    row=json.dumps(row.row),
                )

    return undo


async def as_intruder(consent, *statements, **parameters):
    async with consent.intruder.begin() as conn:
        await conn.execute(text("set local session_replication_role = replica"))
        for statement in statements:
            await conn.execute(text(statement.replace(":row", "cast(:row as jsonb)")), parameters)


@pytest.mark.parametrize("table", ["revisions", "ledger"])
@pytest.mark.parametrize("verb", ["update consent.{} set {} = {}", "delete from consent.{}"])
async def test_the_service_itself_cannot_change_what_it_has_written(consent, table, verb):
    await consent.give()
    await consent.send()
    column = {"revisions": "number", "ledger": "revision"}[table]
    with pytest.raises(DBAPIError, match="append-only"):
        async with consent.harness.service.database.engine.begin() as conn:
            await conn.execute(text(verb.format(table, column, column)))


async def test_a_receipt_has_the_fields_of_the_standard_is_signed_and_betrays_nothing(consent):
    consent_id = await consent.give(
        categories=["identity", "exploitation", "formal-status"], purposes=["protection"]
    )
    answered = await consent.client.get(f"/v1/consents/{consent_id}/receipt", headers=consent.worker)
    receipt = answered.json()["receipt"]
    assert receipt["schema_version"] == "ISO/IEC TS 27560:2023"
    assert receipt["record_id"] == str(consent_id)
    assert {"privacy_notice", "language", "purposes", "lawful_basis", "withdrawal_method"} <= set(
        receipt["pii_processing"]
    )
    assert receipt["event"]["event_state"] == "Consent given"
    assert [word for word in BETRAYING if word in json.dumps(receipt).lower()] == []
    key = consent.harness.keys.services["consent"]
    signed = jws.deserialize_compact(answered.json()["jws"], key, algorithms=["Ed25519"])
    assert json.loads(signed.payload) == receipt
    assert signed.protected["typ"] == "corridor-receipt+jws"


async def test_reading_is_logged_with_who_and_what(consent):
    consent_id = await consent.give()
    await view(consent, consent_id)
    await consent.client.get(f"/v1/cases/{consent.case_id}/ledger", headers=consent.worker)
    reads = await consent.said("record.read.v1")
    assert [(r["resource"], r["resource_id"]) for r in reads] == [
        ("consent", str(consent_id)),
        ("ledger", None),
    ]


async def test_a_consent_ends_with_its_validity_by_the_clock(consent):
    ends = datetime.now(UTC) + timedelta(seconds=2)
    consent_id = await consent.give(valid_until=ends.isoformat())
    disclosure_id = await consent.send()
    await consent.harness.work(hasten=True)
    assert (await view(consent, consent_id)).json()["state"] == "given"
    await until(consent, ends)
    await consent.harness.work(hasten=True)
    assert (await view(consent, consent_id)).json()["state"] == "expired"
    assert await consent.steps(disclosure_id) == ["authorised", "recalled"]
    (recalled,) = await consent.said("disclosure.recalled.v1")
    assert recalled["reason"] == "expired"
    assert len(await consent.said("consent.expired.v1")) == 1
    assert [row.kind for row in await consent.rows("select kind from chassis.work")] == ["fence"]


async def test_a_renewed_consent_does_not_end_at_the_date_before(consent):
    ends = datetime.now(UTC) + timedelta(seconds=3)
    consent_id = await consent.give(valid_until=ends.isoformat())
    await consent.renew(consent_id)
    await until(consent, ends)
    await consent.harness.work()
    assert (await view(consent, consent_id)).json()["state"] == "renewed"
    assert len(await consent.rows("select 1 from chassis.work where kind = 'expire'")) == 1


async def until(consent, instant):
    await consent.rows(
        "select pg_sleep(extract(epoch from cast(:at as timestamptz) - clock_timestamp()) + 0.01)", at=instant
    )


async def test_a_record_that_is_not_there_is_not_found(consent):
    assert (await view(consent, uuid4())).status_code == 404
    assert (await consent.withdraw(uuid4())).status_code == 404
