"""Gives a cell's broker its topics, users and ACLs, so that each user reaches the topics named for it and nothing
else.

Can be run again at any time: a missing thing is made, and a known user's right that is not asked for goes.
`confluent-kafka` is used here alone, since aiokafka's admin client knows neither SCRAM users nor ACLs.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from deploy.local.patience import Patience, stretched
from deploy.local.trouble import Trouble

ANSWER_S = 20.0
"""The seconds that the broker may think about one request, on an idle machine."""
SCRAM_ITERATIONS = 4096


class ProvisionError(Trouble):
    """The broker cannot be brought from its present state to the one asked for, or did not show it in time."""


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    partitions: int
    retention_ms: int


@dataclass(frozen=True, slots=True)
class User:
    """A login and all that it may do. A partner has one topic to read and no group: it assigns partitions itself."""

    name: str
    password: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def provision_kafka(
    config: Mapping[str, str | int | float | bool], topics: Sequence[Topic], users: Sequence[User]
) -> None:
    """Provision, and return when the broker shows all of it. `config` is the admin's (`Broker.admin_config`). Raises
    ProvisionError.
    """
    try:
        _provision(config, topics, users)
    except (KafkaException, FutureTimeout) as error:
        raise ProvisionError(f"the broker did not take its topics and rights: {error!r}") from error


def _provision(
    config: Mapping[str, str | int | float | bool], topics: Sequence[Topic], users: Sequence[User]
) -> None:
    admin = AdminClient(dict(config))
    _make_topics(admin, topics)
    _set_passwords(admin, users)
    for user in users:
        _set_rights(admin, user)
    _wait_until(lambda: {topic.name for topic in topics} <= set(_partitions(admin)), "topics")
    _wait_until(lambda: all(rights(admin, user) == set(_wanted(user)) for user in users), "rights")


def _make_topics(admin: AdminClient, topics: Sequence[Topic]) -> None:
    existing = _partitions(admin)
    for topic in topics:
        if existing.get(topic.name, topic.partitions) < topic.partitions:
            raise ProvisionError(
                f"{topic.name} has {existing[topic.name]} partitions, not {topic.partitions}"
            )
    missing = [topic for topic in topics if topic.name not in existing]
    if missing:
        _settle(admin.create_topics([_new(topic) for topic in missing]))
    kept = [topic for topic in topics if topic.name in existing]
    if kept:
        _settle(admin.incremental_alter_configs([_retention(topic) for topic in kept]))


def _new(topic: Topic) -> NewTopic:
    settings = {"retention.ms": str(topic.retention_ms), "cleanup.policy": "delete"}
    return NewTopic(topic.name, topic.partitions, 1, config=settings)


def _retention(topic: Topic) -> ConfigResource:
    entry = ConfigEntry("retention.ms", str(topic.retention_ms), incremental_operation=AlterConfigOpType.SET)
    return ConfigResource(ConfigResource.Type.TOPIC, topic.name, incremental_configs=[entry])


def _partitions(admin: AdminClient) -> dict[str, int]:
    return {
        name: len(found.partitions)
        for name, found in admin.list_topics(timeout=stretched(ANSWER_S)).topics.items()
    }


def _set_passwords(admin: AdminClient, users: Sequence[User]) -> None:
    scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, SCRAM_ITERATIONS)
    changes: list[Any] = [
        UserScramCredentialUpsertion(user.name, scram, user.password.encode()) for user in users
    ]
    if changes:
        _settle(admin.alter_user_scram_credentials(changes))


def _set_rights(admin: AdminClient, user: User) -> None:
    wanted, existing = set(_wanted(user)), rights(admin, user)
    if wanted - existing:
        _settle(admin.create_acls(list(wanted - existing)))
    stale = [_filter(binding) for binding in existing - wanted]
    if stale:
        _settle(admin.delete_acls(stale))


def rights(admin: AdminClient, user: User) -> set[AclBinding]:
    """The rights that the broker holds for this user's name."""
    everything = AclBindingFilter(
        ResourceType.ANY,
        None,  # type: ignore[arg-type]
        ResourcePatternType.ANY,
        f"User:{user.name}",
        None,  # type: ignore[arg-type]
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
    return set(admin.describe_acls(everything).result(stretched(ANSWER_S)))


def _wanted(user: User) -> list[AclBinding]:
    """The rights of a user. WRITE on a topic includes the right to be an idempotent producer."""
    rights = [
        *((ResourceType.TOPIC, topic, AclOperation.READ) for topic in user.reads),
        *((ResourceType.TOPIC, topic, AclOperation.WRITE) for topic in user.writes),
        *((ResourceType.TOPIC, topic, AclOperation.DESCRIBE) for topic in {*user.reads, *user.writes}),
        *((ResourceType.GROUP, group, AclOperation.READ) for group in user.groups),
    ]
    return [_binding(user, kind, name, operation) for kind, name, operation in rights]


def _binding(user: User, kind: ResourceType, name: str, operation: AclOperation) -> AclBinding:
    pattern, allow = ResourcePatternType.LITERAL, AclPermissionType.ALLOW
    return AclBinding(kind, name, pattern, f"User:{user.name}", "*", operation, allow)


def _filter(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        binding.restype,
        binding.name,
        binding.resource_pattern_type,
        binding.principal,
        binding.host,
        binding.operation,
        binding.permission_type,
    )


def _settle(futures: Mapping[Any, "Future[Any]"]) -> None:
    for future in futures.values():
        future.result(stretched(ANSWER_S))


def _wait_until(visible: Callable[[], bool], what: str) -> None:
    patience = Patience()
    while not visible():
        if patience.over:
            raise ProvisionError(f"{what} did not become visible within {patience.waited_s:.0f} s")
        time.sleep(0.02)
