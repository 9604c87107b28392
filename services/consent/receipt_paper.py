"""Her receipt on paper: neutral words, no name of hers and none of an organisation; the signed receipt has the rest."""

from collections import Counter
from datetime import datetime

from chassis.database import Transaction
from chassis.printing.paper import Paper, PaperCheck, PaperRow
from chassis.printing.papers import PaperKind, PaperStanding, PrintedPaper
from chassis.printing.words import country_name, day, words
from chassis.problems import NotFound
from contracts.protection import IMMEDIATE_PROTECTION
from services.consent.domain.states import PERMITTING, State
from services.consent.queries import ConsentView, TermsView
from services.consent.store import records

_WORDS = {
    State.GIVEN: "given",
    State.RENEWED: "given",
    State.REFUSED: "refused",
    State.WITHDRAWN: "withdrawn",
    State.REVOKED: "revoked",
    State.EXPIRED: "expired",
    State.REQUESTED: "requested",
}
"""State → the words for it. Where a law stands in place of her answer, there is nothing of hers to print."""


def printed(view: ConsentView) -> PrintedPaper:
    """Raises NotFound for a record in which she said nothing."""
    if view.terms.legal_basis == IMMEDIATE_PROTECTION or State(view.state) not in _WORDS:
        raise NotFound  # she said nothing of which there could be a copy
    return PrintedPaper(PaperKind.RECEIPT, view.id, view.revision)


def receipt_paper(view: ConsentView, language: str, check: PaperCheck) -> Paper:
    said = words(language)["receipt"]
    last, state = view.revisions[-1], State(view.state)
    permits = state in PERMITTING
    return Paper(
        language=language,
        title=said["title"],
        before=[said[_WORDS[state]].format(day=day(last.at.date()))],
        rows=_rows(view.terms, language) if permits else (),
        after=[said["back"], said["safe"]] if permits else [said["safe"]],
        check=check,
    )


def _rows(terms: TermsView, language: str) -> list[PaperRow]:
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
        PaperRow(said["until"], [day(terms.valid_until.date())]),
        PaperRow(said["read"], [f"{terms.notice_version} ({terms.notice_language or terms.language})"]),
    ]


async def standing(tx: Transaction, paper: PrintedPaper, now: datetime) -> PaperStanding:
    """In force while the record permits and no later revision took the place of the one that was printed."""
    record = await records.find_record(tx, paper.subject_id)
    if record is None or record.revision != paper.version or record.terms.protects or not record.permits(now):
        return PaperStanding(in_force=False, since=None)
    return PaperStanding(in_force=True, since=(await records.said_at(tx, record.id, record.revision)).date())
