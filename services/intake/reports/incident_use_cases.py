"""The use cases of incidents: one function, one transaction. Words come sealed, before the transaction began."""

from datetime import date
from uuid import UUID

from chassis.database import Transaction
from chassis.directory import require_organisation
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.problems import NotFound, PreconditionFailed, WrongState, expect
from services.intake.casefile.store import cases
from services.intake.casefile.use_cases import answered
from services.intake.reports.domain.facts import IncidentLinked, IncidentUnlinked
from services.intake.reports.domain.incidents import Incident, IncidentAccount, IncidentVerb
from services.intake.reports.outgoing import outgoing
from services.intake.reports.store import incidents

OF_CASE = "case.write"
"""The right to say that an incident has to do with a case."""


async def report_incident(tx: Transaction, actor: Actor, incident: Incident, today: date) -> Incident:
    require(actor, incidents.WRITE, organisation=actor.organisation)
    await _require_listed(tx, actor, incident.account)
    with answered():
        facts = incident.report(today)
    await incidents.add(tx, incident, facts)
    return incident


async def correct_incident(
    tx: Transaction,
    actor: Actor,
    incident_id: UUID,
    seen: int | None,
    corrected: Incident | None,
    reason: str,
    today: date,
) -> Incident:
    """`corrected` is the incident with its next account, at the version that was looked at; None where it was merged then."""
    incident = await incidents.get_own(tx, actor, incident_id)
    expect(incident.version, seen)
    if corrected is None:
        raise WrongState
    if incident.version != corrected.version:
        raise PreconditionFailed
    await _require_listed(tx, actor, corrected.account)
    await incidents.keep(tx, incident, reason)
    with answered():
        facts = incident.correct(corrected.account, corrected.owner, today)
    await incidents.save(tx, incident, facts)
    return incident


async def _require_listed(tx: Transaction, actor: Actor, account: IncidentAccount) -> None:
    for organisation in account.shared_with:
        await require_organisation(tx, organisation, "shared_with", cell=actor.cell)


async def merge_incident(
    tx: Transaction, actor: Actor, incident_id: UUID, seen: int | None, into: UUID
) -> Incident:
    """The own one into another that the actor sees."""
    other = await incidents.get(tx, actor, incidents.READ, into)
    incident = await incidents.get_own(tx, actor, incident_id)
    expect(incident.version, seen)
    with answered():
        facts = incident.merge(other)
    await incidents.save(tx, incident, facts)
    return incident


async def separate_incident(tx: Transaction, actor: Actor, incident_id: UUID, seen: int | None) -> Incident:
    incident = await incidents.get_own(tx, actor, incident_id)
    expect(incident.version, seen)
    with answered():
        facts = incident.separate()
    await incidents.save(tx, incident, facts)
    return incident


async def link_incident(tx: Transaction, actor: Actor, incident_id: UUID, case_id: UUID) -> Incident:
    """Whoever has the case says so, and nobody else sees it."""
    await cases.get(tx, actor, OF_CASE, case_id, lock=True)
    incident = await incidents.get(tx, actor, incidents.READ, incident_id)
    with answered():
        incident.require(IncidentVerb.LINK)
    if await incidents.link(tx, incident_id, case_id, actor.organisation):
        tx.say(outgoing(IncidentLinked(case_id, incident_id)))
    return incident


async def unlink_incident(tx: Transaction, actor: Actor, incident_id: UUID, case_id: UUID) -> Incident:
    await cases.get(tx, actor, OF_CASE, case_id, lock=True)
    incident = await incidents.get(tx, actor, incidents.READ, incident_id)
    if not await incidents.unlink(tx, incident_id, case_id):
        raise NotFound
    tx.say(outgoing(IncidentUnlinked(case_id, incident_id)))
    return incident
