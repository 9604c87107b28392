"""How a case comes to be: begun and left, submitted by an officer, handed over to an agency, or opened there for somebody who walks in."""

from typing import Any

from corridor.client import Person
from corridor.journey import ANSWERS, FIELDS
from corridor.seed.asking import agreed
from corridor.seed.life import REFERRALS, Life

DRAFTS, CASES = "/intake/v1/drafts", "/intake/v1/cases"
DOORS = ("agency", "hotline", "self-referral", "reception-centre")
HARMLESS = dict.fromkeys(ANSWERS, "no")


async def begin(life: Life, *, flags: tuple[str, ...] = ()) -> str:
    """An officer begins an intake, and is called away."""
    known = life.fields()
    half = {name: known[name] for name in ("cor_FullName", "prs_Gender", "prs_PrimaryLanguage")}
    body = {"channel": "screening-unit", "languages": [life.person.language], "fields": half}
    return await life.post(life.here["officer"], DRAFTS, body | ({"flags": [*flags]} if flags else {}))


async def begun(life: Life) -> None:
    """An intake that was given up because its person had to go, and another of theirs that waits."""
    path = f"{DRAFTS}/{await begin(life)}"
    await life.post(life.here["officer"], f"{path}/abandon", {"reason": "ended"}, seen=path)
    await begin(life)


async def begun_in_danger(life: Life) -> None:
    """An intake with what cannot wait: the supervisors are told before anything is submitted."""
    await begin(life, flags=("immediate_danger",))


async def submitted(life: Life) -> None:
    """An intake that was begun and is submitted, and screened later."""
    draft = await begin(life)
    path = f"{DRAFTS}/{draft}"
    life.case = await life.post(life.here["officer"], f"{path}/submit", seen=path)


async def screened(life: Life, *, indications: bool) -> None:
    await _submit(life)
    await screen(life, life.here["officer"], indications=indications)


async def handed_over(life: Life, answer: str) -> None:
    """The officer who asked her hands her over to the agency of the country, which answers, or has not yet (`received`)."""
    await screened(life, indications=True)
    officer, agency = life.here["officer"], life.here.agency
    transfer = {
        "recipient": agency.organisation,
        "service": agency.services[0],
        "purpose": "case-management",
        "urgency": "urgent",
        "fields": [*FIELDS],
    }
    asked = {"answer": agreed(life, agency, purpose="case-management"), "transfer": transfer}
    moved = await life.post(officer, f"/consent/v1/cases/{life.case}/hand-overs", asked, waits=True)
    path = f"{REFERRALS}/{moved}"
    theirs = await offered(life, agency.receives, moved)
    if answer == "rejected":
        await life.post(agency.receives, f"{path}/reject", {"reason": "language-not-served"})
    if answer == "accepted":
        await life.post(agency.receives, f"{path}/accept")
        life.case = theirs
        await identify(life)
        await assess_needs(life)


async def offered(life: Life, who: Person, referral: str) -> str:
    """Wait until a referral is on the list of whoever receives it; answers the case there. Nobody asks for what is not theirs yet: that
    would stand in the log as an attempt.
    """
    return await life.comes(who, REFERRALS, referral)


async def walk_in(
    life: Life, *, child: bool = False, flags: tuple[str, ...] = (), urgency: str = "", second: bool = False
) -> str:
    """Somebody comes to the agency, whose worker has the case from then on. `second`: known here already, under another spelling."""
    fields = life.fields(child=child)
    if second:
        fields["cor_FullName"] = life.name(usual=False)
    body: dict[str, Any] = {
        "channel": life.chance.choice(DOORS),
        "urgency": urgency or life.chance.choices(("routine", "urgent"), (3, 2))[0],
        "languages": [life.person.language],
        "fields": fields,
        "flags": [*flags],
    }
    return await life.post(life.here["worker"], CASES, body)


async def _submit(life: Life) -> None:
    body = {
        "channel": "screening-unit",
        "urgency": "urgent",
        "languages": [life.person.language],
        "fields": life.fields(),
    }
    life.case = await life.post(life.here["officer"], CASES, body)


async def screen(life: Life, who: Person, *, indications: bool) -> None:
    body = {"checklist": "ilo-ec-labour-adult", "answers": ANSWERS if indications else HARMLESS}
    await life.post(who, f"{CASES}/{life.case}/screenings", body)


async def identify(life: Life) -> None:
    body = {
        "status": life.chance.choice(("ActualVictimOfTrafficking", "PossibleVictimOfTrafficking")),
        "deciding_organisation": "NonPoliceGovernmentalOrganization",
        "reasons": "Means and exploitation are established by the screening and the interview.",
    }
    path = f"{CASES}/{life.case}/status"
    await life.post(life.here["supervisor"], path, body, seen=path, waits=True)


async def assess_needs(life: Life) -> None:
    needs = life.chance.sample(("shelter", "medical", "psychosocial", "legal", "livelihood", "documents"), 3)
    path = f"{CASES}/{life.case}/needs"
    await life.post(
        life.here["worker"], path, {"urgency": "urgent", "needs": sorted(needs)}, seen=path, waits=True
    )
