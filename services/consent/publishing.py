"""The use cases of notices: one function, one transaction. Written by one person and approved by a second."""

from collections.abc import Callable
from uuid import UUID

from chassis.database import Transaction
from chassis.directory import refused
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.problems import AlreadyThere, Invalid, NotSecondPerson, PreconditionFailed, WrongState
from services.consent.domain.facts import NoticeChanged
from services.consent.domain.notice import (
    FIRST_OF_A_CELL,
    LastNotice,
    Notice,
    NoticeState,
    NoticeText,
    WrongNoticeState,
    of_cell,
)
from services.consent.domain.record import Act, SamePerson
from services.consent.domain.terms import Terms
from services.consent.store import notices

Verb = Callable[[Act], list[NoticeChanged]]

READ, WRITE = "notice.read", "notice.write"
NOT_IN_FORCE, NO_NOTICE, OF_A_RELEASE = "notice-not-in-force", "no-such-notice", "number-of-a-release"


async def draft(tx: Transaction, actor: Actor, version: str, language: str, text: NoticeText) -> Notice:
    """A new text of this cell. Raises AlreadyThere for a version that this language has, and Invalid for one that a release may
    have.
    """
    require(actor, WRITE)
    if not of_cell(version):
        raise refused("version", f"a cell counts its own texts from {FIRST_OF_A_CELL} on", OF_A_RELEASE)
    notice = Notice.of(version, language, text)
    facts = notice.write(text, await _act(tx, actor))
    if not await notices.add(tx, notice, facts):
        raise AlreadyThere
    return notice


async def revise(
    tx: Transaction, actor: Actor, notice_id: UUID, text: NoticeText, expected: int | None
) -> Notice:
    require(actor, WRITE)
    notice = await notices.hold(tx, notice_id, expected=expected)
    return await _moved(tx, actor, notice, lambda act: notice.write(text, act))


async def propose(tx: Transaction, actor: Actor, notice_id: UUID, expected: int | None) -> Notice:
    require(actor, WRITE)
    notice = await notices.hold(tx, notice_id, expected=expected)
    return await _moved(tx, actor, notice, notice.propose)


async def approve(tx: Transaction, actor: Actor, notice_id: UUID, expected: int) -> Notice:
    """Approve the words that were seen: it is in force, and the one before in this language no more."""
    require(actor, WRITE)
    notice = await notices.hold(tx, notice_id, expected=expected)
    before = await notices.hold_in_force(tx, notice.language)
    return await _moved(tx, actor, notice, lambda act: notice.approve(act, before), before)


async def withdraw(tx: Transaction, actor: Actor, notice_id: UUID, expected: int | None) -> Notice:
    """Withdraw: a wrong text is used no longer. One in force by two people, the second of whom has seen that it was asked for;
    and never the last. Raises PreconditionFailed.
    """
    require(actor, WRITE)
    notice = await notices.hold(tx, notice_id, expected=expected)
    asked_by = notice.asks_withdrawal(await tx.clock())
    if expected is None and asked_by not in {None, actor.subject}:
        raise PreconditionFailed
    last = await notices.is_last(tx, notice)
    return await _moved(tx, actor, notice, lambda act: notice.withdraw(act, last=last))


async def decline_withdrawal(tx: Transaction, actor: Actor, notice_id: UUID, expected: int | None) -> Notice:
    """Keep one in force of which the withdrawal was asked for."""
    require(actor, WRITE)
    notice = await notices.hold(tx, notice_id, expected=expected)
    return await _moved(tx, actor, notice, notice.decline_withdrawal)


async def _moved(
    tx: Transaction, actor: Actor, notice: Notice, verb: Verb, before: Notice | None = None
) -> Notice:
    try:
        facts = verb(await _act(tx, actor))
    except WrongNoticeState as error:
        raise WrongState(f"the notice is {error.state}") from error
    except SamePerson:
        raise NotSecondPerson from None
    except LastNotice:
        raise WrongState("the last notice of its language is superseded, not withdrawn") from None
    await notices.save(tx, [one for one in (before, notice) if one is not None], facts)
    return notice


async def _act(tx: Transaction, actor: Actor) -> Act:
    return Act(actor.subject, actor.organisation, await tx.clock())


async def require_in_force(tx: Transaction, given: Terms) -> None:
    """Require that the notice she was told is in force in the language of its words. Raises Invalid."""
    if given.notice_version is None or given.read_in is None:
        raise Invalid(errors=[{"loc": ["body", "notice_version"], "msg": "missing", "code": "missing"}])
    found = await notices.find(tx, given.notice_version, given.read_in)
    if found is None or found.state is not NoticeState.IN_FORCE:
        raise refused("notice_version", "no notice in force in this language", NOT_IN_FORCE)


async def require_known(tx: Transaction, said: Terms) -> None:
    """Require of a refusal that names a notice that there is or was one. Raises Invalid."""
    if said.notice_version is not None and not await notices.any_version(tx, said.notice_version):
        raise refused("notice_version", "no such notice", NO_NOTICE)
