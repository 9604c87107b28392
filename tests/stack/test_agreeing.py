"""The drill of an agreement: added and changed while cells run, by two holders of keys, and only forward."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from contracts.border.differences import agreement_differences
from contracts.border.governed import agreement_of
from deploy.local import agreeing, governance
from deploy.local.agreeing import Document
from deploy.local.governance import GovernanceError
from deploy.local.trust import TrustFiles, make_trust
from tests.exchange.world import untried

START = datetime(2026, 11, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
NAME = "th-kh"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files of a border, made once."""
    root = make_trust(tmp_path_factory.mktemp("border"), ("TH", "KH"), now=START).directory
    return {str(p.relative_to(root)): p.read_text() for p in root.rglob("*.json")}


@pytest.fixture
def files(tmp_path: Path, signed: dict[str, str]) -> TrustFiles:
    for name, content in signed.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return TrustFiles(tmp_path)


def holder(files: TrustFiles, number: int) -> OKPKey:
    return governance.signing_key(files.directory / "governance" / f"{number}.jwk.json")


def terms(files: TrustFiles, **changes: object) -> Document:
    return {**(agreeing.in_force(files, NAME, START) or {}), **changes}


def narrower(files: TrustFiles, **changes: object) -> Document:
    return terms(files, fields=["cor_FullName"], **changes)


def counted(files: TrustFiles, cell: str, at: datetime = START) -> dict[str, tuple[int, tuple[str, ...]]]:
    trust = untried(files, cell)
    assert trust.refresh(at), trust.problem
    return {name: (one.terms.version, one.terms.fields) for name, one in trust.agreements.items()}


def test_one_holder_changes_nothing_and_another_one_puts_it_in_force_in_every_cell_of_it(
    files: TrustFiles,
) -> None:
    before, running = counted(files, "TH"), untried(files, "KH")
    assert running.refresh(START)
    agreeing.propose(files, narrower(files), [holder(files, 1)])
    assert (counted(files, "TH"), running.refresh(START)) == (before, False)
    for wrong, why in (
        (holder(files, 1), "another holder"),
        (OKPKey.generate_key("Ed25519", {"kid": "stranger"}), "not signed by 2"),
    ):
        with pytest.raises(GovernanceError, match=why):
            agreeing.confirm(files, agreeing.proposal(files, NAME), wrong)
    assert counted(files, "TH") == before
    agreeing.confirm(files, agreeing.proposal(files, NAME), holder(files, 2))
    assert counted(files, "TH")[NAME] == (2, ("cor_FullName",))
    assert (running.refresh(START), running.agreements[NAME].terms.version) == (True, 2)  # without a restart
    with pytest.raises(GovernanceError, match="no version of th-kh waits"):
        agreeing.confirm(files, agreeing.proposal(files, NAME), holder(files, 3))


def test_what_is_confirmed_is_what_was_shown_though_another_wrote_its_file_meanwhile(
    files: TrustFiles,
) -> None:
    agreeing.propose(files, narrower(files), [holder(files, 1)])
    shown = agreeing.proposal(files, NAME)
    agreeing.propose(files, terms(files, retention_days=3650), [holder(files, 1)])
    agreeing.confirm(files, shown, holder(files, 2))
    assert counted(files, "TH")[NAME] == (2, ("cor_FullName",))


def test_who_confirms_is_shown_what_differs_from_the_version_in_force(files: TrustFiles) -> None:
    fields = [*terms(files)["fields"][1:], "cor_New"]
    first = terms(files)["fields"][0]
    after = {**terms(files), "fields": fields, "version": 2, "legal_basis": "another", "retention_days": 3}
    basis, days = terms(files)["legal_basis"], terms(files)["retention_days"]
    assert list(agreement_differences(agreement_of(terms(files)), agreement_of(after))) == [
        "version 1 is followed by 2",
        f"fields: gone: {first}",
        "fields: new: cor_New",
        f"legal_basis: {basis} is followed by another",
        f"retention_days: {days} is followed by 3",
    ]


def test_an_agreement_is_added_for_its_cells_alone(files: TrustFiles) -> None:
    national = terms(files, id="kh-shelters", cells=["KH"])
    assert "legal_basis: Shelters" in list(
        agreement_differences(None, agreement_of({**national, "legal_basis": "Shelters"}))
    )
    agreeing.propose(files, national, [holder(files, 1)])
    agreeing.confirm(files, agreeing.proposal(files, "kh-shelters"), holder(files, 3))
    assert ("kh-shelters" in counted(files, "TH"), counted(files, "KH")["kh-shelters"][0]) == (False, 1)


def test_a_version_to_come_leaves_the_one_in_force_until_it_begins(files: TrustFiles) -> None:
    later = (START + DAY).isoformat()
    agreeing.propose(files, narrower(files, valid_from=later), [holder(files, 1), holder(files, 2)])
    assert counted(files, "TH")[NAME][0] == 1
    assert counted(files, "TH", START + DAY)[NAME] == (2, ("cor_FullName",))


def test_what_was_proposed_before_another_version_undoes_nothing(files: TrustFiles) -> None:
    agreeing.propose(files, terms(files), [holder(files, 1)])
    agreeing.propose(files, narrower(files), [holder(files, 2), holder(files, 3)])
    with pytest.raises(GovernanceError, match="meanwhile"):
        agreeing.confirm(files, agreeing.proposal(files, NAME), holder(files, 2))
    assert counted(files, "TH")[NAME] == (2, ("cor_FullName",))


def test_a_restart_undoes_nothing_that_two_holders_signed(files: TrustFiles) -> None:
    """A start signs what the countries' folders say, and they say what was agreed first, which is wider; one that ended stays ended."""
    ended = (START - DAY).isoformat()
    agreeing.propose(files, narrower(files, valid_until=ended), [holder(files, 1), holder(files, 2)])
    for at in (START + 366 * DAY, START + 732 * DAY):
        make_trust(files.directory, ("TH", "KH"), now=at)
        for cell in ("TH", "KH"):
            assert counted(files, cell, at)[NAME] == (2, ("cor_FullName",))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"fields": ["cor_Nothing"]}, "fields: cor_Nothing is not of the list field"),
        ({"purposes": "protection"}, "it is no agreement: a list of names"),
        ({"valid_from": "2026-11-01T08:00:00"}, "it is no agreement: an instant has a zone"),
        ({"id": "../trust"}, "it is no agreement: a name is in its form"),
        ({"cells": ["TH", "VN"]}, "cells: an agreement stays between the same"),
        ({"retention": 3}, "retention: no such term"),
    ],
    ids=str,
)
def test_malformed_terms_are_signed_by_nobody_and_say_why(
    files: TrustFiles, changes: Document, why: str
) -> None:
    with pytest.raises(GovernanceError, match=why):
        agreeing.propose(files, terms(files, **changes), [holder(files, 1)])
    assert agreeing.proposed(files) == []


def test_what_somebody_changed_after_the_first_signed_it_does_not_come_into_force(files: TrustFiles) -> None:
    agreeing.propose(files, narrower(files), [holder(files, 1)])
    place = files.directory / "proposed" / f"{NAME}.json"
    content = json.loads(place.read_text())
    content["document"]["fields"] = terms(files)["fields"]
    place.write_text(json.dumps(content))
    with pytest.raises(GovernanceError, match="not signed by 2"):
        agreeing.confirm(files, agreeing.proposal(files, NAME), holder(files, 2))
    assert counted(files, "TH")[NAME][0] == 1
