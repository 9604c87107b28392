"""Code lists: whole, clean, and refusing what they do not know without repeating it."""

import json
import re
from collections import Counter, defaultdict
from importlib.resources import files
from typing import Annotated, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.casefile.fields import FIELDS
from contracts.catalogue import CATALOGUE
from contracts.codes import (
    LANGUAGES,
    UnknownCode,
    codes,
    content,
    known,
    labels,
    names,
    reviewed,
    unlabelled,
)
from contracts.disclosure import _STATE_REFUSALS, _WITHHELD_BECAUSE, role_needs
from contracts.types import CODE_PATTERN, Code, KnownCode

LISTS = names()
OTHER_LANGUAGES = tuple(language for language in LANGUAGES if language != "en")
SCRIPTS = {"th": re.compile("[\u0e01-\u0e5b]"), "km": re.compile("[\u1780-\u17f9]")}

NAMED_IN_THE_DESIGN = {
    "answer", "border_refusal", "channel", "checklist", "consent_state", "country", "currency", "data_category",
    "disclosure_refusal", "field", "half", "item_class", "language", "need", "notification_channel",
    "notification_template", "process", "purpose", "reason", "recall_answer", "recall_reason", "recipient_role",
    "referral_failure", "referral_hold", "referral_outcome", "referral_rejection", "referral_state", "resource",
    "return_block", "return_half", "return_outcome", "return_state", "risk_result", "service", "urgency",
    "withheld_reason", "org_Type", "prs_Gender", "vic_TypeOfExploitation", "vic_TraffickingStatus",
}  # fmt: skip


SAME: dict[str, set[str]] = defaultdict(set)
"""Labels that two codes of a list share."""


def test_every_list_named_in_the_design_exists() -> None:
    assert set(LISTS) >= NAMED_IN_THE_DESIGN


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_well_formed_and_its_codes_can_travel(name: str) -> None:
    content = json.loads(files("contracts.codes").joinpath(f"{name}.json").read_text(encoding="utf-8"))
    needed, others = (
        {"name", "source", "version", "codes", "unreviewed"},
        {"labels", "labelled_as", "reserved", "standard"},
    )
    assert needed <= set(content) <= needed | others
    assert content["name"] == name
    assert set(content.get("reserved", ())) <= set(content["codes"])
    assert content["codes"]
    for code, label in content["codes"].items():
        assert re.fullmatch(CODE_PATTERN, code), (name, code)
        assert label == label.strip() != ""


@pytest.mark.parametrize("name", LISTS)
def test_every_code_has_a_label_in_every_language_and_no_label_is_left_over(name: str) -> None:
    assert unlabelled(name) == {}
    read = content(name)
    theirs = {code for other in read.get("labelled_as", ()) for code in codes(other)}
    for language in OTHER_LANGUAGES:
        own = read.get("labels", {}).get(language, {})
        assert set(own) | (theirs & set(codes(name))) == set(codes(name)), language
        assert set(own) & theirs == set(), "said twice"
        assert all(label == label.strip() != "" for label in labels(name, language).values())


@pytest.mark.parametrize("name", LISTS)
def test_a_label_is_written_in_the_script_of_its_language_unless_it_is_a_name(name: str) -> None:
    for language, script in SCRIPTS.items():
        shown = labels(name, language)
        strange = {code for code, label in shown.items() if not script.search(label)}
        assert {code for code in strange if shown[code] != codes(name)[code]} == set(), language


@pytest.mark.parametrize("name", LISTS)
def test_what_is_labelled_as_in_another_list_means_the_same_there(name: str) -> None:
    for other in content(name).get("labelled_as", ()):
        both = set(codes(other)) & set(codes(name))
        assert {code: codes(name)[code] for code in both} == {code: codes(other)[code] for code in both}


def test_a_label_that_was_made_here_is_marked_until_a_native_speaker_has_looked_at_it() -> None:
    assert {language: reviewed("referral_state", language) for language in LANGUAGES} == {
        "en": True,
        "th": False,
        "km": False,
        "fr": False,
        "es": False,
    }
    assert all(reviewed("country", language) for language in LANGUAGES)
    assert not reviewed("need", "km"), "a list that is labelled as another is as little reviewed"


