"""Routes of notices: the texts that are explained before she is asked, and their approval by two people."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field, model_validator

from chassis.identity.access import require, rights_of
from chassis.service import Running
from chassis.web.http import Done, IfMatch, Page, Seen, SeenExactly, Tx, Who, done, etag, following
from chassis.web.listing import CountedListing, CountQuery
from chassis.web.moves import Offer
from chassis.web.positions import identifier, positioned
from contracts.casefile.text import Line, Paragraph
from contracts.codes import known
from contracts.form import Form
from contracts.types import KnownCode, NoticeVersion
from services.consent import notice_queries, publishing
from services.consent.domain.notice import LONGEST_TEXT, NoticeText
from services.consent.domain.record import Act
from services.consent.store import notices

router = APIRouter(prefix="/v1/notices", tags=["notices"])

Language = Annotated[str, KnownCode("language")]


class NoticeForm(Form):
    """The words: short enough to be read out."""

    title: Line
    paragraphs: Annotated[list[Paragraph], Field(min_length=1, max_length=20)]
    reviewed: Annotated[bool, Field(description="a native speaker has looked at the words")] = False

    @model_validator(mode="after")
    def _short_enough_to_be_read_out(self) -> Self:
        if self.text().length > LONGEST_TEXT:
            raise ValueError(f"title and paragraphs have at most {LONGEST_TEXT} characters together")
        return self

    def text(self) -> NoticeText:
        return NoticeText(self.title, tuple(self.paragraphs), self.reviewed)


class NewNoticeForm(NoticeForm):
    version: Annotated[NoticeVersion, Field(description="by year and number; the same in every language")]
    language: Language


@router.get("", summary="The texts that are explained before she is asked, by version and language")
async def list_notices(
    actor: Who,
    tx: Tx,
    page: Page,
    running: Running,
    filters: Annotated[notice_queries.NoticeFilters, Depends()],
    count: CountQuery = False,
) -> CountedListing[notice_queries.NoticeSummary]:
    require(actor, publishing.READ)
    after = positioned(page.after, identifier, known("language"))
    items = await notice_queries.notices(tx, filters, after, page.limit)
    return CountedListing(
        items=items,
        next=following(items, page, "version", "language"),
        moves=running.commands.open([Offer("draft_notice", publishing.WRITE)], rights_of(actor)),
        count=await notice_queries.counted_notices(tx, filters) if count else None,
    )


@router.get("/{notice_id}", summary="A text to read out, and who wrote and approved it")
async def get_notice(
    notice_id: UUID, actor: Who, tx: Tx, running: Running, response: Response
) -> notice_queries.NoticeView:
    require(actor, publishing.READ)
    notice = await notices.get(tx, notice_id)
    act = Act(actor.subject, actor.organisation, await tx.clock())
    last = await notices.is_last(tx, notice)
    offers = [
        Offer("revise_notice", publishing.WRITE, notice.revisable),
        *(
            Offer(f"{verb}_notice", publishing.WRITE, notice.lets(verb, act, last=last))
            for verb in ("propose", "approve", "withdraw")
        ),
        Offer("decline_withdrawal", publishing.WRITE, notice.lets("decline", act, last=last)),
    ]
    moves = running.commands.open(offers, rights_of(actor), notice_id=notice_id)
    response.headers["ETag"] = etag(notice.revision)
    return notice_queries.view_of(notice, moves, act.at)


@router.post("", status_code=201, summary="Write a new text; a second person approves it")
async def draft_notice(body: NewNoticeForm, actor: Who, tx: Tx, response: Response) -> Done:
    notice = await publishing.draft(tx, actor, body.version, body.language, body.text())
    where = f"/v1/notices/{notice.id}"
    return done(tx, response, notice.id, notice.revision, status=201, location=where)


@router.put("/{notice_id}", summary="Write it anew, until it is in force; it is then a draft again")
async def revise_notice(
    notice_id: UUID, body: NoticeForm, actor: Who, tx: Tx, expected: Seen, response: Response
) -> Done:
    notice = await publishing.revise(tx, actor, notice_id, body.text(), expected)
    return done(tx, response, notice.id, notice.revision)


@router.post("/{notice_id}/propose", summary="Propose it to be approved")
async def propose_notice(notice_id: UUID, actor: Who, tx: Tx, expected: IfMatch, response: Response) -> Done:
    notice = await publishing.propose(tx, actor, notice_id, expected)
    return done(tx, response, notice.id, notice.revision)


@router.post(
    "/{notice_id}/approve", summary="A second person approves it: in force, and the one before no more"
)
async def approve_notice(
    notice_id: UUID, actor: Who, tx: Tx, expected: SeenExactly, response: Response
) -> Done:
    """`If-Match` says which words were read; `*` says of none."""
    notice = await publishing.approve(tx, actor, notice_id, expected)
    return done(tx, response, notice.id, notice.revision)


@router.post(
    "/{notice_id}/withdraw",
    summary="It is not used any more: no new consent names it. One in force by two people",
)
async def withdraw_notice(notice_id: UUID, actor: Who, tx: Tx, expected: IfMatch, response: Response) -> Done:
    """Consents that were given under it stand. The first of two asks for it, and the second, within a week, says by `If-Match`
    that this was read; the last text of a language is superseded instead.
    """
    notice = await publishing.withdraw(tx, actor, notice_id, expected)
    return done(tx, response, notice.id, notice.revision)


@router.post(
    "/{notice_id}/decline-withdrawal",
    summary="It stays in force: whoever asked that it is withdrawn takes that back, or another says no",
)
async def decline_withdrawal(
    notice_id: UUID, actor: Who, tx: Tx, expected: IfMatch, response: Response
) -> Done:
    notice = await publishing.decline_withdrawal(tx, actor, notice_id, expected)
    return done(tx, response, notice.id, notice.revision)
