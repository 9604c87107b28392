"""A form of the cell's own that an intake is asked with: its questions, the fields that their answers are, and what is kept of them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.casefile.partial_date import InvalidDate
from contracts.casefile.text import InvalidText, paragraph
from contracts.checklist.forms import ChecklistFile, Kind, QuestionForm
from contracts.codes import ENGLISH, codes
from services.intake.identification.domain.checklist import YES

Answer = str | list[str]
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)


class InvalidAnswer(ValueError):
    """An answer that does not fit its question. `code` and message name what is wrong, never the answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class AskedForm:
    """One version of a form, and how a date is read in its country."""

    file: ChecklistFile
    canonical_date: Callable[[str], str]

    def strange(self, answers: Mapping[str, object]) -> int:
        """How many answers are to no question of this form."""
        known = {question.code for question in self.file.questions()}
        return sum(1 for code in answers if code not in known)

    def raised(self, answers: Mapping[str, Answer | None]) -> frozenset[str]:
        """The urgent flags that these answers raise."""
        asked = self.file.questions()
        return frozenset(one.flag for one in asked if one.flag is not None and answers.get(one.code) == YES)

    def faults(self, answers: Mapping[str, Answer]) -> Iterator[tuple[str, InvalidAnswer]]:
        """Question → why its answer cannot be taken, and each question that must have one and has none."""
        for question in self.file.questions():
            try:
                self._canonical(question, answers)
            except InvalidAnswer as error:
                yield question.code, error

    def fields(self, answers: Mapping[str, Answer]) -> dict[str, tuple[str, Answer]]:
        """Field of the case file → the question that it is the answer to, and the answer."""
        return {
            one.field: (one.code, answers[one.code])
            for one in self.file.questions()
            if one.field is not None and one.code in answers
        }

    def record(self, answers: Mapping[str, Answer]) -> list[dict[str, Answer]]:
        """The record of the answers: each question that was answered as it was asked (in English), with the answer and its words, so that
        it can be read when the form is no longer among those of the cell.
        """
        return [
            {
                "question": question.code,
                "ask": question.ask[ENGLISH],
                "answer": kept,
                "shown": self._words(question, kept),
            }
            for question in self.file.questions()
            if (kept := self._canonical(question, answers)) is not None
        ]

    def _canonical(self, question: QuestionForm, answers: Mapping[str, Answer]) -> Answer | None:
        answer = answers.get(question.code)
        if answer is None or answer in ("", []):
            if question.required:
                raise InvalidAnswer("missing", "this form must have an answer to this question")
            return None
        if question.kind is Kind.MANY:
            return [self._chosen(question, one) for one in ([answer] if isinstance(answer, str) else answer)]
        if not isinstance(answer, str):
            raise InvalidAnswer("one-answer", "this question takes one answer")
        return self._single(question, answer)

    def _single(self, question: QuestionForm, answer: str) -> str:
        if question.kind in {Kind.ONE, Kind.ANSWER}:
            return self._chosen(question, answer)
        if question.kind is Kind.NUMBER and not _NUMBER.fullmatch(answer.strip()):
            raise InvalidAnswer("invalid", "must be a number")
        try:
            return self.canonical_date(answer) if question.kind is Kind.DATE else paragraph(answer)
        except InvalidDate as error:
            raise InvalidAnswer("invalid", str(error)) from None
        except InvalidText as error:
            raise InvalidAnswer(error.code, str(error)) from None

    def _chosen(self, question: QuestionForm, answer: str) -> str:
        if answer not in self._choices(question):
            raise InvalidAnswer("unknown-code", "this is none of the choices of the question")
        return answer

    def _choices(self, question: QuestionForm) -> Mapping[str, str]:
        if question.kind is Kind.ANSWER:
            return codes("answer")
        return {one.code: one.label[ENGLISH] for one in self.file.choices[question.choices or ""]}

    def _words(self, question: QuestionForm, kept: Answer) -> str:
        if question.kind not in {Kind.ONE, Kind.MANY, Kind.ANSWER}:
            return str(kept)
        words = self._choices(question)
        return ", ".join(words[one] for one in ([kept] if isinstance(kept, str) else kept))


def in_use(forms: Sequence[ChecklistFile]) -> Mapping[str, ChecklistFile]:
    """The forms that an intake can be begun with, by their codes."""
    return {one.code: one for one in forms if one.in_use}


def of_version(forms: Sequence[ChecklistFile], code: str, version: str) -> ChecklistFile | None:
    """A form as it was begun with, in use or not; None where its file is gone."""
    return next((one for one in forms if (one.code, one.version) == (code, version)), None)
