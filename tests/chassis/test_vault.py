"""What the vault seals opens in its own place and nowhere else, and never again once the person's key is destroyed."""

import asyncio
import base64
import json
import string
import traceback
from collections.abc import AsyncIterator
from dataclasses import dataclass
from os import urandom
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from chassis.vault import ciphertext
from chassis.vault.epochs import EpochKeyMissing, FileKeys, FileKeysRefused
from chassis.vault.owner import Caller, EndedEpoch, end_epoch, migrate_vault
from chassis.vault.vault import (
    CannotOpen,
    Erasure,
    KeyDestroyed,
    KeyHeld,
    KeyUnknown,
    Sealing,
    Vault,
    VaultUnavailable,
)
from tests.harness import callers

CANARY = "สมชาย Somchai-4f1c-canary"


@dataclass
class World:
    """A migrated vault database, its epoch file, a clock for the cache, and one open vault."""

    owner_url: str
    app_url: str
    directory: Path
    at: float = 0.0
    vault: Any = None

    def epochs(self, current: str, *names: str) -> Path:
        path = self.directory / "epochs.json"
        kept = json.loads(path.read_text())["keys"] if path.exists() else {}
        keys = {name: kept.get(name) or base64.b64encode(urandom(32)).decode() for name in names}
        path.write_text(json.dumps({"current": current, "keys": keys}))
        return path

    async def another_role(self, postgres: Any) -> tuple[Vault, str]:
        """A vault that a role of its own opens, and that role's address of this database."""
        _, theirs = await postgres.create_database("reader")
        url = self.app_url.replace(*(one.split("://")[1].split("@")[0] for one in (self.app_url, theirs)))
        await self.rows(f'grant connect on database "{url.rpartition("/")[2]}" to "{role(url)}"')
        return await self.another("interchange", url), url

    async def another(self, holder: str = "intake", url: str | None = None) -> Vault:
        """A vault in another process: it shares the database and the epoch file, and no memory."""
        settings: Any = SimpleNamespace(
            vault_url=SecretStr(url or self.app_url),
            vault_epoch_file=self.directory / "epochs.json",
            mode="development",
        )
        vault = Vault(settings, holder, monotonic=lambda: self.at)
        await vault.start()
        return vault

    async def rows(self, query: str, *values: Any) -> list[Any]:
        connection = await asyncpg.connect(self.owner_url.replace("+asyncpg", ""))
        try:
            return await connection.fetch(query, *values)
        finally:
            await connection.close()


def role(url: str) -> str:
    return url.split("://")[1].split(":", maxsplit=1)[0]


@pytest.fixture
async def world(postgres: Any, tmp_path: Path) -> AsyncIterator[World]:
    owner_url, app_url = await postgres.create_migrated(
        "vault", lambda url, app: migrate_vault(url, callers(app.name))
    )
    made = World(owner_url, app_url, tmp_path)
    made.epochs("2026-11", "2026-11")
    made.vault = await made.another()
    yield made
    await made.vault.stop()


async def person(world: World) -> UUID:
    made = uuid4()
    await world.vault.create(made)
    return made


async def erase(vault: Vault, someone: UUID) -> Erasure:
    """The service deletes all it has of somebody, and then the key goes."""
    await vault.release(someone)
    return await vault.destroy(someone)


async def test_what_is_sealed_opens_again_also_in_another_process(world: World) -> None:
    someone = await person(world)
    sealed = await world.vault.seal(someone, "name", "r1", CANARY)
    other = await world.another()
    assert await other.open(someone, "name", "r1", sealed) == CANARY
    await other.stop()


async def test_a_key_is_made_once_however_often_and_by_whomever(world: World) -> None:
    someone = uuid4()
    other = await world.another()
    await asyncio.gather(*(vault.create(someone) for vault in (world.vault, other) * 10))
    sealed = await world.vault.seal(someone, "name", "r1", "x")
    assert await other.open(someone, "name", "r1", sealed) == "x"
    assert (await world.rows("select count(*) from vault.keys"))[0][0] == 1
    await other.stop()


async def test_a_ciphertext_of_another_place_does_not_open(world: World) -> None:
    someone, another = await person(world), await person(world)
    sealed = await world.vault.seal(someone, "name", "r1", CANARY)
    for place in ((another, "name", "r1"), (someone, "birth", "r1"), (someone, "name", "r2")):
        with pytest.raises(CannotOpen):
            await world.vault.open(*place, sealed)


