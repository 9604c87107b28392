"""`corridor demo`: one invented person's way from protection in one country to protection in another, told as it happens."""

import time
from typing import Any

from rich.console import Console

from contracts.codes import codes
from contracts.country.reading import read_country
from corridor.journey import Journey, eventually
from corridor.verifying import verified
from deploy.local.people import story
from deploy.local.place import COUNTRIES

TOLD = story()
PERSON = {
    "cor_FullName": TOLD.person,
    "prs_Birthdate": "1999~",
    "prs_Gender": "Feminine",
    "prs_Citizenship": [TOLD.receiver],
    "prs_PrimaryLanguage": read_country(COUNTRIES / TOLD.receiver).languages[0],
    "prs_MobilePhone": TOLD.phone,
    "prs_NumberOfChildren": "1",
    "vic_TypeOfExploitation": ["ForcedLabour"],
    "cor_Health": "An injured hand, healing.",
}
"""The person of the story, invented. A single name and a year that is only approximate are ordinary input."""

CATEGORIES = ("identity", "demographic", "needs", "family", "exploitation")
"""The categories that she consents to: not her phone number, and nothing about her health."""


class Narrator:
    """Numbered steps on a screen, each with what crossed the border and what did not."""

    def __init__(self, console: Console, sender: str, receiver: str) -> None:
        self._console, self._step, self._began = console, 0, time.monotonic()
        self.unit, self.agency = f"{sender} screening unit", f"{sender} care agency"
        self.receiver = f"{receiver} reintegration agency"

    def step(self, where: str, what: str) -> None:
        self._step += 1
        self._say(f"\n[bold]{self._step:>2}. {where}[/bold]  {what}")

    def crossed(self, what: str) -> None:
        self._say(f"      [green]crossed the border[/green]  {what}")

    def stayed(self, what: str) -> None:
        self._say(f"      [yellow]did not cross[/yellow]       {what}")

    def note(self, what: str) -> None:
        self._say(f"      {what}")

    def end(self) -> None:
        took = time.monotonic() - self._began
        self._say(f"\n[bold]The story took {took:.1f} s.[/bold]")

    def _say(self, line: str) -> None:
        """Print whole lines: a terminal wraps them, a file keeps them."""
        self._console.print(line, soft_wrap=True)


async def play(console: Console) -> None:
    """Play the whole story on a stack that is up. Raises RefusedError for a refusal, TooSlowError for an event that
    came too late.
    """
    title = "[bold]Corridor: one case, two countries.[/bold] The people are invented; Kafka and PostgreSQL are real."
    console.print(title, soft_wrap=True)
    async with Journey() as journey:
        tell = Narrator(console, journey.sender, journey.receiver)
        await _identification(journey, tell)
        await _hand_over(journey, tell)
        await _consent(journey, tell)
        await _referral(journey, tell)
        await _return(journey, tell)
        await _withdrawal(journey, tell)
        await _evidence(journey, tell)
        tell.end()
        here, there = await journey.references()
        where = f"in {journey.sender} is {here}, in {journey.receiver} {there}"
        console.print(f"The case {where}.\n", soft_wrap=True)


async def _identification(journey: Journey, tell: Narrator) -> None:
    await journey.submit(PERSON)
    tell.step(tell.unit, "opens a case for a woman with a single name and an approximate year of birth")
    tell.note("identity and what happened to her are ciphertext under a key of her own")
    result = await journey.screen(journey.officer)
    tell.step(tell.unit, f"screens her against the ILO/EC checklist: {result['outcome']}")
    for dimension in result["dimensions"]:
        if dimension["positive"]:
            tell.note(f"{dimension['name']}: {dimension['rule']}")


async def _hand_over(journey: Journey, tell: Narrator) -> None:
    submission, preview = journey.case, await journey.preview_hand_over(CATEGORIES)
    await journey.hand_over(CATEGORIES)
    tell.step(tell.unit, "sees what a care agency would get; she agrees, and is handed over in one step")
    tell.note(f"withheld: {', '.join(one['field'] for one in preview['withheld'])}")
    await journey.taken_over()
    seen = await journey.until_submission(submission, "accepted")
    tell.step(tell.agency, "takes the case over, under a number of its own")
    tell.note(f"the unit sees that its submission is {seen['state']}; her file is closed to it")
    await journey.identify()
    await journey.assess_needs()
    tell.step(tell.agency, "a supervisor decides the formal status; needs are assessed")


