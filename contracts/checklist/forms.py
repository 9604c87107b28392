"""The file of a checklist or form, as a model: questions by language, the reason for asking, weights, profiles, rules."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from contracts.casefile.language import LanguageTag
from contracts.casefile.text import Paragraph
from contracts.casefile.urgent import FLAGS
from contracts.form import Form
from contracts.types import CODE_PATTERN, KnownCode, VersionLabel

Name = Annotated[str, StringConstraints(pattern=CODE_PATTERN)]
ListCode = Annotated[str, StringConstraints(min_length=2, max_length=60, pattern=r"^[a-z0-9\-]+$")]
Flag = Annotated[str, Field(pattern=f"^({'|'.join(FLAGS)})$")]
Texts = Annotated[dict[LanguageTag, Paragraph], Field(min_length=1, description="a text by its language")]


class Profile(StrEnum):
    ADULT = "adult"
    CHILD = "child"


class Weight(StrEnum):
    DECISIVE = "D"
    STRONG = "S"
    MEDIUM = "M"
    WEAK = "W"


class Element(StrEnum):
    """The element of the definition that a section asks about. A section of `now` asks about her safety and weighs nothing."""

    MEANS = "means"
    PURPOSE = "purpose"
    NOW = "now"


class Kind(StrEnum):
    """The kind of answer. `answer` is yes, no, unknown, declined or not asked, and alone can have a weight."""

    ANSWER = "answer"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    ONE = "one"
    MANY = "many"


class ListForm(Form):
    """The base of these models."""

    model_config = ConfigDict(frozen=True)


class ChoiceForm(ListForm):
    code: Name
    label: Texts


class QuestionForm(ListForm):
    """One question. `indicator` is the fact that it asks for, as its source names it."""

    code: Name
    ask: Texts
    why: Annotated[
        Texts | None, Field(description="the reason for asking, where it is not the section's")
    ] = None
    indicator: Paragraph | None = None
    kind: Kind = Kind.ANSWER
    choices: Annotated[Name | None, Field(description="the list of `choices` for `one` and `many`")] = None
    field: Annotated[str, KnownCode("field")] | None = None
    required: bool = False
    weights: Annotated[
        dict[Profile, Weight],
        Field(
            description="no weight in a profile: its answer is kept and counts nothing", default_factory=dict
        ),
    ]
    flag: Annotated[Flag | None, Field(description="the urgent flag that a yes raises at once")] = None
    unchecked: Annotated[
        bool,
        Field(
            description="indicator or weight could not be compared with the source; `unchecked` of the list says more"
        ),
    ] = False
    own: Annotated[bool, Field(description="added here; the source does not have it")] = False


class SectionForm(ListForm):
    """A dimension: the questions whose answers are weighed together."""

    code: Name
    element: Element | None = None
    title: Texts
    why: Texts | None = None
    questions: Annotated[list[QuestionForm], Field(min_length=1, max_length=300)]


class RuleForm(ListForm):
    """A combination that makes a section positive: at least so many yes of each weight. The first that fires is named."""

    rule: ListCode
    at_least: Annotated[dict[Weight, Annotated[int, Field(ge=1, le=20)]], Field(min_length=1)]


class ProfileForm(ListForm):
    """The list for one profile. It finds indications where every one of `elements` has a positive section."""

    code: Annotated[
        ListCode, Field(description="the code of the list `checklist` under which it is asked for")
    ]
    title: Texts
    elements: Annotated[list[Literal[Element.MEANS, Element.PURPOSE]], Field(min_length=1)]
    rule: ListCode


class ChecklistFile(ListForm):
    """A checklist, or with `purpose` form a form without weights and rules. One file is one version, and never changes."""

    code: ListCode
    version: VersionLabel
    in_use: Annotated[
        bool,
        Field(
            description="false: a newer version is asked with; this one stays valid for what was asked with it"
        ),
    ]
    purpose: Literal["screening", "form"] = "screening"
    source: Paragraph
    unchecked: Annotated[list[Paragraph], Field(default_factory=list)]
    languages: Annotated[list[LanguageTag], Field(min_length=1)]
    unreviewed: Annotated[
        list[LanguageTag], Field(description="languages whose texts no native speaker has looked at")
    ]
    profiles: Annotated[dict[Profile, ProfileForm], Field(default_factory=dict)]
    positive: Annotated[list[RuleForm], Field(default_factory=list)]
    sections: Annotated[list[SectionForm], Field(min_length=1, max_length=60)]
    choices: Annotated[
        dict[Name, Annotated[list[ChoiceForm], Field(min_length=1, max_length=500)]],
        Field(default_factory=dict),
    ]

    def questions(self) -> list[QuestionForm]:
        return [question for section in self.sections for question in section.questions]
