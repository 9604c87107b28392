"""An incident's row: read by whoever sees it, saved with a version check and its facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.month_tables import MonthTables
from chassis.problems import AlreadyThere, NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import insert_missing, update_set
from services.intake.casefile.store.tables import STATISTICS
from services.intake.reports.domain.facts import IncidentFact
from services.intake.reports.domain.incidents import Incident, IncidentAccount, IncidentState
from services.intake.reports.domain.trends import CountedIncident
from services.intake.reports.outgoing import outgoing
from services.intake.reports.store.tables import INCIDENTS

READ, WRITE = "incident.read", "incident.write"


@dataclass(frozen=True, slots=True)
class _Head:
    """An incident without its account."""

    id: UUID
    organisation: str
    state: IncidentState
    reason: str | None
    shared_at: datetime | None
    revision: int
    version: int


_HEADS, _ACCOUNTS = RowReader(_Head, INCIDENTS), RowReader(IncidentAccount, INCIDENTS)
_GET = f"select {_HEADS.columns()}, {_ACCOUNTS.columns()} from intake.incidents where id = :id"
_ADD = insert_missing(INCIDENTS, without=["version"], key=["id"])
_SAVE = update_set(
    INCIDENTS,
    "kind",
    "province",
    "month",
    "certainty",
    "with_all",
    "shared_with",
    "content",
    "state",
    "reason",
    "shared_at",
    "revision",
    "updated_at",
    "updated_by",
    also={"version": "t.version + 1"},
    stored="version",
)
_COUNTED = RowReader(CountedIncident)
_SHARED = text(
    f"select kind, province from intake.incidents where with_all and state = '{IncidentState.STANDING}'"
    " and shared_at >= :since and shared_at < :until"
)
KEPT = MonthTables(STATISTICS)


async def get(tx: Transaction, actor: Actor, incident_id: UUID) -> Incident:
    """An incident that the actor's organisation wrote down, or that is shared with it. NotFound otherwise."""
    require(actor, READ, organisation=actor.organisation)
    incident = await _read(tx, _GET, incident_id)
    if incident is None or not incident.is_seen_by(actor.organisation):
        raise NotFound
    return incident


async def get_own(tx: Transaction, actor: Actor, incident_id: UUID) -> Incident:
    """One that the actor's own organisation wrote down. NotFound otherwise."""
    require(actor, WRITE, organisation=actor.organisation)
    return _own(actor, await _read(tx, _GET, incident_id))


async def get_locked(tx: Transaction, actor: Actor, incident_id: UUID) -> Incident:
    """The same for a verb."""
    require(actor, WRITE, organisation=actor.organisation)
    return _own(actor, await hold(tx, incident_id))


async def hold(tx: Transaction, incident_id: UUID) -> Incident | None:
    """Lock an incident, for a verb or for the service's own work."""
    return await _read(tx, f"{_GET} for update", incident_id)


async def add(tx: Transaction, incident: Incident, facts: Sequence[IncidentFact]) -> None:
    """A new incident. Raises AlreadyThere where its identifier is taken."""
    by = tx.origin.actor
    stamps = {"recorded_at": tx.now, "recorded_by": by, "updated_at": tx.now, "updated_by": by}
    if await _ADD.write(tx, [_row(incident)], **stamps) != 1:
        raise AlreadyThere
    incident.version = 1
    tx.say(*map(outgoing, facts))


async def save(tx: Transaction, incident: Incident, facts: Sequence[IncidentFact]) -> None:
    """Write it if it is still as it was read, and say the facts. Raises PreconditionFailed."""
    if await _SAVE.write(tx, [_row(incident)], updated_at=tx.now, updated_by=tx.origin.actor) != 1:
        raise PreconditionFailed
    incident.version += 1
    tx.say(*map(outgoing, facts))


async def shared(tx: Transaction, since: datetime, until: datetime) -> Sequence[CountedIncident]:
    """The incidents that all see, and that they have seen since a time in this span."""
    return _COUNTED.all(await tx.execute(_SHARED, {"since": since, "until": until}))


def _own(actor: Actor, incident: Incident | None) -> Incident:
    if incident is None or incident.organisation != actor.organisation:
        raise NotFound
    return incident


def _row(incident: Incident) -> SimpleNamespace:
    head = {name: getattr(incident, name) for name in _HEADS.values(None)}
    return SimpleNamespace(**head, **_ACCOUNTS.values(incident.account))


async def _read(tx: Transaction, statement: str, incident_id: UUID) -> Incident | None:
    row = (await tx.execute(text(statement), {"id": incident_id})).first()
    if row is None:
        return None
    head = _HEADS.row(row)
    return Incident(
        head.id,
        head.organisation,
        _ACCOUNTS.row(row),
        head.state,
        head.reason,
        head.shared_at,
        head.revision,
        head.version,
    )