async def test_any_changed_character_of_a_ciphertext_is_refused(world: World) -> None:
    someone = await person(world)
    sealed = await world.vault.seal(someone, "name", "r1", "x")
    alphabet = set(string.ascii_letters + string.digits + "-_")
    for at, old in enumerate(sealed):
        others = alphabet if at == len(sealed) - 1 else {"A", "B", "_", "!"}
        for new in others - {old}:
            with pytest.raises(CannotOpen):
                await world.vault.open(someone, "name", "r1", sealed[:at] + new + sealed[at + 1 :])


@pytest.mark.parametrize(
    "sealed", ["", "v1.", "v1.AAAA", "v2." + "A" * 80, "v1." + "A" * 10_000, "x", "v1.é" + "A" * 80]
)
async def test_what_was_never_sealed_is_refused(world: World, sealed: str) -> None:
    with pytest.raises(CannotOpen):
        await world.vault.open(await person(world), "name", "r1", sealed)


async def test_a_destroyed_key_opens_and_seals_nothing_and_is_never_made_again(world: World) -> None:
    someone = await person(world)
    sealed = await world.vault.seal(someone, "name", "r1", CANARY)
    erasure = await erase(world.vault, someone)
    assert erasure.epoch == "2026-11"
    assert (await world.rows("select wrapped, destroyed_at from vault.keys"))[0]["wrapped"] is None
    for attempt in (
        lambda: world.vault.open(someone, "name", "r1", sealed),
        lambda: world.vault.seal(someone, "name", "r1", "x"),
        lambda: world.vault.create(someone),
    ):
        with pytest.raises(KeyDestroyed):
            await attempt()
    assert await world.vault.destroy(someone) == erasure


async def test_no_key_is_destroyed_over_what_another_service_has_sealed(world: World) -> None:
    someone = uuid4()
    consent, again = await world.another("consent"), await world.another("consent")
    await world.vault.create(someone)
    await world.vault.seal(someone, "prs_FirstName", "r", CANARY)
    sealed = await consent.seal(someone, "consent.witness", "r", CANARY)
    returns = await world.another("returns")
    for vault in (world.vault, returns):
        with pytest.raises(KeyHeld):
            await erase(vault, someone)
    assert await again.open(someone, "consent.witness", "r", sealed) == CANARY
    await consent.release(someone)
    assert (await world.vault.destroy(someone)).epoch == "2026-11"
    for vault in (consent, again, returns):
        await vault.stop()


async def test_no_key_is_destroyed_over_a_record_of_the_service_that_asks(world: World) -> None:
    someone, received, note = await person(world), uuid4(), uuid4()
    await world.vault.seal(someone, "prs_FirstName", received, CANARY)
    sealed = await world.vault.seal(someone, "screening.answers", note, CANARY)
    await world.vault.release(someone, [received])
    with pytest.raises(KeyHeld):
        await world.vault.destroy(someone)
    assert await world.vault.open(someone, "screening.answers", note, sealed) == CANARY
    await world.vault.release(someone, [note])
    assert (await world.vault.destroy(someone)).epoch == "2026-11"


async def test_the_register_says_how_many_records_there_are_and_neither_which_nor_of_what_kind(
    world: World,
) -> None:
    someone, record = await person(world), uuid4()
    await world.vault.seal_many([(someone, name, record, CANARY) for name in ("prs_FirstName", "case.flags")])
    await world.vault.seal(someone, "screening.answers", "r2", CANARY)
    rows = await world.rows("select * from vault.holds")
    assert [row["holder"] for row in rows] == ["intake", "intake"]
    said = str([tuple(row) for row in rows])
    assert not [one for one in (str(record), "prs_FirstName", "case.flags", "screening", "r2") if one in said]


async def test_a_role_that_does_not_erase_can_destroy_no_key(world: World) -> None:
    someone = await person(world)
    await migrate_vault(world.owner_url, [Caller(role(world.app_url), "intake")])
    with pytest.raises(VaultUnavailable):
        await world.vault.destroy(someone)
    assert (await world.rows("select wrapped is not null as there from vault.keys"))[0]["there"]
    await world.vault.seal(someone, "name", "r1", "x")
    await world.vault.release(someone)


