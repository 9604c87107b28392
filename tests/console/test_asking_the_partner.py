"""The other half of a case: an auditor asks the partner's for it, and answers theirs, seeing exactly what would go."""

from uuid import UUID, uuid4

import pytest

from contracts.events.extracts import ExtractAskedV1
from contracts.events.intake import DisclosureClosedV1
from tests.audit.making import agreed, authorised, received, sealed
from tests.harness import later

pytestmark = pytest.mark.asyncio(loop_scope="session")
REASON = "unanswered-recall"


@pytest.fixture(scope="module", autouse=True)
def agreement():
    """Delivered once to the log."""
    return []


async def signed_in(workplace, agreement, name="th.auditor"):
    if not agreement:
        await workplace.audit.deliver(agreed())
        agreement.append(True)
    browser = workplace.browser()
    await browser.sign_in(name)
    return browser


async def crossed(workplace) -> str:
    """A case of which something left for the partner."""
    told = authorised(UUID(await workplace.case()), uuid4())
    for event in (told, sealed(told)):
        await workplace.audit.deliver(event)
    return str(told.case_id)


async def from_the_partner(workplace) -> str:
    """The partner asks about a disclosure that came from it and was closed here."""
    case, disclosure = uuid4(), uuid4()
    came = received(case, disclosure)
    await workplace.audit.deliver(came)
    await workplace.audit.deliver(DisclosureClosedV1(case_id=case, disclosure_id=disclosure, answer="erased"))
    request = uuid4()
    asked = {"request_id": request, "about": (disclosure,), "reason": REASON, "at": later(0)}
    await workplace.audit.deliver(ExtractAskedV1(**asked, sender_cell=came.sender_cell))
    return str(request)


async def test_an_auditor_asks_for_the_other_half_once_and_takes_it_back(workplace, agreement):
    case, browser = await crossed(workplace), await signed_in(workplace, agreement)
    listed = await browser.get(
        (await browser.get("/console/audit")).links["The other half of a case: requests"]
    )
    form = (await browser.get(listed.links["Ask for the other half of a case"])).form("request_extract")
    told = await browser.send(form, case_id=str(uuid4()), reason=REASON)
    assert (told.status, told.html.count("Nothing was ever logged of this here, or nothing")) == (422, 2)
    told = await browser.send(told.form("request_extract"), case_id=case, reason=[])
    assert told.html.count("Choose the reason") == 2
    for _ in range(2):
        asked = await browser.send(told.form("request_extract"), case_id=case, reason=REASON)
        assert "The partner’s auditor was asked." in asked.text
    assert "A recall was not answered, or not as it should have been" in asked.text
    back = (await browser.get(asked.links["Take this request back"])).form("withdraw_extract")
    gone = await browser.send(back)
    assert ("The request was taken back." in gone.text, "Take this request back" in gone.links) == (
        True,
        False,
    )
    worker = await signed_in(workplace, agreement, "th.worker")
    for address in ("/console/extracts", str(gone.answer.url.path), "/console/extracts/ours/request_extract"):
        assert (await worker.get(address)).status == 404


async def test_an_auditor_sees_what_would_go_and_releases_it_without_what_betrays_her(workplace, agreement):
    browser = await signed_in(workplace, agreement)
    request = await from_the_partner(workplace)
    page = await browser.get(f"/console/extracts/{request}")
    assert (page.status, "What would be released" in page.text) == (200, True)
    form = (await browser.get(page.links["Release these entries"])).form("release_extract")
    stale = (await browser.get(page.links["Release these entries"])).form("release_extract")
    assert dict(form.fields)["position"].isdigit()
    done = await browser.send(form)
    assert "They are released." in done.text
    late = await browser.send(stale)
    assert ("Somebody changed this meanwhile" in late.text, "They are released." in late.text) == (
        True,
        False,
    )
    assert (await browser.send(stale, position="x")).status in {409, 412, 422}


async def test_an_auditor_refuses_with_a_reason_that_the_partner_is_told(workplace, agreement):
    browser = await signed_in(workplace, agreement)
    request = await from_the_partner(workplace)
    page = await browser.get(f"/console/extracts/{request}")
    form = (await browser.get(page.links["Release nothing"])).form("refuse_extract")
    told = await browser.send(form)
    assert (told.html.count("Choose the reason"), "does not fit its own proofs" in told.text) == (2, False)
    done = await browser.send(told.form("refuse_extract"), reason="endangers-her")
    assert "It could endanger the person" in done.text
    assert "Release nothing" not in done.links
