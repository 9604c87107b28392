"""The use cases of a consent: one function, one transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Any
from uuid import UUID

from chassis.database import Database, Transaction
from chassis.directory import NOT_LISTED, find, refused, require_organisation
from chassis.identity.access import holder_of, person_of, require_case
from chassis.identity.auth import Actor
from chassis.problems import Conflict, Invalid, NotFound, NotSecondPerson, WrongState
from chassis.vault.vault import Sealing, Vault
from services.consent import publishing
from services.consent.domain import states, terms
from services.consent.domain.authorisation import Ground, TokenRequest, token_refusal
from services.consent.domain.coverage import reconsider
from services.consent.domain.lengthening import lengthen
from services.consent.domain.narrowing import Part
from services.consent.domain.record import Act, ConsentRecord, SamePerson
from services.consent.domain.terms import Recipient, Terms
from services.consent.signing import Signer
from services.consent.store import grants, grounds, records

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class PreparedConsent:
    """The terms that she agreed to, with the names already under her key."""

    consent_id: UUID
    terms: Terms
    sealed: Mapping[str, str]


class DisclosureNotAllowed(Conflict):
    """The disclosure is not, or no longer, allowed. The code says why."""

    title, codelist = "This disclosure is not allowed", "disclosure_refusal"

    def __init__(self, refusal: str) -> None:
        super().__init__()
        self.refusal = refusal

    def body(self) -> dict[str, Any]:
        return {**super().body(), "type": f"urn:corridor:problem:{self.refusal}", "code": self.refusal}


@contextmanager
def answered() -> Iterator[None]:
    """The refusals of the domain, as the caller is told."""
    try:
        yield
    except states.WrongState as error:
        raise WrongState(f"the consent is {error.state}") from error
    except SamePerson:
        raise NotSecondPerson from None
    except terms.IncompleteTerms as error:
        raise Invalid(
            errors=[{"loc": ["body", error.field], "msg": error.rule, "code": error.code}]
        ) from error


async def seal_names(
    database: Database,
    vault: Vault,
    actor: Actor,
    case_id: UUID,
    consent_id: UUID,
    names: Mapping[str, str],
    *,
    action: str = "consent.record",
) -> dict[str, str]:
    """Put names under her key, each bound to its kind and to its record, before the command's transaction begins."""
    if not names:
        return {}
    async with database.transaction(actor.origin()) as tx:
        await require_case(tx, actor, action, case_id)
        person_id = await person_of(tx, case_id)
    values = [Sealing(person_id, f"consent.{what}", consent_id, name) for what, name in names.items()]
    return dict(zip(names, await vault.seal_many(values), strict=True))


async def case_of(database: Database, actor: Actor, consent_id: UUID) -> UUID:
    """The case of a record that this actor may write to. Raises NotFound."""
    async with database.transaction(actor.origin()) as tx:
        return await records.case_for(tx, actor, "consent.record", consent_id)


async def record_answer(
    tx: Transaction, actor: Actor, case_id: UUID, prepared: PreparedConsent, *, given: bool
) -> ConsentRecord:
    """She was asked and answered: a new record."""
    await require_case(tx, actor, "consent.record", case_id)
    await records.hold_answers(tx, case_id)
    if given:
        await check(tx, actor, case_id, prepared.terms)
    else:
        await publishing.require_known(tx, prepared.terms)
        await end_protections(tx, actor, case_id)
    record = asked(case_id, prepared)
    act = Act(actor.subject, actor.organisation, await tx.clock())
    with answered():
        facts = record.give(act) if given else record.refuse(act)
    await records.save(tx, record, facts)
    return record


def asked(case_id: UUID, prepared: PreparedConsent) -> ConsentRecord:
    return ConsentRecord.asked(
        prepared.consent_id, case_id, token_hex(SALT_BYTES), prepared.terms, prepared.sealed
    )


async def end_protections(tx: Transaction, actor: Actor, case_id: UUID) -> None:
    """She has said no: no protection, recorded because she could not be asked, stands beside that. Under `hold_answers`."""
    for consent_id in await records.protections_of(tx, case_id):
        held = await records.hold(tx, consent_id)
        facts = held.record.withdraw(Act(actor.subject, actor.organisation, held.now))
        await records.save(tx, held.record, facts)


async def _nothing_stands_beside(
    tx: Transaction, actor: Actor, record: ConsentRecord, case_ids: Sequence[UUID]
) -> None:
    """Where all of it is taken back, no protection of these cases stands beside that. Under `hold_answers` of each."""
    if record.state is states.State.WITHDRAWN:
        for case_id in case_ids:
            await end_protections(tx, actor, case_id)


