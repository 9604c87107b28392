"""The sealed words by which a worker knows a person again: name, languages, date of birth, and the organisation's own number."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.rows import RowReader
from chassis.tables import one_of
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.field_classes import OWN_NUMBER
from services.intake.casefile.domain.index_texts import BIRTHDATE, LANGUAGES, NAME_PARTS
from services.intake.casefile.domain.received import READABLE

SHOWN = ("cor_FullName", *NAME_PARTS, *LANGUAGES, BIRTHDATE)


@dataclass(frozen=True, slots=True)
class SealedWord:
    """One field of a case's person, or the own number of the case. `disclosure_id`: it came with that disclosure, and is shown while that is granted."""

    case_id: UUID
    person_id: UUID
    field: str
    value: str
    disclosure_id: UUID | None

    @property
    def record_id(self) -> UUID:
        return self.disclosure_id or self.case_id


_WORDS = RowReader(SealedWord)
# Values recorded here come first: a value from a partner never outweighs them.
_READ = text(
    f"""
    (select distinct on (f.case_id, f.field) f.case_id, c.person_id, f.field, f.value, f.disclosure_id
    from intake.fields f join intake.cases c on c.id = f.case_id left join intake.disclosures d on d.id = f.disclosure_id
    where f.case_id = any(cast(:cases as uuid[])) and f.field = any(cast(:fields as text[])) and c.state <> '{CaseState.ERASED}'
        and (f.source = 'own' or (d.state in {one_of(READABLE)} and d.valid_until > :now
                                  and d.organisation = :organisation and f.field = any(d.fields)))
    order by f.case_id, f.field, f.source = 'own' desc, f.recorded_at desc)
    union all
    select o.case_id, c.person_id, '{OWN_NUMBER}', o.value, null
    from intake.own_numbers o join intake.cases c on c.id = o.case_id
    where o.case_id = any(cast(:cases as uuid[])) and o.organisation = :organisation
    """
)


async def words_of(tx: Transaction, actor: Actor, cases: Sequence[UUID]) -> list[SealedWord]:
    """The words of these cases, as far as they may still be read by what is known here."""
    about = {"cases": list(cases), "fields": list(SHOWN)}
    return _WORDS.all(await tx.execute(_READ, {**about, "now": tx.now, "organisation": actor.organisation}))
