"""A browser for all tests, a server for all tests, a fresh page for each."""

import os
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from server import Server
from user import User

# A small model answers in milliseconds; the first run of the network and the first reading of all vocabularies do not.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def server():
    """FCCLIP_PAGE_URL: a server that runs already; else FCCLIP_SERVE is the command that starts one."""
    if url := os.environ.get("FCCLIP_PAGE_URL"):
        yield type("Running", (), {"url": url.rstrip("/") + "/", "command": None})()
        return
    server = Server(os.environ["FCCLIP_SERVE"])
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def browser():
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert chromium, "chromium is missing: apt install chromium, or name one by CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
        )
        yield browser
        browser.close()


@pytest.fixture
def new_user(server, browser):
    """Makes people with a page of their own; in the end none may have met an error of the page itself."""
    users = []

    def make(**settings):
        settings.setdefault("viewport", {"width": 1280, "height": 860})
        users.append(User(browser.new_context(accept_downloads=True, **settings), server.url))
        return users[-1]

    yield make
    for user in users:
        user.context.close()
        assert not user.faults, user.faults


@pytest.fixture
def user(new_user):
    """Somebody who has opened the page and sees the example."""
    return new_user().opens()
