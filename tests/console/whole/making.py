"""The makers of what pages are about: each makes one thing of its kind anew, and answers the identifier by which addresses name it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.events.casework import TaskRaisedV1
from contracts.events.extracts import ExtractAskedV1
from services.console.operation_answers import ParkedEvent
from tests.audit import making as auditing
from tests.consent import making as consenting
from tests.consent.test_hand_overs import received as handed_over
from tests.console.test_operating import failed_work
from tests.referral.making import RECIPIENT, SENDER, received
from tests.returns import making as returning

REASON = {"hold": {"reason": "awaiting-person"}}
LAW = "th-personal-data-26-1"
BODIES = {**returning.RETURNING, "assess": {"result": "safe", "grounds": "Nobody waits for her."}}
UNTIL_DECIDED = ("counsel", "decide")
UNTIL_ASSESSED = (*UNTIL_DECIDED, "confirm", "fitness", "checks", "assess")


async def proposed(whole) -> str:
    """A change of the directory that the other operator wants."""
    whole.proposals += 1
    wish = {
        "change": "add-organisation", "organisation": f"th-house-{whole.proposals}", "name": "House", "ticket": "OPS-12",
        "role": "shelter", "type": "NGO",
    }  # fmt: skip
    return (await whole.ask("th.other-operator", "directory", "POST", "/v1/proposals", json=wish))["id"]


async def consented(whole) -> str:
    form = consenting.answer(categories=["identity", "needs"])
    path = f"/v1/cases/{whole.made['case_id']}/consents"
    return (await whole.ask("th.worker", "consent", "POST", path, json=form))["id"]


async def left_out(whole) -> str:
    """A leave whose cover does not see one case."""
    made, case = await leave(whole), await whole.workplace.case()
    path, form = f"/v1/leaves/{made}/exclude", {"case_id": case}
    await whole.ask("th.supervisor", "intake", "POST", path, json=form)
    return made


async def asked_of(whole, age_group: str = "adult", basis: str = "assessment") -> str:
    """A case of which consent has heard, too."""
    case, person, service = UUID(await whole.workplace.case()), uuid4(), whole.services["consent"]
    await service.service.vault.create(person)
    age = consenting.age_known(case, age_group, basis)
    for event in (consenting.case_opened(case, person), age):
        await service.deliver(event)
    return str(case)


async def guarded(whole) -> str:
    """A guardian has spoken for a child, and nobody has confirmed it."""
    child = await asked_of(whole, "child", "unknown")
    form = consenting.answer(**consenting.GUARDED)
    path = f"/v1/cases/{child}/consents"
    return (await whole.ask("th.worker", "consent", "POST", path, json=form))["id"]


async def protection(whole, by: str = "th.worker") -> str:
    """Somebody says that she cannot be asked."""
    form = {"recipient": "th-shelter", "law": LAW, "reasons": "unconscious"}
    path = f"/v1/cases/{await asked_of(whole)}/protections"
    return (await whole.ask(by, "consent", "POST", path, json=form))["id"]


async def protected(whole) -> str:
    """A colleague asked, a second one approved, and nobody has looked at it since."""
    consent_id = await protection(whole, "th.newcomer")
    path = f"/v1/protections/{consent_id}"
    seen = await whole.version("th.second", "consent", path)
    await whole.ask("th.second", "consent", "POST", f"{path}/approve", seen=seen)
    return consent_id


async def granted(whole) -> str:
    """What was disclosed for one case, another received: the case and the disclosure."""
    sent = await asked_of(whole)
    form = consenting.answer()
    await whole.ask("th.worker", "consent", "POST", f"/v1/cases/{sent}/consents", json=form)
    case, person, service = await whole.workplace.case(), uuid4(), whole.services["consent"]
    await service.service.vault.create(person)
    referral = consenting.referral_sent(UUID(sent))
    for event in (
        consenting.case_opened(UUID(case), person), referral, handed_over(UUID(case), person, referral.referral_id)
    ):  # fmt: skip
        await service.deliver(event)
    return f"{case}.{consenting.disclosure_of(referral.referral_id)}"


async def linked(whole) -> str:
    """A case of hers that is linked with another: the case and the link."""
    case, other = await whole.workplace.case(), await whole.workplace.case()
    form = {"other_case_id": other, "relation": "child"}
    path = f"/v1/cases/{case}/dependants/link"
    return f"{case}.{(await whole.ask('th.supervisor', 'intake', 'POST', path, json=form))['id']}"


async def imported(whole) -> str:
    """A file of the officer, with one case."""
    content = b"cor_ExternalId,prs_FirstName\n%s,Dara\n" % uuid4().hex.encode()
    files = {"file": ("cases.csv", content)}
    return (await whole.ask("th.officer", "interchange", "POST", "/v1/imports", files=files))["id"]


async def exported(whole) -> str:
    """A file of cases that the worker may fetch."""
    form = {"format": "csv"}
    made = (await whole.ask("th.worker", "interchange", "POST", "/v1/exports", json=form))["id"]
    while await whole.services["interchange"].work():
        pass
    return made


async def returnable(whole) -> str:
    """A case of an adult whom the receiver has accepted."""
    case, person, service = UUID(await whole.workplace.case()), uuid4(), whole.services["returns"]
    await service.service.vault.create(person)
    accepted_there = returning.accepted(case, uuid4())
    for event in (returning.opened(case, person), returning.age_group(case), accepted_there):
        await service.deliver(event)
    await service.grant_access(case, SENDER, ("th.worker",))
    return str(case)


async def returned(whole, *verbs: str) -> str:
    """A return, after these verbs."""
    form = {"case_id": await returnable(whole), "receiver": RECIPIENT, "receiver_cell": "KH"}
    made = (await whole.ask("th.worker", "returns", "POST", "/v1/returns", json=form))["id"]
    for verb in verbs:
        body = returning.departure() if verb == "depart" else BODIES.get(verb)
        by = "th.supervisor" if verb == "assess" else "th.worker"
        await whole.ask(by, "returns", "POST", f"/v1/returns/{made}/{verb}", json=body)
    return made


def after(*verbs: str) -> Callable[[Any], Awaitable[str]]:
    return lambda whole: returned(whole, *verbs)


async def coming(whole) -> str:
    """A return of which the other country told: she has left, and comes to this agency."""
    case, return_id = UUID(await returnable(whole)), uuid4()
    came = {"sender": RECIPIENT, "sender_cell": "KH", "recipient": SENDER}
    expected = {
        "expected_at": datetime.now(UTC) + timedelta(hours=20),
        "handover": "airport",
        "escorted": True,
    }
    for event in (
        returning.process(case, return_id, "return.cleared", "safe", **came),
        returning.process(case, return_id, "return.departed", **came, **expected),
    ):
        await whole.services["returns"].deliver(event)
    return str(return_id)


async def arrived(whole, *moves: str) -> str:
    """A referral that came from the other country to the case, after these moves."""
    referral_id = uuid4()
    came = {"sender": RECIPIENT, "sender_cell": "KH", "recipient": SENDER}
    await whole.services["referral"].deliver(received(UUID(whole.made["case_id"]), referral_id, **came))
    for verb in moves:
        path, body = f"/v1/referrals/{referral_id}/{verb}", REASON.get(verb)
        await whole.ask("th.worker", "referral", "POST", path, json=body)
    return str(referral_id)


async def accepted(whole) -> str:
    return await arrived(whole, "accept")


async def started(whole) -> str:
    return await arrived(whole, "accept", "start")


async def paused(whole) -> str:
    return await arrived(whole, "accept", "start", "hold")


async def unreferred(whole) -> str:
    """A case of the worker about which nobody is asked yet."""
    case = await whole.workplace.case({"cor_FullName": "Sokhavy"})
    await whole.services["referral"].grant_access(UUID(case), SENDER, ("th.worker",))
    return case


async def drafted(whole) -> str:
    form = {
        "case_id": await unreferred(whole), "recipient": RECIPIENT, "service": "reintegration",
        "purpose": "return-and-reintegration", "urgency": "urgent", "fields": ["cor_FullName", "cor_Needs"],
    }  # fmt: skip
    return (await whole.ask("th.worker", "referral", "POST", "/v1/referrals", json=form))["id"]


async def begun(whole) -> str:
    """An intake of the officer."""
    form = {"channel": "screening-unit", "fields": {"cor_FullName": "Dara"}}
    return (await whole.ask("th.officer", "intake", "POST", "/v1/drafts", json=form))["id"]


async def submitted(whole) -> str:
    path = f"/v1/drafts/{await begun(whole)}/submit"
    return (await whole.ask("th.officer", "intake", "POST", path))["id"]


async def abandoned(whole) -> str:
    draft = await begun(whole)
    reason = {"reason": "ended"}
    await whole.ask("th.officer", "intake", "POST", f"/v1/drafts/{draft}/abandon", json=reason)
    return draft


async def screening(whole) -> str:
    """A checklist that the worker began."""
    path = f"/v1/cases/{whole.made['case_id']}/screening-drafts"
    form = {"checklist": "field-adult"}
    return (await whole.ask("th.worker", "intake", "POST", path, json=form))["id"]


async def screened(whole) -> str:
    """A checklist that was submitted: the case and the screening."""
    case = whole.made["case_id"]
    form = {"checklist": "field-adult", "answers": {await asked_first(whole): "no"}}
    path = f"/v1/cases/{case}/screenings"
    return f"{case}.{(await whole.ask('th.worker', 'intake', 'POST', path, json=form))['id']}"


async def asked_first(whole) -> str:
    """The first question of the short checklist."""
    path = "/v1/checklists/field-adult/versions/1?language=en"
    asked = await whole.ask("th.worker", "intake", "GET", path)
    return asked["sections"][0]["questions"][0]["indicator"]


async def failed(whole) -> str:
    return await failed_work(whole.workplace)


async def _parked(whole) -> str:
    """The reason for which an event is parked, and the name of its stream."""
    reason = uuid4().hex
    parked = (
        'insert into chassis.parked (source, stream, sequence, topic, partition, "offset", headers, payload, reason)'
        " values ('/th/consent', :reason, 1, 'somewhere', 0, 0, '', '', :reason)"
    )
    await whole.run("intake", parked, reason=reason)
    return reason


async def parked_event(whole) -> str:
    stream = await _parked(whole)
    path = f"/v1/parked?stream={stream}"
    (found,) = (await whole.ask("th.operator", "intake", "GET", path))["items"]
    return ParkedEvent.model_validate(found).id


async def agreement(whole) -> str:
    """One with the partner, of which nothing is suspended."""
    agreement_id = f"th-kh-{uuid4().hex}"
    document = {"purposes": ["protection"], "fields": [], "process_codes": [], "legal_basis": "invented"}
    signed = "insert into exchange.agreements values (:id, 1, '', '{TH,KH}', :document, now(), now() + interval '1 year', true, now())"
    await whole.run("exchange", signed, id=agreement_id, document=json.dumps(document))
    return agreement_id


async def standing_still(whole) -> str:
    reason = await _parked(whole)
    causes = await whole.ask("th.operator", "intake", "GET", "/v1/parked/causes")
    return next(one["id"] for one in causes if one["reason"] == reason)


async def leave(whole) -> str:
    """The worker will be away for a day."""
    day = whole.free_day()
    form = {"worker": "th.worker", "cover": "th.colleague", "first_day": day, "last_day": day}
    return (await whole.ask("th.supervisor", "intake", "POST", "/v1/leaves", json=form))["id"]


async def called(whole, *verbs: str) -> str:
    """A call that the worker wrote down, after these verbs."""
    form = {"kind": "tells", "text": "Three of us are locked in"}
    call = (await whole.ask("th.worker", "intake", "POST", "/v1/calls", json=form))["id"]
    bodies = {"close": {"reason": "referred"}, "attach": {"agreed": "called-back"}}
    for verb in verbs:
        body = bodies[verb] | ({"case_id": await whole.workplace.case()} if verb == "attach" else {})
        await whole.ask("th.worker", "intake", "POST", f"/v1/calls/{call}/{verb}", json=body)
    return call


async def closed_call(whole) -> str:
    return await called(whole, "close")


async def attached_call(whole) -> str:
    """Part of a case of the worker."""
    return await called(whole, "attach")


async def incident(whole) -> str:
    form = {
        "kind": "confinement",
        "province": "TH-21",
        "month": "2025-03",
        "certainty": "likely",
        "text": "A house by the pier",
    }
    return (await whole.ask("th.worker", "intake", "POST", "/v1/incidents", json=form))["id"]


async def a_partner(whole) -> str:
    """A cell with which there is an agreement that allows extracts, and whom nobody has asked anything yet."""
    whole.partners += 1
    cell = f"A{chr(64 + whole.partners)}"
    agreed = auditing.agreed(
        agreement_id=f"th-{cell.lower()}", cells=("TH", cell), extract_reasons=("complaint",)
    )
    await whole.services["audit"].deliver(agreed)
    return cell


async def crossed(whole) -> dict[str, str]:
    """A case of which something left for a partner, and the partner."""
    cell, told = await a_partner(whole), auditing.authorised(uuid4(), uuid4())
    for event in (told, auditing.sealed(told, cell)):
        await whole.services["audit"].deliver(event)
    return {"case_id": str(told.case_id), "partner": cell}


async def extract(whole) -> str:
    """Asked by the own auditor of a partner to whom something was disclosed."""
    form = {**await crossed(whole), "reason": "complaint"}
    return (await whole.ask("th.auditor", "audit", "POST", "/v1/extracts", json=form))["id"]


async def asked_extract(whole) -> str:
    """Asked by a partner's auditor, about a disclosure that came from there."""
    cell, about, request_id = await a_partner(whole), uuid4(), uuid4()
    came = auditing.received(uuid4(), about).model_copy(update={"sender_cell": cell})
    asked = {"request_id": request_id, "about": (about,), "reason": "complaint", "at": datetime.now(UTC)}
    for event in (came, ExtractAskedV1(**asked, sender_cell=cell)):
        await whole.services["audit"].deliver(event)
    return str(request_id)


