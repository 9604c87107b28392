"""Cases for a file: those that a person may take out, opened in that person's name, and the marks by which they are known again."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Transaction
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.service import Service
from chassis.vault.vault import Sealing
from contracts.internal import ExportedCase, ExportedCases, ExportedCasesForm, ExportedRow
from services.intake.casefile.domain.field_classes import OWN_NUMBER
from services.intake.casefile.outgoing import record_read
from services.intake.file_rows import store
from services.intake.file_rows.export_queries import EXPORT, SealedCase, page, still_taken

RESOURCE = "export"


async def exported_cases(
    service: Service, actor: Actor, export_id: UUID, form: ExportedCasesForm
) -> ExportedCases:
    """The next cases, opened and logged as readings of the actor. Raises Forbidden."""
    require(actor, EXPORT)
    async with service.database.transaction(actor.origin()) as tx:
        found = await page(tx, actor, form, service.settings.zone)
    sealed = {one.id: _sealed(one) for one in found}
    sealings = [Sealing(one.person_id, n, one.id, v) for one in found for n, v in sealed[one.id].items()]
    opened = iter(await service.vault.open_many(sealings))
    texts = {
        one.id: {name: value for name in sealed[one.id] if (value := next(opened)) is not None}
        for one in found
    }
    numbers = {case_id: text.pop(OWN_NUMBER, None) for case_id, text in texts.items()}
    async with service.database.transaction(actor.origin()) as tx:
        allowed = await still_taken(tx, actor, [one.id for one in found])  # now that they are opened
        cases = [
            ExportedCase(case_id=one.id, name=one.name, fields=texts[one.id], own_number=numbers[one.id])
            for one in found
            if one.id in allowed
        ]
        tx.say(*(record_read(one.case_id, RESOURCE, export_id, tuple(one.fields)) for one in cases))
    return ExportedCases(cases=cases, last=found[-1].id if found else None, more=len(found) == form.limit)


def _sealed(one: SealedCase) -> dict[str, str]:
    return one.values if one.number is None else {**one.values, OWN_NUMBER: one.number}


async def keep_marks(tx: Transaction, organisation: str, export_id: UUID, rows: Sequence[ExportedRow]) -> int:
    """Remember by what each case is known again. A row that is another case's mark already stays that one's."""
    marks = [
        {
            "row_key": bytes.fromhex(row.key),
            "content": bytes.fromhex(row.content),
            "case_id": row.case_id,
            "line": row.line,
        }
        for row in sorted(rows, key=lambda one: one.key)
    ]
    return await store.mark(tx, marks, organisation, export_id)
