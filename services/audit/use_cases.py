"""The commands of auditors: ask the partner's for the other half of a case, take that back, release entries to it, refuse."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from uuid import UUID

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.outbox import DueWork
from chassis.problems import (
    AlreadyThere,
    Invalid,
    NotFound,
    Problem,
    TooMany,
    Unavailable,
    WrongState,
    expect,
)
from contracts.border.extract import EXTRACT_WITHIN, MAX_ABOUT, MAX_OPEN, MOST_ENTRIES
from services.audit.domain.account import Direction
from services.audit.domain.allowed import reasons_allowed
from services.audit.domain.extract import ExtractCase, ExtractRefused, WrongExtractMove
from services.audit.domain.other_half import ShownEntry, crossed, on_its_way, releasable
from services.audit.outgoing import outgoing, released, requested, withdrawn
from services.audit.store import extracts, matters
from services.audit.store.log import head

PROVE = "prove"
"""The work that makes the proofs of what was released."""


@dataclass(frozen=True, slots=True)
class ExtractQuestion:
    """The question of an auditor. Without `about`, everything of the case that crossed; without `partner`, the only one there is."""

    case_id: UUID
    reason: str
    partner: str | None
    about: Sequence[UUID] | None


async def request_extract(tx: Transaction, actor: Actor, question: ExtractQuestion) -> UUID:
    """Ask. Raises NotFound for what never crossed, Unavailable where something is on its way, Invalid where the agreement does not allow it, AlreadyThere and TooMany."""
    partner, about = await _shared(tx, actor.cell, question)
    await _require_allowed(tx, actor.cell, partner, question.reason)
    asked = ExtractCase(
        id=tx.new_id(),
        direction=Direction.OUT,
        partner=partner,
        about=about,
        reason=question.reason,
        asked_at=tx.now,
        due_at=tx.now + EXTRACT_WITHIN,
        case_id=question.case_id,
        asked_by=actor.subject,
    )
    await _require_room(tx, asked)
    await extracts.save(tx, [asked])
    tx.say(requested(asked))
    return asked.id


async def _require_room(tx: Transaction, asked: ExtractCase) -> None:
    """Raises AlreadyThere, and TooMany, which says when one of those that wait is overdue and counts no more."""
    await extracts.ask_alone(tx, asked.partner)
    if await extracts.same_open(tx, asked):
        raise AlreadyThere("the same was asked and waits for an answer")
    due = await extracts.waiting_for(tx, asked.partner)
    if len(due) >= MAX_OPEN:
        raise TooMany(ceil((due[-MAX_OPEN] - tx.now).total_seconds()))


async def _shared(tx: Transaction, own: str, question: ExtractQuestion) -> tuple[str, tuple[UUID, ...]]:
    """The partner, and the matters of the case that crossed between it and this cell."""
    entries = await matters.of_case(tx, question.case_id)
    shared, coming = crossed(entries), on_its_way(entries, own, tx.now)
    partners = sorted(shared) if question.partner is None else [question.partner]
    if not set(partners) & shared.keys():
        on_the_way = not coming.keys().isdisjoint(partners or coming)
        raise _missing(on_the_way, "nothing of this case crossed to or from a partner")
    if len(partners) > 1:
        raise Invalid("the case crossed to more than one partner: name one")
    [partner] = partners
    about = shared[partner] if question.about is None else frozenset(question.about)
    if lost := about - shared[partner]:
        on_the_way = not lost.isdisjoint(coming.get(partner, ()))
        raise _missing(on_the_way, "one of these never crossed to or from this partner in this case")
    if len(about) > MAX_ABOUT:
        raise Invalid(f"more than {MAX_ABOUT} matters: name those that are asked about")
    return partner, tuple(sorted(about))


def _missing(on_the_way: bool, absent: str) -> Problem:
    """The refusal of what did not cross; of what is on its way nobody is told that it never did."""
    return Unavailable("it is on its way; ask again") if on_the_way else NotFound(absent)


async def _require_allowed(tx: Transaction, cell: str, partner: str, reason: str) -> None:
    versions, suspended = await matters.agreements(tx), await matters.suspended(tx)
    if reason not in reasons_allowed(versions, suspended, cell, partner, tx.now):
        raise Invalid("no agreement in force with this partner allows an extract for this reason")


async def candidates(tx: Transaction, asked: ExtractCase, until: int) -> list[ShownEntry]:
    """The entries up to a position that a request of the partner's could be answered with."""
    named = await matters.about(tx, asked.about, until)
    roles = await matters.roles(tx, {one.organisation for one in named})
    return releasable(named, asked.about, asked.partner, roles)


@dataclass(frozen=True, slots=True)
class SeenEntries:
    """The position of the log that an auditor saw, and the entries that are not released."""

    position: int
    withheld: Sequence[int]


async def release_extract(
    tx: Transaction, actor: Actor, request_id: UUID, shown: SeenEntries, seen: int | None
) -> int:
    """Release what was seen, and no entry that came later. Answers the version.

    Raises NotFound, WrongState, PreconditionFailed; Invalid where nothing would be released, or what is withheld is not there.
    """
    asked = await _held(tx, request_id, Direction.IN, seen)
    if shown.position > (await head(tx))[0]:
        raise Invalid("`position` is beyond the last entry")
    await _require_allowed(tx, actor.cell, asked.partner, asked.reason)
    found = await candidates(tx, asked, shown.position)
    if not set(shown.withheld) <= {one.entry for one in found}:
        raise Invalid("`withheld` names an entry that would not be released")
    chosen = [one for one in found if one.entry not in shown.withheld]
    if not chosen or len(chosen) > MOST_ENTRIES:
        raise Invalid(f"between one and {MOST_ENTRIES} entries are released; refuse where none is")
    try:
        asked.release(tuple(one.entry for one in chosen), len(found) - len(chosen), actor.subject, tx.now)
    except WrongExtractMove as error:
        raise WrongState from error
    await extracts.save(tx, [asked])
    tx.say(*released(asked, chosen), DueWork(PROVE, str(asked.id)))
    return asked.version


async def refuse_extract(tx: Transaction, actor: Actor, request_id: UUID, code: str, seen: int | None) -> int:
    """Refuse with a code. Answers the version. Raises NotFound, WrongState, PreconditionFailed."""
    asked = await _held(tx, request_id, Direction.IN, seen)
    try:
        asked.refuse(code, actor.subject, tx.now)
    except WrongExtractMove as error:
        raise WrongState from error
    await extracts.save(tx, [asked])
    tx.say(outgoing(ExtractRefused(asked.id, asked.partner, code)))
    return asked.version


async def withdraw_extract(tx: Transaction, request_id: UUID, seen: int | None) -> int:
    """Take back a request of ours. Answers the version. Raises NotFound, WrongState, PreconditionFailed."""
    asked = await _held(tx, request_id, Direction.OUT, seen)
    try:
        asked.withdraw()
    except WrongExtractMove as error:
        raise WrongState from error
    await extracts.save(tx, [asked])
    tx.say(withdrawn(asked))
    return asked.version


async def _held(tx: Transaction, request_id: UUID, direction: Direction, seen: int | None) -> ExtractCase:
    asked = await extracts.hold(tx, request_id, direction)
    if asked is None:
        if await extracts.get(tx, request_id) is not None:
            raise WrongState(
                "only the auditor who was asked answers a request, and only who asked takes it back"
            )
        raise NotFound
    expect(asked.version, seen)
    return asked
