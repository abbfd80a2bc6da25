"""What every case needs: the program run as a user runs it, in a folder of its own."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import warm_program

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
PROGRAM = os.environ.get("FCCLIP_PROGRAM", str(SOURCE / "build" / "release" / "bin" / "fcclip"))
MODEL = str(SOURCE / "models" / "mini.safetensors")
SCENE = SOURCE / "examples" / "pictures" / "scene.png"
SANITIZED = bool(os.environ.get("FCCLIP_SANITIZED"))  # a build of ASan + UBSan
SLOWER_SANITIZED = 8

# Words of libraries and of the program's inside that no user may meet.
FOREIGN_WORDS = ("internal error", "json.exception", "terminate called", "size of tensor", "what():", "c10::")


class Outcome:
    """One finished run: `status`, `out` and `err` as text."""

    def __init__(self, finished):
        self.status = finished.returncode
        self.out = finished.stdout.decode("utf-8", "replace")
        self.err = finished.stderr.decode("utf-8", "replace")

    def lines(self):
        """Standard output as one JSON value a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def json(self):
        return json.loads(self.out)


class Case(unittest.TestCase):
    """A test in a temporary folder `self.folder`, removed afterwards; the program runs there."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fcclip-case-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def take(self, name):
        """Copies the input folder tests/cases/<name> into the temporary one."""
        shutil.copytree(HERE / name, self.folder, dirs_exist_ok=True)

    def copy_program(self):
        """A program without the data that lie beside it in the build folder; its path."""
        build = pathlib.Path(PROGRAM).parent.parent
        for library in build.glob("lib/**/libfcclip_program.so"):
            copy = self.folder / library.relative_to(build)
            copy.parent.mkdir(parents=True)
            shutil.copy(library, copy)
        (self.folder / "bin").mkdir()
        return shutil.copy(PROGRAM, self.folder / "bin" / "fcclip")

    def run_fcclip(self, *arguments, env=None, stdin=None, stdout=subprocess.PIPE, seconds=120):
        """Runs the program here; the bundled model is $FCCLIP_MODEL and the text cache lies in the folder."""
        begin = None  # what a test says about the environment may be read where libraries are loaded
        if env is None:
            env = dict(os.environ, FCCLIP_MODEL=MODEL, XDG_CACHE_HOME=str(self.folder / ".cache"))
            begin = warm_program.beginning(arguments, env)
        finished = subprocess.run([PROGRAM, *map(os.fspath, arguments)], cwd=self.folder, env=env, input=stdin,
                                  stdout=stdout, stderr=subprocess.PIPE, preexec_fn=begin,
                                  timeout=seconds * (SLOWER_SANITIZED if SANITIZED else 1))
        if finished.stdout is None:
            finished.stdout = b""
        outcome = Outcome(finished)
        for words in FOREIGN_WORDS:
            self.assertNotIn(words, outcome.err)
        return outcome

    def assert_ok(self, outcome):
        self.assertEqual(outcome.status, 0, outcome.err)

    def assert_refused(self, outcome, *words, status=1):
        """Ended with `status` and one line on standard error that holds all the words."""
        self.assertEqual(outcome.status, status, outcome.err)
        lines = outcome.err.strip().splitlines()
        self.assertEqual(len(lines), 1, outcome.err)
        for word in words:
            self.assertIn(word, lines[0])
