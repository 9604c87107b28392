"""What a clinician found, as returns keeps it: a text of its own form, which a page says in words."""

from datetime import date

from pydantic import BaseModel, ValidationError

from services.console.words import Reader


class Certificate(BaseModel):
    issued_on: date
    valid_until: date


class Fitness(BaseModel):
    fit: bool
    assessed_on: date
    weeks: int | None = None
    multiple: bool = False
    birth_on: date | None = None
    newborn: bool = False
    escort: bool = False
    certificate: Certificate | None = None


def findings(text: str, reader: Reader) -> list[str]:
    """The sentences of the findings; the text itself, where it is of another form."""
    try:
        found = Fitness.model_validate_json(text)
    except ValidationError:
        return [text]
    say, day = reader.say, reader.day
    weeks, birth, paper = found.weeks, found.birth_on, found.certificate
    said = (
        say("Fit to travel") if found.fit else say("Not fit to travel"),
        say("Examined on %(date)s", date=day(found.assessed_on)),
        weeks is not None and say("Completed weeks of pregnancy: %(number)s", number=reader.number(weeks)),
        found.multiple and say("She expects more than one child"),
        birth and say("Last birth on %(date)s", date=day(birth)),
        found.newborn and say("A newborn child travels with her"),
        found.escort and say("She may travel only with somebody beside her"),
        paper and say("Medical certificate from %(first)s to %(last)s", first=day(paper.issued_on), last=day(paper.valid_until)),
    )  # fmt: skip
    return [sentence for sentence in said if sentence]
