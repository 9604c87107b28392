"""The steps of a case through two cells, over the public HTTP APIs: the demo narrates them, tests assert on them."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chassis.clock import day_of
from contracts.country.reading import read_country
from contracts.organisations import cell_of
from corridor.client import Person, RefusedError
from deploy.local.patience import Patience
from deploy.local.people import load_people, story
from deploy.local.place import COUNTRIES, STATE
from deploy.local.trouble import Trouble

PATIENCE_S, PAUSE_S = 30.0, 0.05
OFFICER, WORKER, SUPERVISOR, NEIGHBOUR, AUDITOR = "officer", "worker", "supervisor", "other-worker", "auditor"
"""The posts that the invented people of each country hold (`people.json`)."""
FIELDS = (
    "cor_FullName",
    "prs_Birthdate",
    "prs_Gender",
    "prs_PrimaryLanguage",
    "prs_MobilePhone",
    "cor_Needs",
    "prs_NumberOfChildren",
    "vic_TypeOfExploitation",
    "cor_Health",
)
"""The fields that the worker asks to send; consent, agreement, purpose and role decide which of them are sent."""

ANSWERS = {
    "deceptive_recruitment.job_location_employer": "yes",
    "deceptive_recruitment.wages": "yes",
    "coercion_at_destination.documents": "yes",
    "coercion_at_destination.debt_bondage": "yes",
    "exploitation.excessive_hours": "yes",
    "exploitation.low_pay": "yes",
    "coercion_at_destination.violence": "declined",
}


class TooSlowError(Trouble):
    """An event that was waited for did not come in time."""


class Journey:
    """One case from one country to another: the two of the story unless told otherwise.

    Each method is one step by one person; identifiers are kept as they become known.
    """

    def __init__(self, state: Path = STATE, *, way: tuple[str, str] | None = None) -> None:
        self._state, self._stack = state, AsyncExitStack()
        self.sender, self.receiver = way or story().countries
        self.agency, self.recipient = _employer(self.sender, WORKER), _employer(self.receiver, WORKER)
        self.country, self.home = (read_country(COUNTRIES / code) for code in (self.sender, self.receiver))
        self.transfer = self.case = self.consent = self.referral = self.return_id = self.their_case = ""

    async def __aenter__(self) -> "Journey":
        names = [
            f"{self.sender.lower()}.{post}" for post in (OFFICER, WORKER, SUPERVISOR, NEIGHBOUR, AUDITOR)
        ]
        names += [f"{self.receiver.lower()}.{post}" for post in (WORKER, AUDITOR)]
        people = [await self._stack.enter_async_context(Person(name, self._state)) for name in names]
        (
            self.officer,
            self.worker,
            self.supervisor,
            self.neighbour,
            self.auditor,
            self.their_worker,
            self.their_auditor,
        ) = people
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def language(self) -> str:
        """The language in which she is asked: that of the country to which she goes."""
        return self.home.languages[0]

    async def open_case(self, fields: dict[str, Any], urgency: str = "urgent") -> str:
        """A walk-in at the agency: the case is its worker's."""
        body = {"channel": "agency", "urgency": urgency, "languages": [self.language], "fields": fields}
        self.case = (await self.worker.post("/intake/v1/cases", body))["id"]
        return self.case

    async def submit(self, fields: dict[str, Any], urgency: str = "urgent") -> str:
        """The screening unit opens the case."""
        body = {
            "channel": "screening-unit",
            "urgency": urgency,
            "languages": [self.language],
            "fields": fields,
        }
        self.case = (await self.officer.post("/intake/v1/cases", body))["id"]
        return self.case

    async def preview_hand_over(self, categories: tuple[str, ...], agreed_to: str = "") -> Any:
        """The fields that the agency would get if she agreed to this; asked again until consent has heard of the case."""
        path = f"/consent/v1/cases/{self.case}/hand-overs/preview"
        body = self._handed(categories, agreed_to)

        async def shown() -> Any:
            seen = await self.officer.post(path, body)
            return None if seen["refusal"] == "no_agreement" else seen

        return await eventually(shown, "a preview of the hand-over")

    async def hand_over(self, categories: tuple[str, ...], agreed_to: str = "") -> str:
        """Her answer and the transfer in one step, by the officer who asked her."""
        await self.preview_hand_over(categories, agreed_to)
        path = f"/consent/v1/cases/{self.case}/hand-overs"
        self.transfer = (await self.officer.post(path, self._handed(categories, agreed_to)))["id"]
        return self.transfer

    async def offered(self) -> Any:
        """The agency's half of the transfer."""

        async def there() -> Any:
            half = await listed(self.worker, "/referral/v1/referrals", "referral_id", self.transfer)
            return half if half is not None and half["state"] == "received" else None

        return await eventually(there, "the offer of the transfer")

    async def taken_over(self) -> None:
        """The agency accepts: from now on the case is its own, under a number of its own."""
        half = await self.offered()
        await self.worker.post(f"/referral/v1/referrals/{self.transfer}/accept")
        await self.until_submission(self.case, "accepted")
        self.case = half["case_id"]
        await self.known_to_be_adult()

    async def references(self) -> tuple[str, str]:
        """The references of the case, in either country."""
        here = await self.worker.get(f"/intake/v1/cases/{self.case}")
        there = await self.their_worker.get(f"/intake/v1/cases/{self.their_case}")
        return here["reference"], there["reference"]

    async def known_to_be_adult(self) -> None:
        """Until the date of birth that came with her has been read, she counts as a child, who is not asked alone."""
        path = f"/consent/v1/cases/{self.case}/hand-overs/preview"
        neighbour = _employer(self.sender, NEIGHBOUR)
        onward = self._handed(("identity",), neighbour, neighbour)

        async def asked_herself() -> Any:
            try:
                return await self.worker.post(path, onward)
            except RefusedError as error:
                if error.problem["errors"][0]["code"] == "child-alone":
                    return None
                raise

        await eventually(asked_herself, "her age")

    async def until_submission(self, case_id: str, state: str) -> Any:
        async def there() -> Any:
            seen = await self.officer.get(f"/intake/v1/submissions/{case_id}")
            return seen if seen["state"] == state else None

        return await eventually(there, f"submission {state}")

    async def screen(self, by: Person | None = None) -> Any:
        by = by or self.worker
        path = f"/intake/v1/cases/{self.case}/screenings"
        made = await by.post(path, {"checklist": "ilo-ec-labour-adult", "answers": ANSWERS})
        return await by.get(f"{path}/{made['id']}")

    async def identify(self) -> None:
        body = {
            "status": "ActualVictimOfTrafficking",
            "deciding_organisation": "NonPoliceGovernmentalOrganization",
            "reasons": "Means and exploitation are established by the screening and the interview.",
        }
        path = f"/intake/v1/cases/{self.case}/status"
        await self.supervisor.post(path, body, headers=await self.supervisor.seen(path))

    async def assess_needs(self) -> None:
        body = {"urgency": "urgent", "needs": ["livelihood", "psychosocial", "return"]}
        path = f"/intake/v1/cases/{self.case}/needs"
        await self.worker.post(path, body, headers=await self.worker.seen(path))

    async def give_consent(self, categories: tuple[str, ...], recipient: str = "", **also: Any) -> str:
        purposes = ("referral-assistance", "return-and-reintegration")
        body = {
            "decision": "given",
            **self._agreed(categories, recipient or self.recipient, *purposes),
        } | also
        path = f"/consent/v1/cases/{self.case}/consents"
        self.consent = (await self.worker.post(path, body))["id"]
        return self.consent

    async def draft(self, recipient: str = "", service: str = "reintegration", **also: Any) -> str:
        body = {
            "case_id": self.case,
            "recipient": recipient or self.recipient,
            "service": service,
            "purpose": "referral-assistance",
            "urgency": "urgent",
            "fields": list(FIELDS),
        } | also
        self.referral = (await self.worker.post("/referral/v1/referrals", body))["id"]
        return self.referral

    async def preview(self) -> Any:
        """Exactly the fields that would be sent now; asked again until consent knows the agreement."""
        path = f"/referral/v1/referrals/{self.referral}/preview"

        async def allowed() -> Any:
            shown = await self.worker.get(path)
            return shown if shown["refusal"] is None else None

        return await eventually(allowed)

    async def send(self) -> None:
        await self.worker.post(f"/referral/v1/referrals/{self.referral}/send")

    async def until_state(self, person: Person, state: str) -> Any:
        """Wait until this side's half of the referral is in the state."""

        async def there() -> Any:
            half = await listed(person, "/referral/v1/referrals", "referral_id", self.referral)
            return half if half is not None and half["state"] == state else None

        return await eventually(there, f"referral {state} for {person.name}")

    async def received(self) -> Any:
        """The recipient's half, and with it the case as the recipient knows it."""
        half = await self.until_state(self.their_worker, "received")
        self.their_case = half["case_id"]
        return half

    async def read_received(self, reader: Person | None = None, case: str = "") -> Any:
        """The values that the recipient can read of the person now, field by field."""
        path = f"/intake/v1/cases/{case or self.their_case}/fields"
        return (await (reader or self.their_worker).get(path))["received"]

    async def move(self, person: Person, verb: str, body: Any = None) -> None:
        await person.post(f"/referral/v1/referrals/{self.referral}/{verb}", body)

    async def request_return(self, receiver: str = "") -> str:
        receiver = receiver or self.recipient
        body = {"case_id": self.case, "receiver": receiver, "receiver_cell": cell_of(receiver)}
        self.return_id = (await self.worker.post("/returns/v1/returns", body))["id"]
        return self.return_id

    async def move_return(self, person: Person, verb: str, body: Any = None) -> None:
        await person.post(f"/returns/v1/returns/{self.return_id}/{verb}", body)

    async def decide_return(self) -> None:
        """She is counselled, decides, and is asked again."""
        await self.move_return(self.worker, "counsel")
        await self.move_return(self.worker, "decide", {"informed": True, "own_will": True})
        await self.move_return(self.worker, "confirm", {"own_will": True})

    async def prepare_return(self) -> None:
        """A clinician finds her fit to travel, and she has a passport."""
        today = day_of(datetime.now(UTC), self.country.zone)
        await self.move_return(self.worker, "fitness", {"fit": True, "assessed_on": str(today)})
        passport = {"check": "passport", "valid_until": str(today + timedelta(days=365))}
        await self.move_return(self.worker, "checks", passport)

    async def depart_return(self) -> None:
        expected_at = datetime.now(UTC) + timedelta(hours=8)
        journey = {"expected_at": expected_at.isoformat(), "handover": "land-border"}
        await self.move_return(self.worker, "depart", journey)

    async def in_the_way(self) -> list[str]:
        """The blocks of a clearance, once returns has heard that she is an adult whom the receiver accepted."""

        async def heard() -> Any:
            shown = await self.supervisor.get(f"/returns/v1/returns/{self.return_id}")
            codes = [one["code"] for one in shown["blocks"]]
            return None if {"reception-not-agreed", "guardian-missing"} & set(codes) else codes

        codes: list[str] = await eventually(heard, "the acceptance at the return")
        return codes

    async def refused_clearance(self) -> list[str]:
        """Try to clear too early; the codes that say why not."""
        try:
            await self.move_return(self.supervisor, "clear")
        except RefusedError as error:
            return list(error.problem["blocks"])
        raise AssertionError("a return was cleared in whose way something stands")

    async def assess_return(
        self,
        result: str = "safe",
        grounds: str = "Family visited by the partner; the recruiter is in custody.",
    ) -> None:
        body = {"result": result, "grounds": grounds}
        await self.move_return(self.worker, "assess", body)

    async def until_return(self, person: Person, state: str) -> Any:
        async def there() -> Any:
            half = await listed(person, "/returns/v1/returns", "return_id", self.return_id)
            return half if half is not None and half["state"] == state else None

        return await eventually(there, f"return {state} for {person.name}")

    async def withdraw(self) -> None:
        """Withdraw, until the answer says complete: from then on nothing of hers is sealed."""

        async def complete() -> Any:
            answer = await self.worker.post(f"/consent/v1/consents/{self.consent}/withdraw")
            return answer["complete"]

        await eventually(complete, "a withdrawal that is complete")

    async def ledger(self) -> list[dict[str, Any]]:
        page = await self.worker.get(f"/consent/v1/cases/{self.case}/ledger", limit=200)
        items: list[dict[str, Any]] = page["items"]
        return items

    async def until_answered(self) -> dict[str, Any]:
        """Wait until the recipient's answer to the recall stands in the ledger."""

        async def answered() -> Any:
            return next((row for row in await self.ledger() if row["step"] == "answered"), None)

        row: dict[str, Any] = await eventually(answered, "an answer to the recall")
        return row

    def _agreed(self, categories: tuple[str, ...], recipient: str, *purposes: str) -> dict[str, Any]:
        """Her agreement, as the worker who asked her writes it down."""
        return {
            "purposes": list(purposes),
            "recipients": [{"organisation": recipient, "country": cell_of(recipient)}],
            "categories": list(categories),
            "back_categories": ["outcome"],
            "notice_version": "2026-1",
            "language": self.language,
            "risks_explained": True,
            "method": "thumbprint",
            "valid_until": (datetime.now(UTC) + timedelta(days=365)).isoformat(),
        }

    def _handed(self, categories: tuple[str, ...], agreed_to: str, recipient: str = "") -> dict[str, Any]:
        transfer = {
            "recipient": recipient or self.agency,
            "service": "case-management",
            "purpose": "case-management",
            "urgency": "urgent",
            "fields": list(FIELDS),
        }
        answer = self._agreed(categories, agreed_to or self.agency, "case-management")
        return {"answer": answer, "transfer": transfer}


def _employer(country: str, post: str) -> str:
    """The organisation of the person who holds a post there."""
    name = f"{country.lower()}.{post}"
    return next(person.org for person in load_people(country) if person.name == name)


async def listed(person: Person, path: str, key: str, identifier: str) -> Any:
    """The entry of that person's worklist, in full; None until it has come in."""
    after: dict[str, str] = {}
    while True:
        page = await person.get(path, limit=200, **after)
        if any(entry[key] == identifier for entry in page["items"]):
            return await person.get(f"{path}/{identifier}")
        if page["next"] is None:
            return None
        after = {"after": page["next"]}


async def eventually(
    look: Callable[[], Awaitable[Any]],
    what: str = "an effect",
    patience: float = PATIENCE_S,
    pauses: Iterable[float] = itertools.repeat(PAUSE_S),
) -> Any:
    """Look until there is something. Raises TooSlowError, naming the thing that was waited for."""
    pausing = iter(pauses)
    waiting = Patience(quiet_s=patience)
    while (seen := await look()) is None:
        if waiting.over:
            raise TooSlowError(f"{what} did not come within {waiting.waited_s:.0f} s")
        await asyncio.sleep(next(pausing))
    return seen
