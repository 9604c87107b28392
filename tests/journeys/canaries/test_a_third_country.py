"""Three countries with an agreement between each pair: what two of them have with one another is nowhere in the third."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.helpers import create_ssl_context
from confluent_kafka.admin import AdminClient

from contracts.catalogue import SERVICES
from corridor.journey import Journey
from deploy.local.cell import Cell
from deploy.local.prepare import egress
from deploy.local.stack import Stack
from deploy.local.topics import User, rights
from tests.journeys.canaries.conftest import THREE
from tests.journeys.canaries.test_canaries import CATEGORIES, TEXTS, forms

WAYS = (("TH", "KH"), ("TH", "VN"), ("KH", "VN"))
"""Each pair once; the country that is not named must know nothing of it."""


TEXT = "a text about her"
Found = dict[str, set[tuple[str, str]]]
"""Where → the passage, by its agreement, and the mark of it that is there."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A case that went one way, and everything by which it could be known again."""

    sender: str
    receiver: str
    agreement: str
    marks: dict[str, set[bytes]]

    @property
    def third(self) -> str:
        return next(code for code in THREE if code not in {self.sender, self.receiver})


@pytest.fixture(scope="module")
def passages(three) -> list[Passage]:
    """One case each way, and then time for whatever would still travel."""

    async def all_ways() -> list[Passage]:
        found = [await passed(three, *way) for way in WAYS]
        for cell in three.cells.values():
            connection = await asyncpg.connect(cell.postgres.admin_dsn())
            await connection.execute("checkpoint")
            await connection.close()
        await asyncio.sleep(5)
        return found

    return asyncio.run(all_ways())


@pytest.fixture(scope="module")
def found(three, passages) -> dict[str, Found]:
    """What the search finds in each cell."""

    async def everywhere() -> dict[str, Found]:
        return {code: await search(three, code, passages) for code in THREE}

    return asyncio.run(everywhere())


async def passed(stack: Stack, sender: str, receiver: str) -> Passage:
    """Referred, received, accepted, withdrawn and recalled."""
    canary = f"Qzx{sender}{receiver}Wvkqjh"
    texts = dict.fromkeys(TEXTS, f"{TEXT} {canary}")  # none of the other tests here looks for these
    async with Journey(stack.state, way=(sender, receiver)) as journey:
        await journey.open_case(texts | {"prs_Birthdate": "1999"})
        await journey.give_consent(CATEGORIES)
        await journey.draft(fields=list(TEXTS))
        await journey.preview()
        await journey.send()
        await journey.received()
        (read,) = await journey.read_received()
        assert read["fields"]["cor_FullName"] == texts["cor_FullName"]
        await journey.move(journey.their_worker, "accept")
        await journey.until_state(journey.worker, "accepted")
        await journey.withdraw()
        await journey.until_answered()
        agreement, disclosure = await authorised(journey)
    named = {
        "case": journey.case,
        "their case": journey.their_case,
        "referral": journey.referral,
        "consent": journey.consent,
        "disclosure": disclosure,
    }
    marks = {name: of_identifier(UUID(value)) for name, value in named.items()}
    return Passage(
        sender, receiver, agreement, marks | {TEXT: forms(canary), "agreement": {agreement.encode()}}
    )


async def authorised(journey: Journey) -> tuple[str, str]:
    """Under which agreement it was disclosed, as the sender's log says."""
    trail = await journey.auditor.get(f"/audit/v1/trails/{journey.case}", limit=200)
    (said,) = (one["details"] for one in trail["items"] if one["type"] == "disclosure.authorised.v1")
    return said["agreement_id"], said["disclosure_id"]


def of_identifier(value: UUID) -> set[bytes]:
    """As a text, without its hyphens, and as the sixteen bytes of a database."""
    return {str(value).encode(), value.hex.encode(), value.bytes}


