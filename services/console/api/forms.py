"""Pages: every form. What each is made of stands in `services/console/commands/`."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from chassis.problems import BadRequest, NotFound
from services.console.answers import CASE, ORGANISATIONS, TEAM
from services.console.asking import Answer, NotTheirs, OrderRefused, Panel, ServiceAway, at_once, made_by
from services.console.choices import CHOICES
from services.console.commands import COMMANDS, choosable
from services.console.commands.form import Command, FormField, Sender, Subject, Typed, whole
from services.console.visiting import Anybody, SignedIn, Visitor, Who
from services.console.words import marked

router = APIRouter()
HIDDEN = ("key", "seen", "token")
SAID: Mapping[str, str] = {
    "missing": marked("This must be answered"),
    "blank": marked("Something must be written here"),
    "string_too_long": marked("This is too long: shorten it"),
    "too_long": marked("Too many are chosen"),
    "control-characters": marked("This has a character that cannot be kept. Type it instead of pasting it."),
    "unknown-code": marked("Choose one of the answers"),
    "incomplete": marked("This must be answered"),
    "child-alone": marked("She is a child or may be one: somebody must speak for her"),
    "adult-asked-herself": marked("She is an adult: she is asked herself"),
    "sender": marked("Your own organisation needs no consent to keep what it has"),
    "notice-not-in-force": marked("There is a newer text: read this one out to her"),
    "not-offered": marked("They do not offer this service. Choose another, or somebody else."),
    "other-age": marked("They offer this service for another age than hers."),
    "not-listed": marked("This name is not in the directory, or not at work any more. Choose another."),
    "not-a-recipient": marked("This organisation may not be told of anybody. Choose another."),
    "transfer-abroad": marked("A case can be handed over inside one country only. Abroad, refer her."),
    "invalid": marked("This cannot be read as it is written"),
    "which-era": marked("Write the year with four digits"),
    "date-in-the-future": marked("This date is still to come"),
    "no-reference": marked("This is no reference"),
    "wrong-check-digit": marked("A letter or digit is not right. Ask for the reference again."),
    "nothing-answered": marked("Nothing is answered yet"),
    "too-far": marked("No paper counts so long. Is the year of another era?"),
    "not-a-journey": marked("This must be after now, and not later than the longest journey."),
    "not-what-happened": marked("It cannot have ended so, as things stand. Choose another."),
    "cannot-see-case": marked("They do not see this case. Let somebody add them to it first."),
    "hold-length": marked("A hold lasts at least thirty days and at most a year."),
    "not-another": marked("Choose another organisation than your own."),
}
"""By the code of the service. For every other there is one sentence."""
CONFLICTS: Mapping[str, str] = {
    "her-no-stands": marked("The last that she said was no. It stands: nothing can be asked for over it."),
    "she-has-answered": marked("She was asked meanwhile and has answered. What she said counts."),
    "already-requested": marked("It is already asked for with this organisation, or in force."),
    "not-upheld": marked("A third person has not upheld it with this organisation. Choose another."),
    "offer-open": marked(
        "There is an open referral to them for the same purpose. Open it: send it, wait for the answer, or take it back."
    ),
    "transfer-open": marked(
        "This case is being handed over already. Open it: wait for the answer, or take it back."
    ),
    "second-person": marked("Somebody else than whoever did it must do this."),
}
"""Conflicts after which a form can be sent again, by the code of the service. That nothing would go is of the code list
`disclosure_refusal`.
"""
REFUSED = marked("This was not accepted. Look at it again.")
CHANGED = marked(
    "Somebody changed this meanwhile. Look at what stands there now, and send it again if it is still right."
)
AWAY = marked(
    "This could not be saved at the moment. What you typed is still here: wait a little and send it again."
)
AGAIN = marked("You have signed in again since. What you typed is still here: send it once more.")
SAVED_BEFORE = marked(
    "What you sent first was saved, and not what you changed since. Its page shows what stands now."
)
NOT_DONE = marked("Not done")
NO_MORE = marked("This cannot be done any more. Its page shows what stands now.")
ENDED: Mapping[str, str] = {
    "idempotency-mismatch": SAVED_BEFORE,
    "return-open": marked("There is an open return of hers already. The page of the case shows it."),
}
"""By the code of a refusal after which the same cannot be sent again."""


def _command(folder: str, subject_id: str, verb: str) -> Command:
    command = COMMANDS.get(verb)
    if command is None or command.subject.folder != folder:
        raise NotFound
    command.subject.places(subject_id)
    return command


@router.get("/{folder}/{subject_id}/{verb}")
async def show_form(folder: str, subject_id: str, verb: str, who: Who) -> Response:
    return await begun_form(who, _command(folder, subject_id, verb), subject_id, {})


async def begun_form(
    who: SignedIn, command: Command, subject_id: str, typed: Typed, about: Answer[Any] | None = None
) -> Response:
    """The form as it is shown at first, with what was decided before. `about`: the view that offers it, where it was read already."""
    about = about or await _seen_now(who, command, subject_id)
    if not _offers(about.value, command):
        raise NotFound
    if command.begins is not None:
        typed = {**command.begins(about.value), **typed}
    return await _form(who, command, subject_id, about, typed)


@router.post("/{folder}/{subject_id}/{verb}")
async def send_form(folder: str, subject_id: str, verb: str, visitor: Anybody, request: Request) -> Response:
    return await received(visitor, request, _command(folder, subject_id, verb), subject_id)


async def received(visitor: Visitor, request: Request, command: Command, subject_id: str) -> Response:
    """The answer to a form that a browser sent."""
    typed = await typed_in(request, command)
    if visitor.session is None:
        return visitor.page("session-over.html", 401, typed=typed)
    who = SignedIn(visitor.request, visitor.service, visitor.reader, visitor.session)
    key, seen, token = (_only(typed, name) for name in HIDDEN)
    if not who.session.secret.fits(token, command.verb, subject_id, seen, key):
        return await _again(who, command, subject_id, typed, AGAIN)
    faults = {field.name: fault for field in command.fields if (fault := field.fault(typed))}
    if faults:
        return await _again(who, command, subject_id, typed, "", faults, key)
    return await _sent(who, command, subject_id, typed, key, seen)


async def _sent(
    who: SignedIn, command: Command, subject_id: str, typed: Typed, key: str, seen: str
) -> Response:
    places = command.subject.places(subject_id)
    body = command.body(typed, Sender(who.session.person, places.get(command.subject.place), who.reader.zone))
    try:
        told = await who.voice.told(command.order, body, key, seen, **places)
    except ServiceAway:
        return await _again(who, command, subject_id, typed, AWAY, {}, key, HTTPStatus.SERVICE_UNAVAILABLE)
    except NotTheirs:
        unknown = {field.name: field.unknown for field in command.fields if field.unknown}
        if not unknown:
            raise
        return await _again(who, command, subject_id, typed, "", unknown)
    except OrderRefused as refused:
        return await _refused(who, command, subject_id, typed, refused)
    if command.outcome:
        back = _page(command.subject, subject_id)
        return who.page(command.outcome, told=told, typed=typed, back=back, command=command)
    made = made_by(told)
    if command.then:
        return who.sent_to(command.then.format(made=made))
    page = _page(command.makes, made) if command.makes and made else _page(command.subject, subject_id)
    return who.sent_to(f"{page}?done={command.verb}")


async def _refused(
    who: SignedIn, command: Command, subject_id: str, typed: Typed, refused: OrderRefused
) -> Response:
    stale = refused.status == HTTPStatus.PRECONDITION_FAILED
    if stale and (command.fields or not command.pins):
        words = {
            name: typed[name] for field in command.fields if not _chosen_there(field) for name in field.names
        }
        return await _again(who, command, subject_id, words, CHANGED, {}, "", refused.status)
    conflict = _conflict(who, command, refused)
    if conflict:
        look = _page(command.makes, refused.named) if command.makes and refused.named else ""
        return await _again(who, command, subject_id, typed, conflict, status=refused.status, look=look)
    ended = CHANGED if stale else ENDED.get(refused.code, NO_MORE)
    if refused.status == HTTPStatus.CONFLICT or ended != NO_MORE:
        back = _page(command.subject, subject_id)
        return who.page(
            "message.html", 409, title=NOT_DONE, said=ended, back=back, back_said=command.subject.back
        )
    faults = said_of(refused.errors, [field.name for field in command.fields])
    told = next((SAID[code] for error in refused.errors if (code := str(error.get("code"))) in SAID), REFUSED)
    said = _named(who, command, refused.errors) or ("" if faults else told)
    return await _again(who, command, subject_id, typed, said, faults)


def _conflict(who: SignedIn, command: Command, refused: OrderRefused) -> str:
    """The sentence for a conflict that the person can mend; empty for every other."""
    if refused.status != HTTPStatus.CONFLICT:
        return ""
    if command.blocks and refused.blocks:
        why = "; ".join(who.reader.label(command.blocks, code) for code in refused.blocks)
        return who.reader.say("This is not possible now: %(why)s.", why=why)
    nothing_goes = who.reader.options("disclosure_refusal").get(refused.code, "")
    return CONFLICTS.get(refused.code, nothing_goes)


def _named(who: SignedIn, command: Command, errors: Sequence[Mapping[str, Any]]) -> str:
    """The refusals of what is typed on other pages, each by its title there."""
    named = {}
    for error in errors:
        title = next(
            (command.elsewhere[part] for part in error.get("loc", ()) if part in command.elsewhere), ""
        )
        if title:
            named[title] = SAID.get(str(error.get("code")), REFUSED)
    return " ".join(f"{who.reader.say(title)}: {who.reader.say(said)}." for title, said in named.items())


def said_of(errors: Sequence[Mapping[str, Any]], names: Collection[str]) -> dict[str, str]:
    """The service's refusals, each beside its field; what belongs to none of them is said above the form."""
    found: dict[str, str] = {}
    for error in errors:
        place = next((part for part in error.get("loc", ()) if part in names), None)
        if place is not None:
            found.setdefault(str(place), SAID.get(str(error.get("code")), REFUSED))
    return found


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
        about = await _seen_now(who, command, subject_id)
    except ServiceAway:
        about = None
    return await _form(
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


async def _form(
    who: SignedIn,
    command: Command,
    subject_id: str,
    about: Answer[Any] | None,
    typed: Typed,
    *,
    said: str = "",
    faults: Mapping[str, str] | None = None,
    key: str = "",
    status: int = 200,
    look: str = "",
) -> Response:
    workers, chosen = await _workers(who, command, subject_id, typed)
    return who.page(
        "form.html", status, command=command, subject_id=subject_id, typed={**chosen, **typed},
        hidden=hidden(who, command, subject_id, about, typed, key),
        faults=faults or {}, said=said, look=look, workers=workers, choices=await _choices(who, command, subject_id, typed),
        among=await _among(who, command, about, typed),
        said_options={field.name: {code: who.reader.say(text) for code, text in field.said.items()} for field in command.fields},
        looked_at=await _looked_at(who, command, subject_id),
        view=None if about is None else about.value, back=_page(command.subject, subject_id),
    )  # fmt: skip


def hidden(
    who: SignedIn,
    command: Command,
    subject_id: str,
    about: Answer[Any] | None,
    typed: Typed = MappingProxyType({}),
    key: str = "",
) -> dict[str, str]:
    """The hidden members of a form: its key, the version on which it stands, and the token that binds both to what it is for."""
    key, seen = key or str(uuid4()), _seen(command, about, typed)
    token = who.session.secret.form_token(command.verb, subject_id, seen, key)
    return {"key": key, "seen": seen, "token": token}


def _page(subject: Subject, subject_id: object) -> str:
    return subject.page_of(subject_id)


async def _seen_now(who: SignedIn, command: Command, subject_id: str) -> Answer[Any]:
    """The view that offers the form. A list has what it is about in its query, and one thing in its path; of a list of many, the one
    that is meant. Raises NotFound where it is there no more.
    """
    places, about = command.subject.places(subject_id), command.about
    listed = command.part is whole and f"{{{command.subject.place}}}" not in about.path
    answer = await who.voice.ask(about, query=places if listed else {}, **places)
    if command.part is whole:
        return answer
    part = command.part(answer.value, places)
    if part is None:
        raise NotFound
    return Answer(part, f'"{part.version}"' if hasattr(part, "version") else "")


def _offers(view: Any, command: Command) -> bool:
    return any(move.verb == command.verb for move in view.moves)


def _seen(command: Command, about: Answer[Any] | None, typed: Typed) -> str:
    """The version on which the form stands: where it cannot be read now, the one that stood there before."""
    if about is None:
        return _only(typed, "seen")
    needed = command.pins or any(
        "If-Match" in move.needs for move in about.value.moves if move.verb == command.verb
    )
    return about.version if needed else ""


def _chosen_there(field: FormField) -> bool:
    """True for a field whose options, and what of them is chosen, a service knows."""
    return field.kind == "workers" or bool(field.choices)


async def _choices(
    who: SignedIn, command: Command, subject_id: str, typed: Typed
) -> dict[str, Mapping[str, str]]:
    """The options of each field that a service knows; while it is away those that were chosen, so that they can be sent again."""
    asked = {field.name: CHOICES[field.choices] for field in command.fields if field.choices}
    places = command.subject.places(subject_id)
    try:
        return {name: await known(who, places, typed) for name, known in asked.items()}
    except ServiceAway:
        return {name: {one: one for one in typed.get(name, ())} for name in asked}
    except NotTheirs:
        raise NotFound from None


async def _among(
    who: SignedIn, command: Command, about: Answer[Any] | None, typed: Typed
) -> Mapping[str, Mapping[str, str]]:
    """The choices in the view, by the names of the fields: those that were made, where it cannot be read now."""
    chosen = [(field, field.among) for field in command.fields if field.among is not None]
    panel = await who.voice.panel(ORGANISATIONS, query={"limit": 200}) if chosen else Panel()
    names = {} if panel.value is None else {one.id: one.name for one in panel.value.items}
    found = {}
    for field, among in chosen:
        there = typed.get(field.name, ()) if about is None else among(about.value)
        label = partial(who.reader.label, field.codes) if field.codes else lambda one: names.get(one, one)
        found[field.name] = {one: label(one) for one in there}
    return found


async def _looked_at(who: SignedIn, command: Command, subject_id: str) -> Panel[Any] | None:
    """The second view that is looked at before the form is sent; None where there is none."""
    if command.shows is None:
        return None
    return await who.voice.panel(command.shows, query={}, **command.subject.places(subject_id))


async def _workers(
    who: SignedIn, command: Command, subject_id: str, typed: Typed
) -> tuple[Sequence[str], Typed]:
    """The workers who can be chosen, and those who are; nobody where the form does not ask for them."""
    asked = [field.name for field in command.fields if field.kind == "workers"]
    if not asked:
        return [], {}
    try:
        case, team = await at_once(who.voice.ask(CASE, case_id=subject_id), who.voice.panel(TEAM))
    except ServiceAway:
        return [worker for name in asked for worker in typed.get(name, ())], {}
    except NotTheirs:
        raise NotFound from None
    return choosable(case.value, who.session.person, team.value), dict.fromkeys(asked, case.value.workers)


async def typed_in(request: Request, command: Command) -> dict[str, list[str]]:
    """Everything that was typed. A field of which nothing was chosen is not sent by a browser, and is empty all the same."""
    form = await request.form(max_files=0, max_fields=200)
    found: dict[str, list[str]] = {name: [] for field in command.fields for name in field.names}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            raise BadRequest
        found.setdefault(name, []).append(value)
    return found


def _only(typed: Typed, name: str) -> str:
    return "".join(typed.get(name, ())[:1])
