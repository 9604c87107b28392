"""Her receipt on paper, and the answer to whoever holds one: genuine, and nothing else."""

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chassis.printing import papers
from chassis.printing.paper import PaperCheck
from chassis.printing.papers import ALPHABET, PaperKind, PrintedPaper
from contracts.country.reading import read_country
from contracts.events.intake import CaseAssignedV1, CaseReopenedV1, ErasureConfirmedV1
from services.consent import queries
from services.consent.receipt_paper import receipt_paper
from tests.consent.making import GUARDED, SENDER, age_known, answer


async def _paper(consent, consent_id, **query):
    path = f"/v1/consents/{consent_id}/receipt/paper"
    return await consent.client.get(path, params=query, headers=consent.worker)


async def _code(consent, consent_id, version=1):
    printed = PrintedPaper(PaperKind.RECEIPT, consent_id, version)
    return await papers.code_of(consent.harness.service, printed, consent.person_id)


async def _asked(consent, code):
    answered = await consent.client.get(f"/v1/papers/{code}")
    assert answered.status_code == 200, answered.text
    return answered.json()


GENUINE = {"genuine": True, "in_force": None, "since": None}
UNKNOWN = {"genuine": False, "in_force": False, "since": None}


async def test_a_receipt_is_printed_in_her_language_and_its_code_is_answered_without_a_token(consent):
    consent_id = await consent.give()
    printed = await _paper(consent, consent_id)
    assert (printed.status_code, printed.headers["content-type"]) == (200, "application/pdf")
    assert printed.headers["content-disposition"] == 'attachment; filename="document.pdf"'
    code = await _code(consent, consent_id)
    assert await _asked(consent, code) == GENUINE
    typed = "-".join(re.findall("....", code)).lower().replace("0", "o").replace("1", "l")
    assert await _asked(consent, typed) == GENUINE


async def test_a_code_that_was_never_printed_is_not_genuine_and_nothing_more_is_said(consent):
    consent_id = await consent.give()
    assert await _asked(consent, await _code(consent, consent_id)) == UNKNOWN


async def test_whoever_took_her_receipt_does_not_learn_by_asking_that_she_took_it_back_or_agreed_to_something_else(
    consent,
):
    withdrawn, renewed = await consent.give(), await consent.give()
    for consent_id in (withdrawn, renewed):
        await _paper(consent, consent_id)
    await consent.withdraw(withdrawn)
    assert (await consent.renew(renewed, categories=["identity"])).is_success
    for consent_id in (withdrawn, renewed):
        assert await _asked(consent, await _code(consent, consent_id)) == GENUINE
    assert (await _paper(consent, withdrawn)).status_code == 200


async def test_of_who_is_erased_no_receipt_is_genuine_any_more(consent):
    consent_id = await consent.give()
    await _paper(consent, consent_id)
    other = await consent.another_case()
    others = await other.give()
    await _paper(other, others)
    await consent.harness.deliver(ErasureConfirmedV1(case_id=consent.case_id, erasure_id=uuid4()))
    assert await _asked(consent, await _code(consent, consent_id)) == UNKNOWN
    assert await _asked(consent, await _code(consent, others)) == GENUINE


async def test_a_paper_of_before_her_erasure_is_not_made_genuine_again_also_when_she_is_here_again(consent):
    path = f"/v1/cases/{consent.case_id}/consents"
    said = await consent.client.post(path, json=answer("refused"), headers=consent.worker)
    consent_id = said.json()["id"]
    await _paper(consent, consent_id)
    old = await _code(consent, UUID(consent_id))
    assert await _asked(consent, old) == GENUINE
    await consent.harness.deliver(ErasureConfirmedV1(case_id=consent.case_id, erasure_id=uuid4()))
    assert (await _paper(consent, consent_id)).status_code == 404
    assert await _asked(consent, old) == UNKNOWN
    await consent.harness.deliver(CaseReopenedV1(case_id=consent.case_id, person_id=uuid4()))
    await _paper(consent, consent_id)
    assert await _asked(consent, old) == UNKNOWN


@pytest.mark.parametrize("meanwhile", ["she took it back", "the case went to another", "she was erased"])
async def test_what_changed_while_it_was_printed_is_not_printed(consent, monkeypatch, meanwhile):
    consent_id = await consent.give()
    code_of = papers.code_of

    async def late(service, paper, person_id):
        if meanwhile == "she took it back":
            await consent.withdraw(consent_id)
        elif meanwhile == "she was erased":
            await consent.harness.deliver(ErasureConfirmedV1(case_id=consent.case_id, erasure_id=uuid4()))
        else:
            moved = CaseAssignedV1(case_id=consent.case_id, organisation=SENDER, workers=["th.another"])
            await consent.harness.deliver(moved)
        return await code_of(service, paper, person_id)

    monkeypatch.setattr(papers, "code_of", late)
    refused = await _paper(consent, consent_id)
    assert refused.status_code == (503 if meanwhile == "she took it back" else 404)
    assert await consent.rows("select * from chassis.papers") == []


