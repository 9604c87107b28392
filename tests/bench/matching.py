"""`python -m tests.bench.matching`: precision and recall of duplicates and of the search, on 20,000 invented people and a real PostgreSQL.

Every entry is keyed and written by intake's own code, the candidates are those of the service's own query under both walls, and opened
they are compared by the service's own rules; the vault alone is left out. The same seed gives the same figures, but for the times.
"""

import argparse
import asyncio
import hashlib
import hmac
import random
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import uvloop
from sqlalchemy import text

from chassis.database import Database, Origin
from chassis.identity.auth import Actor
from chassis.identity.policies import Policies
from chassis.migrate import migrate
from deploy.local.testing import Databases, Run
from services.intake.app import VERSIONS
from services.intake.casefile.domain.index_texts import BIRTHDATE, FULL_NAME
from services.intake.casefile.indexing import asked_of
from services.intake.casefile.store import index
from services.intake.matching.domain.likeness import BANDS, OFFERED, Band, likeness
from services.intake.matching.finding import SHOWN
from services.intake.matching.store.candidates import candidates
from tests.bench.invented_people import Record, records, true_pairs

ORGANISATION = "th-care-agency"
KEY = b"the key of the benchmark"
PIECE = 500
ASKED, SEARCHED = 2_000, 1_000
"""So many records, drawn by the seed, ask for their duplicates; so many second ones are looked for."""
PAGE = 10
_CASES = text(
    "insert into intake.cases (id, person_id, organisation, channel, urgency, opened_at, opened_by)"
    " select id, id, :organisation, 'file', 'routine', now(), 'th.worker' from unnest(cast(:ids as uuid[])) as u(id)"
)
_ACCESS = text(
    "insert into chassis.case_access (case_id, organisation)"
    " select id, :organisation from unnest(cast(:ids as uuid[])) as u(id)"
)


class BenchKey:
    """A key as the service has one, without a vault."""

    async def digest(self, *texts: str) -> list[bytes]:
        return [hmac.digest(KEY, one.encode(), hashlib.sha256) for one in texts]


SERVICE: Any = SimpleNamespace(own_key=BenchKey())


async def write(database: Database, found: Sequence[Record]) -> int:
    """The cases and their entries; how many entries there are."""
    written = 0
    for start in range(0, len(found), PIECE):
        piece = found[start : start + PIECE]
        ids = {"ids": [one.case_id for one in piece], "organisation": ORGANISATION}
        entries = {one.case_id: await _entries(one) for one in piece}
        written += sum(map(len, entries.values()))
        async with database.transaction(database.system()) as tx:
            await tx.execute(_ACCESS, ids)
            await tx.execute(_CASES, ids)
            await index.put(tx, ORGANISATION, entries)
    return written


async def _entries(one: Record) -> list[bytes]:
    return [each.entry for each in await asked_of(SERVICE, ORGANISATION, one.fields)]


class Searcher:
    """A supervisor of the organisation, who may read all of its cases."""

    def __init__(self, database: Database, found: Sequence[Record]) -> None:
        self.database, self.of = database, {one.case_id: one for one in found}
        self.actor = Actor(
            "bench",
            "th.supervisor",
            "TH",
            ORGANISATION,
            frozenset({"supervisor"}),
            "case-management",
            service=False,
            policies=Policies(Path("deploy/policies")),
        )
        self.seconds: list[float] = []

    async def find(self, fields: dict[str, str], without: UUID, least: int) -> list[tuple[int, UUID]]:
        """Score and case of the matches, the best first, as the service finds them."""
        asked = await asked_of(SERVICE, ORGANISATION, fields)
        origin = Origin(self.actor.subject, ORGANISATION, "case-management", rows_of=ORGANISATION)
        async with self.database.transaction(origin) as tx:
            began = time.perf_counter()
            cases = await candidates(tx, self.actor, asked, without)
            self.seconds.append(time.perf_counter() - began)
        scored = [(likeness(fields, self.of[case].fields).score, case) for case in cases]
        return sorted((one for one in scored if one[0] >= least), key=lambda one: (-one[0], one[1]))


