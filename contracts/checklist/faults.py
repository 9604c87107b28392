"""The faults of a checklist that its schema cannot name: each is a sentence that begins with its place in the file."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product

from contracts.casefile.decided import DECIDED_ELSEWHERE
from contracts.casefile.fields import FIELDS
from contracts.checklist.forms import (
    ChecklistFile,
    Element,
    Kind,
    Profile,
    QuestionForm,
    RuleForm,
    SectionForm,
    Texts,
    Weight,
)
from contracts.codes import codes

ENGLISH = "en"


def faults(one: ChecklistFile) -> Iterator[str]:
    """Every fault, in the order of the file."""
    yield from _languages(one)
    yield from _texts(one)
    yield from _codes(one)
    yield from _kinds(one)
    yield from _screening(one) if one.purpose == "screening" else _form(one)


def _languages(one: ChecklistFile) -> Iterator[str]:
    if ENGLISH not in one.languages:
        yield "languages: English is missing, from which the others are made"
    for language in one.unreviewed:
        if language not in one.languages:
            yield f"unreviewed: {language} is none of the languages"


def _texts(one: ChecklistFile) -> Iterator[str]:
    for place, texts in _all_texts(one):
        for language in one.languages:
            if language not in texts:
                yield f"{place}: no text in {language}"
        for language, text in texts.items():
            if language not in one.languages:
                yield f"{place}.{language}: {language} is none of the languages"
            elif place.endswith(".ask") and language != ENGLISH and text == texts.get(ENGLISH):
                yield f"{place}.{language}: the English text stands here"


def _all_texts(one: ChecklistFile) -> Iterator[tuple[str, Texts]]:
    for name, profile in one.profiles.items():
        yield f"profiles.{name}.title", profile.title
    for at, section in enumerate(one.sections):
        yield f"sections.{at}.title", section.title
        if section.why is not None:
            yield f"sections.{at}.why", section.why
        for number, question in enumerate(section.questions):
            place = f"sections.{at}.questions.{number}"
            yield f"{place}.ask", question.ask
            if question.why is not None:
                yield f"{place}.why", question.why
    for listed, choices in one.choices.items():
        for number, choice in enumerate(choices):
            yield f"choices.{listed}.{number}.label", choice.label


def _codes(one: ChecklistFile) -> Iterator[str]:
    """Codes that stand twice."""
    yield from _twice("sections", [section.code for section in one.sections])
    yield from _twice("questions", [question.code for question in one.questions()])
    yield from _twice("field", [question.field for question in one.questions() if question.field])
    yield from _twice("positive", [rule.rule for rule in one.positive])
    yield from _twice("profiles", [profile.code for profile in one.profiles.values()])
    for name, choices in one.choices.items():
        yield from _twice(f"choices.{name}", [choice.code for choice in choices])


def _twice(place: str, names: list[str]) -> Iterator[str]:
    yield from (
        f"{place}: {name} stands there {times} times" for name, times in Counter(names).items() if times > 1
    )


def _kinds(one: ChecklistFile) -> Iterator[str]:
    used = set()
    for place, question in _placed(one):
        chosen = question.kind in {Kind.ONE, Kind.MANY}
        used.add(question.choices)
        if chosen and question.choices not in one.choices:
            yield f"{place}.choices: no list of that name stands under `choices`"
        if not chosen and question.choices is not None:
            yield f"{place}.choices: an answer of this kind is not chosen from a list"
        if question.kind is not Kind.ANSWER and (question.weights or question.flag):
            yield f"{place}: only a question answered with yes or no has a weight or a flag"
        if question.field is not None:
            codes_of = [choice.code for choice in one.choices.get(question.choices or "", [])]
            yield from _of_field(f"{place}.field", question.field, codes_of)
    yield from (f"choices.{name}: no question asks with it" for name in one.choices if name not in used)


def _of_field(place: str, name: str, choices: list[str]) -> Iterator[str]:
    if name in DECIDED_ELSEWHERE:
        yield f"{place}: {DECIDED_ELSEWHERE[name]}"
    known = FIELDS[name].codelist
    unknown = [code for code in choices if known is None or code not in codes(known)]
    if unknown:
        yield f"{place}: {name} does not take {', '.join(unknown[:5])}"


def _placed(one: ChecklistFile) -> Iterator[tuple[str, QuestionForm]]:
    for at, section in enumerate(one.sections):
        for number, question in enumerate(section.questions):
            yield f"sections.{at}.questions.{number}", question


def _form(one: ChecklistFile) -> Iterator[str]:
    if one.profiles or one.positive or any(question.weights for question in one.questions()):
        yield "purpose: a form has no profiles, no weights and no rules"


def _screening(one: ChecklistFile) -> Iterator[str]:
    if Profile.CHILD not in one.profiles:
        yield "profiles: the child's is missing, and who is not shown to be adult is asked as a child"
    for place, question in _placed(one):
        yield from (
            f"{place}.weights: there is no profile {name}"
            for name in question.weights
            if name not in one.profiles
        )
    for at, section in enumerate(one.sections):
        yield from _section(one, f"sections.{at}", section)
    for name, profile in one.profiles.items():
        for element in profile.elements:
            if not any(section.element == element for section in one.sections):
                yield f"profiles.{name}.elements: no section asks about {element}"
    for at, rule in enumerate(one.positive):
        if not any(fires_first(one, at, section, name) for section in one.sections for name in one.profiles):
            yield f"positive.{at}: {rule.rule} can never be the one that fires, in no section of any profile"


def _section(one: ChecklistFile, place: str, section: SectionForm) -> Iterator[str]:
    if section.element is None:
        yield f"{place}.element: missing"
    if section.element in {None, Element.NOW}:
        if any(question.weights for question in section.questions):
            yield f"{place}: a section about now weighs nothing"
        return
    for name in one.profiles:
        if not any(fires_first(one, at, section, name) for at in range(len(one.positive))):
            yield f"{place}: no rule can fire with its weights for {name}"
    weighed = {weight for rule in one.positive for weight in rule.at_least}
    for number, question in enumerate(section.questions):
        for name, weight in question.weights.items():
            if weight not in weighed:
                yield f"{place}.questions.{number}.weights.{name}: no rule counts {weight}"


def fires_first(one: ChecklistFile, at: int, section: SectionForm, profile: Profile) -> bool:
    """True where some answers to this section make exactly this rule the one that is named."""
    there = Counter(q.weights[profile] for q in section.questions if profile in q.weights)
    most = {
        weight: min(there[weight], max(rule.at_least.get(weight, 0) for rule in one.positive))
        for weight in there
    }
    for counts in product(*(range(limit + 1) for limit in most.values())):
        said = dict(zip(most, counts, strict=True))
        if [_fires(rule, said) for rule in one.positive[: at + 1]] == [False] * at + [True]:
            return True
    return False


def _fires(rule: RuleForm, said: Mapping[Weight, int]) -> bool:
    return all(said.get(weight, 0) >= least for weight, least in rule.at_least.items())
