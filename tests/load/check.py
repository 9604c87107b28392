"""Judges a load run from its clients' history, both cells' databases and both logs. Shares no code with the product.

`python tests/load/check.py HISTORY DSNS` where DSNS maps `TH` and `KH` to a database address with `{database}` in it.
Prints each count and ends with 1 if any is not 0.
"""

import asyncio
import hashlib
import hmac
import json
import sys
from collections import Counter
from datetime import UTC
from pathlib import Path
from typing import Any

import asyncpg

SERVICES = ("intake", "consent", "referral", "returns", "exchange", "notify", "audit")
PUBLISHED_SECONDS = 10
READABLE = ("held", "accepted")


def canonical(value: Any) -> bytes:
    """RFC 8785 for what the log holds: texts, whole numbers and their containers."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


class Cell:
    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    async def rows(self, database: str, query: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self._dsn.format(database=database))
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()


def told(path: Path) -> dict[int, dict[str, dict[str, Any]]]:
    """Case number → step → what the client noted."""
    cases: dict[int, dict[str, dict[str, Any]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        cases.setdefault(entry["case"], {})[entry["step"]] = entry
    return cases


async def counts(history: Path, th: Cell, kh: Cell) -> dict[str, int]:
    """Each is how often something happened that must not."""
    cases = told(history)
    found: Counter[str] = Counter()
    await _cases(cases, th, found)
    await _referrals(cases, th, kh, found)
    await _withdrawals(cases, th, kh, found)
    for name, cell in (("TH", th), ("KH", kh)):
        await _openers(name, cell, found)
        await _log(name, cell, found)
        await _left_behind(name, cell, found)
    return {"cases": len(cases), **found}


async def _cases(cases: dict[int, Any], th: Cell, found: Counter[str]) -> None:
    here = {str(row["id"]) for row in await th.rows("intake", "select id from intake.cases")}
    opened = [case["opened"]["id"] for case in cases.values() if "opened" in case]
    found["lost: a case that was answered is not there"] += len(set(opened) - here)
    found["doubled: a case that nobody was answered"] += len(here - set(opened))
    said = await th.rows(
        "audit", "select stream, count(*) as n from audit.entries where type = 'case.opened.v1' group by 1"
    )
    logged = {row["stream"]: row["n"] for row in said}
    found["doubled or lost: case.opened in the log"] += sum(logged.get(case, 0) != 1 for case in opened)


async def _referrals(cases: dict[int, Any], th: Cell, kh: Cell, found: Counter[str]) -> None:
    query = "select id, half, state from referral.referrals"
    sent = {
        str(row["id"]): row["state"] for row in await th.rows("referral", query) if row["half"] == "outgoing"
    }
    halves = Counter(str(row["id"]) for row in await kh.rows("referral", query) if row["half"] == "incoming")
    states = {str(row["id"]): row["state"] for row in await kh.rows("referral", query)}
    files = await kh.rows("intake", "select referral_id, state from intake.disclosures")
    held = Counter(str(row["referral_id"]) for row in files if row["state"] in READABLE)
    for case in cases.values():
        if "sent" not in case:
            continue
        referral = case["sent"]["id"]
        found["lost: a referral that was sent is not there"] += referral not in sent
        found["doubled: a referral received twice"] += halves[referral] > 1
        if "withdrawn" in case:
            continue
        found["lost: a referral that was not withdrawn has not arrived"] += halves[referral] != 1
        if "rejected" in case:
            found["readable after a rejection"] += held[referral]
            found["halves differ"] += (sent.get(referral), states.get(referral)) != ("rejected", "rejected")
            continue
        found["lost: what arrived cannot be read"] += held[referral] != 1
        expected = "accepted" if "accepted" in case else "received"
        found["halves differ"] += (sent.get(referral), states.get(referral)) != (expected, expected)


async def _withdrawals(cases: dict[int, Any], th: Cell, kh: Cell, found: Counter[str]) -> None:
    query = "select case_id, count(*) as n from exchange.envelope_items where item_class = 'disclosure' group by 1"
    sealed = {str(row["case_id"]): row["n"] for row in await th.rows("exchange", query)}
    files = await kh.rows("intake", "select referral_id, state from intake.disclosures")
    readable = {str(row["referral_id"]) for row in files if row["state"] in READABLE}
    ledger = await th.rows("consent", "select case_id, step from consent.ledger order by pos")
    steps: dict[str, list[str]] = {}
    for row in ledger:
        steps.setdefault(str(row["case_id"]), []).append(row["step"])
    for case in cases.values():
        if "withdrawn" not in case:
            continue
        name = case["opened"]["id"]
        found["sealed after the withdrawal was answered as complete"] += (
            sealed.get(name, 0) != case["withdrawn"]["sealed"]
        )
        found["readable abroad after a withdrawal"] += case["sent"]["id"] in readable
        mine = steps.get(name, [])
        after = mine[mine.index("recalled") :] if "recalled" in mine else []
        found["a token after the recall"] += "token" in after
        found["a recall without an answer"] += "recalled" in mine and "answered" not in after


async def _openers(name: str, cell: Cell, found: Counter[str]) -> None:
    """What a cell has opened was sealed to an organisation of its own."""
    rows = await cell.rows("exchange", "select recipient from exchange.received where recipient is not null")
    strangers = [row["recipient"] for row in rows if not row["recipient"].startswith(f"{name.lower()}-")]
    found[f"{name}: opened by the wrong cell"] += len(strangers)


async def _log(name: str, cell: Cell, found: Counter[str]) -> None:
    """Recompute the chain; in each stream of a service the sequence is 1, 2, 3 …, and its order is the log's."""
    entries = await cell.rows("audit", "select * from audit.entries order by entry")
    head, numbers = "0" * 64, Counter[tuple[str, str]]()
    for place, row in enumerate(entries, 1):
        body = hmac.new(row["salt"], canonical(json.loads(row["details"])), hashlib.sha256).hexdigest()
        names = (
            "event_id",
            "source",
            "type",
            "stream",
            "actor",
            "organisation",
            "purpose",
            "policy",
            "commitment",
        )
        leaf = {name: str(row[name]) for name in names} | {"entry": row["entry"]}
        leaf["time"] = row["time"].astimezone(UTC).isoformat(timespec="microseconds")
        digest = hashlib.sha256(bytes.fromhex(head) + canonical(leaf)).hexdigest()
        whole = (row["entry"], row["previous"], row["hash"], row["commitment"]) == (place, head, digest, body)
        found[f"{name}: log entries that do not fit"] += not whole
        head = row["hash"]
        if row["sequence"]:
            key = (row["source"], row["stream"])
            found[f"{name}: inverted, lost or doubled in a stream"] += row["sequence"] != numbers[key] + 1
            numbers[key] = row["sequence"]


