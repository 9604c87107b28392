"""The files of checklists: whole, in every language, and refused with the place of each mistake."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest

from contracts.checklist.faults import _all_texts
from contracts.checklist.reading import (
    ChecklistError,
    checked,
    list_schema,
    read_checklist,
    shipped,
    substance,
)
from contracts.codes import codes, in_the_standard, labels
from contracts.tools import generate

LISTS = Path("contracts/checklist/lists")
EVERY = {f"{one.code}.{one.version}": one for one in shipped()}
each = pytest.mark.parametrize("one", EVERY.values(), ids=EVERY)


def _document(name="field.1") -> dict:
    return json.loads((LISTS / f"{name}.json").read_text(encoding="utf-8"))


def test_the_labour_the_sexual_the_forced_criminality_and_the_short_list_are_shipped():
    assert {one.code for one in shipped() if one.in_use} == {
        "ilo-ec-labour",
        "ilo-ec-sexual",
        "forced-criminality",
        "field",
    }
    assert list(codes("checklist")) == [
        profile.code for one in shipped() for profile in one.profiles.values()
    ]
    assert labels("checklist", "km")["field-child"].startswith("បញ្ជីខ្លី")


@each
def test_a_list_asks_in_the_languages_of_the_cells_and_says_that_they_are_unreviewed(one):
    assert one.languages == ["en", "th", "km", "fr", "es", "vi"]
    assert one.unreviewed == ["th", "km", "fr", "es", "vi"]
    for question in one.questions():
        assert all(question.ask[language].endswith("?") for language in ("en", "fr", "es", "vi"))
        assert "\u0e01" <= question.ask["th"][0] <= "\u0e5b"
        assert "\u1780" <= question.ask["km"][0] <= "\u17f9"


@each
def test_every_question_has_a_reason_for_asking_in_every_language(one):
    for section in one.sections:
        for question in section.questions:
            assert set(question.why or section.why or {}) == set(one.languages)


@each
def test_no_text_of_a_list_says_who_is_a_victim_or_not(one):
    texts = [text for _, by_language in _all_texts(one) for text in by_language.values()]
    said = " ".join(texts)
    assert [
        word for word in ("victim", "เหยื่อ", "ជនរងគ្រោះ", "víctima", "nạn nhân") if word in said.lower()
    ] == []


def test_one_version_of_a_list_is_in_use():
    used = [one.code for one in shipped() if one.in_use]
    assert sorted(used) == sorted(set(used))
    assert {path.stem for path in LISTS.glob("*.json")} == set(EVERY), (
        "the name of a file is its code and version"
    )


def test_the_short_list_can_be_finished_in_five_minutes():
    questions = EVERY["field.1"].questions()
    assert len(questions) <= 13
    assert max(len(question.ask["en"]) for question in questions) <= 100


def test_what_of_the_sexual_exploitation_list_could_not_be_checked_is_said_in_the_file():
    one = EVERY["ilo-ec-sexual.2009-part"]
    unchecked = [question.code for question in one.questions() if question.unchecked]
    settled = [question.code for question in one.questions() if not question.unchecked]
    assert len(unchecked) == 66
    assert settled == ["exploitation.commercial_sex", "coercion_at_destination.forced_tasks"]
    assert [question.code for question in one.questions() if question.own] == ["exploitation.commercial_sex"]
    assert any(sentence.startswith("Not checked:") for sentence in one.unchecked)


@each
def test_the_json_schema_takes_the_file_and_refuses_a_member_that_nobody_knows(one):
    document = _document(f"{one.code}.{one.version}")
    jsonschema.validate(document, list_schema())
    assert json.loads(Path("contracts/checklist/schema.json").read_text(encoding="utf-8")) == list_schema()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "verdict": "yes"}, list_schema())


def _set(path, value):
    def spoil(document):
        *way, last = path
        for step in way:
            document = document[step]
        if value is None:
            del document[last]
        else:
            document[last] = value

    return spoil


QUESTION = ("sections", 1, "questions", 2)
FAULTS = [
    (_set(("verdict",), "yes"), "verdict: Extra inputs are not permitted"),
    (_set(("sections", 0, "why", "km"), None), "sections.0.why: no text in km"),
    (_set((*QUESTION, "ask", "th"), None), "sections.1.questions.2.ask: no text in th"),
    (_set((*QUESTION, "ask", "km"), " "), "sections.1.questions.2.ask.km: Value error, something must be written here"),
    (
        _set((*QUESTION, "ask", "fr"), "Does somebody else hold your papers or your telephone?"),
        "sections.1.questions.2.ask.fr: the English text stands here",
    ),
    (_set((*QUESTION, "ask", "de"), "Was?"), "sections.1.questions.2.ask.de: de is none of the languages"),
    (_set((*QUESTION, "code"), "means.violence"), "questions: means.violence stands there 2 times"),
    (_set((*QUESTION, "kind"), "one"), "sections.1.questions.2: only a question answered with yes or no has a weight or a flag"),
    (_set((*QUESTION, "weights", "adult"), "W"), "sections.1.questions.2.weights.adult: no rule counts W"),
    (_set((*QUESTION, "weights", "senior"), "M"), "sections.1.questions.2.weights.senior.[key]: Input should be 'adult' or 'child'"),
    (_set(("sections", 0, "questions", 0, "flag"), "hungry"), "sections.0.questions.0.flag"),
    (_set(("sections", 0, "questions", 0, "weights"), {"adult": "S"}), "sections.0: a section about now weighs nothing"),
    (_set(("sections", 1, "element"), None), "sections.1.element: missing"),
    (_set(("positive", 1, "at_least"), {"M": 4}), "positive.1: two-medium can never be the one that fires"),
    (_set(("positive", 1, "at_least"), {"S": 1, "M": 1}), "positive.1: two-medium can never be the one that fires"),
    (_set(("profiles", "child"), None), "profiles: the child's is missing"),
    (_set(("sections", 2, "element"), "means"), "profiles.adult.elements: no section asks about purpose"),
    (_set(("sections", 2, "questions", 0, "weights"), {}), None),
    (_set(("languages",), ["th", "km", "fr", "es", "vi"]), "languages: English is missing"),
    (_set(("unreviewed",), ["de"]), "unreviewed: de is none of the languages"),
    (_set(("choices",), {"yes": [{"code": "a", "label": {"en": "A"}}]}), "choices.yes: no question asks with it"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "said"), FAULTS, ids=[str(number) for number in range(len(FAULTS))])
def test_a_mistake_is_named_with_its_place(spoil, said):
    document = copy.deepcopy(_document())
    spoil(document)
    if said is None:
        checked(document)
        return
    with pytest.raises(ChecklistError) as refused:
        checked(document)
    assert [problem for problem in refused.value.problems if problem.startswith(said)] != []


def test_all_mistakes_are_named_at_once(tmp_path):
    document = _document()
    for spoil, _ in (FAULTS[1], FAULTS[2], FAULTS[4]):
        spoil(document)
    path = tmp_path / "field.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ChecklistError) as refused:
        read_checklist(path)
    assert len(refused.value.problems) == 3
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ChecklistError, match="file: not readable as JSON"):
        read_checklist(path)


def test_a_released_version_asks_and_weighs_the_same_for_ever(tmp_path, monkeypatch):
    document = _document()
    mended = copy.deepcopy(document)
    mended["sections"][1]["questions"][0]["ask"]["km"] = "តើអ្នកអាចចាកចេញបានឬទេ?"
    assert substance(checked(mended)) == substance(checked(document))
    changed = copy.deepcopy(document)
    changed["sections"][1]["questions"][0]["weights"]["adult"] = "M"
    others = [one for one in shipped() if one.code != "field"]
    monkeypatch.setattr(generate, "shipped", lambda: [*others, checked(changed)])
    assert list(generate._changed_checklists(Path())) == [
        "contracts/checklist/lists: field 1 is released and asks or weighs something else now: make a new version"
    ]
    monkeypatch.setattr(generate, "shipped", lambda: others)
    assert list(generate._changed_checklists(Path())) == [
        "contracts/checklist/lists: field 1 is released and gone; keep it, with `in_use` false"
    ]


def test_forced_criminality_is_a_code_of_our_own_and_other_in_the_standard():
    name = "vic_TypeOfExploitation"
    assert codes(name)["cor_ForcedCriminality"] == "Forced criminality"
    assert in_the_standard(name, "cor_ForcedCriminality") == "Other"
    assert {code: in_the_standard(name, code) for code in codes(name) if not code.startswith("cor_")} == {
        code: code for code in codes(name) if not code.startswith("cor_")
    }
