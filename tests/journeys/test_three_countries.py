"""Three countries with an agreement between each pair: what two of them have with one another is nowhere in the third."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.helpers import create_ssl_context
from confluent_kafka.admin import AdminClient

from contracts.catalogue import SERVICES
from corridor.journey import Journey
from deploy.local.cell import Cell
from deploy.local.prepare import egress
from deploy.local.stack import Stack
from tests.journeys.test_canaries import CATEGORIES, TEXTS, forms, holders

THREE = ("TH", "KH", "VN")
WAYS = (("TH", "KH"), ("TH", "VN"), ("KH", "VN"))
"""Each pair once; the country that is not named must know nothing of it."""


NOTHING: dict[str, set[str]] = {"files": set(), "topics": set(), "databases": set()}


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
def three(cells_directory):
    stack = Stack(THREE, state=cells_directory() / "state")
    asyncio.run(stack.up())
    yield stack
    asyncio.run(stack.down())


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


async def passed(stack: Stack, sender: str, receiver: str) -> Passage:
    """Referred, received, accepted, withdrawn and recalled."""
    texts = {name: f"{text}{sender}{receiver}" for name, text in TEXTS.items()}
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
    marks = {name: forms(text) for name, text in texts.items()}
    marks |= {name: of_identifier(UUID(value)) for name, value in named.items()}
    return Passage(sender, receiver, agreement, marks | {"agreement": {agreement.encode()}})


async def authorised(journey: Journey) -> tuple[str, str]:
    """Under which agreement it was disclosed, as the sender's log says."""
    trail = await journey.auditor.get(f"/audit/v1/trails/{journey.case}", limit=200)
    (said,) = (one["details"] for one in trail["items"] if one["type"] == "disclosure.authorised.v1")
    return said["agreement_id"], said["disclosure_id"]


def of_identifier(value: UUID) -> set[bytes]:
    """As a text, without its hyphens, and as the sixteen bytes of a database."""
    return forms(str(value)) | forms(value.hex) | {value.bytes}


async def records(cell: Cell) -> AsyncIterator[tuple[str, bytes]]:
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
            for part, batch in (await consumer.getmany(timeout_ms=500)).items():
                for record in batch:
                    headers = b" ".join(name.encode() + value for name, value in record.headers)
                    yield part.topic, b" ".join((record.key or b"", record.value or b"", headers))
    finally:
        await consumer.stop()


async def rows(cell: Cell) -> AsyncIterator[tuple[str, bytes]]:
    """Every row of every table of every database, as text."""
    for database in (*SERVICES, "vault"):
        opened = await asyncpg.connect(cell.postgres.admin_dsn(), database=database)
        tables = await opened.fetch(
            "select schemaname || '.' || quote_ident(tablename) from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        )
        for (table,) in tables:
            for (row,) in await opened.fetch(f"select t::text from {table} t"):
                yield f"{database}: {table}", row.encode()
        await opened.close()


async def knows(stack: Stack, code: str, marks: dict[str, set[bytes]]) -> dict[str, set[str]]:
    """Which of the marks are in a cell, by where: its files and what it is given of the border, its topics, its databases."""
    cell, given = stack.cells[code], [Path(path) for path in stack.trust.settings(code).values()]
    folders = [cell.directory, *(path for path in given if path.is_dir())]
    files = {line.rpartition(": ")[2] for folder in folders for line in holders(folder, marks)}
    single = [in_it(path.read_bytes(), marks) for path in given if path.is_file()]
    topics = [in_it(content, marks) async for _, content in records(cell)]
    databases = [in_it(content, marks) async for _, content in rows(cell)]
    return {
        "files": files.union(*single),
        "topics": set().union(*topics),
        "databases": set().union(*databases),
    }


def in_it(content: bytes, marks: dict[str, set[bytes]]) -> set[str]:
    return {name for name, some in marks.items() if any(one in content for one in some)}


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


async def test_nothing_of_what_two_countries_have_together_is_in_the_third(three, passages):
    for one in passages:
        assert await knows(three, one.third, one.marks) == NOTHING, f"{one.agreement} in {one.third}"


async def test_the_search_finds_in_both_countries_of_a_passage_what_it_does_not_find_in_the_third(
    three, passages
):
    for one in passages:
        for code, own in ((one.sender, "case"), (one.receiver, "their case")):
            for where, found in (await knows(three, code, one.marks)).items():
                assert {own, "referral", "disclosure", "agreement"} <= found, f"{where} of {code}"


@pytest.mark.parametrize(("at", "of", "who"), [("TH", "KH", "VN"), ("TH", "VN", "KH"), ("KH", "TH", "VN")])
async def test_a_partner_cannot_read_the_topic_of_another_partner(three, at, of, who):
    cell = three.cells[at]
    user = f"partner.{who.lower()}"
    consumer = AIOKafkaConsumer(**connection(cell, user, cell.password(user)))
    await consumer.start()
    try:
        consumer.assign([TopicPartition(egress(of), 0)])
        with pytest.raises(TopicAuthorizationFailedError):
            await consumer.getone()
    finally:
        await consumer.stop()


def test_what_a_cell_is_given_of_the_border_names_no_agreement_of_two_others(three):
    for code in THREE:
        folder = Path(three.trust.settings(code)["agreements_dir"])
        assert [path.stem for path in folder.glob("*.json") if code.lower() not in path.stem.split("-")] == []
