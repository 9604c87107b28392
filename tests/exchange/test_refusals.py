"""What must not come in: refused with its code, kept whole, told to the sender, and no other case held up."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.border.items import (
    AgreementReference,
    Answer,
    ControlItem,
    Item,
    ProcessContent,
    ProcessItem,
    Recall,
    Receipt,
    Void,
)
from contracts.events.referral import ReferralCancelledV1
from deploy.local.countries import agreements, read_all
from deploy.local.trust import TrustFiles, make_trust
from services.exchange.domain.disclosure import MAX_SEALS, disclosure_item
from tests.exchange.two_cells import Cell, carry
from tests.exchange.world import RECIPIENT, SENDER, Case, now, rows


async def sealed(th: Cell, kh: Cell, **changes: Any) -> tuple[Case, bytes]:
    case = Case(th.trust, **changes)
    await th.deliver(case.opened(), case.authorised(), case.logged())
    await th.work()
    [raw] = await th.leaving(kh)
    return case, raw


async def quarantined(kh: Cell) -> list[str]:
    return [
        r.code for r in await rows(kh.harness, 'select code from exchange.quarantine order by at, "offset"')
    ]


async def receipts(th: Cell) -> list[tuple[str, str | None]]:
    found = await rows(th.harness, "select outcome, code from exchange.receipts order by at")
    return [tuple(r) for r in found]


async def received(kh: Cell) -> list[str]:
    return [r["disclosure_id"] for r in await kh.said("disclosure.received.v1")]


def the_item(th: Cell, kh: Cell, raw: bytes) -> Item:
    return kh.open(raw, th.trust).claims.items[0]


async def test_an_envelope_with_a_changed_byte_is_kept_asked_for_and_comes_again(th: Cell, kh: Cell) -> None:
    case, raw = await sealed(th, kh)
    other, after = await sealed(th, kh)
    changed = bytearray(raw)
    changed[len(raw) // 2] ^= 1
    await kh.take("TH", [bytes(changed), after])
    assert await received(kh) == [str(other.disclosure_id)]
    assert await quarantined(kh) == ["unreadable"]
    [kept] = await rows(kh.harness, "select raw from exchange.quarantine")
    assert bytes(kept.raw) == bytes(changed)
    await kh.work()
    asked = [th.open(r, kh.trust).claims.items[0].control for r in await kh.leaving(th)]
    # by two pieces of work that are done side by side
    assert {(a.seq, a.offset) for a in asked if a.kind == "resend"} == {(None, 0), (1, None)}
    kh.carried.clear()
    await carry(th, kh)
    assert await received(kh) == [str(other.disclosure_id), str(case.disclosure_id)]
    assert len(th.peer.tokens) == 3  # sealed again with a token of its own
    assert await rows(kh.harness, "select * from exchange.gaps") == []


async def test_what_was_recalled_meanwhile_is_not_sealed_again(th: Cell, kh: Cell) -> None:
    from tests.exchange.test_crossing import recall

    case, raw = await sealed(th, kh)
    await th.deliver(recall(case))
    _, after = await sealed_after_control(th, kh)
    await kh.take("TH", [raw[:-4], after])
    await carry(th, kh)
    assert str(case.disclosure_id) not in await received(kh)
    assert [a["answer"] for a in await th.said("recall.answered.v1")] == ["never_received"]
    assert len(th.peer.tokens) == 2
    assert await rows(kh.harness, "select * from exchange.gaps") == []


async def sealed_after_control(th: Cell, kh: Cell) -> tuple[Case, bytes]:
    """Another disclosure; control that leaves beside it is carried later."""
    case = Case(th.trust)
    await th.deliver(case.opened(), case.authorised(), case.logged())
    await th.work()
    before = dict(th.carried)
    raws = await th.leaving(kh)
    of_case = [r for r in raws if kh.open(r, th.trust).claims.aud == RECIPIENT]
    th.carried = before
    return case, of_case[0]


async def test_an_envelope_that_went_missing_is_noticed_by_its_number_and_comes_again(
    th: Cell, kh: Cell
) -> None:
    case, _ = await sealed(th, kh)
    other, after = await sealed(th, kh)
    await kh.take("TH", [after])
    assert await received(kh) == [str(other.disclosure_id)]
    await carry(th, kh)
    assert await received(kh) == [str(other.disclosure_id), str(case.disclosure_id)]
    assert [d["disclosure_id"] for d in await th.said("envelope.delivered.v1")] == await received(kh)


async def test_an_envelope_that_went_missing_with_nothing_behind_it_is_noticed_by_presence(
    th: Cell, kh: Cell
) -> None:
    case, _ = await sealed(th, kh)
    presence = next(loop for loop in th.harness.service.loops if loop.name == "presence")
    for _ in range(2):
        await presence.say_all()
        await kh.take("TH", await th.leaving(kh))
    await carry(th, kh)
    assert await received(kh) == [str(case.disclosure_id)]


async def test_a_replay_has_no_effect_and_is_told(th: Cell, kh: Cell) -> None:
    case, raw = await sealed(th, kh)
    await kh.take("TH", [raw])
    await kh.take("TH", [raw])
    await carry(th, kh)
    assert await received(kh) == [str(case.disclosure_id)]
    assert await quarantined(kh) == ["replayed"]
    assert sorted(await receipts(th)) == [("accepted", None), ("refused", "replayed")]
    assert await th.said("envelope.refused.v1") == []
    assert len(await th.said("envelope.delivered.v1")) == 1


async def test_a_key_that_is_not_on_the_recipients_list_is_refused_and_the_sender_knows(
    th: Cell, kh: Cell, files: TrustFiles
) -> None:
    case, raw = await sealed(th, kh)
    kid = th.trust.own.signing[SENDER][-1].kid
    kh.trust.list = replace(kh.trust.list, keys={k: v for k, v in kh.trust.list.keys.items() if k != kid})
    await kh.take("TH", [raw])
    await carry(th, kh)
    assert (await received(kh), await quarantined(kh)) == ([], ["unknown_key"])
    [refused] = await th.said("envelope.refused.v1")
    assert (refused["disclosure_id"], refused["code"]) == (str(case.disclosure_id), "unknown_key")


async def test_an_envelope_for_another_is_refused(th: Cell, kh: Cell) -> None:
    """Signed for one organisation, encrypted to another: as when somebody passes on what was sent to them."""
    from contracts.border.envelope import seal

    _, raw = await sealed(th, kh)
    claims = kh.open(raw, th.trust).claims
    other = kh.trust.list.recipient("kh-health-agency", now())
    await kh.take("TH", [seal(replace(claims, pad=""), th.trust.own.signing[SENDER][-1], other)])
    assert (await received(kh), await quarantined(kh)) == ([], ["wrong_recipient"])


async def test_an_envelope_from_the_topic_of_another_cell_is_refused(th: Cell, kh: Cell) -> None:
    _, raw = await sealed(th, kh)
    await kh.take("KH", [raw])
    assert (await received(kh), await quarantined(kh)) == ([], ["sender_mismatch"])


async def test_an_expired_envelope_is_refused_and_the_next_one_fits(th: Cell, kh: Cell) -> None:
    case, raw = await sealed(th, kh)
    item = the_item(th, kh, raw)
    issued = int(now().timestamp()) - 100
    old = th.seal(
        [item], RECIPIENT, SENDER, iat=issued, exp=issued + 50, jti=kh.open(raw, th.trust).claims.jti
    )
    await kh.take("TH", [old])
    assert await quarantined(kh) == ["expired"]
    other, after = await sealed(th, kh)
    await kh.take("TH", [after])
    await carry(th, kh)
    assert await received(kh) == [str(other.disclosure_id)]
    assert [(r["disclosure_id"], r["code"]) for r in await th.said("envelope.refused.v1")] == [
        (str(case.disclosure_id), "expired")
    ]
    assert await rows(kh.harness, "select * from exchange.gaps") == []


async def test_what_was_set_aside_does_not_outlive_its_recall(th: Cell, kh: Cell) -> None:
    from tests.exchange.test_crossing import recall

    case, raw = await sealed(th, kh)
    item, issued = the_item(th, kh, raw), int(now().timestamp()) - 100
    await kh.take("TH", [th.seal([item], RECIPIENT, SENDER, iat=issued, exp=issued + 50)])
    assert await quarantined(kh) == ["expired"]
    await th.deliver(recall(case))
    await carry(th, kh)
    assert await quarantined(kh) == []


async def crafted(th: Cell, kh: Cell, **changes: Any) -> None:
    """A disclosure that the sender's cell should never have sealed, by somebody who has its keys."""
    _, raw = await sealed(th, kh)
    item = the_item(th, kh, raw)
    consent = replace(
        item.disclosure.consent, **{k: v for k, v in changes.items() if hasattr(item.disclosure.consent, k)}
    )
    others = {k: v for k, v in changes.items() if not hasattr(consent, k)}
    content = replace(item.disclosure, consent=consent, **others)
    await kh.take("TH", [th.seal([replace(item, disclosure=content)], RECIPIENT, SENDER)])
    await carry(th, kh)
    th.carried.clear()


