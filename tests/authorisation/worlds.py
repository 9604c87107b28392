"""What a call is about: cases, consents, referrals and the rest, made through each service's own routes and handlers.

A method of a world makes one subject of the table and answers its identifiers; a case of it is assigned to the worker.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import text

from chassis.events.admission import Cause
from chassis.events.causes import id_of
from chassis.events.consumer import Inbox, Message
from chassis.events.limits import Limits
from contracts.border.signed_file import sign_document
from contracts.events.directory import StaffChangedV1, StaffMember
from contracts.events.extracts import ExtractAskedV1
from contracts.events.intake import CaseAssignedV1
from contracts.events.referral import ReferralReceivedV1
from contracts.internal import HELD_BY, Preview
from deploy.local.governance import signing_key
from services.directory.forms import SeedFile, StaffFile
from services.directory.seeding import seed, seed_staff
from services.interchange.exports import FILE_CLASS
from tests.audit import making as auditing
from tests.audit.test_api import given
from tests.authorisation.actors import AGENCY, WORKER, Wallet
from tests.authorisation.calling import filled
from tests.authorisation.table import (
    CALL,
    CARETAKER,
    CSV,
    EMERGENCY,
    INCIDENT,
    KEY_LOST,
    LOST_KEY,
    NEEDS,
    NOTE,
    ORGANISATION,
    ORGANISATION_FORM,
    SIGNED,
    SUSPENSION,
    TASK,
    WORDS,
)
from tests.consent import making as consenting
from tests.exchange import world as border
from tests.harness import Harness
from tests.intake.making import acceptance_of, authorisation, disclosure, form, recall_of
from tests.listing import MACHINES
from tests.referral import making as referring
from tests.referral.asking import form as referral_form
from tests.returns import making as returning

Made = dict[str, str]
MANY = Limits(streams=1_000_000, share=1.0)
"""What is parked here is parked on purpose."""

PARTNER = "kh-reintegration-agency"
ASSESSOR = "th.assessor"
DIRECTORY = SeedFile.model_validate(
    {
        "organisations": [
            {
                "id": PARTNER,
                "name": "Reintegration Agency",
                "role": "reintegration",
                "services": {"reintegration": {"name": "Reintegration", "service": "reintegration"}},
            },
            {"id": AGENCY, **ORGANISATION_FORM},
        ]
    }
)


@dataclass
class World:
    """One running service, and what every service may be asked about."""

    harness: Harness
    unreadable: int = 0
    lasting: dict[str, Made] = field(default_factory=dict)
    days_taken: int = 0
    partners: int = 0

    async def prepare(self) -> None:
        """What must be there before anything can be made."""

    async def ask(
        self, kind: str, method: str, path: str, json: Any = None, seen: str = "*", **parts: Any
    ) -> httpx2.Response:
        headers = {"If-Match": seen, **Wallet(self.harness).headers(kind)}
        sent = {"json": json} if json is not None else {}
        answer = await self.harness.client.request(method, path, headers=headers, **sent, **parts)
        assert answer.is_success, (kind, method, path, answer.text)
        return answer

    async def make(self, subject: str) -> Made:
        made: Made = await getattr(self, subject)()
        return made

    async def kept(self, subject: str) -> Made:
        """The same one for all calls that change nothing of it."""
        if subject not in self.lasting:
            self.lasting[subject] = await self.make(subject)
        return self.lasting[subject]

    async def code_list(self) -> Made:
        return {"name": "referral_state"}

    async def nothing(self) -> Made:
        return {}

    async def case(self) -> Made:
        """A case that this service hears of, in the worker's hands."""
        case_id, person_id = uuid4(), uuid4()
        if self.harness.service.settings.vault_url is not None:
            await self.harness.service.vault.create(person_id)
        await self.harness.deliver(consenting.case_opened(case_id, person_id))
        await self.assign(case_id)
        return {"case_id": str(case_id)}

    async def assign(self, case_id: UUID) -> None:
        await self.harness.deliver(CaseAssignedV1(case_id=case_id, organisation=AGENCY, workers=(WORKER,)))

    async def parked(self) -> Made:
        """A message that nobody can read waits for an operator."""
        service = self.harness.service
        inbox = Inbox(service.database, service.subscriptions, limits=MANY)
        await inbox.take(inbox.read([Message("somewhere", 0, self.unreadable, [], b"{")]))
        self.unreadable += 1
        answer = await self.ask("operator", "GET", "/v1/parked?stream=somewhere/0")
        (item, *_) = answer.json()["items"]
        made = {name: str(item[name]) for name in ("source", "stream", "sequence", "cause")}
        return {**made, "cause_id": item["cause"]}

    async def parked_for(self) -> Made:
        """An event for whose cause nothing else is parked."""
        cause = Cause(uuid4().hex)
        statement = (
            'insert into chassis.parked (source, stream, sequence, topic, partition, "offset", headers, payload, reason)'
            " values ('/th/consent', :reason, 1, 'somewhere', 0, 0, '', '', :reason)"
        )
        await self._run(statement, reason=cause.reason)
        return {"cause": id_of(cause)}

    async def replaying(self) -> Made:
        made = await self.parked_for()
        body = {"reason": "release_mended", **made}
        return {"replay_id": (await self.ask("operator", "POST", "/v1/replays", body)).json()["id"]}

    async def read_from(self) -> Made:
        """A partition that was read to its beginning."""
        await self._run(
            "insert into chassis.offsets (topic, partition, next_offset) values ('somewhere', 0, 0)"
            " on conflict do nothing"
        )
        return {}

    async def stopped(self) -> Made:
        """A consumer that stopped before it parked too much, and has handled since what it stopped at."""
        passed = "insert into chassis.offsets (topic, partition, next_offset) values ('somewhere', 7, 1) on conflict do nothing"
        await self._run(passed)
        statement = (
            'insert into chassis.stops (id, stopped_at, topic, partition, "offset", reason, place, streams)'
            " values (:id, now(), 'somewhere', 7, 0, 'ValueError', 'handlers.py:1', 25)"
        )
        await self._run(statement, id=(stop_id := uuid4()))
        return {"stop_id": str(stop_id)}

    async def _run(self, statement: str, **parameters: Any) -> None:
        async with self.harness.service.database.engine.begin() as conn:
            await conn.execute(text(statement), parameters)

    async def failed_work(self) -> Made:
        statement = "insert into chassis.work (id, kind, key, payload, due_at, state) values (:id, 'mail', :key, '{}', now(), 'failed')"
        await self._run(statement, id=(work_id := uuid4()), key=str(uuid4()))
        return {"work_id": str(work_id)}


