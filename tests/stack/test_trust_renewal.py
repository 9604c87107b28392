"""The drill of the trust list: vouched for anew while cells run, by two holders of keys, and its keys follow one another in time."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from contracts.border.differences import list_differences
from contracts.border.governed import trust_list_of
from deploy.local import governance
from deploy.local.governance import Changes, GovernanceError
from deploy.local.trust import TrustFiles, make_trust
from services.exchange.domain.border import stale
from services.exchange.trust import Trust

START = datetime(2026, 11, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def files(tmp_path: Path) -> TrustFiles:
    return make_trust(tmp_path, ("TH", "KH"), now=START)


def holder(files: TrustFiles, number: int) -> OKPKey:
    return governance.signing_key(files.directory / "governance" / f"{number}.jwk.json")


def running(files: TrustFiles, cell: str = "TH") -> Trust:
    places = files.settings(cell)
    trust = Trust(
        places["trust_file"],
        places["agreements_dir"],
        places["organisation_keys_dir"],
        places["governance_keys_file"],
        cell,
        "development",
    )
    assert trust.refresh(START)
    return trust


def kid_of(files: TrustFiles, organisation: str, use: str) -> str:
    entries = governance.in_force(files)["organisations"]
    [keys] = [one["keys"] for one in entries if one["id"] == organisation]
    return str([key["kid"] for key in keys if key["use"] == use][-1])


def test_a_list_that_is_about_to_go_out_of_date_is_vouched_for_anew_while_a_cell_runs(
    files: TrustFiles,
) -> None:
    trust, later = running(files), START + timedelta(hours=25)
    before = trust.list
    assert stale(before.issued, later)
    assert governance.renew(files, [holder(files, 1), holder(files, 3)], Changes(), later)
    assert trust.refresh(later)
    assert (trust.list.version, stale(trust.list.issued, later)) == (before.version + 1, False)
    assert (trust.list.keys.keys(), trust.problem) == (before.keys.keys(), None)


def test_one_holder_alone_renews_nothing_and_the_same_one_is_not_two(files: TrustFiles) -> None:
    trust, later = running(files), START + DAY
    for signers in ([holder(files, 1)], [holder(files, 1), holder(files, 1)]):
        assert not governance.renew(files, signers, Changes(), later)
        with pytest.raises(GovernanceError, match="another holder"):
            governance.confirm(files, governance.proposal(files), holder(files, 1))
        trust.refresh(later)
        assert trust.list.version == 1
    stranger = OKPKey.generate_key("Ed25519", {"kid": "stranger"})
    with pytest.raises(GovernanceError, match="not signed by 2"):
        governance.confirm(files, governance.proposal(files), stranger)
    governance.confirm(files, governance.proposal(files), holder(files, 2))
    assert (trust.refresh(later), trust.list.version) == (True, 2)


def test_what_was_proposed_before_another_list_came_into_force_undoes_nothing(files: TrustFiles) -> None:
    lost = kid_of(files, "kh-exchange", "sign")
    governance.renew(files, [holder(files, 1)], Changes(), START + DAY)
    governance.renew(files, [holder(files, 2), holder(files, 3)], Changes(lost=[(lost, START)]), START + DAY)
    with pytest.raises(GovernanceError, match="meanwhile"):
        governance.confirm(files, governance.proposal(files), holder(files, 2))
    assert governance.in_force(files)["lost"][0]["kid"] == lost


def test_who_confirms_is_shown_what_changes(files: TrustFiles) -> None:
    lost = kid_of(files, "kh-exchange", "sign")
    entry = governance.replacement(files, "kh-exchange", "sign", lost, START)
    changes = Changes(added=[("kh-exchange", entry)], lost=[(lost, START)])
    governance.renew(files, [holder(files, 1)], changes, START)
    shown = list(
        list_differences(
            trust_list_of(governance.in_force(files)), trust_list_of(governance.proposal(files)["document"])
        )
    )
    begins = (START - timedelta(minutes=5)).isoformat()
    assert shown == [
        f"version 1 is followed by 2, vouched for at {START.isoformat()}",
        f"gone: kh-exchange sign {lost} from {begins} until {(START + 90 * DAY).isoformat()}",
        f"new: kh-exchange sign {entry['kid']} from {begins} until {(START + 90 * DAY).isoformat()}",
        f"new: kh-exchange sign {lost} lost since {START.isoformat()}",
    ]


@pytest.mark.parametrize("use", ["sign", "agree"])
def test_a_key_that_was_lost_counts_no_more_and_never_comes_back(files: TrustFiles, use: str) -> None:
    lost, secrets = (
        kid_of(files, "kh-exchange", use),
        files.organisation_keys_dir("KH") / "kh-exchange.jwk.json",
    )
    backup = secrets.read_text()
    entry = governance.replacement(files, "kh-exchange", use, lost, START)
    changes = Changes(added=[("kh-exchange", entry)], lost=[(lost, START)])
    governance.renew(files, [holder(files, 1), holder(files, 2)], changes, START)
    assert lost not in running(files).list.keys
    with pytest.raises(GovernanceError, match="was lost"):
        governance.renew(
            files, [holder(files, 1)], Changes(added=[("kh-exchange", {**entry, "kid": lost})]), START
        )
    secrets.write_text(backup)  # a cell was made again from a backup of before
    make_trust(files.directory, ("TH", "KH"), now=START + DAY)
    trust = running(files, "KH")
    assert lost not in trust.list.keys
    assert lost not in secrets.read_text()
    assert trust.list.lost[lost].since == START


def test_keys_follow_one_another_in_time_and_none_lives_longer_than_was_said(files: TrustFiles) -> None:
    first = kid_of(files, "th-exchange", "sign")
    make_trust(files.directory, ("TH", "KH"), now=START + 60 * DAY)
    assert running(files).list.keys[first].not_after == START + 90 * DAY
    late = START + 80 * DAY
    make_trust(files.directory, ("TH", "KH"), now=late)
    trust = running(files)
    second = trust.own.signing["th-exchange"][-1].kid
    assert trust.signer("th-exchange", late).kid == first  # nobody else has read of the second yet
    assert trust.signer("th-exchange", late + timedelta(hours=2)).kid == second
    assert trust.list.signing_key(first, late + timedelta(hours=2)).kid == first
    assert trust.list.signing_key(first, START + 91 * DAY) is None


def test_the_key_that_follows_one_which_ends_is_listed_while_cells_run_and_used_when_everybody_has_read_of_it(
    files: TrustFiles,
) -> None:
    first, trust = kid_of(files, "th-exchange", "sign"), running(files)
    entry = governance.replacement(files, "th-exchange", "sign", first, START, follows=True)
    changes = Changes(added=[("th-exchange", entry)])
    assert governance.renew(files, [holder(files, 1), holder(files, 2)], changes, START)
    assert trust.refresh(START)
    used = [trust.signer("th-exchange", START + timedelta(minutes=minutes)).kid for minutes in (1, 61)]
    assert used == [first, entry["kid"]]


def test_a_list_that_somebody_changed_is_not_signed_anew(files: TrustFiles) -> None:
    content = json.loads(files.trust_file.read_text())
    content["document"]["organisations"].pop()
    files.trust_file.write_text(json.dumps(content))
    with pytest.raises(GovernanceError, match="not signed by 2"):
        governance.renew(files, [holder(files, 1), holder(files, 2)], Changes(), START)
