"""A port that somebody else has taken is named, with who has it and what to do, within seconds."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.local.ports import PortTakenError, free_port, kept_ports, require_free

ROOT = Path(__file__).parents[2]


def test_a_port_that_is_taken_is_named_with_its_holder_and_what_to_do(tmp_path):
    file = tmp_path / "ports.json"
    ports = kept_ports(file, ("front",))
    with socket.create_server(("127.0.0.1", ports["front"])):
        began = time.monotonic()
        with pytest.raises(PortTakenError) as refused:
            require_free({"TH's front": ports["front"]}, file)
        assert time.monotonic() - began < 10
    said = str(refused.value)
    assert said.startswith(f"port {ports['front']}, which TH's front has here, is taken by ")
    assert f"(process {os.getpid()})" in said
    assert f"remove {file}" in said


def test_ports_that_are_free_or_were_only_just_closed_are_taken(tmp_path):
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as server, socket.create_connection(("127.0.0.1", port)):
        server.accept()[0].close()  # which leaves the connection waiting for its end
    require_free({"front": port}, tmp_path / "ports.json")


def test_no_port_is_given_twice_however_many_stacks_choose_at_once() -> None:
    draw = "from deploy.local.ports import free_port; print(*(free_port() for _ in range(400)))"
    choosing = [
        subprocess.Popen([sys.executable, "-c", draw], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    given = [port for one in choosing for port in one.communicate()[0].split()]
    assert len(given) == len(set(given)) == 1_600
