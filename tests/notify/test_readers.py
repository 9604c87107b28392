"""A notice goes to who has the case now, is read by each person alone, and leads to what it is about."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from chassis.events.consumer import Inbox, Message
from contracts.events.casework import TaskOverdueV1, TaskRaisedV1, TaskRemindedV1
from contracts.events.consent import (
    ProtectionDeclinedV1,
    ProtectionLapsedV1,
    ProtectionRecordedV1,
    ProtectionRequestedV1,
)
from contracts.events.intake import (
    CaseAssignedV1,
    CaseTransferredV1,
    CaseUnattendedV1,
    FlagsRecordedV1,
    HoldPlacedV1,
)
from contracts.events.referral import (
    ReferralAcceptedV1,
    ReferralExpiredV1,
    ReferralReceivedV1,
    ReferralRejectedV1,
    ReferralRemindedV1,
)
from contracts.events.returns import ReturnOverdueV1
from services.notify.app import VERSIONS, build
from services.notify.settings import Settings
from tests.harness import running
from tests.listing import staff_changed, staff_of

AGENCY = "th-care-agency"
NOW = datetime.now(UTC)


@pytest.fixture
async def notify(postgres, tmp_path):
    mail = {"smtp_host": "127.0.0.1", "mail_addresses": {AGENCY: "desk@agency.test"}}
    async with running(
        "notify", build, VERSIONS, Settings, postgres, tmp_path, vault=False, **mail
    ) as harness:
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


async def test_a_task_of_a_case_is_told_to_whoever_has_it_until_they_are_taken_off_the_case(notify):
    case, task = uuid4(), uuid4()
    await notify.deliver(assigned(case, "th.worker"))
    given = {"organisation": AGENCY, "worker": "th.worker", "told": "th.worker", "urgent": False}
    await notify.deliver(TaskRaisedV1(case_id=case, about_id=case, task_id=task, **given))
    team = TaskRaisedV1(case_id=None, about_id=task, task_id=uuid4(), **given)
    await notify.deliver(team)

    async def told(name, role="case_worker"):
        return [item["task_id"] for item in await items(notify, name, role) if item["task_id"]]

    assert await told("th.worker") == [str(team.task_id), str(task)]
    assert await told("th.colleague") == []
    await notify.deliver(assigned(case, "th.colleague"))
    assert await told("th.worker") == [str(team.task_id)]
    assert await told("th.colleague") == [str(task)]


async def test_a_task_of_a_supervisor_is_told_to_them_though_others_work_on_the_case(notify):
    case, task = uuid4(), uuid4()
    await notify.deliver(assigned(case, "th.worker"))
    given = {"organisation": AGENCY, "worker": "th.supervisor", "told": "th.supervisor", "urgent": False}
    await notify.deliver(TaskRaisedV1(case_id=case, about_id=case, task_id=task, **given))
    mine = await items(notify, "th.supervisor", "supervisor")
    assert [item["task_id"] for item in mine] == [str(task)]
    assert await templates(notify, "th.worker") == []


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


ASKER = "th.officer"
TERMS = {"revision_hash": "a" * 64, "law": "th-personal-data-26-1", "recipients": ("th-shelter",)}


def protection_requested(case, *approvers):
    about = {"case_id": case, "consent_id": uuid4(), "revision": 1, "valid_until": NOW}
    return ProtectionRequestedV1(**about, **TERMS, approvers=approvers)


@pytest.mark.parametrize("workers", [("th.worker",), ()])
async def test_each_who_may_approve_a_protection_is_told_at_once_and_nobody_else(notify, workers):
    case = uuid4()
    await notify.deliver(assigned(case, *workers))
    await notify.deliver(protection_requested(case, "th.worker", "th.supervisor"))
    for name, role in (("th.worker", "case_worker"), ("th.supervisor", "supervisor")):
        (told,) = (one for one in await items(notify, name, role) if one["template"] != "new_assignment")
        assert (told["template"], told["priority"], told["mail"] != "none") == ("approval", "now", True)
    assert await templates(notify, "th.colleague") == []


async def test_where_nobody_may_approve_it_the_operators_are_told_and_not_the_supervisor_who_asked(notify):
    case = uuid4()
    await notify.deliver(assigned(case, "th.supervisor"))
    await notify.deliver(protection_requested(case))
    assert await templates(notify, "th.operator", "operator") == ["approval"]
    assert await templates(notify, "th.supervisor", "supervisor") == []


async def test_a_protection_that_was_heard_of_before_the_assignment_is_told_to_each_all_the_same(notify):
    case = uuid4()
    await notify.deliver(protection_requested(case, "th.worker", "th.supervisor"))
    assert await templates(notify, "th.worker") == []
    await notify.deliver(assigned(case, "th.worker"))
    for name, role in (("th.worker", "case_worker"), ("th.supervisor", "supervisor")):
        assert await templates(notify, name, role) == ["approval"]


async def test_whoever_asked_for_a_protection_is_told_what_became_of_it_though_the_case_is_not_theirs(notify):
    case = uuid4()
    await notify.deliver(assigned(case, "th.worker"))
    about = {"case_id": case, "consent_id": uuid4(), "revision": 2, "asked_by": ASKER}
    await notify.deliver(ProtectionDeclinedV1(**about))
    await notify.deliver(ProtectionLapsedV1(**about))
    assert await templates(notify, ASKER, "screening_officer") == ["urgent", "refusal"]
    assert await templates(notify, "th.worker") == ["urgent", "refusal"]
    assert await templates(notify, "th.supervisor", "supervisor") == ["overdue"]


async def test_a_worker_of_the_case_who_asked_for_a_protection_is_told_once_what_became_of_it(notify):
    case = uuid4()
    await notify.deliver(assigned(case, "th.worker"))
    about = {"case_id": case, "consent_id": uuid4(), "revision": 2, "asked_by": "th.worker"}
    await notify.deliver(ProtectionDeclinedV1(**about))
    await notify.deliver(ProtectionLapsedV1(**about))
    await notify.deliver(
        ProtectionRecordedV1(case_id=case, consent_id=uuid4(), **TERMS, revision=2, valid_until=NOW)
    )
    assert await templates(notify, "th.worker") == ["act_now", "urgent", "refusal"]


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
    colleague = notify.as_("case_worker", org=AGENCY, sub="th.colleague")
    for path in (f"?reference={hold['reference']}", "?reference=00000000"):
        assert (await notify.client.get(f"/v1/inbox{path}", headers=colleague)).status_code == 404
    assert await items(notify, "th.worker", query=f"?reference={hold['reference']}&priority=usual") == []


async def together(notify, events):
    """As one batch of the consumer."""
    inbox = Inbox(notify.service.database, notify.service.subscriptions)
    received = [notify.received(event) for event in events]
    messages = [Message("test", 0, i, meta.headers(), body) for i, (meta, body) in enumerate(received)]
    await inbox.take(inbox.read(messages))


def handed_over(case):
    return CaseTransferredV1(
        case_id=case, referral_id=uuid4(), organisation=AGENCY, recipient="th-shelter", at=NOW
    )


async def test_a_case_that_was_handed_over_tells_its_old_holder_of_what_is_its_own_alone(notify):
    case = uuid4()
    await notify.deliver(assigned(case, "th.worker"))
    await notify.deliver(FlagsRecordedV1(case_id=case, flags="v1.abc", raised=True))
    await notify.deliver(HoldPlacedV1(case_id=case, hold_id=uuid4(), until=NOW))
    await notify.deliver(moved(ReferralReceivedV1, case, "incoming"))
    await notify.deliver(moved(ReferralAcceptedV1, case, "outgoing"))
    (urgent,) = [one for one in await items(notify, "th.worker") if one["template"] == "urgent"]
    await notify.deliver(handed_over(case))
    assert [one["template"] for one in await items(notify, "th.worker")] == ["answer"]
    mine = notify.as_("case_worker", sub="th.worker")
    answer = await notify.client.post(f"/v1/inbox/{urgent['id']}/read", headers=mine)
    assert answer.status_code == 404
    said = len(await notify.said())
    await notify.deliver(HoldPlacedV1(case_id=case, hold_id=uuid4(), until=NOW))
    assert len(await notify.said()) == said
    sides = {"sender": AGENCY, "receiver": "kh-shelter", "receiver_cell": "KH", "half": "sending"}
    overdue = ReturnOverdueV1(case_id=case, return_id=uuid4(), at=NOW, expected_at=NOW, **sides)
    await notify.deliver(overdue)
    assert await templates(notify, "th.worker") == ["act_now", "answer"]
    await notify.deliver(assigned(case, "th.worker"))
    assert sorted(await templates(notify, "th.worker")) == [
        "act_now",
        "answer",
        "hold",
        "new_request",
        "urgent",
    ]


@pytest.mark.parametrize(
    ("raised", "added", "told"),
    [
        (True, True, ("urgent", "now")),
        (True, False, ("file_changed", "usual")),
        (False, False, ("file_changed", "usual")),
        (None, None, ("urgent", "now")),
        (True, None, ("urgent", "now")),
    ],
)
async def test_flags_that_were_cleared_or_became_fewer_are_nothing_urgent(notify, raised, added, told):
    case = uuid4()
    await notify.deliver(assigned(case, "th.worker"))
    await notify.deliver(FlagsRecordedV1(case_id=case, flags="v1.abc", raised=raised, added=added))
    (newest, _) = await items(notify, "th.worker")
    assert (newest["template"], newest["priority"]) == told


async def test_an_organisation_that_closes_is_one_alarm_that_counts_its_cases_and_leads_to_their_list(notify):
    cases = [uuid4() for _ in range(300)]
    left = {"organisation": AGENCY, "urgency": "routine", "reason": "nobody-left", "since": NOW}
    alarms = [CaseUnattendedV1(case_id=case, **left) for case in cases]
    for batch in (alarms[:200], alarms[200:]):
        await together(notify, batch)
    other = CaseUnattendedV1(case_id=uuid4(), **{**left, "organisation": "th-shelter"})
    await notify.deliver(other)
    (alarm,) = await items(notify, "th.supervisor", "supervisor")
    assert (alarm["template"], alarm["case_id"], alarm["about"], alarm["count"], alarm["list"]) == (
        "unattended",
        None,
        AGENCY,
        300,
        "/intake/v1/cases?unattended=true",
    )
    sent = [body for type_, body in await notify.said() if type_ == "notification.sent.v1"]
    assert len(sent) == 2  # one of each organisation
    await notify.client.post("/v1/inbox/read", headers=notify.as_("supervisor"))
    await notify.deliver(alarms[0])
    (again,) = await items(notify, "th.supervisor", "supervisor", "?unread=true")
    assert again["count"] == 1


async def test_a_file_of_three_hundred_is_one_notice_and_one_alarm_until_somebody_has_read_it(notify):
    file, cases = uuid4(), [uuid4() for _ in range(300)]
    came = [CaseAssignedV1(case_id=case, organisation=AGENCY, workers=(), import_id=file) for case in cases]
    alarm = {"organisation": AGENCY, "urgency": "routine", "reason": "not-opened", "since": NOW}
    alarms = [CaseUnattendedV1(case_id=case, import_id=file, **alarm) for case in cases]
    for batch in (came, alarms[:200], alarms[200:]):
        await together(notify, batch)
    told = await items(notify, "th.supervisor", "supervisor")
    assert [(one["template"], one["case_id"], one["import_id"]) for one in told] == [
        ("unattended", None, str(file)),
        ("new_assignment", None, str(file)),
    ]
    assert len(await notify.said()) == 2
    await notify.client.post("/v1/inbox/read", headers=notify.as_("supervisor"))
    await notify.deliver(
        CaseUnattendedV1(case_id=cases[0], import_id=file, **{**alarm, "reason": "nobody-left"})
    )
    unread = await items(notify, "th.supervisor", "supervisor", "?unread=true")
    assert [one["template"] for one in unread] == ["unattended"]
    await notify.deliver(assigned(cases[0], "th.worker"))
    assert [one["case_id"] for one in await items(notify, "th.worker")] == [str(cases[0])]


async def test_a_reminder_of_a_task_goes_to_its_worker_and_the_end_of_its_time_to_the_supervisors(notify):
    case, task = uuid4(), uuid4()
    await notify.deliver(assigned(case, "th.worker", "th.colleague"))
    about = {"case_id": case, "about_id": case, "task_id": task, "organisation": AGENCY}
    theirs = {**about, "worker": "th.worker", "told": "th.worker"}
    await notify.deliver(TaskRemindedV1(**theirs))

    async def told(name, role="case_worker"):
        return [(one["template"], one["task_id"]) for one in await items(notify, name, role)][:1]

    assert await told("th.worker") == [("due", str(task))]
    assert (await told("th.colleague"))[0][1] is None
    assert await told("th.supervisor", "supervisor") == []
    await notify.deliver(TaskOverdueV1(**theirs))
    assert await told("th.supervisor", "supervisor") == [("late", str(task))]
    assert await told("th.worker") == [("due", str(task))]


async def test_a_reminder_of_a_task_that_is_nobodys_goes_to_whoever_has_the_case(notify):
    case, task = uuid4(), uuid4()
    await notify.deliver(assigned(case, "th.worker"))
    about = {"case_id": case, "about_id": case, "task_id": task, "organisation": AGENCY}
    await notify.deliver(TaskRemindedV1(**about))
    assert await templates(notify, "th.worker") == ["due"]
    team = {"about_id": task, "task_id": task, "organisation": AGENCY}
    await notify.deliver(TaskRemindedV1(**team))
    assert await templates(notify, "th.supervisor", "supervisor") == ["due"]
