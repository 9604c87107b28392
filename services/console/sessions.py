"""Sessions of those who are signed in: begun anew at every sign-in, used by every request, ended at both ends."""

import asyncio
import json
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from chassis.database import Database, Transaction
from chassis.problems import Unauthenticated
from services.console.domain.person import Person, Tokens
from services.console.domain.secret import NoSecret, Secret
from services.console.settings import Settings
from services.console.signing_in import SignIn
from services.console.store import rows
from services.console.store.rows import SessionRow
from services.console.unsent import carried


@dataclass(frozen=True, slots=True, repr=False)
class Session:
    secret: Secret
    person: Person
    tokens: Tokens

    def sealed(self) -> bytes:
        return self.secret.seal(json.dumps([asdict(self.person), asdict(self.tokens)]))

    @classmethod
    def opened(cls, secret: Secret, sealed: bytes) -> "Session":
        """Raises NoSecret."""
        person, tokens = json.loads(secret.open(sealed))
        read: dict[str, Any] = {
            name: tuple(said) if isinstance(said, list) else said for name, said in person.items()
        }
        return cls(secret, Person(**read), Tokens(**tokens))


class Sessions:
    """The sessions of one cell's console. No transaction is open while the issuer is asked."""

    def __init__(self, database: Database, settings: Settings, sign_in: SignIn) -> None:
        self._database, self._sign_in = database, sign_in
        self._idle = timedelta(minutes=settings.idle_minutes)
        self._longest = timedelta(hours=settings.session_hours)
        self._refreshing: dict[str, asyncio.Task[Session | None]] = {}

    async def start(self, person: Person, tokens: Tokens, before: str | None = None) -> Session:
        """A session under a secret that nobody had before: one that was planted in a browser is worth nothing. What was typed too late
        under the cookie `before` is the same person's to send, and nobody else's.
        """
        session = Session(Secret.new(), person, tokens)
        async with self._database.transaction(self._database.system()) as tx:
            former = await self._former(tx, before)
            row = SessionRow(session.secret.session_id, session.sealed(), tx.now, tx.now + self._longest)
            await rows.insert(tx, row)
            if former is not None:
                if former.person.is_same(person):
                    await carried(tx, former.secret, session.secret)
                await rows.end(tx, former.secret.session_id)
        return session

    async def _former(self, tx: Transaction, cookie: str | None) -> Session | None:
        """The session of a cookie, also one that is over."""
        try:
            secret = Secret.read(cookie or "")
            sealed = await rows.known(tx, secret.session_id)
            return None if sealed is None else Session.opened(secret, sealed)
        except NoSecret:
            return None

    async def of(self, cookie: str | None) -> Session | None:
        """The session of a cookie, with tokens that are fresh; None for whoever is not signed in, or not any more."""
        try:
            secret = Secret.read(cookie or "")
            session = await self._kept(secret)
        except NoSecret:
            return None
        if session is None or self._sign_in.is_fresh(session.tokens):
            return session
        return await self._refreshed(secret)

    async def known_as(self, session: Session, person: Person) -> Session:
        """The same session with what is known of its person now."""
        return await self._kept(session.secret, person=person) or session

    async def end(self, session: Session) -> None:
        """Here at once; then the issuer is told."""
        await self.forget(session)
        await self._sign_in.revoke(session.tokens)

    async def forget(self, session: Session) -> None:
        """Here alone, for whoever cannot wait for the issuer."""
        async with self._database.transaction(self._database.system()) as tx:
            await rows.end(tx, session.secret.session_id)

    async def _kept(self, secret: Secret, **changed: Any) -> Session | None:
        """The session, which is used now, with what of it has `changed`; None where it is over. Raises NoSecret."""
        async with self._database.transaction(self._database.system()) as tx:
            sealed = await rows.use(tx, secret.session_id, self._idle)
            if sealed is None:
                return None
            session = replace(Session.opened(secret, sealed), **changed)
            if changed:
                await rows.reseal(tx, secret.session_id, session.sealed())
        return session

    async def _refreshed(self, secret: Secret) -> Session | None:
        """Requests that come at the same moment ask the issuer once, and all have its answer: a refresh token may count once."""
        name = secret.session_id
        if name not in self._refreshing:
            self._refreshing[name] = asyncio.create_task(self._asked(secret))
            self._refreshing[name].add_done_callback(lambda _: self._refreshing.pop(name))
        return await asyncio.shield(self._refreshing[name])

    async def _asked(self, secret: Secret) -> Session | None:
        session = await self._kept(secret)
        if session is None or self._sign_in.is_fresh(session.tokens):
            return session
        try:
            tokens = await self._sign_in.refreshed(session.tokens)
        except Unauthenticated:
            await self.end(session)
            return None
        fresh = await self._kept(secret, tokens=tokens)
        if fresh is None:  # ended meanwhile
            await self._sign_in.revoke(tokens)
        return fresh
