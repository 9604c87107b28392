"""The table of notices: those that a batch of events adds, their readers, and the outcome of their mail."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.directory import staff_with
from chassis.identity.access import holders_of
from chassis.identity.taken_over import named_after_holder
from chassis.tables import insert_set, one_of, update_set
from contracts.organisations import OPERATOR, SUPERVISOR
from services.notify.domain.mail import MailState, before
from services.notify.domain.notices import OPERATORS, SUPERVISORS, News, Notice, notice
from services.notify.outgoing import failed, mailed, told
from services.notify.store.tables import NOTIFICATIONS, UNADDRESSED

_INSERT = insert_set(NOTIFICATIONS)
_MAILED = {
    to: update_set(
        NOTIFICATIONS, "mail", where=f"t.mail in {one_of(before(to))}", returning="t.case_id, t.template"
    )
    for to in (MailState.NONE, MailState.SENT, MailState.FAILED)
}
_FOLLOW = named_after_holder(NOTIFICATIONS, "t.audience <> 'operators' and t.together is null")
# Topics are read side by side: a withdrawal may be here before the assignment that says whom to tell.
_UNADDRESSED = text(
    "select case_id, template, referral_id, return_id, own, task_id, worker from notify.unaddressed"
    " where case_id = any(cast(:ids as uuid[])) order by pos for update"
)
_KEEP = insert_set(UNADDRESSED)
_LOCK_TOGETHER = text(
    "select pg_advisory_xact_lock(hashtextextended(t::text, 0)) from unnest(cast(:together as uuid[])) with ordinality"
    " as u(t, ord) order by ord"
)
_WAITING = """
    n.together = any(cast(:together as uuid[]))
        and not exists (select from notify.readings r where r.notification_id = n.id)
"""
_KNOWN = text(f"select n.together, n.organisation, n.template from notify.notifications n where {_WAITING}")
_COUNT = text(
    f"""
    update notify.notifications n set count = n.count + more.count
    from unnest(cast(:keys as uuid[]), cast(:organisations as text[]), cast(:templates as text[]), cast(:counts as integer[]))
        as more(together, organisation, template, count)
    where (n.together, n.organisation, n.template) = (more.together, more.organisation, more.template) and {_WAITING}
    """
)
_ADDRESSED = text("delete from notify.unaddressed where case_id = any(cast(:ids as uuid[]))")


_Group = tuple[UUID, str, str]
"""The file or organisation for which a notice stands, the organisation that gets it, and its template."""


@dataclass(slots=True)
class CaseNotices:
    """The holder of a case in this cell, and the notices that a batch adds; `kept` waits for somebody to hold the case."""

    case_id: UUID
    organisation: str | None
    handed_over: bool = False
    """Nobody here works on the case any more: only the news of this organisation's own acts is told."""
    workers: tuple[str, ...] = ()
    assigned: bool = False
    """The case was assigned in this batch: the notices told before go along to the new workers."""
    pending: list[Notice] = field(default_factory=list)
    kept: list[News] = field(default_factory=list)
    fresh: list[News] = field(default_factory=list)
    """Like `kept`, of this batch."""

    def tell(self, news: News, side: str | None) -> None:
        """Tell the holder of the case, else the organisation that the event names on that side."""
        organisation = self.organisation or side
        if self.handed_over and not news.own:
            return
        if organisation is None:
            self.fresh.append(news)
        else:
            self.pending.append(notice(self.case_id, organisation, news))

    def address(self) -> bool:
        """Address the waiting news. True where somebody holds the case now, so that it could be told."""
        if self.organisation is None:
            return False
        waited, had = [*self.kept, *self.fresh], bool(self.kept)
        self.pending = [notice(self.case_id, self.organisation, news) for news in waited] + self.pending
        self.kept, self.fresh = [], []
        return had


async def load(tx: Transaction, keys: Sequence[UUID]) -> dict[UUID, CaseNotices]:
    held = {
        case.case_id: (case.organisation, case.handed_over, tuple(case.workers))
        for case in await holders_of(tx, keys)
    }
    cases = {key: CaseNotices(key, *held.get(key, (None, False, ()))) for key in keys}
    for row in await tx.execute(_UNADDRESSED, {"ids": list(keys)}):
        news = News(
            row.template,
            row.referral_id,
            row.return_id,
            own=row.own,
            task_id=row.task_id,
            worker=row.worker,
        )
        cases[row.case_id].kept.append(news)
    return cases


async def save(tx: Transaction, cases: Sequence[CaseNotices], mailboxes: frozenset[str]) -> None:
    """Only an organisation with a mailbox is due a mail: to find out that one has none would be work for nothing."""
    addressed = [case.case_id for case in cases if case.address()]
    if addressed:
        await tx.execute(_ADDRESSED, {"ids": addressed})
    await _KEEP.write(tx, [_waiting(case.case_id, news) for case in cases for news in case.fresh])
    given = [case.case_id for case in cases if case.assigned]
    if given:
        await tx.execute(_FOLLOW, {"cases": given})
    await _tell(tx, [told for case in cases for told in case.pending], mailboxes)


