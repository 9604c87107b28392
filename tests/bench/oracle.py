"""After each round: nothing lost, nothing doubled, no order of a case inverted, on the topic and in the database."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from contracts.envelope import Meta
from tests.bench.cell import COUNT, STEPS, Bench
from tests.chassis.pipeline import read_topic


@dataclass(frozen=True, slots=True)
class Verdict:
    lost: int
    doubled: int
    inverted: int

    def __str__(self) -> str:
        return f"{self.lost} lost, {self.doubled} doubled, {self.inverted} inverted"

    @property
    def clean(self) -> bool:
        return (self.lost, self.doubled, self.inverted) == (0, 0, 0)


async def topic(bench: Bench, name: str) -> Verdict:
    """What stands on the topic: every sequence of every case once, and rising."""
    streams: dict[str, list[int]] = defaultdict(list)
    for record in await read_topic(bench.kafka.bootstrap, name, bench.events, seconds=60):
        meta = Meta.from_headers(record.headers)
        streams[meta.stream].append(meta.sequence)
    lost = sum(STEPS - len(set(streams[str(case)])) for case in bench.cases)
    doubled = sum(len(seen) - len(set(seen)) for seen in streams.values())
    inverted = sum(a > b for seen in streams.values() for a, b in pairwise(seen))
    return Verdict(lost, doubled, inverted)


async def database(bench: Bench) -> Verdict:
    """What was done: two disclosures authorised for each referral, the last consent kept, marks at the end."""
    ((right, more, all_),) = await bench.referral.rows(COUNT)
    wrong_last = await bench.referral.rows(
        "select (select count(*) from referral.consents where revision <> 3) + (select count(*) from chassis.parked)"
        " + (select count(*) from chassis.marks where sequence <> :n or parked)",
        n=STEPS,
    )
    kept = (await bench.referral.rows("select count(*) from referral.consents"))[0][0]
    return Verdict(all_ - right - more + (all_ - kept), more, wrong_last[0][0])
