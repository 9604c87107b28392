"""The use cases of incidents: one function, one transaction. Words come sealed, before the transaction began."""

from datetime import date, timedelta
from uuid import UUID

from chassis.database import Transaction
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.problems import PreconditionFailed, expect
from services.intake.casefile.use_cases import answered
from services.intake.reports.domain.incidents import Incident
from services.intake.reports.store import incidents


async def record_incident(
    tx: Transaction, actor: Actor, incident: Incident, today: date, keep: timedelta
) -> Incident:
    require(actor, incidents.WRITE, organisation=actor.organisation)
    with answered():
        facts = incident.record(tx.now, today, keep)
    await incidents.add(tx, incident, facts)
    return incident


async def correct_incident(
    tx: Transaction,
    actor: Actor,
    incident_id: UUID,
    seen: int | None,
    corrected: Incident,
    reason: str,
    today: date,
    keep: timedelta,
) -> Incident:
    """`corrected` has the next account, sealed for the incident as it was looked at."""
    incident = await incidents.get_locked(tx, actor, incident_id)
    expect(incident.version, seen)
    if incident.version != corrected.version:
        raise PreconditionFailed
    with answered():
        facts = incident.correct(corrected.account, reason, tx.now, today, keep)
    await incidents.save(tx, incident, facts)
    return incident


async def withdraw_incident(
    tx: Transaction, actor: Actor, incident_id: UUID, seen: int | None, reason: str
) -> Incident:
    incident = await incidents.get_locked(tx, actor, incident_id)
    expect(incident.version, seen)
    with answered():
        facts = incident.withdraw(reason)
    await incidents.save(tx, incident, facts)
    return incident
