"""An extract of the audit log crosses the border: asked for under the agreement, answered, kept as it was signed, and checked by anybody."""

import json
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner

from contracts import base64url
from contracts.border.extract import (
    MAX_ABOUT,
    MOST_ENTRIES,
    Extract,
    ExtractRefusal,
    ExtractRequest,
    LogHead,
    ReleasedEntry,
    fault,
)
from contracts.border.items import ControlItem
from contracts.events.extracts import (
    ExtractedEntry,
    ExtractHead,
    ExtractPreparedV1,
    ExtractRefusedV1,
    ExtractRequestedV1,
    ExtractWithdrawnV1,
)
from contracts.merkle import GrowingTree
from contracts.organisations import authority
from corridor.cli import app
from deploy.local.trust import make_trust
from tests.contracts.test_merkle import log_of
from tests.exchange.two_cells import carry
from tests.exchange.world import now

REASON = "unanswered-recall"
LOG = log_of(90)


def proved(wanted):
    tree = GrowingTree(frozenset({len(LOG), *wanted}))
    tree.take(LOG)
    root, paths = tree.closed()
    return {"entries": len(LOG), "hash": LOG[-1], "root": root, "path": paths[len(LOG)]}, paths


def asked(about, reason=REASON):
    return ExtractRequestedV1(
        case_id=uuid4(), request_id=uuid4(), recipient_cell="KH", about=about, reason=reason, due_at=now()
    )


