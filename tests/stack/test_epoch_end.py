"""The drill of the end of a key epoch: the cell goes on, the living are read, whoever was erased is gone from every older copy."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from os import urandom
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from filelock import FileLock
from pydantic import SecretStr

from chassis.vault import ciphertext
from chassis.vault.epochs import KeyProvider
from chassis.vault.owner import EndedEpoch, migrate_vault
from chassis.vault.vault import KeyDestroyed, Vault, VaultUnavailable
from deploy.local.backup import MARK, BackupError, begin_again
from deploy.local.epoch_end import EpochError, EpochReport, WrappingKeys, end, end_present_epoch, following
from deploy.local.trouble import Trouble
from tests.harness import callers

NOW = datetime(2026, 12, 2, tzinfo=UTC)


@dataclass
class World:
    """A vault database with the files of its wrapping keys, and two processes that have them open."""

    owner_url: str
    app_url: str
    keys: WrappingKeys
    one: Any = None
    other: Any = None
    told: list[tuple[dict[str, EndedEpoch], set[str]]] = field(default_factory=list)
    """For the log, with the epochs whose wrapping keys were there still."""

    async def end(self, back_up_now: Callable[[], None] = lambda: None) -> EpochReport:
        async def tell(ended: Any) -> None:
            self.told.append((ended, set(json.loads(self.keys.file.read_text())["keys"])))

        return await end(self.owner_url, self.keys, back_up_now, tell, NOW)

    @asynccontextmanager
    async def vault(self, provider: KeyProvider | None = None) -> AsyncIterator[Vault]:
        settings: Any = SimpleNamespace(
            vault_url=SecretStr(self.app_url), vault_epoch_file=self.keys.file, mode="development"
        )
        vault = Vault(settings, "intake", provider)
        await vault.start()
        try:
            yield vault
        finally:
            await vault.stop()

    async def wrapped(self) -> list[asyncpg.Record]:
        """As a backup has them."""
        connection = await asyncpg.connect(self.owner_url.replace("+asyncpg", ""))
        try:
            return await connection.fetch("select * from vault.keys where wrapped is not null")
        finally:
            await connection.close()

    def opens(self, rows: list[asyncpg.Record]) -> set[UUID]:
        """The persons whose keys in a backup the files of wrapping keys still open."""
        found = set()
        for place in (self.keys.file, self.keys.copy):
            kept = json.loads(place.read_text())["keys"]
            for row in rows:
                if row["epoch"] in kept:
                    key, person = base64.b64decode(kept[row["epoch"]]), row["person_id"]
                    ciphertext.unwrap(key, person, row["epoch"], row["wrapped"])
                    found.add(UUID(int=person.int))
        return found


@pytest.fixture
async def world(postgres: Any, tmp_path: Path) -> AsyncIterator[World]:
    owner_url, app_url = await postgres.create_migrated(
        "vault", lambda url, app: migrate_vault(url, callers(app.name))
    )
    (tmp_path / "elsewhere").mkdir()
    made = World(owner_url, app_url, WrappingKeys(tmp_path / "epoch.json", tmp_path / "elsewhere/epoch.json"))
    made.keys.file.write_text(
        json.dumps({"current": "2026-11", "keys": {"2026-11": base64.b64encode(urandom(32)).decode()}})
    )
    async with made.vault() as made.one, made.vault() as made.other:
        yield made


async def sealed(vault: Vault, person: UUID) -> str:
    await vault.create(person)
    return await vault.seal(person, "name", "r1", "สมชาย")


async def erase(vault: Vault, person: UUID) -> None:
    await vault.release(person)
    await vault.destroy(person)


def nothing() -> None:
    """A backup of which this test wants nothing."""


async def untold(_: Any) -> None:
    """Nothing for a log."""


def refuses() -> None:
    raise Trouble("the disk is full")


async def test_at_the_end_of_an_epoch_the_living_are_read_and_the_erased_are_in_no_older_copy(
    world: World,
) -> None:
    living, erased, before = uuid4(), uuid4(), await sealed(world.one, someone := uuid4())
    texts = {person: await sealed(world.one, person) for person in (living, erased)} | {someone: before}
    older = await world.wrapped()
    await erase(world.one, erased)
    assert world_opens_all(world, older)
    report = await world.end()
    ended = {"2026-11": EndedEpoch(wrapped_anew=2, erasures=1)}
    assert report == EpochReport("2026-12", ended)
    assert world.told == [(ended, {"2026-11", "2026-12"})]  # before: intake says it once the key is gone
    for vault in (world.one, world.other):  # neither was started again
        vault.forget(living)
        assert await vault.open(living, "name", "r1", texts[living]) == "สมชาย"
        assert await vault.open(someone, "name", "r1", texts[someone]) == "สมชาย"
    with pytest.raises(KeyDestroyed):
        await world.one.open(erased, "name", "r1", texts[erased])
    assert world.opens(older) == set()
    assert "2026-11" not in world.keys.file.read_text() + world.keys.copy.read_text()


def world_opens_all(world: World, rows: list[asyncpg.Record]) -> bool:
    """So it was before: whoever has the older backup and the wrapping key reads her."""
    world.keys.copy.write_text(world.keys.file.read_text())
    return len(world.opens(rows)) == len(rows)


async def test_what_is_sealed_afterwards_is_under_the_new_epoch_in_every_process(world: World) -> None:
    await sealed(world.other, uuid4())
    await world.end()
    new = uuid4()
    text = await sealed(world.other, new)
    assert await world.one.open(new, "name", "r1", text) == "สมชาย"
    assert {row["epoch"] for row in await world.wrapped()} == {"2026-12"}


async def test_a_process_that_takes_the_old_epoch_for_the_present_one_makes_no_key_that_would_be_lost(
    world: World,
) -> None:
    key = base64.b64decode(json.loads(world.keys.file.read_text())["keys"]["2026-11"])
    behind: Any = SimpleNamespace(current=lambda: "2026-11", key=lambda _: key)
    async with world.vault(behind) as vault:
        await world.end()
        with pytest.raises(VaultUnavailable):
            await vault.create(uuid4())
    assert await world.wrapped() == []


async def test_a_key_that_is_wrapped_anew_between_its_reading_and_its_opening_is_read_once_more(
    world: World,
) -> None:
    living = uuid4()
    text = await sealed(world.one, living)
    read, reads = world.other._read, []

    async def ends_meanwhile(wanted: Any) -> list[Any]:
        reads.append(await read(wanted))
        if len(reads) == 1:
            await world.end()
        return reads[-1]

    world.other._read = ends_meanwhile
    assert (await world.other.open(living, "name", "r1", text), len(reads)) == ("สมชาย", 2)


async def test_without_a_backup_under_the_new_key_nothing_is_destroyed_and_the_next_run_goes_on(
    world: World,
) -> None:
    living = uuid4()
    text = await sealed(world.one, living)
    older = await world.wrapped()
    with pytest.raises(Trouble, match="disk is full"):
        await world.end(refuses)
    assert (world.opens(older), world.told) == ({living}, [])
    later = uuid4()
    await sealed(world.other, later)
    seen: list[set[UUID]] = []

    def back_up_now() -> None:
        seen.append(set(json.loads(world.keys.copy.read_text())["keys"]))

    report = await world.end(back_up_now)
    assert (report.current, [*report.ended], seen) == ("2026-12", ["2026-11"], [{"2026-11", "2026-12"}])
    assert (world.opens(older), await world.one.open(living, "name", "r1", text)) == (set(), "สมชาย")


async def test_two_people_do_not_end_an_epoch_at_once(tmp_path: Path) -> None:
    keys = WrappingKeys(tmp_path / "epoch.json", tmp_path / "copy/epoch.json")
    before = keys_at(keys.file, "e11", e11="one")
    with FileLock(keys.file.with_suffix(".lock")), pytest.raises(EpochError, match="by somebody else"):
        await end("no database is asked", keys, nothing, untold, NOW)
    assert keys.file.read_text() == before


def test_nobody_but_an_operator_of_the_cell_is_named_as_who_ended_an_epoch(tmp_path: Path) -> None:
    for by in ("th.worker", "kh.operator", "somebody"):
        with pytest.raises(EpochError, match="is no operator of cell TH"):
            end_present_epoch(tmp_path, "TH", by, tmp_path, tmp_path, tmp_path, NOW)


def keys_at(place: Path, current: str, **keys: str) -> str:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps({"current": current, "keys": keys}))
    return place.read_text()


@pytest.mark.parametrize("copied", [{"e11": "of another cell"}, {"e12": "of a later epoch"}])
def test_no_copy_that_holds_other_wrapping_keys_is_written_over(
    tmp_path: Path, copied: dict[str, str]
) -> None:
    keys = WrappingKeys(tmp_path / "epoch.json", tmp_path / "copy/epoch.json")
    keys_at(keys.file, "e11", e11="one")
    other = keys_at(keys.copy, *copied, **copied)
    with pytest.raises(EpochError, match="other wrapping keys"):
        keys.write({"current": "e12", "keys": keys.read()["keys"]})
    assert keys.copy.read_text() == other


def test_the_file_is_not_its_own_copy(tmp_path: Path) -> None:
    keys_at(tmp_path / "epoch.json", "e11", e11="one")
    with pytest.raises(EpochError, match="another disk"):
        WrappingKeys(tmp_path / "epoch.json", tmp_path / "x/../epoch.json").read()


def test_what_was_broken_off_between_copy_and_file_goes_on_with_the_newer_of_both(tmp_path: Path) -> None:
    keys = WrappingKeys(tmp_path / "epoch.json", tmp_path / "copy/epoch.json")
    keys_at(keys.file, "e11", e11="one")
    keys_at(keys.copy, "e12", e11="one", e12="two")
    assert keys.read() == {"current": "e12", "keys": {"e11": "one", "e12": "two"}}
    keys_at(keys.file, "e12", e11="one", e12="two")
    keys_at(keys.copy, "e12", e12="two")
    assert keys.read()["keys"].keys() == {"e11", "e12"}


def test_a_new_wrapping_key_is_on_the_disk_under_its_name_before_anything_is_wrapped_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Power that is lost afterwards must not bring the former file back."""
    synced: list[bool] = []
    monkeypatch.setattr(
        "os.fsync", lambda number: synced.append(Path(f"/proc/self/fd/{number}").resolve().is_dir())
    )
    WrappingKeys(tmp_path / "epoch.json", tmp_path / "copy.json").write({"current": "e", "keys": {"e": "k"}})
    assert synced == [False, True] * 2


async def test_a_backup_from_before_the_end_of_an_epoch_does_not_start(world: World, tmp_path: Path) -> None:
    await sealed(world.one, uuid4())
    cell: Any = SimpleNamespace(
        directory=tmp_path,
        epochs=world.keys.file,
        ledger=tmp_path / "none",
        postgres=SimpleNamespace(admin_dsn=lambda _: world.owner_url.replace("+asyncpg", "")),
    )
    (tmp_path / MARK).touch()
    keys_at(world.keys.file, "2026-12", **{"2026-12": base64.b64encode(urandom(32)).decode()})
    with pytest.raises(BackupError, match="wrapped under 2026-11"):
        await begin_again(cell)
    assert (tmp_path / MARK).exists()


@pytest.mark.parametrize(
    ("current", "name"),
    [
        ("2026-11", "2026-12"),
        ("2026-12", "2026-12.2"),
        ("2026-12.2", "2026-12.3"),
        ("2026-12.9", "2026-12.10"),
    ],
)
def test_an_epoch_has_the_name_of_its_month(current: str, name: str) -> None:
    assert following(current, NOW) == name
