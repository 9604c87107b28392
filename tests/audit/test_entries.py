"""Finding entries by what they are about, on a real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.events.access import AttemptRefusedV1, RecordReadV1
from contracts.events.intake import CaseReferencedV1
from contracts.events.referral import ReferralAcceptedV1
from contracts.examples import examples
from services.audit.domain.sought import Sought
from services.audit.search_queries import search
from tests.audit.test_api import authorised, given
from tests.harness import later

ENTRIES = 30_000
REFERENCE = examples("case.referenced.v1")[0].event.reference
FILL = """
insert into audit.entries (entry, time, event_id, source, type, stream, sequence, actor, organisation, purpose, policy,
    salt, commitment, details, previous, hash)
select i, timestamptz '2026-01-01 00:00Z' + i * interval '1 minute', gen_random_uuid(), '/th/intake',
    case when i % 50 = 0 then 'glass.broken.v1' when i % 3 = 0 then 'referral.sent.v1' else 'record.read.v1' end,
    md5((i % 4000)::text), 0, 'th.worker-' || i % 300, 'th-org-' || i % 40,
    case when i % 100 = 0 then 'audit' else 'case-management' end, 'p', '\\x00', '',
    case when i % 3 = 0 then jsonb_build_object('referral_id', md5((i % 6000)::text)::uuid) else '{}' end, '', ''
