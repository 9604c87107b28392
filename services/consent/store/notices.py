"""Notices: got under a lock, saved where nobody was faster."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.problems import NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import insert_missing, one_of, update_set
from services.consent.domain.facts import NoticeChanged
from services.consent.domain.notice import Notice, NoticeState
from services.consent.outgoing import outgoing
from services.consent.store.tables import NOTICES

_FIND = text("select * from consent.notices where version = :version and language = :language")
_ONE = text("select * from consent.notices where id = :id")
_LOCK = text("select * from consent.notices where id = :id for update")
_LOCK_IN_FORCE = text(
    f"select * from consent.notices where language = :language and state = '{NoticeState.IN_FORCE}' for update"
)
_PUBLISHED = text(
    "select * from consent.notices where in_force_since is not null order by version, language limit :limit offset :offset"
)
_ANY_OF = text("select exists (select from consent.notices where language = :language)")
_LAST = text(
    f"""
    select exists (select from consent.notices where language = :language and in_force_since is not null)
        and not exists (select from consent.notices where language = :language and id <> :id
            and state in {one_of((NoticeState.PROPOSED, NoticeState.IN_FORCE))})
    """
)
_ANY_VERSION = text("select exists (select from consent.notices where version = :version)")
_LOCK_ALL = text("select pg_advisory_xact_lock(hashtextextended('consent.notices', 0))")
_ADD = insert_missing(NOTICES)
_SAVE = update_set(
    NOTICES,
    *("title", "paragraphs", "reviewed", "state", "written_by", "approved_by", "in_force_since", "ended_at"),
    "withdrawal_asked_by",
    "withdrawal_asked_at",
    "revision",
    stored="before",
    version="revision",
)
_READER = RowReader(Notice, NOTICES)


async def find(tx: Transaction, version: str, language: str) -> Notice | None:
    return _READER.first(await tx.execute(_FIND, {"version": version, "language": language}))


async def get(tx: Transaction, notice_id: UUID) -> Notice:
    """Raises NotFound."""
    found = _READER.first(await tx.execute(_ONE, {"id": notice_id}))
    if found is None:
        raise NotFound
    return found


async def published(tx: Transaction, offset: int, limit: int) -> list[Notice]:
    """The texts that are or were in force, by version and language."""
    return _READER.all(await tx.execute(_PUBLISHED, {"offset": offset, "limit": limit}))


async def any_of(tx: Transaction, language: str) -> bool:
    """True where this language has or had a text."""
    return bool((await tx.execute(_ANY_OF, {"language": language})).scalar_one())


async def is_last(tx: Transaction, notice: Notice) -> bool:
    """True where its language, in which she could be asked, would be left without a text that is in force or proposed."""
    where = {"language": notice.language, "id": notice.id}
    return bool((await tx.execute(_LAST, where)).scalar_one())


async def any_version(tx: Transaction, version: str) -> bool:
    """True where there is or was a text of this version, in any language."""
    return bool((await tx.execute(_ANY_VERSION, {"version": version})).scalar_one())


async def hold(tx: Transaction, notice_id: UUID, *, expected: int | None = None) -> Notice:
    """Lock a notice to move it. Raises NotFound, or PreconditionFailed where it is not as expected.

    Whoever moves any notice waits for whoever moves another: two that are approved for one language come one after
    the other.
    """
    await tx.execute(_LOCK_ALL)
    found = _READER.first(await tx.execute(_LOCK, {"id": notice_id}))
    if found is None:
        raise NotFound
    if expected is not None and found.revision != expected:
        raise PreconditionFailed
    return found


async def hold_in_force(tx: Transaction, language: str) -> Notice | None:
    """The notice that is in force in a language, locked. After `hold`."""
    return _READER.first(await tx.execute(_LOCK_IN_FORCE, {"language": language}))


async def add(tx: Transaction, notice: Notice, facts: Sequence[NoticeChanged]) -> bool:
    """Add a new one. False where there is one of this version in this language already."""
    if await _ADD.write(tx, [notice]) != 1:
        return False
    tx.say(*map(outgoing, facts))
    return True


async def save(tx: Transaction, notices: Sequence[Notice], facts: Sequence[NoticeChanged]) -> None:
    """Save moved notices, one that was superseded first, and say the facts. Raises PreconditionFailed."""
    for notice in notices:
        row = {**_READER.values(notice), "id": notice.id, "before": notice.revision - 1}
        columns = {name: row[name] for name in row if name not in {"version", "language"}}
        if await _SAVE.write(tx, [columns]) != 1:
            raise PreconditionFailed
    tx.say(*map(outgoing, facts))
