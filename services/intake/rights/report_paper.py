"""The report of her data on paper: a first page that tells nothing of her, and everything that is held from the second on."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby

from chassis.printing.paper import Paper, PaperCheck, PaperEntry, PaperRow, PaperSection
from chassis.printing.words import day, words
from contracts import codes
from services.intake.rights.report import AccessReport, ReportSection, ReportValue

MOMENT, REVISION = ("at", "organisation", "by"), "revision"
_BETWEEN = " · "


def label_language(language: str) -> str:
    """The language of the labels; in one that has none they are English, and the paper says so."""
    return language if language in codes.LANGUAGES else codes.ENGLISH


def paper_of(shown: AccessReport, language: str, today: date, check: PaperCheck | None) -> Paper:
    file = words(language)
    said = file["report"]
    foreign = [said["foreign"]] if shown.language != language else []
    return Paper(
        language=language,
        title=file["receipt"]["title"],
        before=[
            said["made"].format(day=day(today)),
            said["looked"],
            said["elsewhere"],
            said["gone"],
            *foreign,
        ],
        after=[file["receipt"]["safe"]],
        sections=[_section(one, said["stays"]) for one in shown.sections],
        check=check,
    )


def _section(section: ReportSection, stays: str) -> PaperSection:
    note = None if section.kept_for_label is None else stays.format(why=section.kept_for_label)
    return PaperSection(section.label, note, list(_entries(section.rows)))


def _entries(rows: Iterable[Sequence[ReportValue]]) -> Iterator[PaperEntry]:
    """A row each, but for fields that were recorded in one go, of which each is one line."""
    lines = ((_head(row), _lines(row)) for row in rows)
    for (head, alone), run in groupby(lines, lambda one: (one[0], len(one[1]) == 1)):
        if alone:
            yield PaperEntry(head, [line for _, row in run for line in row])
        else:
            yield from (PaperEntry(head, row) for _, row in run)


def _head(row: Iterable[ReportValue]) -> str:
    known = {one.name: one for one in row if one.shown}
    said = [known[name].shown for name in MOMENT if name in known]
    revision = [f"{known[REVISION].label} {known[REVISION].shown}"] if REVISION in known else []
    return _BETWEEN.join([*said, *revision])


def _lines(row: Iterable[ReportValue]) -> list[PaperRow]:
    told = (one for one in row if one.shown and one.name not in {*MOMENT, REVISION})
    return [PaperRow(one.label, one.shown.splitlines()) for one in told]
