"""The tables and the mapping: records are got under a lock and for an actor, batches are loaded and saved as sets.

Lock order is always the case, her age, the record, then what hangs on it. A transaction that moves a record, or a
disclosure made under it, holds the record's row. That is what puts every seal token before or after every withdrawal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import hold_case, require_case, whose
from chassis.identity.auth import Actor
from chassis.printing import papers
from chassis.problems import NotFound, PreconditionFailed, Unavailable
from chassis.rows import RowReader
from chassis.tables import insert_missing, insert_set, one_of, update_set, upsert_set
from contracts.protection import IMMEDIATE_PROTECTION
from services.consent.domain.case import CaseConsents, is_child
from services.consent.domain.chain import Revision
from services.consent.domain.disclosure import Disclosure
from services.consent.domain.facts import Fact
from services.consent.domain.record import SYSTEM, ConsentRecord
from services.consent.domain.states import PERMITTING, SAID_NO, State
from services.consent.domain.terms import Assent, Terms
from services.consent.outgoing import outgoing
from services.consent.store import disclosures, grounds
from services.consent.store.tables import AGES, RECORDS, REVISIONS, SENT_IN_ERROR

IS_PROTECTION = f"terms ->> 'legal_basis' = '{IMMEDIATE_PROTECTION}'"

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
_AGE = text("select age_group from consent.ages where case_id = :case for share")
_LOCK_AGES = text(
    "select from consent.ages where case_id = any(cast(:cases as uuid[])) order by case_id for update"
)
_RECORDED_BY = text(
    f"""
    select body ->> 'by' from consent.revisions where consent_id = :id and number > coalesce(
        (select max(number) from consent.revisions where consent_id = :id and body ->> 'state' in {one_of(PERMITTING)}), 0)
    """
)
_FIRST_BY = text("select body ->> 'by' from consent.revisions where consent_id = :id and number = 1")
_LAST_BY = text(
    "select v.consent_id, v.body ->> 'by' as by from consent.revisions v"
    " join consent.records r on (r.id, r.revision) = (v.consent_id, v.number) where r.case_id = :case"
)
_PROTECTIONS = text(
    f"select id from consent.records where case_id = :case and (state = '{State.PROTECTED}'"
    f" or (state = '{State.REQUESTED}' and {IS_PROTECTION})) order by id"
)
_BARRING = text(
    f"""
    select * from consent.records where case_id = :case and {IS_PROTECTION} and (not (terms ->> 'upheld')::boolean
        or state in ('{State.REQUESTED}', '{State.PROTECTED}') and valid_until > clock_timestamp()) order by id
    """
)
_SPOKEN = f"""
    consent.revisions v join consent.records r on r.id = v.consent_id
    where r.case_id = :case and v.body ->> 'by' <> '{SYSTEM}' and not (
        v.body -> 'terms' ->> 'reviewed_by' is not null and exists (
            select from consent.revisions b where b.consent_id = v.consent_id and b.number = v.number - 1
                and b.body -> 'terms' ->> 'reviewed_by' is null))
"""
"""The revisions of a case that a person made, but for the one in which a third person reviews what she has ended."""
_ANSWERED = f"v.body ->> 'state' in {one_of(PERMITTING | SAID_NO)}"
_ASSENTED = f"""
    v.body ->> 'state' = '{State.REQUESTED}' and not r.{IS_PROTECTION}
        and v.body -> 'terms' ->> 'assent' <> '{Assent.TOO_YOUNG}'
"""
"""Said of a revision in which a guardian has spoken and she with them, and nobody has confirmed the guardian."""
_LAST_ANSWER = text(
    f"select v.body ->> 'state' from {_SPOKEN} and {_ANSWERED} order by (v.body ->> 'at')::timestamptz desc, v.number desc limit 1"
)
_SPOKE_SINCE = text(
    f"""
    select exists (select from {_SPOKEN} and ({_ANSWERED} or {_ASSENTED}) and (v.body ->> 'at')::timestamptz > (
        select (asked.body ->> 'at')::timestamptz from consent.revisions asked where asked.consent_id = :id and asked.number = 1))
    """
)
_IN_ERROR = text(
    "select referral_id, case_id from consent.sent_in_error where case_id = any(cast(:cases as uuid[]))"
)
_SENT_IN_ERROR = insert_missing(SENT_IN_ERROR)
_SAVE_AGES = upsert_set(AGES)
_FORGET_AGES = text("delete from consent.ages where case_id = any(cast(:cases as uuid[]))")
_INSERT = insert_set(RECORDS, without=["created_at", "updated_at"])
_UPDATE = update_set(
    RECORDS,
    "state",
    "revision",
    "head",
    "valid_until",
    "terms",
    "sealed",
    also={"updated_at": "now()"},
    stored="before",
    version="revision",
)
_ADD_REVISIONS = insert_set(REVISIONS)
_READER = RowReader(ConsentRecord, RECORDS, convert={"terms": Terms.from_json})


@dataclass(frozen=True, slots=True)
class HeldRecord:
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
) -> HeldRecord:
    """Lock a record for this actor to move it. Raises NotFound, or PreconditionFailed if it is not as expected."""
    await case_for(tx, actor, action, consent_id)
    return await hold(tx, consent_id, expected=expected)


async def hold(tx: Transaction, consent_id: UUID, *, expected: int | None = None) -> HeldRecord:
    """Lock a record to which the caller's right was checked before, or that the service itself moves."""
    row = (await tx.execute(_LOCK_RECORD, {"id": consent_id})).first()
    if row is None:
        raise NotFound
    if expected is not None and row.revision != expected:
        raise PreconditionFailed
    record = _READER.row(row)
    record.disclosures = await disclosures.of_record(tx, consent_id)
    return HeldRecord(record, row.now)