async def _left_behind(name: str, cell: Cell, found: Counter[str]) -> None:
    for service in SERVICES:
        for what, query in (
            ("parked", "select count(*) from chassis.parked where state = 'waiting'"),
            ("failed work", "select count(*) from chassis.work where state = 'failed'"),
        ):
            found[f"{name}: {what}"] += (await cell.rows(service, query))[0][0]
        found[f"{name}: unpublished"] += await _unpublished(cell, service)


async def _unpublished(cell: Cell, service: str) -> int:
    """Messages that are there and not published some seconds later; one that was just written, as signs of life are, is under way."""
    ((last,),) = await cell.rows(service, "select coalesce(max(pos), 0) from chassis.outbox")
    left = f"select count(*) from chassis.outbox where pos <= {int(last)} and pos > (select max_pos from chassis.relay)"
    for _ in range(PUBLISHED_SECONDS):
        ((waiting,),) = await cell.rows(service, left)
        if not waiting:
            return 0
        await asyncio.sleep(1)
    return int(waiting)


def main(arguments: list[str]) -> int:
    addresses = json.loads(arguments[1])
    result = asyncio.run(counts(Path(arguments[0]), Cell(addresses["TH"]), Cell(addresses["KH"])))
    for what, number in result.items():
        print(f"{number:>8}  {what}")
    return int(any(number for what, number in result.items() if what != "cases"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
