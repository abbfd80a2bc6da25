"""Beginning, ending, dying, and disks that are full."""

import concurrent.futures
import os
import random
import signal
import subprocess
import time
import uuid

import pytest
from load_test import slow_post, state
from support import MINI, PROGRAM, WORDS, Server, command_line, environment, exactly, wait_for


def test_draining(start):
    server = start("--threads", 1)
    one = uuid.uuid4().hex
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(slow_post, server, None, one)
        assert wait_for(lambda: state(server, one) == {"state": "running"})
        server.signal()
        assert wait_for(lambda: server.get("/readyz").status_code == 503, 1)
        assert server.get("/healthz").status_code == 200
        refused = server.segment(words=WORDS)
        assert refused.status_code == 503 and refused.json()["code"] == "unavailable"
        assert running.result()[0].status_code == 200
    assert server.wait(10) == 0


def test_ending_without_work(start):
    server = start()
    server.signal()
    assert server.wait(5) == 0


def test_a_second_signal_stops(start):
    server = start("--threads", 1)
    one = uuid.uuid4().hex
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(slow_post, server, None, one)
        assert wait_for(lambda: state(server, one) == {"state": "running"})
        server.signal()
        time.sleep(0.2)
        server.signal()
        begun = time.monotonic()
        server.wait(10)
        assert time.monotonic() - begun < 1.5
        assert running.exception() is not None or running.result()[0].status_code >= 500


def test_killed_during_work(tmp_path):
    """At once ready again, and the cache of text features whole, however often it is cut off."""
    home, cache = tmp_path / "home", tmp_path / "cache"
    home.mkdir()
    chance = random.Random(7)
    for round_number in range(5):
        words = ", ".join(f"word {round_number} {i}" for i in range(300))
        begun = time.monotonic()
        with Server("--model", f"mini={MINI}", "--cache-folder", cache, home=home) as server:
            assert time.monotonic() - begun < 10
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                asked = pool.submit(server.segment, words=f"{WORDS}, {words}")
                time.sleep(chance.uniform(0.02, 0.5))
                server.signal(signal.SIGKILL)
                server.wait()
                asked.exception()
    expected, _ = command_line(tmp_path / "a", words=f"{WORDS}, {words}")
    cached, _ = command_line(tmp_path / "b", words=f"{WORDS}, {words}", cache=cache)
    assert cached == expected
    with Server("--model", f"mini={MINI}", "--cache-folder", cache, home=home) as server:
        assert exactly(server.segment(words=f"{WORDS}, {words}").text) == expected


@pytest.fixture
def full_disk(tmp_path):
    place = tmp_path / "full"
    place.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place]).returncode:
        pytest.skip("a small disk needs root and the right to mount")
    try:
        with open(place / "filler", "wb", buffering=0) as filler:
            for size in (4096, 1):
                try:
                    while filler.write(bytes(size)):
                        pass
                except OSError:
                    pass
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_full_disk(start, full_disk, tmp_path):
    server = start("--cache-folder", full_disk)
    words = f"{WORDS}, zyzzyva"  # whose text features do not ship with the model
    expected, _ = command_line(tmp_path / "out", words=words)
    for _ in range(2):
        assert exactly(server.segment(words=words).text) == expected
    assert server.alive()
    server.signal()
    assert server.wait(10) == 0


def test_no_cache_writes_nothing(start):
    server = start("--no-cache")
    assert server.segment(words=WORDS).status_code == 200
    assert sorted(path.name for path in server.home.rglob("*")) == ["stderr", "stdout"]


def test_pictures_and_words_stay_off_the_disk(start):
    server = start()
    assert server.segment(words="a very particular zyzzyva").status_code == 200
    kept = server.image()
    server.post(f"/v1/images/{kept}/segments", json={"words": "a very particular zyzzyva"})
    written = {path.relative_to(server.home): path.read_bytes() for path in server.home.rglob("*") if path.is_file()}
    assert not [path for path, data in written.items() if b"PNG" in data or b"JFIF" in data]
    # The cache of text features names the words it has, and nothing else does.
    assert {path.parts[:2] for path, data in written.items() if b"zyzzyva" in data} == {("fcclip", "text")}


def test_several_models(start, tmp_path):
    tiny = tmp_path / "tiny.safetensors"
    subprocess.run([PROGRAM, "init", "--preset", "tiny", "-o", tiny], check=True, env=environment(tmp_path),
                   stdout=subprocess.DEVNULL)
    server = start("--model", f"a={MINI}", "--model", f"b={tiny}", model=None)
    assert [model["name"] for model in server.get("/v1/models").json()["models"]] == ["a", "b"]
    default, a, b = (server.segment(words=WORDS, **more) for more in ({}, {"model": "a"}, {"model": "b"}))
    assert default.text == a.text and b.status_code == 200 and b.text != a.text
    assert server.segment(words=WORDS, model="c").status_code in (404, 422)
    kept = server.image(model="b")
    assert server.get(f"/v1/images/{kept}").json()["model"] == "b"
    assert exactly(server.post(f"/v1/images/{kept}/segments", json={"words": WORDS}).text)["segments"] == \
        exactly(b.text)["segments"]


@pytest.mark.parametrize("flags", [["--listen", "nonsense"], ["--queue", "-1"], ["--store", "many"], ["--log", "loud"],
                                   ["--model", "x=/nowhere.safetensors"], ["--port", "1"]])
def test_flags_that_make_no_sense(tmp_path, flags):
    finished = subprocess.run([PROGRAM, "serve", *flags], env=environment(tmp_path), capture_output=True, text=True,
                              timeout=60)
    assert finished.returncode in (1, 2) and finished.stdout == "" and "fcclip: " in finished.stderr


def test_an_address_in_use(server, tmp_path):
    finished = subprocess.run([PROGRAM, "serve", "--model", MINI, "--listen", f"127.0.0.1:{server.port}"],
                              env=environment(tmp_path), capture_output=True, text=True, timeout=60)
    assert finished.returncode == 1 and str(server.port) in finished.stderr
