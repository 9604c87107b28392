"""The log over HTTP and through the consumer, on a real PostgreSQL."""

from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from contracts.events.access import RecordReadV1
from contracts.events.consent import ConsentGivenV1, DisclosureAuthorisedV1
from contracts.events.intake import FieldsRecordedV1
from contracts.events.operations import OperationPerformedV1
from tests.harness import later

HASH = "ab" * 32


def given(case):
    return ConsentGivenV1(
        case_id=case,
        consent_id=uuid4(),
        revision=1,
        revision_hash=HASH,
        purposes=("referral-assistance",),
        recipients=("kh-reintegration-agency",),
        categories=("identity",),
        back_categories=("outcome",),
        valid_until=later(3600),
    )


def authorised(case, disclosure):
    return DisclosureAuthorisedV1(
        case_id=case,
        disclosure_id=disclosure,
        referral_id=uuid4(),
        consent_id=uuid4(),
        revision=1,
        revision_hash=HASH,
        purpose="referral-assistance",
        sender="th-care-agency",
        recipient="kh-reintegration-agency",
        recipient_cell="KH",
        service="shelter",
        urgency="routine",
        agreement_id="th-kh",
        agreement_version=1,
        agreement_sha256=HASH,
        fields=("cor_FullName",),
        fields_hash=HASH,
        withheld=(),
        back_categories=(),
        valid_until=later(3600),
    )


async def rewrite(audit, postgres, change):
    """As the administrator of the server could, past the trigger."""
    admin = make_url(postgres.admin_dsn).set(database=audit.service.database.engine.url.database)
    connection = await asyncpg.connect(admin.render_as_string(hide_password=False))
    try:
        await connection.execute("set session_replication_role = replica")
        await connection.execute(f"update audit.entries set {change}")
    finally:
        await connection.close()


async def verification(audit):
    """One of the log as it is, computed to its end."""
    begun = await audit.client.post("/v1/chain/verifications", headers=audit.as_("auditor"))
    assert begun.status_code == 201
    while await audit.work():
        pass
    path = f"/v1/chain/verifications/{begun.json()['id']}"
    return (await audit.client.get(path, headers=audit.as_("auditor"))).json()


async def test_a_trail_lists_what_was_said_on_the_case_and_nothing_else(audit):
    case = uuid4()
    await audit.deliver(given(case))
    await audit.deliver(given(uuid4()))
    answer = await audit.client.get(f"/v1/trails/{case}", headers=audit.as_("auditor"))
    assert [entry["type"] for entry in answer.json()["items"]] == ["consent.given.v1"]


async def test_a_changed_birth_date_shows_in_the_trail_with_the_name_of_the_field(audit):
    case = uuid4()
    await audit.deliver(FieldsRecordedV1(case_id=case, revision=2, fields=("prs_Birthdate",)))
    answer = await audit.client.get(f"/v1/trails/{case}", headers=audit.as_("auditor"))
    assert [(entry["type"], entry["details"]["fields"]) for entry in answer.json()["items"]] == [
        ("fields.recorded.v1", ["prs_Birthdate"])
    ]


async def test_an_authorised_disclosure_is_answered_with_its_entry_and_the_chain_head(audit):
    case, disclosure = uuid4(), uuid4()
    await audit.deliver(given(case))
    await audit.deliver(authorised(case, disclosure))
    head = (await audit.client.get("/v1/chain", headers=audit.as_("auditor"))).json()
    assert (await audit.said())[0] == (
        "disclosure.logged.v1",
        {"case_id": str(case), "disclosure_id": str(disclosure), "entry": 2, "chain_head": head["head"]},
    )


async def test_reading_a_trail_is_itself_said(audit):
    case = uuid4()
    await audit.deliver(given(case))
    await audit.client.get(f"/v1/trails/{case}", headers=audit.as_("auditor"))
    assert [kind for kind, _ in await audit.said()] == ["record.read.v1"]


async def test_a_wrong_identifier_is_not_found_and_no_empty_trail(audit):
    answer = await audit.client.get(f"/v1/trails/{uuid4()}", headers=audit.as_("auditor"))
    assert (answer.status_code, answer.json()["code"], await audit.said()) == (404, "not-found", [])


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ({"type": "fields.recorded.v1"}, ["fields.recorded.v1"]),
        ({"actor": "test"}, ["consent.given.v1", "fields.recorded.v1"]),
        ({"type": "glass.broken.v1"}, []),
        ({"from": later(3600).isoformat()}, []),
        ({"to": later(3600).isoformat()}, ["consent.given.v1", "fields.recorded.v1"]),
        ({"to": later(-3600).isoformat()}, []),
    ],
)
async def test_a_trail_is_narrowed_by_what_was_asked(audit, query, types):
    case = uuid4()
    await audit.deliver(given(case))
    await audit.deliver(FieldsRecordedV1(case_id=case, revision=2, fields=("prs_Birthdate",)))
    answer = await audit.client.get(f"/v1/trails/{case}", params=query, headers=audit.as_("auditor"))
    assert [entry["type"] for entry in answer.json()["items"]] == types


