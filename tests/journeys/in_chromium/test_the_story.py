"""In Chromium, without a single call by hand: the whole story of the demo, in three ways."""

import pytest

from corridor.sign_in import address
from tests.chromium import headless
from tests.journeys.in_chromium.desks import Phone, WithoutScripts
from tests.journeys.in_chromium.keyboard import Keyboard
from tests.journeys.in_chromium.story import Tale


@pytest.fixture
async def chromium():
    async with headless() as browser:
        yield browser


@pytest.mark.parametrize(
    ("way", "name"),
    [(WithoutScripts, "Bopha"), (Keyboard, "Chantrea"), (Phone, "Kunthea")],
    ids=["by mouse without javascript", "by keyboard alone", "in thai and khmer on a telephone"],
)
async def test_the_whole_story_is_lived_in_two_countries(stack, chromium, way, name):
    places = {person: address(person[:2].upper(), stack.state).base_url for person in Tale.PEOPLE}
    desks = [await way.of(chromium, person, place) for person, place in places.items()]
    await Tale(name, *desks).told()
    assert {desk.person: desk.strayed for desk in desks if desk.strayed} == {}
