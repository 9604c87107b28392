"""Looks at the signed files and says each new version of an agreement once; looks at the items that wait for each
partner.
"""

from uuid import UUID

from chassis.database import Database, Transaction
from chassis.supervised import SupervisedLoop
from chassis.work import backlog
from services.exchange.domain.border import stale
from services.exchange.outgoing import agreement_changed
from services.exchange.settings import Settings
from services.exchange.store import distrusts, partners, trust_documents
from services.exchange.trust import Trust

SELDOM = 5
"""The backlog is looked at once for so many looks at the signed files: it grows for hours before it matters."""


class TrustWatch(SupervisedLoop):
    """Looks at the signed files. One that does not hold is named, and leaves the former one in force."""

    name = "trust"

    def __init__(self, database: Database, settings: Settings, trust: Trust) -> None:
        super().__init__()
        self._database, self._settings, self._trust = database, settings, trust
        self._announced = False
        self._taken: tuple[UUID, ...] = ()
        self._distrusted: str | None = None

    def healthy(self) -> str | None:
        return self.trouble or self._trust.problem

    def degraded(self) -> str | None:
        """The fault of a file. Protection at home goes on with a stale list; nothing crosses the border."""
        trusted = self._trust.list
        if trusted is not None and stale(trusted.issued, self._database.clock()):
            return "the trust list is out of date: nothing is sealed for another cell"
        return self._distrusted

    async def session(self) -> None:
        await self.every(self._settings.trust_seconds, self.look)

    async def look(self) -> None:
        if not self._announced:
            async with self._database.transaction(self._database.system()) as tx:
                agreements = await partners.agreements_in_force(tx)
                self._trust.no_older_than(await partners.trust_in_force(tx), agreements)
        async with self._database.transaction(self._database.system()) as tx:
            await self._take_documents(tx)
            await self._look_at_distrusts(tx)
        changed = self._trust.refresh(self._database.clock())
        if changed or not self._announced:
            await self._announce()

    async def _take_documents(self, tx: Transaction) -> None:
        """Hand on what operators put in and confirmed, where it is other than at the last look."""
        counted = await trust_documents.counted(tx)
        if counted != self._taken:
            self._trust.take(await trust_documents.contents(tx, counted))
            self._taken = counted

    async def _look_at_distrusts(self, tx: Transaction) -> None:
        """Name what nobody has lifted or replaced yet: a key that the trust list has still, and an agreement."""
        counted = await distrusts.active(tx)
        named = sorted({organisation for kid, organisation in counted.keys.items() if self._is_needed(kid)})
        named += sorted(f"{name} version {version}" for name, version in counted.agreements)
        self._distrusted = f"nothing is sealed or taken in for: {', '.join(named)}" if named else None

    def _is_needed(self, kid: str) -> bool:
        """True while the trust list has a lost key still."""
        trusted = self._trust.list
        return trusted is not None and kid in trusted.keys

    async def _announce(self) -> None:
        trusted = self._trust.list
        if trusted is None:
            return
        async with self._database.transaction(self._database.system()) as tx:
            await partners.put_trust(tx, trusted.version, trusted.issued, trusted.sha256)
            await distrusts.put_keys(tx, trusted)
            for _, agreement in sorted(self._trust.agreements.items()):
                if await partners.put_agreement(tx, agreement):
                    tx.say(agreement_changed(agreement))
        self._announced = True


class BacklogWatch(SupervisedLoop):
    """Names the partners for whom more work waits than an honest day brings, so that readiness shows it."""

    name = "backlog"

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__()
        self._database, self._settings = database, settings
        self._behind: list[str] = []

    def degraded(self) -> str | None:
        if not self._behind:
            return None
        return f"more than {self._settings.backlog} items wait for {', '.join(self._behind)}"

    async def session(self) -> None:
        await self.every(SELDOM * self._settings.trust_seconds, self.look)

    async def look(self) -> None:
        most = self._settings.backlog + 1
        async with self._database.transaction(self._database.system()) as tx:
            waiting = {cell: await backlog(tx, cell, most=most) for cell in sorted(self._settings.partners)}
        self._behind = [cell for cell, items in waiting.items() if items == most]
