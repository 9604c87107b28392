"""The sentences for what a service refuses, by its codes."""

from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from services.console.asking import OrderRefused
from services.console.commands.form import Command
from services.console.visiting import SignedIn
from services.console.words import marked

SAID: Mapping[str, str] = {
    "missing": marked("This must be answered"),
    "blank": marked("Something must be written here"),
    "string_too_long": marked("This is too long: shorten it"),
    "too_long": marked("Too many are chosen"),
    "control-characters": marked("This has a character that cannot be kept. Type it instead of pasting it."),
    "unknown-code": marked("Choose one of the answers"),
    "incomplete": marked("This must be answered"),
    "child-alone": marked("She is a child or may be one: somebody must speak for her"),
    "adult-asked-herself": marked("She is an adult: she is asked herself"),
    "sender": marked("Your own organisation needs no consent to keep what it has"),
    "notice-not-in-force": marked("There is a newer text: read this one out to her"),
    "not-offered": marked("They do not offer this service. Choose another, or somebody else."),
    "other-age": marked("They offer this service for another age than hers."),
    "not-listed": marked("This name is not in the directory, or not at work any more. Choose another."),
    "not-a-recipient": marked("This organisation may not be told of anybody. Choose another."),
    "transfer-abroad": marked("A case can be handed over inside one country only. Abroad, refer her."),
    "invalid": marked("This cannot be read as it is written"),
    "which-era": marked("Write the year with four digits"),
    "date-in-the-future": marked("This date is still to come"),
    "no-reference": marked("This is no reference"),
    "wrong-check-digit": marked("A letter or digit is not right. Ask for the reference again."),
    "heard": marked("Danger was told of in this call, or it was part of a case: it was a true call"),
    "extra_forbidden": marked("Leave this empty for what was chosen"),
    "nothing-answered": marked("Nothing is answered yet"),
    "too-far": marked("No paper counts so long. Is the year of another era?"),
    "not-a-journey": marked("This must be after now, and not later than the longest journey."),
    "not-what-happened": marked("It cannot have ended so, as things stand. Choose another."),
    "cannot-see-case": marked("They do not see this case. Let somebody add them to it first."),
    "reason-needed": marked("Something that stands here is replaced or taken away: write why"),
    "hold-length": marked("A hold lasts at least thirty days and at most a year."),
    "not-another": marked("Choose another organisation than your own."),
}
"""By the code of the service. For every other there is one sentence."""
CONFLICTS: Mapping[str, str] = {
    "her-no-stands": marked("The last that she said was no. It stands: nothing can be asked for over it."),
    "she-has-answered": marked("She was asked meanwhile and has answered. What she said counts."),
    "already-requested": marked("It is already asked for with this organisation, or in force."),
    "not-upheld": marked("A third person has not upheld it with this organisation. Choose another."),
    "linked-case-open": marked(
        "Somebody is linked with her and has an open case. Say whether that person stays, or refer that person first."
    ),
    "offer-open": marked(
        "There is an open referral to them for the same purpose. Open it: send it, wait for the answer, or take it back."
    ),
    "transfer-open": marked(
        "This case is being handed over already. Open it: wait for the answer, or take it back."
    ),
    "second-person": marked("Somebody else than whoever did it must do this."),
}
"""Conflicts after which a form can be sent again, by the code of the service. That nothing would go is of the code list
`disclosure_refusal`.
"""
REFUSED = marked("This was not accepted. Look at it again.")
CHANGED = marked(
    "Somebody changed this meanwhile. Look at what stands there now, and send it again if it is still right."
)
AWAY = marked(
    "This could not be saved at the moment. What you typed is still here: wait a little and send it again."
)
AGAIN = marked("You have signed in again since. What you typed is still here: send it once more.")
SAVED_BEFORE = marked(
    "What you sent first was saved, and not what you changed since. Its page shows what stands now."
)
NOT_DONE = marked("Not done")
NO_ANSWER = marked("No answer came")
UNKNOWN = marked("It is not certain whether this was done. Its page shows what stands now.")
NO_MORE = marked("This cannot be done any more. Its page shows what stands now.")
ENDED: Mapping[str, str] = {
    "idempotency-mismatch": SAVED_BEFORE,
    "return-open": marked("There is an open return of hers already. The page of the case shows it."),
}
"""By the code of a refusal after which the same cannot be sent again."""


def conflict_of(who: SignedIn, command: Command, refused: OrderRefused) -> str:
    """The sentence for a conflict that the person can mend; empty for every other."""
    if refused.status != HTTPStatus.CONFLICT:
        return ""
    if command.blocks and refused.blocks:
        why = "; ".join(who.reader.label(command.blocks, code) for code in refused.blocks)
        return who.reader.say("This is not possible now: %(why)s.", why=why)
    return conflict_said(who, refused)


def conflict_said(who: SignedIn, refused: OrderRefused) -> str:
    if refused.status != HTTPStatus.CONFLICT:
        return ""
    nothing_goes = who.reader.options("disclosure_refusal").get(refused.code, "")
    return CONFLICTS.get(refused.code, nothing_goes)


def said_elsewhere(who: SignedIn, command: Command, errors: Sequence[Mapping[str, Any]]) -> str:
    """The refusals of what is typed on other pages, each by its title there."""
    named = {}
    for error in errors:
        title = next(
            (command.elsewhere[part] for part in error.get("loc", ()) if part in command.elsewhere), ""
        )
        if title:
            named[title] = SAID.get(str(error.get("code")), REFUSED)
    say, colon, stop = who.reader.say, who.reader.colon, who.reader.stop
    return "".join(f"{say(title)}{colon}{say(said)}{stop}" for title, said in named.items()).strip()


def said_of(errors: Sequence[Mapping[str, Any]], names: Collection[str]) -> dict[str, str]:
    """The service's refusals, each beside its field; what belongs to none of them is said above the form."""
    found: dict[str, str] = {}
    for error in errors:
        place = next((part for part in error.get("loc", ()) if part in names), None)
        if place is not None:
            found.setdefault(str(place), SAID.get(str(error.get("code")), REFUSED))
    return found


def said_above(
    who: SignedIn, command: Command, errors: Sequence[Mapping[str, Any]], faults: Mapping[str, str]
) -> str:
    """The sentence above a form: of what belongs to other pages, or to no field."""
    known = next((SAID[code] for error in errors if (code := str(error.get("code"))) in SAID), REFUSED)
    return said_elsewhere(who, command, errors) or ("" if faults else known)
