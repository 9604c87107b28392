"""The steps of asking her, and their questions. What an answer must be is said by the service alone.

A question that has `empty` is not passed over silently; whatever else is missing or wrong the service says when it is saved, beside the question.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.console.words import marked

Typed = Mapping[str, list[str]]
METHODS = {
    "signature": marked("She signed"),
    "thumbprint": marked("She gave her thumbprint"),
    "spoken-before-witness": marked("She said it before a witness"),
}
SPEAKERS = {
    "self": marked("She herself"),
    "supported": marked("She herself, with somebody who supports her"),
    "guardian": marked("Her guardian: she is a child"),
    "best-interests": marked("An authority, in her best interests: she is a child without a guardian"),
}
ASSENTS = {
    "given": marked("She agrees too"),
    "declined": marked("She does not want it"),
    "too-young": marked("She is too young to be asked"),
    "not-asked": marked("She was not asked"),
}
ENDINGS = {
    "tell-any-worker": marked("She tells any worker"),
    "hotline": marked("She calls the telephone line"),
    "in-writing": marked("She writes"),
}
ANSWERS = {"given": marked("Yes"), "refused": marked("No")}
PERIODS = {
    "30": marked("30 days"),
    "90": marked("90 days"),
    "180": marked("180 days"),
    "365": marked("One year"),
    "day": marked("Until a day that she chooses"),
}
OWN_DAY = "day"
YES = "yes"
HANDS_OVER, TAKEN_ON, LINKED_STAY = "hands_over", "taken_on", "linked_stay"
CHOOSE = marked("Choose at least one")
ANSWER = marked("Choose one of the answers")


@dataclass(frozen=True, slots=True)
class AskingQuestion:
    """One question. `codes` is its code list, `said` are its own answers; those of `of` come from the services."""

    name: str
    kind: Literal["many", "one", "list", "line", "tick", "day"]
    title: str
    hint: str = ""
    codes: str = ""
    said: Mapping[str, str] | None = None
    of: Literal["", "recipients", "here", "notices", "agencies"] = ""
    empty: str = ""

    def fault(self, typed: Typed) -> str | None:
        return self.empty if self.empty and not "".join(typed.get(self.name, ())).strip() else None


class OwnDay(AskingQuestion):
    """The day on which it ends, where she chooses one herself."""

    def fault(self, typed: Typed) -> str | None:
        return (
            None if says(typed, "period") != OWN_DAY or day_of(typed, self.name) else marked("Choose the day")
        )


@dataclass(frozen=True, slots=True)
class AskingStep:
    """One page of questions. `owns` are members of the form that it is answerable for beside its questions."""

    name: str
    title: str
    questions: Sequence[AskingQuestion] = ()
    owns: Sequence[str] = ()
    asked: Callable[[Typed], bool] = lambda _: True

    def answers_for(self, member: str) -> bool:
        return member in self.owns or any(question.name == member for question in self.questions)


def says(typed: Typed, name: str) -> str:
    return "".join(typed.get(name, ())[:1]).strip()


def day_of(typed: Typed, name: str) -> date | None:
    try:
        return date.fromisoformat(says(typed, name))
    except ValueError:
        return None


def refuses(typed: Typed) -> bool:
    return says(typed, "decision") == "refused"


def hands_over(typed: Typed) -> bool:
    """True where her yes hands her over as well."""
    return bool(says(typed, HANDS_OVER))


def asked_of_many(typed: Typed) -> bool:
    return not hands_over(typed)


def _agrees(typed: Typed) -> bool:
    return not refuses(typed)


def _another_speaks(typed: Typed) -> bool:
    return _agrees(typed) and says(typed, "capacity") in {"guardian", "best-interests"}


WHAT = AskingStep(
    "what",
    marked("What should be told to whom?"),
    (
        AskingQuestion(
            "recipients", "many", marked("To whom?"), marked("She is told each of them. Nobody else will be told."), of="recipients", empty=CHOOSE
        ),
        AskingQuestion("purposes", "many", marked("What for?"), codes="purpose", empty=CHOOSE),
        AskingQuestion(
            "categories", "many", marked("What may they be told?"),
            marked("Each of them is told only what it needs for its help."), codes="data_category", empty=CHOOSE,
        ),
    ),
    asked=asked_of_many,
)  # fmt: skip
AGENCY = AskingStep(
    "agency",
    marked("Who takes her case on?"),
    (
        AskingQuestion(
            TAKEN_ON, "list", marked("Who should take it on, and with what help first?"),
            marked("Only in this country. Once they have accepted, her case is theirs, and closed to you."), of="agencies", empty=ANSWER,
        ),
        AskingQuestion("urgency", "one", marked("How urgent is it?"), codes="urgency", empty=ANSWER),
        AskingQuestion(
            "categories", "many", marked("What may they be told?"),
            marked("Of what is recorded about her. What she does not agree to stays with you."), codes="data_category", empty=CHOOSE,
        ),
        AskingQuestion(
            LINKED_STAY, "tick", marked("Somebody is linked with her"), marked("Who is linked with her is not handed over with her."),
            said={YES: marked("I have thought of that person, who stays here")},
        ),
    ),
    ("transfer", "recipients", "service", "fields"),
    asked=hands_over,
)  # fmt: skip
"""The first step where her yes hands her over."""
LANGUAGE = AskingStep(
    "language",
    marked("In which language is it explained to her?"),
    (
        AskingQuestion("notice_language", "one", marked("The text is read out in"), of="notices", empty=ANSWER),
        AskingQuestion(
            "language", "list", marked("An interpreter says it in another language"),
            marked("Leave this empty if the text is in her language."), codes="language",
        ),
    ),
)  # fmt: skip
NOTICE = AskingStep(
    "notice",
    marked("Read this out to her"),
    (
        AskingQuestion(
            "risks_explained", "tick", marked("Before she answers"),
            said={YES: marked("I have read this out to her, explained the risks and answered her questions")},
            empty=marked("She is asked only after this was explained to her"),
        ),
        AskingQuestion("decision", "one", marked("Does she agree?"), said=ANSWERS, empty=ANSWER),
    ),
    ("notice_version",),
)  # fmt: skip
HOW = AskingStep(
    "how",
    marked("How was it given?"),
    (
        AskingQuestion("capacity", "one", marked("Who agreed?"), said=SPEAKERS, empty=ANSWER),
        AskingQuestion("method", "one", marked("In which way?"), said=METHODS, empty=ANSWER),
        AskingQuestion("witness", "line", marked("Name of the witness"), marked("If it was said before a witness")),
        AskingQuestion("interpreter", "line", marked("Name of the interpreter"), marked("If somebody interpreted")),
        AskingQuestion(
            "interpreter_undertaking", "tick", marked("The interpreter"), said={YES: marked("The interpreter has promised to tell nobody")}
        ),
    ),
    asked=_agrees,
)  # fmt: skip
SPEAKER = AskingStep(
    "speaker",
    marked("Who speaks for her?"),
    (
        AskingQuestion("guardian", "line", marked("Name of the guardian"), marked("If a guardian agreed")),
        AskingQuestion("guardian_relationship", "list", marked("What the guardian is to her"), codes="guardian_relationship"),
        AskingQuestion(
            "decided_by", "list", marked("Who decided what is best for her?"), marked("If she has no guardian"), of="here"
        ),
        AskingQuestion("assent", "one", marked("What does she herself say?"), said=ASSENTS, empty=ANSWER),
    ),
    asked=_another_speaks,
)  # fmt: skip
UNTIL = AskingStep(
    "until",
    marked("How long, and what comes back?"),
    (
        AskingQuestion("period", "one", marked("How long may it be used?"), said=PERIODS, empty=ANSWER),
        OwnDay("until_day", "day", marked("The last day"), marked("If she chooses a day herself")),
        AskingQuestion(
            "back_categories", "many", marked("What may they tell you back?"),
            marked("If nothing is chosen, they tell you nothing about her."), codes="data_category",
        ),
        AskingQuestion("withdrawal_method", "one", marked("Which way to take it back was she told of?"), said=ENDINGS, empty=ANSWER),
    ),
    ("valid_until",),
    asked=_agrees,
)  # fmt: skip
CHECK = AskingStep("check", marked("Check what is saved"))
STEPS = (WHAT, AGENCY, LANGUAGE, NOTICE, HOW, SPEAKER, UNTIL, CHECK)
