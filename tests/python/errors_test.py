"""Codes, classes, callbacks and Ctrl-C."""

import pickle

import numpy as np
import pytest

import fcclip
from fcclip import _core, _errors


def test_every_code_has_a_class():
    for code in _core.error_codes():
        error = _errors.error_of(code, "what happened")
        assert isinstance(error, fcclip.Error) and error.code == code and str(error) == "what happened"
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error) and again.code == code and str(again) == str(error)


@pytest.mark.parametrize("code, builtin", [("invalid_argument", ValueError), ("shape_mismatch", ValueError),
                                           ("bad_format", ValueError), ("not_found", FileNotFoundError),
                                           ("io_failure", OSError), ("out_of_memory", MemoryError),
                                           ("unsupported", NotImplementedError)])
def test_built_in_classes(code, builtin):
    assert isinstance(_errors.error_of(code, ""), builtin)


def test_load_refuses(tmp_path):
    with pytest.raises(FileNotFoundError) as missing:
        fcclip.load(tmp_path / "model.safetensors")
    assert missing.value.code == "not_found"
    (tmp_path / "model.safetensors").write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{      }")
    with pytest.raises(fcclip.BadFile):
        fcclip.load(tmp_path / "model.safetensors")
    with pytest.raises(fcclip.Error) as device:
        fcclip.load(device="gpu")
    assert "gpu" in str(device.value)


def test_no_gpu_is_unsupported():
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(NotImplementedError) as refused:
        fcclip.load(device="cuda")
    assert refused.value.code == "unsupported"


def test_threads_are_checked():
    with pytest.raises(fcclip.InvalidArgument):
        fcclip.set_threads(-1)


def test_environment_names_the_model(monkeypatch, tmp_path):
    monkeypatch.setenv("FCCLIP_MODEL", str(tmp_path / "other.safetensors"))
    with pytest.raises(FileNotFoundError, match="other.safetensors"):
        fcclip.load()


def test_progress_counts_and_stops(model, pixels):
    seen = []
    model.encode(pixels, progress=lambda done, total: seen.append((done, total)))
    assert seen and all(0 <= done <= total for done, total in seen)
    with pytest.raises(fcclip.Interrupted) as stopped:
        model.encode(pixels, progress=lambda done, total: done < 2)
    assert stopped.value.code == "interrupted"


def test_what_a_callback_raises_comes_out(model, pixels):
    class Mine(Exception):
        pass

    def complain(done, total):
        raise Mine(f"{done} of {total}")

    with pytest.raises(Mine):
        model.encode(pixels, progress=complain)
    with pytest.raises(Mine):
        model.prepare("a word that nobody has asked for", progress=complain)
    with pytest.raises(TypeError):
        model.encode(pixels, progress=lambda: None)
    model.encode(pixels, short_side=64)  # and nothing is broken


INTERRUPTED = """
import os, signal, sys, threading, time
import numpy, fcclip
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore it
model = fcclip.load(threads=1)
picture = numpy.random.default_rng(0).integers(0, 255, (600, 600, 3), numpy.uint8)
model.encode(picture, short_side=64)
began = time.time()
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    while True:
        model.encode(picture, short_side=1600, max_side=1600)
        ended = time.time()
except KeyboardInterrupt:
    print("stopped", time.time() - began)
image = model.encode(picture, short_side=64)
print(len(image.ask("bat")) >= 0)
"""


def test_ctrl_c_ends_a_long_call(python):
    done = python(INTERRUPTED)
    words = done.stdout.split()
    assert words[0] == "stopped" and words[2] == "True"
    assert "nanobind" not in done.stderr
    assert float(words[1]) < 30  # a whole call takes longer where cores are few


def test_zero_size_answers_are_no_crash(model):
    image = model.encode(np.zeros((1, 1, 3), np.uint8), short_side=32)
    assert image.ask("bat").size == (1, 1)
    assert image.nbytes > 0 and "1 x 1" in repr(image)
