"""Signing in to the console at the local issuer: a page on which one chooses who to be, and codes that are good once. Development only."""

import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from urllib.parse import urlencode, urlsplit

from deploy.local.people import Person

CLIENT = "console"
CODE_SECONDS = 60
ASKED = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
)  # fmt: skip
TO_TRY: Mapping[str, tuple[str, str]] = {
    "screening_officer": (
        "Screening officers",
        "begin an intake, ask a checklist, submit, print the receipt, see how far it got",
    ),
    "case_worker": ("Case workers", "look at a case on one page, ask her, refer her, answer what came"),
    "supervisor": ("Supervisors", "look at who has what and what is late, give cases to others"),
    "auditor": ("Auditors", "follow a case from what she agreed to, to who looked; search the log"),
    "operator": ("Operators", "look at services and the border, confirm what a colleague proposes"),
}
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>
body {{ max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 sans-serif; color: #0b0c0c }}
h2 {{ margin: 1.5rem 0 0; font-size: 1.1rem }} p {{ margin: .2rem 0 .6rem }}
button {{ margin: 0 .5rem .5rem 0; padding: .6rem 1rem; border: 2px solid #12323f; background: #fff; font: inherit; cursor: pointer }}
button:focus {{ outline: 3px solid #ffdd00 }}
</style></head><body><main>{content}</main></body></html>"""


@dataclass(frozen=True, slots=True)
class GivenCode:
    """A code that waits to be fetched, bound to what was asked."""

    person: Person
    redirect_uri: str
    challenge: str
    nonce: str
    until: float


class Authorisations:
    """The console's sign-ins. `console` is its address; without one nobody signs in by code."""

    def __init__(
        self, console: str, people: Iterable[Person], clock: Callable[[], float] = time.time
    ) -> None:
        self._console, self._clock = console, clock
        self._people = {person.name: person for person in people}
        self._codes: dict[str, GivenCode] = {}

    @property
    def policy(self) -> str:
        there = urlsplit(self._console)
        return (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none';"
            f" form-action 'self' {there.scheme}://{there.netloc}"
        )

    def allows(self, asked: Mapping[str, str]) -> bool:
        """True for what the console asks: its name, its one address exactly, a code, and a challenge (RFC 7636)."""
        return (
            bool(self._console)
            and asked.get("client_id") == CLIENT
            and asked.get("redirect_uri") == f"{self._console}/signed-in"
            and asked.get("response_type") == "code"
            and asked.get("code_challenge_method") == "S256"
            and bool(asked.get("code_challenge"))
        )

    def page(self, asked: Mapping[str, str]) -> str:
        """Everybody, by group, with what to try."""
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(asked.get(name, ""))}">' for name in ASKED
        )
        groups = "".join(self._group(role, title, what) for role, (title, what) in TO_TRY.items())
        intro = "<h1>Who do you want to be?</h1><p>Everybody here is invented. There is no password.</p>"
        return _PAGE.format(content=f'{intro}<form method="post">{hidden}{groups}</form>')

    def _group(self, role: str, title: str, what: str) -> str:
        buttons = "".join(
            f'<button name="person" value="{escape(p.name)}">{escape(p.name)}<br><small>{escape(p.org)}</small></button>'
            for p in self._people.values()
            if role in p.roles
        )
        return f"<h2>{title}</h2><p>To try: {what}.</p>{buttons}" if buttons else ""

    def chosen(self, asked: Mapping[str, str]) -> str | None:
        """The address to which a browser goes on with its code; None where something does not fit."""
        person = self._people.get(asked.get("person", ""))
        if person is None or not self.allows(asked):
            return None
        code = secrets.token_urlsafe(32)
        until = self._clock() + CODE_SECONDS
        self._codes = {one: given for one, given in self._codes.items() if given.until > self._clock()}
        self._codes[code] = GivenCode(
            person, asked["redirect_uri"], asked["code_challenge"], asked.get("nonce", ""), until
        )
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked.get('state', '')})}"

    def redeemed(self, code: str, verifier: str, redirect_uri: str) -> GivenCode | None:
        """The sign-in behind the code, once: also a wrong attempt ends it."""
        given = self._codes.pop(code, None)
        if given is None or given.until <= self._clock() or given.redirect_uri != redirect_uri:
            return None
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
        return given if hmac.compare_digest(challenge, given.challenge.encode()) else None

    def after_sign_out(self, client: str, wanted: str) -> str | None:
        """Where a browser goes after signing out: to the console's own page, and nowhere else."""
        own = f"{self._console}/sign-in"
        return own if self._console and client == CLIENT and wanted == own else None


def message(text: str) -> str:
    return _PAGE.format(content=f"<h1>{escape(text)}</h1>")
