"""The committed checksums hold: a jar that is not the committed one never reaches a class path."""

import shutil
from pathlib import Path

import pytest

from deploy.local.jars import SUMS, VERSION, Jar, JarError, kafka_jars, read_sums, verify


def cached(directory: Path) -> Path:
    folder = directory / f"kafka-{VERSION}"
    shutil.copytree(kafka_jars(), folder)
    return folder


def test_the_cached_jars_are_the_committed_ones():
    assert {path.name for path in kafka_jars().glob("*.jar")} == {jar.filename for jar in read_sums()}


def test_a_changed_jar_is_refused_by_name(tmp_path):
    changed = cached(tmp_path) / f"kafka-clients-{VERSION}.jar"
    changed.write_bytes(changed.read_bytes() + b"\0")
    with pytest.raises(JarError, match=rf"kafka-clients-{VERSION}\.jar"):
        kafka_jars(tmp_path)


def test_a_jar_that_nobody_asked_for_is_refused(tmp_path):
    (cached(tmp_path) / "extra-1.0.jar").write_bytes(b"")
    with pytest.raises(JarError, match=r"extra-1\.0\.jar"):
        kafka_jars(tmp_path)


def test_a_missing_jar_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(JarError, match=r"a-1\.jar"):
        verify(tmp_path / "empty", (Jar("00", "group:a:1"),))


class NoNetwork:
    """What the Maven client does when nothing answers."""

    def __init__(self, **_: object) -> None: ...

    def project(self, *_: object) -> "NoNetwork":
        raise ConnectionError("Name or service not known")


def test_without_a_network_one_sentence_says_what_to_do_and_nothing_half_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr("jgo.maven.MavenContext", NoNetwork)
    said = []
    with pytest.raises(JarError) as failed:
        kafka_jars(tmp_path, say=said.append)
    assert str(failed.value).startswith("Kafka's jars could not be fetched (ConnectionError): ")
    assert str(failed.value).count("\n") == 0
    assert said[0].startswith("Kafka's jars: fetching ")
    assert not (tmp_path / f"kafka-{VERSION}").exists()


def test_a_download_says_how_far_it_is(tmp_path, monkeypatch):
    here = kafka_jars()

    class Neighbour:
        def __init__(self, **_: object) -> None: ...

        def project(self, _: str, artifact: str) -> "Neighbour":
            found = Neighbour()
            found.name = artifact
            return found

        def at_version(self, version: str) -> "Neighbour":
            self.name = f"{self.name}-{version}.jar"
            return self

        def artifact(self) -> "Neighbour":
            return self

        def resolve(self) -> Path:
            return here / self.name

    monkeypatch.setattr("jgo.maven.MavenContext", Neighbour)
    said = []
    kafka_jars(tmp_path, say=said.append)
    total = len(read_sums())
    assert said[0] == f"Kafka's jars: fetching {total} files, about 44 MB"
    assert [line.split(",")[0] for line in said[1:]] == [
        f"Kafka's jars: {n} of {total}" for n in range(1, total + 1)
    ]


def test_the_sums_name_no_address():
    assert "://" not in SUMS.read_text()
