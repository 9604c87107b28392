"""The tables and the mapping: records are got under a lock and for an actor, batches are loaded and saved as sets.

Lock order is always the case, her age, the record, then what hangs on it. Whoever moves a record, or a disclosure made under it, holds the
record's row. That is what puts every seal token before or after every withdrawal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import hold_case, require_case, whose
from chassis.identity.auth import Actor
from chassis.problems import NotFound, PreconditionFailed, Unavailable
from contracts.organisations import ACTIVE
from services.consent import mapping
from services.consent.domain.authorisation import Ground
from services.consent.domain.case import CaseConsents, is_child
from services.consent.domain.disclosure import Disclosure
from services.consent.domain.facts import Fact
from services.consent.domain.grant import ReceivedGrant
from services.consent.domain.ground import AgreementVersions
from services.consent.domain.record import ConsentRecord
from services.consent.domain.states import State
from services.consent.mapping import rows_of
from services.consent.outgoing import outgoing

# The time is read in the outer query, so after the lock was waited for.
_LOCK_RECORD = text(
    "with locked as materialized (select * from consent.records where id = :id for update)"
    " select *, clock_timestamp() as now from locked"
)
_LOCK_CASES = text(
    "select * from consent.records where case_id = any(cast(:cases as uuid[])) order by case_id, id for update"
)
_RECORDS = text(
    "select * from consent.records where case_id = any(cast(:cases as uuid[])) order by case_id, id"
)
_RECORD = text("select * from consent.records where id = :id")
_GRANTING = text(
    "select d.id as disclosure_id, r.* from consent.disclosures d join consent.records r on r.id = d.consent_id"
    " where d.id = any(cast(:ids as uuid[]))"
)
_CASE_OF_RECORD = text("select case_id from consent.records where id = :id")
_DISCLOSURE = text("select * from consent.disclosures where id = :id")
# Always a statement of its own after the lock, so that it sees what was committed while we waited.
_DISCLOSURES_OF_RECORD = text("select * from consent.disclosures where consent_id = :id order by id")
_DISCLOSURES = text(
    "select * from consent.disclosures where case_id = any(cast(:cases as uuid[])) order by id"
)
_GRANTS = text(
    "select * from consent.grants where case_id = any(cast(:cases as uuid[])) order by disclosure_id for update"
)
_GRANTED_TO = text("select case_id from consent.grants where disclosure_id = :id")
_AGE = text("select age_group from consent.ages where case_id = :case for share")
_LOCK_AGES = text(
    "select from consent.ages where case_id = any(cast(:cases as uuid[])) order by case_id for update"
)
_RECORDED_BY = text(
    """
    select body ->> 'by' from consent.revisions where consent_id = :id and number > coalesce(
        (select max(number) from consent.revisions where consent_id = :id and body ->> 'state' in ('given', 'renewed')), 0)
    """
)
_FIRST_BY = text("select body ->> 'by' from consent.revisions where consent_id = :id and number = 1")
_PROTECTIONS = text(
    "select id from consent.records where case_id = :case and state = 'protected' order by id"
)
_LAST_ANSWER = text(
    """
    select v.body ->> 'state' from consent.revisions v join consent.records r on r.id = v.consent_id
    where r.case_id = :case and v.body ->> 'state' in ('given', 'renewed', 'refused', 'withdrawn')
      and v.body -> 'terms' ->> 'reviewed_by' is null
    order by (v.body ->> 'at')::timestamptz desc, v.number desc limit 1
    """
)
_AGREEMENTS = text(
    "select distinct on (id) * from consent.agreements order by id, (valid_from <= :now) desc, version desc"
)
_UNDER = text(
    "select distinct case_id from consent.disclosures"
    " where agreement_id = :agreement and stage in ('authorised', 'sealed', 'delivered', 'undelivered')"
    " and (cast(:after as uuid) is null or case_id > :after) order by case_id limit :limit"
)
_IN_ERROR = text(
    "select referral_id, case_id from consent.sent_in_error where case_id = any(cast(:cases as uuid[]))"
)
_DIRECTORY = text("select id, cell, role, type from chassis.organisations where status = :active")


@dataclass(frozen=True, slots=True)
class Held:
    """A record under its lock, with the database's time since when it is held."""

    record: ConsentRecord
    now: datetime


async def case_for(tx: Transaction, actor: Actor, action: str, consent_id: UUID) -> UUID:
    """The case of a record that this actor may do this with; no lock. Raises NotFound."""
    rows = await whose(tx, _CASE_OF_RECORD, {"id": consent_id})
    if not rows:
        raise NotFound
    case_id: UUID = rows[0].case_id
    await require_case(tx, actor, action, case_id)
    return case_id


