"""Who holds a case sees its timeline, both halves by time; a supervisor sees who has read about her and who tried."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.events.access import AttemptRefusedV1, RecordReadV1
from contracts.events.exchange import ProcessReceivedV1
from contracts.events.intake import CaseAssignedV1
from services.audit.domain.timeline import LoggedEvent, merge
from tests.audit.test_api import given
from tests.consent.making import case_opened

AGENCY = "th-care-agency"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def logged(entry: int, type_: str, minutes: int = 0, cause: int | None = None, **details) -> LoggedEvent:
    return LoggedEvent(
        entry, NOON + timedelta(minutes=minutes), f"event-{entry}", "/th/referral", type_, "th.worker", AGENCY,
        None if cause is None else f"event-{cause}", details,
    )  # fmt: skip


def test_both_halves_stand_in_the_order_in_which_it_happened_and_say_from_where_it_is_known():
    abroad = (NOON + timedelta(minutes=5)).isoformat()
    told = {"code": "referral.accepted", "sender": "kh-agency", "sender_cell": "KH", "at": abroad}
    whole = merge(
        [
            logged(1, "referral.sent.v1", recipient="kh-agency"),
            logged(2, "fields.recorded.v1", minutes=9, fields=["cor_FullName"]),
            logged(3, "process.received.v1", minutes=10, **told),
            logged(4, "record.read.v1", minutes=11, resource="case"),
        ],
        "TH",
    )
    assert [(one.code, one.cell, one.elsewhere, one.organisation) for one in whole] == [
        ("referral.sent", "TH", False, AGENCY),
        ("referral.accepted", "KH", True, "kh-agency"),
        ("fields.recorded", "TH", False, AGENCY),
    ]


def test_what_our_half_did_because_theirs_told_it_stands_once():
    """And what followed from it besides stands on its own."""
    told = {"code": "referral.completed", "reason": "help-given", "sender_cell": "KH", "at": NOON.isoformat()}
    whole = merge(
        [
            logged(1, "process.received.v1", **told),
            logged(2, "referral.completed.v1", cause=1, half="outgoing", outcome="help-given"),
            logged(3, "disclosure.recalled.v1", cause=2, reason="completed"),
        ],
        "TH",
    )
    assert [(one.code, one.elsewhere) for one in whole] == [
        ("referral.completed", True),
        ("disclosure.recalled", False),
    ]


def test_who_reads_one_of_two_linked_cases_learns_that_a_link_changed_and_not_who_works_on_the_other():
    (shown,) = merge([logged(1, "dependants.changed.v1", change="unlinked", linked_here=False)], "TH")
    assert (shown.code, shown.by, [one.code for one in shown.details]) == (
        "dependants.changed", None, ["unlinked"],
    )  # fmt: skip


@pytest.fixture
async def case(audit) -> UUID:
    case_id = uuid4()
    await audit.deliver(case_opened(case_id, uuid4()))
    await audit.deliver(CaseAssignedV1(case_id=case_id, organisation=AGENCY, workers=("th.case_worker",)))
    return case_id


def process(case_id: UUID, code: str, at: datetime, reason: str | None = None) -> ProcessReceivedV1:
    return ProcessReceivedV1(
        case_id=case_id,
        code=code,
        subject_id=uuid4(),
        sender="kh-reintegration-agency",
        sender_cell="KH",
        recipient=AGENCY,
        reason=reason,
        at=at,
    )


async def timeline(audit, case_id, **params):
    headers = audit.as_("case_worker") | {"Accept-Language": "km"}
    answer = await audit.client.get(f"/v1/cases/{case_id}/timeline", params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_timeline_of_a_case_is_labelled_and_paged(audit, case):
    await audit.deliver(given(case))
    await audit.deliver(process(case, "referral.rejected", datetime.now(UTC), "full"))
    first = await timeline(audit, case, limit=3)
    rest = await timeline(audit, case, limit=3, after=first["next"])
    items = first["items"] + rest["items"]
    assert [one["code"] for one in items] == [
        "case.opened",
        "case.assigned",
        "consent.given",
        "referral.rejected",
    ]
    assert [one["label"] for one in items][2] == "បានផ្តល់ការយល់ព្រម"
    (detail,) = [one for one in items[-1]["details"] if one["name"] == "reason"]
    assert (detail["code_list"], detail["code"]) == ("reason", "full")
    assert [kind for kind, body in await audit.said() if body.get("resource") == "timeline"] == [
        "record.read.v1"
    ] * 2


async def test_nobody_else_sees_a_timeline_and_the_attempt_is_on_record(audit, case):
    stranger = audit.as_("supervisor", org="th-shelter")
    answer = await audit.client.get(f"/v1/cases/{case}/timeline", headers=stranger)
    assert answer.status_code == 404
    assert [body["action"] for kind, body in await audit.said() if kind == "attempt.refused.v1"] == [
        "timeline.read"
    ]


async def test_a_supervisor_sees_who_has_read_what_to_what_end_and_who_was_refused(audit, case):
    await audit.deliver(
        RecordReadV1(case_id=case, resource="case-fields", fields=("cor_FullName",)), publisher="intake"
    )
    await audit.deliver(AttemptRefusedV1(case_id=case, action="case.read", count=3), publisher="intake")
    path, who = f"/v1/cases/{case}/readings", audit.as_("supervisor")
    items = (await audit.client.get(path, headers=who)).json()["items"]
    assert [
        (one["allowed"], one["resource"], one["fields"], one["action"], one["count"]) for one in items
    ] == [
        (False, None, [], "case.read", 3),
        (True, "case-fields", ["cor_FullName"], None, 1),
    ]
    assert {(one["actor"], one["organisation"], one["purpose"]) for one in items} == {
        ("test", AGENCY, "case-management")
    }
    refused = (await audit.client.get(path, params={"allowed": False}, headers=who)).json()["items"]
    assert [one["action"] for one in refused] == ["case.read"]
    assert (await audit.client.get(path, params={"actor": "nobody"}, headers=who)).status_code == 404
    assert (await audit.client.get(path, headers=audit.as_("case_worker"))).status_code == 404
