"""A partner with valid keys and bad intent: its envelopes make no work without end, stop no border, and readiness says it."""

import asyncio
import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from chassis.work import WorkRunner
from contracts.border.addressing import unveiled
from contracts.border.items import ControlItem, Item, Presence, Resend, Void
from deploy.local.trust import TrustFiles, make_trust
from services.exchange.app import AT_ONCE
from services.exchange.receiver import TRIES
from services.exchange.settings import Settings
from services.exchange.store import inbox
from services.exchange.watch import BacklogWatch, TrustWatch
from tests.exchange.test_refusals import quarantined, received, sealed, the_item
from tests.exchange.two_cells import Cell
from tests.exchange.world import RECIPIENT, SENDER, Case, now, rows

CLINIC = "kh-health-agency"

ASKED = "chassis.work where kind = 'control'"
"""What the cell asks its partner for, and answers it."""


def control(content: Any) -> Item:
    return ControlItem(uuid4(), content)


async def count(cell: Cell, table: str) -> int:
    return len(await rows(cell.harness, f"select 1 from {table}"))


async def presence(partner: Cell, cell: Cell, heads: dict[str, int]) -> None:
    item = control(Presence({}, heads))
    raw = partner.seal([item], f"{cell.name.lower()}-exchange", seq=0)
    await cell.take(partner.name, [raw])


async def test_a_presence_with_a_hundred_invented_names_makes_no_gap_and_no_work(th: Cell, kh: Cell) -> None:
    names = [f"th-invented-{n}" for n in range(100)]
    for head in (1_000, 2_000):
        await presence(kh, th, dict.fromkeys(names, head))
    assert await count(th, "exchange.gaps") == 0
    assert await count(th, ASKED) == 0
    assert await count(th, "exchange.incoming_chains") == 0


async def test_a_head_that_jumps_too_far_is_not_believed(th: Cell, kh: Cell) -> None:
    for head in (50_000, 90_000):
        await presence(kh, th, {SENDER: head})
    assert await count(th, "exchange.gaps") == 0


async def test_the_missing_numbers_of_a_chain_are_bounded_and_asked_for_in_runs(th: Cell, kh: Cell) -> None:
    for head in (1_000, 2_000, 2_900, 3_800):
        await presence(kh, th, {SENDER: head})
    assert await count(th, "exchange.gaps") == 1_000
    assert await count(th, ASKED) == 100


async def test_of_many_signs_of_life_the_newest_alone_is_applied(th: Cell, kh: Cell) -> None:
    raws = [
        kh.seal(
            [control(Presence({}, {SENDER: n}))], "th-exchange", seq=0, iat=int(now().timestamp()) - 50 + n
        )
        for n in range(40)
    ]
    await th.store("KH", raws)
    assert await th.apply("KH") == 40
    found = await rows(th.harness, "select announced from exchange.incoming_chains")
    assert [row.announced for row in found] == [39]
    assert await count(th, "exchange.inbox") == 0


async def test_a_void_for_an_invented_name_leaves_nothing(th: Cell, kh: Cell) -> None:
    voids = [control(Void(f"th-invented-{n}", 1)) for n in range(10)]
    await th.take("KH", [kh.seal(voids, "th-exchange")])
    assert [
        row.recipient for row in await rows(th.harness, "select recipient from exchange.incoming_chains")
    ] == ["th-exchange"]


async def test_an_envelope_with_many_control_items_is_refused_whole(th: Cell, kh: Cell) -> None:
    asked = [control(Resend(recipient=RECIPIENT, seq=n)) for n in range(1, 12)]
    await th.take("KH", [kh.seal(asked, "th-exchange")])
    assert await quarantined(th) == ["invalid_value"]


async def test_a_request_for_a_great_many_numbers_is_answered_for_ten(th: Cell, kh: Cell) -> None:
    for _ in range(15):
        await sealed(th, kh)
    await th.take("KH", [kh.seal([control(Resend(recipient=RECIPIENT, seq=1, until=2**40))], "th-exchange")])
    due = await rows(th.harness, "select 1 from chassis.work where kind = 'seal' and priority = 3")
    assert len(due) == 10


async def test_a_number_that_was_passed_over_is_void_and_one_that_was_never_given_out_is_not_answered(
    th: Cell, kh: Cell
) -> None:
    """After a restore the chain goes on further ahead: what stood between, nobody here knows."""
    await sealed(th, kh)
    async with th.harness.service.database.engine.begin() as conn:
        await conn.execute(
            text("update exchange.outgoing_chains set seq = 6 where recipient = :r"), {"r": RECIPIENT}
        )
    await th.take("KH", [kh.seal([control(Resend(recipient=RECIPIENT, seq=3, until=9))], "th-exchange")])
    due = await rows(
        th.harness, "select payload->'content' as content from chassis.work where kind = 'control'"
    )
    voids = [row.content["seq"] for row in due if row.content.get("recipient") == RECIPIENT]
    assert sorted(voids) == [3, 4, 5, 6]


