"""Canary strings in every field about a person are found nowhere outside ciphertext: topics, WAL, data, logs, spans, errors."""

import asyncio
import base64
import contextlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from shutil import copytree
from urllib.parse import quote
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from chassis.vault import ciphertext
from chassis.vault.epochs import FileKeys
from chassis.vault.owner import end_epoch
from contracts.casefile.fields import FIELDS
from contracts.catalogue import SERVICES
from corridor.client import Person
from corridor.journey import Journey, eventually
from corridor.sign_in import address, token
from deploy.local.backup import back_up, bring_back
from deploy.local.cell import KEEPER, Cell
from deploy.local.people import load_people
from deploy.local.postgres import Postgres
from deploy.local.stack import Stack

END = "Wvkqjh"
"""Of every canary, so that a file without it in any form is looked at no further."""


def canary(what: str) -> str:
    return f"Qzx{what.replace('_', '')}{END}"


TEXTS = {name: canary(name) for name, field in FIELDS.items() if field.kind == "text"}
SAID = {
    what: canary(what) for what in ("reasons", "note", "grounds", "witness", "interpreter", "bad", "path")
}
SEALED = re.compile(rb"v1\.([A-Za-z0-9_-]{38,})")
CATEGORIES = ("identity", "contact", "demographic", "documents", "needs", "family", "exploitation", "health")


@pytest.fixture(scope="module")
def lived(three) -> Journey:
    """A whole case of somebody of whom every field is a canary."""
    return asyncio.run(live_a_whole_case(three))


def forms(text: str) -> set[bytes]:
    """The text as it might lie in a file: plain, escaped, in hex, and in base64 at each of its three offsets."""
    raw = text.encode()
    found = {raw, quote(text).encode(), raw.hex().encode(), text.encode("utf-16-le"), text[::-1].encode()}
    for offset in range(3):
        first, end = (offset * 8 + 5) // 6, (offset + len(raw)) * 8 // 6  # characters that raw alone decides
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(b"\0" * offset + raw)[first:end])
    return found


def holders(root: Path, wanted: dict[str, set[bytes]]) -> list[str]:
    """Files below the folder that hold any form of any canary."""
    held, ends = [], forms(END)
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        try:
            content = path.read_bytes()
        except (
            FileNotFoundError
        ):  # PostgreSQL removes files while we look; what it wrote instead is looked at too
            continue
        if not any(end in content for end in ends):
            continue
        held += [
            f"{path.relative_to(root)}: {name}"
            for name, some in wanted.items()
            if any(one in content for one in some)
        ]
    return held


async def live_a_whole_case(stack: Stack) -> Journey:
    async with Journey(stack.state) as journey:
        await journey.open_case(TEXTS | {"prs_Birthdate": "1999", "prs_Citizenship": ["KH"]})
        path = f"/intake/v1/cases/{journey.case}"
        needs = {"urgency": "urgent", "needs": ["medical"], "note": SAID["note"]}
        await journey.worker.post(f"{path}/needs", needs, headers=await journey.worker.seen(path))
        status = {
            "status": "ActualVictimOfTrafficking",
            "deciding_organisation": "NGO",
            "reasons": SAID["reasons"],
        }
        await journey.supervisor.post(f"{path}/status", status, headers=await journey.supervisor.seen(path))
        names = {
            "witness": SAID["witness"],
            "interpreter": SAID["interpreter"],
            "interpreter_undertaking": True,
        }
        await journey.give_consent(CATEGORIES, **names)
        await journey.draft(fields=list(TEXTS))
        await journey.preview()
        await journey.send()
        await journey.received()
        (read,) = await journey.read_received()
        assert read["fields"]["cor_FullName"] == TEXTS["cor_FullName"]
        await journey.request_return()
        await journey.decide_return()
        await journey.prepare_return()
        await journey.assess_return(grounds=SAID["grounds"])
        await journey.withdraw()
        await journey.until_answered()
        (closed,) = await journey.read_received()
        assert closed["fields"] == {}
        return journey


async def send_bad_input(stack: Stack, journey: Journey) -> list[str]:
    """Requests that are refused, with canaries wherever a caller can put one. Returns the answers' texts."""
    bad, url = SAID["bad"], stack.cells["TH"].base_url
    headers = {"Authorization": f"Bearer {token('th.officer', stack.state)}"}
    answers = []
    async with httpx2.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
        for path, body in (
            ("/intake/v1/cases", {"channel": bad}),
            ("/intake/v1/cases", {"channel": "api", "fields": {bad: "x"}}),
            ("/intake/v1/cases", {"channel": "api", "fields": {"prs_Birthdate": bad}}),
            ("/intake/v1/cases", {"channel": "api", "fields": {"prs_Gender": bad}}),
            (f"/consent/v1/cases/{uuid4()}/consents", {"witness": bad, "purposes": [bad]}),
            ("/referral/v1/referrals", {"case_id": bad, "fields": [bad]}),
            ("/returns/v1/returns", {"case_id": bad}),
            (f"/audit/v1/trails/{bad}", None),
        ):
            answer = await (client.post(path, json=body) if body else client.get(path))
            assert answer.status_code in {403, 404, 422}, path
            answers.append(answer.text)
        broken = await client.post("/intake/v1/cases", content=f'{{"channel": "{bad}'.encode())
        answers += [
            broken.text,
            (await client.get("/intake/v1/cases", headers={"Authorization": f"Bearer {bad}"})).text,
        ]
    return answers