@pytest.mark.parametrize("query", [{"actor": "th.wroker"}, {"type": "record.reed.v1"}])
async def test_a_trail_is_not_empty_for_a_name_of_which_nothing_was_ever_logged_but_not_found(audit, query):
    """Empty, it would say that this person never looked at her case."""
    case = uuid4()
    await audit.deliver(given(case))
    answer = await audit.client.get(f"/v1/trails/{case}", params=query, headers=audit.as_("auditor"))
    assert (answer.status_code, answer.json()["code"], await audit.said()) == (404, "not-found", [])


async def test_what_an_operator_did_is_on_the_trail_of_its_case_and_listed_for_an_auditor(audit):
    case, who = uuid4(), audit.as_("auditor")
    given_up = {
        "operation": "discard_event",
        "operation_reason": "superseded",
        "stream": str(case),
        "position": 3,
    }
    await audit.deliver(OperationPerformedV1(**given_up), publisher="consent")
    await audit.deliver(given(case))
    moved = {
        "operation": "move_offset",
        "operation_reason": "data_gone",
        "topic": "consent.events",
        "moved_to": 9,
    }
    await audit.deliver(OperationPerformedV1(**moved), publisher="intake")
    trail = (await audit.client.get(f"/v1/trails/{case}", headers=who)).json()["items"]
    assert [entry["type"] for entry in trail] == ["operation.performed.v1", "consent.given.v1"]
    first = (await audit.client.get("/v1/operations?limit=1", headers=who)).json()
    second = (await audit.client.get(f"/v1/operations?after={first['next']}", headers=who)).json()
    listed = [*first["items"], *second["items"]]
    assert [entry["details"]["operation"] for entry in listed] == ["move_offset", "discard_event"]
    assert [entry["source"] for entry in listed] == ["/th/intake", "/th/consent"]


async def test_an_access_record_that_comes_twice_is_logged_once(audit):
    meta, payload = audit.received(RecordReadV1(case_id=uuid4(), resource="fields"), publisher="intake")
    await audit.deliver_raw(meta, payload)
    await audit.deliver_raw(meta, payload)
    head = (await audit.client.get("/v1/chain", headers=audit.as_("auditor"))).json()
    assert head["entries"] == 1


async def test_records_of_two_services_under_one_identifier_are_both_logged(audit):
    first, payload = audit.received(RecordReadV1(case_id=uuid4(), resource="fields"), publisher="intake")
    for meta in (first, first.model_copy(update={"source": "/th/consent"}), first):
        await audit.deliver_raw(meta, payload)
    head = (await audit.client.get("/v1/chain", headers=audit.as_("auditor"))).json()
    assert head["entries"] == 2


async def test_nobody_rewrites_the_log_not_even_the_service_itself(audit):
    await audit.deliver(given(uuid4()))
    for statement in ("update audit.entries set actor = 'x'", "delete from audit.entries"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with audit.service.database.engine.begin() as conn:
                await conn.execute(text(statement))


async def test_pages_of_a_trail_follow_one_another(audit):
    case = uuid4()
    for _ in range(5):
        await audit.deliver(given(case))
    who = audit.as_("auditor")
    first = (await audit.client.get(f"/v1/trails/{case}?limit=3", headers=who)).json()
    second = (await audit.client.get(f"/v1/trails/{case}?limit=3&after={first['next']}", headers=who)).json()
    assert [e["entry"] for e in first["items"] + second["items"]] == [1, 2, 3, 4, 5]


async def test_details_that_were_changed_behind_the_logs_back_are_found(audit, postgres):
    for _ in range(3):
        await audit.deliver(given(uuid4()))
    await rewrite(audit, postgres, "details = jsonb_set(details, '{revision}', '9') where entry = 2")
    found = await verification(audit)
    assert (found["state"], found["first_broken"]) == ("broken", 2)


@pytest.mark.parametrize("role", ["case_worker", "supervisor", "screening_officer", "operator"])
async def test_only_an_auditor_reads_a_trail(audit, role):
    answer = await audit.client.get(f"/v1/trails/{uuid4()}", headers=audit.as_(role))
    assert answer.status_code == 403


async def test_a_made_up_page_position_is_refused(audit):
    case = uuid4()
    await audit.deliver(given(case))
    answer = await audit.client.get(f"/v1/trails/{case}?after=eA", headers=audit.as_("auditor"))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