async def test_nothing_is_sealed_again_without_end_however_often_it_is_asked_for(th: Cell, kh: Cell) -> None:
    """A disclosure, a process code and a control item, each asked for twenty times."""
    _, raw = await sealed(th, kh)
    await kh.take("TH", [raw])
    await kh.work()
    receipts = await kh.leaving(th)
    for seq in range(1, 21):
        await kh.take(
            "TH", [th.seal([control(Resend(recipient="th-exchange", seq=1))], "kh-exchange", seq=seq)]
        )
        await th.take("KH", [kh.seal([control(Resend(recipient=RECIPIENT, seq=1))], "th-exchange", seq=seq)])
        await kh.work()
        await th.work()
    assert len(receipts) == 1
    sent = "select count(*) as n from exchange.envelope_items group by item_id order by n desc limit 1"
    assert [row.n for row in await rows(kh.harness, sent)] == [6]
    assert [row.n for row in await rows(th.harness, sent)] == [6]


@pytest.mark.parametrize("seq", [2**63, 2**63 - 1, 2**53, 10**400, -1])
async def test_a_number_beyond_all_bounds_is_refused_and_the_next_envelope_is_taken(
    th: Cell, kh: Cell, seq: int
) -> None:
    case, raw = await sealed(th, kh)
    item = the_item(th, kh, raw)
    bad = th.seal([replace(item, id=uuid4())], RECIPIENT, SENDER, seq=seq)
    await kh.take("TH", [bad, raw])
    assert await quarantined(kh) == ["invalid_value"]
    assert await received(kh) == [str(case.disclosure_id)]
    assert await count(kh, "exchange.inbox") == 0


async def test_a_number_that_is_too_far_ahead_is_refused_and_holds_up_nobody(th: Cell, kh: Cell) -> None:
    case, raw = await sealed(th, kh)
    bad = th.seal([replace(the_item(th, kh, raw), id=uuid4())], RECIPIENT, SENDER, seq=2**52)
    await kh.take("TH", [bad, raw])
    assert await quarantined(kh) == ["out_of_sequence"]
    assert await received(kh) == [str(case.disclosure_id)]
    assert await count(kh, "exchange.gaps") == 0


async def test_an_envelope_that_comes_late_is_taken_in_its_place(th: Cell, kh: Cell) -> None:
    cases, raws = zip(*[await sealed(th, kh) for _ in range(3)], strict=True)
    first, late, last = raws
    await kh.take("TH", [first, last])
    assert [row.seq for row in await rows(kh.harness, "select seq from exchange.gaps")] == [2]
    await kh.take("TH", [late])
    assert await received(kh) == [str(case.disclosure_id) for case in (cases[0], cases[2], cases[1])]
    assert (await count(kh, "exchange.gaps"), await quarantined(kh)) == (0, [])


async def test_two_processes_that_apply_one_record_at_once_take_it_once_and_refuse_nothing(
    th: Cell, kh: Cell
) -> None:
    case, raw = await sealed(th, kh)
    await kh.store("TH", [raw])
    await asyncio.gather(kh.apply("TH"), kh.apply("TH"), return_exceptions=True)
    await kh.apply("TH")
    assert await received(kh) == [str(case.disclosure_id)]
    assert (await quarantined(kh), await count(kh, "exchange.inbox")) == ([], 0)


