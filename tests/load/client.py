"""One client of a load run: plays cases one after another, through every outage, each command with one key for all its tries."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg

from corridor.client import NoStackError, Person, RefusedError
from tests.load.history import History

RECIPIENT = "kh-reintegration-agency"
FIELDS = ["cor_FullName", "prs_Birthdate", "prs_Gender", "cor_Needs"]
AGAIN = frozenset({429, 500, 502, 503, 504})
PAUSE_S, LONGEST_S = 0.3, 600.0
SEALED = """
select count(*) from exchange.envelope_items where case_id = $1 and item_class = 'disclosure'
"""


class GaveUp(Exception):
    """A command had no answer for so long that the run is worth nothing."""


async def insistently(
    send: Callable[[dict[str, str]], Awaitable[Any]], *, also: frozenset[int] = frozenset()
) -> Any:
    """The same command, with the same key, until it is answered for good."""
    headers = {"Idempotency-Key": str(uuid4())}
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LONGEST_S
    while loop.time() < deadline:
        try:
            return await send(headers)
        except NoStackError:
            pass
        except RefusedError as error:
            if error.status not in AGAIN | also:
                raise
        await asyncio.sleep(PAUSE_S)
    raise GaveUp


class Client:
    """`exchange` is the sender's database of envelopes, read as its administrator, beside the product."""

    def __init__(self, worker: Person, receiver: Person, history: History, exchange: str, seed: int) -> None:
        self._worker, self._receiver, self._history = worker, receiver, history
        self._exchange, self._random = exchange, random.Random(seed)

    async def play(self, number: int) -> None:
        """Open, consent, refer; then accept, reject, withdraw at some moment, or leave it."""
        case = (await self._post("/intake/v1/cases", _person(number)))["id"]
        self._history.say(number, "opened", id=case)
        consent = (await self._post(f"/consent/v1/cases/{case}/consents", _consent()))["id"]
        self._history.say(number, "consented", id=consent)
        referral = (await self._post("/referral/v1/referrals", _referral(case)))["id"]
        await self._post(f"/referral/v1/referrals/{referral}/send")
        self._history.say(number, "sent", id=referral)
        match self._random.choices(("accept", "reject", "withdraw", "leave"), (35, 15, 35, 15))[0]:
            case "accept":
                await self._answer(number, referral, "accept", None)
            case "reject":
                await self._answer(number, referral, "reject", {"reason": "no-capacity"})
            case "withdraw":
                await asyncio.sleep(self._random.choice((0, 0, 0.05, 0.2, 0.5, 1, 3)))
                await self._withdraw(number, case, consent)
            case _:
                self._history.say(number, "left")

    async def _answer(self, number: int, referral: str, verb: str, body: Any) -> None:
        """The other side waits until it has the referral, whatever keeps it."""
        path = f"/referral/v1/referrals/{referral}/{verb}"
        await insistently(
            lambda headers: self._receiver.post(path, body, headers=headers), also=frozenset({404, 409})
        )
        self._history.say(number, f"{verb}ed")

    async def _withdraw(self, number: int, case: str, consent: str) -> None:
        """Until the answer says complete; then, in the database, how many envelopes there are at that moment."""
        path = f"/consent/v1/consents/{consent}/withdraw"
        while not (await self._post(path))["complete"]:
            await asyncio.sleep(PAUSE_S)
        self._history.say(number, "withdrawn", sealed=await self._sealed(case))

    async def _sealed(self, case: str) -> int:
        while True:
            try:
                connection = await asyncpg.connect(self._exchange)
                try:
                    return int(await connection.fetchval(SEALED, case))
                finally:
                    await connection.close()
            except (OSError, asyncpg.PostgresError):  # its server is just being killed
                await asyncio.sleep(PAUSE_S)

    async def _post(self, path: str, body: Any = None) -> Any:
        return await insistently(lambda headers: self._worker.post(path, body, headers=headers))


def _person(number: int) -> dict[str, Any]:
    fields = {
        "cor_FullName": f"Invented {number:x}".replace("0", "o"),
        "prs_Birthdate": "1990",
        "prs_Gender": "Feminine",
    }
    return {"channel": "agency", "urgency": "routine", "fields": fields}


def _consent() -> dict[str, Any]:
    return {
        "decision": "given",
        "purposes": ["referral-assistance"],
        "recipients": [{"organisation": RECIPIENT, "country": "KH"}],
        "categories": ["identity", "demographic", "needs"],
        "back_categories": ["outcome"],
        "notice_version": "2026-1",
        "language": "km",
        "risks_explained": True,
        "method": "thumbprint",
        "valid_until": (datetime.now(UTC) + timedelta(days=200)).isoformat(),
    }


def _referral(case: str) -> dict[str, Any]:
    return {
        "case_id": case,
        "recipient": RECIPIENT,
        "service": "reintegration",
        "purpose": "referral-assistance",
        "urgency": "routine",
        "fields": FIELDS,
    }
