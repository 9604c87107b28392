"""Calls of the referral API as these tests make them."""

from typing import Any
from uuid import UUID, uuid4

import httpx2

from tests.harness import Harness
from tests.referral.making import RECIPIENT

BODIES: dict[str, dict[str, str]] = {
    "reject": {"reason": "no-capacity"},
    "hold": {"reason": "awaiting-person"},
    "fail": {"reason": "moved-away"},
    "complete": {"outcome": "service-delivered"},
}


def form(case_id: UUID, **changes: Any) -> dict[str, Any]:
    return {
        "case_id": str(case_id),
        "recipient": RECIPIENT,
        "service": "reintegration",
        "purpose": "return-and-reintegration",
        "urgency": "urgent",
        "fields": ["cor_FullName", "cor_Needs"],
        **changes,
    }


async def draft(h: Harness, case_id: UUID, **changes: Any) -> httpx2.Response:
    return await h.client.post("/v1/referrals", json=form(case_id, **changes), headers=h.as_("case_worker"))


async def drafted(h: Harness, **changes: Any) -> tuple[UUID, UUID]:
    """A case of the sender's organisation with a draft."""
    case_id = uuid4()
    await h.grant_access(case_id, "th-care-agency")
    answer = await draft(h, case_id, **changes)
    assert answer.status_code == 201, answer.text
    return case_id, UUID(answer.json()["id"])


async def sent(h: Harness, **changes: Any) -> tuple[UUID, UUID]:
    case_id, referral_id = await drafted(h, **changes)
    answer = await move(h, referral_id, "send")
    assert answer.status_code == 200, answer.text
    return case_id, referral_id


async def move(
    h: Harness,
    referral_id: UUID,
    verb: str,
    *,
    org: str = "th-care-agency",
    headers: dict[str, str] | None = None,
) -> httpx2.Response:
    asked = {**h.as_("case_worker", org), **(headers or {})}
    return await h.client.post(f"/v1/referrals/{referral_id}/{verb}", json=BODIES.get(verb), headers=asked)


async def view(h: Harness, referral_id: UUID, org: str = "th-care-agency") -> dict[str, Any]:
    answer = await h.client.get(f"/v1/referrals/{referral_id}", headers=h.as_("case_worker", org))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body
