"""A sealed file is given back whole, or not at all."""

import io
import os
import tarfile
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from chassis.vault.ledger import FileLedger
from chassis.vault.vault import Erasure
from deploy.local.backup import BackupError, back_up, bring_back, files_of
from deploy.local.cell import EPOCHS, KEEPER, LEDGER, Cell
from deploy.local.sealed_file import PIECE, TAG_BYTES, SealedFileError, Sealer, Unsealer, read_key

HEAD = 25


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text(b64encode(os.urandom(32)).decode() + "\n")
    return file


def sealed(data: bytes, key_file: Path) -> bytes:
    out = io.BytesIO()
    sealer = Sealer(out, read_key(key_file))
    for start in range(0, len(data), 300_000):
        sealer.write(data[start : start + 300_000])
    sealer.close()
    return out.getvalue()


def unsealed(content: bytes, key_file: Path) -> bytes:
    unsealer, read = Unsealer(io.BytesIO(content), read_key(key_file)), b""
    while some := unsealer.read(70_000):
        read += some
    return read


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7])
def test_what_was_sealed_is_given_back(size: int, key_file: Path) -> None:
    data = os.urandom(size)
    assert unsealed(sealed(data, key_file), key_file) == data


def test_a_file_that_was_cut_changed_reordered_or_is_sealed_under_another_key_is_refused(
    key_file: Path, tmp_path: Path
) -> None:
    whole = sealed(os.urandom(3 * PIECE + 7), key_file)
    step = PIECE + TAG_BYTES
    first, second, rest = (
        whole[HEAD : HEAD + step],
        whole[HEAD + step : HEAD + 2 * step],
        whole[HEAD + 2 * step :],
    )
    other = tmp_path / "other"
    other.write_text(b64encode(os.urandom(32)).decode())
    flipped = bytearray(whole)
    flipped[HEAD + step + 5] ^= 1
    for broken in (
        whole[: HEAD + 2 * step],
        whole[:-1],
        whole[:HEAD] + second + first + rest,
        whole[:HEAD] + first + rest,
        bytes(flipped),
    ):
        with pytest.raises(SealedFileError, match="not whole"):
            unsealed(broken, key_file)
    with pytest.raises(SealedFileError, match="another key"):
        unsealed(whole, other)
    with pytest.raises(SealedFileError, match="no backup"):
        unsealed(b"something else", key_file)


@pytest.mark.parametrize("content", ["", "not base64!", b64encode(b"short").decode()])
def test_a_file_that_holds_no_key_is_named_with_how_to_make_one(content: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(content)
    with pytest.raises(SealedFileError, match="openssl rand -base64 32"):
        read_key(tmp_path / "key")


def test_nothing_is_backed_up_where_nothing_runs_and_nothing_restored_over_a_cell_that_is_there(
    key_file: Path, server_run
) -> None:
    state = server_run.directory / f"state-{os.urandom(3).hex()}"
    (state / "th").mkdir(parents=True)
    with pytest.raises(BackupError, match="does not run"):
        back_up(state, "TH", state / "file", key_file)
    with pytest.raises(BackupError, match="nothing is left of it"):
        bring_back(state, "TH", state / "file", key_file)
    assert not (state / "file").exists()


def test_a_restore_that_fails_on_the_way_leaves_nothing_that_was_opened(key_file: Path, server_run) -> None:
    """Its first pieces were good, and held databases and keys."""
    state = server_run.directory / f"state-{os.urandom(3).hex()}"
    (state / KEEPER / "th").mkdir(parents=True)
    (state / KEEPER / "th" / "epoch.json").write_text("{}")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for number in range(4):
            member = tarfile.TarInfo(f"postgres/data/{number}")
            member.size = PIECE
            tar.addfile(member, io.BytesIO(os.urandom(PIECE)))
    (state / "file").write_bytes(sealed(packed.getvalue(), key_file)[:-9])
    with pytest.raises(SealedFileError, match="not whole"):
        bring_back(state, "TH", state / "file", key_file)
    assert sorted(path.name for path in state.iterdir()) == ["file", KEEPER]


def test_no_backup_has_the_wrapping_keys_or_the_ledger_wherever_an_earlier_version_kept_them(
    tmp_path: Path,
) -> None:
    """A cell that is made of an older backup has them in its folder; the keeper's are the ones that count."""
    cell = Cell("TH", tmp_path, partners=[])
    cell.make_keys()
    kept = cell.epochs.read_text()
    for old in (cell.keys / cell.epochs.name, cell.directory / cell.ledger.name):
        old.write_text("of an earlier version")
    assert {path.name for path, _ in files_of(tmp_path, cell.directory, "TH")} & {EPOCHS, LEDGER} == set()
    cell.make_keys()
    assert (cell.epochs.read_text(), (cell.keys / EPOCHS).exists()) == (kept, False)


def test_a_restore_of_an_older_backup_brings_no_wrapping_key_back_and_counts_each_erasure_once(
    key_file: Path, server_run
) -> None:
    state = server_run.directory / f"state-{os.urandom(3).hex()}"
    (state / KEEPER / "th").mkdir(parents=True)
    (state / KEEPER / "th" / EPOCHS).write_text("{}")
    ledger, one, other = FileLedger(state / KEEPER / "th" / LEDGER), uuid4(), uuid4()
    for key in (one, other, one):  # whose work was tried again after a kill
        ledger.append(key, Erasure(datetime.now(UTC), "2026-11"))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in ("postgres/data/PG_VERSION", f"keys/{EPOCHS}"):
            member = tarfile.TarInfo(name)
            member.size = 2
            tar.addfile(member, io.BytesIO(b"{}"))
    (state / "file").write_bytes(sealed(packed.getvalue(), key_file))
    assert bring_back(state, "TH", state / "file", key_file) == 2
    assert list((state / "th" / "keys").iterdir()) == []
    assert (state / "th" / "postgres" / "data" / "PG_VERSION").exists()
