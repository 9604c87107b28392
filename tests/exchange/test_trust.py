"""Trust list and agreements: only what two governance keys signed is believed, and only what is newer replaces it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from chassis.vault.epochs import FileKeysRefused
from contracts.border.signed_file import NotTrusted, sign_document
from deploy.local.countries import agreements, read_all
from deploy.local.governance import signing_key
from deploy.local.trust import TrustFiles, make_trust
from services.exchange.trust import Trust, governance_keys, read_agreement, read_own_keys, read_trust_list
from services.exchange.watch import TrustWatch
from tests.exchange.world import exchange, now, trust_of, untried


def rewritten(path: Path, change: dict[str, object]) -> None:
    content = json.loads(path.read_text())
    content["document"].update(change)
    path.write_text(json.dumps(content))


def test_each_cell_has_its_own_keys_and_everybodys_public_ones(files: TrustFiles) -> None:
    th, kh = trust_of(files, "TH"), trust_of(files, "KH")
    assert {"th-care-agency", "th-exchange"} <= th.own.signing.keys()
    assert not any(name.startswith("kh") for name in th.own.signing)
    kid = kh.own.signing["kh-exchange"][-1].kid
    assert th.list.signing_key(kid, now()).organisation == "kh-exchange"


def test_the_public_files_hold_no_private_key(files: TrustFiles) -> None:
    for path in (files.trust_file, files.governance_keys_file, *files.directory.glob("agreements/*/*.json")):
        assert '"d"' not in path.read_text()


def test_a_listed_key_is_used_only_for_its_use_and_in_its_time(files: TrustFiles) -> None:
    trust = trust_of(files, "TH")
    signing, agreeing = trust.own.signing["th-care-agency"][-1], next(iter(trust.own.agreeing.values()))
    assert trust.list.signing_key(agreeing.kid, now()) is None
    assert trust.list.signing_key(signing.kid, now() + timedelta(days=91)) is None
    assert trust.list.signing_key(signing.kid, now() - timedelta(days=1)) is None
    assert trust.list.agreement_key("kh-health-agency", now() + timedelta(days=181)) is None
    assert trust.list.agreement_key("kh-nobody", now()) is None


@pytest.mark.parametrize(
    "change", [{"version": 99}, {"issued": "2030-01-01T00:00:00+00:00"}, {"organisations": []}]
)
def test_a_changed_trust_list_is_not_believed(files: TrustFiles, change: dict[str, object]) -> None:
    rewritten(files.trust_file, change)
    with pytest.raises(NotTrusted):
        read_trust_list(files.trust_file, governance_keys(files.governance_keys_file))


def test_a_list_that_names_a_key_by_another_thumbprint_than_its_own_is_not_believed(
    files: TrustFiles,
) -> None:
    """Thumbprints are what people compare by telephone, and what a lost key never comes back under."""
    document = json.loads(files.trust_file.read_text())["document"]
    listed = document["organisations"][0]["keys"][0]
    listed["jwk"] = OKPKey.generate_key(listed["jwk"]["crv"]).as_dict(private=False)
    keys = governance_keys(files.governance_keys_file)
    holders = [signing_key(files.directory / "governance" / f"{n}.jwk.json") for n in (1, 2)]
    files.trust_file.write_text(json.dumps(sign_document(document, holders)))
    with pytest.raises(NotTrusted, match="no trust list"):
        read_trust_list(files.trust_file, keys)


def test_one_signature_is_not_enough_and_the_same_twice_is_one(files: TrustFiles) -> None:
    keys = governance_keys(files.governance_keys_file)
    path = files.agreements_dir("TH") / "th-kh.json"
    content = json.loads(path.read_text())
    for signatures in (content["signatures"][:1], content["signatures"][:1] * 2, []):
        path.write_text(json.dumps({**content, "signatures": signatures}))
        with pytest.raises(NotTrusted):
            read_agreement(path, keys)


def test_keys_that_are_not_governance_sign_nothing(files: TrustFiles) -> None:
    path = files.trust_file
    document = json.loads(path.read_text())["document"]
    strangers = [OKPKey.generate_key("Ed25519", {"kid": str(n)}) for n in range(3)]
    path.write_text(json.dumps(sign_document(document, strangers)))
    with pytest.raises(NotTrusted):
        read_trust_list(path, governance_keys(files.governance_keys_file))


def test_a_trust_list_cannot_pass_for_an_agreement(files: TrustFiles) -> None:
    with pytest.raises(NotTrusted):
        read_agreement(files.trust_file, governance_keys(files.governance_keys_file))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"document":1,"signatures":[]}', "[" * 50_000, "\x00"])
def test_a_file_that_is_none_is_refused_by_name(files: TrustFiles, content: str) -> None:
    files.trust_file.write_text(content)
    with pytest.raises(NotTrusted, match=r"trust\.json"):
        read_trust_list(files.trust_file, governance_keys(files.governance_keys_file))


def test_a_broken_file_leaves_in_force_what_was_trusted_and_is_named(files: TrustFiles) -> None:
    trust = trust_of(files, "TH")
    before = trust.list
    rewritten(files.trust_file, {"version": 99})
    assert trust.refresh(now()) is False
    assert (trust.list, trust.problem) == (before, "trust.json is not signed by 2 governance keys")
    make_trust(files.directory, ("TH", "KH"))
    assert trust.refresh(now()) is True
    assert (trust.list.version, trust.problem) == (before.version + 1 + 98, None)


def test_an_older_list_does_not_come_back(files: TrustFiles) -> None:
    old = files.trust_file.read_text()
    make_trust(files.directory, ("TH", "KH"))
    trust = trust_of(files, "TH")
    files.trust_file.write_text(old)
    assert trust.refresh(now()) is False
    assert (trust.list.version, trust.problem) == (2, "trust.json is older than the list in force")


async def test_an_older_list_does_not_come_back_with_a_restart_either(
    postgres: Any, files: TrustFiles, tmp_path: Path
) -> None:
    old = files.trust_file.read_text()
    make_trust(files.directory, ("TH", "KH"))
    async with exchange(postgres, files, tmp_path / "th", "TH") as harness:
        database, settings = harness.service.database, harness.service.settings
        await TrustWatch(database, settings, trust_of(files, "TH")).look()
        files.trust_file.write_text(old)
        started_anew = untried(files, "TH")
        await TrustWatch(database, settings, started_anew).look()
    assert (started_anew.list, started_anew.problem) == (None, "trust.json is older than the list in force")


def signed_by_two(files: TrustFiles, path: Path, **changes: object) -> Any:
    """A document as it is in a file but for these changes, signed by two holders of governance keys."""
    document = json.loads(path.read_text())["document"]
    holders = [signing_key(files.directory / "governance" / f"{n}.jwk.json") for n in (1, 2)]
    return sign_document({**document, **changes}, holders)


async def test_an_older_or_another_version_of_an_agreement_does_not_come_back_not_even_with_a_restart(
    postgres: Any, files: TrustFiles, tmp_path: Path
) -> None:
    """What went under the narrower version was taken back; the wider one would let it through again."""
    path, trust = files.agreements_dir("TH") / "th-kh.json", trust_of(files, "TH")
    wider, narrower = path.read_text(), signed_by_two(files, path, version=2, fields=["cor_FullName"])
    path.write_text(json.dumps(narrower))
    async with exchange(postgres, files, tmp_path / "th", "TH") as harness:
        watched = harness.service.database, harness.service.settings
        await TrustWatch(*watched, trust).look()
        for content, why in (
            (wider, "older than"),
            (json.dumps(signed_by_two(files, path, fields=[])), "numbered like"),
        ):
            path.write_text(content)
            await TrustWatch(*watched, trust).look()
            assert (trust.agreements["th-kh"].terms.version, trust.agreements["th-kh"].terms.fields) == (
                2,
                ("cor_FullName",),
            )
            assert why in trust.problem
            started_anew = untried(files, "TH")
            await TrustWatch(*watched, started_anew).look()
            assert ("th-kh" in started_anew.agreements, started_anew.problem) == (False, trust.problem)


def test_an_agreement_between_two_others_is_not_taken(files: TrustFiles) -> None:
    trust, path = trust_of(files, "TH"), files.agreements_dir("TH") / "th-kh.json"
    path.write_text(json.dumps(signed_by_two(files, path, version=2, cells=["KH", "VN"])))
    assert trust.refresh(now()) is False
    assert (trust.agreements["th-kh"].terms.version, trust.problem) == (1, "th-kh.json is of other cells")


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_from": "2026-11-01T08:00:00"},
        {"valid_until": "2026-11-01"},
        {"fields": "cor_FullName"},
        {"purposes": [1]},
        {"version": 0},
        {"version": "2"},
        {"id": "../th-kh"},
        {"cells": []},
    ],
    ids=str,
)
def test_what_governance_signed_malformed_is_no_agreement_and_leaves_the_one_in_force(
    files: TrustFiles, changes: dict[str, object]
) -> None:
    trust, path = trust_of(files, "TH"), files.agreements_dir("TH") / "th-kh.json"
    path.write_text(json.dumps(signed_by_two(files, path, **{"version": 2, **changes})))
    assert trust.refresh(now()) is False
    assert (trust.agreements["th-kh"].terms.version, trust.problem) == (1, "th-kh.json is no agreement")


@pytest.mark.parametrize("changes", [{"issued": "2026-11-01T08:00:00"}, {"version": "2"}], ids=str)
def test_what_governance_signed_malformed_is_no_trust_list(
    files: TrustFiles, changes: dict[str, object]
) -> None:
    trust = trust_of(files, "TH")
    files.trust_file.write_text(json.dumps(signed_by_two(files, files.trust_file, **changes)))
    assert (trust.refresh(now()), trust.problem) == (False, "trust.json is no trust list")


async def test_private_keys_in_files_are_refused_in_production(
    postgres: Any, files: TrustFiles, tmp_path: Path
) -> None:
    with pytest.raises(FileKeysRefused):
        async with exchange(postgres, files, tmp_path / "th", "TH", mode="production", vault=False):
            pass


def test_renewing_keeps_keys_and_unchanged_agreements(files: TrustFiles) -> None:
    before = trust_of(files, "TH")
    make_trust(files.directory, ("TH", "KH"))
    after = trust_of(files, "TH")
    assert after.list.version == before.list.version + 1
    assert after.list.keys.keys() == before.list.keys.keys()
    assert after.agreements == before.agreements


def test_a_changed_agreement_is_the_next_version(files: TrustFiles) -> None:
    from dataclasses import replace

    before = trust_of(files, "TH").agreements["th-kh"]
    drafts = [
        replace(d, fields=("cor_FullName",)) if d.id == "th-kh" else d
        for d in agreements(read_all(("TH", "KH")))
    ]
    make_trust(files.directory, ("TH", "KH"), drafts=drafts)
    after = trust_of(files, "TH").agreements["th-kh"]
    assert (after.terms.version, after.terms.fields) == (before.terms.version + 1, ("cor_FullName",))
    assert after.terms.sha256 != before.terms.sha256


def test_keys_of_another_cell_are_not_taken(files: TrustFiles) -> None:
    with pytest.raises(NotTrusted):
        read_own_keys(files.organisation_keys_dir("KH"), "TH")


def test_nothing_is_trusted_where_there_is_nothing(tmp_path: Path) -> None:
    trust = Trust(tmp_path / "a", tmp_path / "b", tmp_path / "c", tmp_path / "d", "TH", "development")
    assert trust.refresh(now()) is False
    assert trust.problem == "d holds no governance keys"
