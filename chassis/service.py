"""A service: its HTTP app and its loops (relay, consumer, work), started and stopped as one."""

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Generic, Protocol

from fastapi import APIRouter, Depends, FastAPI, Request
from opentelemetry.metrics import MeterProvider
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import TypeVar

from chassis import directory
from chassis.clock import Clock, day_of, utc_now
from chassis.database import Database, Transaction
from chassis.endings import cut_off, left_over, within
from chassis.events.consumer import Consumer, Subscription
from chassis.events.kafka import KafkaLink
from chassis.events.relay import Relay
from chassis.held import HeldTable
from chassis.identity import access, following, references
from chassis.identity.auth import Actor, ServiceTokens, TokenValidator
from chassis.identity.policies import Policies
from chassis.observe.metrics import Metrics
from chassis.observe.telemetry import Telemetry
from chassis.peers import Peers
from chassis.problems import Unavailable
from chassis.purge import purge_work
from chassis.readings import Ask, Readings, of_the_chassis
from chassis.release import release_work
from chassis.replays import replay_work
from chassis.settings import Settings
from chassis.vault.own_key import OwnKey
from chassis.vault.vault import Vault
from chassis.web import (
    answers,
    code_lists,
    event_document,
    held,
    operations,
    parked_events,
    reading,
    refusals,
)
from chassis.web.answer_headers import AnswerHeaders
from chassis.web.api_document import DocumentedApi
from chassis.web.attempts import attempts_work
from chassis.web.body_limit import BodyLimit
from chassis.web.case_names import named_cases
from chassis.web.heard import RunsAgain
from chassis.web.http import replayed
from chassis.web.idempotency import ReplayedAnswer
from chassis.web.moves import Commands
from chassis.web.query_names import known_parameters
from chassis.web.routes import add_routes
from chassis.web.strict_json import StrictJson
from chassis.web.token_first import TokenFirst, public_paths
from chassis.work import WorkKind, WorkRunner
from contracts.envelope import Event

CLOSE_SECONDS = 2.0

Own_co = TypeVar("Own_co", bound=Settings, default=Settings, covariant=True)
"""The settings of a service."""
Parts_co = TypeVar("Parts_co", default=object, covariant=True)
"""The parts that one service has beside those of every service: a frozen dataclass of its own (`parts.py`)."""

KnownRoles = Callable[[Transaction, str, str], Awaitable[frozenset[str]]]
"""The roles that a machine of an organisation has at this moment. A service without it takes no machines."""


def no_parts(_: object) -> Any:
    """For a service that needs no part of its own."""


class Loop(Protocol):
    """Something that runs beside the HTTP app until it is stopped."""

    name: str

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def healthy(self) -> str | None:
        """None, or the fault, in words for an operator and without data."""


def _followed(*, staff: bool, cases: bool) -> list[Subscription[Any, Any]]:
    """The projections that a service keeps: the directory first, then cases and their references."""
    followed: list[Subscription[Any, Any]] = [directory.subscription()] if staff else []
    if cases:
        followed += [following.subscription(), references.subscription()]
    return followed