async def test_what_the_sender_should_not_have_sealed_is_refused_with_its_code(th: Cell, kh: Cell) -> None:
    await crafted(th, kh, data={"cor_FullName": "x", "vic_TypeOfExploitation": ("Other",)})
    assert [r["code"] for r in await th.said("envelope.refused.v1")] == ["field_outside_agreement"]
    assert (await received(kh), await quarantined(kh)) == ([], ["field_outside_agreement"])


async def test_an_expired_consent_is_refused(th: Cell, kh: Cell) -> None:
    await crafted(th, kh, expiry=now())
    assert [r["code"] for r in await th.said("envelope.refused.v1")] == ["consent_expired"]
    assert (await received(kh), await quarantined(kh)) == ([], ["consent_expired"])


def agreed_anew(files: TrustFiles) -> None:
    """A next version of the agreements. Each cell reads it when it looks."""
    drafts = [replace(d, legal_basis="another") for d in agreements(read_all(("TH", "KH")))]
    make_trust(files.directory, ("TH", "KH"), drafts=drafts)


async def again_at(th: Cell) -> list[float]:
    """Seconds until what waits to be sealed is sealed."""
    found = await rows(
        th.harness,
        "select extract(epoch from due_at - now()) as left from chassis.work"
        " where kind in ('seal', 'process') and state = 'due'",
    )
    return [float(row.left) for row in found]