async def hold_disclosure(tx: Transaction, disclosure_id: UUID) -> tuple[HeldRecord | None, Disclosure]:
    """A disclosure with the record that it was authorised under, that record locked; None where it was refused."""
    found = await disclosures.find(tx, disclosure_id)
    if found is None:
        raise NotFound
    if found.consent_id is None:
        return None, found
    held = await hold(tx, found.consent_id)
    return held, next(d for d in held.record.disclosures if d.id == disclosure_id)


async def case_disclosed(tx: Transaction, disclosure_id: UUID) -> UUID:
    """The case of a disclosure that was asked for in this cell; no lock. Raises NotFound."""
    found = await disclosures.find(tx, disclosure_id)
    if found is None:
        raise NotFound
    return found.request.case_id


async def record_of(tx: Transaction, consent_id: UUID) -> ConsentRecord:
    """The record as it stands, without a lock and without its disclosures: for the moves that its view offers."""
    return _READER.one(await tx.execute(_RECORD, {"id": consent_id}))


async def records_granting(tx: Transaction, disclosures: Sequence[UUID]) -> dict[UUID, ConsentRecord]:
    """Disclosure → the record of this cell under which it was made, whichever organisation asked her then; none for
    one from abroad.
    """
    async with tx.of_everybody():
        rows = (await tx.execute(_GRANTING, {"ids": list(disclosures)})).all()
    return {row.disclosure_id: record for row, record in zip(rows, _READER.of(rows), strict=True)}


async def counts_as_child(tx: Transaction, case_id: UUID) -> bool:
    """True where she counts as a child, which stays so until this transaction ends.

    Taken before any record of the case is locked, as the handler of `age_group.known` does: a consent is given before
    or after her age becomes known, and never beside it. Raises Unavailable where the age group has not arrived.
    """
    age_group = (await tx.execute(_AGE, {"case": case_id})).scalar()
    if age_group is None:
        raise Unavailable("it has not arrived yet whether she counts as a child")
    return is_child(age_group)


async def hold_answers(tx: Transaction, case_id: UUID) -> None:
    """Lock the answers of a case: whatever she says and a protection, recorded because she cannot be asked, come one after
    the other, and in the order of their times. Before her age, or any record, is locked.
    """
    await hold_case(tx, case_id)


async def said_no(tx: Transaction, case_id: UUID) -> bool:
    """True where her last word in this case was a refusal or a withdrawal. That she was erased is none."""
    return (await tx.execute(_LAST_ANSWER, {"case": case_id})).scalar() in SAID_NO


async def spoke_since(tx: Transaction, record: ConsentRecord) -> bool:
    """True where she was asked and has answered since this protection was asked for: whatever she said, and also where a
    guardian spoke with her assent.
    """
    return bool((await tx.execute(_SPOKE_SINCE, {"case": record.case_id, "id": record.id})).scalar())


async def protections_of(tx: Transaction, case_id: UUID) -> list[UUID]:
    """The records that stand in place of her answer, or were asked for to do so."""
    return list((await tx.execute(_PROTECTIONS, {"case": case_id})).scalars())


async def barring(tx: Transaction, case_id: UUID, recipient: str) -> list[ConsentRecord]:
    """The protections beside which none is asked for with this recipient: one waits or is in force, or was not upheld."""
    found = _READER.all(await tx.execute(_BARRING, {"case": case_id}))
    return [record for record in found if record.terms.names(recipient)]