async def noticed(whole) -> dict[str, str]:
    """A notice to the worker, who is given something to do; nothing in it is typed."""
    case = UUID(whole.made["case_id"])
    told = {"organisation": SENDER, "worker": "th.worker", "told": "th.worker"}
    raised = TaskRaisedV1(case_id=case, about_id=case, task_id=uuid4(), urgent=False, **told)
    await whole.services["notify"].deliver(raised)
    return {}


async def free(whole) -> str:
    """A case of the worker on which nobody else in these tests works."""
    return await whole.workplace.case()


async def alike(whole) -> str:
    """A case of somebody of whom there may be another."""
    return (await pair(whole)).partition(".")[0]


async def pair(whole) -> str:
    """Two cases that may be of one person."""
    fields = {"cor_FullName": f"Kanarie {uuid4().hex}", "prs_Birthdate": "1999-03-09"}
    return f"{await whole.workplace.case(fields)}.{await whole.workplace.case(fields)}"


async def task(whole, *verbs: str) -> str:
    """Something that is to be done for the case, after these verbs."""
    form = {"kind": "call", "text": "Her sister", "case_id": whole.made["case_id"]}
    made = (await whole.ask("th.worker", "intake", "POST", "/v1/tasks", json=form))["id"]
    for verb in verbs:
        await whole.ask("th.worker", "intake", "POST", f"/v1/tasks/{made}/{verb}", json={})
    return made


