"""Who needs to know: the table as a person would say it, written down here by hand and not read from the file."""

import json
from importlib.resources import files

import pytest

from contracts.casefile.fields import FIELDS
from contracts.codes import codes
from contracts.disclosure import role_needs

NEEDED = {
    "shelter": "identity contact demographic needs health family",
    "health": "identity contact demographic needs health family",
    "legal": "identity contact demographic documents exploitation formal-status needs",
    "reintegration": "identity contact demographic documents needs health family outcome",
    "coordination": "identity contact demographic documents formal-status needs family outcome",
    "family-tracing": "identity contact demographic family",
}


def test_a_role_is_told_exactly_what_its_help_needs():
    assert {role: sorted(needs) for role, needs in role_needs().items()} == {
        role: sorted(needs.split()) for role, needs in NEEDED.items()
    }


@pytest.mark.parametrize(
    ("role", "field"),
    [
        ("health", "cor_Dependants"),
        ("health", "prs_NumberOfChildren"),
        ("health", "cor_Pregnancy"),
        ("reintegration", "cor_Health"),
        ("reintegration", "cor_Pregnancy"),
        ("reintegration", "cor_Dependants"),
        ("shelter", "cor_Dependants"),
        ("legal", "vic_TypeOfExploitation"),
        ("family-tracing", "cor_FamilyContact"),
    ],
)
def test_whoever_helps_learns_of_what_the_help_is_about(role, field):
    """A maternity clinic of the baby, reintegration of the caesarean."""
    assert FIELDS[field].category in role_needs()[role]


@pytest.mark.parametrize("role", sorted(set(NEEDED) - {"legal"}))
def test_what_was_done_to_her_is_told_to_those_alone_whose_help_is_about_it(role):
    assert "exploitation" not in role_needs()[role]


@pytest.mark.parametrize("role", ["shelter", "health", "reintegration", "family-tracing"])
def test_formal_status_is_a_condition_of_no_help(role):
    assert "formal-status" not in role_needs()[role]


def test_every_need_has_its_reason_and_the_table_its_source():
    table = json.loads(files("contracts").joinpath("role_needs.json").read_text(encoding="utf-8"))
    assert table["source"]
    assert len({row["role"] for row in table["roles"]}) == len(table["roles"]) == len(codes("recipient_role"))
    reasons = [reason for row in table["roles"] for reason in row["needs"].values()]
    assert [reason for reason in reasons if len(reason.split()) < 5] == []
    assert len(set(reasons)) == len(reasons)