async def test_an_agreement_that_the_recipient_does_not_have_is_refused_in_the_end(
    th: Cell, kh: Cell, files: TrustFiles
) -> None:
    _, raw = await sealed(th, kh)
    agreed_anew(files)
    await kh.look()
    await kh.take("TH", [raw])
    await carry(th, kh)
    assert [r["code"] for r in await th.said("envelope.refused.v1")] == ["agreement_not_in_force"]
    assert await quarantined(kh) == ["agreement_not_in_force"] * MAX_SEALS
    assert [b["version"] for b in await kh.said("agreement.changed.v1")] == [1, 1, 2, 2]


async def test_what_names_a_version_that_the_recipient_reads_a_moment_later_is_received(
    th: Cell, kh: Cell, files: TrustFiles
) -> None:
    agreed_anew(files)
    await th.look()
    case, raw = await sealed(th, kh)
    await kh.take("TH", [raw])
    await kh.work()
    await th.take("KH", await kh.leaving(th))
    assert (await th.said("envelope.refused.v1"), await received(kh)) == ([], [])
    [seconds] = await again_at(th)
    assert 5 < seconds <= 10
    await kh.look()
    await carry(th, kh)
    assert await received(kh) == [str(case.disclosure_id)]
    assert await th.said("envelope.refused.v1") == []


async def test_a_receipt_that_accepts_and_names_a_code_is_an_acceptance(th: Cell, kh: Cell) -> None:
    """By a partner that would have the same sealed for it again and again."""
    case, raw = await sealed(th, kh)
    receipt = Receipt(the_item(th, kh, raw).id, uuid4(), "accepted", now(), "agreement_not_in_force")
    await th.take("KH", [kh.seal([ControlItem(uuid4(), receipt)], "th-exchange")])
    assert [d["disclosure_id"] for d in await th.said("envelope.delivered.v1")] == [str(case.disclosure_id)]
    assert await again_at(th) == []


