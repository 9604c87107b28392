"""What follows when somebody may not open a case: is it only not heard of yet? If not, the attempt is in the audit log.

A service learns of a case, and of who has it, a moment after intake decided it; and intake learns of a case from abroad a
moment after exchange took it in. In that moment "not found" would be a wrong answer to somebody who may open the case, so
these two are asked, outside any transaction, before it is given. Both kinds of refusal, no such case and not yours, go the
same way and look the same.
"""

from typing import Protocol

from fastapi import Request, Response
from httpx2 import AsyncClient, HTTPError
from httpx2 import codes as http
from starlette.background import BackgroundTask

from chassis.database import Database
from chassis.identity.access import CaseRefused
from chassis.identity.auth import ServiceTokens
from chassis.identity.standing import NOWHERE, Standing, StandingForm
from chassis.observe.telemetry import Telemetry
from chassis.problems import NotFound, Problem, Unavailable
from chassis.settings import Settings
from chassis.web import attempts
from chassis.web.answers import problem_response

FIRST_TO_HEAR = ("intake", "exchange")
"""In this order: what intake says of a case stands, and only what it has not heard of may still be at the border."""
TIMEOUT_SECONDS = 2.0


class AskingService(Protocol):
    """The parts of a service by which it asks another, and writes down who was refused."""

    name: str
    settings: Settings
    database: Database
    http: AsyncClient
    tokens: ServiceTokens
    telemetry: Telemetry


class NotYetHeard(Unavailable):
    """The case is there and may be opened; this service will have heard of it in a moment."""

    code, title = "not-yet-heard", "This service has not heard of it yet; try again"

    def headers(self) -> dict[str, str]:
        return {**super().headers(), "Retry-After": "1"}


async def refused(request: Request, error: Exception) -> Response:
    """The exception handler for CaseRefused; by now the transaction of the request is over."""
    if not isinstance(error, CaseRefused):
        raise error
    service: AskingService = request.app.state.service
    try:
        elsewhere = await _elsewhere(service, error)
    except Unavailable as away:
        return problem_response(away)
    problem: Problem = NotYetHeard() if elsewhere.allowed else NotFound()
    response = problem_response(problem)
    if not elsewhere.allowed and (error.known or elsewhere.known):
        response.background = BackgroundTask(
            attempts.note, service.database, error
        )  # after the answer, so that no time tells
    return response


async def _elsewhere(service: AskingService, error: CaseRefused) -> Standing:
    """What the services say that hear of a case before others do. Where one is away, nobody is told "not there"."""
    if error.actor.service:
        return NOWHERE
    settled = False
    for name in FIRST_TO_HEAR:
        if name == service.name:
            settled = error.known  # the next is asked all the same, so that no time tells
            continue
        said = await _ask(service, name, error)
        if said.known:
            return Standing(known=True, allowed=said.allowed and not settled)
    return NOWHERE


async def _ask(service: AskingService, name: str, error: CaseRefused) -> Standing:
    base = service.settings.peers.get(name)
    if base is None:
        return NOWHERE
    url = f"{base.rstrip('/')}/internal/v1/cases/{error.case_id}/standing"
    asked = StandingForm.of(error.actor, error.action).model_dump()
    try:
        headers = {**service.tokens.headers(name), **service.telemetry.headers()}
        answer = await service.http.post(url, json=asked, headers=headers, timeout=TIMEOUT_SECONDS)
        if answer.status_code == http.OK:
            return Standing.model_validate_json(answer.content)
    except (HTTPError, ValueError):
        pass
    raise Unavailable
