"""How people answer when they are asked: yes in part, yes for a while, no, and yes that is taken back. For a child somebody speaks."""

from typing import Any

from corridor.seed.life import Life
from corridor.seed.staff import Helper

READ_OUT = "en"
"""The language of the text where an interpreter explains it, because there is none in the person's own."""
INTERPRETED = frozenset({"my"})
ALWAYS, SOMETIMES = (
    ("identity", "demographic", "needs"),
    ("contact", "family", "health", "exploitation", "documents"),
)
PURPOSES = ("referral-assistance", "return-and-reintegration")
GUARDED = {
    "capacity": "guardian",
    "guardian": "Somchai Invented",
    "guardian_relationship": "grandparent",
    "assent": "given",
}


def agreed(life: Life, *helpers: Helper, purpose: str = "", days: float = 365) -> dict[str, Any]:
    """A yes to these recipients, to more for one person than for another."""
    chance = life.chance
    purposes = {purpose} if purpose else {*PURPOSES, *(one.purpose for one in helpers)}
    method = chance.choice(("thumbprint", "signature", "spoken-before-witness"))
    body: dict[str, Any] = {
        "purposes": sorted(purposes),
        "recipients": [{"organisation": one.organisation, "country": one.cell} for one in helpers],
        "categories": sorted([*ALWAYS, *chance.sample(SOMETIMES, 2)]),
        "back_categories": ["outcome"],
        "notice_version": "2026-1",
        "language": life.person.language,
        "risks_explained": True,
        "method": method,
        "valid_until": life.at(days=days),
    }
    if method == "spoken-before-witness":
        body["witness"] = "Malee Invented"
    if life.person.language in INTERPRETED:
        body |= {
            "notice_language": READ_OUT,
            "interpreter": "Aye Invented",
            "interpreter_undertaking": True,
        }
    return body


async def ask(life: Life, *helpers: Helper, days: float = 365, child: bool = False) -> None:
    """The worker asks, and writes down a yes. Of somebody who came from elsewhere the age has to be heard first."""
    body = {"decision": "given", **agreed(life, *helpers, days=days)} | (GUARDED if child else {})
    path = f"/consent/v1/cases/{life.case}/consents"
    life.consent = await life.post(life.here["worker"], path, body, waits=True)


async def confirm_guardian(life: Life) -> None:
    path = f"/consent/v1/consents/{life.consent}"
    await life.post(
        life.here["supervisor"], f"{path}/confirm-guardian", {"not_involved": True}, seen=f"{path}/guardian"
    )


async def refuse(life: Life) -> None:
    await life.post(
        life.here["worker"], f"/consent/v1/cases/{life.case}/consents", {"decision": "refused"}, waits=True
    )


async def withdraw(life: Life) -> None:
    await life.post(life.here["worker"], f"/consent/v1/consents/{life.consent}/withdraw")


async def narrow(life: Life, category: str) -> None:
    path = f"/consent/v1/consents/{life.consent}/withdraw-part"
    await life.post(life.here["worker"], path, {"categories": [category]})


async def renew(life: Life, *helpers: Helper) -> None:
    path = f"/consent/v1/consents/{life.consent}"
    await life.post(life.here["worker"], f"{path}/renew", agreed(life, *helpers, days=360), seen=path)
