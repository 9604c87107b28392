"""The changes that a proposal makes: worked out when it is proposed, and again when it is confirmed, where they are written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chassis.database import Transaction
from chassis.directory import NOT_A_RECIPIENT, NOT_LISTED, refused
from chassis.problems import AlreadyThere, WrongState
from contracts.organisations import ACTIVE, AUDITOR, CASE_ROLES, OPERATOR, SUPERVISOR, cell_of, may_receive
from services.directory.domain.organisation import (
    Caretaker,
    DirectoryChanged,
    Organisation,
    Profile,
)
from services.directory.domain.proposal import OF_PEOPLE, Change, Wish
from services.directory.domain.staff import Staff, StaffChanged, change, decided, fits
from services.directory.store import organisations
from services.directory.store.machines import organisations_of

APART = frozenset({AUDITOR, OPERATOR})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The changes, not yet written: of an organisation, or of a staff."""

    organisation: Organisation | None = None
    facts: Sequence[DirectoryChanged] = ()
    staff: StaffChanged | None = None


async def make(tx: Transaction, cell: str, wish: Wish) -> Outcome:
    """Work out what the wish changes. A suspension by one person may be wished again, with another caretaker.

    Raises Invalid, AlreadyThere, NotFound, and WrongState or WrongStanding for what changes nothing.
    """
    if cell_of(wish.organisation) != cell:
        raise refused("organisation", "an organisation of another country", "other-country")
    if wish.change in OF_PEOPLE:
        return Outcome(staff=await _staff(tx, wish))
    if wish.change is Change.ADD:
        return await _added(tx, cell, wish)
    organisation = await organisations.get_organisation(tx, wish.organisation, lock=True)
    return Outcome(organisation, await _changed(tx, organisation, wish))


async def write(tx: Transaction, made: Outcome) -> None:
    if made.organisation is not None:
        await organisations.save_organisation(tx, made.organisation, made.facts)
    if made.staff is not None:
        await organisations.save_staff(tx, made.staff)


async def _added(tx: Transaction, cell: str, wish: Wish) -> Outcome:
    if await organisations.find_organisation(tx, wish.organisation) is not None:
        raise AlreadyThere
    details = {"type": wish.type}
    profile = Profile(cell, wish.role or "", wish.name or "", wish.status or ACTIVE, details)
    organisation = Organisation(wish.organisation, profile)
    return Outcome(organisation, organisation.describe(profile))


async def _changed(tx: Transaction, organisation: Organisation, wish: Wish) -> list[DirectoryChanged]:
    if wish.change is Change.SUSPEND:
        return organisation.suspend(await _caretaker(tx, wish))
    if wish.change is Change.RESTORE:
        return organisation.restore()
    facts = organisation.describe(_altered(organisation.profile, wish))
    if not facts:
        raise WrongState("it is so already")
    return facts


def _altered(profile: Profile, wish: Wish) -> Profile:
    details = {**profile.details, "type": wish.type}
    return replace(
        profile, role=wish.role or profile.role, status=wish.status or profile.status, details=details
    )


async def _caretaker(tx: Transaction, wish: Wish) -> Caretaker:
    """The supervisor who is named, of another organisation that works and may be told of a person. Raises Invalid."""
    name, worker = wish.cases_to_organisation or "", wish.cases_to or ""
    other = await organisations.find_organisation(tx, name)
    if other is None or other.suspended or other.profile.status != ACTIVE or name == wish.organisation:
        raise refused("cases_to_organisation", "not another active organisation", NOT_LISTED)
    if cell_of(name) != cell_of(wish.organisation):
        raise refused("cases_to_organisation", "an organisation of another country", "other-country")
    if not may_receive(other.profile.role, other.profile.details.get("type")):
        raise refused(
            "cases_to_organisation", "not an organisation that may be told of a person", NOT_A_RECIPIENT
        )
    if SUPERVISOR not in dict(await organisations.staff_of(tx, name)).get(worker, ()):
        raise refused("cases_to", "not a supervisor of this organisation", NOT_LISTED)
    return Caretaker(name, worker)


async def _staff(tx: Transaction, wish: Wish) -> StaffChanged:
    worker, role = wish.worker or "", wish.staff_role or ""
    known = await organisations.staff_of(tx, wish.organisation)
    if not known and await organisations.find_organisation(tx, wish.organisation) is None:
        raise refused("organisation", "neither listed nor with any staff", NOT_LISTED)
    told = decided(known, {(worker, role): wish.change is Change.GIVE_ROLE})
    if wish.change is Change.GIVE_ROLE:
        _require_apart(told, worker)
        if await organisations_of(tx, worker) - {wish.organisation}:
            raise refused("worker", "a machine of another organisation", AlreadyThere.code)
    for changed in change(wish.organisation, known, told):
        return changed
    raise WrongState("it is so already")


def _require_apart(staff: Staff, worker: str) -> None:
    """Whoever audits or operates does nothing about cases: with both kinds of role they could do neither. No machine is a
    person.
    """
    roles = set(dict(staff).get(worker, ()))
    if not all(fits(worker, role) for role in roles):
        raise refused(
            "staff_role", "a machine has roles of machines, a person has roles of people", "roles-apart"
        )
    if roles & APART and roles & CASE_ROLES:
        raise refused("staff_role", "audit and operation are apart from work on cases", "roles-apart")
