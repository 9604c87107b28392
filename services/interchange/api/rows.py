"""A row of a file that was refused, as both a dry run and an import show it."""

from uuid import UUID

from pydantic import BaseModel

from contracts.casefile.fields import FIELDS
from contracts.casefile.reference import ShownReference
from services.interchange.store.imports import RowResult


class RowErrorView(BaseModel):
    """The place and the reason of an error; never the value there. `column` is a field, or `*` for the row; its codes
    are in `codelist`.

    `case_id` is the case that stands under the row's identifier already, with another content, or has its own number: null where
    whoever sent the file may not read it.
    """

    line: int
    column: str
    reason: str
    codelist: str | None = None
    case_id: UUID | None = None
    case_reference: ShownReference = None


def refused_row(one: RowResult) -> RowErrorView:
    kept, reason = FIELDS.get(one.column or ""), one.reason or ""
    codelist = kept.codelist if kept is not None and reason == "unknown-code" else None
    return RowErrorView(
        line=one.line,
        column=one.column or "*",
        reason=reason,
        codelist=codelist,
        case_id=one.case_id,
        case_reference=one.case_reference,
    )
