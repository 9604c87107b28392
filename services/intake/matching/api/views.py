"""The view of a case that may be the one that is looked for: as much as lets it be known again."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from chassis.database import Transaction
from contracts.casefile.buddhist_era import buddhist_era
from contracts.casefile.partial_date import PartialDate
from contracts.types import Code
from services.intake.casefile import queries
from services.intake.casefile.domain.index_texts import BIRTHDATE, NAMES, names_of
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.worklist_queries import CaseSummary
from services.intake.matching.domain.likeness import Band
from services.intake.matching.finding import Match

RESOURCE = "match"


class MatchView(CaseSummary):
    """A case that may be the one, with the name and date of birth as they are known here; `agrees`: what is alike."""

    band: Annotated[str, Code("match_band")]
    agrees: list[Annotated[str, Code("match_agreement")]]
    name: str | None
    born: str | None
    born_buddhist: Annotated[
        str | None, Field(description="the same in the Buddhist era, where the country counts by it")
    ]


async def shown(tx: Transaction, matches: Sequence[Match], *, buddhist: bool) -> list[MatchView]:
    """The views of these matches, in their order. Each is a reading of its case, by the names of what is shown."""
    cases = await queries.summaries(tx, [one.case_id for one in matches])
    views = [_view(one, cases, buddhist=buddhist) for one in matches if one.case_id in cases]
    for one in matches:
        read = tuple({*NAMES, BIRTHDATE} & one.candidate.fields.keys())
        tx.say(record_read(one.case_id, RESOURCE, fields=read))
    return views


def _view(match: Match, cases: Mapping[UUID, CaseSummary], *, buddhist: bool) -> MatchView:
    fields, likeness = match.candidate.fields, match.likeness
    born = fields.get(BIRTHDATE)
    return MatchView(
        **cases[match.case_id].model_dump(),
        band=likeness.band or Band.POSSIBLE,
        agrees=list(likeness.agreements),
        name=next(iter(names_of(fields)), None),
        born=born,
        born_buddhist=buddhist_era(PartialDate.parse(born)) if buddhist and born is not None else None,
    )
