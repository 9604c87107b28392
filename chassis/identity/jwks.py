"""Public keys that tokens are checked with: a JWKS from a file or from the issuer, cached, read again for a new `kid`."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from chassis.problems import Unavailable

CURVE = "Ed25519"
REFRESH_SECONDS = 30.0
RETRY_SECONDS = 1.0
"""The pause after a failure, while no key is known at all."""

MAX_BYTES = 100_000
_PUBLIC = ("kty", "crv", "x", "kid")


class JwksUnreadable(ValueError):
    """The document is no JWKS."""


class KeySource:
    """Ed25519 keys by `kid`. An unknown `kid` makes it look again, at most every 30 seconds, so a flood cannot."""

    def __init__(
        self,
        *,
        file: Path | None = None,
        url: str | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file, self._url, self._transport, self._monotonic = file, url, transport, monotonic
        self._keys: Mapping[str, OKPKey] = {}
        self._was_read = False
        self._tried_at: float | None = None
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> OKPKey | None:
        """The key, or None when the issuer has none of that name. Raises Unavailable while nothing was ever read."""
        if kid not in self._keys:
            async with self._lock:
                if kid not in self._keys and self._is_due():
                    await self._read_again()
        if not self._was_read:
            raise Unavailable("the keys of the token issuer cannot be read")
        return self._keys.get(kid)

    def _is_due(self) -> bool:
        wait = REFRESH_SECONDS if self._was_read else RETRY_SECONDS
        return self._tried_at is None or self._monotonic() - self._tried_at >= wait

    async def _read_again(self) -> None:
        """Replace the keys; the known ones stay when the issuer is away."""
        self._tried_at = self._monotonic()
        with suppress(OSError, httpx2.HTTPError, JwksUnreadable):
            self._keys = parse(self._read_file() if self._file is not None else await self._fetch())
            self._was_read = True

    def _read_file(self) -> str:
        return self._file.read_text(encoding="utf-8") if self._file is not None else '{"keys": []}'

    async def _fetch(self) -> str:
        if self._url is None:
            return '{"keys": []}'
        async with httpx2.AsyncClient(timeout=5, trust_env=False, transport=self._transport) as client:
            answer = await client.get(self._url, follow_redirects=False)
        if answer.status_code != 200 or len(answer.content) > MAX_BYTES:
            raise JwksUnreadable("the issuer did not answer with a JWKS")
        return answer.text


def parse(document: str) -> dict[str, OKPKey]:
    """The Ed25519 signature keys of a JWKS by `kid`; others, and private halves, are left out."""
    try:
        listed = json.loads(document)["keys"]
        return {key["kid"]: _public(key) for key in listed if _is_ours(key)}
    except (ValueError, KeyError, TypeError, AttributeError, JoseError) as error:
        raise JwksUnreadable("not a JWKS") from error


def _is_ours(key: Mapping[str, Any]) -> bool:
    return (
        key.get("kty") == "OKP"
        and key.get("crv") == CURVE
        and isinstance(key.get("kid"), str)
        and key.get("use", "sig") == "sig"
    )


def _public(key: Mapping[str, Any]) -> OKPKey:
    return OKPKey.import_key({name: key[name] for name in _PUBLIC})
