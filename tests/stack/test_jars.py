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


def test_the_sums_name_no_address():
    assert "://" not in SUMS.read_text()
