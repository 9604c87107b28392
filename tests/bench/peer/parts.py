"""What one cell of the peer is made of: its services, keys, broker, and the partner's broker."""

import ssl
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
from faststream.kafka import KafkaBroker
from faststream.security import SASLScram512
from joserfc.jwk import OKPKey

from tests.bench.peer.messaging import Service

SERVICES = ("intake", "consent", "referral", "exchange", "audit")
CATEGORIES = {
    "cor_FullName": "identity",
    "prs_Birthdate": "identity",
    "prs_Gender": "demographic",
    "prs_PrimaryLanguage": "demographic",
    "prs_MobilePhone": "contact",
    "prs_NumberOfChildren": "family",
}
NEEDED = {"kh-reintegration-agency": {"identity", "demographic", "needs", "family"}}
"""What an organisation needs for its help, by category."""
AGREED = {"referral-assistance": frozenset(CATEGORIES) - {"prs_MobilePhone"}}
"""What the two countries have agreed to tell one another, by purpose."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a process of the peer is told in a file."""

    code: str
    partner: str
    port: int
    name: str
    """Topics and databases of a turn begin with it."""
    database: str
    """The address of a service's database, with `{database}` in it."""
    kafka: dict[str, str]
    partner_kafka: dict[str, str]
    keys: dict[str, dict[str, Any]]
    """The cell's signer and reader, the partner's public signer and reader, and the issuer's public key."""
    master: str


@dataclass(slots=True)
class Parts:
    facts: Facts
    services: dict[str, Service] = field(init=False)
    keys: dict[str, OKPKey] = field(init=False)
    broker: KafkaBroker = field(init=False)
    partner: KafkaBroker = field(init=False)
    http: httpx2.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        facts = self.facts
        self.services = {
            name: Service(self.topic(facts.code, name), name, facts.database.format(database=name))
            for name in SERVICES
        }
        self.keys = {name: OKPKey.import_key(key) for name, key in facts.keys.items()}
        self.broker, self.partner = _broker(facts.kafka), _broker(facts.partner_kafka)
        self.http = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{facts.port}", trust_env=False)

    @property
    def master(self) -> bytes:
        return bytes.fromhex(self.facts.master)

    @property
    def egress(self) -> str:
        return self.topic(self.facts.code, "envelopes")

    @property
    def ingress(self) -> str:
        return self.topic(self.facts.partner, "envelopes")

    def topic(self, code: str, name: str) -> str:
        return f"{self.facts.name}.{code}.{name}"


def _broker(told: dict[str, str]) -> KafkaBroker:
    security = SASLScram512(
        told["user"], told["password"], ssl_context=ssl.create_default_context(cafile=told["ca"])
    )
    return KafkaBroker(told["bootstrap"], acks="all", enable_idempotence=True, security=security, logger=None)


def fields_of(terms: dict[str, Any], purpose: str, recipient: str, wanted: list[str]) -> list[str]:
    """The rule of disclosure: consent ∩ agreement ∩ purpose ∩ what the recipient needs."""
    if purpose not in terms["purposes"] or recipient not in terms["recipients"]:
        return []
    allowed = set(terms["categories"]) & NEEDED.get(recipient, set())
    return [name for name in wanted if CATEGORIES.get(name) in allowed and name in AGREED[purpose]]


def about(case: UUID, name: str) -> str:
    """What a sealed value is bound to."""
    return f"{case}/{name}"
