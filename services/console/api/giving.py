"""Pages: asking her, step by step, also whether she is handed over. Nothing is sent before the last; every page carries what was
answered before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from chassis.problems import BadRequest, NotFound
from services.console.api.form_page import key_of
from services.console.api.form_refusals import (
    AGAIN,
    AWAY,
    CHANGED,
    NO_MORE,
    NOT_DONE,
    REFUSED,
    SAVED_BEFORE,
    conflict_said,
    said_of,
)
from services.console.asking import OrderRefused, ServiceAway
from services.console.commands.referral_forms import LINKED
from services.console.consenting import wizard
from services.console.consenting.choosing import (
    Surroundings,
    answered,
    notice_to_read,
    options,
    surroundings,
    with_chosen,
)
from services.console.consenting.handing_over import recorded, would_go
from services.console.consenting.occasion import Occasion, before
from services.console.consenting.questions import (
    ANSWER,
    CHECK,
    LANGUAGE,
    LINKED_STAY,
    NOTICE,
    STEPS,
    WHAT,
    AskingQuestion,
    AskingStep,
    Typed,
    refuses,
    says,
)
from services.console.consenting.views import CONSENT, HAND_OVER, RECORD, RENEW
from services.console.visiting import Anybody, SignedIn, Visitor, Who
from services.console.words import marked

router = APIRouter()
PATH, AGAIN_PATH = "/cases/{case_id}/record_consent", "/consents/{consent_id}/renew_consent"
AWAY_PATH = "/cases/{case_id}/hand_over_case"
SOUGHT, FIND = "sought", "find"
"""A part of a name, and the button that looks for it on the first page."""
REFUSED_AGAIN = "refused_again"
MOST_ANSWERS = 500
BACK_SAID = marked("Back to what she agreed to")


@dataclass(frozen=True, slots=True)
class Turn:
    """One page of somebody's way through the steps: where she is, what was answered, and the key with which it is sent."""

    who: SignedIn
    occasion: Occasion
    around: Surroundings
    typed: Typed
    key: str

    async def page(
        self, step: AskingStep, said: str = "", faults: Mapping[str, str] | None = None, status: int = 200
    ) -> Response:
        typed, faults, notice = dict(self.typed), dict(faults or {}), None
        if step is NOTICE:
            notice = await notice_to_read(self.who, self.around, says(typed, "notice_language"))
            if notice is None and not self.around.notices.away:
                return await self.page(LANGUAGE, faults={"notice_language": ANSWER}, status=422)
            typed |= _read_now(typed, "" if notice is None else notice.version)
        goes = self.occasion.goes and step is CHECK and not refuses(typed)
        if goes:
            typed |= {"fields": await recorded(self.who, self.occasion.case_id)}
        token = self.who.session.secret.form_token(*self.occasion.bound, self.key)
        own = {question.name for question in step.questions}
        names = [*wizard.CARRIED, *(name for name in wizard.asked_names() if name not in own)]
        return self.who.page(
            "giving.html", status, step=step, occasion=self.occasion, typed=typed, faults=faults, said=said, notice=notice,
            hidden={"key": self.key, "token": token, "step": step.name, "seen": self.occasion.seen, "of": str(self.occasion.case_id)},
            around=self.around,
            carried={name: typed[name] for name in names if name in typed},
            options={
                question.name: with_chosen(question, options(self.who, question, self.around), self.around, typed)
                for question in step.questions
            },
            questions=self._questions(step), rows=answered(self.who, self.around, typed) if step is CHECK else [],
            first=step is wizard.first(typed), going=await would_go(self.who, self.occasion, typed) if goes else None,
        )  # fmt: skip

    def _questions(self, step: AskingStep) -> list[AskingQuestion]:
        """The questions of the step; that about somebody who is linked with her only where the service asks for it."""
        linked = LINKED in self.around.blocks(HAND_OVER.operation)
        return [question for question in step.questions if linked or question.name != LINKED_STAY]


