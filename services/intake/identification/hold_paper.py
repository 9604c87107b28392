"""The certificate of a hold: who stays in the country, and until when at least; never why."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from chassis.clock import day_of
from chassis.database import Transaction
from chassis.printing.paper import Paper, PaperCheck, PaperRow
from chassis.printing.papers import PaperKind, PaperStanding, PrintedPaper
from chassis.printing.words import country_name, day, words
from contracts.country.reading import Country
from services.intake.casefile.domain.index_texts import FULL_NAME, NAME_PARTS
from services.intake.casefile.store import records
from services.intake.identification.store import certificates
from services.intake.identification.store.certificates import CertifiedHold

NO_NAME = "." * 40
"""Room for a name by hand."""


async def sealed_name(tx: Transaction, case_id: UUID) -> dict[str, str]:
    """The fields of her name that were recorded here, sealed."""
    own = await records.own_fields(tx, case_id)
    return {name: value for name, value in own.items() if name in {FULL_NAME, *NAME_PARTS}}


def full_name(opened: Mapping[str, str]) -> str:
    parts = [opened[name] for name in NAME_PARTS if name in opened]
    return opened.get(FULL_NAME) or " ".join(parts) or NO_NAME


def paper_of(hold: CertifiedHold, name: str, country: Country, language: str, check: PaperCheck) -> Paper:
    said = words(language)["hold"]
    since, until = (day_of(at, country.zone) for at in (hold.placed_at, hold.lifted_at or hold.until))
    return Paper(
        language=language,
        title=said["title"],
        before=[said["says"]] if hold.lifted_at is None else [said["ended"]],
        rows=[
            PaperRow(said["name"], [name]),
            PaperRow(said["place"], [country_name(country.code, language)]),
            PaperRow(said["since"], [day(since)]),
            PaperRow(said["until"], [day(until)]),
        ],
        after=[said["asks"]],
        check=check,
    )


async def standing(tx: Transaction, paper: PrintedPaper, now: datetime) -> PaperStanding | None:
    if paper.kind is not PaperKind.HOLD:
        return None
    found = await certificates.any_hold(tx, paper.subject_id)
    if found is None or not found.in_force(now):
        return PaperStanding(in_force=False, since=None)
    return PaperStanding(in_force=True, since=found.placed_at)
