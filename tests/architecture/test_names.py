"""Names that say what a thing is, wherever they are read: in a traceback, an import line, a search."""

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.each import of_each, parsed
from tests.architecture.test_house_rules import CODE, ROOT, name

RIDDLES = re.compile(r"(?:What|Who|Whom|Whose|It|Its|That|These|Those|They|Which|Whether)\b")
"""A docstring that begins so leaves its reader to guess the subject: the noun comes first."""

ROOMS = ("contracts", "chassis", "corridor", "deploy")
ENDINGS = ("ed", "en", "ing", "own", "able", "ible")
"""Endings of a participle or an adjective. Alone it is no name: `Prepared` what, `Unopened` by whom?"""

IRREGULAR = frozenset(
    [
        "Away",
        "Came",
        "Due",
        "Early",
        "Gone",
        "Heard",
        "Held",
        "Incomplete",
        "Invalid",
        "Kept",
        "Late",
        "Later",
        "Left",
        "Live",
        "Lost",
        "Made",
        "Meant",
        "Now",
        "Only",
        "Open",
        "Raw",
        "Read",
        "Ready",
        "Said",
        "Sealed",
        "Sent",
        "Soon",
        "Told",
        "Void",
        "Why",
        "Wrong",
    ]
)
"""Participles and adjectives with another ending, and adverbs."""

NOUNS = frozenset(
    ["Crossing", "Finding", "Holding", "Listing", "Numbering", "Sealing", "Seeding", "Undertaking", "Void"]
)
"""Names that end so and are nouns. A new one is added once somebody has looked that it is one."""

OF_HTTP = frozenset(["Forbidden", "Invalid", "Unauthenticated", "Unavailable", "Unexpected"])
"""The errors of `chassis/problems.py` have the names that HTTP gives them."""

OTHERWISE_CODE = frozenset({("collections.abc", "Set")})
"""The linter asks for `AbstractSet`, so that nobody takes it for `set`."""


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return "/".join(parts[:2]) if parts[0] == "services" else parts[0]


def classes_of(path: Path) -> Iterator[str]:
    return (node.name for node in ast.walk(parsed(path)) if isinstance(node, ast.ClassDef))


def bare(class_name: str) -> bool:
    """A single word that is a participle, an adjective or an adverb."""
    word = class_name.strip("_")
    if len(re.findall("[A-Z]", word)) != 1 or word in NOUNS | OF_HTTP:
        return False
    return word.endswith(ENDINGS) or word in IRREGULAR


def docstrings_of(source: str) -> Iterator[str]:
    """Of modules, classes, functions and attributes."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.value.value


def aliases_of(source: str) -> list[str]:
    """Imports under another name, except of a foreign name that would hide one of Python's own."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        module = getattr(node, "module", None)
        for one in node.names:
            foreign = (module or one.name).partition(".")[0] not in {*ROOMS, "services"}
            hides = hasattr(builtins, one.name) or (module, one.name) in OTHERWISE_CODE
            if one.asname is not None and not (foreign and hides):
                found.append(f"{one.name} as {one.asname}")
    return found


@of_each("path", CODE, ids=name)
def test_a_class_is_named_by_a_noun(path):
    assert [one for one in classes_of(path) if bare(one)] == []


@pytest.mark.parametrize("room", sorted({room_of(path) for path in CODE}))
def test_no_two_classes_of_a_service_have_the_same_name(room):
    named = Counter(one for path in CODE if room_of(path) == room for one in classes_of(path))
    assert [one for one, times in named.items() if times > 1] == []


@of_each("path", CODE, ids=name)
def test_nothing_is_imported_under_another_name_to_tell_two_things_apart(path):
    assert aliases_of(path.read_text()) == []


@of_each("path", CODE, ids=name)
def test_a_docstring_names_its_subject_first(path):
    assert [one for one in docstrings_of(path.read_text()) if RIDDLES.match(one)] == []


@pytest.mark.parametrize("word", ["Prepared", "_Opened", "Known", "Later", "Unparsable", "Held"])
def test_a_participle_alone_is_found(word):
    assert bare(word)


@pytest.mark.parametrize("word", ["PreparedDisclosure", "ReferralAccepted", "Listing", "Forbidden", "Case"])
def test_a_noun_is_not_taken_for_a_participle(word):
    assert not bare(word)


def test_an_alias_of_one_of_our_own_names_is_found_and_one_that_would_hide_pythons_own_is_not():
    assert aliases_of("from chassis.work import WorkItem as Work\nimport services.intake as there\n") == [
        "WorkItem as Work",
        "services.intake as there",
    ]
    assert aliases_of("from sqlalchemy.exc import TimeoutError as PoolTimeout\n") == []


def test_a_riddle_is_found_wherever_a_docstring_may_stand():
    source = '"""What it is."""\nX = 1\n"""Whose it is."""\nclass A:\n    """Whatever fits."""\n    y: int\n    """It is."""\n'
    assert [one for one in docstrings_of(source) if RIDDLES.match(one)] == [
        "What it is.",
        "Whose it is.",
        "It is.",
    ]


def test_every_noun_that_is_listed_is_the_name_of_a_class():
    there = {one.strip("_") for path in CODE for one in classes_of(path)}
    assert (NOUNS | OF_HTTP) - there == set()


RAISED = re.compile(r"\bRaises ((?:[A-Z]\w+(?:, and |, or |, | and | or )?)+)")


def known_names() -> frozenset[str]:
    """Every class of the product, every name that it imports or reaches, and Python's own."""
    names = set(dir(builtins))
    for path in CODE:
        for node in ast.walk(parsed(path)):
            match node:
                case ast.ClassDef():
                    names.add(node.name)
                case ast.ImportFrom():
                    names.update(one.name for one in node.names)
                case ast.Attribute():
                    names.add(node.attr)
    return frozenset(names)


def test_an_error_that_a_docstring_names_is_there():
    """A class that was renamed keeps its old name nowhere."""
    known = known_names()
    said = [
        (name(path), error)
        for path in CODE
        for text in docstrings_of(path.read_text())
        for found in RAISED.findall(text)
        for error in re.findall(r"[A-Z]\w+", found)
    ]
    assert len(said) > 100
    assert [(place, error) for place, error in said if error not in known] == []
