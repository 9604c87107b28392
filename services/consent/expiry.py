"""The clocks of consent: a due row ends a record with its validity, and a reading some time after its referral."""

from uuid import UUID

from chassis.database import Transaction
from chassis.work import WorkItem, WorkKind, WorkPostponed, no_act
from services.consent import protecting, use_cases
from services.consent.outgoing import END, EXPIRE, LENGTHEN, REVIEW

ATTEMPTS = 100
"""An expiry is protective and needs the database alone: it is not given up."""


async def _finish(tx: Transaction, item: WorkItem, _: None) -> None:
    left = await use_cases.expire(tx, UUID(item.payload["consent_id"]), item.payload["revision"])
    if left is not None:
        raise WorkPostponed(left.total_seconds())


def expiry_work() -> WorkKind:
    return WorkKind(EXPIRE, act=no_act, finish=_finish, max_attempts=ATTEMPTS)


async def _end_reading(tx: Transaction, item: WorkItem, _: None) -> None:
    await use_cases.end_reading(tx, UUID(item.payload["disclosure_id"]), item.payload["reason"])


def reading_end_work() -> WorkKind:
    return WorkKind(END, act=no_act, finish=_end_reading, max_attempts=ATTEMPTS)


def lengthen_work(cell: str) -> WorkKind:
    async def lengthen(tx: Transaction, item: WorkItem, _: None) -> None:
        await use_cases.lengthen_disclosures(tx, cell, UUID(item.payload["consent_id"]))

    return WorkKind(LENGTHEN, act=no_act, finish=lengthen, max_attempts=ATTEMPTS)


async def _alarm(tx: Transaction, item: WorkItem, _: None) -> None:
    await protecting.alarm_unreviewed(tx, UUID(item.payload["consent_id"]), item.payload["organisation"])


def review_work() -> WorkKind:
    return WorkKind(REVIEW, act=no_act, finish=_alarm, max_attempts=ATTEMPTS)