async def test_a_code_that_names_a_version_which_the_recipient_has_no_more_is_told_under_the_next(
    th: Cell, kh: Cell, files: TrustFiles
) -> None:
    """Otherwise the other half would never hear what happened, and nobody would say so."""
    case, raw = await sealed(th, kh)
    await kh.take("TH", [raw])
    await carry(th, kh)
    ends = {"half": "outgoing", "sender": SENDER, "recipient": RECIPIENT, "at": now()}
    await th.deliver(ReferralCancelledV1(case_id=case.case_id, referral_id=case.referral_id, **ends))
    await th.work()
    told = await th.leaving(kh)
    agreed_anew(files)
    await kh.look()
    await kh.take("TH", told)
    await kh.work()
    await th.take("KH", await kh.leaving(th))
    assert await kh.said("process.received.v1") == []
    await th.look()
    await carry(th, kh)
    assert [p["code"] for p in await kh.said("process.received.v1")] == ["referral.cancelled"]
    assert await th.said("envelope.refused.v1") == []


def process(th: Cell, reference: UUID, code: str = "referral.cancelled") -> Item:
    agreement = th.trust.agreements["th-kh"].reference
    return ProcessItem(uuid4(), reference, ProcessContent(agreement, code, uuid4(), now()))


async def test_only_the_two_organisations_that_share_a_reference_can_speak_about_its_case(
    th: Cell, kh: Cell
) -> None:
    _, raw = await sealed(th, kh)
    reference = the_item(th, kh, raw).reference
    await kh.take("TH", [raw])
    for iss, aud, seq in (("th-legal-aid", RECIPIENT, 2), (SENDER, "kh-health-agency", 1)):
        await kh.take("TH", [th.seal([process(th, reference)], aud, iss, seq=seq)])
    assert await kh.said("process.received.v1") == []
    assert await quarantined(kh) == ["no_such_case", "no_such_case"]
    await kh.take("TH", [th.seal([process(th, reference)], RECIPIENT, SENDER, seq=3)])
    assert len(await kh.said("process.received.v1")) == 1


async def test_control_of_anybody_but_the_authority_does_nothing(th: Cell, kh: Cell) -> None:
    case, raw = await sealed(th, kh)
    await kh.take("TH", [raw])
    item = ControlItem(uuid4(), Recall(case.disclosure_id, case.referral_id, "withdrawn"))
    await kh.take("TH", [th.seal([item], "kh-exchange", SENDER)])
    assert await kh.said("recall.received.v1") == []
    assert await quarantined(kh) == ["sender_mismatch"]


async def test_a_partner_answers_and_receipts_only_what_was_sent_to_it(th: Cell, kh: Cell) -> None:
    """KH speaks about a disclosure inside TH: nothing moves."""
    from tests.exchange.test_crossing import recall

    case = Case(th.trust, recipient="th-legal-aid")
    await th.deliver(case.opened(), case.authorised(), case.logged())
    await th.work()
    item_id = disclosure_item(case.disclosure_id)
    said = [
        ControlItem(uuid4(), Receipt(item_id, uuid4(), "accepted", now())),
        ControlItem(uuid4(), Answer(case.disclosure_id, "erased")),
        ControlItem(uuid4(), Recall(case.disclosure_id, case.referral_id, "withdrawn")),
        ControlItem(uuid4(), Void("th-legal-aid", 1)),
    ]
    await th.take("KH", [kh.seal(said[:1], "th-exchange")])
    await th.deliver(recall(case))
    await th.take("KH", [kh.seal(said[1:], "th-exchange", seq=2)])
    for type_ in ("envelope.delivered.v1", "recall.answered.v1", "recall.received.v1"):
        assert await th.said(type_) == []


