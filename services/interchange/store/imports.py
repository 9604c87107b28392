"""Imports: the sealed chunks of an upload, the outcome of each row, and the progress."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Origin, Transaction
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.identity.references import claim
from chassis.problems import AlreadyThere, NotFound
from chassis.tables import insert_missing, insert_set
from contracts.internal import DUPLICATE, OPENED, REFUSED
from services.interchange.domain.htcds import RowError
from services.interchange.outgoing import import_chunk, import_key
from services.interchange.store.tables import CHUNKS, IMPORTS, RESULTS

_INSERT = insert_missing(IMPORTS, without=("created", "duplicates"), key=("id",))
_CHUNKS = insert_set(CHUNKS)
_RESULTS = insert_set(RESULTS)
_READ_CHUNK = text(
    "select c.sealed, i.organisation, i.by, i.purpose, i.policy from interchange.chunks c"
    " join interchange.imports i on i.id = c.import_id where c.import_id = :id and c.number = :number"
)
_END_CHUNK = text("delete from interchange.chunks where import_id = :id and number = :number")
_OF = text("select organisation, by from interchange.imports where id = :id")
_PROGRESS = text(
    """
    update interchange.imports set done = done + :rows, created = created + :created,
        duplicates = duplicates + :duplicates, errors = errors + :refused,
        ended_at = case when done + :rows >= total then cast(:now as timestamptz) end
    where id = :id returning ended_at
    """
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A sealed chunk, and the person who sent the file."""

    import_id: UUID
    number: int
    sealed: str
    organisation: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class RowResult:
    """The outcome of one row. `column` and `reason` say why a row was refused."""

    line: int
    outcome: str
    column: str | None = None
    reason: str | None = None
    case_id: UUID | None = None
    case_reference: str | None = None


async def accept(
    tx: Transaction,
    actor: Actor,
    import_id: UUID,
    total: int,
    errors: Sequence[RowError],
    chunks: Sequence[str],
) -> None:
    """An upload is taken: its errors are known already, and each chunk of good rows becomes a piece of work."""
    refused = len({error.line for error in errors})
    taken = {
        "id": import_id,
        "organisation": actor.organisation,
        "by": actor.subject,
        "purpose": actor.purpose,
        "policy": actor.policies.version,
        "total": total,
        "done": refused,
        "errors": refused,
        "at": tx.now,
        "ended_at": None if chunks else tx.now,
    }
    if await _INSERT.write(tx, [taken]) != 1:
        raise AlreadyThere
    results = [RowResult(error.line, REFUSED, error.column, error.reason) for error in errors]
    await _RESULTS.write(tx, results, import_id=import_id)
    numbered = [{"number": number, "sealed": sealed} for number, sealed in enumerate(chunks, 1)]
    await _CHUNKS.write(tx, numbered, import_id=import_id)
    tx.say(*(import_chunk(import_id, number, actor.roles) for number in range(1, len(chunks) + 1)))


async def exists(tx: Transaction, import_id: UUID) -> bool:
    return (await tx.execute(_OF, {"id": import_id})).first() is not None


async def require_import(tx: Transaction, actor: Actor, import_id: UUID) -> None:
    """Require an import of the actor's organisation, and of a machine its own. NotFound for another's, the same as for none."""
    row = (await tx.execute(_OF, {"id": import_id})).first()
    if row is None or row.organisation != actor.organisation or sender(actor) not in (None, row.by):
        raise NotFound
    require(actor, "case.import", organisation=row.organisation)


def sender(actor: Actor) -> str | None:
    """The one whose imports the actor is shown: of a machine its own; None: everybody's of the organisation."""
    return actor.subject if actor.machine else None


async def read_chunk(tx: Transaction, import_id: UUID, number: int) -> Chunk | None:
    """The chunk; None where it was done before."""
    row = (await tx.execute(_READ_CHUNK, {"id": import_id, "number": number})).first()
    if row is None:
        return None
    origin = Origin(row.by, row.organisation, row.purpose, row.policy)
    return Chunk(import_id, number, row.sealed, row.organisation, origin)


async def finish_chunk(tx: Transaction, chunk: Chunk, results: Sequence[RowResult]) -> None:
    """Keep the outcomes of a chunk's rows once, whatever attempt comes first."""
    ended = await tx.execute(_END_CHUNK, {"id": chunk.import_id, "number": chunk.number})
    if ended.rowcount != 1:
        return
    await _RESULTS.write(tx, results, import_id=chunk.import_id)
    await claim(
        tx, {one.case_reference: one.case_id for one in results if one.case_reference and one.case_id}
    )
    outcomes = Counter(result.outcome for result in results)
    counts = {"rows": len(results), "created": outcomes[OPENED]}
    counts |= {"duplicates": outcomes[DUPLICATE], "refused": outcomes[REFUSED]}
    progress = await tx.execute(_PROGRESS, {"id": chunk.import_id, "now": tx.now, **counts})
    if progress.scalar_one() is not None:
        tx.say(import_key(chunk.import_id))
