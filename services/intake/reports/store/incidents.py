"""An incident's row, its revisions, and the cases to which it is linked; saved with a version check and its facts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from types import SimpleNamespace
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.month_tables import MonthTables
from chassis.problems import AlreadyThere, NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import insert_missing, insert_set, update_set
from services.intake.casefile.store.tables import STATISTICS
from services.intake.reports.domain.facts import IncidentFact
from services.intake.reports.domain.incidents import Incident, IncidentAccount, IncidentState
from services.intake.reports.domain.trends import CountedIncident
from services.intake.reports.outgoing import outgoing
from services.intake.reports.store.tables import INCIDENT_CASES, INCIDENT_REVISIONS, INCIDENTS

READ, WRITE = "incident.read", "incident.write"


@dataclass(frozen=True, slots=True)
class _Head:
    id: UUID
    organisation: str
    owner: UUID
    state: IncidentState
    merged_into: UUID | None
    revision: int
    version: int


_HEADS, _ACCOUNTS = RowReader(_Head, INCIDENTS), RowReader(IncidentAccount, INCIDENTS)
_READ = f"select {_HEADS.columns()}, {_ACCOUNTS.columns()} from intake.incidents where id = :id"
_ADD = insert_missing(INCIDENTS, without=["version"], key=["id"])
_SAVE = update_set(
    INCIDENTS,
    *_ACCOUNTS.values(None),
    "owner",
    "state",
    "merged_into",
    "revision",
    "updated_at",
    "updated_by",
    also={"version": "t.version + 1"},
    stored="version",
)
_REVISE = insert_set(INCIDENT_REVISIONS)
_LINK = insert_missing(INCIDENT_CASES, key=["incident_id", "case_id"])
_UNLINK = text("delete from intake.incident_cases where incident_id = :incident and case_id = :case")
_SHARES = text(
    "select exists (select from intake.incidents where organisation = :organisation and (with_all or shared_with <> '{}'))"
)
_COUNTED = RowReader(CountedIncident)
_OF_MONTH = text(
    f"select kind, province from intake.incidents where with_all and state = '{IncidentState.STANDING}'"
    " and first_on >= :since and first_on < :until"
)
KEPT = MonthTables(STATISTICS)


async def get(tx: Transaction, actor: Actor, action: str, incident_id: UUID) -> Incident:
    """An incident that the actor's organisation told, or that is shared with it. NotFound otherwise."""
    require(actor, action)
    incident = await _read(tx, _READ, incident_id)
    if not is_seen(incident, actor.organisation):
        raise NotFound
    return incident


async def get_own(tx: Transaction, actor: Actor, incident_id: UUID) -> Incident:
    """One that the actor's own organisation told, locked for a verb."""
    require(actor, WRITE)
    incident = await _read(tx, f"{_READ} for update", incident_id)
    if incident.organisation != actor.organisation:
        raise NotFound
    return incident


def is_seen(incident: Incident, organisation: str) -> bool:
    account = incident.account
    return account.with_all or organisation in {incident.organisation, *account.shared_with}


async def add(tx: Transaction, incident: Incident, facts: Sequence[IncidentFact]) -> None:
    by = tx.origin.actor
    same = {"reported_at": tx.now, "reported_by": by, "updated_at": tx.now, "updated_by": by}
    if await _ADD.write(tx, [_row(incident)], **same) != 1:
        raise AlreadyThere
    incident.version = 1
    tx.say(*map(outgoing, facts))


async def save(tx: Transaction, incident: Incident, facts: Sequence[IncidentFact]) -> None:
    """Write it if it is still as it was read. Raises PreconditionFailed."""
    if await _SAVE.write(tx, [_row(incident)], updated_at=tx.now, updated_by=tx.origin.actor) != 1:
        raise PreconditionFailed
    incident.version += 1
    tx.say(*map(outgoing, facts))


async def keep(tx: Transaction, incident: Incident, reason: str) -> None:
    """The account as it stands, before another takes its place."""
    row = {
        "incident_id": incident.id,
        "revision": incident.revision,
        "organisation": incident.organisation,
        "account": _plain(incident.account),
        "reason": reason,
        "by": tx.origin.actor,
        "at": tx.now,
    }
    await _REVISE.write(tx, [row])


async def link(tx: Transaction, incident_id: UUID, case_id: UUID, organisation: str) -> bool:
    """True where it was not linked yet."""
    row = {"incident_id": incident_id, "case_id": case_id, "organisation": organisation}
    return await _LINK.write(tx, [row], by=tx.origin.actor, at=tx.now) == 1


async def unlink(tx: Transaction, incident_id: UUID, case_id: UUID) -> bool:
    return (await tx.execute(_UNLINK, {"incident": incident_id, "case": case_id})).rowcount == 1


async def shares(tx: Transaction, organisation: str) -> bool:
    """True where the organisation has told others of something."""
    return bool((await tx.execute(_SHARES, {"organisation": organisation})).scalar())


async def counted(tx: Transaction, since: date, until: date) -> Sequence[CountedIncident]:
    return _COUNTED.all(await tx.execute(_OF_MONTH, {"since": since, "until": until}))


def _row(incident: Incident) -> SimpleNamespace:
    head = {name: getattr(incident, name) for name in _HEADS.values(None)}
    return SimpleNamespace(**head, **_ACCOUNTS.values(incident.account))


def _plain(account: IncidentAccount) -> dict[str, object]:
    """Without its words, which go when others take their place."""
    coded = {name: value for name, value in asdict(account).items() if name != "content"}
    days = {"first_on": account.first_on.isoformat(), "last_on": account.last_on.isoformat()}
    return {**coded, **days, "shared_with": list(account.shared_with)}


async def _read(tx: Transaction, statement: str, incident_id: UUID) -> Incident:
    row: Row[tuple[object, ...]] | None = (await tx.execute(text(statement), {"id": incident_id})).first()
    if row is None:
        raise NotFound
    head = _HEADS.row(row)
    return Incident(
        head.id,
        head.organisation,
        head.owner,
        _ACCOUNTS.row(row),
        head.state,
        head.merged_into,
        head.revision,
        head.version,
    )
