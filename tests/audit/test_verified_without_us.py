"""docs/audit.md is enough to verify a log without this program: nothing of it is imported here."""

import hashlib
import hmac
import json
from datetime import UTC
from uuid import uuid4

import rfc8785
from sqlalchemy import text

from tests.audit.test_api import given, rewrite

LEAF = (
    "entry",
    "time",
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


def first_broken(rows):
    """By the recipe of the page: the number of the first entry that does not fit, or None; and the head."""
    head = "0" * 64
    for number, row in enumerate(rows, start=1):
        leaf = {name: row[name] for name in LEAF}
        leaf["time"] = row["time"].astimezone(UTC).isoformat(timespec="microseconds")
        leaf["event_id"] = str(row["event_id"])
        committed = hmac.new(row["salt"], rfc8785.dumps(row["details"]), hashlib.sha256).hexdigest()
        expected = hashlib.sha256(bytes.fromhex(head) + rfc8785.dumps(leaf)).hexdigest()
        if (row["entry"], row["previous"], row["hash"], row["commitment"]) != (
            number,
            head,
            expected,
            committed,
        ):
            return number, head
        head = expected
    return None, head


async def exported(audit):
    async with audit.service.database.engine.connect() as conn:
        rows = (await conn.execute(text("select * from audit.entries order by entry"))).mappings().all()
    return [{**row, "salt": bytes(row["salt"])} for row in rows]


async def test_a_log_is_verified_from_its_rows_alone(audit, postgres):
    for _ in range(4):
        await audit.deliver(given(uuid4()))
    head = (await audit.client.get("/v1/chain", headers=audit.as_("auditor"))).json()["head"]
    assert first_broken(await exported(audit)) == (None, head)
    await rewrite(audit, postgres, "details = jsonb_set(details, '{revision}', '9') where entry = 2")
    assert first_broken(await exported(audit))[0] == 2
    assert json.dumps((await exported(audit))[1]["details"])
