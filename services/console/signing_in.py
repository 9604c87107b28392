"""Signing in at the cell's issuer: OpenID Connect with an authorisation code and PKCE, and its end.

`state`, `nonce` and the verifier of PKCE are derived from one secret in a cookie of ten minutes: nothing is kept for somebody who has
not signed in yet, and an answer that comes to another browser fits nothing there.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError

from chassis.clock import Clock
from chassis.identity.jwks import KeySource
from chassis.identity.signing import ALGORITHM
from chassis.identity.tokens import LEEWAY_SECONDS
from chassis.peers import Peers
from chassis.problems import Unauthenticated, Unavailable
from services.console.domain.person import Person, Tokens
from services.console.domain.secret import Secret, challenge
from services.console.settings import Settings

STATE, NONCE, VERIFIER = "state", "nonce", "verifier"
ANSWER_SECONDS = 5.0
FRESH_SECONDS = 60
"""An access token that has less than this is made anew, so that none ends in the middle of a page."""


class SignIn:
    """The console as a client of the issuer."""

    def __init__(self, settings: Settings, peers: Peers, clock: Clock) -> None:
        self._settings, self._peers, self._clock = settings, peers, clock
        self._keys = KeySource(file=settings.jwks_file, url=settings.jwks_url)

    def page(self, secret: Secret) -> str:
        """The address of the issuer's page for this beginning of a sign-in."""
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_uri,
            "scope": "openid",
            "state": secret.word(STATE),
            "nonce": secret.word(NONCE),
            "code_challenge": challenge(secret.word(VERIFIER)),
            "code_challenge_method": "S256",
        }
        return f"{self._settings.sign_in_url}?{urlencode(asked)}"

    def last_page(self) -> str:
        """The address at which the issuer ends its own session. It names nobody."""
        after = {
            "client_id": self._settings.client_id,
            "post_logout_redirect_uri": f"{self._settings.public_url}/sign-in",
        }
        return f"{self._settings.sign_out_url}?{urlencode(after)}"

    async def completed(self, secret: Secret, code: str) -> tuple[Person, Tokens]:
        """Whoever signed in, with her tokens. Raises Unauthenticated for a code or an answer that does not fit."""
        answer = await self._granted(
            grant_type="authorization_code",
            code=code,
            redirect_uri=self._settings.redirect_uri,
            code_verifier=secret.word(VERIFIER),
        )
        person = await self._person(str(answer.get("id_token", "")), secret.word(NONCE))
        return person, self._tokens(answer, "")

    async def refreshed(self, tokens: Tokens) -> Tokens:
        """Fresh tokens. Raises Unauthenticated where the issuer gives none, Unavailable where it does not answer."""
        answer = await self._granted(grant_type="refresh_token", refresh_token=tokens.refresh)
        return self._tokens(answer, tokens.refresh)

    async def revoke(self, tokens: Tokens) -> None:
        """Tell the issuer that the refresh token is good for nothing any more; where it is away, the token ends by itself."""
        try:
            await self._post(
                self._settings.revocation_url, {"token": tokens.refresh, "token_type_hint": "refresh_token"}
            )
        except Unavailable:
            return

    def is_fresh(self, tokens: Tokens) -> bool:
        return self._clock().timestamp() < tokens.fresh_until

    async def _granted(self, **form: str) -> Mapping[str, Any]:
        answer = await self._post(self._settings.token_url, form)
        if answer.is_server_error:
            raise Unavailable
        if answer.is_error:
            raise Unauthenticated("the issuer gives no token")
        try:
            said: Mapping[str, Any] = answer.json()
        except ValueError:
            raise Unavailable from None
        return said

    async def _post(self, url: str, form: Mapping[str, str]) -> httpx2.Response:
        secret = self._settings.client_secret
        own = {"client_id": self._settings.client_id}
        if secret is not None:
            own["client_secret"] = secret.get_secret_value()
        try:
            return await self._peers.http.post(url, data={**form, **own}, timeout=ANSWER_SECONDS)
        except httpx2.HTTPError:
            raise Unavailable from None

    def _tokens(self, answer: Mapping[str, Any], refresh: str) -> Tokens:
        try:
            access, lifetime = str(answer["access_token"]), float(answer["expires_in"])
        except (KeyError, TypeError, ValueError):
            raise Unauthenticated("the issuer gave no token") from None
        fresh_until = self._clock().timestamp() + max(lifetime - FRESH_SECONDS, lifetime / 2)
        return Tokens(access, str(answer.get("refresh_token") or refresh), fresh_until)

    async def _person(self, id_token: str, nonce: str) -> Person:
        """Whoever the id token names, once its signature, issuer, audience, times and nonce are right."""
        try:
            key = await self._keys.key(_kid(id_token))
            if key is None:
                raise Unauthenticated("the id token's key is not the issuer's")
            claims = jwt.decode(id_token, key, algorithms=[ALGORITHM]).claims
            rules = jwt.JWTClaimsRegistry(
                now=int(self._clock().timestamp()),
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": self._settings.issuer},
                aud={"essential": True, "value": self._settings.client_id},
                exp={"essential": True},
                nonce={"essential": True, "value": nonce},
                sub={"essential": True},
            )
            rules.validate(claims)
        except (JoseError, ValueError, KeyError) as error:
            raise Unauthenticated("the id token does not hold") from error
        if claims.get("cell") != self._settings.cell:
            raise Unauthenticated("the id token is for another jurisdiction")
        return Person(
            str(claims["sub"]), str(claims.get("org", "")), tuple(map(str, claims.get("roles", ())))
        )


def _kid(token: str) -> str:
    """The key that an id token says it is signed with. Raises ValueError, KeyError."""
    from joserfc.jws import extract_compact

    return str(extract_compact(token.encode()).headers()["kid"])
