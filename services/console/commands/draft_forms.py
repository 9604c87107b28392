"""The forms about what was begun: an intake or the screening of a case, before it is submitted."""

from services.console import answers, draft_answers
from services.console.asking import Order
from services.console.commands.form import CASE, DRAFT, Command, FormField, Subject, nothing, one
from services.console.commands.interview import TITLES, URGENT
from services.console.words import marked

BEGUN = Subject("drafts", "", marked("Intakes"), page="/drafts")
BEGIN = Command(
    BEGUN,
    Order("intake", "draft_case", "POST", "/v1/drafts"),
    draft_answers.DRAFTS,
    title=marked("What cannot wait"),
    button=marked("Begin and go on"),
    done="",
    fields=(
        *URGENT.fields,
        FormField(
            "form", "radios", marked("With which questions?"),
            marked("What is ticked above is told at once, whichever is chosen. No form asks for her consent: that comes later, with the text that is read out."),
            choices="forms", spare=True,
        ),
    ),
    body=lambda typed, _: {**URGENT.saved(typed), **({"form": form} if (form := one(typed, "form")) else {})},
    then="/drafts/{made}/2",
    intro=URGENT.intro,
)  # fmt: skip
"""The first page of an intake, which is about nothing yet."""

SUBMIT = Command(
    DRAFT,
    Order("intake", "submit_draft", "POST", "/v1/drafts/{draft_id}/submit"),
    draft_answers.DRAFT,
    title=marked("Submit"),
    intro=(marked("What was answered is submitted as it was read back."),),
    button=marked("Submit"),
    done=marked("It was submitted."),
    fields=(),
    body=nothing,
    pins=True,
    elsewhere={**TITLES, "answers": marked("Answers"), "languages": TITLES["first"]},
)

FORMS = (
    BEGIN,
    Command(
        CASE,
        Order("intake", "draft_screening", "POST", "/v1/cases/{case_id}/screening-drafts"),
        answers.CASE,
        title=marked("Go through a checklist"),
        button=marked("Begin"),
        done=marked("The checklist was begun. Every answer is saved when you go on."),
        fields=(
            FormField(
                "checklist", "radios", marked("Which checklist?"),
                marked("The short list takes about five minutes. Whoever may be under eighteen is asked as a child, whichever is chosen."),
                codes="checklist", empty=marked("Choose a checklist"),
            ),
        ),
        body=lambda typed, _: {"checklist": one(typed, "checklist")},
        makes=DRAFT,
    ),
    SUBMIT,
    Command(
        DRAFT,
        Order("intake", "take_draft", "POST", "/v1/drafts/{draft_id}/take"),
        draft_answers.DRAFT,
        title=marked("Take it up"),
        button=marked("Take it up"),
        done=marked("You have it now."),
        fields=(),
        body=nothing,
        intro=(marked("It is yours then, and your colleagues see that you go on with it."),),
    ),
    Command(
        DRAFT,
        Order("intake", "abandon_draft", "POST", "/v1/drafts/{draft_id}/abandon"),
        draft_answers.DRAFT,
        title=marked("Give it up"),
        button=marked("Give it up"),
        done=marked("It was given up. For seven days it can be taken back."),
        fields=(
            FormField(
                "reason", "radios", marked("Why is it given up?"), marked("For seven days it can be taken back. Then what was answered is deleted."),
                codes="draft_abandonment", empty=marked("Choose why it is given up"),
            ),
        ),
        body=lambda typed, _: {"reason": one(typed, "reason")},
    ),
    Command(
        DRAFT,
        Order("intake", "resume_draft", "POST", "/v1/drafts/{draft_id}/resume"),
        draft_answers.DRAFT,
        title=marked("Take it back"),
        intro=(marked("Everything that was answered is there again."),),
        button=marked("Take it back"),
        done=marked("It goes on where it was."),
        fields=(),
        body=nothing,
    ),
)  # fmt: skip