async def checkpoint(stack: Stack) -> None:
    for cell in stack.cells.values():
        connection = await asyncpg.connect(cell.postgres.admin_dsn())
        await connection.execute("checkpoint")
        await connection.close()


async def test_no_canary_is_found_outside_ciphertext_anywhere_in_any_cell(three, lived, spans):
    journey = lived
    answers = await send_bad_input(three, journey)
    await checkpoint(three)
    await asyncio.sleep(6)  # the exporter sends every five seconds
    wanted = {name: forms(text) for name, text in {**TEXTS, **SAID}.items()}
    assert holders(three.state, wanted) == []
    assert [
        name for name, some in wanted.items() for text in answers if any(one in text.encode() for one in some)
    ] == []
    shown = [text for cell in three.cells for text in await pages_of_metrics(three, cell)]
    assert [text.count("corridor_outbox_waiting{") for text in shown] == [len(SERVICES)] * len(three.cells)
    assert [
        name for name, some in wanted.items() for text in shown if any(one in text.encode() for one in some)
    ] == []
    assert [name for name in names_of(journey) for text in shown if name in text] == []
    assert len(spans.bodies) > 0
    assert [
        name for name, some in wanted.items() for body in spans.bodies if any(one in body for one in some)
    ] == []


async def erase(stack: Stack, case: str) -> None:
    """She asks her worker, and a supervisor confirms it."""
    path = f"/intake/v1/cases/{case}/erasures"
    async with Person("th.worker", stack.state) as worker, Person("th.supervisor", stack.state) as second:
        asked = await worker.post(path, {"reason": SAID["note"]})
        await second.post(f"/intake/v1/erasures/{asked['id']}/confirm")

        async def gone() -> bool | None:
            (one,) = (await second.get(path))["items"]
            return True if one["state"] == "completed" else None

        await eventually(gone, "the end of her key")


async def test_after_her_erasure_and_the_end_of_its_epoch_no_bytes_of_then_or_now_yield_anything_of_her(
    three, lived, cells_directory, tmp_path
):
    """Tables, logs of the database, topics and a backup from before, with every key that is left in either cell."""
    key = tmp_path / "key"
    key.write_text(base64.b64encode(os.urandom(32)).decode())
    back_up(three.state, "TH", tmp_path / "th.backup", key)
    epochs_then = {code: cell.epochs.read_bytes() for code, cell in three.cells.items()}
    person = await person_of(three, lived.case)
    await erase(three, lived.case)
    await checkpoint(three)
    for cell in three.cells.values():
        await end_the_epoch(cell)
    older = cells_directory() / "older"
    copytree(three.cells["TH"].keeper, older / KEEPER / "th")
    assert bring_back(older, "TH", tmp_path / "th.backup", key) == 1
    (older / "th" / "postgres" / "ports.json").unlink()  # the server that it was copied from still listens
    before = Postgres(older / "th" / "postgres", fast=True)
    before.start()
    try:
        dumped = await sealed_in_rows(before)
        wrapped = {
            "older backup": await wrapped_keys(before.admin_dsn("vault")),
            **{code: await wrapped_keys(c.postgres.admin_dsn("vault")) for code, c in three.cells.items()},
        }
    finally:
        before.stop()
    for cell in three.cells.values():
        dumped |= await sealed_in_rows(cell.postgres)
    sealed = sealed_in(three.state) | sealed_in(older) | dumped
    wanted = {
        **TEXTS,
        **{name: SAID[name] for name in ("reasons", "note", "grounds", "witness", "interpreter")},
    }
    left = [*opened(wrapped["older backup"], three.cells["TH"].epochs.read_bytes())]
    for code, cell in three.cells.items():
        left += opened(wrapped[code], cell.epochs.read_bytes())
    assert left
    assert readable(sealed, left, wanted) == set()
    for root in (three.state, older):
        assert holders(root, {name: forms(text) for name, text in wanted.items()}) == []
    hers = [row for row in wrapped["older backup"] if row["person_id"] == person]
    then = opened(hers, epochs_then["TH"])  # the same bytes, with the wrapping key that was destroyed
    assert readable(sealed, then, wanted) == set(wanted)


