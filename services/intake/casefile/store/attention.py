"""The waiting cases: given to somebody who has not opened them since, or left with nobody who attends to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.directory import present
from chassis.identity.auth import Actor
from chassis.outbox import DueWork
from chassis.rows import RowReader
from chassis.tables import update_set, upsert_set
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.facts import CaseUnattended, StaffChanged
from services.intake.casefile.outgoing import outgoing, unopened_due
from services.intake.casefile.store.tables import ATTENTION

NOT_OPENED, NOBODY_LEFT = "not-opened", "nobody-left"
"""Codes of `unattended_reason`."""
AT_ONCE = 200
"""The cases in one piece of work."""

_WAIT = upsert_set(
    ATTENTION,
    "case_id",
    "since",
    "by",
    "import_id",
    update=["since", "by", "opened_at", "alarmed_at", "left_at", "import_id"],
)
# The case is no longer one of many: its alarm is its own.
_HASTEN = text(
    "update intake.attention set since = :now, import_id = null where case_id = :case and opened_at is null and alarmed_at is null"
)
# Of a case that is somebody's, only their opening counts, or that of whoever covers for them; of one that is nobody's yet, anybody's except of the person
# who gave it away.
_OPENED = text(
    """
    update intake.attention a set opened_at = :now from intake.cases c
    where a.case_id = :case and a.opened_at is null and c.id = a.case_id
        and (:who = any(c.workers) or :who = any(c.covers) or (c.workers = '{}' and a.by <> :who))
    """
)
_UNOPENED = text(
    f"""
    select c.id as case_id, c.organisation, c.urgency, a.since, a.import_id from intake.attention a join intake.cases c on c.id = a.case_id
    where a.case_id = any(cast(:cases as uuid[])) and a.since = cast(:since as timestamptz)
        and a.opened_at is null and a.alarmed_at is null and c.state = '{CaseState.OPEN}'
    order by c.id for update of a
    """
)
# An urgency that the law does not name gets the shortest time of all, as `ResponseClock` says.
_SET_TIMES = text(
    f"""
    update intake.attention a set organisation = c.organisation, due_at = coalesce(u.due_at, :soonest)
    from intake.cases c left join unnest(cast(:urgencies as text[]), cast(:until as timestamptz[])) as u(urgency, due_at) using (urgency)
    where a.case_id = any(cast(:cases as uuid[])) and c.id = a.case_id and a.since = :now
        and a.opened_at is null and a.alarmed_at is null and c.state = '{CaseState.OPEN}'
    returning a.case_id, a.due_at
    """
)
_ALARMED = update_set(ATTENTION, "alarmed_at")
_DUE = update_set(ATTENTION, "organisation", "due_at")
_NOBODY_LEFT = text(
    f"""
    select c.id as case_id, c.organisation, c.urgency, cast(:now as timestamptz) as since,
        (select a.import_id from intake.attention a where a.case_id = c.id) as import_id
    from intake.cases c
    where c.organisation = :organisation and c.state = '{CaseState.OPEN}'
        and (cast(:present as text[]) = '{{}}' or (c.workers <> '{{}}' and not c.workers && cast(:present as text[])))
        and not exists (select from intake.attention a where a.case_id = c.id and a.left_at is not null)
    order by c.id limit :limit for update of c
    """
)
_LEFT = upsert_set(
    ATTENTION,
    "case_id",
    "since",
    "by",
    "alarmed_at",
    "left_at",
    update=["alarmed_at", "left_at", "opened_at"],
)


@dataclass(frozen=True, slots=True)
class UnopenedCase:
    """A case that waits for its first opening by somebody to whom it was given.

    `import_id`: it came with a file and was given to nobody since, so that one notice stands for all of them.
    """

    case_id: UUID
    organisation: str
    urgency: str
    since: datetime
    import_id: UUID | None = None


_UNOPENED_CASES = RowReader(UnopenedCase)


async def wait(tx: Transaction, cases: Sequence[UUID], import_id: UUID | None = None) -> None:
    """Let cases wait that were given to somebody who has not opened them yet; the clock of each begins."""
    rows = [{"case_id": case_id} for case_id in sorted(cases)]
    await _WAIT.write(tx, rows, since=tx.now, by=tx.origin.actor, import_id=import_id)
    tx.say(*looks(cases, tx.now, None))


def looks(cases: Sequence[UUID], since: datetime, at: datetime | None) -> list[DueWork]:
    """The work that looks at this time whether these cases, given to somebody now, have been opened; None: that sets it."""
    starts = range(0, len(cases), AT_ONCE)
    return [unopened_due(cases[start : start + AT_ONCE], since, at) for start in starts]


async def set_times(
    tx: Transaction, cases: Sequence[UUID], until: Mapping[str, datetime]
) -> dict[UUID, datetime]:
    """Keep of each case that waits since now until when it should be opened, by its urgency; a case that waits no more is left out."""
    asked = {
        "cases": list(cases),
        "now": tx.now,
        "urgencies": list(until),
        "until": list(until.values()),
        "soonest": min(until.values()),
    }
    return {row.case_id: row.due_at for row in await tx.execute(_SET_TIMES, asked)}


async def wait_again(tx: Transaction, cases: Mapping[UUID, str]) -> None:
    """Let cases wait, each of its organisation, on which somebody works again. Whoever had one may have left meanwhile."""
    await wait(tx, list(cases))
    tx.say(*(outgoing(StaffChanged(one, tx.now)) for one in sorted(set(cases.values()))))


async def hasten(tx: Transaction, case_id: UUID) -> None:
    """The case's urgency has risen: if it still waits, the shorter clock begins now."""
    if (await tx.execute(_HASTEN, {"case": case_id, "now": tx.now})).rowcount == 1:
        tx.say(unopened_due([case_id], tx.now, None))


