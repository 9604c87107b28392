"""The other half of a case: asked for by an auditor, released or refused by the partner's, and shown beside one's own half."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from contracts.border.extract import MAX_OPEN
from contracts.codes import codes
from contracts.events.access import RecordReadV1
from contracts.events.directory import DirectoryChangedV1
from contracts.events.exchange import DisclosureReceivedV1, RecallReceivedV1
from contracts.events.extracts import (
    ExtractAskedV1,
    ExtractDeclinedV1,
    ExtractReceivedV1,
    ExtractRetractedV1,
)
from contracts.events.intake import CaseErasedV1, DisclosureClosedV1
from contracts.merkle import stands_in
from services.audit.app import VERSIONS, build
from services.audit.domain.extract import ExtractState, Refusal
from services.audit.domain.other_half import ON_ITS_WAY
from services.audit.settings import Settings
from services.audit.use_cases import ExtractQuestion, request_extract
from tests.audit.making import agreed, authorised, received, sealed, suspended
from tests.audit.test_api import HASH
from tests.audit.test_entries import by_somebody
from tests.harness import later, running

REASON = "unanswered-recall"


async def sent(audit, case=None, cell="KH"):
    """A disclosure that left for a partner."""
    told = authorised(case or uuid4(), uuid4()).model_copy(update={"recipient_cell": cell})
    for event in (told, sealed(told, cell)):
        await audit.deliver(event)
    return told


async def ask(audit, method, path, body=None, role="auditor", **more):
    return await audit.client.request(method, path, json=body, headers=audit.as_(role), **more)


async def asked(audit, told, **more):
    return await ask(audit, "POST", "/v1/extracts", {"case_id": str(told.case_id), "reason": REASON, **more})


async def said(audit, type_):
    return [body for kind, body in await audit.said() if kind == type_]


@pytest.fixture
async def th(postgres, tmp_path):
    async with running("audit", build, VERSIONS, Settings, postgres, tmp_path / "th", vault=False) as harness:
        await harness.deliver(agreed())
        yield harness


@pytest.fixture(autouse=True)
def folders(tmp_path):
    for name in ("th", "kh"):
        (tmp_path / name).mkdir()


@pytest.fixture
async def kh(postgres, tmp_path):
    """The partner's log: it received a disclosure from TH, read it, and closed it after a recall; and one from VN besides."""
    async with running(
        "audit", build, VERSIONS, Settings, postgres, tmp_path / "kh", vault=False, cell="KH"
    ) as harness:
        await harness.deliver(agreed())
        yield harness


async def arrived(kh, told):
    """The partner's half of a disclosure from TH. Answers its case there."""
    case, matter = uuid4(), {"disclosure_id": told.disclosure_id, "referral_id": told.referral_id}
    came = received(case, told.disclosure_id).model_dump() | {
        "referral_id": told.referral_id,
        "sender": "th-care-agency",
        "sender_cell": "TH",
        "recipient": "kh-reintegration-agency",
    }
    await kh.deliver(
        DirectoryChangedV1(
            organisation="kh-reintegration-agency",
            cell="KH",
            role="reintegration",
            version=1,
            status="active",
            org_type="NGO",
            services=(),
        )
    )
    await by_somebody(
        kh, DisclosureReceivedV1(**came), "system:exchange", organisation="kh-reintegration-agency"
    )
    read = {"case_id": case, "resource": "received-fields", "resource_id": told.disclosure_id}
    for allowed in (True, False):
        await by_somebody(
            kh,
            RecordReadV1(**read, allowed=allowed),
            "kh.worker",
            publisher="intake",
            organisation="kh-reintegration-agency",
        )
    await kh.deliver(RecordReadV1(case_id=case, resource="case-fields"), publisher="intake")
    await kh.deliver(
        RecallReceivedV1(case_id=case, **matter, sender_cell="TH", reason="withdrawn", at=later(0))
    )
    await kh.deliver(DisclosureClosedV1(case_id=case, disclosure_id=told.disclosure_id, answer="erased"))
    return case


