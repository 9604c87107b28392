"""Fact of a draft → contract event, or work that is due."""

from chassis.outbox import DueWork
from contracts.envelope import Event
from contracts.events.intake import DraftAbandonedV1, DraftRaisedV1, DraftUnfinishedV1
from services.intake.drafts.domain import facts
from services.intake.drafts.domain.facts import DraftFact

REMIND, CLEAR, LET_GO = "draft-reminder", "draft-clearing", "draft-content"


def outgoing(fact: DraftFact) -> Event | DueWork:
    match fact:
        case facts.DraftRaised():
            return DraftRaisedV1(case_id=fact.case_id, draft_id=fact.draft_id, organisation=fact.organisation)
        case facts.DraftUnfinished():
            return DraftUnfinishedV1(
                case_id=fact.case_id,
                draft_id=fact.draft_id,
                organisation=fact.organisation,
                since=fact.since,
            )
        case facts.DraftAbandoned():
            return DraftAbandonedV1(
                case_id=fact.case_id, draft_id=fact.draft_id, organisation=fact.organisation
            )
        case facts.ReminderDue():
            payload = {"draft_id": str(fact.draft_id), "at": fact.at.isoformat()}
            return DueWork(REMIND, f"{fact.draft_id}:{fact.at.isoformat()}", payload, due_at=fact.at)
        case facts.ClearingDue():
            payload = {"draft_id": str(fact.draft_id), "at": fact.at.isoformat()}
            return DueWork(CLEAR, f"{fact.draft_id}:{fact.at.isoformat()}", payload, due_at=fact.at)
        case facts.ContentGone():
            gone = {"person_id": str(fact.person_id), "nobody": fact.nobody}
            return DueWork(LET_GO, str(fact.draft_id), gone)
