"""The seed without a stack: whose life has which number, what is remembered of it, and what is said where nothing is up."""

from collections import Counter

from corridor.seed.journal import Journal
from corridor.seed.kinds import KINDS, kind_of
from tests.journeys.test_command import corridor


def test_the_first_forty_lives_are_one_of_each_kind():
    assert [kind_of(1, number) for number in range(1, 41)] == list(KINDS)


def test_a_life_does_not_depend_on_how_many_others_there_are_and_another_seed_has_others():
    one, again, other = [[kind_of(seed, n).share for n in range(41, 200)] for seed in (1, 1, 2)]
    assert one == again != other


def test_among_many_no_kind_is_more_than_a_tenth():
    many = Counter(id(kind_of(1, number)) for number in range(1, 2001))
    assert max(many.values()) <= 200


def test_a_step_is_remembered_and_a_line_that_was_cut_off_counts_for_nothing(tmp_path):
    file = tmp_path / "seed-1.jsonl"
    first = Journal(file)
    first.write(1, 1, "a")
    first.close()
    file.write_text(file.read_text() + '[1, 2, "hal', encoding="utf-8")
    second = Journal(file)
    second.write(1, 3, "c")
    second.close()
    third = Journal(file)
    assert [third.said(1, step) for step in (1, 2, 3)] == ["a", None, "c"]


def test_without_a_stack_it_is_said_how_to_start_one(tmp_path):
    tried = corridor(tmp_path / "state", "seed", "--cases", "1")
    assert tried.returncode == 1
    assert "start it with: corridor up" in " ".join(tried.stdout.split())
    assert "Traceback" not in tried.stdout + tried.stderr
