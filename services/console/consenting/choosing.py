"""The choices that there are while she is asked, and those that were made, in the words of the reader."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from contracts.codes import codes
from contracts.organisations import ACTIVE
from services.console.answers import CASE, CountedPage, Move, OneCase, Page
from services.console.asking import NotTheirs, OrderRefused, Panel, ServiceAway, at_once
from services.console.consenting import wizard
from services.console.consenting.questions import STEPS, AskingQuestion, Typed, hands_over, refuses
from services.console.consenting.views import (
    CONSENTS_OF_CASE,
    NOTICES,
    RECIPIENTS,
    WORDS_OF_NOTICE,
    ListedNotice,
    ListedRecipient,
    ReadNotice,
)
from services.console.names import names_of, organisations
from services.console.visiting import SignedIn
from services.console.words import marked

MOST, NOTICES_SHOWN = 100, 200
"""At most so many organisations are shown at once; of more, a part of the name is asked for."""
_SHORT = frozenset({"what", "agency", "language"})
"""The steps of which a no says something: what she was asked."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    moves: list[Move] | None
    """The moves that the service offers in this case; None while it is away, so that it is told when her answer is saved."""
    case: Panel[OneCase]
    recipients: Panel[Page[ListedRecipient]]
    notices: Panel[CountedPage[ListedNotice]]
    names: Mapping[str, str]
    """Of those who are not listed here and may have been chosen."""

    def offers(self, operation: str) -> bool:
        return self.moves is None or any(move.verb == operation for move in self.moves)

    def blocks(self, operation: str) -> list[str]:
        """The codes of what stands in its way."""
        return [code for move in self.moves or () if move.verb == operation for code in move.blocked_by]

    @property
    def more(self) -> bool:
        """True where not everybody is listed."""
        return self.recipients.value is not None and self.recipients.value.next is not None

    @property
    def listed(self) -> list[ListedRecipient]:
        return [] if self.recipients.value is None else self.recipients.value.items


async def surroundings(who: SignedIn, case_id: UUID, sought: str = "", cell: str = "") -> Surroundings:
    """`sought`: a part of the names of those who are listed; `cell`: only those of this country. Raises NotTheirs. A service that is away
    costs the choices that it has.
    """
    voice = who.voice
    narrowed = {name: said for name, said in {"name": sought, "cell": cell}.items() if said}
    consents, case, recipients, notices = await at_once(
        _offering(who, case_id),
        voice.panel(CASE, case_id=case_id),
        voice.panel(RECIPIENTS, query={"limit": MOST} | narrowed),
        voice.panel(NOTICES, query={"limit": NOTICES_SHOWN, "state": "in-force"}),
    )
    partly = sought or (recipients.value is not None and recipients.value.next is not None)
    names = names_of(await organisations(voice)) if partly else {}
    return Surroundings(consents, case, recipients, notices, names)


async def _offering(who: SignedIn, case_id: UUID) -> list[Move] | None:
    try:
        page = await who.voice.ask(CONSENTS_OF_CASE, case_id=case_id, query={"limit": 1})
    except (ServiceAway, OrderRefused):
        return None
    return page.value.moves


async def notice_to_read(who: SignedIn, around: Surroundings, language: str) -> ReadNotice | None:
    """The text that is in force in this language; None where there is none, or it does not answer."""
    listed = [] if around.notices.value is None else around.notices.value.items
    found = next((notice for notice in listed if notice.language == language), None)
    if found is None:
        return None
    try:
        return (await who.voice.ask(WORDS_OF_NOTICE, notice_id=found.id)).value
    except (ServiceAway, OrderRefused, NotTheirs):
        return None


def options(who: SignedIn, question: AskingQuestion, around: Surroundings) -> Mapping[str, str]:
    """The answers of a question by their codes, in the words of the reader."""
    if question.said is not None:
        return {code: who.reader.say(text) for code, text in question.said.items()}
    if question.codes:
        return who.reader.choices(question.codes)
    if question.of == "notices":
        items = [] if around.notices.value is None else around.notices.value.items
        return {notice.language: who.reader.label("language", notice.language) for notice in items}
    return _organisations(who, question, around) if question.of else {}


def _organisations(who: SignedIn, question: AskingQuestion, around: Surroundings) -> Mapping[str, str]:
    here, own = who.settings.cell, who.session.person.organisation
    shown = [one for one in around.listed if one.status == ACTIVE and not one.suspended]
    if question.of == "here":
        return {one.id: one.name for one in shown if one.cell == here}
    receiving = [one for one in shown if one.role in codes("recipient_role") and one.id != own]
    ordered = sorted(receiving, key=lambda one: (one.cell != here, one.cell, one.name))
    label, colon = who.reader.label, who.reader.colon
    if question.of == "agencies":
        return {
            f"{one.id}.{service}": f"{one.name}{colon}{label('service', service)}"
            for one in ordered
            for service in sorted(one.services, key=lambda code: code != wizard.CASE_MANAGEMENT)
            if one.cell == here
        }
    return {
        one.id: f"{one.name} ({label('recipient_role', one.role)}, {label('country', one.cell)})"
        for one in ordered
    }


def with_chosen(
    question: AskingQuestion, known: Mapping[str, str], around: Surroundings, typed: Typed
) -> Mapping[str, str]:
    """The answers of a question, with those organisations that were chosen before and are not listed now."""
    if question.of != "recipients":
        return known
    chosen = [one for one in typed.get(question.name, ()) if one and one not in known]
    return {one: around.names.get(one, one) for one in chosen} | dict(known)


def answered(who: SignedIn, around: Surroundings, typed: Typed) -> list[tuple[str, str, str]]:
    """The rows that are checked before they are saved: title, answer, and the name of the step where it can be changed."""
    rows = []
    for step in STEPS:
        if not step.asked(typed) or (refuses(typed) and step.name not in _SHORT):
            continue
        for question in step.questions:
            chosen = [one for one in typed.get(question.name, ()) if one.strip()]
            if chosen and question.kind not in {"tick", "day"}:
                known = with_chosen(question, options(who, question, around), around, typed)
                text = ", ".join(known.get(one, one) for one in chosen)
                rows.append((question.title, text, step.name))
    if hands_over(typed):
        purpose = who.reader.label("purpose", wizard.CASE_MANAGEMENT)
        rows.insert(0, (marked("What for?"), purpose, "agency"))
    until = wizard.ends(typed, who.reader.zone)
    if until is not None and not refuses(typed):
        rows.append((wizard.UNTIL_SAID, who.reader.day(until.date()), "until"))
    return rows
