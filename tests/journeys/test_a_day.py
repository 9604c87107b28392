"""A worker's way with a case from the intake to *received abroad*: six calls, and no identifier that she carries by hand."""

import re

from corridor.journey import FIELDS, Journey
from corridor.story import CATEGORIES
from tests.journeys.by_hand import Hand

REFERENCE = re.compile(r"TH-[0-9A-Z]{4}-[0-9A-Z]{2}")


async def test_a_case_is_received_abroad_after_six_calls_and_no_identifier_by_hand(stack):
    async with Hand("th.worker", stack.state) as worker, Journey(stack.state) as story:
        opened = {
            "channel": "agency",
            "urgency": "urgent",
            "languages": ["km"],
            "fields": {"prs_Birthdate": "1999"},
        }
        case = (await worker.followed("GET", await worker.make("intake", "/v1/cases", opened))).json()
        reference = case["reference"]
        assert REFERENCE.fullmatch(reference)
        purposes = ("referral-assistance",)
        agreed = {"decision": "given", **story._agreed(CATEGORIES, story.recipient, *purposes)}
        await worker.make("consent", f"/v1/cases/{reference}/consents", agreed)
        asked = {
            "case_id": reference,
            "recipient": story.recipient,
            "service": "reintegration",
            "purpose": "referral-assistance",
            "urgency": "urgent",
            "fields": list(FIELDS),
        }
        referral = await worker.make("referral", "/v1/referrals", asked)
        await worker.followed("POST", f"{referral}/send")
        shown = await worker.until(referral, "the referral abroad", state="received")
        assert shown["case_reference"] == reference
        assert worker.calls == 6
