"""Her receipt on paper: neutral words, no name of hers and none of an organisation; the signed receipt has the rest."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from zoneinfo import ZoneInfo

from chassis.clock import day_of
from chassis.printing.paper import Paper, PaperCheck, PaperRow
from chassis.printing.papers import PaperKind, PrintedPaper
from chassis.printing.words import country_name, day, words
from chassis.problems import NotFound
from contracts.protection import IMMEDIATE_PROTECTION
from services.consent.domain.record import her_no
from services.consent.domain.states import PERMITTING, State
from services.consent.domain.terms import Capacity
from services.consent.queries import ConsentView, RevisionView, TermsView

_ENDED = "revoked"
_WORDS: Mapping[State, str] = MappingProxyType(
    {
        State.GIVEN: "given",
        State.RENEWED: "given",
        State.REFUSED: "refused",
        State.WITHDRAWN: "withdrawn",
        State.REVOKED: _ENDED,
        State.EXPIRED: "expired",
        State.REQUESTED: "requested",
    }
)
"""State → the words for it. Where a law stands in place of her answer, there is nothing of hers to print."""

_OF_ANOTHER: Mapping[State, str] = MappingProxyType(
    {
        State.GIVEN: "given_for",
        State.RENEWED: "given_for",
        State.EXPIRED: _ENDED,
    }
)
"""The words where the yes was not hers, because another spoke for the child."""

_SINCE_THE_ANSWER = {"recipients", "purposes", "categories", "back_categories", "confirmed_by"}
"""The terms that change though nobody answers anew: a part is taken back, or a second person has looked."""


def printed(view: ConsentView) -> PrintedPaper:
    """Raises NotFound for a record in which she said nothing."""
    if view.terms.legal_basis == IMMEDIATE_PROTECTION or State(view.state) not in _WORDS:
        raise NotFound  # she said nothing of which there could be a copy
    return PrintedPaper(PaperKind.RECEIPT, view.id, view.revision)


def receipt_paper(view: ConsentView, language: str, zone: ZoneInfo, check: PaperCheck) -> Paper:
    said = words(language)["receipt"]
    permits = State(view.state) in PERMITTING
    answered = day_of(_answer(view.revisions).at, zone)
    return Paper(
        language=language,
        title=said["title"],
        before=[said[_words_of(view)].format(day=day(answered))],
        rows=_rows(view.terms, language, zone) if permits else (),
        after=[said["back"], said["safe"]] if permits else [said["safe"]],
        check=check,
    )


def _words_of(view: ConsentView) -> str:
    """The sentence for how it stands. That she was erased is no word of hers."""
    state, capacity = State(view.state), Capacity(view.terms.capacity)
    if state is State.WITHDRAWN and not her_no(state, view.revisions[-1].by, capacity):
        return _ENDED
    if capacity.for_child:
        return _OF_ANOTHER.get(state, _WORDS[state])
    return _WORDS[state]


def _answer(revisions: Sequence[RevisionView]) -> RevisionView:
    """The revision in which it was answered so: the last one that is more than a part taken back, or a guardian confirmed."""
    for after, before in pairwise(reversed(revisions)):
        if not _goes_on(before, after):
            return after
    return revisions[0]


def _goes_on(before: RevisionView, after: RevisionView) -> bool:
    confirmed = before.state == State.REQUESTED and State(after.state) in PERMITTING
    same = before.terms.model_dump(exclude=_SINCE_THE_ANSWER) == after.terms.model_dump(
        exclude=_SINCE_THE_ANSWER
    )
    return same and (before.state == after.state or confirmed)


def _rows(terms: TermsView, language: str, zone: ZoneInfo) -> list[PaperRow]:
    """The rows: what is told, to how many in which country, until when, and which text was read to her."""
    file = words(language)
    said = file["receipt"]
    countries = Counter(recipient.country for recipient in terms.recipients)
    return [
        PaperRow(said["what"], [file["categories"][code] for code in terms.categories]),
        PaperRow(
            said["who"],
            [
                file["count"].format(country=country_name(code, language), count=count)
                for code, count in sorted(countries.items())
            ],
        ),
        PaperRow(said["until"], [day(day_of(terms.valid_until, zone))]),
        PaperRow(said["read"], [f"{terms.notice_version} ({terms.notice_language or terms.language})"]),
    ]
