"""The use cases of the directory: one function, one transaction."""

from collections.abc import Mapping, Sequence

from chassis.database import Transaction
from chassis.directory import refused
from chassis.identity.access import require
from chassis.identity.auth import Actor
from services.directory.domain.organisation import ByTwoPeople, Organisation, Profile, Service
from services.directory.domain.staff import change, from_file
from services.directory.store import organisations, proposals

BY_TWO_PEOPLE = "by-two-people"


async def put_organisation(
    tx: Transaction, actor: Actor, organisation_id: str, profile: Profile, expected: int | None
) -> Organisation:
    """Put the description of an organisation, by one of its supervisors. A new one is added by two operators."""
    require(actor, "directory.write", organisation=organisation_id)
    found = await organisations.get_organisation(tx, organisation_id, lock=True, expected=expected)
    try:
        facts = found.describe_itself(profile)
    except ByTwoPeople as error:
        raise refused(error.member, "two operators change this", BY_TWO_PEOPLE) from None
    if facts:
        await organisations.save_organisation(tx, found, facts)
    return found


async def put_service(
    tx: Transaction, actor: Actor, organisation_id: str, service: Service, expected: int | None
) -> Organisation:
    require(actor, "directory.write", organisation=organisation_id)
    organisation = await organisations.get_organisation(tx, organisation_id, lock=True, expected=expected)
    facts = organisation.offer(service)
    if facts:
        await organisations.save_organisation(tx, organisation, facts)
    return organisation


async def seed_organisation(
    tx: Transaction,
    cell: str,
    organisation_id: str,
    profile: Profile,
    services: Sequence[Service],
    sha256: str,
) -> bool:
    """Take an entry of the seed file of this cell unless this very entry was taken before; so later changes by people
    stay.
    """
    known = await organisations.find_organisation(tx, organisation_id, lock=True)
    organisation = known or Organisation(organisation_id, profile)
    if organisation.seeded == sha256:
        return False
    facts = organisation.describe_from_file(profile, cell)
    for service in services:
        facts += organisation.offer(service)
    organisation.seeded = sha256
    await organisations.save_organisation(tx, organisation, facts)
    return True


async def seed_staff(tx: Transaction, organisation_id: str, staff: Mapping[str, Sequence[str]]) -> bool:
    """Seed the whole staff of an organisation; said where it is not the same as before. What two people decided of
    somebody's roles goes before the file.
    """
    known = await organisations.staff_of(tx, organisation_id)
    told = from_file(staff, known, await proposals.decided_roles(tx, organisation_id))
    changes = change(organisation_id, known, told)
    for changed in changes:
        await organisations.save_staff(tx, changed)
    return bool(changes)