class Intake(World):
    async def prepare(self) -> None:
        """Whoever is asked what is held of somebody holds nothing."""
        await self.harness.service.peers.http.aclose()
        nobody = {"known": False, "allowed": False, "sections": []}
        transport = httpx2.MockTransport(
            lambda asked: httpx2.Response(404 if "/grants/" in asked.url.path else 200, json=nobody)
        )
        self.harness.service.peers.http = httpx2.AsyncClient(transport=transport)
        self.harness.service.settings.peers = {peer: f"http://{peer}.test" for peer in HELD_BY}

    async def settled(self) -> Made:
        """A month that is over, in which nothing was opened."""
        return {"month": "2025-01", "year": "2025"}

    async def case(self) -> Made:
        """Opened by an officer, who hands it to the worker."""
        answer = await self.ask("officer", "POST", "/v1/cases", form())
        case_id = answer.json()["id"]
        assignment = {"organisation": AGENCY, "workers": [WORKER]}
        await self.ask("officer", "POST", f"/v1/cases/{case_id}/assignment", assignment)
        return {"case_id": case_id, "id": case_id, "disclosure_id": str(uuid4())}

    async def case_of_machine(self) -> Made:
        """Sent in by the agency's system."""
        return {"case_id": (await self.ask("sending machine", "POST", "/v1/cases", form())).json()["id"]}

    async def two_cases(self) -> Made:
        """Two that may be of one person."""
        made, other = await self.case(), await self.case()
        return {**made, "other_case_id": other["case_id"]}

    async def dependant(self) -> Made:
        """A case with one that is linked, and a third that is not."""
        made = await self.two_cases()
        link = {"other_case_id": made["other_case_id"], "relation": "child"}
        answer = await self.ask("supervisor", "POST", f"/v1/cases/{made['case_id']}/dependants/link", link)
        third = await self.case()
        return {
            **made,
            "link_id": answer.json()["id"],
            "id": answer.json()["id"],
            "other_case_id": third["case_id"],
        }

    async def authorised(self) -> Made:
        """With a disclosure of its name."""
        made = await self.case()
        case_id, disclosure_id = UUID(made["case_id"]), UUID(made["disclosure_id"])
        await self.harness.deliver(authorisation(case_id, ("cor_FullName",), disclosure_id))
        return made

    async def recalled(self) -> Made:
        """What came from abroad to a case was accepted and taken back."""
        made = await self.case()
        async with self.harness.service.database.engine.connect() as conn:
            statement = text("select person_id from intake.cases where id = :id")
            person_id = (await conn.execute(statement, {"id": UUID(made["case_id"])})).scalar_one()
        sent = await disclosure(
            self.harness,
            {"cor_Outcome": "well"},
            case_id=UUID(made["case_id"]),
            person_id=person_id,
            first=False,
        )
        for event in (sent, acceptance_of(sent), recall_of(sent)):
            await self.harness.deliver(event)
        return {**made, "id": str(sent.disclosure_id), "disclosure_id": str(sent.disclosure_id)}

    async def _of_case(self, kind: str, what: str, body: Mapping[str, Any]) -> Made:
        made = await self.case()
        answer = await self.ask(kind, "POST", f"/v1/cases/{made['case_id']}/{what}", dict(body))
        return {**made, "id": answer.json()["id"]}

    async def checklist(self) -> Made:
        return {"checklist": "field-adult", "version": "1"}

    async def form(self) -> Made:
        return {"form": "htcds-survey", "version": "1"}

    async def form_answers(self) -> Made:
        """A case whose intake was asked with a form."""
        begun = await self.ask(
            "officer", "POST", "/v1/drafts", {"channel": "self-referral", "form": "htcds-survey"}
        )
        draft = f"/v1/drafts/{begun.json()['id']}"
        await self.ask("officer", "PATCH", draft, {"form_answers": {"prs_First_Name": "Dara"}})
        opened = (await self.ask("officer", "POST", f"{draft}/submit")).json()["id"]
        assignment = {"organisation": AGENCY, "workers": [WORKER]}
        await self.ask("officer", "POST", f"/v1/cases/{opened}/assignment", assignment)
        return {"case_id": opened, "id": opened}

    async def draft(self) -> Made:
        body = {"channel": "self-referral", "fields": {"cor_FullName": "Dara"}}
        begun = (await self.ask("officer", "POST", "/v1/drafts", body)).json()["id"]
        return {"draft_id": begun, "id": begun}

    async def abandoned_draft(self) -> Made:
        made = await self.draft()
        await self.ask("officer", "POST", f"/v1/drafts/{made['draft_id']}/abandon", {"reason": "ended"})
        return made

    async def screening(self) -> Made:
        body = {"checklist": "ilo-ec-labour-adult", "answers": {"exploitation.low_pay": "yes"}}
        made = await self._of_case("worker", "screenings", body)
        return {**made, "screening_id": made["id"]}

    async def status(self) -> Made:
        decided = {"status": "ActualVictimOfTrafficking", "deciding_organisation": "NGO", "reasons": "told"}
        return await self._of_case("officer", "status", decided)

    async def hold(self) -> Made:
        made = await self._of_case("worker", "holds", {})
        return {**made, "hold_id": made["id"]}

    async def task(self) -> Made:
        """Of the case, and the worker's."""
        made = await self.case()
        answer = await self.ask("worker", "POST", "/v1/tasks", {**TASK, "case_id": made["case_id"]})
        return {**made, "id": answer.json()["id"], "task_id": answer.json()["id"]}

    async def closed(self) -> Made:
        made = await self.case()
        await self.ask("worker", "POST", f"/v1/cases/{made['case_id']}/close", {"reason": "contact-lost"})
        return made

    async def completed_task(self) -> Made:
        made = await self.task()
        await self.ask("worker", "POST", f"/v1/tasks/{made['task_id']}/complete")
        return made

    async def team_task(self) -> Made:
        answer = await self.ask("officer", "POST", "/v1/tasks", {"kind": "document", "text": "Order forms"})
        return {"id": answer.json()["id"], "task_id": answer.json()["id"]}

    async def free_day(self) -> Made:
        """A day to come on which nobody of the organisation is away yet."""
        self.days_taken += 1
        return {"day": (datetime.now(UTC) + timedelta(days=self.days_taken)).date().isoformat()}

    async def leave(self) -> Made:
        """The worker will be away for a day, and the colleague covers."""
        made = {**await self.case(), **await self.free_day()}
        body = {"cover": "th.colleague", "first_day": made["day"], "last_day": made["day"]}
        answer = await self.ask("worker", "POST", "/v1/leaves", body)
        return {**made, "id": answer.json()["id"], "leave_id": answer.json()["id"]}

    async def running_leave(self) -> Made:
        made = await self.leave()
        await self._run(
            "update intake.leaves set state = 'running' where id = :id", id=UUID(made["leave_id"])
        )
        return made

    async def call(self) -> Made:
        answer = await self.ask("officer", "POST", "/v1/calls", CALL)
        return {"id": answer.json()["id"], "call_id": answer.json()["id"]}

    async def closed_call(self) -> Made:
        made = await self.call()
        await self.ask("officer", "POST", f"/v1/calls/{made['call_id']}/close", {"reason": "referred"})
        return made

    async def call_and_case(self) -> Made:
        """A call that is no case's, and a case that nobody has."""
        case_id = (await self.ask("officer", "POST", "/v1/cases", form())).json()["id"]
        return {"case_id": case_id, **await self.call()}

    async def attached_call(self) -> Made:
        """Part of the worker's case."""
        made = {**await self.case(), **await self.call()}
        body = {"case_id": made["case_id"], "agreed": "called-back"}
        await self.ask("worker", "POST", f"/v1/calls/{made['call_id']}/attach", body)
        return made

    async def incident(self, **more: Any) -> Made:
        answer = await self.ask("officer", "POST", "/v1/incidents", {**INCIDENT, **more})
        return {"id": answer.json()["id"], "incident_id": answer.json()["id"]}

    async def shared_incident(self) -> Made:
        return await self.incident(with_all=True)

    async def broken_glass(self) -> Made:
        made = await self._of_case("worker elsewhere", "break-glass", EMERGENCY)
        return {**made, "glass_id": made["id"]}

    async def needs(self) -> Made:
        return await self._of_case("worker", "needs", NEEDS)

    async def note(self) -> Made:
        """Written by the worker."""
        made = await self._of_case("worker", "notes", NOTE)
        return {**made, "note_id": made["id"]}

    async def erasure(self) -> Made:
        """She asked the worker, and nobody has decided yet."""
        made = await self._of_case("worker", "erasures", {"reason": "she asked"})
        return {**made, "erasure_id": made["id"]}

    async def file(self) -> Made:
        """A file that interchange has read."""
        return {"import_id": str(uuid4())}

    async def exporting(self) -> Made:
        """A file that interchange makes, with a case in it."""
        return {**await self.case(), "export_id": str(uuid4())}