def _read_now(typed: Typed, version: str) -> dict[str, list[str]]:
    """The text that is read out now. What she said after another text is asked anew."""
    before = says(typed, "notice_version")
    anew: dict[str, list[str]] = (
        {"risks_explained": [], "decision": []} if before and before != version else {}
    )
    return {"notice_version": [version], **anew}


@router.get(PATH)
async def begin_asking(case_id: UUID, who: Who) -> Response:
    return await _begun(who, Occasion(case_id))


@router.post(PATH)
async def go_on_asking(case_id: UUID, visitor: Anybody, request: Request) -> Response:
    return await _gone_on(visitor, request, Occasion(case_id))


@router.get(AWAY_PATH)
async def begin_handing_over(case_id: UUID, who: Who) -> Response:
    return await _begun(who, Occasion(case_id, goes=True))


@router.post(AWAY_PATH)
async def go_on_handing_over(case_id: UUID, visitor: Anybody, request: Request) -> Response:
    return await _gone_on(visitor, request, Occasion(case_id, goes=True))


async def _begun(who: SignedIn, occasion: Occasion) -> Response:
    around = await _around(who, occasion)
    if not around.offers(occasion.offered_by):
        raise NotFound
    if typed := await who.typed_before():
        return await _shown_again(who, occasion, dict(typed))
    begins = _today(who) | occasion.marks
    if occasion.goes and around.case.value is not None:
        begins["urgency"] = [around.case.value.urgency]
    return await Turn(who, occasion, around, begins, str(uuid4())).page(wizard.first(begins))


async def _gone_on(visitor: Visitor, request: Request, occasion: Occasion) -> Response:
    typed = await _typed(request)
    if visitor.session is None:
        return await visitor.too_late(typed)
    who = SignedIn(visitor.request, visitor.service, visitor.reader, visitor.session)
    return await (_sent if _fits(who, occasion, typed) else _shown_again)(who, occasion, typed)


@router.get(AGAIN_PATH)
async def begin_asking_again(consent_id: UUID, who: Who) -> Response:
    """With what she agreed to before as the first answers."""
    found = await who.voice.ask(CONSENT, consent_id=consent_id)
    if not any(move.verb == RENEW.operation for move in found.value.moves):
        raise NotFound
    occasion = Occasion(found.value.case_id, consent_id, found.version)
    if typed := await who.typed_before():
        return await _shown_again(who, occasion, dict(typed))
    around = await _around(who, occasion)
    return await Turn(who, occasion, around, _today(who) | before(found.value), str(uuid4())).page(WHAT)


@router.post(AGAIN_PATH)
async def go_on_asking_again(consent_id: UUID, visitor: Anybody, request: Request) -> Response:
    typed = await _typed(request)
    if visitor.session is None:
        return await visitor.too_late(typed)
    who = SignedIn(visitor.request, visitor.service, visitor.reader, visitor.session)
    try:
        occasion = Occasion(UUID(says(typed, "of")), consent_id, says(typed, "seen"))
    except ValueError:
        raise BadRequest from None
    if _fits(who, occasion, typed):
        return await _sent(who, occasion, typed)
    found = await who.voice.ask(CONSENT, consent_id=consent_id)
    return await _shown_again(who, Occasion(found.value.case_id, consent_id, found.version), typed)


async def _around(who: SignedIn, occasion: Occasion, sought: str = "") -> Surroundings:
    """Of whoever goes to another organisation, only those of this country are listed."""
    return await surroundings(who, occasion.case_id, sought, who.settings.cell if occasion.goes else "")


def _today(who: SignedIn) -> dict[str, list[str]]:
    return {"today": [who.service.clock().astimezone(who.reader.zone).date().isoformat()]}


def _fits(who: SignedIn, occasion: Occasion, typed: Typed) -> bool:
    return who.session.secret.fits(says(typed, "token"), *occasion.bound, says(typed, "key"))


async def _turn(who: SignedIn, occasion: Occasion, typed: dict[str, list[str]], key: str) -> Turn:
    chosen = wizard.chosen_agency(typed) if occasion.goes else {}
    around = await _around(who, occasion, says(typed, SOUGHT))
    return Turn(who, occasion, around, typed | occasion.marks | chosen, key)


