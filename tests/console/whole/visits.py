"""Every page as an answer to somebody whose page it is: those of the table, and those that come only after something was sent."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from services.console.consenting.questions import AGENCY, STEPS
from tests.console.browsing import Browser, Page
from tests.console.whole.table import EVERY_PAGE, FORMS, PAGES, Row, form_of
from tests.console.whole.things import Whole
from tests.referral.making import SENDER

PAPERS = frozenset(
    {
        "/cases/{case_id}/access-report",
        "/holds/{case_id}.{hold_id}/paper",
        "/consents/{consent_id}/receipt",
        "/exports/{export_id}/file",
    }
)
"""Answers that are no page."""


@dataclass(frozen=True, slots=True)
class Visits:
    whole: Whole
    language: str

    async def every(self) -> AsyncIterator[tuple[str, Page]]:
        async for name, page in self.of_table():
            yield name, page
        async for name, page in self._nobody():
            yield name, page
        async for name, page in self._sent():
            yield name, page
        async for name, page in self._asking():
            yield name, page

    async def of_table(self) -> AsyncIterator[tuple[str, Page]]:
        for name, row in EVERY_PAGE.items():
            if name not in PAPERS:
                yield name, await self.of(row)

    async def of(self, row: Row) -> Page:
        return await (await self._reader(min(row.found_by))).get(row.at(self.whole))

    async def return_to_language(self, names: Iterable[str]) -> None:
        """Whoever comes after reads this language."""
        for name in {"", "th.worker", "th.auditor", "th.supervisor", *names}:
            await self._reader(name)

    async def _reader(self, name: str) -> Browser:
        browser = await self.whole.as_person(name)
        if dict(browser.http.cookies).get("__Host-th-language") != self.language:
            await browser.http.post("/console/language", data={"language": self.language})
        return browser

    async def _nobody(self) -> AsyncIterator[tuple[str, Page]]:
        nobody = await self._reader("")
        yield "signing in", await nobody.get("/console/sign-in")
        yield "an answer of the issuer that fits nothing", await nobody.get("/console/signed-in")
        form = (await self.of(FORMS["write_note"])).form("write_note")
        yield "a session that is over", await nobody.send(form, text="typed for long", category="visit")
        worker = await self._reader("th.worker")
        yield "nothing", await worker.get("/console/nowhere")

    async def _sent(self) -> AsyncIterator[tuple[str, Page]]:
        """What is answered to a form: what is missing, what was found, what was chosen."""
        worker = await self._reader("th.worker")
        for verb in ("write_note", "draft_referral", "withdraw_part"):
            form = await form_of(worker, verb, FORMS[verb].at(self.whole))
            yield f"{verb} without an answer", await worker.send(form)
        refer = (await worker.get(PAGES["/cases/{case_id}/refer"].at(self.whole))).form("/refer")
        yield "nothing that she needs", await worker.send(refer)
        yield "who offers what she needs", await worker.send(refer, service="reintegration")
        cases = await worker.get("/console/cases")
        yield "no such reference", await worker.send(cases.form("/cases/find"), reference="TH")
        auditor = await self._reader("th.auditor")
        search = (await auditor.get("/console/audit")).form("/audit/search")
        yield "what was found", await auditor.send(search, actor="test")
        yield "what cannot be searched", await auditor.send(search, first_day="soon")
        supervisor = await self._reader("th.supervisor")
        team = await supervisor.get("/console/team")
        chosen = next(form for form in team.forms if ("worker", "th.worker") in form.fields)
        choosing = await supervisor.send(chosen)
        yield "the cases of one", choosing
        given = {"case_ids": self.whole.made["case_id"], "worker": "th.supervisor"}
        yield "what was given", await supervisor.send(choosing.form("assign_cases"), **given)
        back = {"organisation": SENDER, "workers": ["th.worker"]}
        path = f"/v1/cases/{self.whole.made['case_id']}/assignment"
        await self.whole.ask("th.supervisor", "intake", "POST", path, json=back)

    async def _asking(self) -> AsyncIterator[tuple[str, Page]]:
        """Each step of asking her, answered and not."""
        worker = await self._reader("th.worker")
        page = await worker.get(PAGES["/cases/{case_id}/record_consent"].at(self.whole))
        steps = [step for step in STEPS if step is not AGENCY]
        for number in range(20):
            form = page.form("record_consent")
            if number and not form.options and not form.texts:
                assert number == len(steps) - 1
                return
            yield f"step {number} of asking her, unanswered", await worker.send(form)
            chosen = {"notice_language": self.language, "capacity": "guardian", "method": "thumbprint"}
            known = {name: value for name, value in chosen.items() if name in form.options}
            page = await worker.send(form, **{**form.filled("Somebody"), **known})
            yield f"step {number + 1} of asking her", page