def prepared(request, numbers=(3, 7, 41), parts=1):
    """The answer, in its parts."""
    head, paths = proved(numbers)
    entries = [
        ExtractedEntry(
            entry=number,
            at=now(),
            event="disclosure.received.v1",
            about=request.about[0],
            hash=LOG[number - 1],
            path=paths[number],
            role="reintegration",
        )
        for number in numbers
    ]
    size = -(-len(entries) // parts)
    return [
        ExtractPreparedV1(
            request_id=request.request_id,
            recipient_cell="TH",
            about=request.about,
            reason=request.reason,
            part=number + 1,
            parts=parts,
            withheld=2,
            head=ExtractHead(**head),
            entries=tuple(entries[number * size : (number + 1) * size]),
        )
        for number in range(parts)
    ]


def content_of(event):
    return Extract(
        request_id=event.request_id,
        about=event.about,
        reason=event.reason,
        part=event.part,
        parts=event.parts,
        withheld=event.withheld,
        head=LogHead(**event.head.model_dump()),
        entries=tuple(ReleasedEntry(**one.model_dump()) for one in event.entries),
    )


async def file_of(th, request_id):
    answer = await th.harness.client.get(f"/v1/extracts/{request_id}", headers=th.harness.as_("auditor"))
    return answer.status_code, answer.content


@pytest.fixture
async def answered(th, kh):
    """A request of TH, and its answer in three parts."""
    request = asked((uuid4(), uuid4()))
    await th.deliver(request)
    await carry(th, kh)
    await kh.deliver(*prepared(request, numbers=(3, 7, 41), parts=3))
    await carry(th, kh)
    return request


async def test_a_request_crosses_and_its_answer_comes_back_and_is_kept_as_it_was_signed(th, kh, answered):
    [heard] = await kh.said("extract.asked.v1")
    assert (heard["request_id"], heard["sender_cell"], heard["reason"]) == (
        str(answered.request_id),
        "TH",
        REASON,
    )
    assert str(answered.case_id) not in str(heard)
    parts = await th.said("extract.received.v1")
    assert [
        (one["part"], one["withheld"], one["entries"][0]["entry"])
        for one in sorted(parts, key=lambda one: one["part"])
    ] == [
        (1, 2, 3),
        (2, 2, 7),
        (3, 2, 41),
    ]
    status, content = await file_of(th, answered.request_id)
    assert (status, len(content.splitlines())) == (200, 3)
    assert (await file_of(kh, answered.request_id))[0] == 404
    await kh.deliver(*prepared(answered, numbers=(3, 7, 41), parts=3))
    await carry(th, kh)
    assert len(await th.said("extract.received.v1")) == 3


async def test_a_refusal_crosses_with_its_code(th, kh):
    request = asked((uuid4(),))
    await th.deliver(request)
    await carry(th, kh)
    refused = {"request_id": request.request_id, "recipient_cell": "TH"}
    await kh.deliver(ExtractRefusedV1(**refused, reason="own-inquiry"))
    await carry(th, kh)
    [told] = await th.said("extract.declined.v1")
    assert (told["request_id"], told["sender_cell"], told["reason"]) == (
        str(request.request_id),
        "KH",
        "own-inquiry",
    )


@pytest.mark.parametrize(
    ("about", "reason"),
    [(1, "curiosity"), (MAX_ABOUT + 1, REASON), (0, REASON)],
    ids=["reason", "too many", "none"],
)
async def test_what_the_agreement_does_not_allow_is_refused_before_any_auditor_or_log_is_asked(
    th, kh, about, reason
):
    request = asked(tuple(uuid4() for _ in range(about)), reason)
    await th.deliver(request)
    await carry(th, kh)
    assert await kh.said("extract.asked.v1") == []
    [told] = await th.said("extract.declined.v1")
    assert told["reason"] == "not-in-agreement"


async def test_what_is_taken_back_crosses_with_what_was_asked_though_nothing_may_be_asked_any_more(
    th, kh, monkeypatch
):
    monkeypatch.setattr("services.exchange.use_cases.receive.extract_reasons", lambda *_: frozenset())
    about = (uuid4(), uuid4())
    of = {"case_id": uuid4(), "request_id": uuid4(), "recipient_cell": "KH"}
    await th.deliver(ExtractWithdrawnV1(**of), ExtractWithdrawnV1(**of, about=about, reason=REASON))
    await carry(th, kh)
    [told] = await kh.said("extract.retracted.v1")
    assert (told["request_id"], told["sender_cell"], told["about"], told["reason"]) == (
        str(of["request_id"]),
        "TH",
        [str(one) for one in about],
        REASON,
    )
    assert await kh.said("extract.asked.v1") == await th.said("extract.declined.v1") == []


async def test_of_what_could_not_have_been_asked_nothing_is_taken_back(th, kh):
    wrong = [
        ExtractRequest(uuid4(), (uuid4(),), "curiosity", withdrawn=True),
        ExtractRequest(uuid4(), (), REASON, withdrawn=True),
    ]
    await kh.take("TH", [th.seal([ControlItem(uuid4(), one) for one in wrong], authority("KH"))])
    assert await kh.said("extract.retracted.v1") == await kh.said("extract.asked.v1") == []


async def test_an_answer_that_nobody_asked_for_is_passed_over(th, kh):
    request = asked((uuid4(),))
    extract, refusal = content_of(prepared(request)[0]), ExtractRefusal(request.request_id, "own-inquiry")
    items = [ControlItem(uuid4(), content) for content in (extract, refusal)]
    await th.take("KH", [kh.seal(items, authority("TH"))])
    assert await th.said("extract.received.v1") == await th.said("extract.declined.v1") == []
    assert (await file_of(th, request.request_id))[0] == 404


def _moved(extract):
    first, *rest = extract.entries
    return replace(extract, entries=(replace(first, entry=first.entry + 1), *rest))


def _other(extract):
    first, *rest = extract.entries
    return replace(extract, entries=(replace(first, about=uuid4()), *rest))


def _headless(extract):
    return replace(extract, head=replace(extract.head, hash="0" * 64))


def _doubled(extract):
    return replace(extract, entries=(extract.entries[0], *extract.entries))


def _wider(extract):
    more = uuid4()
    first, *rest = extract.entries
    return replace(extract, about=(*extract.about, more), entries=(replace(first, about=more), *rest))


@pytest.mark.parametrize("forge", [_moved, _other, _headless, _doubled, _wider])
async def test_what_does_not_fit_its_own_proofs_or_what_was_asked_is_refused_and_kept_against_its_sender(
    th, kh, forge
):
    request = asked((uuid4(),))
    await th.deliver(request)
    await th.work()
    extract = forge(content_of(prepared(request)[0]))
    await th.take("KH", [kh.seal([ControlItem(uuid4(), extract)], authority("TH"))])
    assert await th.said("extract.received.v1") == []
    [told] = await th.said("extract.declined.v1")
    assert told["reason"] == "not-sound"
    assert (await file_of(th, request.request_id))[0] == 200


@pytest.mark.parametrize(
    ("withheld", "sound"), [(0, True), (MOST_ENTRIES, True), (-1, False), (2**40, False)]
)
def test_no_more_is_withheld_than_an_auditor_could_name(withheld, sound):
    extract = replace(content_of(prepared(asked((uuid4(),)))[0]), withheld=withheld)
    assert (fault(extract) is None) is sound


async def taken(th, kh, *envelopes):
    """Envelopes that KH signs and numbers itself, each of these contents."""
    for seq, contents in enumerate(envelopes, 1):
        items = [ControlItem(uuid4(), content) for content in contents]
        await th.take("KH", [kh.seal(items, authority("TH"), seq=seq)])


@pytest.fixture
async def parts(th):
    """The parts of the answer that KH has for a request of TH."""
    request = asked((uuid4(),))
    await th.deliver(request)
    await th.work()
    return [content_of(one) for one in prepared(request, parts=3)]


@pytest.mark.parametrize(
    "changes",
    [{"withheld": 0}, {"parts": 4}, {"part": 3, "parts": 3, "entries": "of the first"}],
    ids=["another count", "of so many others", "an entry twice"],
)
async def test_parts_that_contradict_one_another_are_no_answer(th, kh, parts, changes):
    first, second, third = parts
    if "entries" in changes:
        changes = {**changes, "entries": first.entries}
    await taken(th, kh, [first], [second], [replace(third, **changes)], [third])
    assert sorted(one["part"] for one in await th.said("extract.received.v1")) == [1, 2]
    [told] = await th.said("extract.declined.v1")
    assert told["reason"] == "not-sound"


async def test_nothing_is_added_to_an_answer_that_is_whole(th, kh, parts, files, tmp_path):
    await taken(th, kh, *([one] for one in parts), [replace(parts[2], part=4, parts=4)])
    _, content = await file_of(th, parts[0].request_id)
    code, sentence = checked(files, tmp_path, content)
    assert (code, len(content.splitlines())) == (0, 3), sentence
    assert await th.said("extract.declined.v1") == []


async def test_of_a_part_that_cannot_be_or_that_came_with_something_else_nothing_is_kept(th, kh, parts):
    first, request_id = parts[0], parts[0].request_id
    wrong = (
        [replace(first, part=0)],
        [replace(first, part=4)],
        [replace(first, part=26, parts=26)],
        [first, ExtractRefusal(uuid4(), "own-inquiry")],
    )
    await taken(th, kh, *wrong)
    assert (await file_of(th, request_id))[0] == 404
    assert await th.said("extract.received.v1") == []
    assert [one["reason"] for one in await th.said("extract.declined.v1")] == ["not-sound"] * len(wrong)


def checked(files, tmp_path, content):
    file = tmp_path / "extract"
    file.write_bytes(content)
    options = ["--trust-list", str(files.trust_file), "--governance", str(files.governance_keys_file)]
    found = CliRunner().invoke(app, ["check-extract", str(file), *options])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found.exit_code, " ".join(found.output.split())


async def test_the_file_is_checked_without_either_cell_and_every_forgery_is_refused_with_a_sentence(
    th, kh, answered, files, tmp_path
):
    _, content = await file_of(th, answered.request_id)
    code, sentence = checked(files, tmp_path, content)
    assert code == 0, sentence
    assert "3 entries of KH to TH, 2 withheld" in sentence
    assert str(answered.request_id) in sentence
    lines = content.splitlines(keepends=True)
    header, payload, signature = lines[0].strip().split(b".")
    told = json.loads(base64url.decode(payload))
    told["items"][0]["control"]["withheld"] = 0
    other = base64url.encode(json.dumps(told).encode()).encode()
    forgeries = {
        b"": "the file is empty",
        lines[0] + lines[2]: "a part is missing",
        lines[0] + lines[1] + lines[1]: "a part is there twice",
        b".".join((header, other, signature)): "line 1 was changed after it was signed",
        b"nothing": "line 1 is no text that a border signs",
        content.replace(b".", b"!"): "line 1 is no text that a border signs",
    }
    for forged, why in forgeries.items():
        code, sentence = checked(files, tmp_path, forged)
        assert (code, why in sentence) == (1, True), sentence
    stranger = make_trust(tmp_path / "elsewhere", ("TH", "KH"))
    assert "line 1 was signed by no key of the trust list" in checked(stranger, tmp_path, content)[1]
    mixed = replace(stranger, directory=tmp_path / "mixed")
    mixed.directory.mkdir()
    mixed.trust_file.write_bytes(files.trust_file.read_bytes())
    mixed.governance_keys_file.write_bytes(stranger.governance_keys_file.read_bytes())
    assert "is not signed by 2 governance keys" in checked(mixed, tmp_path, content)[1]


async def evidence(sender, reader, item, aud, iss=None):
    return reader.open(sender.seal([item], aud, iss), sender.trust).evidence.encode()


async def test_a_key_that_the_list_has_signs_no_extract_of_another_and_no_part_of_another_answer(
    th, kh, files, tmp_path
):
    request, to = asked((uuid4(),)), authority("TH")
    extract = content_of(prepared(request)[0])
    item = ControlItem(uuid4(), extract)
    whole = await evidence(kh, th, item, to)
    assert checked(files, tmp_path, whole)[0] == 0
    by_agency = await evidence(kh, th, item, to, "kh-reintegration-agency")
    no_extract = await evidence(kh, th, ControlItem(uuid4(), ExtractRequest(uuid4(), (uuid4(),), REASON)), to)
    assert "is no extract that the authority of a cell signed" in checked(files, tmp_path, by_agency)[1]
    assert "is no extract that the authority of a cell signed" in checked(files, tmp_path, no_extract)[1]
    for forge, why in (
        (_moved, "does not stand in the log of the head"),
        (_other, "is about nothing that was asked for"),
        (_headless, "tells a head that its own root does not cover"),
        (_doubled, "has an entry twice, or in the wrong order"),
    ):
        line = await evidence(kh, th, ControlItem(uuid4(), forge(extract)), to)
        assert why in checked(files, tmp_path, line)[1]
    first, second = (replace(extract, part=part, parts=2) for part in (1, 2))
    for other in (second, replace(second, request_id=UUID(int=7)), replace(second, withheld=0)):
        lines = [await evidence(kh, th, ControlItem(uuid4(), one), to) for one in (first, other)]
        code, sentence = checked(files, tmp_path, b"\n".join(lines))
        why = "an entry stands in two parts" if other is second else "the parts are not of one answer"
        assert (code, why in sentence) == (1, True), sentence
