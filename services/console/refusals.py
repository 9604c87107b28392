"""The words for what a service refuses: in a form, a file as a whole, and a row of it with what is allowed."""

from collections.abc import Mapping

from services.console.words import marked

OF_A_FORM: Mapping[str, str] = {
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
    "nothing-answered": marked("Nothing is answered yet"),
    "too-far": marked("No paper counts so long. Is the year of another era?"),
    "not-a-journey": marked("This must be after now, and not later than the longest journey."),
    "not-what-happened": marked("It cannot have ended so, as things stand. Choose another."),
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

OF_A_FILE: Mapping[str, str] = {
    "missing": marked("Choose a file"),
    "empty": marked("The file is empty"),
    "several-sheets": marked("Several sheets hold rows. Save each as a file of its own."),
    "survey-form": marked("This is the form of the survey itself, and not a file of answers"),
    "unknown-column": marked("A column is no field of the standard. Give it the name or the label of one, or take it out."),
    "repeated-column": marked("Two columns are the same field. Take one out."),
    "no-known-column": marked("The first line names no field of the standard"),
    "too-many-columns": marked("The file has too many columns"),
    "too-many-rows": marked("The file has more than 10,000 rows. Divide it."),
    "too-many-ranges": marked("The sheet has too many merged or hidden parts. Save it as CSV UTF-8."),
    "too-deep": marked("The workbook cannot be read. Save it as CSV UTF-8."),
    "unpacks-too-large": marked("The workbook is too large when it is unpacked. Divide it."),
    "too-much-to-read": marked("The file takes too long to read. Divide it."),
    "not-unicode": marked("The letters cannot be read. Save it as CSV UTF-8 or as XLSX."),
    "not-a-table": marked("This is neither CSV nor XLSX"),
    "not-a-workbook": marked("This is no XLSX workbook"),
    "no-such-sheet": marked("The workbook cannot be read. Save it as CSV UTF-8."),
    "old-workbook": marked("This is an old kind of workbook. Save it as XLSX or CSV."),
    "unreadable": marked("The file cannot be read to its end"),
}  # fmt: skip
"""By the code of the service, as docs/imports.md lists them."""
TOO_LARGE = marked("The file is larger than 5 MB. Divide it.")

OF_A_ROW: Mapping[str, str] = {
    "formula": marked("A formula stands here. Write the value itself."),
    "error-value": marked("The spreadsheet shows an error here. Write the value itself."),
    "rounded-number": marked("Digits of this number are lost. Have the column formatted as text, and write it anew."),
    "merged-cells": marked("Cells are merged here. Divide them, and write the value into each."),
    "hidden-row": marked("The row is hidden. Show it, or take it out."),
    "hidden-column": marked("The column is hidden. Show it, or take it out."),
    "no-heading": marked("A value stands in a column without a name"),
    "two-headings": marked("The column has two names that are not the same"),
    "more-cells-than-columns": marked("The row has more values than there are columns"),
    "same-id-other-content": marked("Two rows have this identifier and are not the same"),
    "differs-from-case": marked("There is a case with this identifier or number, and something in it is not the same. Compare the two."),
    "same-number": marked("Two rows have this number and are not one case"),
    "same-as-another-row": marked("The row is like another one. If they are several persons, say so above."),
    "unknown-code": marked("This is not one of the values that are allowed"),
    "invalid-text": marked("This has a character that cannot be kept, or more than one line"),
    "invalid-code": marked("One value is allowed here, and no more"),
    "invalid-needs": marked("This is not one of the values that are allowed"),
    "invalid-number": marked("This is no number that is allowed here"),
    "invalid-date": marked("This is no date. Write it like 1998-05-12, or what is known of it: 1998-05, 1998."),
    "too-long": marked("This is too long: shorten it"),
    "date-in-the-future": marked("This date is still to come"),
    "which-era": marked("Write the year with four digits"),
    "missing": marked("A status needs the kind of organisation that decided it, and the other way round"),
    "empty": marked("Nothing of the row is a field of a case"),
}  # fmt: skip
"""By the reason of a row."""
OTHER = marked("This was not accepted. Look at it again.")
