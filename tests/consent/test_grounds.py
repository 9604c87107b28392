"""A decision asks for the organisations and agreements that it is about, however many a country has."""

import pytest
from sqlalchemy import text

from chassis.connection import DirectConnection
from services.consent.store import grounds
from tests.consent.making import AGENCY, agreement_changed, directory_changed
from tests.consent.test_internal import preview

ORGANISATIONS, AGREEMENTS = 3000, 40
_MANY = (
    "insert into chassis.organisations (id, cell, role, status, version)"
    " select 'kh-other-' || n, 'KH', 'reintegration', 'active', 1 from generate_series(1, :many) as n"
)


@pytest.fixture
async def crowded(consent):
    """Many organisations here and there, and agreements between other countries."""
    await consent.harness.deliver(directory_changed(organisation="th-shelter", cell="TH", role="shelter"))
    async with consent.harness.service.database.engine.begin() as conn:
        await conn.execute(text(_MANY), {"many": ORGANISATIONS})
    for n in range(AGREEMENTS):
        cells = ("TH", "VN") if n % 2 else ("TH",)
        await consent.harness.deliver(agreement_changed(agreement_id=f"other-{n}", cells=cells))
    return consent


async def ground(consent, **about):
    database = consent.harness.service.database
    async with database.transaction(database.system()) as tx:
        return await grounds.ground(tx, "TH", tx.now, **about)


async def test_of_a_large_directory_and_many_agreements_only_what_is_asked_about_is_read(crowded):
    found = await ground(crowded, recipients=[AGENCY])
    assert set(found.directory) == {AGENCY}
    assert [agreement.id for agreement in found.agreements] == ["th-kh-2026"]


async def test_whoever_is_not_listed_brings_nothing_with_it(crowded):
    found = await ground(crowded, recipients=["kh-nobody"])
    assert (dict(found.directory), list(found.agreements)) == ({}, [])


async def test_a_batch_a_token_and_a_preview_read_a_few_rows_of_either(crowded, monkeypatch):
    await crowded.give()
    counted = Counted(monkeypatch)
    disclosure_id = await crowded.send()
    assert 0 < counted.taken() <= 2
    assert (await crowded.token(disclosure_id)).status_code == 200
    assert counted.taken() <= 2
    assert (await preview(crowded)).status_code == 200
    assert counted.taken() <= 2


class Counted:
    """The most rows that one statement about agreements or the directory answered."""

    def __init__(self, monkeypatch):
        self._most, self._ask = 0, DirectConnection.execute
        monkeypatch.setattr(DirectConnection, "execute", self._counting())

    def _counting(self):
        async def execute(conn, statement, parameters=None, **how):
            answer = await self._ask(conn, statement, parameters, **how)
            if "consent.agreements" in statement.text or "chassis.organisations" in statement.text:
                self._most = max(self._most, answer.rowcount)
            return answer

        return execute

    def taken(self):
        most, self._most = self._most, 0
        return most


async def test_requests_at_home_and_abroad_in_one_batch_each_find_their_own(crowded):
    found = await ground(crowded, recipients=[AGENCY, "th-shelter"])
    assert set(found.directory) == {AGENCY, "th-shelter"}
    assert {agreement.cells for agreement in found.agreements} >= {("TH",), ("TH", "KH")}