@dataclass
class Consent(World):
    notices: int = 0

    async def prepare(self) -> None:
        await self.harness.deliver(consenting.agreement_changed())
        inside = {"cells": ("TH",), "purposes": (consenting.PURPOSE, "protection")}
        await self.harness.deliver(consenting.agreement_changed(agreement_id="th-th", **inside))
        await self.harness.deliver(consenting.directory_changed())
        for house in ("th-shelter", "th-ward"):
            shelter = consenting.directory_changed(organisation=house, cell="TH", role="shelter")
            await self.harness.deliver(shelter)

    async def case(self) -> Made:
        made = await super().case()
        await self.harness.deliver(consenting.age_known(UUID(made["case_id"])))
        return made

    async def guarded(self) -> Made:
        """A guardian has spoken for a child, before a colleague who had the case then."""
        case_id, person_id = uuid4(), uuid4()
        await self.harness.service.vault.create(person_id)
        await self.harness.deliver(consenting.case_opened(case_id, person_id))
        await self.harness.deliver(consenting.age_known(case_id, "child", "unknown"))
        form = consenting.answer(**consenting.GUARDED)
        answer = await self.ask("colleague", "POST", f"/v1/cases/{case_id}/consents", form)
        await self.assign(case_id)
        return {"case_id": str(case_id), "consent_id": answer.json()["id"]}

    async def consent(self) -> Made:
        made = await self.case()
        path = f"/v1/cases/{made['case_id']}/consents"
        answer = await self.ask("worker", "POST", path, consenting.answer())
        return {**made, "consent_id": answer.json()["id"]}

    async def next_notice(self) -> Made:
        """The name of a text that is not there yet."""
        self.notices += 1
        return {"version": f"20{10 + self.notices // 800}-{101 + self.notices % 800}"}

    async def notice(self) -> Made:
        """A draft by somebody who comes for nothing else."""
        made = await self.next_notice()
        form = {**WORDS, "version": made["version"], "language": "en"}
        answer = await self._by_writer("POST", "/v1/notices", json=form)
        return {**made, "notice_id": answer.json()["id"]}

    async def notice_in_force(self) -> Made:
        """It came with the release."""
        headers = Wallet(self.harness).headers("supervisor")
        answer = await self.harness.client.get("/v1/notices?state=in-force", headers=headers)
        return {"notice_id": answer.json()["items"][0]["id"]}

    async def proposed_notice(self) -> Made:
        made = await self.notice()
        await self._by_writer("POST", f"/v1/notices/{made['notice_id']}/propose")
        return made

    async def asked_withdrawal(self) -> Made:
        """One in force, beside a proposed one of its language, of which the supervisor asked that it is withdrawn; and its ETag,
        which a second person names.
        """
        made = await self.proposed_notice()
        path, headers = f"/v1/notices/{made['notice_id']}", Wallet(self.harness).headers("supervisor")
        client = self.harness.client
        await client.post(f"{path}/approve", headers={**headers, "If-Match": '"2"'})
        await self.proposed_notice()
        asked = await client.post(f"{path}/withdraw", headers=headers)
        assert asked.is_success, asked.text
        return {**made, "seen": asked.headers["ETag"]}

    async def _by_writer(self, method: str, path: str, **parts: Any) -> httpx2.Response:
        headers = self.harness.as_("supervisor", "th-legal-aid", "th.writer")
        answer = await self.harness.client.request(method, path, headers=headers, **parts)
        assert answer.is_success, answer.text
        return answer

    async def requested(self) -> Made:
        """A worker says that she cannot be asked; nobody has approved it."""
        return await self._protection("case_worker", WORKER)

    async def requested_by_colleague(self) -> Made:
        return await self._protection("screening_officer", "th.newcomer")

    async def protected(self) -> Made:
        """Asked for by a colleague, and approved by another who comes for nothing else."""
        made = await self.requested_by_colleague()
        headers = self.harness.as_("supervisor", AGENCY, "th.second")
        path = f"/v1/protections/{made['consent_id']}"
        read = await self.harness.client.get(path, headers=headers)
        approving = {**headers, "If-Match": read.headers["ETag"]}
        answer = await self.harness.client.post(f"{path}/approve", headers=approving)
        assert answer.is_success, answer.text
        return made

    async def _protection(self, role: str, by: str) -> Made:
        made = await self.case()
        form = {"recipient": "th-shelter", "law": "th-personal-data-26-1", "reasons": "unconscious"}
        headers, path = self.harness.as_(role, AGENCY, by), f"/v1/cases/{made['case_id']}/protections"
        answer = await self.harness.client.post(path, json=form, headers=headers)
        assert answer.is_success, answer.text
        return {**made, "consent_id": answer.json()["id"]}

    async def disclosure(self) -> Made:
        """Authorised, so that it may be sealed."""
        made = await self.consent()
        event = consenting.referral_sent(UUID(made["case_id"]))
        await self.harness.deliver(event)
        return {**made, "disclosure_id": str(consenting.disclosure_of(event.referral_id))}

    async def granted(self) -> Made:
        """Received from the other country, under its consent."""
        made = await self.case()
        event = referring.received(UUID(made["case_id"]), uuid4(), **from_abroad())
        await self.harness.deliver(event)
        return {**made, "disclosure_id": str(event.disclosure_id)}

    async def granted_here(self) -> Made:
        """Disclosed inside the country, under a consent that is in this service: the worker's case received it."""
        sent = await self.consent()
        asked = consenting.referral_sent(UUID(sent["case_id"]))
        await self.harness.deliver(asked)
        return await self.granted_to(asked.referral_id)

    async def granted_to(self, referral_id: UUID) -> Made:
        """The worker's case received what was disclosed for this referral."""
        made = await self.case()
        event = referring.received(UUID(made["case_id"]), referral_id, recipient=AGENCY)
        await self.harness.deliver(event)
        return {**made, "disclosure_id": str(event.disclosure_id)}