from generate_series(1, :entries) as i
"""


async def ask(audit, **query):
    return await audit.client.get("/v1/entries", params=query, headers=audit.as_("auditor"))


async def by_somebody(audit, event, actor, *, at=None, publisher=None, **attributes):
    meta, payload = audit.received(event, publisher=publisher)
    changed = {"actor": actor, "time": at or meta.time, **attributes}
    await audit.deliver_raw(meta.model_copy(update=changed), payload)


async def test_what_a_worker_read_in_a_week_is_found_over_all_cases_newest_first(audit):
    first, second, monday = uuid4(), uuid4(), datetime(2026, 11, 2, tzinfo=UTC)
    for case, day in ((first, 0), (second, 3), (first, 9)):
        read = RecordReadV1(case_id=case, resource="case-fields")
        await by_somebody(audit, read, "th.worker", at=monday + timedelta(days=day), publisher="intake")
    await by_somebody(audit, RecordReadV1(case_id=first, resource="case"), "th.other", publisher="intake")
    week = {"from": monday.isoformat(), "to": (monday + timedelta(days=7)).isoformat()}
    found = (await ask(audit, actor="th.worker", type="record.read.v1", **week)).json()["items"]
    assert [entry["stream"] for entry in found] == [str(second), str(first)]


async def test_pages_follow_one_another_without_a_double_or_a_hole(audit):
    for _ in range(5):
        await audit.deliver(given(uuid4()))
    pages, query = [], {"limit": 2}
    while True:
        page = (await ask(audit, **query)).json()
        pages += [entry["entry"] for entry in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert pages == [5, 4, 3, 2, 1]


async def test_both_halves_find_a_referral_by_the_identifier_that_both_know(audit):
    case, disclosure = uuid4(), uuid4()
    sent = authorised(case, disclosure)
    await audit.deliver(sent)
    accepted = {"half": "outgoing", "sender": sent.sender, "recipient": sent.recipient, "at": later(0)}
    await audit.deliver(ReferralAcceptedV1(case_id=case, referral_id=sent.referral_id, **accepted))
    await audit.deliver(authorised(uuid4(), uuid4()))
    found = (await ask(audit, about=sent.referral_id)).json()["items"]
    assert [entry["type"] for entry in found] == ["referral.accepted.v1", "disclosure.authorised.v1"]


async def test_a_case_is_found_by_the_reference_that_was_said_over_the_telephone(audit):
    case = uuid4()
    await audit.deliver(given(case))
    await audit.deliver(CaseReferencedV1(case_id=case, reference=REFERENCE))
    found = (await ask(audit, case_id=REFERENCE, type="consent.given.v1")).json()["items"]
    assert [entry["stream"] for entry in found] == [str(case)]
    account = await audit.client.get(f"/v1/trails/{REFERENCE}/account", headers=audit.as_("auditor"))
    assert account.json()["case_id"] == str(case)


async def test_a_reference_that_no_case_has_is_not_found(audit):
    answer = await ask(audit, case_id=REFERENCE)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    "query",
    [
        {"case_id": str(UUID(int=7))},
        {"actor": "th.nobody"},
        {"organisation": "th-unknown"},
        {"about": str(UUID(int=7))},
        {"type": "record.reed.v1"},
        {"actor": "test", "case_id": str(UUID(int=7))},
    ],
)
async def test_a_name_of_which_nothing_was_ever_logged_is_not_found_and_no_empty_list(audit, query):
    await audit.deliver(given(uuid4()))
    answer = await ask(audit, **query)
    assert (answer.status_code, answer.json()["code"], await audit.said()) == (404, "not-found", [])


@pytest.mark.parametrize(
    "query",
    [{"type": "glass.broken.v1"}, {"purpose": "medical-care"}, {"from": later(86_400).isoformat()}],
)
async def test_what_is_known_and_never_happened_is_an_empty_list(audit, query):
    await audit.deliver(given(uuid4()))
    answer = await ask(audit, **query)
    assert (answer.status_code, answer.json()["items"]) == (200, [])


@pytest.mark.parametrize(
    "query",
    [
        {"name": "x"},
        {"purpose": "removal"},
        {"actor": "a b"},
        {"from": later(60).isoformat(), "to": later(0).isoformat()},
        {"from": "2026-11-02T00:00:00"},
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused(audit, query):
    answer = await ask(audit, **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_search_is_an_entry_with_all_that_was_asked(audit):
    await audit.deliver(given(uuid4()))
    await ask(audit, actor="test", type="consent.given.v1", purpose="case-management")
    [(kind, body)] = await audit.said()
    asked = {name: value for name, value in body.items() if value is not None}
    assert (kind, asked) == (
        "log.read.v1",
        {
            "view": "entries",
            "sought_actor": "test",
            "sought_type": "consent.given.v1",
            "sought_purpose": "case-management",
        },
    )


async def test_a_search_for_a_case_stands_on_the_trail_of_that_case_too(audit):
    case = uuid4()
    await audit.deliver(given(case))
    await ask(audit, case_id=case)
    assert [kind for kind, _ in await audit.said()] == ["log.read.v1", "record.read.v1"]


async def test_who_tried_to_open_what_is_not_theirs_is_found_by_the_event(audit):
    case = uuid4()
    await by_somebody(
        audit, AttemptRefusedV1(case_id=case, action="case.read"), "th.curious", publisher="intake"
    )
    found = (await ask(audit, type="attempt.refused.v1")).json()["items"]
    assert [(entry["actor"], entry["stream"]) for entry in found] == [("th.curious", str(case))]


PARTS = {
    "case_id": UUID("cfcd208495d565ef66e7dff9f98764da"),
    "actor": "th.worker-7",
    "organisation": "th-org-7",
    "purpose": "audit",
    "type": "glass.broken.v1",
    "about": UUID("cfcd208495d565ef66e7dff9f98764da"),
    "since": datetime(2026, 1, 15, tzinfo=UTC),
}
SEARCHES = [which for count in (0, 1, 2) for which in combinations(PARTS, count)]


async def test_no_search_reads_the_whole_log(audit):
    """By PostgreSQL's own plan, for every part and every two of them."""
    async with audit.service.database.engine.begin() as conn:
        await conn.execute(text(FILL), {"entries": ENTRIES})
    async with audit.service.database.engine.connect() as conn:
        await (await conn.execution_options(isolation_level="AUTOCOMMIT")).execute(
            text("analyze audit.entries")
        )
    whole = []
    async with audit.service.database.engine.begin() as conn:
        for which in SEARCHES:
            before = (datetime(2026, 1, 20, tzinfo=UTC), 20_000)
            statement, parameters = search(Sought(**{name: PARTS[name] for name in which}), before, 50)
            plan = "\n".join(row[0] for row in await conn.execute(text(f"explain {statement}"), parameters))
            whole += [(which, plan)] if "Seq Scan" in plan else []
    assert whole == []