async def brought(th, kh, times=1):
    """The border's part: every request of TH arrives in KH."""
    for body in await said(th, "extract.requested.v1"):
        for _ in range(times):
            await kh.deliver(
                ExtractAskedV1(
                    request_id=body["request_id"],
                    sender_cell="TH",
                    about=body["about"],
                    reason=body["reason"],
                    at=later(0),
                )
            )


async def taken_back(kh, about, *ids, cell="TH"):
    """The border's part: these requests are taken back, in KH."""
    for request_id in ids:
        ours = {"request_id": request_id, "about": about, "reason": REASON}
        await kh.deliver(ExtractRetractedV1(**ours, sender_cell=cell, at=later(0)))


async def brought_back(kh, th):
    """Every part and refusal of KH arrives in TH."""
    for body in await said(kh, "extract.prepared.v1"):
        told = {name: body[name] for name in ("request_id", "part", "parts", "withheld", "head", "entries")}
        await th.deliver(ExtractReceivedV1(**told, sender_cell="KH", at=later(0)))
    for body in await said(kh, "extract.refused.v1"):
        await th.deliver(
            ExtractDeclinedV1(
                request_id=body["request_id"], sender_cell="KH", reason=body["reason"], at=later(0)
            )
        )


async def shown(audit, request_id):
    answer = await ask(audit, "GET", f"/v1/extracts/{request_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def released(kh, request_id, **more):
    seen = await shown(kh, request_id)
    answer = await ask(
        kh, "POST", f"/v1/extracts/{request_id}/release", {"position": seen["position"], **more}
    )
    if answer.status_code == 200:
        assert await kh.work() == 1
    return answer


async def test_the_partners_auditor_sees_what_would_be_released_releases_it_and_both_halves_stand_by_time(
    th, kh
):
    told = await sent(th)
    case = await arrived(kh, told)
    request_id = (await asked(th, told)).json()["id"]
    await brought(th, kh, times=2)
    [listed] = (await ask(kh, "GET", "/v1/extracts", params={"direction": "in"})).json()["items"]
    assert (listed["id"], listed["state"], listed["case_id"], listed["asked_by"]) == (
        request_id,
        "open",
        None,
        None,
    )
    seen = await shown(kh, request_id)
    assert [move["verb"] for move in seen["moves"]] == ["release_extract", "refuse_extract"]
    assert [(one["event"], one["role"], one["code"]) for one in seen["entries"]] == [
        ("disclosure.received.v1", "reintegration", None),
        ("record.read.v1", "reintegration", "received-fields"),
        ("recall.received.v1", None, None),
        ("disclosure.closed.v1", None, "erased"),
    ]
    assert {one["case_id"] for one in seen["entries"]} == {str(case)}
    assert (await released(kh, request_id)).status_code == 200
    [part] = await said(kh, "extract.prepared.v1")
    await brought_back(kh, th)
    answered = await shown(th, request_id)
    assert (answered["state"], answered["withheld"], answered["moves"]) == ("released", 0, [])
    account = (await ask(th, "GET", f"/v1/trails/{told.case_id}/account")).json()
    halves = [(one["cell"], one["event"]) for one in account["halves"]["items"]]
    assert halves == [
        ("TH", "disclosure.authorised.v1"),
        ("TH", "envelope.sealed.v1"),
        *(("KH", one["event"]) for one in part["entries"]),
    ]
    pages = []
    for after in (None, "next"):
        query = {"limit": 3} | ({"after": pages[0]["next"]} if after else {})
        answer = await ask(th, "GET", f"/v1/trails/{told.case_id}/halves", params=query)
        pages.append(answer.json())
    hashes = [one["hash"] for one in account["halves"]["items"]]
    assert [one["hash"] for page in pages for one in page["items"]] == hashes


async def test_both_halves_stay_after_her_erasure_as_the_log_does(th, kh):
    told = await sent(th)
    await arrived(kh, told)
    request_id = (await asked(th, told)).json()["id"]
    await brought(th, kh)
    await released(kh, request_id)
    await brought_back(kh, th)
    path = f"/v1/trails/{told.case_id}/halves"
    before = (await ask(th, "GET", path)).json()["items"]
    await th.deliver(CaseErasedV1(case_id=told.case_id, at=later(0), epoch="2026-11"))
    assert (await ask(th, "GET", path)).json()["items"] == before != []


async def test_what_is_released_has_no_case_no_worker_and_no_organisation_and_is_proved_to_stand_in_the_log(
    th, kh
):
    told = await sent(th)
    case = await arrived(kh, told)
    request_id = (await asked(th, told)).json()["id"]
    await brought(th, kh)
    await released(kh, request_id)
    [(_, part)] = [(kind, body) for kind, body in await kh.said() if kind == "extract.prepared.v1"]
    for secret in (str(case), "kh.worker", "kh-reintegration-agency", "withdrawn"):
        assert secret not in str(part)
    head = part["head"]
    for one in part["entries"]:
        assert stands_in(one["entry"], one["hash"], one["path"], head["entries"], head["root"])
    assert stands_in(head["entries"], head["hash"], head["path"], head["entries"], head["root"])
    [decision] = await said(kh, "extract.released.v1")
    assert (decision["case_id"], decision["entries"]) == (
        str(case),
        [one["entry"] for one in part["entries"]],
    )


async def came_later(kh, case, told, sent_back):
    """After the look: a reading, a recall, and a seal by which a disclosure that waited crosses."""
    await kh.deliver(
        RecordReadV1(case_id=case, resource="received-fields", resource_id=told.disclosure_id),
        publisher="intake",
    )
    matter = {"disclosure_id": told.disclosure_id, "referral_id": told.referral_id}
    await kh.deliver(
        RecallReceivedV1(case_id=case, **matter, sender_cell="TH", reason="withdrawn", at=later(0))
    )
    await kh.deliver(sealed(sent_back, "TH"))


async def test_in_part_the_partner_is_told_how_many_were_withheld_and_nothing_that_came_later_goes(th, kh):
    told = await sent(th)
    case = await arrived(kh, told)
    sent_back = authorised(case, uuid4()).model_copy(
        update={"recipient_cell": "TH", "referral_id": told.referral_id}
    )
    await kh.deliver(sent_back)
    request_id = (await asked(th, told)).json()["id"]
    await brought(th, kh)
    seen = await shown(kh, request_id)
    withheld = seen["entries"][1]["entry"]
    await came_later(kh, case, told, sent_back)
    path = f"/v1/extracts/{request_id}/release"
    for wrong in ({"position": 10**6}, {"position": seen["position"], "withheld": [withheld + 10**6]}):
        assert (await ask(kh, "POST", path, wrong)).status_code == 422
    everything = [one["entry"] for one in seen["entries"]]
    nothing = {"position": seen["position"], "withheld": everything}
    assert (await ask(kh, "POST", path, nothing)).status_code == 422
    done = await ask(kh, "POST", path, {"position": seen["position"], "withheld": [withheld]})
    assert done.status_code == 200
    await kh.work()
    [part] = await said(kh, "extract.prepared.v1")
    assert [one["entry"] for one in part["entries"]] == [one for one in everything if one != withheld]
    await brought_back(kh, th)
    assert (await shown(th, request_id))["withheld"] == 1
    again = await ask(kh, "POST", path, {"position": seen["position"]})
    assert (again.status_code, again.json()["code"]) == (409, "wrong-state")


async def test_a_disclosure_goes_though_the_seal_by_which_it_crossed_is_withheld(th, kh):
    told = await sent(th)
    case = await arrived(kh, told)
    sent_back = authorised(case, uuid4()).model_copy(
        update={"recipient_cell": "TH", "referral_id": told.referral_id}
    )
    for event in (sent_back, sealed(sent_back, "TH")):
        await kh.deliver(event)
    request_id = (await asked(th, told)).json()["id"]
    await brought(th, kh)
    *_, disclosure, seal = [one["entry"] for one in (await shown(kh, request_id))["entries"]]
    assert (await released(kh, request_id, withheld=[seal])).status_code == 200
    [part] = await said(kh, "extract.prepared.v1")
    assert part["entries"][-1]["entry"] == disclosure


async def test_a_refusal_is_told_with_its_code_and_moves_nothing_afterwards(th, kh):
    told = await sent(th)
    await arrived(kh, told)
    request_id = (await asked(th, told)).json()["id"]
    await brought(th, kh)
    path = f"/v1/extracts/{request_id}/refuse"
    assert (await ask(kh, "POST", path, {"reason": "too-many-open"})).status_code == 422
    assert (await ask(kh, "POST", path, {"reason": "endangers-her"})).status_code == 200
    await brought_back(kh, th)
    answered = await shown(th, request_id)
    assert (answered["state"], answered["refusal"]) == ("refused", "endangers-her")
    assert (await released(kh, request_id)).status_code == 409
    assert (await ask(th, "POST", path, {"reason": "endangers-her"})).status_code == 409
    assert set(Refusal) < set(codes("extract_refusal"))
    assert set(ExtractState) == set(codes("extract_state"))


async def test_of_what_came_from_elsewhere_or_never_came_the_partner_is_shown_nothing_and_the_two_look_the_same(
    kh,
):
    from_vn = authorised(uuid4(), uuid4())
    came = received(uuid4(), from_vn.disclosure_id).model_copy(update={"sender_cell": "VN"})
    await kh.deliver(came)
    for about in (from_vn.disclosure_id, uuid4()):
        request_id = uuid4()
        await kh.deliver(
            ExtractAskedV1(
                request_id=request_id, sender_cell="TH", about=(about,), reason=REASON, at=later(0)
            )
        )
        assert (await shown(kh, request_id))["entries"] == []
        assert (await released(kh, request_id)).status_code == 422


async def test_only_what_crossed_to_that_partner_in_that_case_can_be_asked_about(th):
    told = await sent(th)
    unsent, elsewhere = authorised(told.case_id, uuid4()), await sent(th, told.case_id, "VN")
    other = await sent(th)
    await th.deliver(unsent)
    early = await asked(th, told, partner="KH", about=[str(unsent.disclosure_id)])
    assert (early.status_code, early.json()["code"]) == (503, "unavailable")
    minute_later = later(ON_ITS_WAY.total_seconds())
    th.service.database.clock = lambda: minute_later
    for about in (unsent.disclosure_id, elsewhere.disclosure_id, other.disclosure_id, uuid4()):
        answer = await asked(th, told, partner="KH", about=[str(about)])
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert (await asked(th, told)).status_code == 422  # to two partners: which?
    assert (await asked(th, SimpleNamespace(case_id=uuid4()))).status_code == 404
    assert (await asked(th, told, partner="KH")).status_code == 201
    [request] = await said(th, "extract.requested.v1")
    assert set(map(UUID, request["about"])) == {told.disclosure_id, told.referral_id}


@pytest.mark.parametrize(
    "changed",
    [agreed(version=2, extract_reasons=()), agreed(version=2, valid_until=later(-1)), suspended()],
    ids=["without the clause", "over", "suspended"],
)
async def test_an_agreement_that_does_not_allow_it_is_in_the_way_of_asking_and_of_releasing(th, kh, changed):
    told = await sent(th)
    await arrived(kh, told)
    request_id = (await asked(th, told)).json()["id"]
    await brought(th, kh)
    await th.deliver(changed)
    await kh.deliver(changed)
    assert (await asked(th, await sent(th))).status_code == 422
    assert (await released(kh, request_id)).status_code == 422
    assert (
        await ask(kh, "POST", f"/v1/extracts/{request_id}/refuse", {"reason": "own-inquiry"})
    ).status_code == 200


@pytest.mark.parametrize(
    "then", [suspended(state="withdrawn"), agreed(version=2)], ids=["lifted", "signed anew"]
)
async def test_what_a_suspended_agreement_keeps_is_asked_and_released_when_it_counts_again(th, kh, then):
    told = await sent(th)
    await arrived(kh, told)
    request_id = (await asked(th, told)).json()["id"]
    await brought(th, kh)
    for audit in (th, kh):
        await audit.deliver(suspended())
        await audit.deliver(then)
    assert (await asked(th, await sent(th))).status_code == 201
    assert (await released(kh, request_id)).status_code == 200


async def test_who_fishes_waits_for_a_person_after_so_many_and_is_told_nothing_more(th, kh):
    told = await sent(th)
    await arrived(kh, told)
    for _ in range(MAX_OPEN + 2):
        ours = {"request_id": uuid4(), "about": (told.disclosure_id,), "reason": REASON}
        await kh.deliver(ExtractAskedV1(**ours, sender_cell="TH", at=later(0)))
    assert [one["reason"] for one in await said(kh, "extract.refused.v1")] == ["too-many-open"] * 2
    items = (await ask(kh, "GET", "/v1/extracts", params={"state": "open"})).json()["items"]
    assert len(items) == MAX_OPEN
    for _ in range(MAX_OPEN):
        answer = await asked(th, await sent(th))
        assert answer.status_code == 201, answer.text
    answer = await asked(th, await sent(th))
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many")


async def test_the_same_question_waits_once_and_one_without_an_answer_in_time_is_overdue_on_both_lists(
    th, kh
):
    told = await sent(th)
    request_id = (await asked(th, told)).json()["id"]
    again = await asked(th, told)
    assert (again.status_code, again.json()["code"]) == (409, "already-there")
    await brought(th, kh)
    for audit in (th, kh):
        now = audit.service.database.clock()
        late = (await ask(audit, "GET", "/v1/extracts", params={"overdue": "true"})).json()["items"]
        assert late == []
        audit.service.database.clock = lambda now=now: now + timedelta(days=15)
        [late] = (await ask(audit, "GET", "/v1/extracts", params={"overdue": "true"})).json()["items"]
        assert (late["id"], late["overdue"]) == (request_id, True)


async def test_a_question_that_is_taken_back_is_asked_anew_and_what_is_answered_then_is_no_answer(th, kh):
    told = await sent(th)
    await arrived(kh, told)
    request_id = (await asked(th, told)).json()["id"]
    assert [move["verb"] for move in (await shown(th, request_id))["moves"]] == ["withdraw_extract"]
    await brought(th, kh)
    path = f"/v1/extracts/{request_id}/withdraw"
    assert (await ask(kh, "POST", path)).status_code == 409
    assert (await ask(th, "POST", path)).status_code == 200
    await released(kh, request_id)
    await brought_back(kh, th)
    ours = await shown(th, request_id)
    assert (ours["state"], ours["moves"]) == ("withdrawn", [])
    account = (await ask(th, "GET", f"/v1/trails/{told.case_id}/account")).json()
    assert {one["cell"] for one in account["halves"]["items"]} == {"TH"}
    [withdrawn] = await said(th, "extract.withdrawn.v1")
    assert (withdrawn["case_id"], withdrawn["request_id"]) == (str(told.case_id), request_id)
    assert (await ask(th, "POST", path)).status_code == 409
    assert (await asked(th, told)).status_code == 201


async def test_what_the_partner_took_back_is_released_by_nobody_not_even_while_the_proofs_are_made(th, kh):
    told = await sent(th)
    await arrived(kh, told)
    request_id = (await asked(th, told)).json()["id"]
    await brought(th, kh)
    position = (await shown(kh, request_id))["position"]
    await taken_back(kh, (told.disclosure_id,), request_id, cell="VN")
    path = f"/v1/extracts/{request_id}/release"
    assert (await ask(kh, "POST", path, {"position": position})).status_code == 200
    await taken_back(kh, (told.disclosure_id,), request_id)
    await kh.work()
    theirs = await shown(kh, request_id)
    assert (theirs["state"], theirs["moves"], await said(kh, "extract.prepared.v1")) == ("withdrawn", [], [])
    assert (theirs["answered_by"], theirs["answered_at"]) == (None, None)
    for verb, body in (("release", {"position": theirs["position"]}), ("refuse", {"reason": "own-inquiry"})):
        assert (await ask(kh, "POST", f"/v1/extracts/{request_id}/{verb}", body)).status_code == 409


async def test_what_was_taken_back_before_it_came_is_not_open_when_it_comes_and_what_was_answered_stays(
    th, kh
):
    told = await sent(th)
    await arrived(kh, told)
    request_id = (await asked(th, told)).json()["id"]
    await taken_back(kh, (told.disclosure_id,), request_id)
    await brought(th, kh)
    assert (await shown(kh, request_id))["state"] == "withdrawn"
    refused, sent_off = uuid4(), uuid4()
    for answered in (refused, sent_off):
        ours = {"request_id": answered, "about": (told.disclosure_id,), "reason": REASON}
        await kh.deliver(ExtractAskedV1(**ours, sender_cell="TH", at=later(0)))
    await ask(kh, "POST", f"/v1/extracts/{refused}/refuse", {"reason": "own-inquiry"})
    await released(kh, sent_off)
    await taken_back(kh, (told.disclosure_id,), refused, sent_off)
    assert [(await shown(kh, one))["state"] for one in (refused, sent_off)] == ["refused", "released"]


async def test_who_takes_back_asks_no_more_often_for_it(kh):
    ids = [uuid4() for _ in range(MAX_OPEN + 1)]
    await taken_back(kh, (uuid4(),), *ids)
    assert (await ask(kh, "GET", f"/v1/extracts/{ids[-1]}")).status_code == 404
    ours = {"request_id": ids[-1], "about": (uuid4(),), "reason": REASON, "sender_cell": "TH"}
    await kh.deliver(ExtractAskedV1(**ours, at=later(0)))
    assert [one["reason"] for one in await said(kh, "extract.refused.v1")] == ["too-many-open"]
    before = kh.service.database.clock()
    kh.service.database.clock = lambda: before + timedelta(days=15)
    await kh.deliver(ExtractAskedV1(**{**ours, "request_id": uuid4()}, at=later(0)))
    assert len((await ask(kh, "GET", "/v1/extracts", params={"state": "open"})).json()["items"]) == 1


async def test_what_is_overdue_keeps_nobody_from_asking_and_the_answer_says_when(th):
    await th.deliver(agreed(version=2, valid_until=later(30 * 86_400)))
    before = th.service.database.clock()
    for days in (0, *(1 for _ in range(MAX_OPEN - 1))):
        th.service.database.clock = lambda days=days: before + timedelta(days=days)
        assert (await asked(th, await sent(th))).status_code == 201
    answer = await asked(th, await sent(th))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(13 * 24 * 3600))
    th.service.database.clock = lambda: before + timedelta(days=14, seconds=1)
    assert (await asked(th, await sent(th))).status_code == 201
    assert (await asked(th, await sent(th))).status_code == 429