async def get(
    tx: Transaction, actor: Actor, action: str, consent_id: UUID, *, expected: int | None = None
) -> Held:
    """Lock a record for this actor to move it. Raises NotFound, or PreconditionFailed if it is not as expected."""
    await case_for(tx, actor, action, consent_id)
    return await hold(tx, consent_id, expected=expected)


async def hold(tx: Transaction, consent_id: UUID, *, expected: int | None = None) -> Held:
    """Lock a record whose caller's right was checked before, or that the service itself moves."""
    row = (await tx.execute(_LOCK_RECORD, {"id": consent_id})).first()
    if row is None:
        raise NotFound
    if expected is not None and row.revision != expected:
        raise PreconditionFailed
    found = (await tx.execute(_DISCLOSURES_OF_RECORD, {"id": consent_id})).all()
    return Held(mapping.record(row, [mapping.disclosure(d) for d in found]), row.now)


async def hold_disclosure(tx: Transaction, disclosure_id: UUID) -> tuple[Held | None, Disclosure]:
    """A disclosure with the record it was authorised under, that record locked; None where it was refused."""
    row = (await tx.execute(_DISCLOSURE, {"id": disclosure_id})).first()
    if row is None:
        raise NotFound
    if row.consent_id is None:
        return None, mapping.disclosure(row)
    held = await hold(tx, row.consent_id)
    return held, next(d for d in held.record.disclosures if d.id == disclosure_id)


async def record_of(tx: Transaction, consent_id: UUID) -> ConsentRecord:
    """As it stands, without a lock and without its disclosures: for what its view offers."""
    return mapping.record((await tx.execute(_RECORD, {"id": consent_id})).one(), [])


async def records_granting(tx: Transaction, disclosures: Sequence[UUID]) -> dict[UUID, ConsentRecord]:
    """Disclosure → the record of this cell that it was made under, whoever asked her then; none for what came from abroad."""
    async with tx.of_everybody():
        rows = (await tx.execute(_GRANTING, {"ids": list(disclosures)})).all()
    return {row.disclosure_id: mapping.record(row, []) for row in rows}


async def case_granted(tx: Transaction, disclosure_id: UUID) -> UUID:
    """The case under which a disclosure was received here. Raises NotFound."""
    rows = await whose(tx, _GRANTED_TO, {"id": disclosure_id})
    if not rows:
        raise NotFound
    return UUID(str(rows[0].case_id))


async def counts_as_child(tx: Transaction, case_id: UUID) -> bool:
    """Whether she counts as a child, which stays so until this transaction ends.

    Taken before any record of the case is locked, as the handler of `age_group.known` does: a consent is given before or
    after her age becomes known, and never beside it. Raises Unavailable where it has not arrived.
    """
    age_group = (await tx.execute(_AGE, {"case": case_id})).scalar()
    if age_group is None:
        raise Unavailable("it has not arrived yet whether she counts as a child")
    return is_child(age_group)


async def hold_answers(tx: Transaction, case_id: UUID) -> None:
    """Her no and what is recorded because she cannot be asked come one after the other. Before any record is locked."""
    await hold_case(tx, case_id)


async def said_no(tx: Transaction, case_id: UUID) -> bool:
    """Whether the last that she said in this case was a refusal or a withdrawal."""
    return (await tx.execute(_LAST_ANSWER, {"case": case_id})).scalar() in {State.REFUSED, State.WITHDRAWN}


async def protections_of(tx: Transaction, case_id: UUID) -> list[UUID]:
    """The records that stand in place of her answer."""
    return list((await tx.execute(_PROTECTIONS, {"case": case_id})).scalars())


async def first_by(tx: Transaction, consent_id: UUID) -> set[str]:
    """Who recorded it."""
    return set((await tx.execute(_FIRST_BY, {"id": consent_id})).scalars())


async def recorded_by(tx: Transaction, record: ConsentRecord) -> set[str]:
    """Everybody who had a hand in what is asked for now: in any revision since the record last permitted something."""
    return set((await tx.execute(_RECORDED_BY, {"id": record.id})).scalars())


async def ground(tx: Transaction, cell: str, now: datetime) -> Ground:
    """Agreements as they stand (the newest version that has begun, else the newest) and the directory."""
    agreements = (await tx.execute(_AGREEMENTS, {"now": now})).all()
    directory = (await tx.execute(_DIRECTORY, {"active": ACTIVE})).all()
    return mapping.ground(cell, agreements, directory)


