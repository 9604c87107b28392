"""The caller: a validated token becomes an Actor. People come by the cell's issuer, services by their own keys."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer
from joserfc.jwk import OKPKey

from chassis.clock import Clock, utc_now
from chassis.database import EVERYBODY, Database, Origin
from chassis.directory import counted_roles
from chassis.identity import signing, tokens
from chassis.identity.jwks import KeySource
from chassis.identity.policies import Policies, Principal
from chassis.problems import Invalid, MachineRefused, Unauthenticated
from chassis.settings import Settings
from contracts import machines
from contracts.codes import codes
from contracts.organisations import authority

ROLES = frozenset({"screening_officer", "case_worker", "supervisor", "auditor", "operator"})
"""The roles of people. `service` is no role that an issuer can give."""

ISSUED_ROLES = ROLES | machines.ROLES
"""Every role that the cell's issuer can give, to a person or to a machine."""

SERVICE = "service"
AUDITOR = "auditor"
DEFAULT_PURPOSE = "case-management"
AUDIT_PURPOSE = "audit"
PURPOSE_HEADER = "Corridor-Purpose"
_RESERVED_SUBJECTS = ("service:", "system:")
_ORGANISATION = re.compile(r"[a-z]{2}-[a-z0-9\-]{2,60}")


class ServiceKeyMissing(RuntimeError):
    """No key to sign a call to another service with: CORRIDOR_SERVICE_KEY_FILE is not set."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller, identified by (`issuer`, `subject`), with organisation, roles and purpose."""

    issuer: str
    subject: str
    cell: str
    organisation: str
    roles: frozenset[str]
    purpose: str
    service: bool
    policies: Policies

    @property
    def machine(self) -> bool:
        """True for a system of an organisation: it counts as nobody where a person must act."""
        return machines.is_machine(self.subject)

    @classmethod
    def system(cls, service: str, cell: str, policies: Policies) -> "Actor":
        """The actor of a service's own acts, outside any request. No policy permits it anything by default."""
        issuer, organisation = service_issuer(cell), authority(cell)
        roles = frozenset({SERVICE})
        return cls(
            issuer,
            f"system:{service}",
            cell,
            organisation,
            roles,
            DEFAULT_PURPOSE,
            service=True,
            policies=policies,
        )

    def origin(self) -> Origin:
        """The origin that stands on the events of this actor's transaction."""
        everywhere = self.service or (AUDITOR in self.roles and self.purpose == AUDIT_PURPOSE)
        rows_of = EVERYBODY if everywhere else self.organisation
        return Origin(self.subject, self.organisation, self.purpose, self.policies.version, rows_of=rows_of)

    def principal(self) -> Principal:
        return Principal(self.subject, self.organisation, self.cell, self.roles, self.purpose, self.service)


def service_issuer(cell: str) -> str:
    return f"urn:corridor:{cell.lower()}:service"


class TokenValidator:
    """Checks the tokens that are sent to one service of one cell; everything that is not right is 401."""

    def __init__(
        self, settings: Settings, service: str, clock: Clock = utc_now, *, people: KeySource | None = None
    ) -> None:
        self._cell, self._issuer, self._service, self._clock = settings.cell, settings.issuer, service, clock
        self._people = people or KeySource(file=settings.jwks_file, url=settings.jwks_url)
        self._services = KeySource(file=settings.service_jwks_file)
        self._verified = tokens.VerifiedTokens()

    async def actor(self, token: str, purpose: str | None, policies: Policies) -> Actor:
        """The caller behind a token. Raises Unauthenticated, or Invalid for an unknown purpose."""
        kid, issuer = self._verified.peek(token)
        if issuer == service_issuer(self._cell):
            return await self._calling_service(token, kid, purpose, policies)
        if self._issuer and issuer == self._issuer:
            return await self._person_or_machine(token, kid, purpose, policies)
        raise Unauthenticated("the token is by another issuer")

    async def _person_or_machine(
        self, token: str, kid: str, purpose: str | None, policies: Policies
    ) -> Actor:
        claims = await self._claims(self._people, token, kid)
        subject = self._checked(claims, signing.USER_LIFETIME_SECONDS)
        if claims.get("cell") != self._cell:
            raise Unauthenticated("the token is for another jurisdiction")
        if subject.startswith(_RESERVED_SUBJECTS):
            raise Unauthenticated("the token's subject is not a person's")
        organisation, named = claims.get("org"), claims.get("roles")
        if not isinstance(organisation, str) or not _ORGANISATION.fullmatch(organisation):
            raise Unauthenticated("the token names no organisation")
        roles = self._machines_roles(claims, named) if machines.is_machine(subject) else _persons_roles(named)
        meant = _known_purpose(purpose) or (AUDIT_PURPOSE if roles == {AUDITOR} else DEFAULT_PURPOSE)
        return Actor(
            self._issuer, subject, self._cell, organisation, roles, meant, service=False, policies=policies
        )

    def _machines_roles(self, claims: Mapping[str, Any], named: object) -> frozenset[str]:
        """A machine has roles of a machine and none of a person, and a token that is over soon."""
        self._checked(claims, signing.MACHINE_LIFETIME_SECONDS)
        roles = _codes(named)
        if not roles & machines.ROLES or roles & (ROLES | {SERVICE}):
            raise Unauthenticated("the token's roles are not a machine's")
        return roles & machines.ROLES

    async def _calling_service(self, token: str, kid: str, purpose: str | None, policies: Policies) -> Actor:
        """The actor of a service's token, signed by that service's own key, whose `kid` is its name; so it can name
        no other.
        """
        claims = await self._claims(self._services, token, kid)
        issuer = service_issuer(self._cell)
        subject = self._checked(claims, signing.SERVICE_LIFETIME_SECONDS)
        if subject != f"service:{kid}":
            raise Unauthenticated("the token's subject is not the owner of its key")
        meant, roles = _known_purpose(purpose) or DEFAULT_PURPOSE, frozenset({SERVICE})
        organisation = authority(self._cell)
        return Actor(issuer, subject, self._cell, organisation, roles, meant, service=True, policies=policies)

    async def _claims(self, source: KeySource, token: str, kid: str) -> Mapping[str, Any]:
        key = await source.key(kid)
        if key is None:
            raise Unauthenticated("the token's key is not known")
        return self._verified.claims(token, kid, key)

    def _checked(self, claims: Mapping[str, Any], lifetime: int) -> str:
        return tokens.check(claims, audience=self._service, now=self._clock(), lifetime=lifetime)


