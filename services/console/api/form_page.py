"""The page of a form: its hidden members, what was typed, and the choices that there are."""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from starlette.responses import Response

from chassis.problems import NotFound
from services.console.answers import CASE, TEAM
from services.console.asking import Answer, NotTheirs, Panel, ServiceAway, at_once
from services.console.choices import CHOICES
from services.console.commands import choosable
from services.console.commands.form import Command, FormField, Typed, whole
from services.console.names import names_of, organisations
from services.console.visiting import SignedIn


async def form_page(
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
    """`said` stands above it, with `look` as the way to what it speaks of; `faults` beside the fields."""
    workers, chosen = await _workers(who, command, subject_id, typed)
    return who.page(
        "form.html", status, command=command, subject_id=subject_id, typed={**chosen, **typed},
        hidden=hidden(who, command, subject_id, about, typed, key),
        faults=faults or {}, said=said, look=look, workers=workers, choices=await _choices(who, command, subject_id, typed),
        among=await _among(who, command, about, typed),
        said_options={field.name: {code: who.reader.say(text) for code, text in field.said.items()} for field in command.fields},
        names=names_of(await organisations(who.voice)) if command.shown else {}, looked_at=await _looked_at(who, command, subject_id),
        view=None if about is None else about.value, back=command.subject.page_of(subject_id),
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


async def seen_now(who: SignedIn, command: Command, subject_id: str) -> Answer[Any]:
    """The view that offers the form. A list has what it is about in its query, and one thing in its path; of a list of many, the one
    that is meant. Raises NotFound where it is there no more.
    """
    places, about = command.subject.places(subject_id), command.about
    listed = command.part is whole and f"{{{command.subject.place}}}" not in about.path
    many = {"limit": command.most} if command.most else {}
    answer = await who.voice.ask(about, query={**places, **many} if listed else many, **places)
    if command.part is whole:
        return answer
    part = command.part(answer.value, places)
    if part is None:
        raise NotFound
    return Answer(part, f'"{part.version}"' if hasattr(part, "version") else "")


def offers(view: Any, command: Command) -> bool:
    return any(move.verb == command.verb for move in view.moves)


def _seen(command: Command, about: Answer[Any] | None, typed: Typed) -> str:
    """The version on which the form stands: where it cannot be read now, the one that stood there before."""
    if about is None:
        return only(typed, "seen")
    needed = command.pins or any(
        "If-Match" in move.needs for move in about.value.moves if move.verb == command.verb
    )
    return about.version if needed else ""


def chosen_there(field: FormField) -> bool:
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
    names = names_of(await organisations(who.voice)) if chosen else {}
    found = {}
    for field, among in chosen:
        there = typed.get(field.name, ()) if about is None else among(about.value)
        said = {code: who.reader.say(text) for code, text in field.said.items()} or names
        label = (
            partial(who.reader.label, field.codes)
            if field.codes
            else lambda one, said=said: said.get(one, one)
        )
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


def only(typed: Typed, name: str) -> str:
    return "".join(typed.get(name, ())[:1])
