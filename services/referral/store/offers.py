"""The offers of organisations, as the directory last said: one row for each service that somebody can be offered to."""

from collections.abc import Sequence

from sqlalchemy import text

from chassis.database import Transaction
from chassis.tables import insert_set
from contracts.organisations import ACTIVE
from services.referral.domain.offers import Offer, Offers
from services.referral.store.tables import OFFERED

_OF = text(
    "select service_id, service, minimum_age, maximum_age from referral.offered"
    " where organisation = :organisation and service = :service order by service_id"
)
_OF_EVERYBODY = text("select distinct organisation, service from referral.offered")
_FORGET = text("delete from referral.offered where organisation = any(:organisations)")
_SAVE = insert_set(OFFERED)


async def of(tx: Transaction, organisation: str, service: str) -> list[Offer]:
    """An organisation's services of one kind."""
    rows = await tx.execute(_OF, {"organisation": organisation, "service": service})
    return [Offer(row.service_id, row.service, ACTIVE, row.minimum_age, row.maximum_age) for row in rows]


async def of_everybody(tx: Transaction) -> frozenset[tuple[str, str]]:
    """(organisation, service) for every offered service."""
    return frozenset((row.organisation, row.service) for row in await tx.execute(_OF_EVERYBODY))


async def load(_: Transaction, organisations: Sequence[str]) -> dict[str, Offers]:
    return {organisation: Offers(organisation) for organisation in organisations}


async def save(tx: Transaction, heard: Sequence[Offers]) -> None:
    """Save the offers. A service that its organisation no longer names is gone."""
    await tx.execute(_FORGET, {"organisations": [one.organisation for one in heard]})
    rows = [
        {
            "organisation": one.organisation,
            "service_id": offer.service_id,
            "service": offer.code,
            "minimum_age": offer.minimum_age,
            "maximum_age": offer.maximum_age,
        }
        for one in heard
        for offer in one.services
    ]
    await _SAVE.write(tx, rows)
