"""Fact of an erasure → contract event, or work that is due."""

from chassis.outbox import DueWork
from contracts.envelope import Event
from contracts.events.intake import (
    CaseErasedV1,
    ErasureCancelledV1,
    ErasureConfirmedV1,
    ErasureRefusedV1,
    ErasureRequestedV1,
)
from services.intake.rights.domain import facts
from services.intake.rights.domain.facts import ErasureFact

ERASE = "erase"
"""The kind of the work row that destroys the key of a person whose erasure was confirmed."""
ERASE_AGAIN = "erase-again"
"""The kind of the work row that a restore makes for each key that was destroyed after the backup (deploy/local/backup.py)."""

EPOCH_ENDED = "epoch-ended"
"""The kind of the work row that the end of an epoch of the vault makes just before its wrapping key is destroyed (deploy/local/epoch_end.py)."""


def outgoing(fact: ErasureFact) -> Event | DueWork:
    match fact:
        case facts.ErasureRequested():
            return ErasureRequestedV1(case_id=fact.case_id, erasure_id=fact.erasure_id)
        case facts.ErasureCancelled():
            return ErasureCancelledV1(case_id=fact.case_id, erasure_id=fact.erasure_id)
        case facts.ErasureRefused():
            return ErasureRefusedV1(case_id=fact.case_id, erasure_id=fact.erasure_id, law=fact.law)
        case facts.ErasureConfirmed():
            return ErasureConfirmedV1(case_id=fact.case_id, erasure_id=fact.erasure_id)
        case facts.ErasureDue():
            payload = {"case_id": str(fact.case_id), "person_id": str(fact.person_id)}
            return DueWork(ERASE, str(fact.erasure_id), payload)
        case facts.CaseErased():
            return CaseErasedV1(case_id=fact.case_id, at=fact.at, epoch=fact.epoch)
