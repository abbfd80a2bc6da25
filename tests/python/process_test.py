"""Threads, memory, leaks, imports: what only a whole process shows."""

import os
import pathlib
import subprocess
import sys
import threading

import pytest

import fcclip
from conftest import SCENE, WORDS


def test_eight_threads_on_one_model(model, pixels):
    pictures = [pixels[20 * number:20 * number + 160] for number in range(8)]
    questions = [WORDS, "bat", "rock, bat", ["grass", "stone | rock"]]
    size = dict(short_side=96, max_side=160)
    expected = [[model.encode(picture, **size).ask(words).to_dict(masks=True) for words in questions]
                for picture in pictures]
    wrong = []
    ready = threading.Barrier(8)

    def work(number):
        try:
            ready.wait()
            for _ in range(3):
                image = model.encode(pictures[number], **size)
                for words, answer in zip(questions, expected[number]):
                    if image.ask(words).to_dict(masks=True) != answer:
                        wrong.append((number, words))
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_others_go_on_while_the_network_runs(model, pixels):
    turns = 0
    working = threading.Event()
    ended = threading.Event()

    def encode():
        working.set()
        model.encode(pixels, short_side=800, max_side=1333)
        ended.set()

    thread = threading.Thread(target=encode)
    thread.start()
    working.wait()
    while not ended.is_set():
        turns += 1
        ended.wait(0.001)
    thread.join()
    assert turns > 20


MEMORY = """
import gc, sys, numpy, fcclip
def resident():
    gc.collect()
    return int(open("/proc/self/statm").read().split()[1]) * 4096
model = fcclip.load(threads=1)
pixels = numpy.random.default_rng(0).integers(0, 255, (64, 64, 3), numpy.uint8)
def once(number):
    image = model.encode(pixels[:64 - number % 3], short_side=32, max_side=64)
    found = image.ask(f"bat, rock, word{number % 5}")
    found.ids.sum(); [one.mask for one in found]; found.to_dict(masks=True); image.tensors()
    try:
        model.encode(b"nothing")
    except fcclip.Error:
        pass
for number in range(100):
    once(number)
before = resident()
for number in range(1000):
    once(number)
print(resident() - before)
"""


def test_memory_is_flat_over_a_thousand_pictures(python):
    done = python(MEMORY, MALLOC_ARENA_MAX="1")
    assert "nanobind" not in done.stderr
    assert int(done.stdout) < 8 << 20


LEAKS = """
import sys, gc, threading, numpy, fcclip
model = fcclip.load()
image = model.encode(sys.argv[1])
found = image.ask("bat, rock", stuff="rock")
keep = [found.ids, found[0].mask, image.tensors(), image.pixels, found.words, model.prepare("bat").rows(),
        found.overlay()]
for answer in model.ask_folder(sys.argv[1], "bat"):
    pass
generator = model.ask_folder(sys.argv[1], "bat")
def fails(*_):
    raise RuntimeError("mine")
for call in (lambda: model.encode(sys.argv[1], progress=fails), lambda: model.encode("none"),
             lambda: fcclip.load("none")):
    try:
        call()
    except Exception as error:
        kept = error
print("done")
"""


def test_nothing_leaks(python):
    """nanobind complains as the interpreter ends when anything of a bound class is still there."""
    done = python(LEAKS, SCENE)
    assert done.stdout == "done\n" and "leak" not in done.stderr


BARE = """
import sys, fcclip
found = fcclip.load().encode(sys.argv[1]).ask("bat, rock")
found.overlay(); found._repr_html_()
assert "PIL" not in sys.modules and "pandas" not in sys.modules and "matplotlib" not in sys.modules
print(len(found))
"""


def test_no_display_no_fonts_no_home(python, tmp_path):
    (tmp_path / "fonts.conf").write_text("<fontconfig></fontconfig>")
    script = "import os\nfor name in ('DISPLAY', 'WAYLAND_DISPLAY', 'HOME'): os.environ.pop(name, None)\n" + BARE
    done = python(script, SCENE, FONTCONFIG_FILE=str(tmp_path / "fonts.conf"))
    assert int(done.stdout) > 0


def test_import_is_quick(python):
    script = ("import torch, time; began = time.perf_counter(); import fcclip; "
              "print(time.perf_counter() - began)")
    assert min(float(python(script).stdout) for _ in range(3)) < 1


@pytest.mark.parametrize("version", ["2.0.1", "3.0.1+cu130"])
def test_another_torch_is_refused_with_a_remedy(version):
    from fcclip import _build, _torch

    with pytest.raises(ImportError, match=r"pip install 'torch==\d+\.\d+\.\*'") as refused:
        _torch.check(version)
    assert version in str(refused.value) and "\n" not in str(refused.value)
    _torch.check(_build.TORCH_VERSION + "+cu999")
    with pytest.raises(ImportError, match="there is no torch here"):
        _torch.check(None)


def test_the_command_is_the_program():
    command = pathlib.Path(sys.executable).parent / "fcclip"
    if not command.exists():
        pytest.skip("the package is not installed here, it only lies in the path")

    def run(*arguments):
        return subprocess.run([command, *arguments], capture_output=True, text=True, cwd="/")

    assert fcclip.__version__ in run("--version").stdout
    assert run().returncode == 2 and run("segment", "none.png").returncode == 1
    done = run("segment", str(SCENE), "-c", "bat, rock", "--write", "none", "--json")
    assert done.returncode == 0 and '"bat"' in done.stdout
    environment = {key: value for key, value in os.environ.items() if key == "PATH"}
    assert subprocess.run([command, "info", fcclip.bundled_model()], env=environment).returncode == 0
