"""A partner with valid keys and bad intent, for minutes: what it costs another partner's recall, beside a quiet run.

`python -m tests.load.adversary --seconds 600 --state DIR`. KH's keys seal floods of signs of life with invented names, requests for
resends, voids, receipts, process codes about nothing, numbers out of range, and bytes that are no envelope. Meanwhile TH refers
inside its own country (the other partner is TH itself, by loopback) and withdraws: from the withdrawal to the answer to its recall.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.helpers import create_ssl_context

from contracts.border.envelope import seal
from contracts.border.items import (
    AgreementReference,
    Claims,
    ControlItem,
    Item,
    Presence,
    ProcessContent,
    ProcessItem,
    Receipt,
    Resend,
    Void,
)
from corridor.journey import Journey, eventually, listed
from deploy.local.cell import Cell
from deploy.local.stack import Stack
from services.exchange.trust import Trust

NEIGHBOUR = "th-legal-aid"
BOUND_S = 2.0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load.adversary", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--quiet", type=int, default=15, help="recalls without the flood, to compare with")
    parser.add_argument("--state", type=Path, required=True, help="a new folder of the run's own")
    return parser.parse_args()


class Adversary:
    """Everything that its keys allow, as fast as the broker of its own cell takes it."""

    def __init__(self, stack: Stack) -> None:
        self._kh: Cell = stack.cells["KH"]
        files = stack.trust
        self._trust = Trust(
            files.trust_file,
            files.agreements_dir("KH"),
            files.organisation_keys_dir("KH"),
            files.governance_keys_file,
            "KH",
            "development",
        )
        self._trust.refresh(datetime.now(UTC))
        self._seq = 10_000
        self.sent = 0

    async def flood(self, until: float) -> None:
        config = self._kh.broker.admin_config
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kh.broker.bootstrap,
            security_protocol="SASL_SSL",
            sasl_mechanism="SCRAM-SHA-512",
            sasl_plain_username=config["sasl.username"],
            sasl_plain_password=config["sasl.password"],
            ssl_context=create_ssl_context(cafile=str(self._kh.broker.ca_file)),
        )
        await producer.start()
        try:
            envelopes = self._envelopes()
            while time.monotonic() < until:
                await producer.send("egress.th", next(envelopes))
                self.sent += 1
                await asyncio.sleep(0)
        finally:
            await producer.stop()

    def _envelopes(self) -> Iterator[bytes]:
        chance = random.Random(7)
        names = [f"th-invented-{n}" for n in range(100)]
        while True:
            huge = {name: chance.randrange(2**52) for name in names}
            known = {name: chance.randrange(5_000) for name in ("th-care-agency", NEIGHBOUR, "th-exchange")}
            yield self._sealed([_control(Presence({}, huge | known))], seq=0)
            asked = [_control(Resend(recipient=name, seq=1, until=2**50)) for name in known]
            yield self._sealed([*asked, *(_control(Void(name, 7)) for name in names[:7])])
            yield self._sealed([_control(Receipt(uuid4(), uuid4(), "accepted", datetime.now(UTC)))])
            yield self._sealed([_control(Void("th-exchange", 1))], seq=chance.choice((2**63, 2**52, 10**300)))
            yield self._sealed([self._process() for _ in range(100)], aud=NEIGHBOUR, iss="kh-health-agency")
            yield chance.randbytes(4_000)

    def _process(self) -> Item:
        agreement: AgreementReference = self._trust.agreements["th-kh"].reference
        content = ProcessContent(agreement, "referral.accepted", uuid4(), datetime.now(UTC))
        return ProcessItem(uuid4(), uuid4(), content)

    def _sealed(
        self, items: list[Item], *, seq: int | None = None, aud: str = "th-exchange", iss: str = "kh-exchange"
    ) -> bytes:
        self._seq += 1
        issued, trusted = int(time.time()), self._trust.list
        number = self._seq if seq is None else seq
        claims = Claims(iss, aud, uuid4(), issued, issued + 60, number, "0" * 64, tuple(items))
        recipient = None if trusted is None else trusted.recipient(aud, datetime.now(UTC))
        if recipient is None:
            raise LookupError(aud)
        return seal(replace(claims), self._trust.own.signing[iss][-1], recipient)


def _control(content: Any) -> Item:
    return ControlItem(uuid4(), content)


async def recalled(stack: Stack) -> float:
    """Seconds from the withdrawal to the answer to its recall, of one disclosure inside TH."""
    async with Journey(stack.state) as journey:
        await journey.open_case({"cor_FullName": "Invented", "prs_Birthdate": "1990"})
        await journey.give_consent(("identity", "demographic"), NEIGHBOUR)
        await journey.draft(NEIGHBOUR, "legal")
        await journey.preview()
        await journey.send()

        async def there() -> Any:
            half = await listed(journey.neighbour, "/referral/v1/referrals", "referral_id", journey.referral)
            return half if half is not None and half["state"] == "received" else None

        await eventually(there, "the referral inside the country", 300)
        began = time.monotonic()
        await journey.withdraw()
        await journey.until_answered()
        return time.monotonic() - began


async def measured(stack: Stack, *, until: float | None = None, times: int = 0) -> list[float]:
    found: list[float] = []
    while len(found) < times or (until is not None and time.monotonic() < until):
        found.append(await recalled(stack))
    return found


def shown(what: str, seconds: list[float]) -> float:
    median, worst = statistics.median(seconds), max(seconds)
    print(
        f"{what}: {len(seconds)} recalls answered, median {median:.2f} s, slowest {worst:.2f} s", flush=True
    )
    return median


async def run(options: argparse.Namespace) -> int:
    stack = Stack(["TH", "KH"], state=options.state / "stack", processes=True)
    await stack.up()
    try:
        quiet = shown("quiet", await measured(stack, times=options.quiet))
        adversary, until = Adversary(stack), time.monotonic() + options.seconds
        flooding = asyncio.create_task(adversary.flood(until))
        under = shown("under the flood", await measured(stack, until=until))
        await flooding
        delay = under - quiet
        print(
            f"{adversary.sent} envelopes of the adversary; its delay of another's recall: {delay:.2f} s (bound {BOUND_S} s)"
        )
        return int(delay >= BOUND_S)
    finally:
        await stack.down()


if __name__ == "__main__":
    sys.exit(asyncio.run(run(arguments())))