async def done_task(whole) -> str:
    return await task(whole, "complete")


async def note(whole) -> str:
    """What the worker wrote: the case and the note."""
    case, form = whole.made["case_id"], {"category": "call", "text": "She called."}
    made = await whole.ask("th.worker", "intake", "POST", f"/v1/cases/{case}/notes", json=form)
    return f"{case}.{made['id']}"


async def hold(whole) -> str:
    """A hold that is in force: the case and the hold."""
    case = await free(whole)
    until = {"until": (datetime.now(UTC) + timedelta(days=40)).isoformat()}
    made = await whole.ask("th.worker", "intake", "POST", f"/v1/cases/{case}/holds", json=until)
    return f"{case}.{made['id']}"


async def erasing(whole) -> str:
    """A case of somebody who asks to be erased."""
    return (await erasure(whole)).partition(".")[0]


async def erasure(whole) -> str:
    """She asks to be erased, and the worker has recorded it: the case and the request."""
    case, form = await whole.workplace.case({"cor_FullName": "Dara"}), {"reason": "She wants to begin anew."}
    made = await whole.ask("th.worker", "intake", "POST", f"/v1/cases/{case}/erasures", json=form)
    return f"{case}.{made['id']}"


async def closed(whole) -> str:
    """A case on which the work has ended."""
    case, reason = await free(whole), {"reason": "contact-lost"}
    await whole.ask("th.worker", "intake", "POST", f"/v1/cases/{case}/close", json=reason)
    return case