def test_two_codes_of_a_list_are_told_apart_in_every_language() -> None:
    for name, language in ((name, language) for name in LISTS for language in LANGUAGES):
        twice = [label for label, times in Counter(labels(name, language).values()).items() if times > 1]
        assert (name, language, [one for one in twice if one not in SAME[name]]) == (name, language, [])


def test_an_unknown_code_is_refused_and_the_message_names_the_list_and_not_the_value() -> None:
    with pytest.raises(UnknownCode) as refused:
        known("purpose")("deportation")
    assert str(refused.value) == "not a code of the list 'purpose'"


def test_an_unknown_code_passes_inside_a_cell_and_is_refused_at_an_edge() -> None:
    inside = TypeAdapter(Annotated[str, Code("purpose")])
    edge = TypeAdapter(Annotated[str, KnownCode("purpose")])
    assert inside.validate_json('"from-a-newer-version"') == "from-a-newer-version"
    assert edge.validate_json('"protection"') == "protection"
    with pytest.raises(ValidationError):
        edge.validate_json('"from-a-newer-version"')


@pytest.mark.parametrize("text", ["", "two words", "a\n", "ก", "x" * 81])
def test_a_text_that_is_no_code_at_all_is_refused_everywhere(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Annotated[str, Code("purpose")]).validate_python(text)


def test_a_list_that_does_not_exist_is_an_error_of_the_program() -> None:
    with pytest.raises(KeyError):
        codes("no_such_list")


def test_there_are_249_countries_and_namibia_is_one_of_them() -> None:
    assert len(codes("country")) == 249
    assert codes("country")["NA"] == "Namibia"
    assert codes("country")["KH"] == "Cambodia"


def test_a_stateless_person_has_a_code_beside_the_citizenships() -> None:
    assert set(codes("prs_Citizenship")) == set(codes("country")) | {"XXA", "XXX"}


def test_a_trailing_space_in_the_published_picklist_is_gone() -> None:
    assert "DebtBondage" in codes("vic_MethodsOfControl")
    assert len(codes("vic_MethodsOfControl")) == 16


def test_no_purpose_role_or_service_is_enforcement_or_removal() -> None:
    words = re.compile("deport|remov|enforce|polic|immigration|detention|prosecut", re.IGNORECASE)
    for name in ("purpose", "recipient_role", "service", "need"):
        for code, label in codes(name).items():
            assert not words.search(code), code
            assert not words.search(label), label


def test_reason_is_the_union_of_the_lists_that_a_process_code_may_carry() -> None:
    parts = (
        "referral_rejection",
        "referral_hold",
        "referral_failure",
        "referral_outcome",
        "return_outcome",
        "return_suspension",
        "risk_result",
    )
    assert set(codes("reason")) == {code for part in parts for code in codes(part)}


def test_the_field_list_is_the_case_file() -> None:
    assert codes("field") == {field.name: field.label for field in FIELDS.values()}


def test_role_needs_know_every_role_and_only_known_categories() -> None:
    assert set(role_needs()) == set(codes("recipient_role"))
    for categories in role_needs().values():
        assert categories <= set(codes("data_category"))


def test_the_disclosure_answers_in_codes_of_its_lists() -> None:
    assert set(_STATE_REFUSALS) <= set(codes("consent_state"))
    assert set(_STATE_REFUSALS.values()) | set(_WITHHELD_BECAUSE) <= set(codes("disclosure_refusal"))
    assert set(_WITHHELD_BECAUSE.values()) <= set(codes("withheld_reason"))


def test_every_code_field_of_every_event_names_a_list_that_exists() -> None:
    named = {
        meta.name
        for entry in CATALOGUE
        for field in entry.event.model_fields.values()
        for meta in [
            *field.metadata,
            *(m for a in get_args(field.annotation) for m in getattr(a, "__metadata__", ())),
        ]
        if isinstance(meta, Code)
    }
    assert named
    assert named <= set(LISTS)
