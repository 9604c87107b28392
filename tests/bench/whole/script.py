"""The whole case as one client plays it over HTTP alone: open, assign, consent, draft, send. The same for this tree and for an earlier one."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2

from tests.bench.whole.arrivals import Arrivals
from tests.load.history import History

AGENCY, RECIPIENT = "th-care-agency", "kh-reintegration-agency"
NOT_YET = frozenset({httpx2.codes.NOT_FOUND, httpx2.codes.SERVICE_UNAVAILABLE})
"""A service that has not heard of the case yet says 503 and when to ask again; an earlier one said 404."""
PAUSE_S, PATIENCE_S = 0.05, 120.0


@dataclass(frozen=True, slots=True)
class Opening:
    """Who opens a case and assigns it to its worker, and by which channel it came."""

    who: str
    channel: str


AT_AGENCY = Opening("th.supervisor", "agency")
AT_SCREENING_UNIT = Opening("th.officer", "screening-unit")
"""Until agencies opened cases themselves, the screening unit did, and assigned them to one."""


@dataclass(slots=True)
class PlayedCase:
    """What a client has learned of a case so far."""

    number: int
    id: str = ""
    seen: str = ""
    referral: str = ""


Step = Callable[[PlayedCase], Awaitable[float]]
"""One command for a case; the seconds for which its effect abroad is waited for."""


@dataclass(slots=True)
class Client:
    """Plays cases one after another on connections that it keeps. `asked` counts its requests, those that were asked again included."""

    http: httpx2.AsyncClient
    tokens: Mapping[str, str]
    opening: Opening
    history: History
    arrivals: Arrivals
    asked: int = 0

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.open, self.assign, self.consent, self.draft, self.send

    async def play(self, number: int) -> float:
        """Seconds from the answer to the sending until the referral is received abroad."""
        case, took = PlayedCase(number), 0.0
        for step in self.steps:
            took = await step(case)
        return took

    async def open(self, case: PlayedCase) -> float:
        form = person(case.number, self.opening.channel)
        case.id, case.seen = await self._command(self.opening.who, "/intake/v1/cases", form)
        self.history.say(case.number, "opened", id=case.id)
        return 0.0

    async def assign(self, case: PlayedCase) -> float:
        path = f"/intake/v1/cases/{case.id}/assignment"
        await self._command(self.opening.who, path, _assignment(), case.seen)
        return 0.0

    async def consent(self, case: PlayedCase) -> float:
        consent, _ = await self._command("th.worker", f"/consent/v1/cases/{case.id}/consents", _consent())
        self.history.say(case.number, "consented", id=consent)
        return 0.0

    async def draft(self, case: PlayedCase) -> float:
        case.referral, _ = await self._command("th.worker", "/referral/v1/referrals", _referral(case.id))
        return 0.0

    async def send(self, case: PlayedCase) -> float:
        """Seconds from the answer until the referral is received abroad."""
        await self._command("th.worker", f"/referral/v1/referrals/{case.referral}/send")
        sent = time.perf_counter()
        self.history.say(case.number, "sent", id=case.referral)
        return await self.arrivals.of(case.referral) - sent

    async def _command(self, who: str, path: str, body: Any = None, seen: str = "") -> tuple[str, str]:
        """The identifier and the version that the command is answered with; with one key until it is answered for good."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}", "Idempotency-Key": str(uuid4())}
        headers |= {"If-Match": seen} if seen else {}
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = await self.http.post(path, json=body, headers=headers)
            self.asked += 1
            if answer.status_code not in NOT_YET or time.monotonic() > deadline:
                break
            await asyncio.sleep(float(answer.headers.get("Retry-After", PAUSE_S)))
        if answer.is_error:
            raise RuntimeError(f"{path.rpartition('/')[2]}: {answer.status_code} {answer.text[:500]}")
        return str(answer.json()["id"]), answer.headers.get("ETag", "")


def person(number: int, channel: str) -> dict[str, Any]:
    fields = {
        "cor_FullName": f"Invented {number:x}".translate(str.maketrans("0123456789", "ghijklmnop")),
        "prs_Birthdate": "1990",
        "prs_Gender": "Feminine",
        "prs_MobilePhone": "+855 12 000 000",
        "prs_NumberOfChildren": "2",
    }
    return {"channel": channel, "urgency": "routine", "languages": ["km"], "fields": fields}


def _assignment() -> dict[str, Any]:
    return {"organisation": AGENCY, "workers": ["th.worker"]}


def _consent() -> dict[str, Any]:
    return {
        "decision": "given",
        "purposes": ["referral-assistance"],
        "recipients": [{"organisation": RECIPIENT, "country": "KH"}],
        "categories": ["identity", "demographic", "needs", "family"],
        "back_categories": ["outcome"],
        "notice_version": "2026-1",
        "language": "km",
        "risks_explained": True,
        "method": "thumbprint",
        "valid_until": (datetime.now(UTC) + timedelta(days=200)).isoformat(),
    }


def _referral(case: str) -> dict[str, Any]:
    fields = [
        "cor_FullName",
        "prs_Birthdate",
        "prs_Gender",
        "prs_PrimaryLanguage",
        "prs_MobilePhone",
        "prs_NumberOfChildren",
    ]
    return {
        "case_id": case,
        "recipient": RECIPIENT,
        "service": "reintegration",
        "purpose": "referral-assistance",
        "urgency": "routine",
        "fields": fields,
    }