async def records(cell: Cell) -> AsyncIterator[bytes]:
    """Every record of every topic, as its readers get it."""
    consumer = AIOKafkaConsumer(**connection(cell, cell.broker.admin_user, cell.broker.admin_password))
    await consumer.start()
    try:
        topics = AdminClient(cell.broker.admin_config).list_topics(timeout=60).topics.values()
        parts = [TopicPartition(topic.topic, number) for topic in topics for number in topic.partitions]
        consumer.assign(parts)
        await consumer.seek_to_beginning(*parts)
        ends = await consumer.end_offsets(parts)
        while any([await consumer.position(part) < ends[part] for part in parts]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                for record in batch:
                    headers = b" ".join(name.encode() + value for name, value in record.headers)
                    yield b" ".join((record.key or b"", record.value or b"", headers))
    finally:
        await consumer.stop()


async def rows(cell: Cell) -> AsyncIterator[bytes]:
    """Every row of every table of every database, as text."""
    for database in (*SERVICES, "vault"):
        opened = await asyncpg.connect(cell.postgres.admin_dsn(), database=database)
        tables = await opened.fetch(
            "select schemaname || '.' || quote_ident(tablename) from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        )
        for (table,) in tables:
            for (row,) in await opened.fetch(f"select t::text from {table} t"):
                yield row.encode()
        await opened.close()


async def search(stack: Stack, code: str, passages: list[Passage]) -> Found:
    """Where in a cell which marks are: its files and what it is given of the border, its topics, its databases."""
    cell, given = stack.cells[code], [Path(path) for path in stack.trust.settings(code).values()]
    files = [*cell.directory.rglob("*"), *given, *(path for folder in given for path in folder.glob("*"))]
    return {
        "files": marked([content(path) for path in files], passages),
        "topics": marked([one async for one in records(cell)], passages),
        "databases": marked([one async for one in rows(cell)], passages),
    }


def content(path: Path) -> bytes:
    """Without the zeros that databases and brokers put behind what they wrote."""
    try:
        return path.read_bytes().strip(b"\0") if path.is_file() else b""
    except (
        FileNotFoundError
    ):  # PostgreSQL removes files while we look; what it wrote instead is looked at too
        return b""


def marked(contents: list[bytes], passages: list[Passage]) -> set[tuple[str, str]]:
    return {
        (one.agreement, name)
        for one in passages
        for name, some in one.marks.items()
        if any(form in whole for whole in contents for form in some)
    }


def connection(cell: Cell, user: str, password: str) -> dict[str, object]:
    return {
        "bootstrap_servers": cell.broker.bootstrap,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": user,
        "sasl_plain_password": password,
        "ssl_context": create_ssl_context(cafile=str(cell.broker.ca_file)),
        "enable_auto_commit": False,
    }


def test_each_pair_discloses_under_its_own_agreement(passages):
    assert [one.agreement for one in passages] == ["th-kh", "th-vn", "kh-vn"]


def test_nothing_of_what_two_countries_have_together_is_in_the_third(found, passages):
    for one in passages:
        for where, marks in found[one.third].items():
            assert {name for agreement, name in marks if agreement == one.agreement} == set(), (
                f"{one.agreement} in the {where} of {one.third}"
            )


def test_the_same_search_finds_it_in_both_countries_that_have_it_together(found, passages):
    for one in passages:
        for code, own in ((one.sender, "case"), (one.receiver, "their case")):
            for where, marks in found[code].items():
                known = {(one.agreement, name) for name in (own, "referral", "disclosure", "agreement")}
                assert known - marks == set(), f"{where} of {code}"


def test_a_text_about_her_is_readable_nowhere_outside_ciphertext(found):
    assert [
        (code, w)
        for code, places in found.items()
        for w, marks in places.items()
        for _, n in marks
        if n == TEXT
    ] == []


def test_a_partner_may_read_the_one_topic_that_is_for_it_and_no_other(three):
    """By the rights that the brokers hold."""
    may = {
        (at, who): {
            (right.name, right.operation.name) for right in rights(admin, User(f"partner.{who.lower()}", ""))
        }
        for at in THREE
        for admin in [AdminClient(three.cells[at].broker.admin_config)]
        for who in THREE
    }
    assert may == {
        (at, who): {(egress(who), "READ"), (egress(who), "DESCRIBE")} for at in THREE for who in THREE
    }


def test_what_a_cell_is_given_of_the_border_names_no_agreement_of_two_others(three):
    for code in THREE:
        folder = Path(three.trust.settings(code)["agreements_dir"])
        assert [path.stem for path in folder.glob("*.json") if code.lower() not in path.stem.split("-")] == []