def from_abroad() -> dict[str, str]:
    return {"sender": PARTNER, "sender_cell": "KH", "recipient": AGENCY}


class Interchange(World):
    async def kept(self, subject: str) -> Made:
        """A new one: the erasure of one person ends every export that may have her."""
        return await self.make(subject)

    async def imported(self, by: str = "officer") -> Made:
        files = {"file": ("cases.csv", CSV)}
        answer = await self.ask(by, "POST", "/v1/imports", files=files)
        return {"import_id": answer.json()["id"]}

    async def imported_by_machine(self) -> Made:
        return await self.imported("sending machine")

    async def exported(self, by: str = "worker") -> Made:
        answer = await self.ask(by, "POST", "/v1/exports", {"format": "csv"})
        return {"export_id": answer.json()["id"]}

    async def exported_by_machine(self) -> Made:
        return await self.exported("fetching machine")

    async def ready_for_machine(self) -> Made:
        return await self.ready("fetching machine")

    async def ready(self, by: str = "worker") -> Made:
        """An export of nobody: intake has no case for the worker."""
        made = await self.exported(by)
        statement = "update interchange.exports set ready_at = now(), expires_at = now() + interval '1 minute' where id = :id"
        await self._run(statement, id=UUID(made["export_id"]))
        sealed = await self.harness.service.vault.seal(UUID(made["export_id"]), FILE_CLASS, "1", "")
        part = "insert into interchange.export_parts (export_id, kind, number, sealed) values (:id, 'file', 1, :sealed)"
        await self._run(part, id=UUID(made["export_id"]), sealed=sealed)
        return made

    async def failed(self) -> Made:
        made = await self.exported()
        statement = "update interchange.exports set reason = 'too-large', ended_at = now() where id = :id"
        await self._run(statement, id=UUID(made["export_id"]))
        return made

    async def discarded(self) -> Made:
        made = await self.ready()
        await self.ask("worker", "DELETE", f"/v1/exports/{made['export_id']}")
        return made