async def find(tx: Transaction, consent_id: UUID) -> ConsentRecord | None:
    """The record as it stands, of whichever organisation: for the right by which somebody may see it. Opens nothing to anybody."""
    rows = await whose(tx, _RECORD, {"id": consent_id})
    return _READER.row(rows[0]) if rows else None


async def first_by(tx: Transaction, consent_id: UUID) -> str | None:
    """The person who recorded the first revision; nobody of a record that is not there."""
    found: str | None = (await tx.execute(_FIRST_BY, {"id": consent_id})).scalar()
    return found


async def recorded_by(tx: Transaction, record: ConsentRecord) -> set[str]:
    """Everybody who had a hand in the request of now: in any revision since the record last permitted something."""
    return set((await tx.execute(_RECORDED_BY, {"id": record.id})).scalars())


async def last_by(tx: Transaction, case_id: UUID) -> dict[UUID, str]:
    """Record → who moved it last, for all records of a case."""
    return {row.consent_id: row.by for row in await tx.execute(_LAST_BY, {"case": case_id})}


async def records_of(tx: Transaction, case_id: UUID) -> list[ConsentRecord]:
    """The records of a case without locks: for a preview."""
    return _READER.all(await tx.execute(_RECORDS, {"cases": [case_id]}))


async def load(
    tx: Transaction, cell: str, case_ids: Sequence[UUID], recipients: Sequence[str] = ("",)
) -> dict[UUID, CaseConsents]:
    """Everything about these cases and their recipients, the records locked in order. With no `recipients` at all, not even
    nobody (""), without the ground for a decision.
    """
    cases = {"cases": list(case_ids)}
    await tx.execute(_LOCK_AGES, cases)
    records = _READER.all(await tx.execute(_LOCK_CASES, cases))
    asked = await disclosures.of_cases(tx, case_ids)
    stand = await grounds.ground(tx, cell, tx.now, asked if recipients else (), filter(None, recipients))
    found = {case_id: CaseConsents(case_id, stand) for case_id in case_ids}
    for disclosure in asked:
        found[disclosure.request.case_id].disclosures[disclosure.id] = disclosure
    for record in records:
        under = found[record.case_id].disclosures.values()
        record.disclosures = [d for d in under if d.consent_id == record.id]
        found[record.case_id].records[record.id] = record
    for row in await tx.execute(_IN_ERROR, cases) if recipients else ():
        found[row.case_id].in_error.add(row.referral_id)
    return found


async def save_cases(tx: Transaction, cases: Sequence[CaseConsents]) -> None:
    await _SAVE_AGES.write(tx, [case for case in cases if case.age_group is not None])
    ageless = [case.case_id for case in cases if case.erased and case.age_group is None]
    if ageless:
        await tx.execute(_FORGET_AGES, {"cases": ageless})
    for record in (r for c in cases for r in c.records.values() if r.unsaved):
        await _write_record(tx, record)
    await papers.forget(tx, [record_id for case in cases if case.erased for record_id in case.records])
    await disclosures.save(tx, [d for c in cases for d in c.disclosures.values()])
    errors = [{"referral_id": id_, "case_id": case.case_id} for case in cases for id_ in case.heard_in_error]
    await _SENT_IN_ERROR.write(tx, errors)


async def save(tx: Transaction, record: ConsentRecord, facts: Sequence[Fact]) -> None:
    """Save the record, its new revisions and its disclosures, and say the facts. Raises PreconditionFailed."""
    if record.unsaved:
        await _write_record(tx, record)
    await disclosures.save(tx, record.disclosures)
    tx.say(*map(outgoing, facts))


async def _write_record(tx: Transaction, record: ConsentRecord) -> None:
    before = record.unsaved[0].number - 1
    row = _row(record)
    if before:
        written = await _UPDATE.write(tx, [{**row, "before": before}])
    else:
        new = {**row, "case_id": record.case_id, "salt": record.salt}
        written = await _INSERT.write(tx, [new], organisation=tx.origin.organisation)
    if written != 1:
        raise PreconditionFailed
    revisions, record.unsaved = record.unsaved, []
    await _ADD_REVISIONS.write(tx, [_revision_row(revision) for revision in revisions])


def _row(record: ConsentRecord) -> dict[str, object]:
    return {
        "id": record.id,
        "state": record.state,
        "revision": record.revision,
        "head": record.head,
        "valid_until": record.terms.valid_until,
        "terms": record.terms.as_json(),
        "sealed": record.sealed,
    }


def _revision_row(revision: Revision) -> dict[str, object]:
    return {
        "consent_id": revision.consent_id,
        "number": revision.number,
        "body": revision.body(),
        "hash": revision.hash,
    }