async def _tell(tx: Transaction, pending: Sequence[Notice], mailboxes: frozenset[str]) -> None:
    reaching = [one for notice_ in pending for one in await _reaching(tx, notice_)]
    rows = [_row(tx.new_id(), *one, mailboxes) for one in await _once_for_all(tx, reaching)]
    await _INSERT.write(tx, rows, created_at=tx.now)
    for row in rows:
        mailed = row["mail"] is MailState.DUE
        tx.say(*told(row["id"], row["case_id"], row["template"], mailed=mailed))


async def _reaching(tx: Transaction, meant: Notice) -> list[Notice]:
    """An alarm of an organisation without a supervisor goes to the cell's operators, so that it reaches somebody; and one
    for the operators, where there are none, to the supervisors.
    """
    supervised = meant.audience == SUPERVISORS and await staff_with(tx, SUPERVISOR, meant.organisation)
    if supervised or meant.audience not in {SUPERVISORS, OPERATORS}:
        return [meant]
    operators = {member.organisation for member in await staff_with(tx, OPERATOR)}
    others = [replace(meant, organisation=one, audience=OPERATORS) for one in sorted(operators)]
    return others or [replace(meant, audience=SUPERVISORS)]


async def _once_for_all(tx: Transaction, notices: Sequence[Notice]) -> list[tuple[Notice, int]]:
    """One notice stands for all cases of a file, or of an organisation that lost its people, until somebody has read
    it: three hundred alarms alarm nobody. Each comes with the number of cases for which it stands; a notice that
    was told already counts them.
    """
    alone = [(one, 1) for one in notices if one.news.together is None]
    groups: dict[_Group, list[Notice]] = {}
    for one in notices:
        if one.news.together is not None:
            groups.setdefault((one.news.together, one.organisation, one.news.template), []).append(one)
    together = {"together": sorted({key for key, _, _ in groups})}
    if not groups:
        return alone
    await tx.execute(_LOCK_TOGETHER, together)
    known = {(row.together, row.organisation, row.template) for row in await tx.execute(_KNOWN, together)}
    if counted := sorted(known & groups.keys()):
        keys, organisations, templates = (list(column) for column in zip(*counted, strict=True))
        counts = [len(groups[group]) for group in counted]
        more = {"keys": keys, "organisations": organisations, "templates": templates, "counts": counts}
        await tx.execute(_COUNT, {**together, **more})
    return alone + [(all_[0], len(all_)) for group, all_ in groups.items() if group not in known]


def _waiting(case_id: UUID, news: News) -> dict[str, object]:
    return {
        "case_id": case_id,
        "template": news.template,
        "referral_id": news.referral_id,
        "return_id": news.return_id,
        "own": news.own,
        "task_id": news.task_id,
        "worker": news.worker,
    }


def _row(notification_id: UUID, one: Notice, count: int, mailboxes: frozenset[str]) -> dict[str, Any]:
    return {
        **_waiting(one.case_id, one.news),
        "id": notification_id,
        "import_id": one.news.import_id,
        "leave_id": one.news.leave_id,
        "about": one.news.about,
        "together": one.news.together,
        "count": count,
        "organisation": one.organisation,
        "audience": one.audience,
        "priority": one.priority,
        "mail": MailState.DUE if one.mailed and one.organisation in mailboxes else MailState.NONE,
    }


async def to_be_mailed(tx: Transaction, notification_id: UUID) -> tuple[str, str]:
    """The organisation to mail to, and the template."""
    statement = text("select organisation, template from notify.notifications where id = :id")
    row = (await tx.execute(statement, {"id": notification_id})).one()
    return row.organisation, row.template


async def mail_has_nowhere_to_go(tx: Transaction, notification_id: UUID) -> None:
    """The organisation has given no address: the inbox is all there is."""
    await _moved(tx, notification_id, MailState.NONE)


async def mail_ended(tx: Transaction, notification_id: UUID, *, sent: bool, attempts: int) -> None:
    """Keep the outcome of the mail and say it, once."""
    row = await _moved(tx, notification_id, MailState.SENT if sent else MailState.FAILED)
    if row is not None:
        said = mailed(notification_id, row.case_id, row.template) if sent else None
        tx.say(said or failed(notification_id, row.case_id, row.template, attempts))


async def _moved(tx: Transaction, notification_id: UUID, to: MailState) -> Row[Any] | None:
    """The one gate of a mail: None where it does not stand where it could become that, and nothing is changed."""
    moved = {"id": notification_id, "mail": to}
    return (await _MAILED[to].execute(tx, [moved])).first()