async def _are_no_misspellings(tx: Transaction, recipients: Sequence[str]) -> None:
    """The recipients from whom she takes it back are known, though not to be told of her any more: a slip is never
    answered as done.
    """
    for organisation in recipients:
        if await find(tx, organisation) is None:
            raise refused("recipients", "neither in her consent nor in the directory", NOT_LISTED)


async def check(tx: Transaction, actor: Actor, case_id: UUID, given: Terms) -> None:
    """Check that this may be consented to at her age, and be received by these recipients. Before any record is locked."""
    child = await records.counts_as_child(tx, case_id)
    with answered():
        terms.check_speaker(given, child=child)
    await publishing.require_in_force(tx, given)
    await require_recipients(tx, actor, case_id, given.recipients)
    if given.decided_by is not None:
        await require_organisation(tx, given.decided_by, "decided_by", cell=actor.cell)


async def require_recipients(
    tx: Transaction, actor: Actor, case_id: UUID, recipients: Sequence[Recipient]
) -> None:
    """Require that each is listed, may be told of a person, and is not the sender. Raises Invalid, with a place for
    each that is not.
    """
    senders = {actor.organisation, await holder_of(tx, case_id)}
    errors: list[dict[str, Any]] = []
    for place, recipient in enumerate(recipients):
        where = ("recipients", place, "organisation")
        try:
            await require_organisation(
                tx, recipient.organisation, where, cell=recipient.country, receives=True
            )
            if recipient.organisation in senders:
                raise refused(where, "the sender needs no consent to keep what it has", "sender")
        except Invalid as invalid:
            errors += invalid.errors
    if errors:
        raise Invalid(errors=errors)


async def _ground(tx: Transaction, cell: str, held: records.HeldRecord) -> Ground:
    """The ground for looking again at every disclosure under this record."""
    return await grounds.ground(tx, cell, held.now, held.record.disclosures)


async def renew(
    tx: Transaction, actor: Actor, cell: str, prepared: PreparedConsent, expected: int | None
) -> ConsentRecord:
    """She was asked again and agreed, to the same or to other terms. A disclosure that these no longer cover is taken
    back.
    """
    case_id = await records.case_for(tx, actor, "consent.record", prepared.consent_id)
    await records.hold_answers(tx, case_id)
    await check(tx, actor, case_id, prepared.terms)
    held = await records.get(tx, actor, "consent.record", prepared.consent_id, expected=expected)
    act = Act(actor.subject, actor.organisation, held.now)
    with answered():
        facts = held.record.renew(prepared.terms, prepared.sealed, act)
    ground = await _ground(tx, cell, held)
    facts += reconsider(held.record, ground, held.now) + lengthen(held.record, ground, held.now)
    await records.save(tx, held.record, facts)
    return held.record


async def confirm_guardian(tx: Transaction, actor: Actor, consent_id: UUID, expected: int) -> ConsentRecord:
    """A second person has looked at who speaks for the child."""
    case_id = await records.case_for(tx, actor, "consent.confirm", consent_id)
    await records.hold_answers(tx, case_id)
    child = await records.counts_as_child(tx, case_id)
    held = await records.get(tx, actor, "consent.confirm", consent_id, expected=expected)
    asked_by = await records.recorded_by(tx, held.record)
    with answered():
        terms.check_speaker(held.record.terms, child=child)
        facts = held.record.confirm(Act(actor.subject, actor.organisation, held.now), asked_by)
    facts += lengthen(held.record, await _ground(tx, actor.cell, held), held.now)
    await records.save(tx, held.record, facts)
    return held.record


async def withdraw(tx: Transaction, actor: Actor, consent_id: UUID) -> ConsentRecord:
    """Withdraw, by the person, through any worker of hers. No version is asked for: an old page must not stand in her
    way.
    """
    case_id = await records.case_for(tx, actor, "consent.withdraw", consent_id)
    await records.hold_answers(tx, case_id)
    held = await records.get(tx, actor, "consent.withdraw", consent_id)
    with answered():
        facts = held.record.withdraw(Act(actor.subject, actor.organisation, held.now))
    await records.save(tx, held.record, facts)
    await _nothing_stands_beside(tx, actor, held.record, [case_id])
    return held.record