def _persons_roles(named: object) -> frozenset[str]:
    roles = _codes(named)
    if roles & (machines.ROLES | {SERVICE}):
        raise Unauthenticated("the token's roles are not a person's")
    return ROLES & roles


def _codes(named: object) -> frozenset[str]:
    if not isinstance(named, list) or not all(isinstance(role, str) for role in named):
        raise Unauthenticated("the token's roles are no list of codes")
    return frozenset(named)


def _known_purpose(purpose: str | None) -> str | None:
    if purpose is not None and purpose not in codes("purpose"):
        error = {
            "loc": ["header", "corridor-purpose"],
            "msg": "not a code of the list 'purpose'",
            "code": "unknown-code",
        }
        raise Invalid(errors=[error])
    return purpose


class ServiceKey:
    """The service's private key, read from its file when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self._file = settings.service_key_file
        self._key: OKPKey | None = None

    def read(self) -> OKPKey:
        """The private key. Raises ServiceKeyMissing."""
        if self._key is None:
            if self._file is None:
                raise ServiceKeyMissing
            self._key = private_key(self._file)
        return self._key


class ServiceTokens:
    """Signs this service's calls to others with its own key; each token is for one callee and lives 60 seconds."""

    def __init__(self, settings: Settings, name: str, clock: Clock = utc_now) -> None:
        self._cell, self._name, self._clock = settings.cell, name, clock
        self._key = ServiceKey(settings)

    def bearer(self, audience: str) -> str:
        """The token itself, without the word Bearer. Raises ServiceKeyMissing."""
        now = self._clock()
        claims = {
            "iss": service_issuer(self._cell),
            "sub": f"service:{self._name}",
            "aud": audience,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=signing.SERVICE_LIFETIME_SECONDS)).timestamp()),
            "jti": str(uuid4()),
        }
        return signing.sign(self._key.read(), self._name, claims)

    def headers(self, audience: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.bearer(audience)}"}


def private_key(path: Path) -> OKPKey:
    """A private Ed25519 key from a JWK file."""
    return OKPKey.import_key(json.loads(path.read_text(encoding="utf-8")))


_SCHEME = HTTPBearer(
    auto_error=False, bearerFormat="JWT", description="an access token (at+jwt) for this service"
)


async def authenticate(
    request: Request,
    _documented: Annotated[object, Depends(_SCHEME)],
    _corridor_purpose: Annotated[
        str | None,
        Header(
            alias=PURPOSE_HEADER,
            description="what this is done for: a code of the list `purpose`",
            max_length=80,
        ),
    ] = None,
) -> Actor:
    """The FastAPI dependency behind `chassis.web.http.Who`: the actor that `chassis.web.token_first` found before the
    body was read, with the roles that count now. Raises MachineRefused.
    """
    known: Actor | None = getattr(request.state, "actor", None)
    actor = known or await actor_of(request)
    if not actor.machine:
        return await as_it_counts(request.app.state.database, actor)
    if not await request.app.state.service.admits(actor):
        raise MachineRefused
    return actor


async def as_it_counts(database: Database, actor: Actor) -> Actor:
    """The person with those roles of the token that count now: what was taken away acts before the token has run out."""
    if actor.service:
        return actor
    roles = await counted_roles(database, actor.organisation, actor.subject, actor.roles)
    return actor if roles == actor.roles else replace(actor, roles=roles)


async def actor_of(request: Request) -> Actor:
    """The caller, by the one bearer token of the request. Raises Unauthenticated, or Invalid for an unknown purpose."""
    sent = request.headers.getlist("authorization")
    scheme, _, token = (sent[0] if len(sent) == 1 else "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    validator: TokenValidator = request.app.state.validator
    purpose = request.headers.get(PURPOSE_HEADER)
    return await validator.actor(token.strip(), purpose, request.app.state.policies)
