"""The inbox and the mail of notify, on a real PostgreSQL and a real SMTP server."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller

from contracts.events.consent import ConsentWithdrawnV1
from contracts.events.intake import CaseAssignedV1
from contracts.events.referral import ReferralReceivedV1
from deploy.local.ports import free_port
from services.notify.app import VERSIONS, build
from services.notify.settings import Settings
from tests.harness import running


class Mailbox:
    """A real SMTP server's handler: keeps what arrives, or refuses it for now."""

    def __init__(self):
        self.messages, self.refuse = [], False

    async def handle_DATA(self, server, session, envelope):
        if self.refuse:
            return "451 try again later"
        self.messages.append(envelope)
        return "250 OK"


@pytest.fixture
def mailbox():
    box = Mailbox()
    box.port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture
async def notify(postgres, tmp_path, mailbox):
    extra = {
        "smtp_host": "127.0.0.1",
        "smtp_port": mailbox.port,
        "mail_addresses": {"kh-reintegration-agency": "desk@agency.test"},
        "organisation_languages": {"kh-reintegration-agency": "km"},
        "mail_attempts": 2,
    }
    async with running(
        "notify", build, VERSIONS, Settings, postgres, tmp_path, vault=False, **extra
    ) as harness:
        yield harness


def received(case, half="incoming"):
    return ReferralReceivedV1(
        case_id=case,
        referral_id=uuid4(),
        half=half,
        sender="th-care-agency",
        recipient="kh-reintegration-agency",
        at=datetime.now(UTC),
    )


async def test_the_recipient_of_a_referral_finds_it_in_its_inbox_and_others_do_not(notify):
    await notify.deliver(received(uuid4()))
    for org, expected in (("kh-reintegration-agency", ["new_request"]), ("th-care-agency", [])):
        answer = await notify.client.get("/v1/inbox", headers=notify.as_("supervisor", org=org))
        assert [item["template"] for item in answer.json()["items"]] == expected


async def test_mail_goes_out_with_neutral_words_and_is_said_to_be_sent(notify, mailbox):
    await notify.deliver(received(uuid4()))
    await notify.work()
    (message,) = mailbox.messages
    assert message.rcpt_tos == ["desk@agency.test"]
    assert b"referral" not in message.content.lower()
    said = [(kind, body["channel"]) for kind, body in await notify.said()]
    assert said == [("notification.sent.v1", "inbox"), ("notification.sent.v1", "mail")]


async def test_a_notice_for_an_organisation_without_a_mailbox_makes_no_work(notify, mailbox):
    told = received(uuid4()).model_copy(update={"recipient": "kh-shelter"})
    await notify.deliver(told)
    assert await notify.work() == 0
    answer = await notify.client.get("/v1/inbox", headers=notify.as_("supervisor", org="kh-shelter"))
    assert [(item["template"], item["mail"]) for item in answer.json()["items"]] == [("new_request", "none")]
    assert mailbox.messages == []


async def test_mail_that_is_refused_is_tried_again_and_given_up_with_an_event(notify, mailbox):
    mailbox.refuse = True
    await notify.deliver(received(uuid4()))
    await notify.work()
    assert [kind for kind, _ in await notify.said()] == ["notification.sent.v1"]
    await notify.work(hasten=True)
    assert [kind for kind, _ in await notify.said()][-1] == "notification.failed.v1"


async def test_an_assignment_is_told_to_the_organisation_it_names(notify):
    await notify.deliver(CaseAssignedV1(case_id=uuid4(), organisation="th-care-agency", workers=()))
    answer = await notify.client.get("/v1/inbox", headers=notify.as_("supervisor", org="th-care-agency"))
    assert [item["template"] for item in answer.json()["items"]] == ["new_assignment"]


async def test_a_withdrawal_that_comes_before_the_assignment_is_told_when_that_comes(notify):
    case = uuid4()
    await notify.deliver(ConsentWithdrawnV1(case_id=case, consent_id=uuid4(), revision=2))
    for _ in range(2):
        await notify.deliver(CaseAssignedV1(case_id=case, organisation="th-care-agency", workers=()))
    answer = await notify.client.get("/v1/inbox", headers=notify.as_("supervisor", org="th-care-agency"))
    told = sorted(item["template"] for item in answer.json()["items"])
    assert told == ["act_now", "new_assignment", "new_assignment"]


async def test_a_notice_is_marked_read_once_and_only_by_its_organisation(notify):
    await notify.deliver(received(uuid4()))
    mine = notify.as_("supervisor", org="kh-reintegration-agency")
    item = (await notify.client.get("/v1/inbox", headers=mine)).json()["items"][0]
    path = f"/v1/inbox/{item['id']}/read"
    assert (await notify.client.post(path, headers=notify.as_("supervisor"))).status_code == 404
    assert (await notify.client.post(path, headers=mine)).status_code == 200
    left = await notify.client.get("/v1/inbox?unread=true", headers=mine)
    assert left.json()["items"] == []


async def test_a_repeated_event_makes_one_notice(notify):
    meta, payload = notify.received(received(uuid4()))
    await notify.deliver_raw(meta, payload)
    await notify.deliver_raw(meta, payload)
    mine = notify.as_("supervisor", org="kh-reintegration-agency")
    assert len((await notify.client.get("/v1/inbox", headers=mine)).json()["items"]) == 1


async def test_the_inbox_pages_newest_first(notify):
    for _ in range(3):
        await notify.deliver(received(uuid4()))
        await asyncio.sleep(0.002)
    mine = notify.as_("supervisor", org="kh-reintegration-agency")
    first = (await notify.client.get("/v1/inbox?limit=2", headers=mine)).json()
    second = (await notify.client.get(f"/v1/inbox?limit=2&after={first['next']}", headers=mine)).json()
    times = [item["created_at"] for item in first["items"] + second["items"]]
    assert len(times) == 3
    assert times == sorted(times, reverse=True)


async def test_mail_that_was_given_up_and_is_let_go_again_is_said_to_be_sent(notify, mailbox):
    mailbox.refuse = True
    await notify.deliver(received(uuid4()))
    await notify.work()
    await notify.work(hasten=True)
    mailbox.refuse = False
    operator = notify.as_("operator")
    (stuck,) = (await notify.client.get("/v1/work", headers=operator)).json()["items"]
    body = {"reason": "release_mended", "ticket": None}
    retried = await notify.client.post(f"/v1/work/{stuck['id']}/retry", json=body, headers=operator)
    assert retried.status_code == 200, retried.text
    await notify.work(hasten=True)
    said = [(kind, body["channel"]) for kind, body in await notify.said() if kind.startswith("notification")]
    assert said[1:] == [("notification.failed.v1", "mail"), ("notification.sent.v1", "mail")]
    mine = notify.as_("supervisor", org="kh-reintegration-agency")
    (item,) = (await notify.client.get("/v1/inbox", headers=mine)).json()["items"]
    assert item["mail"] == "sent"
