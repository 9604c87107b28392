"""A notice goes to who has the case now, is read by each person alone, and leads to what it is about."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from contracts.events.intake import CaseAssignedV1, CaseUnattendedV1, FlagsRecordedV1, HoldPlacedV1
from contracts.events.referral import ReferralExpiredV1, ReferralRejectedV1, ReferralRemindedV1
from services.notify.app import VERSIONS, build
from services.notify.settings import Settings
from tests.harness import running
from tests.listing import staff_changed, staff_of

AGENCY = "th-care-agency"
NOW = datetime.now(UTC)


@pytest.fixture
async def notify(postgres, tmp_path):
    async with running("notify", build, VERSIONS, Settings, postgres, tmp_path, vault=False) as harness:
        yield harness


def moved(kind, case, half, **more):
    sides = {"sender": AGENCY, "recipient": AGENCY}
    return kind(case_id=case, referral_id=uuid4(), half=half, at=NOW, **sides, **more)


def assigned(case, *workers, organisation=AGENCY):
    return CaseAssignedV1(case_id=case, organisation=organisation, workers=workers)


async def items(notify, name, role="case_worker", query="", org=AGENCY):
    headers = notify.as_(role, org=org, sub=name)
    answer = await notify.client.get(f"/v1/inbox{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def templates(notify, name, role="case_worker", query="", org=AGENCY):
    found = [item["template"] for item in await items(notify, name, role, query, org)]
    return [template for template in found if template != "new_assignment"]


async def test_an_answer_goes_to_the_workers_of_the_case_and_to_those_who_have_it_now(notify):
    case = uuid4()
    await notify.deliver(assigned(case, "th.worker"))
    await notify.deliver(moved(ReferralRejectedV1, case, "outgoing", reason="no-capacity"))
    assert await templates(notify, "th.worker") == ["refusal"]
    for name, role in (("th.colleague", "case_worker"), ("th.supervisor", "supervisor")):
        assert await templates(notify, name, role) == []
    await notify.deliver(assigned(case, "th.colleague"))
    assert await templates(notify, "th.worker") == []
    assert await templates(notify, "th.colleague") == ["refusal"]


async def test_what_concerns_a_case_of_nobody_goes_to_the_supervisors(notify):
    case = uuid4()
    await notify.deliver(assigned(case))
    await notify.deliver(HoldPlacedV1(case_id=case, hold_id=uuid4(), until=NOW))
    assert await templates(notify, "th.supervisor", "supervisor") == ["hold"]
    assert await templates(notify, "th.worker") == []


async def test_what_concerns_a_case_of_somebody_who_left_goes_to_the_supervisors(notify):
    case = uuid4()
    await notify.deliver(assigned(case, "th.worker"))
    await notify.deliver(HoldPlacedV1(case_id=case, hold_id=uuid4(), until=NOW))
    left = {name: roles for name, roles in staff_of(AGENCY).items() if name != "th.worker"}
    await notify.deliver(staff_changed(AGENCY, left))
    assert await templates(notify, "th.supervisor", "supervisor") == ["hold"]


async def test_where_there_is_no_supervisor_everybody_who_works_on_cases_is_told(notify):
    await notify.deliver(staff_changed(AGENCY, {"th.worker": ["case_worker"], "th.it": ["operator"]}))
    case = uuid4()
    await notify.deliver(assigned(case))
    await notify.deliver(HoldPlacedV1(case_id=case, hold_id=uuid4(), until=NOW))
    assert await templates(notify, "th.worker") == ["hold"]
    assert await templates(notify, "th.it", "operator") == []


async def test_a_notice_is_read_by_each_person_alone(notify):
    case = uuid4()
    await notify.deliver(assigned(case, "th.worker", "th.colleague"))
    await notify.deliver(FlagsRecordedV1(case_id=case, flags="v1.abc"))
    (urgent, _) = await items(notify, "th.worker")
    mine = notify.as_("case_worker", sub="th.worker")
    for _ in range(2):
        path = f"/v1/inbox/{urgent['id']}/read"
        assert (await notify.client.post(path, headers=mine)).status_code == 200
    assert await templates(notify, "th.worker", query="?unread=true") == []
    assert await templates(notify, "th.colleague", query="?unread=true") == ["urgent"]
    supervisor = notify.as_("supervisor")
    assert (await notify.client.post(path, headers=supervisor)).status_code == 404


async def test_everything_is_marked_read_at_once_for_one_person(notify):
    case = uuid4()
    await notify.deliver(assigned(case, "th.worker", "th.colleague"))
    for _ in range(3):
        await notify.deliver(HoldPlacedV1(case_id=case, hold_id=uuid4(), until=NOW))
    mine = notify.as_("case_worker", sub="th.worker")
    marked = [(await notify.client.post("/v1/inbox/read", headers=mine)).json() for _ in range(2)]
    assert marked == [{"marked": 4}, {"marked": 0}]
    assert await items(notify, "th.worker", query="?unread=true") == []
    assert len(await items(notify, "th.colleague", query="?unread=true")) == 4


async def test_a_reminder_goes_to_the_worker_and_then_the_supervisor_is_told(notify):
    case = uuid4()
    await notify.deliver(assigned(case, "th.worker"))
    reminded = moved(ReferralRemindedV1, case, "incoming")
    await notify.deliver(reminded)
    (reminder, _) = await items(notify, "th.worker")
    assert (reminder["template"], reminder["referral_id"]) == ("reminder", str(reminded.referral_id))
    assert await templates(notify, "th.supervisor", "supervisor") == []
    await notify.deliver(moved(ReferralExpiredV1, case, "incoming"))
    assert await templates(notify, "th.supervisor", "supervisor") == ["overdue"]
    assert await templates(notify, "th.worker") == ["reminder"]


@pytest.mark.parametrize(
    ("staff", "told"),
    [
        (staff_of(AGENCY), {("th.supervisor", "supervisor", AGENCY)}),
        ({"th.worker": ["case_worker"]}, {("th.ops", "operator", "th-operations")}),
    ],
    ids=["with a supervisor", "without a supervisor"],
)
async def test_an_alarm_goes_to_the_supervisors_else_to_the_operators(notify, staff, told):
    for organisation in ("th-shelter", "th-legal-aid", "th-screening-unit"):
        await notify.deliver(staff_changed(organisation, {}))
    for organisation in ("kh-care-agency", "kh-health-agency", "kh-reintegration-agency", "kh-shelter"):
        await notify.deliver(staff_changed(organisation, {}))
    await notify.deliver(staff_changed("th-operations", {"th.ops": ["operator"]}))
    await notify.deliver(staff_changed(AGENCY, {k: v for k, v in staff.items() if v != ["operator"]}))
    case = uuid4()
    await notify.deliver(assigned(case, "th.worker"))
    alarm = {"organisation": AGENCY, "urgency": "immediate", "reason": "not-opened", "since": NOW}
    await notify.deliver(CaseUnattendedV1(case_id=case, **alarm))
    readers = [
        ("th.supervisor", "supervisor", AGENCY),
        ("th.worker", "case_worker", AGENCY),
        ("th.ops", "operator", "th-operations"),
    ]
    found = {
        (name, role, org)
        for name, role, org in readers
        if await templates(notify, name, role, "?priority=now", org) == ["unattended"]
    }
    assert found == told


async def test_the_reference_of_a_mail_leads_to_its_notice(notify):
    case = uuid4()
    await notify.deliver(assigned(case, "th.worker"))
    await notify.deliver(HoldPlacedV1(case_id=case, hold_id=uuid4(), until=NOW))
    (hold, _) = await items(notify, "th.worker")
    assert hold["reference"] == hold["id"][:8]
    found = await items(notify, "th.worker", query=f"?reference={hold['reference']}")
    assert [item["id"] for item in found] == [hold["id"]]
    assert await items(notify, "th.colleague", query=f"?reference={hold['reference']}") == []