async def test_a_role_that_destroys_its_own_keys_destroys_nobody_elses(world: World, postgres: Any) -> None:
    """Whoever takes over the reader of files can erase no person with it."""
    someone, file = await person(world), uuid4()
    reader, url = await world.another_role(postgres)
    await migrate_vault(
        world.owner_url, [*callers(role(world.app_url)), Caller(role(url), "interchange", "own")]
    )
    await reader.create(file)
    with pytest.raises(VaultUnavailable):
        await reader.destroy(someone)
    with pytest.raises(VaultUnavailable):
        await reader.destroy(uuid4())
    assert (await reader.destroy(file)).epoch == "2026-11"
    sealed = await world.vault.seal(someone, "name", "r1", CANARY)
    assert await world.vault.open(someone, "name", "r1", sealed) == CANARY
    await reader.stop()


async def test_a_service_releases_its_own_records_alone(world: World) -> None:
    someone = await person(world)
    await world.vault.seal(someone, "name", "r1", CANARY)
    await migrate_vault(world.owner_url, [Caller(role(world.app_url), "exchange", "any")])
    with pytest.raises(VaultUnavailable):
        await world.vault.release(someone)
    with pytest.raises(KeyHeld):
        await world.vault.destroy(someone)


async def test_reading_holds_nothing_and_what_is_kept_for_another_service_is_that_services(
    world: World,
) -> None:
    someone = uuid4()
    exchange = await world.another("exchange")
    await world.vault.create(someone)
    (sealed,) = await exchange.seal_many([(someone, "prs_FirstName", "r", CANARY)], holder="intake")
    assert await exchange.open(someone, "prs_FirstName", "r", sealed) == CANARY
    await exchange.release(someone)
    with pytest.raises(KeyHeld):
        await world.vault.destroy(someone)
    assert (await erase(world.vault, someone)).epoch == "2026-11"
    await exchange.stop()


async def test_sealing_and_destroying_at_once_lose_nothing_of_each_other(world: World) -> None:
    """Either the destruction finds the record in the register, or whoever seals finds the key destroyed."""
    for _ in range(40):
        someone = uuid4()
        await world.vault.create(someone)
        consent = await world.another("consent")
        sealed, destroyed = await asyncio.gather(
            consent.seal(someone, "consent.witness", "r", CANARY),
            world.vault.destroy(someone),
            return_exceptions=True,
        )
        assert isinstance(sealed, KeyDestroyed) is not isinstance(destroyed, KeyHeld)
        if isinstance(sealed, str):
            consent.forget(someone)
            assert await consent.open(someone, "consent.witness", "r", sealed) == CANARY
        await consent.stop()


