"""Fact of a report → contract event, or work that is due."""

from dataclasses import asdict

from chassis.outbox import DueWork
from contracts.envelope import Event
from contracts.events import reports
from contracts.events.reports import CallRaisedV1
from services.intake.reports.domain import facts
from services.intake.reports.domain.facts import CallEvent, CallFact, IncidentEvent, IncidentFact

CALL_CLOCK, CALL_KEY, CALL_RECORD = "call-clock", "call-key", "call-record"
INCIDENT_WORDS = "incident-words"


def outgoing(fact: CallFact | IncidentFact) -> Event | DueWork:
    match fact:
        case facts.CallClockDue():
            clock = {
                "call_id": str(fact.call_id),
                "ends_at": fact.ends_at.isoformat(),
                "over": fact.at == fact.ends_at,
            }
            return DueWork(CALL_CLOCK, f"{fact.call_id}:{fact.at.isoformat()}", clock, due_at=fact.at)
        case facts.IncidentWordsDue():
            words = {"incident_id": str(fact.incident_id), "revision": fact.revision}
            return DueWork(INCIDENT_WORDS, f"{fact.incident_id}:{fact.revision}", words, due_at=fact.at)
        case facts.OwnKeyUnneeded():
            return DueWork(CALL_KEY, str(fact.key), due_at=fact.at)
        case facts.RecordLeft():
            task_id = None if fact.task_id is None else str(fact.task_id)
            return DueWork(CALL_RECORD, fact.record, {"person_id": str(fact.person_id), "task_id": task_id})
        case _:
            return _event(fact)


def _event(fact: CallEvent | IncidentEvent) -> Event:
    if isinstance(fact, facts.CallRaised):
        return CallRaisedV1(about_id=fact.task_id, **asdict(fact))
    return _EVENTS[type(fact)](**asdict(fact))


_EVENTS: dict[type[CallEvent | IncidentEvent], type[Event]] = {
    facts.CallStarted: reports.CallStartedV1,
    facts.CallClosed: reports.CallClosedV1,
    facts.CallReopened: reports.CallReopenedV1,
    facts.CallAttached: reports.CallAttachedV1,
    facts.CallDetached: reports.CallDetachedV1,
    facts.CallCleared: reports.CallClearedV1,
    facts.IncidentRecorded: reports.IncidentRecordedV1,
    facts.IncidentCorrected: reports.IncidentCorrectedV1,
    facts.IncidentWithdrawn: reports.IncidentWithdrawnV1,
    facts.IncidentCleared: reports.IncidentClearedV1,
}
