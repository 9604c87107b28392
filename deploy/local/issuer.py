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

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from chassis.identity import signing
from deploy.local.assertions import FORMAT, AssertionRefused, Assertions
from deploy.local.authorising import CLIENT, Authorisations, GivenCode, message
from deploy.local.machine_keys import KEYS_FILE, MachineKeys
from deploy.local.people import Person, load_key, longest, mint

REFRESH_LIFETIME_S = 8 * 3600
REFRESH_TYPE = "rt+jwt"


class Issuer:
    """The key, the address, the people and the machines of one cell's issuer."""

    def __init__(
        self,
        key: OKPKey,
        url: str,
        people: Sequence[Person],
        machines: Sequence[Person],
        keys: MachineKeys,
        console: str = "",
    ) -> None:
        self._key, self.url = key, url
        self.authorisations, self._revoked = Authorisations(console, people), set[str]()
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
            "authorization_endpoint": f"{self.url}/authorize",
            "revocation_endpoint": f"{self.url}/revoke",
            "end_session_endpoint": f"{self.url}/sign-out",
            "jwks_uri": f"{self.url}/jwks.json",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "grant_types_supported": [
                "authorization_code",
                "password",
                "refresh_token",
                "client_credentials",
            ],
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["Ed25519", "EdDSA", "ES256"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [signing.ALGORITHM],
        }

    def grant(self, person: Person) -> dict[str, Any]:
        return {**self.access(person), "refresh_token": self._refresh_token(person)}

    def signed_in(self, given: GivenCode) -> dict[str, Any]:
        """The tokens for a code, with the id token that says to the console who signed in."""
        person, now = given.person, int(time.time())
        claims = {
            "iss": self.url,
            "sub": person.name,
            "aud": CLIENT,
            "nonce": given.nonce,
            "iat": now,
            "exp": now + longest(person),
            "cell": person.cell,
            "org": person.org,
            "roles": list(person.roles),
        }
        header = {"alg": signing.ALGORITHM, "typ": "JWT", "kid": str(self._key.kid)}
        id_token = jwt.encode(header, claims, self._key, algorithms=[signing.ALGORITHM])
        return {**self.grant(person), "id_token": id_token}

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
        """The person of a refresh token; None when the token is forged, expired, revoked, or an access token."""
        read = self._refresh(token)
        if read is None or read["jti"] in self._revoked:
            return None
        return self.people.get(str(read.get("sub")))

    def revoke(self, token: str) -> None:
        """From now on this refresh token is good for nothing (RFC 7009)."""
        read = self._refresh(token)
        if read is not None:
            self._revoked.add(str(read["jti"]))

    def _refresh(self, token: str) -> dict[str, Any] | None:
        """The claims of a refresh token that is one of ours."""
        try:
            read = jwt.decode(token, self._key, algorithms=[signing.ALGORITHM])
            jwt.JWTClaimsRegistry(
                iss={"essential": True, "value": self.url}, exp={"essential": True}
            ).validate(read.claims)
        except (JoseError, ValueError):
            return None
        return read.claims if read.header.get("typ") == REFRESH_TYPE else None

    def _refresh_token(self, person: Person) -> str:
        expires = int(time.time()) + REFRESH_LIFETIME_S
        claims = {"iss": self.url, "sub": person.name, "exp": expires, "jti": str(uuid.uuid4())}
        header = {"alg": signing.ALGORITHM, "typ": REFRESH_TYPE, "kid": str(self._key.kid)}
        return jwt.encode(header, claims, self._key, algorithms=[signing.ALGORITHM])


def build_issuer(
    key_file: Path,
    issuer_url: str,
    people: Sequence[Person],
    machines: Sequence[Person] = (),
    *,
    console: str = "",
) -> FastAPI:
    """The issuer's app, mounted below `issuer_url`. `key_file` is its private JWK; machines' public keys are beside it.
    `console` is the address of the cell's console, to which alone people sign in by a page.
    """
    keys = MachineKeys(key_file.with_name(KEYS_FILE))
    issuer = Issuer(load_key(key_file), issuer_url, people, machines, keys, console)
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

    _tokens(app, issuer)
    _pages(app, issuer)
    return app


def _tokens(app: FastAPI, issuer: Issuer) -> None:
    @app.post("/token")
    def token(
        grant_type: Annotated[str, Form()] = "",
        username: Annotated[str, Form()] = "",
        refresh_token: Annotated[str, Form()] = "",
        client_assertion_type: Annotated[str, Form()] = "",
        client_assertion: Annotated[str, Form()] = "",
        code: Annotated[str, Form()] = "",
        code_verifier: Annotated[str, Form()] = "",
        redirect_uri: Annotated[str, Form()] = "",
    ) -> JSONResponse:
        if grant_type == "authorization_code":
            given = issuer.authorisations.redeemed(code, code_verifier, redirect_uri)
            return _refusal("invalid_grant") if given is None else _answer(issuer.signed_in(given))
        if grant_type == "client_credentials" and client_assertion_type == FORMAT:
            return _to_machine(issuer, client_assertion)
        if grant_type not in {"password", "refresh_token"}:
            return _refusal("unsupported_grant_type")
        named = issuer.people.get(username)
        person = named if grant_type == "password" else issuer.refreshed(refresh_token)
        if person is None:
            return _refusal("invalid_grant")
        return _answer(issuer.grant(person))


def _pages(app: FastAPI, issuer: Issuer) -> None:
    """The pages on which people sign in to the console, and out."""
    asked = issuer.authorisations

    @app.get("/authorize")
    def authorize(request: Request) -> Response:
        wanted = dict(request.query_params)
        return _html(asked.page(wanted), asked) if asked.allows(wanted) else _unfit(asked)

    @app.post("/authorize")
    async def choose(request: Request) -> Response:
        wanted = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        there = asked.chosen(wanted)
        return _unfit(asked) if there is None else RedirectResponse(there, 303, {"Cache-Control": "no-store"})

    @app.get("/sign-out")
    def sign_out(client_id: str = "", post_logout_redirect_uri: str = "") -> Response:
        there = asked.after_sign_out(client_id, post_logout_redirect_uri)
        return _html(message("You are signed out"), asked) if there is None else RedirectResponse(there, 303)

    @app.post("/revoke")
    def revoke(token: Annotated[str, Form()] = "") -> Response:
        issuer.revoke(token)
        return Response(headers={"Cache-Control": "no-store"})


def _html(content: str, asked: Authorisations, status: int = 200) -> HTMLResponse:
    headers = {"Content-Security-Policy": asked.policy, "Referrer-Policy": "no-referrer"}
    return HTMLResponse(content, status, {**headers, "Cache-Control": "no-store"})


def _unfit(asked: Authorisations) -> HTMLResponse:
    return _html(message("This sign-in does not fit"), asked, 400)


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
