"""The archive of Kafka's classes: made once of what a broker has noted, used by all that start after it, and needed by none."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from filelock import FileLock

from deploy.local.class_archive import NOTED, SHARED, ClassArchive
from deploy.local.jars import java

DUMPS = '#!/bin/sh\nfor one; do case $one in -XX:SharedArchiveFile=*) cat > "${one#*=}";; esac; done\n'
REFUSES = "#!/bin/sh\nexit 1\n"


@pytest.fixture
def jars(tmp_path) -> Path:
    folder = tmp_path / "cache" / "kafka"
    folder.mkdir(parents=True)
    (folder / "one.jar").write_bytes(b"jar")
    return folder


def program(place: Path, text: str) -> str:
    place.write_text(text)
    place.chmod(0o755)
    return str(place)


def test_a_broker_notes_its_classes_and_the_next_one_uses_the_archive_made_of_them(tmp_path, jars):
    archive = ClassArchive(program(tmp_path / "java", DUMPS), jars)
    assert archive.options(tmp_path) == (f"-XX:DumpLoadedClassList={tmp_path / NOTED}",)
    (tmp_path / NOTED).write_text("java/lang/Object\nhalf/a/li")
    archive.make_beside(tmp_path)
    while not archive.file.exists():
        time.sleep(0.02)
    assert archive.file.read_text() == "java/lang/Object\n"
    assert archive.options(tmp_path) == (*SHARED, f"-XX:SharedArchiveFile={archive.file}")
    assert not (tmp_path / NOTED).exists()


def test_a_java_takes_the_archive_that_it_has_made(jars):
    archive = ClassArchive(java(), jars)
    archive.make(b"java/lang/Object\njava/lang/String\n")
    used = [java(), "-Xshare:on", *archive.options(jars), "-version"]
    assert subprocess.run(used, capture_output=True, check=False).returncode == 0


def test_where_java_makes_none_brokers_start_without_and_nobody_tries_again(tmp_path, jars):
    archive = ClassArchive(program(tmp_path / "java", REFUSES), jars)
    archive.make(b"java/lang/Object\n")
    assert archive.options(tmp_path) == ()


def test_while_somebody_makes_it_nobody_else_does(tmp_path, jars):
    archive = ClassArchive(program(tmp_path / "java", DUMPS), jars)
    with FileLock(archive.file.with_suffix(".lock")):
        archive.make(b"java/lang/Object\n")
    assert not archive.file.exists()


def test_what_was_left_half_made_is_made_anew(tmp_path, jars):
    archive = ClassArchive(program(tmp_path / "java", DUMPS), jars)
    archive.file.with_suffix(".partial").write_bytes(b"half")
    archive.make(b"java/lang/Object\n")
    assert archive.file.read_text() == "java/lang/Object\n"


def test_another_java_or_another_jar_has_another_archive(tmp_path, jars):
    one, other = program(tmp_path / "java", DUMPS), program(tmp_path / "java-25", REFUSES)
    before = ClassArchive(one, jars).file
    assert ClassArchive(other, jars).file != before
    os.utime(jars / "one.jar", (1, 1))
    assert ClassArchive(one, jars).file != before
