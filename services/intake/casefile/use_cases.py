"""The use cases of a case: one function, one transaction. Values come sealed, before the transaction began."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from chassis.database import Transaction
from chassis.directory import present, require_workers
from chassis.identity.access import require, require_case
from chassis.identity.auth import Actor
from chassis.problems import Conflict, Invalid, NotFound, PreconditionFailed, WrongState, expect
from contracts.protection import is_of_country
from services.intake.casefile.domain.age import AgeEvidence
from services.intake.casefile.domain.case import Case, CaseVerb, CommandRefused, WrongMove, urgency_of
from services.intake.casefile.domain.dependant import DependantLink, NewLink
from services.intake.casefile.domain.field_classes import FLAGS_CLASS, OWN_NUMBER
from services.intake.casefile.domain.pair import OneCase
from services.intake.casefile.outgoing import outgoing, tasks_due
from services.intake.casefile.store import (
    ages,
    attention,
    cases,
    dependants,
    index,
    own_numbers,
    pairs,
    received,
    records,
)
from services.intake.casefile.store.cases import ACTIONS, OpenedCase
from services.intake.casefile.store.own_numbers import SealedNumber

RETAIN = "disclosure.retain"
CARER = "case_worker"
"""The role without a right to assign cases: a walk-in whom such a worker takes in is theirs until a supervisor
assigns the case.
"""


@dataclass(frozen=True, slots=True)
class SealedFields:
    """Fields on their way in. None removes a field; `index` is the blind index, empty where there is no name and None
    where the command leaves it as it is.
    """

    values: Mapping[str, str | None]
    index: Sequence[bytes] | None = None
    flags: frozenset[str] | None = None
    """The urgent flags; None where the command does not speak of them."""
    flags_before: frozenset[str] = frozenset()
    sealed_flags: str | None = None
    replaced: bool = False
    """The command replaces or removes a value of a field that is on record. Flags and number are compared with those that stand."""
    evidence: AgeEvidence | None = None
    """The evidence about her age after the command; None where nothing of it changes."""
    numbered: bool = False
    """The command speaks of the organisation's own number of the case: `number`, None where it is taken away."""
    number: SealedNumber | None = None
    reason: str | None = None
    version: int | None = None
    """The version that was looked at; None where it does not matter."""

    def kept(self) -> list[str]:
        return [name for name, value in self.values.items() if value is not None]

    def removed(self) -> list[str]:
        return [name for name, value in self.values.items() if value is None]


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case whose key is made: its identifiers are fixed by the command, so that a retry uses the same."""

    case_id: UUID
    person_id: UUID
    channel: str
    urgency: str
    fields: SealedFields


async def retain(tx: Transaction, actor: Actor, case_id: UUID, disclosure_id: UUID, law: str) -> None:
    """Retain a disclosure. Raises NotFound, WrongState where nothing was taken back after an acceptance, Invalid for
    a law of another country.
    """
    await require_case(tx, actor, RETAIN, case_id)
    if not is_of_country(law, actor.cell):
        raise Invalid(
            errors=[{"loc": ["body", "law"], "msg": "not a law of this country", "code": "other-country"}]
        )
    file = (await received.load(tx, [case_id]))[case_id]
    if disclosure_id not in file.disclosures:
        raise NotFound
    with answered():
        facts = file.retain(disclosure_id, law)
    await received.save(tx, [file])
    tx.say(*map(outgoing, facts))


class OnePerson(Conflict):
    """Two cases are of one person, or of two of whom one depends on the other; never both."""

    code, title = (
        "one-person",
        "Of two linked cases nobody says that they are of one person: end that, or the link, first",
    )


@contextmanager
def answered() -> Iterator[None]:
    """The refusals of the domain, as the caller is told."""
    try:
        yield
    except OneCase as error:
        raise NotFound from error
    except WrongMove as error:
        raise WrongState from error
    except CommandRefused as error:
        loc = ["body"] if error.member is None else ["body", error.member]
        raise Invalid(errors=[{"loc": loc, "msg": str(error), "code": error.code}]) from error


async def open_case(
    tx: Transaction, actor: Actor, new: NewCase, today: date, proposed: Iterable[str] = ()
) -> Case:
    """Open a case for the actor's own organisation. A worker who cares for cases has the one that they open, with whoever
    is `proposed`.
    """
    require(actor, "case.open", organisation=actor.organisation)
    urgency = urgency_of(new.urgency, new.fields.flags or frozenset())
    case, facts = Case.open(
        new.case_id,
        new.person_id,
        channel=new.channel,
        organisation=actor.organisation,
        urgency=urgency,
        now=tx.now,
        workers=tuple(dict.fromkeys([*([actor.subject] if CARER in actor.roles else []), *proposed])),
    )
    facts += case.record(new.fields.kept(), flags=new.fields.flags, numbered=new.fields.numbered) + case.flag(
        new.fields.sealed_flags, new.fields.flags
    )
    facts += case.learn_age(new.fields.evidence or AgeEvidence(), today, first=True)
    await cases.insert(tx, actor, OpenedCase(case, facts, new.fields.sealed_flags))
    await _put(tx, actor, case, new.fields)
    index.add(tx, case.organisation, {case.id: new.fields.index or ()})
    if case.workers:
        tx.say(tasks_due(case.id, "opened"))  # whoever has it may be on leave
    return case


async def _put(tx: Transaction, actor: Actor, case: Case, sealed: SealedFields) -> None:
    """Put fields, flags and the own number under one revision, with the reason for it."""
    more: dict[str, str | None] = {}
    if sealed.sealed_flags is not None:
        more[FLAGS_CLASS] = sealed.sealed_flags
    if sealed.numbered:
        more[OWN_NUMBER] = None if sealed.number is None else sealed.number.value
        await own_numbers.put(tx, actor, case.id, case.organisation, sealed.number)
    await records.put_fields(tx, actor, case, {**sealed.values, **more}, sealed.reason)


async def record_fields(
    tx: Transaction, actor: Actor, case_id: UUID, sealed: SealedFields, seen: int | None, today: date
) -> Case:
    """Record fields. Named ones are replaced or removed; others stay."""
    case = await cases.get(tx, actor, ACTIONS[CaseVerb.RECORD], case_id, lock=True)
    expect(case.version, seen)
    await record(tx, actor, case, sealed, today)
    return case


async def record(tx: Transaction, actor: Actor, case: Case, sealed: SealedFields, today: date) -> None:
    """Record fields of a case that is locked, whatever verb brought them, and save it."""
    urgency = case.urgency
    if sealed.version is not None and sealed.version != case.version:
        raise PreconditionFailed  # the blind index was made from fields that are no longer the present ones
    with answered():
        facts = case.record(sealed.kept(), sealed.removed(), sealed.flags, numbered=sealed.numbered)
        facts += case.flag(sealed.sealed_flags, sealed.flags, sealed.flags_before)
        if sealed.evidence is not None:
            facts += case.learn_age(sealed.evidence, today)
        case.require_reason(sealed.reason, replaced=await _replaces(tx, case, sealed))
    await _put(tx, actor, case, sealed)
    if sealed.index is not None and not await index.due(tx, case.id, case.fields_revision):
        await index.put(tx, case.organisation, {case.id: sealed.index})
    if sealed.sealed_flags is not None:
        await cases.set_flags(tx, case.id, sealed.sealed_flags, raised=bool(sealed.flags))
    if sealed.evidence is not None:
        await ages.put(tx, {case.id: case.age})
    await cases.save(tx, case, facts)
    if case.urgency != urgency:
        await attention.hasten(tx, case.id)


async def _replaces(tx: Transaction, case: Case, sealed: SealedFields) -> bool:
    """True where anything that is on record is replaced or removed."""
    if sealed.replaced or (sealed.flags is not None and not sealed.flags_before <= sealed.flags):
        return True
    stands = await own_numbers.entry_of(tx, case.id) if sealed.numbered else None
    return stands is not None and (sealed.number is None or sealed.number.entry != stands)


async def assign_case(
    tx: Transaction,
    actor: Actor,
    case_id: UUID,
    seen: int | None,
    organisation: str,
    workers: tuple[str, ...],
) -> Case:
    case = await cases.get(tx, actor, ACTIONS[CaseVerb.ASSIGN], case_id, lock=True)
    expect(case.version, seen)
    with answered():
        facts = case.assign(organisation, workers)
    await require_workers(tx, organisation, workers, "workers")
    await cases.save(tx, case, facts)
    if actor.subject in case.workers:  # whoever takes the case on is the very one who assigns it
        await attention.opened(tx, actor, case_id)
    return case


async def open_dependant(
    tx: Transaction, actor: Actor, case_id: UUID, new: NewCase, link: NewLink, today: date, *, hers: bool
) -> Case:
    """Open the case of somebody who depends on the person of this one. `hers`: her workers have it too."""
    her = await cases.get(tx, actor, ACTIONS[CaseVerb.LINK_DEPENDANT], case_id, lock=True)
    here = await present(tx, her.organisation) if hers else ()
    with answered():
        case = await open_case(tx, actor, new, today, [one for one in her.workers if one in here])
    await _link(tx, actor, her, case, link)
    return case


async def link_dependant(
    tx: Transaction, actor: Actor, case_id: UUID, dependant_id: UUID, link: NewLink
) -> None:
    """Link two cases that are here; whoever does so may write in both."""
    found = {
        each: await cases.get(tx, actor, ACTIONS[CaseVerb.LINK_DEPENDANT], each, lock=True)
        for each in sorted((case_id, dependant_id))
    }
    await _link(tx, actor, found[case_id], found[dependant_id], link)


async def _link(tx: Transaction, actor: Actor, her: Case, other: Case, new: NewLink) -> None:
    """Raises OnePerson: nobody depends on herself, whose other case this is."""
    if other.id in await pairs.kept(tx, her.id):
        raise OnePerson
    with answered():
        link = DependantLink.link(new, her, other, by=actor.subject, at=tx.now)
    await dependants.add(tx, link)


async def unlink_dependant(tx: Transaction, actor: Actor, case_id: UUID, link_id: UUID, reason: str) -> None:
    """`reason` is sealed. Either end may be the case from which the link is ended."""
    case = await cases.get(tx, actor, ACTIONS[CaseVerb.UNLINK_DEPENDANT], case_id, lock=True)
    link = await dependants.get(tx, case_id, link_id)
    with answered():
        link.end(case, reason, by=actor.subject, at=tx.now)
    await dependants.end(tx, link)