class Service(Generic[Own_co, Parts_co]):
    """One service, built from its settings; `app.py` of each service is the list of what it is made of.

    `Service` alone is any of them. Whoever needs settings or parts of a service says so: `Service[Settings, Parts]`.
    """

    def __init__(
        self,
        settings: Own_co,
        *,
        name: str,
        router: APIRouter,
        versions: Path | None,
        subscriptions: Sequence[Subscription[Any, Any]] = (),
        awaited: Collection[type[Event]] | None = None,
        parts: Callable[["Service[Own_co]"], Parts_co] = no_parts,
        work: Callable[["Service[Own_co, Parts_co]"], Sequence[WorkKind]] = lambda _: (),
        lanes: Mapping[str, int] | None = None,
        background: Callable[["Service[Own_co, Parts_co]"], Sequence[Loop]] = lambda _: (),
        gauges: Sequence[Ask] = (),
        holds: Sequence[HeldTable] = (),
        follows_cases: bool = True,
        follows_directory: bool = True,
        machines: KnownRoles | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.settings, self.name, self.versions, self.clock = settings, name, versions, clock
        self.telemetry, self.metrics = Telemetry(settings, name), Metrics(name)
        self._gauges, self.held, self._machines = [*gauges], [*holds], machines
        self.policies = Policies(settings.policies_dir, self.metrics.refused)
        self.database = Database(
            settings.database_url.get_secret_value(),
            publisher=name,
            cell=settings.cell,
            prefix=settings.topic_prefix,
            pool_size=settings.pool_size,
            clock=clock,
            traceparent=self.telemetry.traceparent,
        )
        self._vault = Vault(settings, name) if settings.vault_url is not None else None
        self.validator = TokenValidator(settings, name, clock)
        self.peers = Peers(settings, ServiceTokens(settings, name, clock), self.telemetry)
        self.subscriptions = [*_followed(staff=follows_directory, cases=follows_cases), *subscriptions]
        self.parts: Parts_co = parts(self)
        self.loops: list[Loop] = self._loops(list(work(self)), list(background(self)), lanes, awaited)
        self._router, self._running = router, list[Loop]()

    def _loops(
        self,
        work: list[WorkKind],
        background: list[Loop],
        lanes: Mapping[str, int] | None,
        awaited: Collection[type[Event]] | None,
    ) -> list[Loop]:
        link = self.link = KafkaLink(self.settings, self.name)
        loops: list[Loop] = [Relay(self.settings, self.database, link)]
        consumer: Consumer | None = None
        if self.subscriptions:
            consumer = Consumer(
                self.settings, self.database, link, self.subscriptions, self.telemetry, awaited=awaited
            )
            loops.append(consumer)
        kinds = [*work, purge_work(), attempts_work(), replay_work(self), release_work(self._vault)]
        self._recurring = [kind.recurs for kind in kinds if kind.recurs is not None]
        runner = WorkRunner(self.settings, self.database, kinds, self.telemetry, lanes=lanes)
        self._gauges += of_the_chassis(consumer, runner.kinds, self.settings)
        return [*loops, runner, *background]

    async def admits(self, machine: Actor) -> bool:
        """True for a machine whose account is in force at this moment, as far as this service knows."""
        if self._machines is None:
            return False
        async with self.database.transaction(machine.origin()) as tx:
            known = await self._machines(tx, machine.organisation, machine.subject)
        return machine.roles <= known

    @cached_property
    def app(self) -> FastAPI:
        """The HTTP app, made when it is first asked for."""
        app = DocumentedApi(
            self._given(),
            title=f"Corridor {self.name}",
            version="1",
            docs_url=None,
            redoc_url=None,
            openapi_url=None,  # chassis.web.operations gives the document, without calls between services
            telemetry=self.telemetry.http(self._meters()),
            dependencies=[Depends(named_cases), Depends(known_parameters)],
        )
        app.add_middleware(RunsAgain)
        app.add_middleware(StrictJson)  # each stands inside the ones that are added after it
        app.add_middleware(BodyLimit, limit=self.settings.max_body_bytes)
        app.add_middleware(TokenFirst, public=public_paths(self._router))
        answers.install(app)
        app.add_middleware(AnswerHeaders)
        app.add_exception_handler(ReplayedAnswer, replayed)
        app.add_exception_handler(access.CaseRefused, refusals.refused)
        self.answer(app)
        of_every = [part.router for part in (operations, parked_events, reading, code_lists, event_document)]
        add_routes(app, self._router, *of_every, *([held.router] if self.held else ()))
        return app

    def answer(self, app: FastAPI) -> None:
        """From now on it is this service that answers the requests of the app."""
        app.state.service = self
        app.state.database, app.state.validator, app.state.policies = (
            self.database,
            self.validator,
            self.policies,
        )
        app.state.settings, app.state.name, app.state.peers = self.settings, self.name, self.peers

    def _given(self) -> dict[str, type]:
        """The classes of what routes are given of a service, under the names by which their code asks for it."""
        own = (
            [one.name for one in dataclasses.fields(self.parts)]
            if dataclasses.is_dataclass(self.parts)
            else []
        )
        given = {name: type(getattr(self.parts, name)) for name in own}
        return {"vault": Vault, "own_key": OwnKey, "peers": Peers, **given}

    def _meters(self) -> MeterProvider | None:
        """Requests are counted where somebody may read the numbers."""
        return None if self.settings.metrics_port is None else self.metrics.provider

    @property
    def vault(self) -> Vault:
        """The vault: without it nothing about a person can be kept. Raises Unavailable where this service was given
        none.
        """
        if self._vault is None:
            raise Unavailable
        return self._vault

    @property
    def vault_if_any(self) -> Vault | None:
        return self._vault

    @cached_property
    def own_key(self) -> OwnKey:
        """The service's own key, for values that are recognised again by a keyed hash. Raises Unavailable without a
        vault.
        """
        return OwnKey(self.database, self.vault, self.settings.cell, self.name)

    @cached_property
    def readings(self) -> Readings:
        """The gauges of this service, for the operators' page."""
        return Readings(self.metrics, self.database, self._running, self._gauges)

    @cached_property
    def commands(self) -> Commands:
        """The routes of this service by their names, for the moves that its views offer."""
        return Commands(self.app)

    def today(self) -> date:
        """The date at this moment in the place of this cell."""
        return day_of(self.clock(), self.settings.zone)

    async def start(self, *, worker: bool = True) -> None:
        """Open what requests need, then start the loops; with `worker=False` this process serves HTTP alone."""
        if self._vault is not None:
            await self._vault.start()
        if not worker:
            return
        with contextlib.suppress(SQLAlchemyError, OSError):  # readiness says so; the next start tries again
            async with self.database.transaction(self.database.system()) as tx:
                tx.say(*(recurs(tx) for recurs in self._recurring))
        for loop in self.loops:
            await loop.start()
            self._running.append(loop)

    async def stop(self) -> None:
        """Let every loop finish the work in its hands, then close the connections below; each step has its time."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.database.close)
            stack.push_async_callback(within, CLOSE_SECONDS, self.peers.http.aclose())
            if self._vault is not None:
                stack.push_async_callback(self._vault.stop)
            stack.push_async_callback(within, CLOSE_SECONDS, asyncio.to_thread(self.telemetry.close))
            stack.callback(self.metrics.close)
            running = self._running[::-1]
            self._running.clear()
            await asyncio.gather(*(loop.stop() for loop in running))
            if stuck := left_over():
                self.database.sever()  # a task that swallowed its cancellation waits for an answer of the server
                await cut_off(stuck)

    async def problems(self) -> Mapping[str, str]:
        """Everything that keeps this process from doing its work, by part; empty means ready."""
        found = {loop.name: what for loop in self._running if (what := loop.healthy()) is not None}
        return {**found, **await operations.database_problems(self.database)}

    def degraded(self) -> Mapping[str, str]:
        """Every fault outside this process that does not keep it from its work, such as a partner's broker."""
        tellers = {loop.name: getattr(loop, "degraded", None) for loop in self._running}
        return {name: what for name, tell in tellers.items() if tell is not None and (what := tell())}


async def running_service(request: Request) -> Any:
    """The service that answers this request. `parts.py` of each service says of which type it is."""
    return request.app.state.service


Running = Annotated[Service, Depends(running_service)]
"""For routes that need its vault, its peers or the settings that every service has."""