async def duplicates(searcher: Searcher, found: Sequence[Record], chance: random.Random) -> None:
    """Cases that were drawn by chance ask for those that may be of the same person."""
    other = {found[a].case_id: found[b].case_id for a, b in true_pairs(found)}
    other |= {b: a for a, b in other.items()}
    scores: list[tuple[int, bool]] = []
    asked = chance.sample(found, min(ASKED, len(found)))
    for one in asked:
        matches = await searcher.find(one.fields, one.case_id, OFFERED)
        scores += [(score, case == other.get(one.case_id)) for score, case in matches]
    truth = sum(one.case_id in other for one in asked)
    print(f"duplicates: {len(asked):,} cases ask, of {truth:,} of which another is of the same person")
    bands = [(band.value, BANDS[band]) for band in (Band.STRONG, Band.LIKELY)]
    for name, least in [*bands, ("offered", OFFERED)]:
        shown = [right for score, right in scores if score >= least]
        print(
            f"  {name:<8} score {least} and more: precision {sum(shown) / max(1, len(shown)):.3f}"
            f"  recall {sum(shown) / max(1, truth):.3f}  ({len(shown):,} offered)"
        )


async def searches(searcher: Searcher, found: Sequence[Record], chance: random.Random) -> None:
    """Somebody looks for a person as the second record has her, and the first one is to be on the first page."""
    pairs = list(true_pairs(found))
    drawn = chance.sample(pairs, min(SEARCHED, len(pairs)))
    for what, keys in (("name", (FULL_NAME,)), ("name and date of birth", (FULL_NAME, BIRTHDATE))):
        places: Counter[int] = Counter()
        shown = asked = 0
        for a, b in drawn:
            sought = {key: found[b].fields[key] for key in keys if key in found[b].fields}
            matches = [case for _, case in await searcher.find(sought, found[b].case_id, SHOWN)]
            place = matches.index(found[a].case_id) if found[a].case_id in matches else PAGE
            places[min(place, PAGE)] += 1
            shown, asked = shown + min(PAGE, len(matches)), asked + 1
        hit = asked - places[PAGE]
        print(
            f"search by {what:<23} first {places[0] / asked:.3f}  on the first page (recall) {hit / asked:.3f}"
            f"  precision of the page {hit / max(1, shown):.3f}  ({shown / asked:.1f} cases a page)"
        )


async def main(told: argparse.Namespace) -> None:
    began = time.perf_counter()
    second = told.people // 5
    found = records(told.seed, told.people - second, second)
    run = Run.begin()
    databases = Databases(run.postgres_dsn())
    owner_url, app_url = await databases.create_database("matching")
    await migrate(owner_url, "intake", VERSIONS)
    database = Database(app_url, publisher="intake", cell="TH")
    try:
        written = await write(database, found)
        await _analysed(owner_url)
        print(
            f"{len(found):,} people, {written:,} entries ({written / len(found):.0f} a case), seed {told.seed}"
        )
        searcher = Searcher(database, found)
        chance = random.Random(told.seed)
        await searches(searcher, found, chance)
        query = statistics.quantiles(searcher.seconds, n=100)
        await duplicates(searcher, found, chance)
        print(f"query of the candidates: p50 {query[49] * 1000:.1f} ms, p99 {query[98] * 1000:.1f} ms")
        print(f"altogether {time.perf_counter() - began:.0f} s")
    finally:
        await database.close()
        await databases.drop_all()
        run.end()


async def _analysed(owner_url: str) -> None:
    database = Database(owner_url, publisher="intake")
    async with database.engine.connect() as conn:
        await conn.execution_options(isolation_level="AUTOCOMMIT")
        await conn.execute(text("vacuum analyze"))
    await database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.matching", description=__doc__)
    parser.add_argument(
        "--people", type=int, default=20_000, help="records, a fifth of them the second of somebody"
    )
    parser.add_argument("--seed", type=int, default=20_261_126)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(parser.parse_args()))
