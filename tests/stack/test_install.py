"""The installation of the packages says how far it is, and why it failed, in one sentence."""

import time

from deploy.install import Installation, install

PIP = [
    "Collecting aiokafka==0.14.0 (from -r requirements.lock (line 1))\n",
    "  Downloading aiokafka-0.14.0.whl (1.2 MB)\n",
    "Collecting asyncpg==0.30.0 (from -r requirements.lock (line 9))\n",
    "Installing collected packages: aiokafka, asyncpg\n",
]


def test_it_says_how_far_it_is_also_while_pip_is_silent():
    said, state = [], Installation(140)

    def slowly():
        for line in PIP:
            yield line
            time.sleep(0.2)

    install(slowly(), state, said.append, every=0.05)
    stands = list(dict.fromkeys(line.partition(" s  ")[2] for line in said))
    assert stands == [
        "fetching packages: 1 of 140 aiokafka",
        "fetching packages: 2 of 140 asyncpg",
        "all 140 packages are here; unpacking them",
    ]


def test_without_a_network_one_sentence_says_so_and_not_that_there_is_no_such_package():
    state = Installation(140)
    state.hear(
        "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError(...)': /simple/aiokafka/\n"
    )
    state.hear("ERROR: No matching distribution found for aiokafka==0.14.0\n")
    assert state.failure.startswith("The packages could not be fetched: the package index does not answer. ")


def test_another_failure_is_told_in_pips_words():
    state = Installation(140)
    state.hear("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n")
    assert (
        state.failure == "The packages could not be installed. ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"
    )