class Directory(World):
    others = 0

    async def prepare(self) -> None:
        await seed(self.harness.service, DIRECTORY)
        people = {"th.supervisor": ["supervisor"], "th.operator": ["operator"]}
        operations = {"th-operations": {"th.first-operator": ["operator"]}}
        staff = {**MACHINES, AGENCY: {**MACHINES.get(AGENCY, {}), **people}, **operations}
        await seed_staff(self.harness.service, StaffFile(organisations=staff))

    async def machines(self) -> Made:
        return {"machine": "machine:th.case-system"}

    async def listed(self) -> Made:
        return {"organisation": AGENCY, "service": "beds"}

    async def another(self) -> Made:
        """An organisation of the cell of which nobody comes."""
        self.others += 1
        name = f"th-office-{self.others}"
        form = {"id": name, "name": "Office", "role": "shelter"}
        await seed(self.harness.service, SeedFile.model_validate({"organisations": [form]}))
        return {"organisation": name}

    async def proposed(self) -> Made:
        """By an operator who comes for nothing else."""
        return await self.by_first_operator("/v1/proposals", SUSPENSION)

    async def acting(self) -> Made:
        return await self.by_first_operator(f"{ORGANISATION}/suspend", CARETAKER)

    async def by_first_operator(self, path: str, body: Mapping[str, Any]) -> Made:
        made = await self.another()
        headers = self.harness.as_("operator", "th-operations", "th.first-operator")
        form = filled(body, made)
        answer = await self.harness.client.post(path.format(**made), json=form, headers=headers)
        assert answer.is_success, answer.text
        return {**made, "proposal_id": answer.json()["id"]}


