"""The drill of a key that was lost, and of an agreement that is suspended: two cells on real databases, with operators of one of them."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.events.directory import StaffChangedV1, StaffMember
from contracts.events.referral import ReferralAcceptedV1
from deploy.local import governance
from deploy.local.countries import agreements, read_all
from deploy.local.governance import Changes
from deploy.local.trust import TrustFiles, make_trust
from services.exchange.domain.distrust import (
    MOVES,
    Distrust,
    DistrustKind,
    Distrusts,
    DistrustState,
    DistrustSubject,
    DistrustVerb,
    SameOperator,
    WrongDistrustState,
)
from tests.exchange.test_crossing import moved, send
from tests.exchange.test_sealing import opened_in_kh
from tests.exchange.two_cells import Cell, carry
from tests.exchange.world import RECIPIENT, SENDER, Case, now

TICKET = "OPS-1042"
ONE, OTHER = "th.operator", "th.other-operator"


@dataclass
class Operators:
    """Two operators of a cell, whom its directory lists."""

    cell: Cell
    organisation: str = "th-operations"
    listed: tuple[str, ...] = field(default=(ONE, OTHER))

    async def begin(self) -> None:
        staff = tuple(StaffMember(worker=one, roles=("operator",)) for one in self.listed)
        await self.cell.deliver(StaffChangedV1(organisation=self.organisation, staff=staff))

    async def ask(self, method: str, path: str, body: Any = None, who: str = ONE, **headers: str) -> Any:
        signed = self.cell.harness.as_("operator", self.organisation, who)
        return await self.cell.harness.client.request(method, path, json=body, headers={**signed, **headers})

    async def lose(self, kid: str, since: datetime | None = None) -> str:
        body = {"since": (since or now() - timedelta(hours=1)).isoformat(), "ticket": TICKET}
        answer = await self.ask("POST", f"/v1/keys/{kid}/distrust", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def touched(self, distrust: str) -> list[tuple[str, str | None]]:
        items = (await self.ask("GET", f"/v1/distrusts/{distrust}/envelopes")).json()["items"]
        return [
            (item["direction"], item["disclosure_id"]) for item in items if item["item_class"] == "disclosure"
        ]


@pytest.fixture
async def operators(th: Cell) -> Operators:
    made = Operators(th)
    await made.begin()
    return made


def kid_of(files: TrustFiles, organisation: str, use: str) -> str:
    entries = governance.in_force(files)["organisations"]
    [keys] = [one["keys"] for one in entries if one["id"] == organisation]
    return str([key["kid"] for key in keys if key["use"] == use][-1])


def degraded(cell: Cell) -> str | None:
    """What readiness says of the trust of a cell."""
    found: str | None = next(loop for loop in cell.harness.service.loops if loop.name == "trust").degraded()
    return found


async def due(cell: Cell, case: Case) -> None:
    await cell.deliver(case.opened(), case.authorised(), case.logged())


def replaced(files: TrustFiles, organisation: str, use: str) -> None:
    """The new key was compared by telephone; two holders of governance keys put it on the list in the place of the lost one."""
    lost = kid_of(files, organisation, use)
    entry = governance.replacement(files, organisation, use, lost, now())
    holders = [governance.signing_key(files.directory / "governance" / f"{n}.jwk.json") for n in (1, 2)]
    changes = Changes(added=[(organisation, entry)], lost=[(lost, now())])
    assert governance.renew(files, holders, changes, now())


async def test_nothing_is_sealed_to_a_key_that_was_lost_until_there_is_another(
    th: Cell, kh: Cell, files: TrustFiles, operators: Operators
) -> None:
    for owner in (RECIPIENT, "kh-exchange"):
        await waits_for_another_key(th, kh, files, operators, owner)


async def waits_for_another_key(
    th: Cell, kh: Cell, files: TrustFiles, operators: Operators, owner: str
) -> None:
    before, after = Case(th.trust), Case(th.trust)
    await due(th, before)
    await th.work()
    await th.leaving(kh)  # it left, and nobody has taken it in
    distrust = await operators.lose(kid_of(files, owner, "agree"))
    await due(th, after)
    th.peer.asked.clear()
    await th.work()
    assert (await th.leaving(kh), th.peer.asked) == ([], [])  # nothing of her was even read
    assert await th.said("envelope.refused.v1") == []  # it waits
    *_, last = await operators.touched(distrust)
    assert last == ("out", str(before.disclosure_id))
    await th.look()
    assert degraded(th) == f"nothing is sealed or taken in for: {owner}"
    replaced(files, owner, "agree")
    await th.look()
    await th.look()
    await kh.look()
    assert degraded(th) is None
    await th.work()
    [raw] = [raw for raw in await th.leaving(kh) if opened_in_kh(files, raw).claims.aud == RECIPIENT]
    [item] = opened_in_kh(files, raw).claims.items
    assert item.disclosure.disclosure_id == after.disclosure_id


async def test_what_was_under_way_to_a_lost_key_is_sealed_again_to_its_successor(
    th: Cell, kh: Cell, files: TrustFiles
) -> None:
    case = Case(th.trust)
    await due(th, case)
    await th.work()
    under_way = await th.leaving(kh)
    replaced(files, RECIPIENT, "agree")
    make_trust(files.directory, ("TH", "KH"))  # at a start, the lost key goes
    await th.look()
    await kh.look()
    await kh.take("TH", under_way)  # nobody can read it any more
    await carry(th, kh)
    [received] = await kh.said("disclosure.received.v1")
    assert received["disclosure_id"] == str(case.disclosure_id)
    assert await th.said("envelope.refused.v1") == []
    assert len(await th.said("envelope.delivered.v1")) == 1


async def test_keys_that_are_made_before_governance_has_listed_them_end_nothing_that_is_under_way(
    th: Cell, kh: Cell, files: TrustFiles
) -> None:
    """Hours lie between, and what would be refused meanwhile is refused for good."""
    for organisation, use in ((SENDER, "sign"), (RECIPIENT, "agree")):
        governance.replacement(files, organisation, use, kid_of(files, organisation, use), now())
    await th.look()
    await kh.look()
    await send(th, kh)
    assert await th.said("envelope.refused.v1") == []


async def test_nothing_that_a_lost_key_signed_is_taken_in_until_it_is_signed_with_another(
    th: Cell, kh: Cell, files: TrustFiles, operators: Operators
) -> None:
    _, received = await send(th, kh)
    before = now()
    await kh.deliver(ReferralAcceptedV1(**moved(received, "incoming")))
    await kh.work()
    said = await kh.leaving(th)
    await operators.lose(kid_of(files, RECIPIENT, "sign"), before)
    await th.take("KH", said)
    assert await th.said("process.received.v1") == []
    replaced(files, RECIPIENT, "sign")
    await th.look()
    await kh.look()
    await carry(th, kh)
    assert [one["code"] for one in await th.said("process.received.v1")] == ["referral.accepted"]


async def test_what_was_taken_in_since_a_key_was_lost_is_listed(
    th: Cell, kh: Cell, files: TrustFiles, operators: Operators
) -> None:
    _, received = await send(th, kh)
    between = now()
    await kh.deliver(ReferralAcceptedV1(**moved(received, "incoming")))
    await carry(th, kh)
    signing = kid_of(files, RECIPIENT, "sign")
    early = await operators.lose(signing, between)
    items = (await operators.ask("GET", f"/v1/distrusts/{early}/envelopes")).json()["items"]
    assert [(one["direction"], one["item_class"], one["sender"]) for one in items] == [
        ("in", "process", RECIPIENT)
    ]
    answer = await operators.ask("POST", f"/v1/distrusts/{early}/withdraw", who=OTHER)
    assert answer.status_code == 200
    late = await operators.lose(signing, now())
    assert (await operators.ask("GET", f"/v1/distrusts/{late}/envelopes")).json()["items"] == []
    read = await operators.lose(
        kid_of(files, SENDER, "agree"), now()
    )  # whoever has it reads all that ever came
    items = (await operators.ask("GET", f"/v1/distrusts/{read}/envelopes")).json()["items"]
    assert [(one["direction"], one["sender"]) for one in items] == [("in", RECIPIENT)]


async def test_our_own_key_that_was_lost_signs_nothing_more(
    th: Cell, kh: Cell, files: TrustFiles, operators: Operators
) -> None:
    await operators.lose(kid_of(files, SENDER, "sign"))
    case = Case(th.trust)
    await due(th, case)
    await th.work()
    assert await th.said("envelope.sealed.v1") == []
    replaced(files, SENDER, "sign")
    await th.look()
    await kh.look()
    await carry(th, kh)
    assert len(await kh.said("disclosure.received.v1")) == 1


async def test_under_a_suspended_agreement_nothing_is_sealed_and_nothing_taken_in_until_another_lifts_it(
    th: Cell, kh: Cell, operators: Operators, files: TrustFiles
) -> None:
    sent, back = Case(th.trust), Case(th.trust)
    await due(th, sent)
    await carry(th, kh)
    [received] = await kh.said("disclosure.received.v1")
    made = await operators.ask("POST", "/v1/agreements/th-kh/suspend", {"ticket": TICKET})
    assert made.status_code == 201
    await due(th, back)
    await kh.deliver(ReferralAcceptedV1(**moved(received, "incoming")))
    th.peer.asked.clear()
    await th.work()
    await kh.work()
    await th.take("KH", await kh.leaving(th))
    assert (th.peer.asked, await th.said("process.received.v1")) == ([], [])
    [shown] = [
        one for one in (await operators.ask("GET", "/v1/agreements")).json()["items"] if one["id"] == "th-kh"
    ]
    assert shown["suspended"] is True
    distrust = made.json()["id"]
    alone = await operators.ask("POST", f"/v1/distrusts/{distrust}/withdraw")
    assert (alone.status_code, alone.json()["code"]) == (409, "second-person")
    lifted = await operators.ask("POST", f"/v1/distrusts/{distrust}/withdraw", who=OTHER)
    assert lifted.status_code == 200
    await carry(th, kh)
    assert len(await kh.said("disclosure.received.v1")) == 2
    assert [one["code"] for one in await th.said("process.received.v1")] == ["referral.accepted"]
    made = (await operators.ask("POST", "/v1/agreements/th-kh/suspend", {"ticket": TICKET})).json()["id"]
    confirmed = await operators.ask("POST", f"/v1/distrusts/{made}/confirm", who=OTHER, **{"If-Match": '"1"'})
    assert confirmed.status_code == 200
    for one in (ONE, OTHER):
        assert (await operators.ask("POST", f"/v1/distrusts/{made}/withdraw", who=one)).status_code == 409
    drafts = [replace(d, retention_days=d.retention_days + 1) for d in agreements(read_all(("TH", "KH")))]
    make_trust(files.directory, ("TH", "KH"), drafts=drafts)
    await th.look()
    await kh.look()
    case = Case(th.trust)
    await due(th, case)
    await carry(th, kh)
    assert len(await kh.said("disclosure.received.v1")) == 3  # the next version counts


async def test_only_whom_the_directory_lists_as_an_operator_distrusts_and_each_step_is_on_record(
    th: Cell, files: TrustFiles, operators: Operators
) -> None:
    kid = kid_of(files, RECIPIENT, "agree")
    body = {"since": now().isoformat(), "ticket": TICKET}
    assert (await operators.ask("POST", f"/v1/keys/{kid}/distrust", body, who="th.clerk")).status_code == 403
    distrust = await operators.lose(kid)
    assert (await operators.ask("POST", f"/v1/keys/{kid}/distrust", body)).status_code == 409
    late = {**body, "since": (now() + timedelta(hours=1)).isoformat()}
    assert (await operators.ask("POST", f"/v1/keys/{kid}/distrust", late)).status_code == 422
    await operators.ask("POST", f"/v1/distrusts/{distrust}/confirm", who=OTHER, **{"If-Match": '"1"'})
    moves = await th.said("distrust.moved.v1")
    assert [(one["key"], one["organisation"], one["state"]) for one in moves] == [
        (kid, RECIPIENT, "acting"),
        (kid, RECIPIENT, "confirmed"),
    ]
    listed = [
        one for one in (await operators.ask("GET", "/v1/keys?limit=200")).json()["items"] if one["kid"] == kid
    ]
    assert (listed[0]["organisation"], listed[0]["lost_since"] is not None, listed[0]["moves"]) == (
        RECIPIENT,
        True,
        [],
    )


def test_with_a_version_of_an_agreement_those_before_it_are_suspended_and_the_next_one_counts() -> None:
    counted = Distrusts(agreements=frozenset({("th-kh", 2), ("la-th", 4)}))
    assert [counted.suspends("th-kh", version) for version in (1, 2, 3)] == [True, True, False]
    assert not counted.suspends("kh-la", 1)


KEY = DistrustSubject(DistrustKind.KEY, "k" * 43, now(), RECIPIENT, "agree")


@pytest.mark.parametrize("verb", DistrustVerb)
@pytest.mark.parametrize("state", DistrustState)
def test_a_distrust_moves_by_another_person_and_from_where_the_table_says(
    state: DistrustState, verb: DistrustVerb
) -> None:
    made, [declared] = Distrust.declare(uuid4(), KEY, TICKET, ONE, now())
    assert (declared.state, made.is_overdue(now()), made.is_overdue(now() + timedelta(hours=25))) == (
        DistrustState.ACTING,
        False,
        True,
    )
    made.state = state
    move = made.confirm if verb is DistrustVerb.CONFIRM else made.withdraw
    if verb not in MOVES[state]:
        with pytest.raises(WrongDistrustState):
            move(OTHER, now())
        return
    with pytest.raises(SameOperator):
        move(ONE, now())
    assert (made.lets(verb, ONE, now()), made.lets(verb, OTHER, now())) == (False, True)
    [fact] = move(OTHER, now())
    assert (fact.state, made.decided_by, made.version) == (MOVES[state][verb], OTHER, 2)