async def _sent(who: SignedIn, occasion: Occasion, typed: dict[str, list[str]]) -> Response:
    turn = await _turn(who, occasion, typed, says(typed, "key"))
    return await _gone(turn, wizard.step_of(says(typed, "step"), turn.typed), says(typed, "go"))


async def _shown_again(who: SignedIn, occasion: Occasion, typed: dict[str, list[str]]) -> Response:
    """A page of another session: the step with all that was answered, to be sent from here."""
    turn = await _turn(who, occasion, typed, key_of(says(typed, "key")) or str(uuid4()))
    return await turn.page(wizard.step_of(says(typed, "step"), turn.typed), AGAIN, status=422)


async def _gone(turn: Turn, step: AskingStep, go: str) -> Response:
    if go == "back":
        return await turn.page(wizard.before(step, turn.typed))
    if go in {FIND, *(one.name for one in STEPS)}:
        return await turn.page(wizard.step_of(go, turn.typed))
    if go == "refuse":
        return await replace(turn, typed={**turn.typed, "decision": ["refused"]}).page(CHECK)
    typed = wizard.asked_anew(turn.typed) if step is wizard.first(turn.typed) else turn.typed
    turn = replace(turn, typed=typed)
    if faults := wizard.faults_of(step, turn.typed):
        return await turn.page(step, faults=faults, status=422)
    if step is CHECK:
        return await _saved(turn)
    return await turn.page(wizard.after(step, turn.typed))


async def _saved(turn: Turn) -> Response:
    if missing := wizard.first_missing(turn.typed):
        return await turn.page(missing[0], faults=missing[1], status=422)
    occasion, order = turn.occasion, turn.occasion.order(turn.typed)
    body = occasion.body(turn.typed, turn.who.reader.zone)
    seen = occasion.seen if order is RENEW else ""
    places = {"case_id": occasion.case_id, "consent_id": occasion.consent_id}
    try:
        made = await turn.who.voice.order(order, body, turn.key, seen, **places)
    except ServiceAway:
        return await turn.page(CHECK, AWAY, status=HTTPStatus.SERVICE_UNAVAILABLE)
    except OrderRefused as refused:
        return await _refused(turn, refused)
    if occasion.consent_id is not None:
        return turn.who.sent_to(
            f"{occasion.back}?done={REFUSED_AGAIN if order is RECORD else order.operation}"
        )
    page = f"/consents/{made}" if made and order is RECORD else occasion.back
    return turn.who.sent_to(f"{page}?done={order.operation}")


async def _refused(turn: Turn, refused: OrderRefused) -> Response:
    """A refusal of the service stands beside its question, in the step where that was asked."""
    if sentence := _nothing_goes(turn.who, refused) or conflict_said(turn.who, refused):
        return await replace(turn, key=str(uuid4())).page(CHECK, sentence, status=422)
    stale = refused.status == HTTPStatus.PRECONDITION_FAILED
    if stale or refused.code == "idempotency-mismatch" or refused.status == HTTPStatus.CONFLICT:
        said = CHANGED if stale else SAVED_BEFORE if refused.code == "idempotency-mismatch" else NO_MORE
        back = turn.occasion.back
        return turn.who.page("message.html", 409, title=NOT_DONE, said=said, back=back, back_said=BACK_SAID)
    again = replace(turn, key=str(uuid4()))
    placed = wizard.placed(said_of(refused.errors, wizard.members()), turn.typed)
    if placed is None:
        return await again.page(CHECK, REFUSED, status=422)
    return await again.page(placed[0], faults=placed[1], status=422)


def _nothing_goes(who: SignedIn, refused: OrderRefused) -> str:
    """Why she cannot be handed over, where that is the refusal."""
    known = who.reader.options("disclosure_refusal")
    return next((known[str(error["code"])] for error in refused.errors if error.get("code") in known), "")


async def _typed(request: Request) -> dict[str, list[str]]:
    form = await request.form(max_files=0, max_fields=MOST_ANSWERS)
    found: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            raise BadRequest
        found.setdefault(name, []).append(value)
    return found
