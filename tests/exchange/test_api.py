"""What may be asked of the border, by whom, and page by page."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from contracts.border.items import Outcome
from contracts.codes import codes
from deploy.local.trust import TrustFiles
from services.exchange.domain.sent import SentState
from services.exchange.gauges import KEYS_LEFT, border
from services.exchange.store import received
from services.exchange.store.received import ArrivedDisclosure
from services.exchange.trust import Trust
from tests.exchange.world import Case, exchange, keys_in, peers, present
from tests.harness import Harness
from tests.intake.making import AGENCY, SHELTER

ROUTES = ("/v1/agreements", "/v1/agreements/th-kh", "/v1/partners", "/v1/envelopes")


@pytest.fixture
async def th(postgres: Any, files: TrustFiles, tmp_path: Path):
    """With three disclosures sealed."""
    async with peers(keys_in(tmp_path / "th"), "TH") as peer:
        partners = {"TH": {"bootstrap": "127.0.0.1:1"}, "KH": {"bootstrap": "127.0.0.1:1"}}
        async with exchange(
            postgres, files, tmp_path / "th", "TH", peer=peer, keys=peer.keys, partners=partners
        ) as harness:
            await next(loop for loop in harness.service.loops if loop.name == "trust").look()
            await present(harness, "KH")
            yield harness


async def get(th: Harness, path: str, role: str = "operator", **headers: str) -> Any:
    return await th.client.get(path, headers={**th.as_(role), **headers})


async def test_only_whom_the_policies_let_may_read_and_nobody_without_a_token(th: Harness) -> None:
    for path in ROUTES:
        assert (await th.client.get(path)).status_code == 401
        for role in ("screening_officer", "case_worker", "supervisor", "auditor", "operator"):
            allowed = role in {"operator", "auditor"} or (
                role != "screening_officer" and path != "/v1/envelopes"
            )
            assert (await get(th, path, role)).status_code == (200 if allowed else 403), (path, role)
        assert (await th.client.get(path, headers=th.as_service("intake"))).status_code == 403


async def test_agreements_are_listed_page_by_page_and_one_is_shown(th: Harness) -> None:
    first = (await get(th, "/v1/agreements?limit=1")).json()
    second = (await get(th, f"/v1/agreements?limit=2&after={first['next']}")).json()
    assert [a["id"] for a in first["items"] + second["items"]] == ["th-kh", "th-th"]
    assert second["next"] is None
    one = (await get(th, "/v1/agreements/th-kh")).json()
    assert (one["cells"], one["version"]) == (["TH", "KH"], 1)
    assert "return.arrived" in one["process_codes"]
    assert not any(name.startswith("vic_TypeOf") for name in one["fields"])
    for unknown in ("none", "TH-KH", "..", "x" * 61):
        assert (await get(th, f"/v1/agreements/{unknown}")).status_code in {404, 422}


async def test_an_agreement_is_shown_in_the_version_that_a_disclosure_names(th: Harness) -> None:
    now = (await get(th, "/v1/agreements/th-kh", "auditor")).json()
    async with th.service.database.engine.begin() as conn:
        await conn.execute(
            text(
                "insert into exchange.agreements select id, 2, sha256, cells, document, valid_from, valid_until, true,"
                " announced_at from exchange.agreements where id = 'th-kh'"
            )
        )
        await conn.execute(
            text("update exchange.agreements set current = false where version = 1 and id = 'th-kh'")
        )
    first, second = [
        (await get(th, f"/v1/agreements/th-kh{version}", "auditor")).json() for version in ("?version=1", "")
    ]
    assert (first, second["version"]) == (now, 2)
    assert (await get(th, "/v1/agreements/th-kh?version=3", "auditor")).status_code == 404


async def test_an_auditor_reads_the_envelopes_of_a_case_and_the_receipt_that_the_partner_signed(
    th: Harness, trust: Trust
) -> None:
    case = Case(trust)
    for event in (case.opened(), case.authorised(), case.logged()):
        await th.deliver(event)
    await th.work()
    [item] = (await get(th, f"/v1/envelopes?case_id={case.case_id}", "auditor")).json()["items"]
    async with th.service.database.engine.begin() as conn:
        add = "insert into exchange.receipts (cell, item_id, outcome, at, evidence) values ('KH', :i, 'accepted', now(), 'e.y.J')"
        await conn.execute(text(add), {"i": item["item_id"]})
    receipts = (await get(th, f"/v1/items/{item['item_id']}/receipts", "auditor")).json()["items"]
    assert [(one["cell"], one["outcome"], one["evidence"]) for one in receipts] == [
        ("KH", "accepted", "e.y.J")
    ]
    said = [
        (kind, body.get("view", body.get("resource"))) for kind, body in await th.said() if "read" in kind
    ]
    assert said == [
        ("log.read.v1", "envelopes"),
        ("record.read.v1", "envelope"),
        ("record.read.v1", "envelope"),
    ]
    assert (await get(th, f"/v1/items/{uuid4()}/receipts", "auditor")).status_code == 404


async def test_partners_say_whether_anything_is_sealed_for_them_and_why_not(th: Harness) -> None:
    partners = {p["cell"]: p for p in (await get(th, "/v1/partners")).json()["items"]}
    assert (partners["KH"]["present"], partners["KH"]["closed"]) == (True, None)
    assert (partners["TH"]["present"], partners["TH"]["closed"]) == (False, "the partner is not present")
    assert partners["KH"]["trust_list_stale"] is False


async def test_the_keys_of_a_cell_last_as_long_as_the_first_that_no_other_follows(th: Harness) -> None:
    """Once a border closed because a key had ended, and nobody was told before."""
    database = th.service.database

    async def days(*statements: str) -> dict[str, int]:
        async with database.transaction(database.system()) as tx:
            for statement in statements:
                await tx.execute(text(statement))
            samples = await border(th.service.settings)(tx)
        return {one.labels[0]: round(one.value / 86_400) for one in samples if one.gauge is KEYS_LEFT}

    of_one = "organisation = 'kh-exchange' and use = 'sign'"
    ends = f"update exchange.listed_keys set not_after = now() + interval '5 days' where {of_one}"
    followed = (
        "insert into exchange.listed_keys select 'next', organisation, use, now(), now() + interval '91 days', true, null"
        f" from exchange.listed_keys where {of_one}"
    )
    assert (await days(), await days(ends), await days(followed)) == (
        {"TH": 90, "KH": 90},
        {"TH": 90, "KH": 5},
        {"TH": 90, "KH": 90},
    )


@pytest.mark.parametrize(
    ("known", "status"), [(False, 404), (True, 503)], ids=["nowhere", "not heard of yet"]
)
async def test_the_envelopes_of_a_case_that_is_not_here_are_not_found_and_of_one_that_intake_has_are_asked_for_again(
    th: Harness, known: bool, status: int
) -> None:
    """ADR 0011: intake knows of a case a moment before exchange does, and no attempt of an operator is noted."""
    said = {"known": known, "allowed": False}
    await th.service.peers.http.aclose()
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=said))
    th.service.peers.http = httpx2.AsyncClient(transport=transport)
    answer = await get(th, f"/v1/envelopes?case_id={uuid4()}")
    assert answer.status_code == status
    assert [kind for kind, _ in await th.said() if kind in {"attempt.refused.v1", "log.read.v1"}] == []


def test_every_state_of_an_item_has_its_word_and_every_word_its_state() -> None:
    assert set(codes("envelope_state")) == {*SentState, *get_args(Outcome)}


async def test_envelopes_are_shown_by_their_metadata_alone(th: Harness, trust: Trust) -> None:
    cases = [Case(trust) for _ in range(3)]
    for case in cases:
        for event in (case.opened(), case.authorised(), case.logged()):
            await th.deliver(event)
        await th.work()
    first = (await get(th, "/v1/envelopes?limit=2")).json()
    second = (await get(th, f"/v1/envelopes?limit=2&after={first['next']}")).json()
    shown = first["items"] + second["items"]
    assert [e["case_id"] for e in shown] == [str(c.case_id) for c in cases]
    assert [(e["direction"], e["item_class"], e["state"], e["seq"]) for e in shown] == [
        ("out", "disclosure", "waiting", n) for n in (1, 2, 3)
    ]
    of_one = (await get(th, f"/v1/envelopes?case_id={cases[1].case_id}")).json()["items"]
    assert [e["disclosure_id"] for e in of_one] == [str(cases[1].disclosure_id)]
    of_partner = (await get(th, "/v1/envelopes?partner=KH&limit=2")).json()
    assert (of_partner["items"], of_partner["next"]) == (first["items"], first["next"])
    both = f"/v1/envelopes?partner=KH&case_id={cases[1].case_id}"
    assert (await get(th, both)).json()["items"] == of_one
    assert (await get(th, "/v1/envelopes?partner=FR")).status_code == 404
    quiet = Case(trust)
    await th.deliver(quiet.opened())
    nothing = await get(th, f"/v1/envelopes?case_id={quiet.case_id}")
    assert (nothing.status_code, nothing.json()["items"]) == (200, [])
    for wrong in ("case_id=me", "after=x", "after=YQ", "limit=0", "limit=201", "partner=kh"):
        answer = await get(th, f"/v1/envelopes?{wrong}")
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_the_border_says_for_whom_a_received_case_is_that_nobody_here_has_heard_of(th: Harness) -> None:
    case_id, now = uuid4(), datetime.now(UTC)
    arrived = ArrivedDisclosure("KH", uuid4(), case_id, uuid4(), uuid4(), "kh-shelter", AGENCY, now)
    async with th.service.database.transaction(th.service.database.system()) as tx:
        await received.add(tx, arrived)
    asked = {"action": "case.read", "subject": "w", "roles": ["case_worker"], "purpose": "case-management"}
    answers = []
    for case, organisation in ((case_id, AGENCY), (case_id, SHELTER), (uuid4(), AGENCY)):
        url, headers = f"/internal/v1/cases/{case}/standing", th.as_service("intake")
        answer = await th.client.post(url, json={**asked, "organisation": organisation}, headers=headers)
        answers.append(answer.json())
    assert answers == [
        {"known": True, "allowed": True, "case_id": None},
        {"known": True, "allowed": False, "case_id": None},
        {"known": False, "allowed": False, "case_id": None},
    ]