async def opened(tx: Transaction, actor: Actor, case_id: UUID) -> None:
    """Somebody has opened the case. Only the first time after it was given changes anything."""
    await tx.execute(_OPENED, {"case": case_id, "who": actor.subject, "now": tx.now})


async def unopened(tx: Transaction, cases: Sequence[UUID], since: datetime) -> list[UnopenedCase]:
    """The cases of a piece of work that still wait, locked; none that were given away again since."""
    return _UNOPENED_CASES.all(await tx.execute(_UNOPENED, {"cases": list(cases), "since": since}))


async def due(tx: Transaction, cases: Sequence[UnopenedCase], until: Mapping[UUID, datetime]) -> None:
    """Keep until when each should have been opened, for lists."""
    rows = [
        {"case_id": one.case_id, "organisation": one.organisation, "due_at": until[one.case_id]}
        for one in cases
    ]
    await _DUE.write(tx, rows)


async def alarm(tx: Transaction, cases: Sequence[UnopenedCase]) -> None:
    """Alarm, once for each time that a case was given to somebody."""
    await _ALARMED.write(tx, cases, alarmed_at=tx.now)
    tx.say(*(_said(case, NOT_OPENED, case.since) for case in cases))


async def alarm_of_those_left(tx: Transaction, organisation: str) -> bool:
    """Alarm for cases of an organisation whose workers have left it, or that has nobody any more. True where there
    may be others.
    """
    who = {"organisation": organisation, "present": sorted(await present(tx, organisation))}
    found = _UNOPENED_CASES.all(await tx.execute(_NOBODY_LEFT, {**who, "limit": AT_ONCE, "now": tx.now}))
    left = [{"case_id": case.case_id} for case in found]
    await _LEFT.write(tx, left, since=tx.now, by=tx.origin.actor, alarmed_at=tx.now, left_at=tx.now)
    tx.say(*(_said(case, NOBODY_LEFT, tx.now) for case in found))
    return len(found) == AT_ONCE


def _said(case: UnopenedCase, reason: str, since: datetime) -> Any:
    return outgoing(
        CaseUnattended(case.case_id, case.organisation, case.urgency, reason, since, case.import_id)
    )
