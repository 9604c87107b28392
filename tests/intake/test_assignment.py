"""A case is given to somebody who is there, and always has somebody who can open it."""

import pytest

from tests.intake.making import AGENCY, open_case


@pytest.mark.parametrize(
    ("body", "member", "code"),
    [
        ({"organisation": "th-care-agencyy", "workers": []}, "organisation", "other-organisation"),
        ({"organisation": "th-operations", "workers": []}, "organisation", "other-organisation"),
        ({"organisation": AGENCY, "workers": ["th.worker", "th.wroker"]}, "workers", "not-listed"),
        ({"organisation": AGENCY, "workers": ["th.operator"]}, "workers", "not-listed"),
    ],
)
async def test_a_case_is_assigned_to_nobody_who_is_not_there(intake, body, member, code):
    case_id = await open_case(intake)
    officer, path = intake.as_("screening_officer"), f"/v1/cases/{case_id}"
    answer = await intake.client.post(f"{path}/assignment", json=body, headers=officer | {"If-Match": "*"})
    refused = [(error["loc"], error["code"]) for error in answer.json()["errors"]]
    assert (answer.status_code, refused) == (422, [(["body", member], code)])
    assert (await intake.client.get(path, headers=officer)).status_code == 200
