"""`python -m tests.bench.whole.flame`: where the process of a cell spends a case, as flame graphs in docs/flames, here and at an earlier commit.

py-spy looks at the cell that sends while four clients play whole cases; width is the share of the looks at which Python was at work (somebody held the lock of the interpreter). Functions that had
less than a small share are left out, and nothing of the machine stands in the picture but the names of modules and functions.
"""

import argparse
import asyncio
import html
import itertools
import re
import signal
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from deploy.local.place import ROOT
from deploy.local.testing import Run
from tests.bench.whole.cells import Running, Tree, both_trees, running
from tests.bench.whole.turn import clients_of, play, rest, warm_up

PICTURES = ROOT / "docs" / "flames"
LOOKS_A_SECOND, CLIENTS, LEAST = "200", 4, 0.004
WIDTH, HEIGHT, LETTER = 1200, 15, 6.2
FRAME = re.compile(r"(?P<name>.+?) \((?P<file>[^()]*)\)")
HUES = {"services": 8, "chassis": 28, "contracts": 45, "asyncpg": 205, "sqlalchemy": 225, "aiokafka": 275}
"""The colour of our own parts and of the largest libraries; everything else is grey."""


@dataclass(slots=True)
class Frame:
    """A function called on this way, and the looks at which it, or what it called, was at work."""

    looks: int = 0
    called: dict[str, "Frame"] = field(default_factory=dict)

    def add(self, names: Iterable[str], looks: int) -> None:
        self.looks += looks
        at = self
        for name in names:
            at = at.called.setdefault(name, Frame())
            at.looks += looks


def named(frame: str) -> str:
    """`module: function`, without the folders of a machine."""
    found = FRAME.fullmatch(frame)
    if found is None:
        return Path(frame).name
    file = re.sub(r"^.*(site-packages|python3\.\d+)/", "", found["file"])
    file = re.sub(r"^.*/(?=(services|chassis|contracts|corridor|deploy)/)", "", file)
    module = re.sub(r"(\.py|\.so)?(:\d+)?$", "", file).strip("/").replace("/", ".")
    return f"{module}: {found['name']}"


def read(folded: str) -> Frame:
    """What py-spy wrote: a line for each way through the functions, and how often it was seen."""
    whole = Frame()
    for line in folded.splitlines():
        way, _, looks = line.rpartition(" ")
        whole.add((named(frame) for frame in way.split(";")), int(looks))
    return whole


def drawn(whole: Frame, title: str) -> str:
    """The picture; callers below, and above each what it called, the widest first."""
    boxes = list(_boxes(whole, 0, 0, whole.looks))
    height = (max((depth for depth, *_ in boxes), default=0) + 3) * HEIGHT
    body = "".join(_box(*one, whole.looks, height) for one in boxes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="10">'
        f"<style>rect{{stroke:#fff;stroke-width:.4}}</style>"
        f'<rect width="100%" height="100%" fill="#fff"/><text x="4" y="12" font-size="12">{html.escape(title)}</text>{body}</svg>\n'
    )


def _boxes(of: Frame, depth: int, left: int, total: int) -> Iterator[tuple[int, int, int, str]]:
    for name, frame in sorted(of.called.items(), key=lambda one: -one[1].looks):
        if frame.looks >= LEAST * total:
            yield depth, left, frame.looks, name
            yield from _boxes(frame, depth + 1, left, total)
        left += frame.looks


def _box(depth: int, left: int, looks: int, name: str, total: int, height: int) -> str:
    x, width = left / total * WIDTH, looks / total * WIDTH
    y = height - (depth + 1) * HEIGHT
    hue = HUES.get(name.partition(".")[0].partition(":")[0])
    fill = "#ddd" if hue is None else f"hsl({hue} 80% 75%)"
    text = html.escape(name.rpartition(": ")[2][: int(width / LETTER)])
    label = f'<text x="{x + 2:.1f}" y="{y + 11}">{text}</text>' if width > 3 * LETTER else ""
    shown = f"{html.escape(name)} {looks / total:.1%}"
    return f'<g><title>{shown}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{HEIGHT}" fill="{fill}"/>{label}</g>'


async def looked(cells: Running, cases: int, file: Path) -> Frame:
    """What the sending cell did while so many cases were played."""
    (pid,) = (pid for name, pid in cells.pids("TH").items() if name not in ("kafka", "postgres"))
    async with clients_of(cells, CLIENTS) as clients:
        numbers = itertools.count(1)
        await warm_up(cells, clients, numbers)
        spy = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("py-spy")), "record", "--pid", str(pid), "--format", "raw", "--function", "--gil",
            "--rate", LOOKS_A_SECOND, "--duration", "unlimited", "--output", str(file),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await play(clients, list(itertools.islice(numbers, cases)))
        await rest(cells)
        spy.send_signal(signal.SIGINT)
        await spy.wait()
    return read(file.read_text())


async def draw(tree: Tree, name: str, cases: int) -> None:
    async with running(tree) as cells:
        whole = await looked(cells, cases, tree.state.with_suffix(".folded"))
    PICTURES.mkdir(exist_ok=True)
    title = f"The sending cell's process in {cases} whole cases, {tree.name}: {whole.looks} looks at work"
    (PICTURES / f"{name}.svg").write_text(drawn(whole, title), encoding="utf-8")
    print(title, flush=True)


async def main(told: argparse.Namespace) -> int:
    run = Run.begin()
    try:
        with both_trees(run.directory) as (now, then):
            await draw(now, "case-now", told.cases)
            await draw(then, "case-earlier", told.cases)
    finally:
        run.end()
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.whole.flame", description=__doc__)
    parser.add_argument("--cases", type=int, default=100)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(parser.parse_args())))