async def test_the_same_question_asked_twice_at_once_waits_once(th):
    told = await sent(th)
    question = ExtractQuestion(told.case_id, REASON, None, None)
    other, database = SimpleNamespace(cell="TH", subject="th.other"), th.service.database
    async with database.transaction(database.system()) as tx:
        await request_extract(tx, other, question)
        second = asyncio.create_task(asked(th, told))
        await asyncio.wait([second], timeout=0.3)
    assert (await second).status_code == 409
    assert len(await said(th, "extract.requested.v1")) == 1


async def test_what_nobody_asked_for_or_another_cell_answers_changes_nothing(th):
    told = await sent(th)
    request_id = (await asked(th, told)).json()["id"]
    head = {"entries": 1, "hash": HASH, "root": HASH, "path": ()}
    entry = {
        "entry": 1,
        "at": later(0),
        "event": "disclosure.received.v1",
        "about": told.disclosure_id,
        "hash": HASH,
        "path": (),
    }
    part = {"part": 1, "parts": 1, "withheld": 0, "head": head, "entries": (entry,), "at": later(0)}
    for one, cell in ((uuid4(), "KH"), (request_id, "VN")):
        await th.deliver(ExtractReceivedV1(request_id=one, sender_cell=cell, **part))
        await th.deliver(ExtractDeclinedV1(request_id=one, sender_cell=cell, at=later(0)))
    assert (await shown(th, request_id))["state"] == "open"
    assert await th.parked() == []


