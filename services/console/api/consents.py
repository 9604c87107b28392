"""Pages: the consents of a case, one of them with what became of what was told under it, and her receipt."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.api.giving import REFUSED_AGAIN
from services.console.asking import PDF, NotTheirs, OrderRefused, Panel, ServiceAway, at_once
from services.console.commands import COMMANDS, offered
from services.console.commands.consent_forms import SUBJECT
from services.console.consenting.effects import ROWS, effects_of, told
from services.console.consenting.questions import METHODS, SPEAKERS
from services.console.consenting.views import (
    CONSENT,
    CONSENTS_OF_CASE,
    GRANTS,
    HAND_OVER,
    RECEIPT,
    RECORD,
    RENEW,
    LedgerEntry,
)
from services.console.names import names_of, organisations
from services.console.visiting import SignedIn, Who
from services.console.words import marked

router = APIRouter()
SHOWN = 50
PROTECTS = "immediate-protection"
Done = Annotated[str, Query(pattern=r"^[a-z_]{0,40}$")]
Position = Annotated[str, Query(pattern=r"^[A-Za-z0-9_=-]{0,400}$")]
SAVED = marked("What she answered was saved.")
DONE = {
    RECORD.operation: SAVED,
    RENEW.operation: SAVED,
    HAND_OVER.operation: marked(
        "What she answered was saved, and her case is offered to them. It stays yours until they have accepted."
    ),
    REFUSED_AGAIN: marked(
        "Her no was saved. What she agreed to before stands until she takes it back: ask her whether she does."
    ),
}
"""The sentences for what was saved by asking her."""


@router.get("/cases/{case_id}/consents")
async def list_consents(case_id: UUID, who: Who, after: Position = "", done: Done = "") -> Response:
    query = {"limit": SHOWN, **({"after": after} if after else {})}
    found, grants, names = await at_once(
        who.voice.ask(CONSENTS_OF_CASE, case_id=case_id, query=query),
        who.voice.panel(GRANTS, case_id=case_id, query={"limit": ROWS}),
        names_of_all(who),
    )
    given = [] if grants.value is None else grants.value.items
    return who.page(
        "consents.html",
        consents=found.value,
        case_id=case_id,
        names=names,
        may_ask=any(move.verb == RECORD.operation for move in found.value.moves),
        may_hand_over=any(move.verb == HAND_OVER.operation for move in found.value.moves),
        after=after,
        buttons=offered(found.value.moves),
        grants=grants,
        taking={grant.disclosure_id: offered(grant.moves) for grant in given},
        done=DONE.get(done) or (COMMANDS[done].done if done in COMMANDS else ""),
        **WORDS,
    )


@router.get("/consents/{consent_id}")
async def show_consent(consent_id: UUID, who: Who, done: Done = "") -> Response:
    found = (await who.voice.ask(CONSENT, consent_id=consent_id)).value
    ledger, names = await at_once(_told(who, found.case_id), names_of_all(who))
    return who.page(
        "consent.html",
        consent=found,
        names=names,
        effects=None if ledger is None else effects_of(ledger, consent_id),
        ledger=Panel(away=True),
        buttons=[one for one in offered(found.moves) if one.subject is SUBJECT],
        protects=found.terms.legal_basis == PROTECTS,
        may_renew=any(move.verb == RENEW.operation for move in found.moves),
        done=DONE.get(done) or (COMMANDS[done].done if done in COMMANDS else ""),
        **WORDS,
    )


WORDS: Mapping[str, Any] = {"methods": METHODS, "speakers": SPEAKERS}
"""The words for what has no code list."""


@router.get("/consents/{consent_id}/receipt")
async def show_receipt(consent_id: UUID, who: Who) -> Response:
    """The paper as the service printed it for this person. It is shown and not saved: nothing of it stays on a shared computer."""
    paper = await who.voice.paper(RECEIPT, consent_id=consent_id)
    return Response(paper, media_type=PDF, headers={"Content-Disposition": 'inline; filename="document.pdf"'})


async def _told(who: SignedIn, case_id: UUID) -> list[LedgerEntry] | None:
    """The ledger; None while it cannot be read."""
    try:
        return await told(who, case_id)
    except (ServiceAway, OrderRefused, NotTheirs):
        return None


async def names_of_all(who: SignedIn) -> dict[str, str]:
    """The names of the organisations by their identifiers; none while the directory does not answer."""
    return dict(names_of(await organisations(who.voice)))
