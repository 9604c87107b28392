"""Cases as far as they came from elsewhere: loaded for a batch of events by one query each, saved as a set."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.identity.access import remember, remember_erased
from chassis.printing import papers
from chassis.rows import RowReader
from chassis.tables import insert_missing, update_set, upsert_set
from services.intake.casefile.domain.case import Case, CaseState
from services.intake.casefile.domain.dependant import DependantChange
from services.intake.casefile.domain.facts import CaseOpened
from services.intake.casefile.domain.received import (
    CLOSED,
    RECEIVED_CHANNEL,
    Disclosure,
    ReceivedFile,
    ReceivedGrant,
    ReceivedState,
)
from services.intake.casefile.outgoing import tasks_due
from services.intake.casefile.store import attention, dependants, own_numbers, pairs, references
from services.intake.casefile.store.cases import OpenedCase, remember_all, write_opened
from services.intake.casefile.store.tables import ACCEPTED_REFERRALS, CASES, DISCLOSURES, FIELDS

# A row that does not exist cannot be locked: without it, two processes that hear of a disclosure and of its
# referral's acceptance at the same time would each write a state that lacks the other's half.
_ONE_AT_A_TIME = text(
    """
    select pg_advisory_xact_lock(hashtext('intake.received'), hashtext(k.id::text))
    from (select id from unnest(cast(:ids as uuid[])) as u(id) order by id) as k
    """
)
_FILES = RowReader(
    ReceivedFile, names=["case_id", "person_id", "organisation", "urgency", "state", "opened_here"]
)
_CASES = text(
    """
    select id as case_id, person_id, organisation, urgency, state, channel <> :channel as opened_here
    from intake.cases where id = any(cast(:ids as uuid[])) order by id for update
    """
)
_DISCLOSURES = text(
    "select * from intake.disclosures where case_id = any(cast(:ids as uuid[])) order by id for update"
)
_HOLDS = text("select id from intake.holds where case_id = :case_id")
_ACCEPTED = text(
    "select case_id, referral_id from intake.accepted_referrals where case_id = any(cast(:ids as uuid[]))"
)
_MOVE = update_set(
    CASES,
    "state",
    "person_id",
    also={
        "version": "t.version + 1",
        "came_flags": f"case when u.state <> '{CaseState.ERASED}' and u.person_id = t.person_id then t.came_flags end",
        "updated_at": "now()",
    },
)
_NOBODYS = text("update intake.cases set workers = '{}', covers = '{}' where id = :id")
_ACCEPT = insert_missing(ACCEPTED_REFERRALS)
_GRANTS = RowReader(ReceivedGrant, DISCLOSURES, disclosure_id="id", recipient="organisation")
_TERMS = _GRANTS.values(None).keys() - {"id"}
_PUT = upsert_set(
    DISCLOSURES,
    update={
        "state": "excluded.state",
        "corrected": "excluded.corrected",
        "retained_by": "excluded.retained_by",
        "closed_for": "coalesce(t.closed_for, excluded.closed_for)",
        "closed_at": "coalesce(t.closed_at, excluded.closed_at)",
        **{name: f"coalesce(excluded.{name}, t.{name})" for name in sorted(_TERMS)},
    },
)
_KEEP = insert_missing(FIELDS)
_DELETE = text("delete from intake.fields where disclosure_id = any(cast(:ids as uuid[]))")
# Written only while this person's key still is the case's: a later disclosure may have opened the case again under
# another.
_ERASED = text(
    f"update intake.cases set state = '{CaseState.ERASED}', flags = null, came_flags = null, flagged = false, version = version + 1,"
    " age_group = default, age_basis = default, age_doubted = default"
    " where id = :case_id and person_id = :person returning id"
)


async def load(tx: Transaction, keys: Sequence[UUID]) -> dict[UUID, ReceivedFile]:
    """The cases, an entry for every key; an empty one where the case is not here yet."""
    ids = {"ids": list(keys)}
    await tx.execute(_ONE_AT_A_TIME, ids)
    files = {key: ReceivedFile(key) for key in keys}
    for file in _FILES.all(await tx.execute(_CASES, {**ids, "channel": RECEIVED_CHANNEL})):
        files[file.case_id] = file
    for row in await tx.execute(_DISCLOSURES, ids):
        files[row.case_id].disclosures[row.id] = _disclosure(row)
    for row in await tx.execute(_ACCEPTED, ids):
        files[row.case_id].accepted.add(row.referral_id)
    return files


async def erase(tx: Transaction, case_id: UUID, person_id: UUID) -> bool:
    """Nobody reads or writes in this case until she is referred again. False where it has another person by now."""
    rows = (await tx.execute(_ERASED, {"case_id": case_id, "person": person_id})).all()
    await remember_erased(tx, [row.id for row in rows])
    await own_numbers.forget(tx, [row.id for row in rows])
    for row in rows:
        await dependants.forget(tx, row.id)
        await pairs.forget(tx, row.id)
        await papers.forget(tx, [row.id, *(await tx.execute(_HOLDS, {"case_id": row.id})).scalars()])
    tx.say(*(tasks_due(row.id, person_id) for row in rows))
    return bool(rows)


async def save(tx: Transaction, files: Sequence[ReceivedFile]) -> None:
    await _save_cases(tx, [file for file in files if file.changed])
    accepted = [(file.case_id, referral) for file in files for referral in sorted(file.newly_accepted)]
    await _ACCEPT.write(tx, [{"case_id": case, "referral_id": referral} for case, referral in accepted])
    await _save_disclosures(tx, [d for file in files for d in file.disclosures.values() if d.changed])


async def _save_cases(tx: Transaction, files: Sequence[ReceivedFile]) -> None:
    new = [(file.case_id, file.opened) for file in files if file.opened is not None]
    await write_opened(tx, [_opened(fact) for _, fact in new], by=tx.origin.actor)
    if new:
        await remember_all(tx, {case_id: fact.organisation for case_id, fact in new})
        await references.give(tx, [case_id for case_id, _ in new])
    for file in files:
        if file.reopened:
            await tx.execute(_NOBODYS, {"id": file.case_id})
            await remember(tx, file.case_id, file.organisation)
    await attention.wait_again(tx, {file.case_id: file.organisation for file in files if file.returned})
    moved = [file for file in files if file.opened is None or file.state is not CaseState.OPEN]
    await _MOVE.write(
        tx, [{"id": file.case_id, "state": file.state, "person_id": file.person_id} for file in moved]
    )
    if here := [file.case_id for file in moved if file.state is CaseState.OPEN]:
        await remember_erased(tx, here, erased=False)
    if returned := [file.case_id for file in files if file.returned]:
        await dependants.moved(tx, returned, DependantChange.BACK)


def _opened(fact: CaseOpened) -> OpenedCase:
    return OpenedCase(Case(fact.case_id, fact.person_id, fact.organisation, (), fact.urgency), [fact])


async def _save_disclosures(tx: Transaction, changed: Sequence[Disclosure]) -> None:
    await _PUT.write(tx, [_row(one, tx.now) for one in changed])
    kept = [_field(one, name, value) for one in changed for name, value in one.values.items()]
    await _KEEP.write(tx, kept, source="received", recorded_at=tx.now, recorded_by=tx.origin.actor)
    closed = [one.id for one in changed if one.state in CLOSED]
    if closed:
        await tx.execute(_DELETE, {"ids": closed})


def _row(one: Disclosure, now: datetime) -> dict[str, object]:
    return {
        **_GRANTS.values(one.grant),
        "id": one.id,
        "case_id": one.case_id,
        "referral_id": one.referral_id,
        "state": one.state,
        "received_at": now,
        "closed_at": now if one.state in CLOSED else None,
        "closed_for": one.closed_for,
        "retained_by": one.retained_by,
        "corrected": one.corrected,
    }


def _field(one: Disclosure, name: str, value: str) -> dict[str, object]:
    return {
        "case_id": one.case_id,
        "field": name,
        "disclosure_id": one.id,
        "organisation": one.grant.recipient if one.grant else "",
        "value": value,
    }


def _disclosure(row: Row[Any]) -> Disclosure:
    return Disclosure(
        row.id,
        row.case_id,
        row.referral_id,
        ReceivedState(row.state),
        None if row.valid_until is None else _GRANTS.row(row),
        closed_for=row.closed_for,
        retained_by=row.retained_by,
        corrected=tuple(row.corrected),
    )