@pytest.mark.parametrize("cell", ["KH", "VN"])
async def test_a_partner_that_asks_under_the_identifier_of_our_question_is_not_heard(th, cell):
    told = await sent(th)
    await th.deliver(agreed(agreement_id="th-vn", cells=("TH", "VN")))
    request_id = (await asked(th, told)).json()["id"]
    await th.deliver(
        ExtractAskedV1(
            request_id=request_id, sender_cell=cell, about=(told.disclosure_id,), reason=REASON, at=later(0)
        )
    )
    [ours] = (await ask(th, "GET", "/v1/extracts")).json()["items"]
    assert (ours["direction"], ours["partner"]) == ("out", "KH")
    answer = await ask(
        th,
        "POST",
        f"/v1/extracts/{request_id}/release",
        {"position": (await shown(th, request_id))["position"]},
    )
    assert answer.status_code == 409


async def test_the_question_and_each_look_at_the_answer_stand_in_the_log(th, kh):
    told = await sent(th)
    case = await arrived(kh, told)
    request_id = (await asked(th, told)).json()["id"]
    await brought(th, kh)
    await shown(kh, request_id)
    assert (str(told.case_id), "trail") in [
        (one["case_id"], one["resource"]) for one in await said(th, "record.read.v1")
    ]
    assert [(one["case_id"], one["resource"]) for one in await said(kh, "record.read.v1")] == [
        (str(case), "trail")
    ]
    [looked] = await said(kh, "log.read.v1")
    assert (looked["view"], looked["sought_id"]) == ("extracts", request_id)


