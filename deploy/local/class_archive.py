"""`python -m deploy.local.class_archive JAVA JARS`: Kafka's classes as a JVM maps them into memory, made once for all brokers of this machine.

A broker that uses it comes up with half of the CPU and shares what it maps with the others. It is never needed: a broker that starts
without it notes the classes that it loads, and once it is up the archive is made of those, in the background.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from filelock import FileLock, Timeout

ROOT = Path(__file__).resolve().parents[2]
NOTED = "classes.list"
SHARED = ("-XX:+IgnoreUnrecognizedVMOptions", "-XX:+UnlockDiagnosticVMOptions", "-XX:ArchiveRelocationMode=0")
"""At another address than that for which it was made a JVM rewrites the whole archive, and shares nothing of it."""


class ClassArchive:
    """The archive of one Java and one folder of jars; another Java or jar has another archive."""

    def __init__(self, java: str, jars: Path) -> None:
        self._java, self._jars = java, jars
        parts = [
            (str(one), one.stat().st_size, one.stat().st_mtime_ns)
            for one in (Path(java).resolve(), *jars.iterdir())
        ]
        self.file = jars.parent / f"classes-{hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}.jsa"

    def options(self, directory: Path) -> tuple[str, ...]:
        """The options of a broker with this directory: to use the archive, or to note what it loads; none where this Java can make none."""
        if not self.file.exists():
            return (f"-XX:DumpLoadedClassList={directory / NOTED}",)
        return (*SHARED, f"-XX:SharedArchiveFile={self.file}") if self.file.stat().st_size else ()

    def make_beside(self, directory: Path) -> None:
        """Begin to make the archive of what a broker has noted, in a process that nobody waits for."""
        noted = directory / NOTED
        if noted.exists() and not self.file.exists():
            with noted.open("rb") as classes:
                subprocess.Popen(
                    [sys.executable, "-m", "deploy.local.class_archive", self._java, str(self._jars)], cwd=ROOT,
                    stdin=classes, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                )  # fmt: skip
        noted.unlink(missing_ok=True)

    def make(self, noted: bytes) -> None:
        """Make the archive, unless somebody else does at this moment. Where it cannot be made it is an empty file, so that nobody tries again."""
        partial = self.file.with_suffix(".partial")
        try:
            with FileLock(self.file.with_suffix(".lock"), timeout=0):
                if not self.file.exists():
                    partial.unlink(missing_ok=True)
                    if not self._dump(noted, partial):
                        partial.write_bytes(b"")
                    partial.replace(self.file)
        except Timeout:
            return

    def _dump(self, noted: bytes, file: Path) -> bool:
        command = [
            self._java,
            "-Xshare:dump",
            "-XX:SharedClassListFile=/dev/stdin",
            f"-XX:SharedArchiveFile={file}",
        ]
        whole = noted[: noted.rfind(b"\n") + 1]  # the broker may be in the middle of a line
        done = subprocess.run(
            [*command, "-cp", f"{self._jars}/*"], input=whole, capture_output=True, check=False
        )
        return done.returncode == 0 and file.exists()


if __name__ == "__main__":
    os.nice(10)
    ClassArchive(sys.argv[1], Path(sys.argv[2])).make(sys.stdin.buffer.read())
