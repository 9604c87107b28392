"""Her receipt on paper, and the answer to whoever holds one: genuine, in force, since, and nothing else."""

import hashlib
import re
from datetime import UTC, datetime

import pytest

from chassis.printing import api, papers
from chassis.printing.api import QuestionLimit
from chassis.printing.papers import ALPHABET, PaperKind, PrintedPaper
from chassis.problems import TooMany


@pytest.fixture(autouse=True)
def _nobody_asked_before(monkeypatch):
    monkeypatch.setattr(api, "PER_MINUTE", 10_000)


async def _paper(consent, consent_id, **query):
    path = f"/v1/consents/{consent_id}/receipt/paper"
    return await consent.client.get(path, params=query, headers=consent.worker)


async def _code(consent, consent_id, version=1):
    printed = PrintedPaper(PaperKind.RECEIPT, consent_id, version)
    return await papers.code_of(consent.harness.service, printed)


async def _asked(consent, code):
    answered = await consent.client.get(f"/v1/papers/{code}")
    assert answered.status_code == 200, answered.text
    return answered.json()


async def test_a_receipt_is_printed_in_her_language_and_its_code_is_answered_without_a_token(consent):
    consent_id = await consent.give()
    printed = await _paper(consent, consent_id)
    assert (printed.status_code, printed.headers["content-type"]) == (200, "application/pdf")
    assert printed.headers["content-disposition"] == 'attachment; filename="document.pdf"'
    code = await _code(consent, consent_id)
    today = datetime.now(UTC).date().isoformat()
    assert await _asked(consent, code) == {"genuine": True, "in_force": True, "since": today}
    typed = "-".join(re.findall("....", code)).lower().replace("0", "o").replace("1", "l")
    assert await _asked(consent, typed) == {"genuine": True, "in_force": True, "since": today}


async def test_a_code_that_was_never_printed_is_not_genuine_and_nothing_more_is_said(consent):
    consent_id = await consent.give()
    unprinted = await _code(consent, consent_id)
    assert await _asked(consent, unprinted) == {"genuine": False, "in_force": False, "since": None}


async def test_a_receipt_is_genuine_and_not_in_force_once_she_took_it_back_or_agreed_to_something_else(
    consent,
):
    withdrawn, renewed = await consent.give(), await consent.give()
    for consent_id in (withdrawn, renewed):
        await _paper(consent, consent_id)
    await consent.withdraw(withdrawn)
    assert (await consent.renew(renewed, categories=["identity"])).is_success
    for consent_id in (withdrawn, renewed):
        said = await _asked(consent, await _code(consent, consent_id))
        assert said == {"genuine": True, "in_force": False, "since": None}
    assert (await _paper(consent, withdrawn)).status_code == 200
    await _paper(consent, renewed)
    assert (await _asked(consent, await _code(consent, renewed, 2)))["in_force"] is True


async def test_the_code_tells_nothing_and_the_database_does_not_have_it(consent):
    consent_id = await consent.give()
    await _paper(consent, consent_id)
    code = await _code(consent, consent_id)
    assert (code[0], len(code), set(code) <= set(ALPHABET)) == ("A", 16, True)
    (row,) = await consent.rows("select * from chassis.papers")
    assert row.code_sha256 == hashlib.sha256(code.encode()).hexdigest()
    assert code not in " ".join(map(str, row))


async def test_where_a_law_stands_in_place_of_her_answer_there_is_no_copy_of_it(consent):
    form = {"recipient": "th-shelter", "law": "th-personal-data-26-1", "reasons": "unconscious"}
    path = f"/v1/cases/{consent.case_id}/protections"
    made = await consent.client.post(path, json=form, headers=consent.worker)
    refused = await _paper(consent, made.json()["id"])
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("language", ["en", "th", "km", "fr", "es", "vi"])
async def test_she_may_have_it_in_another_language_and_after_a_no_too(consent, language):
    path = f"/v1/cases/{consent.case_id}/consents"
    said = await consent.client.post(path, json={"decision": "refused"}, headers=consent.worker)
    assert (await _paper(consent, said.json()["id"], language=language)).status_code == 200


def test_whoever_asks_again_and_again_is_told_to_wait(monkeypatch):
    monkeypatch.setattr(api, "PER_MINUTE", 3)
    limit = QuestionLimit()
    for _ in range(3):
        limit.take("192.0.2.1", 0.0)
    with pytest.raises(TooMany):
        limit.take("192.0.2.1", 59.0)
    limit.take("192.0.2.2", 59.0)
    limit.take("192.0.2.1", 60.0)