async def _consent(journey: Journey, tell: Narrator) -> None:
    await journey.give_consent(CATEGORIES)
    language = codes("language")[journey.language]
    tell.step(tell.agency, f"she consents, in {language}, by thumbprint: to one recipient, for one year")
    tell.note(f"she agreed to {', '.join(CATEGORIES)}; the recipient may tell back: outcome")


async def _referral(journey: Journey, tell: Narrator) -> None:
    await journey.draft()
    preview = await journey.preview()
    tell.step(tell.agency, "drafts a referral and sees exactly what would be sent")
    tell.note(f"will be sent: {', '.join(preview['sent'])}")
    for one in preview["withheld"]:
        tell.note(f"withheld: {one['field']} ({one['reason']})")
    await journey.send()
    await journey.received()
    tell.step(tell.receiver, "has received the referral, sealed to it alone")
    read = await journey.read_received()
    fields: dict[str, Any] = {name: value for one in read for name, value in one["fields"].items()}
    tell.crossed(
        f"{len(fields)} fields: {', '.join(sorted(fields))}; her name reads {fields['cor_FullName']!r}"
    )
    tell.stayed(f"{', '.join(one['field'] for one in preview['withheld'])}; the case number of either side")
    await journey.move(journey.their_worker, "accept")
    await journey.until_state(journey.worker, "accepted")
    tell.step(tell.receiver, f"accepts; the sender in {journey.sender} sees it")
    tell.crossed("the code referral.accepted")
    await journey.move(journey.their_worker, "start")
    await journey.until_state(journey.worker, "in_progress")
    tell.step(tell.receiver, f"begins to prepare; {journey.sender} sees in_progress")
    tell.crossed("the code referral.started")


async def _return(journey: Journey, tell: Narrator) -> None:
    await journey.request_return()
    await journey.decide_return()
    tell.step(tell.agency, "she is counselled and decides to go home; asked again, she confirms it")
    tell.note(f"she cannot be cleared yet; in the way stand: {', '.join(await journey.in_the_way())}")
    await journey.prepare_return()
    await journey.assess_return()
    await journey.move_return(journey.supervisor, "clear")
    await journey.until_return(journey.their_worker, "cleared")
    tell.step(
        tell.agency,
        f"finds her fit to travel and the risk safe; a second person clears; {journey.receiver} opens its half",
    )
    tell.crossed("the code return.cleared with the result of the risk assessment: safe")
    tell.stayed("the grounds of the risk assessment")
    await journey.depart_return()
    half = await journey.until_return(journey.their_worker, "departed")
    await journey.move_return(journey.their_worker, "arrive")
    await journey.until_return(journey.worker, "arrived")
    tell.step(tell.receiver, f"meets her at the {half['handover']}; {journey.sender} sees arrived")
    tell.crossed("the code return.departed, there, with when and where to expect her; return.arrived, back")
    await journey.move(journey.their_worker, "complete", {"outcome": "service-delivered"})
    half = await journey.until_state(journey.worker, "completed")
    tell.step(tell.receiver, f"completes the referral; {journey.sender} sees the outcome: {half['outcome']}")
    tell.crossed("the code referral.completed with its outcome, which she allowed to be told back")


async def _withdrawal(journey: Journey, tell: Narrator) -> None:
    await journey.withdraw()
    tell.step(tell.agency, "she withdraws her consent: no reason asked, effective at once")
    answered = await journey.until_answered()
    tell.crossed(f"the recall; and {journey.receiver}'s answer: {answered['code']}")

    async def closed() -> Any:
        read = await journey.read_received()
        return read if all(not one["fields"] for one in read) else None

    await eventually(closed, "the closing of the received fields")
    tell.step(tell.receiver, "can no longer read her name; the help goes on")


async def _evidence(journey: Journey, tell: Narrator) -> None:
    tell.step("Auditors of both cells", "recompute the logs from their leaves and follow the case")
    for code, auditor, case in (
        (journey.sender, journey.auditor, journey.case),
        (journey.receiver, journey.their_auditor, journey.their_case),
    ):
        chain = await verified(auditor)
        trail = await auditor.get(f"/audit/v1/trails/{case}", limit=200)
        state = "whole" if chain["state"] == "whole" else f"broken at {chain['first_broken']}"
        tell.note(f"{code}: {chain['entries']} entries, {state}; {len(trail['items'])} on this case")
