"""The export of the log: the same filter gives the same bytes, and whoever changes one of them is found."""

import csv
import hashlib
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from rich.console import Console

from contracts.events.access import RecordReadV1
from corridor.exported import BrokenExportError, check_export
from services.audit import queries
from services.audit.domain.exported import COLUMNS
from tests.audit.test_api import given
from tests.audit.test_entries import by_somebody

MONTH = {
    "from": (datetime.now(UTC) - timedelta(days=20)).isoformat(),
    "to": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
}


async def export(audit, **query):
    """Of this month, where nothing else is asked for."""
    query = MONTH | query
    answer = await audit.client.get("/v1/exports/entries", params=query, headers=audit.as_("auditor"))
    assert answer.status_code == 200, answer.text
    return answer.content


def told(content):
    return json.loads(content.splitlines()[-1])["export"]


@pytest.fixture
async def logged(audit, monkeypatch):
    """Seven entries, read in parts of three."""
    monkeypatch.setattr("services.audit.exporting.SLICE", 3)
    for _ in range(5):
        await audit.deliver(given(uuid4()))
    for _ in range(2):
        await by_somebody(audit, RecordReadV1(case_id=uuid4(), resource="case"), "-2+3", publisher="intake")
    return audit


@pytest.mark.parametrize("form", ["jsonl", "csv"])
async def test_the_same_filter_and_position_give_the_same_bytes_however_long_the_log_is_by_then(logged, form):
    first = await export(logged, form=form, type="consent.given.v1", position=7)
    await logged.deliver(given(uuid4()))
    again = await export(logged, form=form, type="consent.given.v1", position=7)
    assert again == first


async def test_the_last_line_tells_filter_position_count_and_the_hash_of_every_byte_before_it(logged):
    query = {"from": "2026-01-01T07:00:00+07:00", "to": "2099-01-01T00:00:00Z"}
    content = await export(logged, actor="test", **query)
    lines = content.splitlines(keepends=True)
    assert told(content) == {
        "filter": {
            "actor": "test",
            "from": "2026-01-01T00:00:00.000000+00:00",
            "to": "2099-01-01T00:00:00.000000+00:00",
        },
        "form": "jsonl",
        "position": 7,
        "entries": 5,
        "sha256": hashlib.sha256(b"".join(lines[:-1])).hexdigest(),
    }
    assert [json.loads(line)["entry"] for line in lines[:-1]] == [1, 2, 3, 4, 5]


async def test_an_export_of_nothing_has_its_last_line_all_the_same(logged):
    content = await export(logged, type="glass.broken.v1")
    assert (told(content)["entries"], told(content)["sha256"]) == (0, hashlib.sha256(b"").hexdigest())


async def test_csv_has_every_entry_and_no_cell_that_a_spreadsheet_takes_for_a_formula(logged):
    content = (await export(logged, form="csv")).decode()
    columns, *rows, last = csv.reader(content.splitlines())
    assert (tuple(columns), len(rows), last[0]) == (COLUMNS, 7, "export")
    actors = [dict(zip(columns, row, strict=True))["actor"] for row in rows]
    assert actors == ["test"] * 5 + ["'-2+3"] * 2
    assert not [cell for row in (*rows, last) for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]


async def test_a_position_that_the_log_has_not_reached_is_refused(logged):
    answer = await logged.client.get(
        "/v1/exports/entries?position=8&actor=test", headers=logged.as_("auditor")
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"type": "consent.given.v1"},
        {"purpose": "case-management"},
        {"from": MONTH["from"]},
        {"to": MONTH["to"]},
        {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"},
        {"position": 3},
    ],
)
async def test_no_export_is_of_the_whole_log(logged, query):
    answer = await logged.client.get("/v1/exports/entries", params=query, headers=logged.as_("auditor"))
    assert (answer.status_code, answer.json()["code"], await logged.said()) == (422, "invalid", [])


async def test_an_export_for_somebody_of_whom_nothing_was_logged_is_not_found(logged):
    answer = await logged.client.get("/v1/exports/entries?actor=th.nobody", headers=logged.as_("auditor"))
    assert answer.status_code == 404


async def test_an_export_is_an_entry_with_its_filter_and_position(logged):
    await export(logged, actor="test")
    [(kind, body)] = await logged.said()
    assert (kind, body["view"], body["sought_actor"], body["position"]) == (
        "log.read.v1",
        "export",
        "test",
        7,
    )


async def test_every_entry_of_the_log_is_exported_once_in_parts_of_any_size(audit, monkeypatch):
    for _ in range(6):
        await audit.deliver(given(uuid4()))
    for size in (1, 2, 3, 6, queries.SLICE):
        monkeypatch.setattr("services.audit.exporting.SLICE", size)
        entries = [json.loads(line)["entry"] for line in (await export(audit)).splitlines()[:-1]]
        assert (size, entries) == (size, [1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize("form", ["jsonl", "csv"])
async def test_an_export_is_checked_offline_and_a_changed_or_cut_file_is_found(logged, tmp_path, form):
    file, content, console = tmp_path / "export", await export(logged, form=form), Console(quiet=True)
    file.write_bytes(content)
    check_export(file, console)
    lines = content.splitlines(keepends=True)
    for wrong in (
        content.replace(b"test", b"tset", 1),
        b"".join(lines[:-1]),
        b"".join([*lines[:2], *lines[3:]]),
        b"",
    ):
        file.write_bytes(wrong)
        with pytest.raises(BrokenExportError):
            check_export(file, console)


async def test_an_entry_that_was_changed_with_the_hash_of_the_file_is_found_by_its_own_hash(logged, tmp_path):
    *lines, last = (await export(logged)).splitlines(keepends=True)
    lines[0] = lines[0].replace(b'"actor":"test"', b'"actor":"tset"')
    end = json.loads(last)
    end["export"]["sha256"] = hashlib.sha256(b"".join(lines)).hexdigest()
    file = tmp_path / "export"
    file.write_bytes(b"".join([*lines, json.dumps(end).encode()]))
    with pytest.raises(BrokenExportError, match="line 1"):
        check_export(file, Console(quiet=True))