async def test_one_disclosure_cannot_pass_under_two_item_identifiers(th: Cell, kh: Cell) -> None:
    _, raw = await sealed(th, kh)
    item = replace(the_item(th, kh, raw), id=uuid4())
    await kh.take("TH", [th.seal([item], RECIPIENT, SENDER)])
    assert (await received(kh), await quarantined(kh)) == ([], ["invalid_value"])


async def test_items_of_one_envelope_are_judged_one_by_one(th: Cell, kh: Cell) -> None:
    case, raw = await sealed(th, kh)
    good = the_item(th, kh, raw)
    bad = process(th, uuid4())
    await kh.take("TH", [th.seal([good, bad], RECIPIENT, SENDER)])
    assert await received(kh) == [str(case.disclosure_id)]
    outcomes = await rows(
        kh.harness, "select item_class, outcome, code from exchange.incoming_items order by 1"
    )
    assert [tuple(o) for o in outcomes] == [
        ("disclosure", "accepted", None),
        ("process", "refused", "no_such_case"),
    ]


async def test_an_envelope_that_cannot_be_taken_in_is_set_aside_and_the_rest_goes_on(
    th: Cell, kh: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.exchange import receiver

    poison, raw = await sealed(th, kh)
    other, after = await sealed(th, kh)
    real = receiver.prepare

    async def fails(vault: Any, item: Item, known: Any) -> Any:
        if item.disclosure.disclosure_id == poison.disclosure_id:
            raise RuntimeError("cannot")
        return await real(vault, item, known)

    monkeypatch.setattr(receiver, "prepare", fails)
    behind = th.seal([process(th, the_item(th, kh, raw).reference)], RECIPIENT, SENDER, seq=3)
    await kh.store("TH", [raw, after, behind])
    for _ in range(receiver.TRIES - 1):
        await kh.apply("TH")
    waiting = await rows(kh.harness, 'select "offset" from exchange.inbox order by 1')
    assert [w.offset for w in waiting] == [0, 2]
    await kh.apply("TH")
    assert await received(kh) == [str(other.disclosure_id)]
    assert await quarantined(kh) == ["quarantined", "no_such_case"]
    await carry(th, kh)
    assert ("quarantined", None) in await receipts(th)
    [told] = [r for r in await th.said("envelope.refused.v1") if r["item_class"] == "disclosure"]
    assert (told["disclosure_id"], told["code"]) == (str(poison.disclosure_id), "quarantined")


async def test_while_the_vault_is_away_nothing_is_lost_and_nothing_refused(
    th: Cell, kh: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chassis.vault.vault import VaultUnavailable

    case, raw = await sealed(th, kh)
    vault = kh.harness.service.vault

    async def away(_: UUID) -> None:
        raise VaultUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(vault, "create", away)
        with pytest.raises(ConnectionError):
            await kh.take("TH", [raw])
    assert await quarantined(kh) == []
    await kh.apply("TH")
    assert await received(kh) == [str(case.disclosure_id)]


async def test_garbage_on_the_topic_is_kept_and_passed_over(th: Cell, kh: Cell) -> None:
    case, raw = await sealed(th, kh)
    await kh.take("TH", [b"", b"\x00" * 10, b"a.b.c.d.e", b"{}", raw])
    assert await received(kh) == [str(case.disclosure_id)]
    assert await quarantined(kh) == ["unreadable"] * 4
    async with kh.harness.service.database.engine.begin() as conn:
        assert (await conn.execute(text("select count(*) from exchange.inbox"))).scalar_one() == 0


async def test_an_agreement_by_another_version_or_hash_is_not_ours(th: Cell, kh: Cell) -> None:
    reference = th.trust.agreements["th-kh"].reference
    for wrong in (
        replace(reference, version=9),
        replace(reference, sha256="0" * 64),
        AgreementReference("none", 1, "0" * 64),
    ):
        body = ProcessContent(wrong, "return.departed", uuid4(), now())
        item = ProcessItem(uuid4(), uuid4(), body)
        await kh.take("TH", [th.seal([item], RECIPIENT, SENDER, seq=kh.offsets.get("TH", 0) + 1)])
    assert await quarantined(kh) == ["agreement_not_in_force"] * 3
