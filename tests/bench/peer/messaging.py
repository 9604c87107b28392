"""The peer's transactional outbox, its poller, its inbox and its idempotent commands: each as the usual descriptions have them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from faststream.kafka import KafkaBroker
from pydantic import BaseModel
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from tests.bench.peer.tables import Command, Inbox, Outbox, Stream, now

POLL_S, BATCH = 0.05, 100


class Event(BaseModel):
    id: UUID
    source: str
    type: str
    stream: str
    sequence: int
    time: datetime
    actor: str
    organisation: str
    purpose: str = ""
    policy: str = ""
    data: dict[str, Any]


class Service:
    """One service of one cell: its database, what it says and what it has heard."""

    def __init__(self, topic: str, name: str, url: str) -> None:
        self.topic, self._name = topic, name
        self._engine = create_async_engine(url, pool_size=5, max_overflow=10)
        self.sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    async def say(
        self,
        session: AsyncSession,
        type_: str,
        stream: UUID,
        data: dict[str, Any],
        actor: str,
        organisation: str,
    ) -> None:
        """An event in the outbox; the stream's row is locked until the commit, so that no order is inverted."""
        counted = insert(Stream).values(stream=str(stream), sequence=1)
        counted = counted.on_conflict_do_update(
            index_elements=["stream"], set_={"sequence": Stream.sequence + 1}
        ).returning(Stream.sequence)
        number = (await session.execute(counted)).scalar_one()
        event = Event(
            id=uuid4(), source=self._name, type=type_, stream=str(stream), sequence=number, time=now(),
            actor=actor, organisation=organisation, data=data,
        )  # fmt: skip
        session.add(Outbox(topic=self.topic, key=str(stream), payload=event.model_dump(mode="json")))
        await session.flush()

    @asynccontextmanager
    async def hearing(self, event_id: UUID) -> AsyncIterator[AsyncSession | None]:
        """A transaction for a message; None where it was heard before."""
        async with self.sessions.begin() as session:
            first = insert(Inbox).values(event_id=event_id).on_conflict_do_nothing().returning(Inbox.event_id)
            heard_now = (await session.execute(first)).scalar_one_or_none()
            yield session if heard_now else None

    async def once(self, key: str, act: Callable[[AsyncSession], Awaitable[UUID]]) -> UUID:
        """A command's answer: now, or what it was answered before under the same key."""
        async with self.sessions.begin() as session:
            kept = await session.get(Command, key)
            if kept is not None:
                return kept.answer
            answer = await act(session)
            session.add(Command(key=key, answer=answer))
            return answer

    async def relay(self, broker: KafkaBroker) -> None:
        """Poll the outbox, publish in order with acknowledgements, delete what is published."""
        oldest = select(Outbox).order_by(Outbox.pos).limit(BATCH).with_for_update(skip_locked=True)
        while True:
            async with self.sessions.begin() as session:
                rows = list(await session.scalars(oldest))
                sent = [
                    await broker.publish(row.payload, row.topic, key=row.key.encode(), no_confirm=True)
                    for row in rows
                ]
                await asyncio.gather(*sent)
                if rows:
                    await session.execute(delete(Outbox).where(Outbox.pos.in_([row.pos for row in rows])))
            if len(rows) < BATCH:
                await asyncio.sleep(POLL_S)

    async def close(self) -> None:
        await self._engine.dispose()
