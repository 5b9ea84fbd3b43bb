"""A real browser, Debian's Chromium, which is allowed to open one file and nothing else."""

import os
import shutil

import numpy as np
import pytest

import tinygrad_bp as bp

MISSING = "Chromium is not installed: apt-get install chromium"


@pytest.fixture(scope="session")
def chromium():
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if path is None:
        assert not os.environ.get("CI"), MISSING
        pytest.skip(MISSING)
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright

    sandbox = [] if getattr(os, "geteuid", lambda: 1)() else ["--no-sandbox"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=sandbox)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, tmp_path):
    """Open a page in a browser of its own; nothing that it asks for or complains about is fine."""
    contexts, refused, complaints = [], [], []

    def guarded(route):
        if route.request.url == (tmp_path / "page.html").as_uri():
            return route.continue_()
        refused.append(route.request.url)
        return route.abort()

    def open_page(page, **options):
        (tmp_path / "page.html").write_text(page.html, encoding="utf-8")
        settings = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}
        context = chromium.new_context(**{**settings, **options})
        contexts.append(context)
        context.set_default_timeout(60_000)  # a busy machine is no error
        context.route("**/*", guarded)
        tab = context.new_page()
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("dialog", lambda dialog: (complaints.append("dialog"), dialog.dismiss()))
        tab.goto((tmp_path / "page.html").as_uri())
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert refused == []
    assert complaints == []


@pytest.fixture(scope="session")
def net():
    """The loss of the 7-6-5-2 net."""
    return named_net()


@pytest.fixture(scope="session")
def wrong_comparison():
    params = bp.net7652.initial_parameters()
    wrong = bp.net7652.manual_gradients(params, order="update-then-propagate")
    return bp.compare(bp.net7652.loss, params, wrong)


@pytest.fixture(scope="session")
def net_page(net, wrong_comparison):
    return bp.explore(net, comparison=wrong_comparison, title="The 7-6-5-2 net")


@pytest.fixture
def neuron():
    x, w, b = bp.Value(2.0, name="x"), bp.Value(-3.0, name="w"), bp.Value(6.5, name="b")
    return bp.named(np.tanh(w * x + b) * x, "y")


def named_net():
    params = {name: bp.Value(a, name=name) for name, a in bp.net7652.initial_parameters().items()}
    x = bp.Value(bp.net7652.SAMPLE, name="x", requires_grad=False)
    t = bp.Value(bp.net7652.TARGET, name="t", requires_grad=False)
    return bp.net7652.loss(params, x, t)


@pytest.fixture(scope="session")
def tab(chromium):
    """One tab for all graphs."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, offline=True)
    context.set_default_timeout(60_000)
    tab = context.new_page()
    complaints = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda message: complaints.append(message.text))
    yield tab
    context.close()
    assert complaints == []


def open_page(tab, folder, page):
    (folder / "page.html").write_text(page.html, encoding="utf-8")
    tab.goto((folder / "page.html").as_uri())


def edit(tab, name, entry, text):
    """Change a number as a reader does: click it, type, leave."""
    tab.evaluate("go(0)")
    node = tab.evaluate("(name) => nodes.findIndex((node) => node.name === name)", name)
    tab.locator(f'figure.editable[data-of="{node}"] [data-entry="{entry}"]').click()
    tab.locator("#entry").fill(text)
    tab.locator("#done").click()
