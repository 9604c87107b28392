"""The refusal of a case. First: does this service only lag behind? If not, the attempt goes to the audit log.

A service learns of a case, and of who has it, a moment after intake decided it; and intake learns of a case from
abroad a moment after exchange took it in. In that moment "not found" would be a wrong answer to somebody who may open
the case, so these two are asked, outside any transaction, before it is given. Both kinds of refusal, no such case and
not yours, go the same way and look the same. Whoever may open it waits inside for a moment, and then asks again.
"""

from uuid import UUID

from fastapi import Request, Response
from starlette.background import BackgroundTask

from chassis.identity.access import CaseRefused, CaseUnheard
from chassis.identity.standing import question
from chassis.peers import PeerAway, Peers
from chassis.problems import NotFound, Unavailable
from chassis.web import attempts
from chassis.web.answers import problem_response
from chassis.web.case_names import as_sent
from chassis.web.heard import NoAnswer, heard_meanwhile
from contracts.internal import NOWHERE, STANDING, CaseStanding


class NotYetHeard(Unavailable):
    """The case is there and may be opened; this service will have heard of it in a moment."""

    code, title = "not-yet-heard", "This service has not heard of it yet; try again"

    def headers(self) -> dict[str, str]:
        return {**super().headers(), "Retry-After": "1"}


async def refused(request: Request, error: Exception) -> Response:
    """The exception handler for CaseRefused; by now the transaction of the request is over."""
    if not isinstance(error, CaseRefused):
        raise error
    state = request.app.state
    try:
        elsewhere = await _elsewhere(state.name, state.peers, error, as_sent(request, error.case_id))
    except PeerAway:
        return problem_response(Unavailable())
    everybodys = isinstance(error, CaseUnheard)
    heard = elsewhere.known if everybodys else elsewhere.allowed
    error.case_id = elsewhere.case_id or error.case_id
    if heard and await heard_meanwhile(request, error, error.case_id, state.settings.heard_seconds):
        return NoAnswer()
    response = problem_response(NotYetHeard() if heard else NotFound())
    if not (heard or everybodys) and (error.known or elsewhere.known):
        response.background = BackgroundTask(
            attempts.note, state.database, error
        )  # after the answer, so that no time tells
    return response


async def _elsewhere(name: str, peers: Peers, error: CaseRefused, sent: UUID | str) -> CaseStanding:
    """The answer of the services that hear of a case before others do, asked by the name that the case was `sent`
    under. Raises PeerAway: while one is away, nobody is told "not there".
    """
    if error.actor.service:
        return NOWHERE
    settled = False
    for first, call in STANDING.items():
        if first == name:
            settled = error.known  # the next service is asked all the same, so that no time tells
            continue
        if not peers.knows(first):
            continue
        said = await peers.ask(call, sent, question(error.actor, error.action))
        if said.known:
            return said.model_copy(update={"allowed": said.allowed and not settled})
    return NOWHERE
