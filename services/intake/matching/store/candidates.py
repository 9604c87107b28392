"""The candidates of a search: cases of the actor's organisation, which the actor may read, that share entries of the blind index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import visible_cases
from chassis.identity.auth import Actor
from chassis.rows import RowReader
from chassis.tables import one_of
from chassis.vault.vault import Sealing
from services.intake.casefile.domain.received import READABLE
from services.intake.casefile.store.index import WeighedEntry

MOST_COMPARED = 50
"""The candidates that are opened and compared: those who have most in common."""
MOST_OF_ENTRY = 1_000
"""Of an entry that more cases share, so many are looked at: what half of all have tells nobody apart."""

_READABLE_NOW = (
    f"d.state in {one_of(READABLE)} and d.valid_until > clock_timestamp() and d.organisation = c.organisation"
    " and f.field = any(d.fields)"
)
_VALUES = text(
    f"""
    select c.id as case_id, c.person_id, f.field, f.value, f.disclosure_id
    from intake.cases c join intake.fields f on f.case_id = c.id left join intake.disclosures d on d.id = f.disclosure_id
    where c.id = any(cast(:ids as uuid[])) and f.field = any(cast(:fields as text[]))
      and (f.source = 'own' or ({_READABLE_NOW}))
    order by f.source = 'own', f.recorded_at
    """
)


@dataclass(frozen=True, slots=True)
class CandidateValue:
    """A sealed value of a candidate. One that was received is bound to its disclosure, and read as long as it is granted."""

    case_id: UUID
    person_id: UUID
    field: str
    value: str
    disclosure_id: UUID | None

    def sealing(self) -> Sealing:
        return Sealing(self.person_id, self.field, self.disclosure_id or self.case_id, self.value)


@dataclass(slots=True)
class Candidate:
    """A case with the values that are compared, opened. `received`: disclosure → the fields that came with it."""

    case_id: UUID
    fields: dict[str, str] = field(default_factory=dict)
    received: dict[UUID, set[str]] = field(default_factory=dict)


_ROWS = RowReader(CandidateValue)


async def candidates(
    tx: Transaction, actor: Actor, asked: Sequence[WeighedEntry], without: UUID | None = None
) -> list[UUID]:
    """The cases that have most in common, the first of them first. Those that the actor may not read take nobody's place."""
    condition, parameters = await visible_cases(tx, actor, "case.read", column="b.case_id")
    statement = text(
        f"""
        select shared.case_id from unnest(cast(:entries as bytea[]), cast(:weights as integer[])) as u(entry, weight)
        cross join lateral (
            select b.case_id from intake.blind_index b
            where b.organisation = :organisation and b.entry = u.entry and b.answers
              and b.case_id is distinct from cast(:without as uuid) and {condition} limit {MOST_OF_ENTRY}
        ) as shared
        group by shared.case_id order by sum(u.weight) desc, shared.case_id limit {MOST_COMPARED}
        """
    )
    given: Mapping[str, object] = {
        "entries": [one.entry for one in asked],
        "weights": [one.weight for one in asked],
        "organisation": actor.organisation,
        "without": without,
    }
    return [row.case_id for row in await tx.execute(statement, {**parameters, **given})]


async def values(tx: Transaction, cases: Sequence[UUID], fields: Sequence[str]) -> list[CandidateValue]:
    """The values of these cases that may be read now, as far as is known here. One recorded here comes last and outweighs."""
    return _ROWS.all(await tx.execute(_VALUES, {"ids": list(cases), "fields": list(fields)}))
