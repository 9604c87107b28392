"""What returns has heard of each case: age group, flags, holds, and who has accepted her."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text

from chassis.database import Transaction
from services.returns.domain.case import CaseKnowledge

_READ = "select case_id, age_group, flags, holds, accepted from returns.known"
_ENSURE = text(
    "insert into returns.known (case_id, holds, accepted)"
    " select case_id, '{}', '{}' from unnest(cast(:cases as uuid[])) with ordinality as u(case_id, ord) order by ord"
    " on conflict do nothing"
)
_LOAD = text(f"{_READ} where case_id = any(cast(:cases as uuid[])) order by case_id for update")
_ONE = text(f"{_READ} where case_id = :case")
_SAVE = text(
    """
    update returns.known as k
    set age_group = u.age_group, flags = u.flags, holds = u.holds, accepted = u.accepted
    from unnest(cast(:cases as uuid[]), cast(:ages as text[]), cast(:flags as text[]),
                cast(:holds as jsonb[]), cast(:accepted as jsonb[]))
         as u(case_id, age_group, flags, holds, accepted)
    where k.case_id = u.case_id
    """
)
_KNOWLEDGE = TypeAdapter(CaseKnowledge)


async def load(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, CaseKnowledge]:
    """What is not there cannot be locked: without its row, what two services say of one case at once would be lost."""
    await tx.execute(_ENSURE, {"cases": list(case_ids)})
    return {row.case_id: _knowledge(row) for row in await tx.execute(_LOAD, {"cases": list(case_ids)})}


async def save(tx: Transaction, cases: Sequence[CaseKnowledge]) -> None:
    written = [_KNOWLEDGE.dump_python(case, mode="json") for case in cases]
    await tx.execute(
        _SAVE,
        {
            "cases": [case.case_id for case in cases],
            "ages": [case.age_group for case in cases],
            "flags": [case.flags for case in cases],
            "holds": [json.dumps(one["holds"]) for one in written],
            "accepted": [json.dumps(one["accepted"]) for one in written],
        },
    )


async def of_case(tx: Transaction, case_id: UUID) -> CaseKnowledge:
    """What is known now; nothing where the case has not arrived here yet."""
    row = (await tx.execute(_ONE, {"case": case_id})).first()
    return CaseKnowledge(case_id) if row is None else _knowledge(row)


def _knowledge(row: Any) -> CaseKnowledge:
    return _KNOWLEDGE.validate_python(dict(row._mapping))  # noqa: SLF001  # SQLAlchemy's public name
