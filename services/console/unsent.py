"""Forms that came after the end of a session: sealed under the secret of its cookie, and shown again to the same person alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from chassis.database import Database, Transaction
from services.console.domain.secret import NoSecret, Secret
from services.console.store import rows, unsent
from services.console.store.unsent import UnsentRow

MOST = 10
"""Of one session."""
Typed = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True, repr=False)
class UnsentForm:
    path: str
    typed: Typed

    def row(self, secret: Secret) -> UnsentRow:
        sealed = secret.seal(json.dumps([self.path, dict(self.typed)]))
        return UnsentRow(_id_of(secret, self.path), secret.session_id, sealed)

    @classmethod
    def opened(cls, secret: Secret, sealed: bytes) -> "UnsentForm":
        """Raises NoSecret."""
        path, typed = json.loads(secret.open(sealed))
        return cls(path, typed)


class UnsentForms:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, cookie: str | None, form: UnsentForm) -> bool:
        """False where the session is not known any more, or has too many."""
        try:
            secret = Secret.read(cookie or "")
        except NoSecret:
            return False
        async with self._database.transaction(self._database.system()) as tx:
            row = form.row(secret)
            known = await rows.known(tx, secret.session_id) is not None
            if not known or await unsent.others(tx, row) >= MOST:
                return False
            await unsent.keep(tx, [row])
        return True

    async def take(self, secret: Secret, path: str) -> Typed | None:
        """The form of this page, which is kept no longer; None where there is none."""
        async with self._database.transaction(self._database.system()) as tx:
            sealed = await unsent.take(tx, secret.session_id, _id_of(secret, path))
        return None if sealed is None else UnsentForm.opened(secret, sealed).typed


async def carried(tx: Transaction, before: Secret, after: Secret) -> None:
    """The forms of one session are those of the next from now on. Raises NoSecret."""
    forms = [UnsentForm.opened(before, sealed) for sealed in await unsent.of_session(tx, before.session_id)]
    await unsent.keep(tx, [form.row(after) for form in forms])


def _id_of(secret: Secret, path: str) -> str:
    return secret.derived(f"unsent {path}").hex()