async def person_of(stack: Stack, case: str) -> UUID:
    connection = await asyncpg.connect(stack.cells["TH"].postgres.admin_dsn("intake"))
    try:
        return await connection.fetchval("select person_id from intake.cases where id = $1", UUID(case))
    finally:
        await connection.close()


async def end_the_epoch(cell: Cell) -> None:
    """As docs/vault.md says: the keys of the living are wrapped anew, and then the wrapping key is destroyed."""
    kept = json.loads(cell.epochs.read_text())
    ended, following = kept["current"], {"2027-01": base64.b64encode(os.urandom(32)).decode()}
    cell.epochs.write_text(json.dumps({"current": "2027-01", "keys": kept["keys"] | following}))
    await end_epoch(cell.postgres.admin_dsn("vault"), FileKeys(cell.epochs, "development"), ended)
    cell.epochs.write_text(json.dumps({"current": "2027-01", "keys": following}))


async def wrapped_keys(dsn: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(
            "select person_id, wrapped, epoch from vault.keys where wrapped is not null"
        )
    finally:
        await connection.close()


def opened(rows: list[asyncpg.Record], epochs: bytes) -> list[bytes]:
    """Every person's key that these wrapping keys open."""
    keys = json.loads(epochs)["keys"]
    return [
        ciphertext.unwrap(
            base64.b64decode(keys[row["epoch"]]), row["person_id"], row["epoch"], row["wrapped"]
        )
        for row in rows
        if row["epoch"] in keys
    ]


def sealed_in(root: Path) -> set[bytes]:
    """Whatever looks like one of the vault's ciphertexts in any file."""
    found: set[bytes] = set()
    for path in (p for p in root.rglob("*") if p.is_file()):
        with contextlib.suppress(FileNotFoundError):
            found.update(SEALED.findall(path.read_bytes()))
    return found


async def sealed_in_rows(server: Postgres) -> set[bytes]:
    """The same of every row of every table, as a dump has them: in the files long rows are compressed."""
    found: set[bytes] = set()
    for service in SERVICES:
        connection = await asyncpg.connect(server.admin_dsn(service))
        try:
            tables = await connection.fetch(
                "select format('%I.%I', schemaname, tablename) as name from pg_tables"
                " where schemaname in ('chassis', $1)",
                service,
            )
            for table in tables:
                rows = await connection.fetch(f"select t::text as whole from {table['name']} t")
                found.update(one for row in rows for one in SEALED.findall(row["whole"].encode()))
        finally:
            await connection.close()
    return found


def readable(sealed: set[bytes], keys: list[bytes], wanted: Mapping[str, str]) -> set[str]:
    """The canaries that somebody finds who tries every key on everything, and does not mind what a ciphertext is bound to."""
    raws = [base64.urlsafe_b64decode(one + b"=" * (-len(one) % 4)) for one in sealed if len(one) % 4 != 1]
    texts = [
        Cipher(AES(key), CTR(raw[:12] + b"\0\0\0\2")).decryptor().update(raw[12:])
        for key in keys
        for raw in raws
    ]
    whole = b"\n".join(texts)
    return {name for name, text in wanted.items() if text.encode() in whole}


async def pages_of_metrics(stack: Stack, cell: str) -> list[str]:
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        return [(await client.get(url)).text for url in address(cell, stack.state).metrics]


def names_of(journey: Journey) -> list[str]:
    """Whatever names somebody or something: the case, every person, every organisation."""
    people = [one for code in ("TH", "KH") for one in load_people(code)]
    return [str(journey.case), *(one.name for one in people), *(one.org for one in people)]


def test_the_search_finds_a_canary_that_is_there(tmp_path):
    text = TEXTS["cor_FullName"]
    (tmp_path / "plain").write_text(f"… {text} …")
    (tmp_path / "hidden").write_bytes(base64.b64encode(f"xx{text} and more".encode()))
    assert holders(tmp_path, {"name": forms(text)}) == ["hidden: name", "plain: name"]


@pytest.mark.parametrize("text", {**TEXTS, **SAID}.values())
def test_every_form_is_too_long_to_lie_in_ciphertext_by_chance(text):
    assert min(len(form) for form in forms(text)) * 6 >= 64  # bits, counted as base64 has them


@pytest.mark.parametrize("text", {**TEXTS, **SAID}.values())
def test_every_form_of_a_canary_has_its_end_in_one_of_the_forms(text):
    assert [form for form in forms(text) if not any(end in form for end in forms(END))] == []


@pytest.mark.parametrize("before", [b"", b"x", b"xy"])
@pytest.mark.parametrize("after", [b"", b"\xff", b"\xff\xff"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_is_searched_at_each_offset_whatever_stands_around_it(before, after, encode):
    assert any(form in encode(before + "Çanary".encode() + after) for form in forms("Çanary"))
