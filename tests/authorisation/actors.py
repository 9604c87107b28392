"""Everybody who may come to a service of cell TH, with a right token of theirs, and the tokens that are not right."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import OKPKey

from contracts.catalogue import SERVICES
from tests.harness import ISSUER, Harness

AGENCY, ELSEWHERE = "th-care-agency", "th-shelter"
WORKER = "th.worker"
LIFETIME = 55
Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    subject: str
    organisation: str
    role: str
    purpose: str = "case-management"


PEOPLE: Mapping[str, Person] = MappingProxyType(
    {
        "officer": Person("th.officer", AGENCY, "screening_officer"),
        "officer elsewhere": Person("th.other-officer", ELSEWHERE, "screening_officer"),
        "worker": Person(WORKER, AGENCY, "case_worker"),
        "colleague": Person("th.colleague", AGENCY, "case_worker"),
        "worker elsewhere": Person("th.other-worker", ELSEWHERE, "case_worker"),
        "supervisor": Person("th.supervisor", AGENCY, "supervisor"),
        "supervisor elsewhere": Person("th.other-supervisor", ELSEWHERE, "supervisor"),
        "auditor": Person("th.auditor", AGENCY, "auditor", "audit"),
        "operator": Person("th.operator", AGENCY, "operator"),
        "stranger": Person("th.stranger", AGENCY, "visitor"),
        "sending machine": Person("machine:th.case-system", AGENCY, "submitting_machine"),
        "fetching machine": Person("machine:th.records-system", AGENCY, "exporting_machine"),
    }
)
"""The case is the worker's; a colleague is of the same organisation without it; a stranger has no role that we know. The machines are the agency's."""

CALLERS = tuple(f"service:{name}" for name in SERVICES)
KINDS = (*PEOPLE, *CALLERS)


@dataclass(frozen=True, slots=True)
class Wallet:
    """Signs tokens for one running service with the keys of its cell."""

    harness: Harness

    def headers(self, kind: str) -> Headers:
        """Of a token with which nothing is wrong."""
        return self._with_purpose(kind, self.signed(kind))

    def signed(self, kind: str, key: OKPKey | None = None, **changes: Any) -> str:
        return jwt.encode(
            self.header(kind), self.claims(kind) | changes, key or self._key(kind), algorithms=["Ed25519"]
        )

    def header(self, kind: str) -> dict[str, str]:
        return {"alg": "Ed25519", "typ": "at+jwt", "kid": "issuer" if kind in PEOPLE else _name(kind)}

    def claims(self, kind: str) -> dict[str, Any]:
        now = int(datetime.now(UTC).timestamp())
        times = {"iat": now, "exp": now + LIFETIME, "jti": str(uuid4())}
        if kind in CALLERS:
            named = {"iss": service_issuer("TH"), "sub": kind, "aud": self.harness.service.name}
            return {**named, **times}
        person = PEOPLE[kind]
        return {
            "iss": ISSUER,
            "sub": person.subject,
            "aud": list(SERVICES),
            "cell": "TH",
            "org": person.organisation,
            "roles": [person.role],
            **times,
        }

    def refused(self, kind: str) -> dict[str, Headers]:
        """Every way in which a token of somebody who may is none, by what is wrong with it."""
        return {name: self._with_purpose(kind, make(self, kind)) for name, make in WRONG.items()}

    def _with_purpose(self, kind: str, token: str | None) -> Headers:
        purpose = PEOPLE[kind].purpose if kind in PEOPLE else "case-management"
        bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
        return {**bearer, "Corridor-Purpose": purpose}

    def _key(self, kind: str) -> OKPKey:
        return self.harness.keys.issuer if kind in PEOPLE else self.harness.keys.services[_name(kind)]


def service_issuer(cell: str) -> str:
    return f"urn:corridor:{cell.lower()}:service"


def _name(kind: str) -> str:
    return kind.removeprefix("service:")


def _stranger() -> OKPKey:
    return OKPKey.generate_key("Ed25519")


def _unsigned(wallet: Wallet, kind: str) -> str:
    parts = ({**wallet.header(kind), "alg": "none"}, wallet.claims(kind))
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join((*encoded, ""))


def _expired(wallet: Wallet, kind: str) -> str:
    at = int(datetime.now(UTC).timestamp()) - 2 * LIFETIME
    return wallet.signed(kind, iat=at, exp=at + LIFETIME)


def _abroad(wallet: Wallet, kind: str) -> dict[str, str]:
    """The claims of the other country's issuer."""
    if kind in CALLERS:
        return {"iss": service_issuer("KH")}
    return {"iss": "http://issuer.kh.test", "cell": "KH", "org": "kh-reintegration-agency"}


def _of_the_other_country(wallet: Wallet, kind: str) -> str:
    """Signed by our own issuer: only what it says is foreign."""
    return wallet.signed(kind, **({"cell": "KH"} if kind in PEOPLE else _abroad(wallet, kind)))


WRONG: Mapping[str, Callable[[Wallet, str], str | None]] = MappingProxyType(
    {
        "none": lambda wallet, kind: None,
        "forged": lambda wallet, kind: wallet.signed(kind, _stranger()),
        "unsigned": _unsigned,
        "expired": _expired,
        "for another service": lambda wallet, kind: wallet.signed(kind, aud="elsewhere"),
        "of the other country": _of_the_other_country,
        "by the other country": lambda wallet, kind: wallet.signed(
            kind, _stranger(), **_abroad(wallet, kind)
        ),
    }
)