class Referral(World):
    async def prepare(self) -> None:
        await self.harness.deliver(referring.offering(PARTNER, "reintegration"))
        await self.harness.service.peers.http.aclose()
        shown = dict.fromkeys(Preview.model_fields) | {
            "sent": ["cor_FullName"],
            "withheld": [],
            "back_categories": [],
        }
        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=shown))
        self.harness.service.peers.http = httpx2.AsyncClient(transport=transport)
        self.harness.service.settings.peers = {"consent": "http://consent.test"}

    async def draft(self) -> Made:
        made = await self.case()
        body = referral_form(UUID(made["case_id"]))
        answer = await self.ask("worker", "POST", "/v1/referrals", body)
        return {**made, "referral_id": answer.json()["id"]}

    async def sent(self) -> Made:
        return await self._moved(await self.draft(), "send")

    async def received(self) -> Made:
        """The half of the receiver, who is the worker's organisation."""
        made, referral_id = await self.case(), uuid4()
        await self.harness.deliver(referring.received(UUID(made["case_id"]), referral_id, **from_abroad()))
        return {**made, "referral_id": str(referral_id)}

    async def accepted(self) -> Made:
        return await self._moved(await self.received(), "accept")

    async def started(self) -> Made:
        return await self._moved(await self.accepted(), "start")

    async def held(self) -> Made:
        return await self._moved(await self.started(), "hold", {"reason": "awaiting-person"})

    async def _moved(self, made: Made, verb: str, body: Any = None) -> Made:
        await self.ask("worker", "POST", f"/v1/referrals/{made['referral_id']}/{verb}", body)
        return made


