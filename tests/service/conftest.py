"""One server for all tests that leave it as it was; the others start their own."""

import pytest
from support import MINI, PROGRAM, Server


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="also what takes minutes")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes minutes; runs with --long alone")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="takes minutes; --long runs it"))


@pytest.fixture(scope="session")
def server():
    assert PROGRAM.exists(), f"no program {PROGRAM}; set FCCLIP_PROGRAM"
    with Server("--model", f"mini={MINI}") as running:
        yield running
        assert running.alive(), f"the server died: {running.err.read_text()[-2000:]}"


@pytest.fixture
def start():
    """Starts servers of a test's own; they end with it."""
    running = []

    def one(*flags, model=MINI, **more):
        running.append(Server(*(("--model", f"mini={model}") if model else ()), *flags, **more))
        return running[-1]

    yield one
    for server in running:
        server.close()
