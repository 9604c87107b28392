"""A worker's way with a case from the intake to *received abroad*: six calls, and no identifier that she carries by hand."""

import re
from pathlib import Path
from typing import Any

import httpx2

from corridor.client import Person
from corridor.journey import FIELDS, Journey, eventually
from corridor.story import CATEGORIES

UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
REFERENCE = re.compile(r"TH-[0-9A-Z]{4}-[0-9A-Z]{2}")


class Worker(Person):
    """Counts her calls, and refuses to type an identifier of a machine."""

    def __init__(self, name: str, state: Path) -> None:
        super().__init__(name, state)
        self.calls = 0

    async def make(self, service: str, path: str, body: dict[str, Any]) -> str:
        """A command whose words she typed; answers where it is found, as the service says."""
        assert UUID.search(f"{path} {body}") is None
        return f"/{service}{(await self.call('POST', f'/{service}{path}', json=body)).headers['Location']}"

    async def call(self, method: str, address: str, **more: Any) -> httpx2.Response:
        self.calls += 1
        return await self._asked(method, address, more)


async def test_a_case_is_received_abroad_after_six_calls_and_no_identifier_by_hand(stack):
    async with Worker("th.worker", stack.state) as worker, Journey(stack.state) as story:
        opened = {
            "channel": "agency",
            "urgency": "urgent",
            "languages": ["km"],
            "fields": {"prs_Birthdate": "1999"},
        }
        case = (await worker.call("GET", await worker.make("intake", "/v1/cases", opened))).json()
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
        await worker.call("POST", f"{referral}/send")
        before = worker.calls

        async def received() -> dict[str, Any] | None:
            shown = (await worker.call("GET", referral)).json()
            return shown if shown["state"] == "received" else None

        shown = await eventually(received, "the referral abroad")
        assert shown["case_reference"] == reference
        assert before + 1 == 6