async def test_the_code_tells_nothing_and_the_database_does_not_have_it(consent):
    consent_id = await consent.give()
    await _paper(consent, consent_id)
    code = await _code(consent, consent_id)
    assert (code[0], len(code), set(code) <= set(ALPHABET)) == ("A", 16, True)
    (row,) = await consent.rows("select * from chassis.papers")
    assert row.code_sha256 == hashlib.sha256(code.encode()).hexdigest()
    assert code not in " ".join(map(str, row))


async def test_where_a_law_stands_in_place_of_her_answer_there_is_no_copy_of_it(unit):
    form = {"recipient": "th-shelter", "law": "th-personal-data-26-1", "reasons": "unconscious"}
    path = f"/v1/cases/{unit.case_id}/protections"
    made = await unit.client.post(path, json=form, headers=unit.worker)
    refused = await _paper(unit, made.json()["id"])
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("language", ["en", "th", "km", "fr", "es", "vi"])
async def test_she_may_have_it_in_another_language_and_after_a_no_too(consent, language):
    path = f"/v1/cases/{consent.case_id}/consents"
    said = await consent.client.post(path, json={"decision": "refused"}, headers=consent.worker)
    assert (await _paper(consent, said.json()["id"], language=language)).status_code == 200


CHECK = PaperCheck("Ask here:", "https://check.example/papers", "A7K2-9QWE-0H3M-PX4T")
LATE = datetime(2026, 11, 26, 18, 30, tzinfo=UTC)
"""In Thailand it is the next day by then."""


async def _view(consent, consent_id):
    database = consent.harness.service.database
    async with database.transaction(database.system()) as tx, tx.of_everybody():
        return await queries.consent(tx, consent_id)


def _said_at(view, *instants):
    """The same record, its revisions said at these instants."""
    revisions = [one.model_copy(update={"at": at}) for one, at in zip(view.revisions, instants, strict=True)]
    return view.model_copy(update={"revisions": revisions})


def _printed(view):
    zone = read_country(Path("countries/TH")).zone
    return receipt_paper(view, "en", zone, CHECK)


async def test_a_day_on_it_is_the_day_of_the_place(consent):
    view = _said_at(await _view(consent, await consent.give()), LATE)
    shown = _printed(view.model_copy(update={"terms": view.terms.model_copy(update={"valid_until": LATE})}))
    assert shown.before == ["On 2026-11-27 you said yes to this:"]
    assert shown.rows[2].values == ["2026-11-27"]


async def test_its_day_is_the_one_on_which_she_answered_whatever_she_took_back_since(consent):
    consent_id = await consent.give()
    path = f"/v1/consents/{consent_id}/withdraw-part"
    await consent.client.post(path, json={"categories": ["needs"]}, headers=consent.worker)
    view = await _view(consent, consent_id)
    day, later = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    assert _printed(_said_at(view, day, later)).before == ["On 2026-11-02 you said yes to this:"]
    assert (await consent.renew(consent_id, categories=["identity"])).is_success
    view = await _view(consent, consent_id)
    assert _printed(_said_at(view, day, day, later)).before == ["On 2026-11-20 you said yes to this:"]


async def test_of_what_a_guardian_agreed_to_it_does_not_say_that_she_did(consent):
    await consent.harness.deliver(age_known(consent.case_id, "child"))
    consent_id = await consent.give(**GUARDED)
    path = f"/v1/consents/{consent_id}/confirm-guardian"
    headers = {**consent.supervisor, **await consent.seen(consent_id)}
    confirmed = await consent.client.post(path, json={"not_involved": True}, headers=headers)
    assert confirmed.is_success, confirmed.text
    view = await _view(consent, consent_id)
    day, later = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    assert _printed(_said_at(view, day, later)).before == ["On 2026-11-02 this was agreed to for you:"]
    await consent.withdraw(consent_id)
    view = await _view(consent, consent_id)
    shown = _printed(_said_at(view, day, day, later))
    assert shown.before == ["On 2026-11-20 this was ended. Nothing more is told."]


async def test_that_she_was_erased_is_not_printed_as_a_word_of_hers(consent):
    consent_id = await consent.give()
    await consent.harness.deliver(ErasureConfirmedV1(case_id=consent.case_id, erasure_id=uuid4()))
    view = _said_at(await _view(consent, consent_id), LATE, LATE)
    assert _printed(view).before == ["On 2026-11-27 this was ended. Nothing more is told."]
