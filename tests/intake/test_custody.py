"""A case is its sender's until another organisation has accepted it; then it is closed there, and nothing is lost with it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.events.referral import TransferMovedV1
from services.intake.casefile.domain import facts
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.custody import Custody, Transfer
from services.intake.casefile.parts import Parts
from tests.harness import Harness
from tests.intake.making import (
    AGENCY,
    NOW,
    SHELTER,
    acceptance_of,
    authorisation,
    bodies,
    disclosure,
    open_case,
    recall_of,
)

OFFICER = "screening_officer"


def a_move(case_id: UUID, state: str, referral_id: UUID | None = None) -> TransferMovedV1:
    return TransferMovedV1(
        case_id=case_id, referral_id=referral_id or UUID(int=7), recipient=SHELTER, state=state, at=NOW
    )


@pytest.mark.parametrize(
    "state", ["requested", "received", "rejected", "expired", "cancelled", "revoked", "failed"]
)
def test_whatever_is_no_acceptance_leaves_the_case_where_it_is(state):
    case = Custody(UUID(int=1), AGENCY)
    assert case.hear(Transfer(UUID(int=7), SHELTER, state, NOW)) == []
    assert case.state is CaseState.OPEN


def test_an_acceptance_hands_the_case_over_once():
    case, accepted = Custody(UUID(int=1), AGENCY), Transfer(UUID(int=7), SHELTER, "accepted", NOW)
    assert case.hear(accepted) == [
        facts.CaseTransferred(UUID(int=1), UUID(int=7), AGENCY, SHELTER, NOW),
        facts.HoldsDue(UUID(int=1), UUID(int=7)),
        facts.TasksDue(UUID(int=1), str(UUID(int=7))),
    ]
    assert case.hear(accepted) == []
    assert case.hear(Transfer(UUID(int=8), "th-legal-aid", "accepted", NOW)) == []
    assert case.state is CaseState.HANDED_OVER


async def handed_over(intake: Harness) -> UUID:
    case_id = await open_case(intake, fields={"cor_Health": "HIV positive"})
    for state in ("requested", "received", "accepted"):
        await intake.deliver(a_move(case_id, state))
    return case_id


async def test_after_the_hand_over_nobody_of_the_sender_reads_or_changes_her_file(intake):
    case_id = await handed_over(intake)
    path = f"/v1/cases/{case_id}"
    for role in (OFFICER, "case_worker", "supervisor"):
        headers = intake.as_(role) | {"If-Match": "*"}
        for read in ("", "/fields", "/status", "/needs", "/holds", "/screenings", "/duplicates", "/history"):
            assert (role, read, (await intake.client.get(path + read, headers=headers)).status_code) == (
                role,
                read,
                404,
            )
        for write, body in (("/assignment", {"organisation": AGENCY}), ("/holds", {})):
            assert (await intake.client.post(path + write, json=body, headers=headers)).status_code == 404
        answer = await intake.client.put(
            f"{path}/fields", json={"fields": {"cor_Health": "well"}}, headers=headers
        )
        assert answer.status_code == 404
        assert (await intake.client.get("/v1/cases", headers=headers)).json()["items"] == []
    assert bodies(await intake.said(), "case.transferred.v1") == [
        {
            "case_id": str(case_id),
            "referral_id": str(UUID(int=7)),
            "organisation": AGENCY,
            "recipient": SHELTER,
            "at": NOW.isoformat().replace("+00:00", "Z"),
        }
    ]


async def test_until_the_recipient_accepts_the_case_is_worked_on_as_before(intake):
    case_id = await open_case(intake)
    for state in ("requested", "received", "rejected"):
        await intake.deliver(a_move(case_id, state))
        answer = await intake.client.get(f"/v1/cases/{case_id}/fields", headers=intake.as_("case_worker"))
        assert (state, answer.status_code) == (state, 200)


@pytest.mark.parametrize(
    ("moves", "state", "to"),
    [
        ([], "submitted", None),
        (["requested"], "sent", SHELTER),
        (["requested", "received"], "received", SHELTER),
        (["requested", "received", "accepted"], "accepted", SHELTER),
        (["requested", "received", "rejected"], "not_accepted", SHELTER),
        (["requested", "failed"], "not_accepted", SHELTER),
    ],
)
async def test_an_officer_sees_how_far_the_own_submission_got_and_nothing_else(intake, moves, state, to):
    case_id = await open_case(intake)
    for move in moves:
        await intake.deliver(a_move(case_id, move))
    officer = intake.as_(OFFICER)
    view = (await intake.client.get(f"/v1/submissions/{case_id}", headers=officer)).json()
    assert view.keys() == {"id", "reference", "submitted_at", "state", "to", "at"}
    assert (view["id"], view["state"], view["to"]) == (str(case_id), state, to)
    listed = (await intake.client.get("/v1/submissions", headers=officer)).json()
    assert listed["items"] == [view]


@pytest.mark.parametrize("org", [AGENCY, SHELTER])
async def test_nobody_sees_the_submission_of_another(intake, org):
    case_id = await open_case(intake)
    other = intake.as_(OFFICER, org, sub="th.other-officer")
    assert (await intake.client.get(f"/v1/submissions/{case_id}", headers=other)).status_code == 404
    assert (await intake.client.get("/v1/submissions", headers=other)).json()["items"] == []
    for role in ("case_worker", "supervisor", "auditor", "operator"):
        answer = await intake.client.get("/v1/submissions", headers=intake.as_(role))
        assert (role, answer.status_code) == (role, 403)


async def test_submissions_come_page_by_page_newest_first(intake):
    made = [await open_case(intake) for _ in range(3)]
    officer = intake.as_(OFFICER)
    first = (await intake.client.get("/v1/submissions?limit=2", headers=officer)).json()
    rest = (await intake.client.get(f"/v1/submissions?limit=2&after={first['next']}", headers=officer)).json()
    assert [UUID(item["id"]) for item in first["items"] + rest["items"]] == made[::-1]


async def test_a_hold_goes_with_her_and_is_in_force_before_anybody_could_send_her_away(intake):
    case_id = await open_case(intake)
    hold = await intake.client.post(f"/v1/cases/{case_id}/holds", json={}, headers=intake.as_(OFFICER))
    assert hold.status_code == 201
    referral_id = uuid4()
    await intake.deliver(a_move(case_id, "accepted", referral_id))
    await intake.work()
    assert len(bodies(await intake.said(), "hold.placed.v1")) == 1  # her case there has not been heard of yet
    received = await disclosure(
        intake, {"cor_FullName": "Dara"}, recipient=SHELTER, referral_id=referral_id, kind="transfer"
    )
    await intake.deliver(received)
    async with intake.service.database.engine.begin() as conn:
        await conn.execute(text("update chassis.work set due_at = now()"))
    await intake.work()
    worker = intake.as_("case_worker", SHELTER)
    (there,) = (await intake.client.get(f"/v1/cases/{received.case_id}/holds", headers=worker)).json()
    placed = bodies(await intake.said(), "hold.placed.v1")
    assert there["in_force"]
    assert [body["case_id"] for body in placed] == [str(case_id), str(received.case_id)]
    assert placed[0]["until"] == placed[1]["until"]


async def test_what_comes_back_opens_the_case_again_for_whoever_had_it(intake):
    case_id = await handed_over(intake)
    person = None
    async with intake.service.database.engine.connect() as conn:
        person = (await conn.execute(text("select person_id from intake.cases"))).scalar_one()
    back = await disclosure(
        intake, {"cor_FullName": "Dara"}, case_id=case_id, person_id=person, sender=SHELTER, sender_cell="TH"
    )
    await intake.deliver(back)
    answer = await intake.client.get(f"/v1/cases/{case_id}", headers=intake.as_("case_worker"))
    assert (answer.status_code, answer.json()["state"]) == (200, "open")
    assert bodies(await intake.said(), "case.assigned.v1")[-1]["workers"] == []


async def test_who_was_handed_over_erased_and_referred_back_is_seen_by_whoever_had_her(intake):
    case_id = await handed_over(intake)
    supervisor = intake.as_("supervisor")
    path = f"/v1/cases/{case_id}/erasures"
    asked = await intake.client.post(path, json={"reason": "she asked"}, headers=intake.as_("case_worker"))
    confirmed = await intake.client.post(f"/v1/erasures/{asked.json()['id']}/confirm", headers=supervisor)
    assert confirmed.status_code == 200, confirmed.text
    await intake.work()
    back = await disclosure(
        intake, {"cor_FullName": "Dara"}, case_id=case_id, sender=SHELTER, sender_cell="TH", first=False
    )
    await intake.deliver(back)
    answer = await intake.client.get(f"/v1/cases/{case_id}", headers=intake.as_("case_worker"))
    assert (answer.status_code, answer.json().get("state")) == (200, "open")
    assert bodies(await intake.said(), "case.assigned.v1")[-1]["workers"] == []


class Consent:
    """Answers like the port to consent; `why` holds what is no longer granted."""

    def __init__(self) -> None:
        self.why: dict[UUID, str] = {}

    async def closed(self, disclosures):
        return {one: self.why.get(one) for one in disclosures}


@pytest.fixture
def consent(intake) -> Consent:
    made = Consent()
    intake.service.parts = Parts(made)
    return made


async def disclosable(intake: Harness, case_id: UUID, *fields: str) -> dict:
    event = authorisation(case_id, fields)
    await intake.deliver(event)
    body = {"disclosure_id": str(event.disclosure_id), "fields": list(fields)}
    answer = await intake.client.post(
        f"/internal/v1/cases/{case_id}/disclosable", json=body, headers=intake.as_service("exchange")
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


RECEIVED = {"cor_FullName": "Dara", "prs_PrimaryLanguage": "km"}


async def test_what_came_with_her_goes_on_and_what_was_recorded_since_goes_before_it(intake, consent):
    received = await disclosure(intake, RECEIVED, kind="transfer")
    await intake.deliver(received)
    await intake.deliver(acceptance_of(received))
    path, worker = f"/v1/cases/{received.case_id}/fields", intake.as_("case_worker")
    seen = {"If-Match": (await intake.client.get(path, headers=worker)).headers["etag"]}
    changed = {"fields": {"cor_FullName": "Dara Sok"}}
    assert (await intake.client.put(path, json=changed, headers=worker | seen)).status_code == 200
    values = await disclosable(intake, received.case_id, "cor_FullName", "prs_PrimaryLanguage", "cor_Health")
    assert values == {"cor_FullName": "Dara Sok", "prs_PrimaryLanguage": "km"}
    reads = [
        body
        for body in bodies(await intake.said(), "record.read.v1")
        if body["resource"] == "received-fields"
    ]
    assert reads[-1]["fields"] == ["cor_FullName", "prs_PrimaryLanguage"]


@pytest.mark.parametrize("what", ["a referral", "not accepted", "no longer granted", "recalled", "ended"])
async def test_what_came_otherwise_or_is_closed_is_never_passed_on(intake, consent, what):
    kind = "referral" if what == "a referral" else "transfer"
    terms = {"valid_until": NOW - timedelta(seconds=1)} if what == "ended" else {}
    received = await disclosure(intake, RECEIVED, kind=kind, terms=terms)
    await intake.deliver(received)
    if what != "not accepted":
        await intake.deliver(acceptance_of(received))
    if what == "no longer granted":
        consent.why[received.disclosure_id] = "withdrawn"
    if what == "recalled":
        await intake.deliver(recall_of(received))
    assert await disclosable(intake, received.case_id, *RECEIVED) == {}


async def test_sealing_waits_where_consent_cannot_be_asked(intake, consent):
    received = await disclosure(intake, RECEIVED, kind="transfer")
    await intake.deliver(received)
    await intake.deliver(acceptance_of(received))
    consent.why[received.disclosure_id] = "unconfirmed"
    event = authorisation(received.case_id, ("cor_FullName",))
    await intake.deliver(event)
    body = {"disclosure_id": str(event.disclosure_id), "fields": ["cor_FullName"]}
    path = f"/internal/v1/cases/{received.case_id}/disclosable"
    answer = await intake.client.post(path, json=body, headers=intake.as_service("exchange"))
    assert answer.status_code == 503
