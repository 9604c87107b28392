"""Sealing on a real database: what is read, when it waits, what stops it, and what leaves."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import text

from contracts.border.envelope import OpenedEnvelope, open_envelope
from contracts.events.consent import DisclosureRecalledV1
from contracts.events.directory import DirectoryChangedV1
from deploy.local.countries import agreements, read_all
from deploy.local.trust import TrustFiles, make_trust
from services.exchange.trust import Trust
from tests.exchange.world import (
    IN_COUNTRY,
    NAME,
    RECIPIENT,
    VALUES,
    Case,
    Peers,
    envelopes,
    exchange,
    keys_in,
    now,
    peers,
    present,
    rows,
    trust_of,
)
from tests.harness import Harness


@pytest.fixture
async def peer(tmp_path: Path):
    async with peers(keys_in(tmp_path / "th"), "TH") as found:
        yield found


@pytest.fixture
async def th(postgres: Any, files: TrustFiles, tmp_path: Path, peer: Peers, trust: Trust):
    async with exchange(postgres, files, tmp_path / "th", "TH", peer=peer, keys=peer.keys) as harness:
        await look(harness)
        await present(harness, "KH")
        yield harness


async def look(harness: Harness) -> None:
    await next(loop for loop in harness.service.loops if loop.name == "trust").look()


async def due(harness: Harness, case: Case) -> None:
    for event in (case.opened(), case.authorised(), case.logged()):
        await harness.deliver(event)


async def said(harness: Harness, type_: str) -> list[dict[str, Any]]:
    return [body for kind, body in await harness.said() if kind == type_]


def opened_in_kh(files: TrustFiles, raw: bytes) -> OpenedEnvelope:
    kh = trust_of(files, "KH")
    return open_envelope(raw, kh.own.reader, lambda kid: kh.list.signing_key(kid, now()))


async def waiting(harness: Harness) -> int:
    return len(await rows(harness, "select 1 from chassis.work where kind = 'seal'"))


async def test_a_disclosure_is_sealed_with_exactly_what_was_authorised(
    th: Harness, peer: Peers, files: TrustFiles, trust: Trust
) -> None:
    case = Case(trust)
    await due(th, case)
    await th.work()
    assert peer.asked == [{"disclosure_id": str(case.disclosure_id), "fields": list(case.fields)}]
    [raw] = await envelopes(th, "egress.kh")
    opened = opened_in_kh(files, raw)
    assert (opened.claims.iss, opened.claims.aud, opened.claims.seq) == (
        "th-care-agency",
        "kh-reintegration-agency",
        1,
    )
    [item] = opened.claims.items
    assert item.disclosure.data == {k: v if isinstance(v, str) else tuple(v) for k, v in VALUES.items()}
    assert item.disclosure.consent.categories == ("demographic", "identity", "needs")
    assert (item.disclosure.proof.entry, item.disclosure.proof.chain_head) == (7, "b" * 64)
    assert item.reference not in {case.case_id, case.person_id}
    assert str(case.case_id) not in str(opened.claims)
    [sealed] = await said(th, "envelope.sealed.v1")
    assert (sealed["disclosure_id"], sealed["envelope_seq"]) == (str(case.disclosure_id), 1)


async def test_no_value_is_kept_by_the_border(th: Harness, trust: Trust) -> None:
    await due(th, Case(trust))
    await th.work()
    tables = await rows(
        th,
        "select table_schema || '.' || table_name as named from information_schema.tables"
        " where table_schema in ('exchange', 'chassis')",
    )
    for table in tables:
        for row in await rows(th, f"select * from {table.named}"):
            assert NAME not in str(tuple(row))


async def test_it_is_not_due_before_it_was_logged(th: Harness, peer: Peers, trust: Trust) -> None:
    case = Case(trust)
    await th.deliver(case.authorised())
    assert (await th.work(), peer.asked) == (0, [])
    await th.deliver(case.logged())
    assert await th.work() == 1


async def test_numbers_and_links_run_on_for_each_recipient(
    th: Harness, files: TrustFiles, trust: Trust
) -> None:
    for recipient in ("kh-reintegration-agency", "kh-health-agency", "kh-reintegration-agency"):
        await due(th, Case(trust, recipient=recipient))
        await th.work()
    found = [opened_in_kh(files, raw).claims for raw in await envelopes(th, "egress.kh")]
    assert [(c.aud, c.seq) for c in found] == [
        ("kh-reintegration-agency", 1),
        ("kh-health-agency", 1),
        ("kh-reintegration-agency", 2),
    ]


@pytest.mark.parametrize("age", [None, 10, 11])
async def test_nothing_is_sealed_for_a_partner_that_is_not_present(
    th: Harness, peer: Peers, trust: Trust, age: int | None
) -> None:
    async with th.service.database.engine.begin() as conn:
        await conn.execute(text("delete from exchange.partners"))
    if age is not None:
        await present(th, "KH", now() - timedelta(seconds=age))
    await due(th, Case(trust))
    await th.work()
    assert (await envelopes(th, "egress.kh"), peer.tokens, await waiting(th)) == ([], [], 1)
    await present(th, "KH")
    await th.work(hasten=True)
    assert len(await envelopes(th, "egress.kh")) == 1


async def test_nothing_is_sealed_while_the_window_is_full(
    postgres: Any, files: TrustFiles, tmp_path: Path, peer: Peers, trust: Trust
) -> None:
    async with exchange(postgres, files, tmp_path / "w", "TH", peer=peer, keys=peer.keys, window=2) as th:
        await look(th)
        await present(th, "KH")
        for _ in range(3):
            await due(th, Case(trust))
            await th.work()
        assert len(await envelopes(th, "egress.kh")) == 2
        async with th.service.database.engine.begin() as conn:
            await conn.execute(text("update exchange.envelope_items set state = 'delivered'"))
        await th.work(hasten=True)
        assert len(await envelopes(th, "egress.kh")) == 3


async def test_a_stale_trust_list_stops_what_crosses_the_border_and_not_what_stays(
    th: Harness, trust: Trust
) -> None:
    async with th.service.database.engine.begin() as conn:
        await conn.execute(text("update exchange.trust set issued = now() - interval '25 hours'"))
    await present(th, "TH")
    await due(th, Case(trust))
    await due(th, Case(trust, recipient="th-legal-aid"))
    await th.work()
    assert (len(await envelopes(th, "egress.kh")), len(await envelopes(th, "egress.th"))) == (0, 1)


NOT_FOR_THIS = [
    {"disclosure": "00000000-0000-0000-0000-000000000001"},
    {"recipient": "kh-health-agency"},
    {"revision": 4},
    {"fields_hash": "0" * 64},
    {"aud": "intake"},
    {"sub": "service:intake"},
    {"iss": "urn:corridor:kh:service"},
    {"exp": 99999999999},
    {"exp": "soon"},
]


async def test_a_token_that_is_not_for_exactly_this_seals_nothing(
    th: Harness, peer: Peers, trust: Trust
) -> None:
    for change in NOT_FOR_THIS:
        peer.change = change
        await due(th, Case(trust))
        await th.work()
    assert len(peer.tokens) == len(NOT_FOR_THIS)
    assert await envelopes(th, "egress.kh") == []
    assert [r["code"] for r in await said(th, "envelope.refused.v1")] == ["token_refused"] * len(NOT_FOR_THIS)


async def test_a_token_of_another_key_seals_nothing(th: Harness, peer: Peers, trust: Trust) -> None:
    peer.signer = OKPKey.generate_key("Ed25519")
    await due(th, Case(trust))
    await th.work()
    assert await envelopes(th, "egress.kh") == []
    assert [r["code"] for r in await said(th, "envelope.refused.v1")] == ["token_refused"]


async def test_a_token_that_lapsed_by_the_databases_time_is_taken_anew(
    th: Harness, peer: Peers, trust: Trust
) -> None:
    peer.change = {"iat": int(now().timestamp()) - 12, "exp": int(now().timestamp()) - 2}
    await due(th, Case(trust))
    runner = next(loop for loop in th.service.loops if loop.name == "work")
    runner.grace_seconds = 0
    await runner.run_due()
    assert (await envelopes(th, "egress.kh"), await waiting(th)) == ([], 1)
    peer.change = {}
    await th.work(hasten=True)
    assert len(await envelopes(th, "egress.kh")) == 1


async def test_consent_that_refuses_the_token_ends_it(th: Harness, peer: Peers, trust: Trust) -> None:
    case = Case(trust)
    peer.withdrawn.add(str(case.disclosure_id))
    await due(th, case)
    await th.work()
    assert await envelopes(th, "egress.kh") == []
    assert [r["code"] for r in await said(th, "envelope.refused.v1")] == ["token_refused"]


async def test_sealing_waits_while_intake_or_consent_is_down(
    postgres: Any, files: TrustFiles, tmp_path: Path, peer: Peers, trust: Trust
) -> None:
    gone = replace(peer, url="http://127.0.0.1:9")
    async with exchange(postgres, files, tmp_path / "x", "TH", peer=gone, keys=peer.keys) as th:
        await look(th)
        await present(th, "KH")
        await due(th, Case(trust))
        await th.work()
        assert (await envelopes(th, "egress.kh"), await waiting(th)) == ([], 1)
        assert await said(th, "envelope.refused.v1") == []


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"cor_FullName": NAME, "prs_Citizenship": ["XX"]}, "unknown_code"),
        ({"cor_FullName": "x" * 5000}, "invalid_value"),
    ],
)
async def test_what_the_recipient_would_refuse_is_not_sealed(
    th: Harness, peer: Peers, trust: Trust, values: dict[str, Any], code: str
) -> None:
    peer.values = values
    await due(th, Case(trust))
    await th.work()
    assert [r["code"] for r in await said(th, "envelope.refused.v1")] == [code]


async def test_more_than_was_asked_for_never_leaves(
    th: Harness, peer: Peers, files: TrustFiles, trust: Trust
) -> None:
    peer.values = {**VALUES, "cor_Health": "private"}
    case = Case(trust, fields=("cor_FullName",))
    await due(th, case)
    await th.work()
    [raw] = await envelopes(th, "egress.kh")
    assert opened_in_kh(files, raw).claims.items[0].disclosure.data == {"cor_FullName": NAME}


async def test_an_agreement_that_changed_meanwhile_refuses(th: Harness, trust: Trust) -> None:
    event = Case(trust).authorised()
    event = event.model_copy(update={"agreement_version": event.agreement_version + 1})
    await th.deliver(event)
    await th.deliver(replace(Case(trust), disclosure_id=event.disclosure_id, case_id=event.case_id).logged())
    await th.work()
    assert [r["code"] for r in await said(th, "envelope.refused.v1")] == ["agreement_not_in_force"]


async def test_what_names_the_agreement_before_waits_for_consent_to_take_it_back(
    th: Harness, files: TrustFiles, trust: Trust
) -> None:
    """Refused, its referral would have failed, although what is left of it follows."""
    case = Case(trust)
    await due(th, case)
    make_trust(
        files.directory,
        ("TH", "KH"),
        drafts=[replace(d, legal_basis="another") for d in agreements(read_all(("TH", "KH")))],
    )
    watch = next(loop for loop in th.service.loops if loop.name == "trust")
    await watch.look()
    await th.work()
    assert (await said(th, "envelope.refused.v1"), await envelopes(th, "egress.kh")) == ([], [])
    await th.deliver(recall(case))
    await th.work(hasten=True)
    assert [r["answer"] for r in await said(th, "recall.answered.v1")] == ["never_received"]
    assert await envelopes(th, "egress.kh") == []


def recall(case: Case) -> DisclosureRecalledV1:
    return DisclosureRecalledV1(
        case_id=case.case_id,
        disclosure_id=case.disclosure_id,
        referral_id=case.referral_id,
        reason="withdrawn",
    )


async def test_what_was_not_sealed_when_it_was_recalled_is_never_sealed(
    th: Harness, peer: Peers, trust: Trust
) -> None:
    case = Case(trust)
    await due(th, case)
    await th.deliver(recall(case))
    await th.work(hasten=True)
    assert (await envelopes(th, "egress.kh"), peer.asked) == ([], [])
    [answer] = await said(th, "recall.answered.v1")
    assert (answer["disclosure_id"], answer["answer"]) == (str(case.disclosure_id), "never_received")


async def test_a_recall_between_the_token_and_the_commit_wins(th: Harness, peer: Peers, trust: Trust) -> None:
    case = Case(trust)
    await due(th, case)
    runner = next(loop for loop in th.service.loops if loop.name == "work")
    kind = runner._kinds["seal"]

    async def act_then_recall(item: Any) -> Any:
        prepared = await kind.act(item)
        await th.deliver(recall(case))
        return prepared

    runner._kinds["seal"] = replace(kind, act=act_then_recall)
    await th.work()
    assert len(peer.tokens) == 1
    assert await envelopes(th, "egress.kh") == []
    assert [a["answer"] for a in await said(th, "recall.answered.v1")] == ["never_received"]


async def test_what_was_sealed_is_recalled_by_a_control_item(
    th: Harness, files: TrustFiles, trust: Trust
) -> None:
    case = Case(trust)
    await due(th, case)
    await th.work()
    await th.deliver(recall(case))
    await th.work()
    last = opened_in_kh(files, (await envelopes(th, "egress.kh"))[-1]).claims
    assert (last.iss, last.aud, last.items[0].control.kind) == ("th-exchange", "kh-exchange", "recall")
    assert last.items[0].control.disclosure_id == case.disclosure_id
    assert await said(th, "recall.answered.v1") == []


async def test_events_delivered_twice_have_one_effect(th: Harness, trust: Trust) -> None:
    case = Case(trust)
    await due(th, case)
    await th.deliver(case.authorised())
    await th.deliver(case.logged())
    await th.work(hasten=True)
    await th.deliver(case.logged())
    await th.work(hasten=True)
    assert len(await envelopes(th, "egress.kh")) == 1


async def test_each_agreement_is_announced_once_for_each_version(th: Harness, files: TrustFiles) -> None:
    assert sorted(b["agreement_id"] for b in await said(th, "agreement.changed.v1")) == [
        "th-kh",
        "th-th",
    ]
    watch = next(loop for loop in th.service.loops if loop.name == "trust")
    watch._announced = False
    await watch.look()
    assert len(await said(th, "agreement.changed.v1")) == 2


def stands(organisation: str, version: int, status: str, *, suspended: bool = False) -> DirectoryChangedV1:
    """What the directory says of an organisation; of a suspended one abroad it says `inactive` and no more."""
    return DirectoryChangedV1(
        organisation=organisation,
        cell=organisation[:2].upper(),
        role="shelter",
        version=version,
        status=status,
        org_type="NGO",
        services=(),
        suspended=suspended,
    )


@pytest.mark.parametrize(
    ("recipient", "status", "suspended"),
    [(RECIPIENT, "inactive", False), (RECIPIENT, "defunct", False), (IN_COUNTRY, "active", True)],
)
async def test_nothing_is_sealed_for_a_recipient_that_was_suspended_since_it_was_authorised(
    th: Harness, peer: Peers, trust: Trust, recipient: str, status: str, suspended: bool
) -> None:
    case = Case(trust, recipient=recipient)
    await th.deliver(stands(recipient, 1, "active"))
    await due(th, case)
    await th.deliver(stands(recipient, 2, status, suspended=suspended))
    await th.work()
    [refused] = await said(th, "envelope.refused.v1")
    assert (refused["disclosure_id"], refused["code"]) == (str(case.disclosure_id), "recipient_closed")
    assert (await envelopes(th, f"egress.{recipient[:2]}"), peer.asked) == ([], [])


async def test_nothing_is_sealed_for_a_recipient_that_is_suspended_between_the_reading_and_the_sealing(
    th: Harness, peer: Peers, trust: Trust
) -> None:
    """Its values were read and its token taken: the last look is under the lock of the disclosure."""
    await due(th, Case(trust))
    peer.before_token = lambda: th.deliver(stands(RECIPIENT, 2, "inactive"))
    await th.work()
    [refused] = await said(th, "envelope.refused.v1")
    assert (len(peer.tokens), refused["code"]) == (1, "recipient_closed")
    assert await envelopes(th, "egress.kh") == []


async def test_a_recipient_that_is_closed_for_a_week_keeps_what_it_is_still_helping_with(
    th: Harness, trust: Trust
) -> None:
    await due(th, Case(trust))
    await th.deliver(stands(RECIPIENT, 2, "temporarily-closed"))
    await th.work()
    assert len(await envelopes(th, "egress.kh")) == 1
