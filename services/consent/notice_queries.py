"""The reads of notices: SQL straight to the views that the API answers with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.web.moves import MoveView
from contracts.types import Code
from services.consent.domain.notice import Notice

_LIST = text(
    """
    select id, version, language, title, reviewed, state, in_force_since, ended_at, revision from consent.notices
    where (cast(:language as text) is null or language = :language)
      and (cast(:state as text) is null or state = :state)
      and (cast(:version as text) is null or (version, language) > (:version, :after))
    order by version, language limit :limit
    """
)


@dataclass(frozen=True, slots=True)
class NoticeFilter:
    language: str | None
    state: str | None


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
    tx: Transaction, only: NoticeFilter, after: tuple[Any, ...] | None, limit: int
) -> list[NoticeSummary]:
    """The notices by version and language, after the last one of the page before."""
    version, language = after or (None, None)
    where = {"language": only.language, "state": only.state, "version": version, "after": language}
    rows = await tx.execute(_LIST, {**where, "limit": limit})
    return [NoticeSummary.model_validate(row, from_attributes=True) for row in rows]


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