async def key(whole) -> str:
    """A key of a partner on the trust list, to which nothing has happened."""
    kid = (uuid4().hex * 2)[:43]
    listed = (
        "insert into exchange.listed_keys values (:kid, :organisation, 'agree', now(), now(), true, null)"
    )
    await whole.run("exchange", listed, kid=kid, organisation=RECIPIENT)
    return kid


async def distrusted(whole) -> str:
    """A key that the other operator says was lost."""
    lost = {"since": (datetime.now(UTC) - timedelta(hours=1)).isoformat(), "ticket": "OPS-9"}
    path = f"/v1/keys/{await key(whole)}/distrust"
    return (await whole.ask("th.other-operator", "exchange", "POST", path, json=lost))["id"]


MAKERS: Mapping[str, Callable[[Any], Awaitable[str]]] = {
    "proposal_id": proposed,
    "consent_id": consented,
    "guarded_id": guarded,
    "arrived_id": arrived,
    "accepted_id": accepted,
    "started_id": started,
    "paused_id": paused,
    "unreferred_id": unreferred,
    "referral_id": drafted,
    "draft_id": begun,
    "submitted_id": submitted,
    "abandoned_id": abandoned,
    "screening_draft_id": screening,
    "screening": screened,
    "work_id": failed,
    "cause": standing_still,
    "parked": parked_event,
    "agreement_id": agreement,
    "leave_id": leave,
    "left_out_id": left_out,
    "unasked_id": asked_of,
    "protection_id": protection,
    "protected_id": protected,
    "grant": granted,
    "link": linked,
    "extract_id": extract,
    "asked_extract_id": asked_extract,
    "call_id": called,
    "closed_call_id": closed_call,
    "attached_call_id": attached_call,
    "incident_id": incident,
    "import_id": imported,
    "export_id": exported,
    "returnable_id": returnable,
    "return_id": returned,
    "counselled_id": after("counsel"),
    "decided_id": after(*UNTIL_DECIDED),
    "assessed_id": after(*UNTIL_ASSESSED),
    "cleared_id": after(*UNTIL_ASSESSED, "clear"),
    "suspended_id": after(*UNTIL_ASSESSED, "suspend"),
    "departed_id": after(*UNTIL_ASSESSED, "clear", "depart"),
    "turned_back_id": after(*UNTIL_ASSESSED, "clear", "depart", "turn-back"),
    "coming_id": coming,
    "free_id": free,
    "closed_id": closed,
    "alike_id": alike,
    "pair": pair,
    "task_id": task,
    "done_task_id": done_task,
    "note": note,
    "hold": hold,
    "erasing_id": erasing,
    "erasure": erasure,
    "kid": key,
    "distrust_id": distrusted,
}
"""What is made besides the case, by the names that addresses have for it."""
