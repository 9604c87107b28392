"""The common part of the routes that move a return."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.web.http import Done, IfMatch, Tx, Who, done
from services.returns import use_cases
from services.returns.domain.assisted_return import Return
from services.returns.domain.facts import Fact
from services.returns.domain.states import Verb


@dataclass(frozen=True, slots=True)
class Mover:
    """Moves one half for the caller of this request and answers with its new version."""

    actor: Actor
    tx: Transaction
    response: Response
    return_id: UUID
    expected: int | None

    async def move(self, verb: Verb, made: Callable[[Return], Sequence[Fact]]) -> Done:
        moved = await use_cases.move_return(self.tx, self.actor, verb, self.return_id, made, self.expected)
        return self.moved(moved)

    def moved(self, moved: Return) -> Done:
        return done(self.tx, self.response, moved.id, moved.version)


async def mover(return_id: UUID, actor: Who, tx: Tx, response: Response, if_match: IfMatch) -> Mover:
    return Mover(actor, tx, response, return_id, if_match)


Moving = Annotated[Mover, Depends(mover, scope="function")]
