"""Notes on a case: sealed, corrected with a trace, struck, internal, and every reading logged."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.intake.casefile.domain.case import Case, WrongMove
from services.intake.casework.domain.facts import NoteCorrected, NoteStruck
from services.intake.casework.domain.notes import MOVES, Note, NoteState, NoteVerb
from tests.intake.making import AGENCY, acceptance_of, bodies, disclosure, open_case, recall_of

WORDS = "Her sister Bopha must not be told where she is"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ANY = {"If-Match": "*"}


async def write(intake, case_id, headers, words=WORDS, category="call"):
    answer = await intake.client.post(
        f"/v1/cases/{case_id}/notes", json={"category": category, "text": words}, headers=headers
    )
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def listed(intake, case_id, headers, query=""):
    answer = await intake.client.get(f"/v1/cases/{case_id}/notes{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def stored(intake) -> str:
    """Everything of notes that stands in the database, and everything that was said."""
    async with intake.service.database.engine.connect() as conn:
        rows = [
            *(await conn.execute(text("select n::text from intake.notes n"))).scalars(),
            *(await conn.execute(text("select r::text from intake.note_revisions r"))).scalars(),
        ]
    return "\n".join([*rows, str(await intake.said())])


@pytest.mark.parametrize("verb", NoteVerb)
@pytest.mark.parametrize("state", NoteState)
def test_every_verb_of_a_note_from_every_state_says_what_happened_or_changes_nothing(verb, state):
    case = Case(UUID(int=1), UUID(int=2), AGENCY, (), "routine")
    note = Note(UUID(int=4), case.id, "call", "w1", NOW, state, 2)
    act = {NoteVerb.CORRECT: note.correct, NoteVerb.STRIKE: note.strike}[verb]
    if state is NoteState.STRUCK:
        with pytest.raises(WrongMove):
            act(case)
        assert (note.state, note.revision) == (state, 2)
    else:
        fact = {NoteVerb.CORRECT: NoteCorrected, NoteVerb.STRIKE: NoteStruck}[verb]
        assert act(case) == [fact(case.id, note.id, 3)]
        assert note.state is MOVES[state][verb]


async def test_a_note_is_read_by_whoever_works_on_the_case_and_stands_nowhere_in_clear(intake):
    worker = intake.as_("case_worker")
    case_id = await open_case(intake)
    note_id = await write(intake, case_id, worker)
    (note,) = (await listed(intake, case_id, worker))["items"]
    assert (note["id"], note["text"], note["category"]) == (str(note_id), WORDS, "call")
    assert (note["by"], note["organisation"], note["state"], note["reason"]) == (
        "th.case_worker",
        AGENCY,
        "standing",
        None,
    )
    assert "Bopha" not in await stored(intake)
    said = await intake.said()
    assert bodies(said, "note.written.v1") == [{"case_id": str(case_id), "note_id": str(note_id)}]
    read = [body for body in bodies(said, "record.read.v1") if body["resource"] == "note"]
    assert [(body["case_id"], body["allowed"]) for body in read] == [(str(case_id), True)]


async def test_nobody_of_another_organisation_and_no_colleague_without_the_case_reads_a_note(intake):
    worker = intake.as_("case_worker")
    case_id = await open_case(intake)
    body = {"organisation": AGENCY, "workers": ["th.case_worker"]}
    officer = {**intake.as_("screening_officer"), **ANY}
    await intake.client.post(f"/v1/cases/{case_id}/assignment", json=body, headers=officer)
    note_id = await write(intake, case_id, worker)
    for other in (
        intake.as_("case_worker", sub="th.colleague"),
        intake.as_("case_worker", org="th-shelter"),
        intake.as_("supervisor", org="th-shelter"),
    ):
        for path in ("notes", f"notes/{note_id}"):
            answer = await intake.client.get(f"/v1/cases/{case_id}/{path}", headers=other)
            assert (answer.status_code, "Bopha" in answer.text) == (404, False)


async def test_a_correction_keeps_the_former_text_with_who_changed_it_and_why(intake):
    worker, supervisor = intake.as_("case_worker"), intake.as_("supervisor")
    case_id = await open_case(intake)
    note_id = await write(intake, case_id, worker)
    path = f"/v1/cases/{case_id}/notes/{note_id}"
    body = {"text": "Her sister may be told", "reason": "She said so today"}
    answer = await intake.client.put(path, json=body, headers={**supervisor, "If-Match": '"1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    (note,) = (await listed(intake, case_id, worker))["items"]
    assert (note["text"], note["reason"], note["by"], note["revised_by"]) == (
        "Her sister may be told",
        "She said so today",
        "th.case_worker",
        "th.supervisor",
    )
    history = (await intake.client.get(path, headers=worker)).json()
    assert [(one["text"], one["reason"], one["by"]) for one in history["revisions"]] == [
        (WORDS, None, "th.case_worker"),
        ("Her sister may be told", "She said so today", "th.supervisor"),
    ]
    kept = await stored(intake)
    assert [word for word in ("Bopha", "sister", "today") if word in kept] == []
    old = await intake.client.put(path, json=body, headers={**worker, "If-Match": '"1"'})
    assert old.status_code == 412


async def test_a_struck_note_is_shown_to_nobody_but_a_supervisor_and_is_struck_once(intake):
    worker, supervisor = intake.as_("case_worker"), intake.as_("supervisor")
    case_id = await open_case(intake)
    note_id = await write(intake, case_id, worker)
    path = f"/v1/cases/{case_id}/notes/{note_id}"
    reason = {"reason": "This was said of another woman"}
    assert (await intake.client.post(f"{path}/strike", json={}, headers=worker)).status_code == 422
    assert (await intake.client.post(f"{path}/strike", json=reason, headers=worker)).status_code == 200
    (note,) = (await listed(intake, case_id, worker))["items"]
    assert (note["state"], note["text"], note["reason"]) == ("struck", None, reason["reason"])
    assert note["moves"] == []
    texts = {
        who: [one["text"] for one in (await intake.client.get(path, headers=headers)).json()["revisions"]]
        for who, headers in (("worker", worker), ("supervisor", supervisor))
    }
    assert texts == {"worker": [None, None], "supervisor": [WORDS, None]}
    again = await intake.client.post(f"{path}/strike", json=reason, headers=worker)
    corrected = await intake.client.put(path, json={"text": "x", **reason}, headers={**worker, **ANY})
    assert [again.status_code, corrected.status_code] == [409, 409]


async def test_of_a_struck_note_the_reasons_of_its_corrections_are_a_supervisors_alone_too(intake):
    worker, supervisor = intake.as_("case_worker"), intake.as_("supervisor")
    case_id = await open_case(intake)
    path = f"/v1/cases/{case_id}/notes/{await write(intake, case_id, worker)}"
    body = {"text": "Her brother must not be told", "reason": "It is Dara, not Bopha"}
    assert (await intake.client.put(path, json=body, headers={**worker, **ANY})).status_code == 200
    await intake.client.post(f"{path}/strike", json={"reason": "of another"}, headers=worker)
    reasons = {
        who: [one["reason"] for one in (await intake.client.get(path, headers=headers)).json()["revisions"]]
        for who, headers in (("worker", worker), ("supervisor", supervisor))
    }
    assert reasons == {
        "worker": [None, None, "of another"],
        "supervisor": [None, body["reason"], "of another"],
    }


async def test_a_colleague_reads_a_note_and_does_not_rewrite_it(intake):
    case_id = await open_case(intake)
    note_id = await write(intake, case_id, intake.as_("case_worker"))
    colleague = intake.as_("case_worker", sub="th.colleague")
    path = f"/v1/cases/{case_id}/notes/{note_id}"
    body = {"text": "He is kind to her", "reason": "nicer"}
    corrected = await intake.client.put(path, json=body, headers={**colleague, **ANY})
    struck = await intake.client.post(f"{path}/strike", json={"reason": "wrong"}, headers=colleague)
    assert [corrected.status_code, struck.status_code] == [403, 403]
    (note,) = (await listed(intake, case_id, colleague))["items"]
    assert (note["text"], note["moves"]) == (WORDS, [])


async def test_notes_are_paged_newest_first_and_narrowed_by_occasion_and_author(intake):
    worker, colleague = intake.as_("case_worker"), intake.as_("case_worker", sub="th.colleague")
    case_id = await open_case(intake)
    for number in range(3):
        await write(intake, case_id, worker, f"call {number}")
    await write(intake, case_id, colleague, "a visit", "visit")
    pages, after = [], ""
    while True:
        page = await listed(intake, case_id, worker, f"?limit=2{after}")
        pages.append([note["text"] for note in page["items"]])
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert pages == [["a visit", "call 2"], ["call 1", "call 0"], []]
    found = [
        [note["text"] for note in (await listed(intake, case_id, worker, query))["items"]]
        for query in ("?category=visit", "?by=th.colleague", "?by=th.case_worker&category=visit")
    ]
    assert found == [["a visit"], ["a visit"], []]


async def test_a_repeated_command_writes_one_note(intake):
    worker = {**intake.as_("case_worker"), "Idempotency-Key": f"note-{uuid4()}"}
    case_id = await open_case(intake)
    assert await write(intake, case_id, worker) == await write(intake, case_id, worker)
    assert len((await listed(intake, case_id, worker))["items"]) == 1


async def test_a_received_case_has_the_receivers_own_notes_which_a_recall_leaves_with_the_key(intake):
    """The note is this country's own record: what came is deleted, and the key stays for what was written here."""
    sent = await disclosure(intake, {"cor_FullName": "Dara"})
    await intake.deliver(sent)
    await intake.deliver(acceptance_of(sent))
    worker = intake.as_("case_worker")
    await write(intake, sent.case_id, worker)
    await intake.deliver(recall_of(sent))
    await intake.work()
    (note,) = (await listed(intake, sent.case_id, worker))["items"]
    assert note["text"] == WORDS
