"""Pages: every form. What each is made of stands in `services/console/commands/`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from chassis.problems import BadRequest, NotFound
from services.console.api.form_page import chosen_there, form_page, key_of, offers, only, seen_now
from services.console.api.form_refusals import (
    AGAIN,
    AWAY,
    CHANGED,
    ENDED,
    NO_ANSWER,
    NO_MORE,
    NOT_DONE,
    REFUSED,
    UNKNOWN,
    conflict_of,
    said_above,
    said_of,
)
from services.console.asking import Answer, NotTheirs, OrderRefused, ServiceAway, made_by
from services.console.commands import COMMANDS
from services.console.commands.form import Command, Sender, Typed
from services.console.visiting import Anybody, SignedIn, Visitor, Who

router = APIRouter()
HIDDEN = ("key", "seen", "token")


def _command(folder: str, subject_id: str, verb: str) -> Command:
    command = COMMANDS.get(verb)
    if command is None or command.subject.folder != folder:
        raise NotFound
    command.subject.places(subject_id)
    return command


@router.get("/{folder}/{subject_id}/{verb}")
async def show_form(folder: str, subject_id: str, verb: str, who: Who) -> Response:
    command = _command(folder, subject_id, verb)
    if before := await who.typed_before():
        return await shown_again(who, command, subject_id, before)
    if command.first:
        return who.sent_to(f"{command.subject.page_of(subject_id)}/{command.first}")
    return await begun_form(who, command, subject_id, {})


async def shown_again(who: SignedIn, command: Command, subject_id: str, typed: Typed) -> Response:
    """The form with what was typed in another session. Raises NotFound where it is not offered to whoever is signed in now."""
    try:
        offered = offers((await seen_now(who, command, subject_id)).value, command)
    except ServiceAway:
        offered = True  # it was, and is asked again when the form is sent
    if not offered:
        raise NotFound
    return await _again(who, command, subject_id, typed, AGAIN)


async def begun_form(
    who: SignedIn, command: Command, subject_id: str, typed: Typed, about: Answer[Any] | None = None
) -> Response:
    """The form as it is shown at first, with what was decided before. `about`: the view that offers it, where it was read already."""
    about = about or await seen_now(who, command, subject_id)
    if not offers(about.value, command):
        raise NotFound
    if command.begins is not None:
        typed = {**command.begins(about.value), **typed}
    return await form_page(who, command, subject_id, about, typed)


@router.post("/{folder}/{subject_id}/{verb}")
async def send_form(folder: str, subject_id: str, verb: str, visitor: Anybody, request: Request) -> Response:
    return await received(visitor, request, _command(folder, subject_id, verb), subject_id)


async def received(visitor: Visitor, request: Request, command: Command, subject_id: str) -> Response:
    """The answer to a form that a browser sent."""
    typed = await typed_in(request, command)
    if visitor.session is None:
        return await visitor.too_late(typed)
    who = SignedIn(visitor.request, visitor.service, visitor.reader, visitor.session)
    key, seen, token = (only(typed, name) for name in HIDDEN)
    if not who.session.secret.fits(token, command.verb, subject_id, seen, key):
        return await _while_offered(who, command, subject_id, typed, AGAIN, key=key_of(key))
    faults = {field.name: fault for field in command.fields if (fault := field.fault(typed))}
    if faults:
        return await _again(who, command, subject_id, typed, "", faults, key)
    return await _sent(who, command, subject_id, typed, key, seen)


async def _while_offered(
    who: SignedIn,
    command: Command,
    subject_id: str,
    typed: Typed,
    said: str,
    faults: Mapping[str, str] | None = None,
    key: str = "",
) -> Response:
    """The form with what was typed, where she is still offered it: what another session or a former right made sends nothing."""
    try:
        offered = offers((await seen_now(who, command, subject_id)).value, command)
    except ServiceAway:
        offered = True
    except NotFound:
        offered = False
    if offered:
        return await _again(who, command, subject_id, typed, said, faults, key)
    return _ended(who, command, subject_id, NO_MORE, HTTPStatus.NOT_FOUND)


async def _unanswered(who: SignedIn, command: Command, subject_id: str, typed: Typed, key: str) -> Response:
    """The form after no answer came: with the same key it can be sent again, and what did arrive is done once."""
    try:
        return await _again(who, command, subject_id, typed, AWAY, {}, key, HTTPStatus.SERVICE_UNAVAILABLE)
    except NotFound:  # it is not in the list any more, so that it did arrive, or somebody else was faster
        return _ended(who, command, subject_id, UNKNOWN, HTTPStatus.SERVICE_UNAVAILABLE, NO_ANSWER)


def _ended(
    who: SignedIn, command: Command, subject_id: str, said: str, status: int, title: str = NOT_DONE
) -> Response:
    """In the place of a form that cannot be sent again: a sentence, and the way to what it was about."""
    back = command.subject.page_of(subject_id)
    return who.page("message.html", status, title=title, said=said, back=back, back_said=command.subject.back)


async def _sent(
    who: SignedIn, command: Command, subject_id: str, typed: Typed, key: str, seen: str
) -> Response:
    places = command.subject.places(subject_id)
    body = command.body(typed, Sender(who.session.person, places.get(command.subject.place), who.reader.zone))
    try:
        told = await who.voice.told(command.order, body, key, seen, **places)
    except ServiceAway:
        return await _unanswered(who, command, subject_id, typed, key)
    except NotTheirs:
        unknown = {field.name: field.unknown for field in command.fields if field.unknown}
        return await _while_offered(who, command, subject_id, typed, "" if unknown else REFUSED, unknown)
    except OrderRefused as refused:
        return await _refused(who, command, subject_id, typed, refused)
    if command.outcome:
        back = command.subject.page_of(subject_id)
        return who.page(command.outcome, told=told, typed=typed, back=back, command=command)
    made = made_by(told)
    if command.then:
        return who.sent_to(command.then.format(made=made))
    page = command.makes.page_of(made) if command.makes and made else command.subject.page_of(subject_id)
    return who.sent_to(f"{page}?done={command.verb}")


async def _refused(
    who: SignedIn, command: Command, subject_id: str, typed: Typed, refused: OrderRefused
) -> Response:
    stale = refused.status == HTTPStatus.PRECONDITION_FAILED
    if stale and (command.fields or not command.pins):
        words = {
            name: typed[name] for field in command.fields if not chosen_there(field) for name in field.names
        }
        return await _again(who, command, subject_id, words, CHANGED, {}, "", refused.status)
    conflict = conflict_of(who, command, refused)
    if conflict:
        look = command.makes.page_of(refused.named) if command.makes and refused.named else ""
        return await _again(who, command, subject_id, typed, conflict, status=refused.status, look=look)
    ended = CHANGED if stale else ENDED.get(refused.code, NO_MORE)
    if refused.status == HTTPStatus.CONFLICT or ended != NO_MORE:
        return _ended(who, command, subject_id, ended, HTTPStatus.CONFLICT)
    faults = said_of(refused.errors, [field.name for field in command.fields])
    said = said_above(who, command, refused.errors, faults)
    return await _again(who, command, subject_id, typed, said, faults)


async def _again(
    who: SignedIn,
    command: Command,
    subject_id: str,
    typed: Typed,
    said: str,
    faults: Mapping[str, str] | None = None,
    key: str = "",
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
    *,
    look: str = "",
) -> Response:
    """The form with what was typed. The key stays where nothing was sent, or where it is not known whether it arrived. `look`: the page
    of what is spoken of above.
    """
    try:
        about = await seen_now(who, command, subject_id)
    except ServiceAway:
        about = None
    return await form_page(
        who,
        command,
        subject_id,
        about,
        typed,
        said=said,
        faults=faults or {},
        key=key,
        status=status,
        look=look,
    )


async def typed_in(request: Request, command: Command) -> dict[str, list[str]]:
    """Everything that was typed. A field of which nothing was chosen is not sent by a browser, and is empty all the same."""
    form = await request.form(max_files=0, max_fields=200)
    found: dict[str, list[str]] = {name: [] for field in command.fields for name in field.names}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            raise BadRequest
        found.setdefault(name, []).append(value)
    return found