class Returns(World):
    async def requested(self) -> Made:
        made = await self.case()
        body = {"case_id": made["case_id"], "receiver": PARTNER, "receiver_cell": "KH"}
        answer = await self.ask("worker", "POST", "/v1/returns", body)
        return {**made, "return_id": answer.json()["id"]}

    async def assign(self, case_id: UUID) -> None:
        """To the worker, and to another who assesses the risk: who does may not clear the return."""
        workers = (WORKER, ASSESSOR)
        await self.harness.deliver(CaseAssignedV1(case_id=case_id, organisation=AGENCY, workers=workers))

    async def counselled(self) -> Made:
        return await self._moved(await self.requested(), "counsel")

    async def decided(self) -> Made:
        return await self._moved(await self.counselled(), "decide")

    async def assessed(self) -> Made:
        """In whose way nothing stands: an adult, accepted over there."""
        made = await self.decided()
        case_id, referral_id = UUID(made["case_id"]), uuid4()
        await self.harness.deliver(returning.age_group(case_id))
        await self.harness.deliver(returning.accepted(case_id, referral_id, sender=AGENCY, recipient=PARTNER))
        for verb in ("confirm", "fitness", "checks"):
            await self._moved(made, verb)
        path, body = f"/v1/returns/{made['return_id']}/assess", {"result": "safe", "grounds": "an aunt"}
        headers = self.harness.as_("case_worker", AGENCY, ASSESSOR)
        assert (await self.harness.client.post(path, json=body, headers=headers)).is_success
        return made

    async def cleared(self) -> Made:
        return await self._moved(await self.assessed(), "clear")

    async def suspended(self) -> Made:
        return await self._moved(await self.cleared(), "suspend")

    async def departed(self) -> Made:
        return await self._moved(await self.cleared(), "depart")

    async def expected(self) -> Made:
        """The half of the receiver, who is the worker's organisation: she has left the other country."""
        made, return_id = await self.case(), uuid4()
        for code in ("return.cleared", "return.departed"):
            event = returning.process(UUID(made["case_id"]), return_id, code, **from_abroad())
            await self.harness.deliver(event)
        return {**made, "return_id": str(return_id)}

    async def arrived(self) -> Made:
        return await self._moved(await self.expected(), "arrive")

    async def _moved(self, made: Made, verb: str) -> Made:
        body = returning.departure() if verb == "depart" else returning.RETURNING.get(verb)
        await self.ask("worker", "POST", f"/v1/returns/{made['return_id']}/{verb}", body)
        return made


class Exchange(World):
    async def prepare(self) -> None:
        """The signed files have been read, and the directory lists two operators."""
        await self._watch().look()
        for organisation, worker in ((AGENCY, "th.operator"), ("th-operations", "th.first-operator")):
            staff = (StaffMember(worker=worker, roles=("operator",)),)
            await self.harness.deliver(StaffChangedV1(organisation=organisation, staff=staff))

    def _watch(self) -> Any:
        return next(loop for loop in self.harness.service.loops if loop.name == "trust")

    async def agreement(self) -> Made:
        items = (await self.ask("operator", "GET", "/v1/agreements")).json()["items"]
        return {"agreement_id": items[0]["id"]}

    async def sealed(self) -> Made:
        """A disclosure that left in an envelope."""
        case = border.Case(self._watch()._trust)
        await border.present(self.harness, "KH")
        for event in (case.opened(), case.authorised(), case.logged()):
            await self.harness.deliver(event)
        await self.harness.work()
        assert await border.envelopes(self.harness, "egress.kh")
        [item] = (await self.ask("operator", "GET", f"/v1/envelopes?case_id={case.case_id}")).json()["items"]
        return {
            "item_id": item["item_id"],
            "case_id": str(case.case_id),
            "disclosure_id": str(case.disclosure_id),
            "referral_id": str(case.referral_id),
        }

    async def key(self) -> Made:
        """A key of the trust list that nothing has happened to."""
        kid = (uuid4().hex * 2)[:43]
        statement = (
            "insert into exchange.listed_keys values (:kid, :organisation, 'agree', now(), now(), true, null)"
        )
        await self._run(statement, kid=kid, organisation=PARTNER)
        return {"kid": kid}

    async def another_agreement(self) -> Made:
        name = f"th-{uuid4().hex[:20]}"
        statement = (
            "insert into exchange.agreements select :name, version, sha256, cells, document, valid_from, valid_until, true, now()"
            " from exchange.agreements where id = 'th-kh'"
        )
        await self._run(statement, name=name)
        return {"agreement_id": name}

    async def distrusted(self) -> Made:
        """By an operator who comes for nothing else."""
        made = await self.key()
        headers = self.harness.as_("operator", "th-operations", "th.first-operator")
        answer = await self.harness.client.post(LOST_KEY.format(**made), json=KEY_LOST, headers=headers)
        assert answer.is_success, answer.text
        return {**made, "distrust_id": answer.json()["id"]}

    async def signed(self) -> Any:
        """A new agreement that two holders of governance keys signed."""
        settings = self.harness.service.settings
        document = json.loads((settings.agreements_dir / "th-th.json").read_text())["document"]
        holders = [settings.governance_keys_file.parent / "governance" / f"{n}.jwk.json" for n in (1, 2)]
        named = {**document, "id": f"th-{uuid4().hex[:20]}"}
        return sign_document(named, [signing_key(holder) for holder in holders])

    async def put_in(self) -> Made:
        """By an operator who comes for nothing else."""
        headers = self.harness.as_("operator", "th-operations", "th.first-operator")
        body = filled(SIGNED, await self.signed())
        answer = await self.harness.client.post("/v1/trust-documents", json=body, headers=headers)
        assert answer.is_success, answer.text
        return {"document_id": answer.json()["id"]}

    async def extract_kept(self) -> Made:
        """The signed text of an extract that a partner released."""
        request_id = uuid4()
        statement = "insert into exchange.extract_evidence values ('KH', :id, 1, 'e30.e30.e30', now())"
        await self._run(statement, id=request_id)
        return {"request_id": str(request_id)}


