"""Ranges and dates of the Buddhist era, wherever a birth date is taken: by route, draft and search."""

from datetime import date
from types import SimpleNamespace

import pytest

from chassis.problems import Invalid
from services.intake.casefile.api.prepared import checked_fields
from tests.intake.making import bodies, form, open_case


async def opened(intake, born):
    body = form(fields={"cor_FullName": "Sok Dara", "prs_Birthdate": born})
    return await intake.client.post("/v1/cases", json=body, headers=intake.as_("screening_officer"))


@pytest.mark.parametrize(
    ("written", "stored", "shown", "group"),
    [
        ("2541-05-12", "1998-05-12", "2541-05-12", ("adult", "birth_date")),
        ("2550/2553", "2007/2010", "2550/2553", ("child", "estimate")),
        ("254X", "1997/2006", "2540/2549", ("adult", "estimate")),
        ("200X", "200X", "2543/2552", ("child", "estimate")),
    ],
)
async def test_what_is_written_is_stored_as_iso_shown_in_both_eras_and_protects_whoever_may_be_a_child(
    intake, written, stored, shown, group
):
    answer = await opened(intake, written)
    assert answer.status_code == 201, answer.text
    fields = await intake.client.get(
        f"/v1/cases/{answer.json()['id']}/fields", headers=intake.as_("case_worker")
    )
    got = fields.json()
    assert (got["fields"]["prs_Birthdate"], got["buddhist_era"]) == (stored, {"prs_Birthdate": shown})
    (known,) = bodies(await intake.said(), "age_group.known.v1")
    assert (known["age_group"], known["basis"]) == group


async def test_two_digits_of_a_year_are_asked_about_with_both_readings_and_never_repeated(intake):
    answer = await opened(intake, "52-05")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["readings"]) == (
        422, "which-era", ["common-era", "buddhist-era"],
    )  # fmt: skip
    assert "52-05" not in answer.text
    sought = await intake.client.post(
        "/v1/cases/search", json={"name": "Dara", "born": "52"}, headers=intake.as_("case_worker")
    )
    assert (sought.status_code, sought.json()["errors"][0]["code"]) == (422, "which-era")
    draft = {"channel": "self-referral", "fields": {"prs_Birthdate": "52"}}
    begun = await intake.client.post("/v1/drafts", json=draft, headers=intake.as_("screening_officer"))
    path = f"/v1/drafts/{begun.json()['id']}/submit"
    refused = await intake.client.post(path, headers=intake.as_("screening_officer"))
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "which-era")


async def test_a_range_is_found_by_a_date_of_either_era_within_it(intake):
    await open_case(intake, fields={"cor_FullName": "Sok Dara", "prs_Birthdate": "1990/1995"})
    for born, agrees in (("2535-02-03", True), ("1993~", True), ("2550", False)):
        body = {"name": "Sok Dara", "born": born}
        found = await intake.client.post("/v1/cases/search", json=body, headers=intake.as_("case_worker"))
        (one,) = found.json()["items"]
        assert ("possible-birthdate" in one["agrees"], one["born"], one["born_buddhist"]) == (
            agrees, "1990/1995", "2533/2538",
        )  # fmt: skip


def test_where_the_country_does_not_count_by_it_a_year_of_the_buddhist_era_is_no_year():
    country = SimpleNamespace(buddhist_era=False)
    place = SimpleNamespace(today=lambda: date(2026, 11, 26), settings=SimpleNamespace(country=country))
    for written in ("2541", "52"):
        with pytest.raises(Invalid) as refused:
            checked_fields(place, {"prs_Birthdate": written})
        assert refused.value.errors[0]["code"] == "invalid"