async def test_a_record_that_is_in_the_register_costs_no_further_query(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone, asked = uuid4(), []
    await world.vault.create(someone)
    called = world.vault._call

    async def counted(query: str, *values: Any) -> Any:
        asked.append(query)
        return await called(query, *values)

    monkeypatch.setattr(world.vault, "_call", counted)
    for name in ("prs_FirstName", "prs_SecondName", "cor_Needs"):
        await world.vault.seal(someone, name, "r", CANARY)
        await world.vault.open_many([])
    assert len(asked) == 1


async def test_a_person_destroyed_before_their_key_was_made_stays_destroyed(world: World) -> None:
    someone = uuid4()
    await world.vault.destroy(someone)
    with pytest.raises(KeyDestroyed):
        await world.vault.create(someone)


async def test_another_process_forgets_a_destroyed_key_within_sixty_seconds_or_when_told(
    world: World,
) -> None:
    someone, told = await person(world), await person(world)
    sealed = [await world.vault.seal(who, "name", "r1", "x") for who in (someone, told)]
    other = await world.another()
    assert await other.open_many([(someone, "name", "r1", sealed[0]), (told, "name", "r1", sealed[1])]) == [
        "x",
        "x",
    ]
    for who in (someone, told):
        await erase(world.vault, who)
    other.forget(told)
    world.at = 59.9
    assert await other.open(someone, "name", "r1", sealed[0]) == "x"
    with pytest.raises(KeyDestroyed):
        await other.open(told, "name", "r1", sealed[1])
    world.at = 60.0
    with pytest.raises(KeyDestroyed):
        await other.open(someone, "name", "r1", sealed[0])
    await other.stop()


async def test_many_are_sealed_and_opened_in_order_by_one_query(world: World) -> None:
    people = [uuid4() for _ in range(50)]
    await world.vault.create_many(people)
    world.vault._opened.clear()
    asked: list[str] = []
    fetch = world.vault._call

    async def counting(query: str, *values: Any) -> Any:
        asked.append(query)
        return await fetch(query, *values)

    world.vault._call = counting
    sealed = await world.vault.seal_many(
        [Sealing(who, "name", f"r{i}", str(i)) for i, who in enumerate(people)]
    )
    await erase(world.vault, people[3])
    opened = await world.vault.open_many([(who, "name", f"r{i}", sealed[i]) for i, who in enumerate(people)])
    assert opened == [None if i == 3 else str(i) for i in range(50)]
    assert len([query for query in asked if "_keys($1" in query]) == 2  # all; then the destroyed one again


async def test_without_a_key_nothing_is_sealed(world: World) -> None:
    with pytest.raises(KeyUnknown):
        await world.vault.seal(uuid4(), "name", "r1", "x")


async def test_a_services_role_calls_functions_and_touches_no_table(world: World) -> None:
    await person(world)
    connection = await asyncpg.connect(world.app_url.replace("+asyncpg", ""))
    statements = (
        "select * from vault.keys",
        "update vault.keys set wrapped = null",
        "delete from vault.keys",
        "insert into vault.keys values (gen_random_uuid(), '\\x00', 'e')",
        "create table vault.mine (x int)",
        "select * from vault.living_keys('2026-11', 1)",
        "select vault.rewrap_keys('{}', '{}', '2026-11', '2026-12')",
        "create or replace function vault.read_keys(persons uuid[]) returns int language sql as 'select 1'",
    )
    for statement in statements:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    assert await connection.fetch("select * from vault.read_keys('{}')") == []
    await connection.close()


async def test_a_role_that_was_not_named_calls_nothing(world: World, postgres: Any) -> None:
    connection = await asyncpg.connect(world.owner_url.replace("+asyncpg", ""))
    stranger = role((await postgres.create_database("other"))[1])
    granted = await connection.fetch(
        "select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " where n.nspname = 'vault' and has_function_privilege($1, p.oid, 'execute')",
        stranger,
    )
    await connection.close()
    assert granted == []


async def test_the_migration_runs_again_and_again_and_twice_at_once(world: World) -> None:
    someone = await person(world)
    sealed = await world.vault.seal(someone, "name", "r1", "x")
    await asyncio.gather(*(migrate_vault(world.owner_url, callers(role(world.app_url))) for _ in range(3)))
    world.vault.forget(someone)
    assert await world.vault.open(someone, "name", "r1", sealed) == "x"


async def test_a_new_epoch_wraps_new_keys_and_an_old_one_destroyed_loses_what_it_wrapped(
    world: World,
) -> None:
    old = await person(world)
    sealed = await world.vault.seal(old, "name", "r1", "x")
    world.epochs("2026-12", "2026-11", "2026-12")
    december = await world.another()
    new = uuid4()
    await december.create(new)
    assert await december.open(old, "name", "r1", sealed) == "x"
    rows = await world.rows("select epoch from vault.keys where person_id = $1", new)
    assert rows[0]["epoch"] == "2026-12"
    world.epochs("2026-12", "2026-12")
    january = await world.another()
    with pytest.raises(CannotOpen):
        await january.open(old, "name", "r1", sealed)
    await december.stop()
    await january.stop()


async def test_at_the_end_of_an_epoch_living_keys_are_wrapped_anew_and_destroyed_ones_are_gone(
    world: World,
) -> None:
    living, erased = await person(world), await person(world)
    sealed = await world.vault.seal(living, "name", "r1", "x")
    await erase(world.vault, erased)
    keys = FileKeys(world.epochs("2026-12", "2026-11", "2026-12"), "development")
    assert await end_epoch(world.owner_url, keys, "2026-11") == EndedEpoch(1, 1)
    assert await end_epoch(world.owner_url, keys, "2026-11") == EndedEpoch(0, 1)
    world.epochs("2026-12", "2026-12")
    december = await world.another()
    assert await december.open(living, "name", "r1", sealed) == "x"
    with pytest.raises(KeyDestroyed):
        await december.seal(erased, "name", "r1", "x")
    await december.stop()
    with pytest.raises(ValueError):
        await end_epoch(world.owner_url, keys, "2026-12")


async def test_a_wrapped_key_moved_to_another_person_or_epoch_does_not_open(world: World) -> None:
    world.epochs("2026-11", "2026-11", "2026-12")
    someone, another = await person(world), await person(world)
    wrapped = "(select wrapped from vault.keys where person_id = $2)"
    moves = (
        (f"update vault.keys set wrapped = {wrapped} where person_id = $1", [another, someone]),
        ("update vault.keys set epoch = '2026-12' where person_id = $1", [someone]),
    )
    for statement, values in moves:
        await world.rows(statement, *values)
        world.vault._opened.clear()
        with pytest.raises(CannotOpen):
            await world.vault.seal(values[0], "name", "r1", "x")


async def test_a_vault_that_is_away_says_try_again_and_no_more(world: World) -> None:
    world.app_url = "postgresql+asyncpg://nobody:canary@127.0.0.1:1/vault"
    away = await world.another()
    with pytest.raises(VaultUnavailable) as caught:
        await away.create(uuid4())
    assert "canary" not in "".join(traceback.format_exception(caught.value))
    await away.stop()


async def test_a_vault_that_was_not_started_says_so(world: World) -> None:
    other = await world.another()
    await other.stop()
    with pytest.raises(VaultUnavailable):
        await other.create(uuid4())


async def test_no_error_tells_what_was_sealed(world: World) -> None:
    someone = await person(world)
    sealed = await world.vault.seal(someone, "name", "r1", CANARY)
    with pytest.raises(CannotOpen) as moved:
        await world.vault.open(someone, "name", "r2", sealed)
    with pytest.raises(ValueError) as named:
        await world.vault.seal(someone, CANARY, "r1", "x")
    for error in (moved.value, named.value):
        text = "".join(traceback.format_exception(error))
        assert CANARY not in text
        assert sealed not in text
        assert str(someone) not in text


async def test_the_database_holds_no_plaintext_and_no_key_in_the_clear(world: World) -> None:
    someone = await person(world)
    await world.vault.seal(someone, "name", "r1", CANARY)
    key = world.vault._opened[someone][1]
    wrapped = (await world.rows("select wrapped from vault.keys"))[0]["wrapped"]
    assert key not in wrapped
    assert len(wrapped) == 12 + 32 + 16


def test_wrapping_keys_in_a_file_are_refused_in_production(tmp_path: Path) -> None:
    with pytest.raises(FileKeysRefused):
        FileKeys(tmp_path / "epochs.json", "production")


def test_a_wrapping_key_has_32_bytes_and_the_current_epoch_has_one(tmp_path: Path) -> None:
    path = tmp_path / "epochs.json"
    path.write_text(json.dumps({"current": "a", "keys": {"a": base64.b64encode(b"short").decode()}}))
    with pytest.raises(ValueError):
        FileKeys(path, "development")
    path.write_text(json.dumps({"current": "b", "keys": {"a": base64.b64encode(urandom(32)).decode()}}))
    with pytest.raises(EpochKeyMissing):
        FileKeys(path, "development")


@given(st.text())
def test_every_text_comes_back_and_the_length_tells_only_blocks(text: str) -> None:
    key, place = ciphertext.new_key(), ciphertext.place(uuid4(), "name", "r1")
    sealed = ciphertext.seal(key, place, text)
    assert ciphertext.open_(key, place, sealed) == text
    raw = base64.urlsafe_b64decode(sealed[3:] + "=" * (-len(sealed[3:]) % 4))
    assert (len(raw) - 12 - 16) % ciphertext.BLOCK == 0


def test_short_codes_have_one_length_and_never_the_same_ciphertext() -> None:
    key, place = ciphertext.new_key(), ciphertext.place(uuid4(), "status", "r1")
    sealed = [ciphertext.seal(key, place, code) for code in ("", "yes", "no", "confirmed", "presumed", "no")]
    assert len({len(text) for text in sealed}) == 1
    assert len(set(sealed)) == 6