class Notify(World):
    async def noticed(self) -> Made:
        """A notice to the worker's organisation."""
        event = ReferralReceivedV1(
            case_id=uuid4(),
            referral_id=uuid4(),
            half="incoming",
            sender=PARTNER,
            recipient=AGENCY,
            at=referring.NOW,
        )
        await self.harness.deliver(event)
        items = (await self.ask("supervisor", "GET", "/v1/inbox")).json()["items"]
        return {"notification_id": items[0]["id"]}


class Audit(World):
    async def logged(self) -> Made:
        """A case with an entry in the log."""
        case_id = uuid4()
        await self.harness.deliver(given(case_id))
        return {"case_id": str(case_id)}

    async def settled(self) -> Made:
        """A month that is over, in which nobody was referred."""
        return {"month": "2025-01", "recipient_cell": "KH"}

    async def crossed(self) -> Made:
        """A case of which a disclosure left for a partner, whom nobody has asked anything yet."""
        told = auditing.authorised(uuid4(), uuid4())
        partner = await self._partner()
        for event in (told, auditing.sealed(told, partner)):
            await self.harness.deliver(event)
        return {"case_id": str(told.case_id)}

    async def extract_asked(self) -> Made:
        """A partner's auditor asks for what was done with a disclosure that came from there."""
        partner, about, request_id = await self._partner(), uuid4(), uuid4()
        came = auditing.received(uuid4(), about).model_copy(update={"sender_cell": partner})
        await self.harness.deliver(came)
        return await self._asked(partner, about, request_id)

    async def extract_asked_in_vain(self) -> Made:
        """The same for something that never came."""
        return await self._asked(await self._partner(), uuid4(), uuid4())

    async def extract_own(self) -> Made:
        made = {**await self.crossed(), "reason": "complaint"}
        answer = await self.ask("auditor", "POST", "/v1/extracts", made)
        return {"request_id": answer.json()["id"], "position": 1}

    async def _asked(self, partner: str, about: UUID, request_id: UUID) -> Made:
        asked = {"request_id": request_id, "about": (about,), "reason": "complaint"}
        await self.harness.deliver(ExtractAskedV1(**asked, sender_cell=partner, at=referring.NOW))
        view = await self.ask("auditor", "GET", f"/v1/extracts/{request_id}")
        return {"request_id": str(request_id), "position": view.json()["position"]}

    async def _partner(self) -> str:
        """A cell with which there is an agreement that allows extracts."""
        self.partners += 1
        tens, ones = divmod(self.partners, 26)
        cell = f"{chr(65 + tens)}{chr(65 + ones)}"
        agreed = auditing.agreed(
            agreement_id=f"th-{cell.lower()}", cells=("TH", cell), extract_reasons=("complaint",)
        )
        await self.harness.deliver(agreed)
        return cell

    async def verifying(self) -> Made:
        answer = await self.ask("auditor", "POST", "/v1/chain/verifications")
        return {"verification_id": answer.json()["id"]}


WORLDS: Mapping[str, type[World]] = {
    "intake": Intake,
    "consent": Consent,
    "directory": Directory,
    "referral": Referral,
    "returns": Returns,
    "interchange": Interchange,
    "exchange": Exchange,
    "notify": Notify,
    "audit": Audit,
    "console": World,
}
