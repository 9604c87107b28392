"""Printed papers: the code that stands on one, and the answer to whoever asks whether it is genuine.

A code is a keyed hash of what was printed, so the same paper printed again has the same one, and nobody guesses another. The
database knows it by its hash alone.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.own_tables import PAPERS
from chassis.printing.paper import PaperCheck
from chassis.printing.words import words
from chassis.rows import RowReader
from chassis.service import Service
from chassis.tables import insert_missing

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without the letters that are taken for another or for a digit (Crockford's base 32)."""

LENGTH, GROUP = 16, 4
_BASE32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET)
_MEANT = str.maketrans("OIL", "011")

_FIND = text("select * from chassis.papers where code_sha256 = :code")
_FORGET = text("delete from chassis.papers where subject_id = any(cast(:ids as uuid[]))")
_REMEMBER = insert_missing(PAPERS, without=["printed_at"])


class PaperKind(StrEnum):
    """The first letter of a code, by which whoever stands in front of the services knows which one to ask."""

    RECEIPT = "A"
    HOLD = "B"
    REPORT = "C"


@dataclass(frozen=True, slots=True)
class PrintedPaper:
    """A paper that was printed: of which record, and which version of it."""

    kind: PaperKind
    subject_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class PaperStanding:
    """The standing of a paper today: whether what stands on it is so, and since when."""

    in_force: bool
    since: datetime | None


Standing = Callable[[Transaction, PrintedPaper, datetime], Awaitable[PaperStanding | None]]
"""None: of this paper it is told to nobody."""

_READER = RowReader(PrintedPaper, PAPERS)


async def code_of(service: Service, paper: PrintedPaper, person_id: UUID) -> str:
    """The code of a paper of this person: of one who was erased and came again an old paper stays unknown. Before the
    transaction: it needs the service's own key.
    """
    (digest,) = await service.own_key.digest(
        f"paper\x1f{paper.kind}\x1f{paper.subject_id}\x1f{paper.version}\x1f{person_id}"
    )
    letters = base64.b32encode(digest).decode().translate(_BASE32)
    return f"{paper.kind}{letters[: LENGTH - 1]}"


async def remember(tx: Transaction, paper: PrintedPaper, code: str) -> None:
    """Remember that it was printed. Under `hold_unerased` of its case: what was forgotten does not come back."""
    await _REMEMBER.write(tx, [paper], code_sha256=_hashed(code))


async def forget(tx: Transaction, subject_ids: Sequence[UUID]) -> None:
    """No paper of these records is genuine any more: of a person who is erased."""
    if subject_ids:
        await tx.execute(_FORGET, {"ids": list(subject_ids)})


async def find(tx: Transaction, typed: str) -> PrintedPaper | None:
    """The paper of a code as somebody typed it."""
    return _READER.first(await tx.execute(_FIND, {"code": _hashed(meant(typed))}))


def meant(typed: str) -> str:
    """The code that somebody meant who typed it: in any case, with or without its groups, O for 0."""
    code = typed.upper().replace("-", "").replace(" ", "")
    return code[:1] + code[1:].translate(_MEANT)


def check_of(service: Service, code: str, language: str) -> PaperCheck:
    groups = (code[place : place + GROUP] for place in range(0, LENGTH, GROUP))
    return PaperCheck(words(language)["check"], service.settings.papers_url, "-".join(groups))


def _hashed(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