async def records_of(tx: Transaction, case_id: UUID) -> list[ConsentRecord]:
    """The records of a case without locks: for a preview."""
    return [mapping.record(row, []) for row in (await tx.execute(_RECORDS, {"cases": [case_id]})).all()]


async def load(tx: Transaction, cell: str, case_ids: Sequence[UUID]) -> dict[UUID, CaseConsents]:
    """Everything about these cases, their records locked in order."""
    cases = {"cases": list(case_ids)}
    await tx.execute(_LOCK_AGES, cases)
    records = (await tx.execute(_LOCK_CASES, cases)).all()
    disclosures = [mapping.disclosure(row) for row in (await tx.execute(_DISCLOSURES, cases)).all()]
    grants = [mapping.grant(row) for row in (await tx.execute(_GRANTS, cases)).all()]
    stand = await ground(tx, cell, tx.now)
    found = {case_id: CaseConsents(case_id, stand) for case_id in case_ids}
    for disclosure in disclosures:
        found[disclosure.request.case_id].disclosures[disclosure.id] = disclosure
    for row in records:
        under = [d for d in found[row.case_id].disclosures.values() if d.consent_id == row.id]
        found[row.case_id].records[row.id] = mapping.record(row, under)
    for row in (await tx.execute(_IN_ERROR, cases)).all():
        found[row.case_id].in_error.add(row.referral_id)
    for grant in grants:
        found[grant.case_id].grants[grant.disclosure_id] = grant
    return found


async def cases_under(tx: Transaction, agreement_id: str, after: str | None, limit: int) -> list[UUID]:
    """Cases with something disclosed under this agreement and not taken back."""
    parameters = {"agreement": agreement_id, "after": after, "limit": limit}
    return list((await tx.execute(_UNDER, parameters)).scalars())


async def save_cases(tx: Transaction, cases: Sequence[CaseConsents]) -> None:
    ages = [{"case_id": c.case_id, "age_group": c.age_group} for c in cases if c.age_group is not None]
    await _write(tx, mapping.AGES, ages)
    for record in (r for c in cases for r in c.records.values() if r.unsaved):
        await _write_record(tx, record)
    await _write_disclosures(tx, [d for c in cases for d in c.disclosures.values()])
    errors = [{"referral_id": id_, "case_id": c.case_id} for c in cases for id_ in c.heard_in_error]
    await _write(tx, mapping.SENT_IN_ERROR, errors)
    await _write_grants(tx, [g for c in cases for g in c.grants.values()])


async def save(tx: Transaction, record: ConsentRecord, facts: Sequence[Fact]) -> None:
    """The record, its new revisions and its disclosures, and what is said of it. Raises PreconditionFailed."""
    if record.unsaved:
        await _write_record(tx, record)
    await _write_disclosures(tx, record.disclosures)
    tx.say(*map(outgoing, facts))


async def _write_record(tx: Transaction, record: ConsentRecord) -> None:
    before = record.unsaved[0].number - 1
    statement = mapping.INSERT_RECORD if before == 0 else mapping.UPDATE_RECORD
    result = await tx.execute(
        statement, {**mapping.record_row(record, tx.origin.organisation), "before": before}
    )
    if result.rowcount != 1:
        raise PreconditionFailed
    revisions, record.unsaved = record.unsaved, []
    await _write(tx, mapping.REVISIONS, [mapping.revision_row(r) for r in revisions])


async def _write_disclosures(tx: Transaction, disclosures: Sequence[Disclosure]) -> None:
    await _write(tx, mapping.DISCLOSURES, [mapping.disclosure_row(d) for d in disclosures if d.changed])
    entries = [entry for d in disclosures for entry in d.entries]
    await _write(tx, mapping.LEDGER, [mapping.entry_row(e) for e in entries])
    for disclosure in disclosures:
        disclosure.changed, disclosure.entries = False, []


async def _write_grants(tx: Transaction, grants: Sequence[ReceivedGrant]) -> None:
    await _write(tx, mapping.GRANTS, [mapping.grant_row(g) for g in grants if g.changed])


async def load_agreements(_: Transaction, ids: Sequence[str]) -> dict[str, AgreementVersions]:
    return {id_: AgreementVersions(id_) for id_ in ids}


async def save_agreements(tx: Transaction, agreements: Sequence[AgreementVersions]) -> None:
    heard = [terms for agreement in agreements for terms in agreement.heard.values()]
    await _write(tx, mapping.AGREEMENTS, [mapping.agreement_row(a) for a in heard])


async def _write(tx: Transaction, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """One statement for all rows of a table; none for none."""
    if rows:
        await tx.execute(statement, {"rows": rows_of(rows)})