async def test_a_record_that_not_even_quarantine_can_take_is_put_away_unread(
    th: Cell, kh: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, raw = await sealed(th, kh)
    other, after = await sealed(th, kh)
    poison = the_item(th, kh, raw).id
    add_item = inbox.add_item

    async def fails(tx: Any, cell: str, envelope_id: Any, item: Any) -> None:
        if item.item_id == poison:
            raise OverflowError
        await add_item(tx, cell, envelope_id, item)

    monkeypatch.setattr(inbox, "add_item", fails)
    await kh.store("TH", [raw, after])
    for _ in range(TRIES):
        await kh.apply("TH")
    assert await received(kh) == [str(other.disclosure_id)]
    assert await quarantined(kh) == ["quarantined"]
    assert await count(kh, "exchange.inbox") == 0


async def spoilt(th: Cell, kh: Cell, **changes: Any) -> Item:
    _, raw = await sealed(th, kh)
    item = the_item(th, kh, raw)
    content = item.disclosure
    of_consent = {name: value for name, value in changes.items() if hasattr(content.consent, name)}
    others = {name: value for name, value in changes.items() if name not in of_consent}
    consent = replace(content.consent, **of_consent)
    return replace(item, disclosure=replace(content, consent=consent, **others))


@pytest.mark.parametrize(
    "changes",
    [
        {"expiry": datetime(9999, 12, 31, tzinfo=UTC)},
        {"expiry": datetime(2027, 1, 1)},  # noqa: DTZ001 - without a zone is the point
        {"fields": ("cor_FullName",) * 20_000},
        {"fields": ("cor_FullName", "cor_FullName")},
        {"legal_basis": "x" * 10_000},
    ],
)
async def test_what_has_no_bound_in_the_form_has_one_here(
    th: Cell, kh: Cell, changes: dict[str, Any]
) -> None:
    item = await spoilt(th, kh, **changes)
    await kh.take("TH", [th.seal([item], RECIPIENT, SENDER)])
    assert (await received(kh), await quarantined(kh)) == ([], ["invalid_value"])


async def test_an_envelope_that_would_live_for_years_is_refused(th: Cell, kh: Cell) -> None:
    _, raw = await sealed(th, kh)
    lasting = int((now() + timedelta(days=900)).timestamp())
    await kh.take("TH", [th.seal([the_item(th, kh, raw)], RECIPIENT, SENDER, exp=lasting)])
    assert (await received(kh), await quarantined(kh)) == ([], ["invalid_value"])


async def test_the_topic_tells_an_onlooker_no_recipient(th: Cell, kh: Cell) -> None:
    await sealed(th, kh)
    await sealed(th, kh, recipient="kh-health-agency")
    found = await rows(th.harness, "select distinct stream from chassis.outbox where topic = 'egress.kh'")
    assert [row.stream for row in found] == ["KH"]


async def test_the_outside_of_an_envelope_tells_nobody_with_the_trust_list_for_whom_it_is(
    th: Cell, kh: Cell
) -> None:
    """Not even the organisation to which another one is addressed: each envelope has a `kid` of its own."""
    envelopes = [(await sealed(th, kh, recipient=name))[1] for name in (RECIPIENT, RECIPIENT, CLINIC)]
    outside = [json.loads(base64.urlsafe_b64decode(raw.split(b".")[0] + b"==")) for raw in envelopes]
    kids = [header["kid"] for header in outside]
    assert len({*kids}) == 3
    assert {len(kid) for kid in kids} == {64}
    assert {*kids}.isdisjoint(th.trust.list.keys)
    assert {*outside[0]} == {"alg", "enc", "typ", "ver", "kid", "epk"}
    seen = [unveiled(kid, kh.trust.own.agreeing) for kid in kids]
    assert [key.organisation for key in seen] == [RECIPIENT, RECIPIENT, CLINIC]
    theirs = {kid: key for kid, key in kh.trust.own.agreeing.items() if key.organisation != "kh-exchange"}
    assert [unveiled(kid, theirs) for kid in kids] == [None] * 3


@pytest.mark.parametrize(
    "kid", ["", "a", "!", "A" * 64, "é" * 64, base64.urlsafe_b64encode(b"x" * 48).decode()]
)
async def test_a_kid_that_is_none_belongs_to_nobody(kh: Cell, kid: str) -> None:
    assert unveiled(kid, kh.trust.own.agreeing) is None


async def test_readiness_names_a_partner_for_whom_a_great_deal_waits(th: Cell, kh: Cell) -> None:
    settings = th.harness.service.settings
    assert isinstance(settings, Settings)
    watch = BacklogWatch(th.harness.service.database, settings.model_copy(update={"backlog": 10}))
    await presence(kh, th, {SENDER: 90})
    await presence(kh, th, {SENDER: 180})
    await watch.look()
    assert watch.degraded() is None
    await presence(kh, th, {SENDER: 180})
    await watch.look()
    assert watch.degraded() == "more than 10 items wait for KH"


async def test_readiness_names_a_trust_list_that_is_out_of_date(
    th: Cell, files: TrustFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = next(loop for loop in th.harness.service.loops if isinstance(loop, TrustWatch))
    assert watch.degraded() is None
    make_trust(files.directory, ("TH", "KH"), now=now() - timedelta(hours=25))
    await th.look()
    assert watch.degraded() == "the trust list is out of date: nothing is sealed for another cell"


async def test_a_recall_for_one_partner_waits_for_no_backlog_of_another(th: Cell, kh: Cell) -> None:
    """Ten thousand requests of KH wait; the recall of a disclosure inside TH is sealed with the first eight."""
    async with th.harness.service.database.engine.begin() as conn:
        await conn.execute(
            text(
                "insert into chassis.work (id, kind, key, payload, due_at, lane, priority)"
                " select gen_random_uuid(), 'control', 'flood' || n, '{}', now() - interval '1 hour', 'KH', n % 4"
                " from generate_series(1, 10000) as n"
            )
        )
    case = Case(th.trust, recipient="th-legal-aid")
    await th.deliver(case.opened(), case.authorised(), case.logged())
    runner = next(loop for loop in th.harness.service.loops if isinstance(loop, WorkRunner))
    claimed = await runner._claim(runner._free())
    assert [item.kind for item in claimed if item.lane == "TH"] == ["seal"]
    assert len([item for item in claimed if item.lane == "KH"]) == AT_ONCE
