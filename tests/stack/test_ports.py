"""A port that somebody else has taken is named, with who has it and what to do, within seconds."""

import os
import socket
import time

import pytest

from deploy.local.ports import PortTakenError, free_port, kept_ports, require_free


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
