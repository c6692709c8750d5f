"""Fixtures: one JupyterLab and one browser page for all browser tests of a module."""

import shutil
from importlib.util import find_spec

import pytest

BROWSER = shutil.which("chromium") and find_spec("playwright")


def pytest_collection_modifyitems(items):
    "Browser tests need Chromium and Playwright."
    if BROWSER: return
    for item in items:
        if item.get_closest_marker("browser"): item.add_marker(pytest.mark.skip(reason="needs chromium and playwright"))


@pytest.fixture(scope="module")
def page_of_lab(tmp_path_factory):
    "A `lab.Tab` on a running JupyterLab; it ends with its module, since Playwright's event loop is in the way of other tests."
    from lab import Server, Tab, chromium
    server = Server(tmp_path_factory.mktemp("lab"))
    server.start()
    try:
        with chromium() as browser:
            yield Tab(browser, server)
    finally:
        server.stop()


@pytest.fixture
def tab(page_of_lab, request, tmp_path):
    "The page, with nothing open and no kernel. It asks nobody outside and throws nothing; of a test that fails, a screenshot is kept."
    page_of_lab.clear()
    failed = request.session.testsfailed
    yield page_of_lab
    if request.session.testsfailed > failed: print("screenshot:", page_of_lab.shot(tmp_path / "failed.png"))
    assert not page_of_lab.foreign(), "a request left the machine"
    assert not page_of_lab.errors, page_of_lab.errors
