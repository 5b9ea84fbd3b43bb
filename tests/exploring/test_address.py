"""A link may lead into the lesson of a page."""

import pytest

import tinygrad_bp as bp


@pytest.mark.parametrize(("fragment", "pressed"), [("", "false"), ("#learn", "true")])
def test_the_address_begins_the_lesson(visit, neuron, fragment, pressed):
    tab = visit(bp.explore(neuron))
    address = tab.url
    tab.goto("about:blank")
    tab.goto(address + fragment)
    assert tab.locator("#lesson").get_attribute("aria-pressed") == pressed
    assert tab.evaluate("scrollY") == 0
    tab.evaluate("location.hash = 'learn'")
    tab.wait_for_function("document.querySelector('#lesson').ariaPressed === 'true'")
