"""The reads of notices: SQL straight to the views that the API answers with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.web.listing import BoundedCount, Conditions, ListFilters, counted, narrowed, true_or_not
from chassis.web.moves import MoveView
from contracts.types import Code, KnownCode, NoticeVersion
from services.consent.domain.notice import Notice

_FILTERS: Conditions = {
    "version": "version = :version",
    "language": "language = :language",
    "state": "state = :state",
    "reviewed": true_or_not("reviewed"),
}


@dataclass(frozen=True, slots=True)
class NoticeFilters(ListFilters):
    version: Annotated[NoticeVersion | None, Query(description="only this, in every language")] = None
    language: Annotated[Annotated[str, KnownCode("language")] | None, Query(description="only in it")] = None
    state: Annotated[Annotated[str, KnownCode("notice_state")] | None, Query(description="only these")] = None
    reviewed: Annotated[
        bool | None, Query(description="only those that a native speaker has looked at, or has not")
    ] = None


class NoticeSummary(BaseModel):
    """A text that is explained before she is asked, in one language."""

    id: UUID
    version: str
    language: Annotated[str, Code("language")]
    title: str
    reviewed: Annotated[bool, Field(description="whether a native speaker has looked at the words")]
    state: Annotated[str, Code("notice_state")]
    in_force_since: datetime | None
    ended_at: Annotated[datetime | None, Field(description="when it was superseded or withdrawn")]
    revision: int


class NoticeView(NoticeSummary):
    paragraphs: list[str]
    sha256: Annotated[str, Field(description="of title and paragraphs, with an empty line between them")]
    written_by: list[str]
    approved_by: str | None
    withdrawal_asked_by: Annotated[
        str | None, Field(description="who asked that it is withdrawn; within a week a second person does it")
    ]
    moves: list[MoveView] = []


async def notices(
    tx: Transaction, asked: NoticeFilters, after: tuple[Any, ...] | None, limit: int
) -> list[NoticeSummary]:
    """The notices by version and language, after the last one of the page before."""
    version, language = after or ("", "")
    conditions = [*narrowed(_FILTERS, asked.asked()), "(version, language) > (:after, :after_language)"]
    statement = text(
        "select id, version, language, title, reviewed, state, in_force_since, ended_at, revision from consent.notices"
        f" where {' and '.join(conditions)} order by version, language limit :limit"
    )
    values = {**asked.asked(), "after": version, "after_language": language, "limit": limit}
    return [
        NoticeSummary.model_validate(r, from_attributes=True) for r in await tx.execute(statement, values)
    ]


async def counted_notices(tx: Transaction, asked: NoticeFilters) -> BoundedCount:
    conditions = ["true", *narrowed(_FILTERS, asked.asked())]
    return await counted(tx, f"select from consent.notices where {' and '.join(conditions)}", asked.asked())


def view_of(notice: Notice, moves: list[MoveView], now: datetime) -> NoticeView:
    return NoticeView(
        id=notice.id,
        version=notice.version,
        language=notice.language,
        title=notice.title,
        paragraphs=list(notice.paragraphs),
        reviewed=notice.reviewed,
        state=notice.state,
        in_force_since=notice.in_force_since,
        ended_at=notice.ended_at,
        revision=notice.revision,
        sha256=notice.sha256,
        written_by=list(notice.written_by),
        approved_by=notice.approved_by,
        withdrawal_asked_by=notice.asks_withdrawal(now),
        moves=moves,
    )
