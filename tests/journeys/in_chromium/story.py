"""The story of the demo as its people live it before their screens: an officer, two workers, supervisors and auditors of two countries.

Nobody calls a service, and nobody carries an identifier: a reference is read from a page and typed into another.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from contracts.country.reading import read_country
from corridor.journey import FIELDS
from corridor.story import CATEGORIES
from deploy.local.place import COUNTRIES
from tests.journeys.in_chromium.desks import Desk

AGENCY, RECEIVER = "th-care-agency", "kh-reintegration-agency"
PHONE, HEALTH = "+855 12 000 000", "An injured hand, healing."
KNOWN = ("cor_FullName", "prs_Birthdate", "prs_Gender", "prs_PrimaryLanguage", "cor_Needs")
"""The fields that are recorded on the way and that she lets go abroad."""
ANSWERS = (*["no"] * 5, *["yes"] * 7, "declined")
"""To the short list: nothing that cannot wait, and much of what happened."""
ASKED = [name for name in FIELDS if name not in {"prs_NumberOfChildren", "vic_TypeOfExploitation"}]


@dataclass(slots=True)
class Tale:
    """Its people before their screens, her name, and the references under which her case is known."""

    name: str
    officer: Desk
    supervisor: Desk
    worker: Desk
    auditor: Desk
    their_supervisor: Desk
    their_worker: Desk
    their_auditor: Desk
    submission: str = ""
    case: str = ""
    their_case: str = ""

    PEOPLE: ClassVar = (
        "th.officer",
        "th.supervisor",
        "th.worker",
        "th.auditor",
        "kh.supervisor",
        "kh.worker",
        "kh.auditor",
    )

    async def told(self) -> None:
        for chapter in CHAPTERS:
            await chapter(self)


async def intake(tale: Tale) -> None:
    """The officer asks one thing on a page, reads it back, submits it, and reads the reference from the receipt."""
    officer = tale.officer
    await officer.follow("/drafts/ours/draft_case")
    await officer.press("/draft_case")
    await officer.send(channel=["screening-unit"])
    await officer.send(first=["km"])
    await officer.send(cor_FullName=tale.name)
    await officer.send(**{"prs_Birthdate-year": "1999", "prs_Birthdate-about": ["yes"]})
    await officer.send(prs_Gender=["Feminine"])
    await officer.send(prs_Citizenship=["KH"])
    await officer.press()
    await officer.send(prs_MobilePhone=PHONE)
    await officer.send(cor_Health=HEALTH)
    await officer.send(urgency=["urgent"])
    await officer.sees(tale.name, PHONE, HEALTH, officer.word("channel", "screening-unit"))
    await officer.press("/submit_draft")
    await officer.follow("/submissions/")
    await officer.again('h1:has-text("TH-")')
    tale.submission = await officer.heading()
    await officer.misses(tale.name)


async def screened(tale: Tale) -> None:
    """She is asked a checklist, question by question."""
    officer = tale.officer
    await officer.follow("/cases/")
    await officer.follow("/draft_screening")
    await officer.send(checklist=["field-adult"])
    await officer.follow("/1")
    for said in ANSWERS:
        await officer.send(answer=[said])
    await officer.press("/submit_draft")
    await officer.said("screening_outcome", "indications")


async def handed_over(tale: Tale) -> None:
    """She is asked whether the agency takes her case on, and sees what would go."""
    officer = tale.officer
    await officer.follow("/cases/")
    await officer.again('a[href$="/hand_over_case"]')
    await officer.follow("/hand_over_case")
    await officer.send(taken_on=[f"{AGENCY}.case-management"], categories=[*CATEGORIES])
    await agreed(officer)
    await officer.sees(officer.word("field", "cor_FullName"), officer.word("withheld_reason", "no_consent"))
    await officer.press("/hand_over_case")
    await officer.said("consent_state", "given")


async def agreed(desk: Desk) -> None:
    """The steps of asking her after it was said what would be told to whom."""
    await desk.send(notice_language=["km"])
    await desk.send(risks_explained=["yes"], decision=["given"])
    await desk.send(capacity=["self"], method=["thumbprint"])
    await desk.send(period=["365"], back_categories=["outcome"], withdrawal_method=["tell-any-worker"])


async def taken_on(tale: Tale) -> None:
    """The supervisor of the agency accepts, gives the case to a worker, and records what was decided."""
    supervisor = tale.supervisor
    await supervisor.newest("/referrals", tale.name)
    await supervisor.follow("/accept_referral")
    await supervisor.press()
    await supervisor.follow("/cases/")
    tale.case = await supervisor.heading()
    await supervisor.follow("/assign_case")
    await supervisor.send(workers=["th.worker"])
    await supervisor.follow("/identify_case")
    await supervisor.send(
        status=["ActualVictimOfTrafficking"],
        deciding_organisation=["NonPoliceGovernmentalOrganization"],
        reasons="Means and exploitation are established by the screening and the interview.",
    )


async def submission_seen(tale: Tale) -> None:
    """The officer sees that the agency has taken the case over."""
    officer = tale.officer
    await officer.follow("/submissions")
    await officer.again(
        f'li:has-text("{tale.submission}"):has-text("{officer.word("submission_state", "accepted")}")'
    )


async def cared_for(tale: Tale) -> None:
    """The worker finds the case in the list, and assesses what she needs."""
    worker, case = tale.worker, tale.case
    await worker.follow("/cases")
    await worker.again(f'li:has-text("{case}")')
    await worker.follow("/cases/", beside=case)
    await worker.follow("/assess_needs")
    await worker.send(needs=["livelihood", "psychosocial", "return"], urgency=["urgent"])


async def asked(tale: Tale) -> None:
    """She is asked whether an agency at home may be told, what, and for how long."""
    worker = tale.worker
    await worker.follow("/consents")
    await worker.follow("/record_consent")
    purposes = ["referral-assistance", "return-and-reintegration"]
    await worker.send(recipients=[RECEIVER], purposes=purposes, categories=[*CATEGORIES])
    await agreed(worker)
    await worker.press("/record_consent")
    await worker.said("consent_state", "given")
    await worker.follow("/cases/")
    await worker.follow("/cases/")


async def referred(tale: Tale) -> None:
    """From what she needs to who offers it; what would be sent is seen before it is."""
    worker = tale.worker
    await worker.follow("/draft_referral")
    await worker.send("/refer", service=["reintegration"])
    await worker.push(f'form:has([name="recipient"][value="{RECEIVER}"]) button')
    await worker.send(purpose=["referral-assistance"], urgency=["urgent"], kind=["referral"], fields=ASKED)
    await worker.again("main .govuk-tag--green")
    await worker.sees(*(worker.word("field", one) for one in KNOWN))
    await worker.said("withheld_reason", "no_consent")
    await worker.follow("/send_referral")
    await worker.press()


async def received(tale: Tale) -> None:
    """There, a supervisor gives it to a worker, who accepts and begins; here, that is seen."""
    supervisor, worker = tale.their_supervisor, tale.their_worker
    await supervisor.newest("/referrals", tale.name)
    await supervisor.follow("/cases/")
    tale.their_case = await supervisor.heading()
    await supervisor.again('a[href*="/assign_case"]')
    await supervisor.follow("/assign_case")
    await supervisor.send(workers=["kh.worker"])
    await worker.newest("/referrals", tale.name)
    await worker.misses(PHONE, HEALTH)
    await worker.follow("/accept_referral")
    await worker.press()
    await worker.follow("/start_referral")
    await worker.press()
    await tale.worker.again(state("referral_state", "in_progress", tale.worker))


def state(listing: str, code: str, desk: Desk) -> str:
    return f'main .govuk-tag:has-text("{desk.word(listing, code)}")'


async def went_home(tale: Tale) -> None:
    """A second person clears her, she leaves, and is met there."""
    supervisor, worker = tale.supervisor, tale.worker
    await supervisor.follow("/returns")
    await supervisor.first("/returns")
    await supervisor.again('a[href$="/clear_return"]')
    await supervisor.follow("/clear_return")
    await supervisor.press()
    await supervisor.said("return_state", "cleared")
    await worker.again('a[href$="/depart_return"]')
    await worker.follow("/depart_return")
    soon = datetime.now(read_country(COUNTRIES / "TH").zone) + timedelta(hours=8)
    await worker.send(expected_at=soon.strftime("%Y-%m-%dT%H:%M"), handover=["land-border"])
    await arrived(tale)
    await worker.again(state("return_state", "arrived", worker))


async def decided(tale: Tale) -> None:
    """She is counselled, decides, and is asked again."""
    worker = tale.worker
    await worker.follow("/cases/")
    await worker.follow("/request_return")
    await worker.send(receiver=[RECEIVER])
    await worker.follow("/counsel_return")
    await worker.press()
    await worker.follow("/decide_return")
    await worker.send(informed=["yes"], own_will=["yes"])
    await worker.follow("/confirm_return")
    await worker.send(own_will=["yes"])


async def prepared(tale: Tale) -> None:
    """She is found fit, has a passport, and it is safe for her."""
    worker = tale.worker
    today = datetime.now(read_country(COUNTRIES / "TH").zone).date()
    await worker.follow("/assess_fitness")
    await worker.send(fit=["yes"], assessed_on=str(today))
    await worker.follow("/record_check")
    await worker.send(check=["passport"], valid_until=str(today + timedelta(days=365)))
    await worker.follow("/assess_return")
    await worker.send(result=["safe"], grounds="Family visited by the partner.")
    await worker.sees(worker.word("risk_result", "safe"), worker.word("return_check", "passport"))


async def arrived(tale: Tale) -> None:
    """There she is met, and the help ends."""
    worker = tale.their_worker
    await worker.newest("/returns", tale.their_case)
    await worker.again('a[href$="/arrive_return"]')
    await worker.said("handover_point", "land-border")
    await worker.follow("/arrive_return")
    await worker.press()
    await worker.said("return_state", "arrived")
    await worker.follow("/cases/")
    await worker.follow("/referrals/")
    await worker.follow("/complete_referral")
    await worker.send(outcome=["service-delivered"])


async def taken_back(tale: Tale) -> None:
    """She takes her consent back: here it is seen what came of it, and there that nothing can be read any more."""
    worker, theirs = tale.worker, tale.their_worker
    await worker.follow("/cases/")
    await worker.again(f'li:has-text("{worker.word("referral_state", "completed")}")')
    await worker.follow("/consents")
    await worker.follow("/console/consents/")
    await worker.follow("/withdraw_consent")
    await worker.press()
    await worker.again(f'main li:has-text("{worker.word("recall_answer", "restricted")}")')
    await theirs.follow("/cases/")
    await theirs.again(f'main :text("{theirs.word("reading_closed", "withdrawn")}")')
    await theirs.misses(tale.name)


async def looked_into(tale: Tale) -> None:
    await followed(tale.auditor, tale.case)
    await followed(tale.their_auditor, tale.their_case)


async def followed(auditor: Desk, case: str) -> None:
    """An auditor follows the case from what she agreed to, to who looked, and has the log computed anew."""
    await auditor.follow("/audit")
    await auditor.send("/audit/search", reference=case)
    await auditor.follow("/audit/cases/")
    country = auditor.person[:2]
    await auditor.sees(
        f"{country}.worker",
        auditor.word("field", "cor_FullName"),
        auditor.word("recall_answer", "restricted"),
    )
    await auditor.misses(". .")
    await auditor.follow("/audit")
    await auditor.follow("/start_verification")
    await auditor.press()
    await auditor.again("main li .govuk-tag--green")


CHAPTERS = (
    intake, screened, handed_over, taken_on, submission_seen, cared_for, asked, referred, received, decided, prepared, went_home,
    taken_back, looked_into,
)  # fmt: skip