async def test_whoever_reads_of_a_question_about_a_case_stands_on_its_trail_and_which_cell_was_looked_for_in_the_log(
    th,
):
    told = await sent(th)
    request_id = (await asked(th, told)).json()["id"]
    for read in (f"/{request_id}", f"?case_id={told.case_id}", "?partner=KH"):
        before = len(await said(th, "record.read.v1"))
        assert (await ask(th, "GET", f"/v1/extracts{read}")).status_code == 200
        of_case = [one["case_id"] for one in (await said(th, "record.read.v1"))[before:]]
        assert of_case == ([] if "partner" in read else [str(told.case_id)]), read
    unknown = uuid4()
    for of in (f"/v1/extracts?case_id={unknown}", f"/v1/trails/{unknown}"):
        assert (await ask(th, "GET", of)).status_code == 404, "an empty page would say that nothing was asked"
    await th.deliver(agreed(agreement_id="th-vn", cells=("TH", "VN")))
    await ask(th, "GET", "/v1/recalls?partner=VN")
    cells = [(one["view"], one["sought_cell"]) for one in await said(th, "log.read.v1")]
    assert cells[-2:] == [("extracts", "KH"), ("recalls", "VN")]


@pytest.mark.parametrize("path", ["/v1/recalls", "/v1/extracts"])
async def test_a_partner_that_this_cell_never_had_is_not_found_and_one_with_which_nothing_is_open_is(
    th, path
):
    await th.deliver(agreed(agreement_id="th-vn", cells=("TH", "VN")))
    for cell, status in (("LA", 404), ("TH", 404), ("VN", 200)):
        assert (await ask(th, "GET", f"{path}?partner={cell}")).status_code == status, cell
    assert [one["sought_cell"] for one in await said(th, "log.read.v1")] == ["VN"]