async def withdraw_granted(
    tx: Transaction, actor: Actor, cell: str, disclosure_id: UUID, *, whole: bool
) -> ConsentRecord:
    """Withdraw, by the person, through a worker of the organisation that received the grant here: all of her consent,
    or for this one alone.

    Raises NotFound for a grant from abroad.
    """
    here = await grants.case_granted(tx, disclosure_id)
    await require_case(tx, actor, "consent.withdraw", here)
    cases = sorted({here, await records.case_disclosed(tx, disclosure_id)})
    for case_id in cases:
        await records.hold_answers(tx, case_id)
    held, disclosure = await records.hold_disclosure(tx, disclosure_id)
    if held is None:
        raise NotFound
    act = Act(actor.subject, actor.organisation, held.now)
    with answered():
        if whole:
            facts = held.record.withdraw(act)
        else:
            facts = held.record.narrow(Part(recipients=frozenset({disclosure.request.recipient})), act)
            facts += reconsider(held.record, await _ground(tx, cell, held), held.now)
    await records.save(tx, held.record, facts)
    await _nothing_stands_beside(tx, actor, held.record, cases)
    return held.record


async def withdraw_part(
    tx: Transaction, actor: Actor, cell: str, consent_id: UUID, part: Part
) -> ConsentRecord:
    """Withdraw a part, by the person, as `withdraw`: a recipient, a purpose, a category. The rest of her consent stands."""
    case_id = await records.case_for(tx, actor, "consent.withdraw", consent_id)
    await records.hold_answers(tx, case_id)
    held = await records.get(tx, actor, "consent.withdraw", consent_id)
    agreed = {recipient.organisation for recipient in held.record.terms.recipients}
    await _are_no_misspellings(tx, sorted(part.recipients - agreed))
    facts = held.record.narrow(part, Act(actor.subject, actor.organisation, held.now))
    facts += reconsider(held.record, await _ground(tx, cell, held), held.now)
    await records.save(tx, held.record, facts)
    await _nothing_stands_beside(tx, actor, held.record, [case_id])
    return held.record


async def end_reading(tx: Transaction, disclosure_id: UUID, reason: str) -> None:
    """The time that the agreement leaves after the end of a referral is over, also for every disclosure that followed
    meanwhile.
    """
    held, disclosure = await records.hold_disclosure(tx, disclosure_id)
    if held is not None:
        referral_id = disclosure.request.referral_id
        await records.save(tx, held.record, held.record.end_reading(referral_id, reason, held.now))


async def lengthen_disclosures(tx: Transaction, cell: str, consent_id: UUID) -> None:
    """Something under this record ends soon, and she has agreed to longer."""
    held = await records.hold(tx, consent_id)
    facts = lengthen(held.record, await _ground(tx, cell, held), held.now)
    await records.save(tx, held.record, facts)


async def revoke(tx: Transaction, actor: Actor, consent_id: UUID, expected: int | None) -> ConsentRecord:
    """Revoke, by another than the person, for instance because she was pressed: a supervisor's decision."""
    held = await records.get(tx, actor, "consent.revoke", consent_id, expected=expected)
    with answered():
        facts = held.record.revoke(Act(actor.subject, actor.organisation, held.now))
    await records.save(tx, held.record, facts)
    return held.record


async def expire(tx: Transaction, consent_id: UUID, revision: int) -> timedelta | None:
    """Expire by the database's clock. Answers how long is left where the clock that woke us was ahead of it.

    A record that moved since this expiry was set is left alone: a renewal has set its own.
    """
    held = await records.hold(tx, consent_id)
    record = held.record
    if record.revision != revision:
        return None
    if record.runs and held.now < record.terms.valid_until:
        return record.terms.valid_until - held.now
    act = Act(tx.origin.actor, tx.origin.organisation, held.now)
    facts = record.expire(act, await records.first_by(tx, consent_id))
    await records.save(tx, record, facts)
    return None


async def fence(tx: Transaction, consent_id: UUID, disclosures: Collection[UUID]) -> None:
    """Exchange has confirmed that nothing of these is sealed any more."""
    held = await records.hold(tx, consent_id)
    for disclosure in held.record.disclosures:
        if disclosure.id in disclosures:
            disclosure.fence()
    await records.save(tx, held.record, [])


async def issue_seal_token(
    tx: Transaction, signer: Signer, cell: str, disclosure_id: UUID, wanted: TokenRequest
) -> str:
    """Decide again under the record's lock; the ledger has the token before anybody has. Raises DisclosureNotAllowed.

    The answer is sent after the commit, so no token exists that a later withdrawal would not find.
    """
    held, disclosure = await records.hold_disclosure(tx, disclosure_id)
    if held is None:
        raise DisclosureNotAllowed(disclosure.refusal or "no_consent")
    ground = await grounds.ground(tx, cell, held.now, [disclosure])
    refusal = token_refusal(disclosure, held.record, ground, wanted, held.now)
    if refusal is not None:
        raise DisclosureNotAllowed(refusal)
    token_id = tx.new_id()
    disclosure.token(token_id)
    await records.save(tx, held.record, [])
    return signer.seal_token(disclosure_id, wanted, token_id, held.now)
