"""The drill of a document that governance signed and operators put in: nothing before a second confirms it, and never more than was signed."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import text

from contracts.border.signed_file import sign_document
from contracts.events.directory import StaffChangedV1, StaffMember
from deploy.local.governance import signing_key
from deploy.local.trust import TrustFiles
from services.exchange.domain.trust_document import (
    MOVES,
    ProposerGone,
    SameProposer,
    TrustDocument,
    TrustDocumentName,
    TrustDocumentState,
    TrustDocumentVerb,
    WrongTrustDocumentState,
)
from services.exchange.trust import Trust
from services.exchange.watch import TrustWatch
from tests.exchange.world import exchange, now, untried
from tests.harness import Harness

ONE, OTHER, TICKET = "th.operator", "th.other-operator", "OPS-1042"
PLACE = "/v1/trust-documents"


@dataclass
class Operated:
    """A cell that two operators run, and the files that governance signed for it once."""

    harness: Harness
    files: TrustFiles

    @property
    def trust(self) -> Trust:
        return self.harness.service.parts.trust

    async def look(self) -> None:
        await next(loop for loop in self.harness.service.loops if loop.name == "trust").look()

    async def started_anew(self) -> Trust:
        trust = untried(self.files, "TH")
        await TrustWatch(self.harness.service.database, self.harness.service.settings, trust).look()
        return trust

    def document(self, path: Path | None = None, **changes: object) -> dict[str, Any]:
        of = path or self.files.agreements_dir("TH") / "th-kh.json"
        return {**json.loads(of.read_text())["document"], **changes}

    def signed(self, document: dict[str, Any], *holders: int) -> dict[str, Any]:
        places = [self.files.directory / "governance" / f"{n}.jwk.json" for n in holders or (1, 3)]
        return sign_document(document, [signing_key(place) for place in places])

    async def ask(self, method: str, path: str, body: Any = None, who: str = ONE, **headers: str) -> Any:
        signed = self.harness.as_("operator", "th-operations", who)
        return await self.harness.client.request(method, path, json=body, headers={**signed, **headers})

    async def propose(self, signed: dict[str, Any], who: str = ONE) -> Any:
        return await self.ask("POST", PLACE, {**signed, "ticket": TICKET}, who)

    async def proposed(self, signed: dict[str, Any]) -> str:
        answer = await self.propose(signed)
        assert answer.status_code == 201, answer.text
        return f"{PLACE}/{answer.json()['id']}"

    async def confirm(self, place: str, who: str = OTHER) -> Any:
        return await self.ask("POST", f"{place}/confirm", who=who, **{"If-Match": '"1"'})

    async def said(self, type_: str) -> list[dict[str, Any]]:
        return [body for kind, body in await self.harness.said() if kind == type_]


@pytest.fixture
async def cell(postgres: Any, files: TrustFiles, tmp_path: Path) -> AsyncIterator[Operated]:
    async with exchange(postgres, files, tmp_path / "th", "TH") as harness:
        operated = Operated(harness, files)
        staff = tuple(StaffMember(worker=one, roles=("operator",)) for one in (ONE, OTHER))
        await harness.deliver(StaffChangedV1(organisation="th-operations", staff=staff))
        await operated.look()
        yield operated


async def test_an_agreement_counts_once_a_second_operator_confirmed_it_and_no_wider_than_it_was_signed(
    cell: Operated,
) -> None:
    place = await cell.proposed(
        cell.signed(cell.document(version=2, fields=["cor_FullName"], retention_days=0))
    )
    await cell.look()
    assert (cell.trust.agreements["th-kh"].terms.version, len(await cell.said("agreement.changed.v1"))) == (
        1,
        2,
    )
    assert (await cell.confirm(place, ONE)).json()["code"] == "second-person"
    assert (await cell.ask("POST", f"{place}/confirm", who=OTHER)).status_code == 428
    shown = (await cell.ask("GET", place, who=OTHER)).json()
    assert shown["differences"][0] == "version 1 is followed by 2"
    assert "fields: gone: cor_Needs" in shown["differences"]
    assert [move["verb"] for move in shown["moves"]] == ["confirm_trust_document", "withdraw_trust_document"]
    assert (await cell.confirm(place)).status_code == 200
    await cell.look()
    told = (await cell.said("agreement.changed.v1"))[-1]  # consent takes back what the version before allowed
    assert (told["agreement_id"], told["version"], told["fields"]) == ("th-kh", 2, ["cor_FullName"])
    assert [
        (one["agreement_id"], one["number"], one["state"])
        for one in await cell.said("trust_document.moved.v1")
    ] == [
        ("th-kh", 2, "proposed"),
        ("th-kh", 2, "confirmed"),
    ]
    assert (await cell.started_anew()).agreements["th-kh"].terms.fields == ("cor_FullName",)
    wider = "update exchange.trust_documents set content = jsonb_set(content, '{document,fields}', '[\"cor_Needs\"]')"
    async with cell.harness.service.database.transaction(cell.harness.service.database.system()) as tx:
        await tx.execute(text(wider))
    tampered = await cell.started_anew()  # whoever can write the table cannot sign
    assert (tampered.agreements, tampered.problem) == ({}, "is not signed by 2 governance keys")


async def test_a_trust_list_needs_no_file_and_an_older_file_beside_it_does_not_count(cell: Operated) -> None:
    document = cell.document(cell.files.trust_file, version=7)
    place = await cell.proposed(cell.signed(document))
    assert (await cell.confirm(place)).status_code == 200
    await cell.look()
    assert (cell.trust.list.version, cell.trust.problem) == (7, None)
    assert (await cell.started_anew()).list.version == 7
    cell.files.trust_file.unlink()
    assert (await cell.started_anew()).list.version == 7


async def test_what_does_not_count_here_is_refused_and_says_why(cell: Operated) -> None:
    path = cell.files.trust_file
    stranger = OKPKey.generate_key("Ed25519", {"kid": "stranger"})
    agreed = cell.document(version=2)
    for signed, why in (
        (cell.signed(agreed, 1), "is not signed by 2 governance keys"),
        (cell.signed(agreed, 1, 1), "is not signed by 2 governance keys"),
        (sign_document(agreed, [stranger, stranger]), "is not signed by 2 governance keys"),
        ({**cell.signed(agreed), "document": {**agreed, "version": 3}}, "is not signed by 2 governance keys"),
        (cell.signed(cell.document(version=2, valid_from="2026-11-01")), "is no agreement"),
        (cell.signed(cell.document(version=2, cells=["KH", "VN"])), "th-kh is of other cells"),
        (cell.signed(cell.document(fields=[])), "th-kh is not the version in force, and is numbered like it"),
        (cell.signed(cell.document()), "is in force already"),
        (cell.signed(cell.document(path)), "is in force already"),
        (cell.signed(cell.document(path, lost=[{"kid": "k"}], version=9)), "is no trust list"),
        (cell.signed(cell.document(path, kind="testament", version=9)), "is no agreement"),
        ({**cell.signed(agreed), "document": {}}, "cannot be read"),
    ):
        answer = await cell.propose(signed)
        assert (answer.status_code, answer.json()["errors"][0]["msg"]) == (422, why)
    assert (await cell.propose(cell.signed(agreed), who="th.clerk")).status_code == 403
    assert (await cell.ask("GET", PLACE)).json()["items"] == []


async def test_what_came_into_force_meanwhile_is_not_undone_by_what_was_put_in_before(cell: Operated) -> None:
    older = await cell.proposed(cell.signed(cell.document(version=2)))
    assert (await cell.propose(cell.signed(cell.document(version=2, fields=[])))).status_code == 409
    newer = await cell.proposed(cell.signed(cell.document(version=3, fields=["cor_FullName"])))
    assert (await cell.confirm(newer)).status_code == 200
    await cell.look()
    refused = await cell.confirm(older)
    assert refused.json()["errors"][0]["msg"] == "th-kh is older than the version in force"
    assert (await cell.ask("POST", f"{older}/withdraw")).status_code == 200  # nothing of it counted
    assert (await cell.confirm(older)).status_code == 412
    await cell.look()
    assert cell.trust.agreements["th-kh"].terms.fields == ("cor_FullName",)


@pytest.mark.parametrize("verb", TrustDocumentVerb)
@pytest.mark.parametrize("state", TrustDocumentState)
@pytest.mark.parametrize("by", [ONE, OTHER])
@pytest.mark.parametrize("there", [{ONE, OTHER}, {OTHER}])
def test_a_trust_document_moves_from_where_the_table_says_and_no_one_confirms_their_own(
    state: TrustDocumentState, verb: TrustDocumentVerb, by: str, there: set[str]
) -> None:
    name = TrustDocumentName("th-kh", 2, "a" * 64, now())
    made, [moved] = TrustDocument.propose(uuid4(), name, TICKET, ONE, now())
    assert moved.state is TrustDocumentState.PROPOSED
    made.state = state
    confirms = verb is TrustDocumentVerb.CONFIRM
    move = partial(made.confirm, operators=there) if confirms else made.withdraw
    allowed = verb in MOVES[state] and ((by == OTHER and ONE in there) or not confirms)
    assert made.lets(verb, by, now(), there) is allowed
    if not allowed:
        with pytest.raises((ProposerGone, SameProposer, WrongTrustDocumentState)):
            move(by, now())
        return
    [moved] = move(by, now())
    assert (moved.state, made.decided_by, made.version) == (MOVES[state][verb], by, 2)


async def test_what_somebody_put_in_who_is_no_operator_any_more_is_confirmed_by_nobody(
    cell: Operated,
) -> None:
    leaving = "th.leaving-operator"

    async def staffed(*names: str) -> None:
        staff = tuple(StaffMember(worker=one, roles=("operator",)) for one in names)
        await cell.harness.deliver(StaffChangedV1(organisation="th-operations", staff=staff))

    await staffed(OTHER, leaving)
    made = await cell.propose(cell.signed(cell.document(version=2)), leaving)
    place = f"{PLACE}/{made.json()['id']}"
    await staffed(OTHER)
    answer = await cell.confirm(place)
    assert (answer.status_code, answer.json().get("code")) == (409, "proposer-gone")
    shown = (await cell.ask("GET", place, who=OTHER)).json()
    assert [move["verb"] for move in shown["moves"]] == ["withdraw_trust_document"]
    await cell.look()
    assert cell.trust.agreements["th-kh"].terms.version == 1
