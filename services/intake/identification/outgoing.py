"""The facts of assessments and decisions as contract events; the changes that they make to the case, as the case file
says them.
"""

import services.intake.casefile.outgoing
from chassis.outbox import DueWork
from contracts.envelope import Event
from contracts.events.intake import (
    CaseIdentifiedV1,
    CaseScreenedV1,
    HoldLiftedV1,
    HoldPlacedV1,
    NeedsAssessedV1,
)
from services.intake.casefile.domain.facts import CaseFact
from services.intake.identification.domain import facts
from services.intake.identification.domain.facts import Fact


def outgoing(fact: Fact | CaseFact) -> Event | DueWork:
    match fact:
        case facts.CaseScreened():
            return _case_screened(fact)
        case facts.CaseIdentified():
            return _case_identified(fact)
        case facts.NeedsAssessed():
            return _needs_assessed(fact)
        case facts.HoldPlaced():
            return HoldPlacedV1(case_id=fact.case_id, hold_id=fact.hold_id, until=fact.until)
        case facts.HoldLifted():
            return HoldLiftedV1(case_id=fact.case_id, hold_id=fact.hold_id)
        case _:
            return services.intake.casefile.outgoing.outgoing(fact)


def _case_screened(fact: facts.CaseScreened) -> CaseScreenedV1:
    return CaseScreenedV1(
        case_id=fact.case_id,
        screening_id=fact.screening_id,
        checklist=fact.checklist,
        checklist_version=fact.checklist_version,
        result=fact.result,
        corrects=fact.corrects,
    )


def _case_identified(fact: facts.CaseIdentified) -> CaseIdentifiedV1:
    return CaseIdentifiedV1(
        case_id=fact.case_id,
        revision=fact.revision,
        deciding_organisation=fact.deciding_organisation,
        status=fact.status,
    )


def _needs_assessed(fact: facts.NeedsAssessed) -> NeedsAssessedV1:
    return NeedsAssessedV1(
        case_id=fact.case_id, assessment_id=fact.assessment_id, urgency=fact.urgency, needs=fact.needs
    )
