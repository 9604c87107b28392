"""The export of the log: the same filter gives the same bytes, and whoever changes one of them is found."""

import csv
import hashlib
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import rfc8785
from typer.testing import CliRunner

from contracts.events.access import RecordReadV1
from corridor.cli import app
from services.audit import queries
from services.audit.domain import exported
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


async def test_the_last_line_tells_filter_position_count_and_the_hash_of_every_byte_before_it_and_of_itself(
    logged,
):
    query = {"from": "2026-01-01T07:00:00+07:00", "to": "2099-01-01T00:00:00Z"}
    content = await export(logged, actor="test", **query)
    lines = content.splitlines(keepends=True)
    found = told(content)
    own = found.pop("line_sha256")
    assert own == hashlib.sha256(rfc8785.dumps(found)).hexdigest()
    assert found == {
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


def refused(tmp_path, content):
    """The sentence with which this file is refused."""
    file = tmp_path / "export"
    file.write_bytes(content)
    found = CliRunner().invoke(app, ["check-export", str(file)])
    assert (found.exit_code, type(found.exception)) == (1, SystemExit), (found.output, found.exception)
    return found.output


def sealed_again(lines, **changed):
    """The export of these lines, as somebody would forge it who knows how: with a last line that fits them."""
    *before, last = lines
    csv_form = last.startswith(b"export,")
    told = json.loads(next(csv.reader([last.decode()]))[1] if csv_form else last)["export"]
    told |= {"sha256": hashlib.sha256(b"".join(before)).hexdigest(), "entries": len(before) - csv_form}
    told |= changed
    del told["line_sha256"]
    told["line_sha256"] = hashlib.sha256(rfc8785.dumps(told)).hexdigest()
    line = rfc8785.dumps({"export": told})
    return b"".join(
        [*before, exported.row(("export", line.decode(), *[""] * 13)) if csv_form else line + b"\n"]
    )


@pytest.fixture(params=["jsonl", "csv"])
async def file_lines(logged, request):
    return (await export(logged, form=request.param, actor="test")).splitlines(keepends=True)


async def test_a_whole_export_passes_and_it_is_told_what_it_is_of(file_lines, tmp_path):
    file = tmp_path / "export"
    file.write_bytes(b"".join(file_lines))
    found = CliRunner().invoke(app, ["check-export", str(file)])
    assert found.exit_code == 0, found.output
    assert "5 entries up to 7" in found.output
    assert "actor test" in found.output
    file.write_bytes(sealed_again(file_lines))
    assert CliRunner().invoke(app, ["check-export", str(file)]).exit_code == 0


async def test_a_file_that_was_changed_anywhere_is_refused_with_a_sentence(file_lines, tmp_path):
    content, lines = b"".join(file_lines), file_lines
    forged = {
        "a line removed": b"".join([*lines[:2], *lines[3:]]),
        "a line added": b"".join([*lines[:2], lines[2], *lines[2:]]),
        "a line changed": content.replace(b"test", b"tset", 1),
        "two lines exchanged": b"".join([lines[0], lines[2], lines[1], *lines[3:]]),
        "the first line removed": b"".join(lines[1:]),
        "the last line removed": b"".join(lines[:-1]),
        "the position changed": b"".join([*lines[:-1], lines[-1].replace(b"7", b"8", 1)]),
        "the filter changed": b"".join([*lines[:-1], lines[-1].replace(b"test", b"tset", 1)]),
        "the form changed": b"".join(
            [*lines[:-1], lines[-1].replace(b"jsonl", b"csv").replace(b'""csv""', b'""jsonl""')]
        ),
        "something behind it": content + b"\n",
        "no line feed": content.rstrip(),
        "empty": b"",
        "blank": b"\n\n",
        "truncated": content[: len(content) // 2],
        "truncated at the end": content[:-9],
        "binary": bytes(range(256)) * 40,
        "another encoding": content.decode().encode("utf-16"),
        "a mark of the encoding before it": b"\xef\xbb\xbf" + content,
        "a binary line": b"".join([lines[0], b"\xff\xfe\x00\n", *lines[1:]]),
        "a long line": b"".join([lines[0], b"x" * 200_000 + b"\n", *lines[1:]]),
    }
    assert b'"csv"' in forged["the form changed"] or b'""jsonl""' in forged["the form changed"]
    for what, wrong in forged.items():
        said = refused(tmp_path, wrong)
        assert said.count("\n") == 1, (what, said)
        assert wrong != content, what


async def test_a_forged_file_with_hashes_that_fit_it_is_refused_where_an_entry_does_not(file_lines, tmp_path):
    first = file_lines[0].startswith(b"entry,")
    entry = file_lines[first]
    forged = {
        "somebody else did it": entry.replace(b"test", b"tset", 1),
        "something else was done": entry.replace(b"consent.given.v1", b"consent.refused.v1"),
        "other details": entry.replace(b"identity", b"criminal"),
        "another number": entry.replace(b"1", b"2", 1)
        if first
        else entry.replace(b'"entry":1', b'"entry":2'),
        "more than it was": entry.replace(b'{"actor"', b'{"aa":1,"actor"')
        if not first
        else entry.replace(b"1,", b"1,1,", 1),
        "no entry": b"{}\n",
        "no object": b"[[[[1]]]]\n",
        "no number": b"NaN\n",
        "deep": b"[" * 100_000 + b"\n",
    }
    for what, line in forged.items():
        assert line != entry, what
        lines = [*file_lines[:first], line, *file_lines[first + 1 :]]
        said = refused(tmp_path, sealed_again(lines))
        assert (f"line {first + 1} " in said, said.count("\n")) == (True, 1), (what, said)


async def test_entries_that_stand_twice_in_another_order_or_are_not_what_was_asked_for_are_refused(
    file_lines, tmp_path
):
    first = file_lines[0].startswith(b"entry,")
    a, b = file_lines[first], file_lines[first + 1]
    rest = file_lines[first + 2 :]
    for lines in ([a, a, b], [b, a]):
        assert "line" in refused(tmp_path, sealed_again([*file_lines[:first], *lines, *rest]))
    wanted = [
        {"filter": {"actor": "somebody-else"}},
        {"filter": {"actor": "test", "to": "2026-01-01T00:00:00.000000+00:00"}},
        {"filter": {"actor": "test", "from": "2099-01-01T00:00:00.000000+00:00"}},
        {"filter": {"about": str(uuid4())}},
        {"filter": {"weather": "fine"}},
        {"filter": {"from": "yesterday"}},
        {"position": 4},
    ]
    for changed in wanted:
        assert refused(tmp_path, sealed_again(file_lines, **changed)).count("\n") == 1, changed
    for changed in ({"entries": "5"}, {"position": None}, {"form": "xml"}, {"sha256": 5}, {"filter": []}):
        assert "last line" in refused(tmp_path, sealed_again(file_lines, **changed)), changed


async def test_columns_with_other_names_are_refused(logged, tmp_path):
    lines = (await export(logged, form="csv")).splitlines(keepends=True)
    assert "columns" in refused(tmp_path, sealed_again([lines[0].replace(b"actor", b"author"), *lines[1:]]))
