"""What the directory says of an organisation counts for an offer to it: at draft, at send, and for a hand-over."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from contracts.events.directory import DirectoryChangedV1, OfferedService
from contracts.events.exchange import DirectoryReceivedV1
from deploy.local.testing import Databases
from services.directory.app import VERSIONS, build
from services.directory.settings import Settings
from tests.harness import Harness, running
from tests.listing import forget_everybody
from tests.referral.asking import draft, drafted, move
from tests.referral.making import RECIPIENT, offering


@pytest.fixture
async def directory(postgres: Databases, tmp_path: Path, th: Harness) -> AsyncIterator[Harness]:
    """The directory of the same cell."""
    folder = tmp_path / "directory"
    folder.mkdir()
    async with running("directory", build, VERSIONS, Settings, postgres, folder, vault=False) as harness:
        yield harness


async def hear(directory: Harness, referral: Harness, version: int, status: str, service: str) -> None:
    """The partner's news goes to the directory, and what the directory says of it to referral."""
    offered = OfferedService(
        service_id="reintegration", service="reintegration", status=service, capacity="capacity"
    )
    news = DirectoryReceivedV1(
        organisation=RECIPIENT,
        sender_cell="KH",
        role="reintegration",
        version=version,
        status=status,
        org_type="NGO",
        services=(offered,),
    )
    await directory.deliver(news)
    await referral.deliver(DirectoryChangedV1.model_validate((await directory.said())[-1][1]))


def codes(answer: httpx2.Response) -> tuple[int, list[str]]:
    return (answer.status_code, [error["code"] for error in answer.json().get("errors", [])])


@pytest.mark.parametrize("status", ["defunct", "inactive", "temporarily-closed"])
@pytest.mark.parametrize(("closed", "code"), [("service", "not-offered"), ("organisation", "not-listed")])
async def test_what_the_partner_closed_is_refused_at_draft_and_at_send(
    th: Harness, directory: Harness, status: str, closed: str, code: str
):
    await hear(directory, th, 7, "active", "active")
    case_id, drafted_id = await drafted(th)
    await hear(
        directory,
        th,
        8,
        status if closed == "organisation" else "active",
        status if closed == "service" else "active",
    )
    again, sent = await draft(th, case_id), await move(th, drafted_id, "send")
    assert [codes(again), codes(sent)] == [(422, [code])] * 2
    await hear(directory, th, 9, "active", "active")
    assert (await move(th, drafted_id, "send")).status_code == 200


async def test_the_last_that_was_said_of_an_organisation_is_what_it_offers(th: Harness):
    await th.deliver(offering(RECIPIENT, "reintegration", "legal", version=2))
    await th.deliver(offering(RECIPIENT, "legal", version=3))
    case_id, _ = await drafted(th, service="legal")
    assert codes(await draft(th, case_id)) == (422, ["not-offered"])


async def test_while_no_directory_was_heard_nobody_is_said_to_be_unlisted(th: Harness):
    await forget_everybody(th.service.database)
    case_id = uuid4()
    await th.grant_access(case_id, "th-care-agency")
    assert (await draft(th, case_id)).status_code == 503
