"""A token issuer for one cell of the local stack: anybody may be any of its invented people. Its machines must show that they
have their keys. Development only.

Its documents and its tokens have the shape of a real one's (OpenID Connect discovery, RFC 9068 access tokens), so that a
service needs no other setting than the address to be used with a real one.
"""

import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Form
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from chassis.identity import signing
from deploy.local.assertions import FORMAT, AssertionRefused, Assertions
from deploy.local.machine_keys import KEYS_FILE, MachineKeys
from deploy.local.people import Person, load_key, longest, mint

REFRESH_LIFETIME_S = 8 * 3600
REFRESH_TYPE = "rt+jwt"


class Issuer:
    """The key, the address, the people and the machines of one cell's issuer."""

    def __init__(
        self, key: OKPKey, url: str, people: Sequence[Person], machines: Sequence[Person], keys: MachineKeys
    ) -> None:
        self._key, self.url = key, url
        self.people = {person.name: person for person in people}
        self._machines = {machine.name: machine for machine in machines}
        self._assertions = Assertions(keys, frozenset({url, self.token_endpoint}))

    @property
    def token_endpoint(self) -> str:
        return f"{self.url}/token"

    @property
    def jwks(self) -> dict[str, Any]:
        return {"keys": [{**self._key.as_dict(private=False), "use": "sig", "alg": signing.ALGORITHM}]}

    @property
    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "token_endpoint": self.token_endpoint,
            "jwks_uri": f"{self.url}/jwks.json",
            "grant_types_supported": ["password", "refresh_token", "client_credentials"],
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["Ed25519", "EdDSA", "ES256"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [signing.ALGORITHM],
        }

    def grant(self, person: Person) -> dict[str, Any]:
        return {**self.access(person), "refresh_token": self._refresh_token(person)}

    def access(self, person: Person) -> dict[str, Any]:
        token = mint(self._key, person, self.url, longest(person))
        return {"access_token": token, "token_type": "Bearer", "expires_in": longest(person)}

    def machine(self, assertion: str) -> Person:
        """The machine that signed the assertion. Raises AssertionRefused."""
        machine = self._machines.get(self._assertions.machine(assertion))
        if machine is None:
            raise AssertionRefused("no account")
        return machine

    def refreshed(self, token: str) -> Person | None:
        """The person of a refresh token; None when the token is forged, expired, or an access token."""
        try:
            read = jwt.decode(token, self._key, algorithms=[signing.ALGORITHM])
            jwt.JWTClaimsRegistry(
                iss={"essential": True, "value": self.url}, exp={"essential": True}
            ).validate(read.claims)
        except (JoseError, ValueError):
            return None
        if read.header.get("typ") != REFRESH_TYPE:
            return None
        return self.people.get(str(read.claims.get("sub")))

    def _refresh_token(self, person: Person) -> str:
        expires = int(time.time()) + REFRESH_LIFETIME_S
        claims = {"iss": self.url, "sub": person.name, "exp": expires, "jti": str(uuid.uuid4())}
        header = {"alg": signing.ALGORITHM, "typ": REFRESH_TYPE, "kid": str(self._key.kid)}
        return jwt.encode(header, claims, self._key, algorithms=[signing.ALGORITHM])


def build_issuer(
    key_file: Path, issuer_url: str, people: Sequence[Person], machines: Sequence[Person] = ()
) -> FastAPI:
    """The issuer's app, mounted below `issuer_url`. `key_file` is its private JWK; machines' public keys are beside it."""
    keys = MachineKeys(key_file.with_name(KEYS_FILE))
    issuer = Issuer(load_key(key_file), issuer_url, people, machines, keys)
    app = FastAPI(title="Local issuer", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/jwks.json")
    def jwks() -> dict[str, Any]:
        return issuer.jwks

    @app.get("/.well-known/openid-configuration")
    def configuration() -> dict[str, Any]:
        return issuer.configuration

    @app.get("/people")
    def everybody() -> list[dict[str, Any]]:
        return [person.public for person in issuer.people.values()]

    @app.post("/token")
    def token(
        grant_type: Annotated[str, Form()] = "",
        username: Annotated[str, Form()] = "",
        refresh_token: Annotated[str, Form()] = "",
        client_assertion_type: Annotated[str, Form()] = "",
        client_assertion: Annotated[str, Form()] = "",
    ) -> JSONResponse:
        if grant_type == "client_credentials" and client_assertion_type == FORMAT:
            return _to_machine(issuer, client_assertion)
        if grant_type not in {"password", "refresh_token"}:
            return _refusal("unsupported_grant_type")
        named = issuer.people.get(username)
        person = named if grant_type == "password" else issuer.refreshed(refresh_token)
        if person is None:
            return _refusal("invalid_grant")
        return _answer(issuer.grant(person))

    return app


def _to_machine(issuer: Issuer, assertion: str) -> JSONResponse:
    """A token for a machine; whatever is wrong with its assertion, the answer is the same."""
    try:
        machine = issuer.machine(assertion)
    except AssertionRefused:
        return _refusal("invalid_client", 401)
    return _answer(issuer.access(machine))


def _refusal(error: str, status: int = 400) -> JSONResponse:
    """A refusal as RFC 6749 5.2 has it."""
    return _answer({"error": error}, status)


def _answer(content: dict[str, Any], status: int = 200) -> JSONResponse:
    return JSONResponse(content, status_code=status, headers={"Cache-Control": "no-store"})
