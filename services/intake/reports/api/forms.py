"""The forms of calls, of which nothing must be known but the kind, and of incidents."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from contracts.casefile.text import Line, Paragraph
from contracts.casefile.urgent import FLAGS
from contracts.form import Form
from contracts.types import KnownCode, OrganisationId
from services.intake.casefile.api.cases import FieldsForm, Flag
from services.intake.reports.domain.calls import BECAME_CASE

Agreed = Annotated[
    str, KnownCode("call_consent"), Field(description="how she consented that the call is part of her case")
]


def _never_by_hand(reason: str) -> str:
    if reason == BECAME_CASE:
        raise ValueError("a call becomes part of a case by being attached to it")
    return reason


class CallbackForm(Form):
    """Where she may be called back. It is written down only where she allows it, and with how it is safe."""

    way: Annotated[str, KnownCode("callback_way")]
    contact: Line
    safe: Annotated[
        Paragraph,
        Field(description="when and how it is safe, and what to say where somebody else answers"),
    ]


class CallWordsForm(Form):
    """The words of a call, all of them sealed: nobody's name is asked for."""

    urgency: Annotated[str, KnownCode("urgency")] | None = None
    language: Annotated[str, KnownCode("language")] | None = None
    text: Paragraph | None = None
    callback: CallbackForm | None = None
    flags: Annotated[
        list[Flag] | None,
        Field(max_length=len(FLAGS), description="urgent flags; each new one is a task of the team at once"),
    ] = None


class StartCallForm(CallWordsForm):
    kind: Annotated[str, KnownCode("call_kind")]


class SaveCallForm(CallWordsForm):
    """Members that are not named stay; null removes one."""


class CloseCallForm(Form):
    reason: Annotated[
        str,
        KnownCode("call_closing"),
        AfterValidator(_never_by_hand),
        Field(json_schema_extra={"not": {"const": BECAME_CASE}}),
    ]


class AttachCallForm(Form):
    case_id: UUID
    agreed: Agreed


class CallCaseForm(Form):
    """The case that a call becomes. Language and flags are those of the call where nothing else is said."""

    agreed: Agreed
    urgency: Annotated[str, KnownCode("urgency")] | None = None
    fields: FieldsForm = {}
    languages: Annotated[list[Annotated[str, KnownCode("language")]] | None, Field(max_length=2)] = None
    flags: Annotated[list[Flag] | None, Field(max_length=len(FLAGS))] = None


NO_PERSON = "No name, no telephone number, nothing by which a person is known: whom it is about becomes a case, or a call."
MonthOf = Annotated[
    str,
    StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$"),
    Field(description="a calendar month, `2026-10`"),
]
Province = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$"),
    Field(description="a code of `GET /v1/provinces`"),
]


class IncidentForm(Form):
    """Something that happens at a place, and is about no person. Others see no more than kind, province, month and certainty."""

    kind: Annotated[str, KnownCode("incident_kind")]
    province: Province | None = None
    month: MonthOf
    certainty: Annotated[str, KnownCode("certainty")]
    with_all: Annotated[
        bool, Field(description="every organisation of the country sees it, and it is counted")
    ] = False
    shared_with: Annotated[list[OrganisationId], Field(max_length=50)] = []
    text: Annotated[
        Paragraph | None,
        Field(
            description=f"what happens, when and where exactly: sealed, for your organisation alone. {NO_PERSON}"
        ),
    ] = None


class CorrectIncidentForm(IncidentForm):
    """The whole incident as it shall be, with whom it is shared: nothing is kept of what stood before."""

    reason: Annotated[str, KnownCode("incident_correction")]


class WithdrawIncidentForm(Form):
    reason: Annotated[
        str,
        KnownCode("incident_withdrawal"),
        Field(description="`person-named`: nobody else sees anything of it any more"),
    ]
