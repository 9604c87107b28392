"""The words for what interchange refuses: a file as a whole, and a row of it with what is allowed."""

from collections.abc import Mapping

from services.console.words import marked

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
