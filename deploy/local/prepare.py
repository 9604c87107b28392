"""Prepares a cell's running servers for its services: topics and rights, databases and roles, tables, the vault."""

import asyncio
from collections.abc import Sequence
from importlib import import_module

from chassis.migrate import migrate
from chassis.vault.owner import Caller, migrate_vault
from contracts.catalogue import (
    CATALOGUE,
    RETENTION_MS,
    SERVICES,
    partitions_of,
    topics_read_by,
    topics_written_by,
)
from deploy.local.cell import VAULT_SERVICES, Cell
from deploy.local.databases import provision_cluster, provision_database, provision_vault
from deploy.local.topics import Topic, User, provision_kafka


def topics(partners: Sequence[str]) -> list[Topic]:
    """Every topic of a cell: those of its services, and one of sealed envelopes for each partner."""
    retention = {entry.topic: entry.retention_ms for entry in CATALOGUE}
    own = [Topic(name, partitions_of(name), ms) for name, ms in sorted(retention.items())]
    return [*own, *(Topic(egress(code), 1, RETENTION_MS) for code in partners)]


def egress(partner: str) -> str:
    return f"egress.{partner.lower()}"


def users(cell: Cell) -> list[User]:
    """A user for each service with its own topics alone, and one for each partner with its one egress topic."""
    services = [
        User(
            name,
            cell.password(name),
            reads=topics_read_by(name),
            writes=(*topics_written_by(name), *(map(egress, cell.partners) if name == "exchange" else ())),
            groups=(name,),
        )
        for name in SERVICES
    ]
    partner_names = [f"partner.{code.lower()}" for code in cell.partners]
    partners = [
        User(user, cell.password(user), reads=(egress(code),))
        for user, code in zip(partner_names, cell.partners, strict=True)
    ]
    return [*services, *partners]


async def prepare_broker(cell: Cell) -> None:
    await asyncio.to_thread(provision_kafka, cell.broker.admin_config, topics(cell.partners), users(cell))


async def prepare_databases(cell: Cell) -> None:
    """Databases and roles, then every migration; safe to run on a cell that has them."""
    dsn = cell.postgres.admin_dsn()
    await provision_cluster(dsn)
    for service in SERVICES:
        await provision_database(dsn, service, cell.owner_role(service), cell.app_role(service))
    roles = {service: cell.vault_role(service) for service in VAULT_SERVICES}
    await provision_vault(dsn, "vault", cell.owner_role("vault"), list(roles.values()))
    callers = [Caller(role.name, service, VAULT_SERVICES[service]) for service, role in roles.items()]
    await migrate_vault(cell.owner_url("vault"), callers)
    for service in SERVICES:
        versions = import_module(f"services.{service}.app").VERSIONS
        await migrate(cell.owner_url(service), service, versions)
