"""What is installed beside the program: completion, in the shells that are here, and manual pages."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

from command_line_test import COMMANDS
from support import PROGRAM, Case

KINDS = tuple(("score", kind) for kind in ("panoptic", "instance", "semantic", "cityscapes", "video"))
# What is typed, what has to be offered, and what must not.
TYPED = (
    ("fcclip seg", ["segment"], ["score"]),
    ("fcclip segment --overlay-no-s", ["--overlay-no-scores"], ["--overlay-size"]),
    ("fcclip score ", ["panoptic", "instance", "semantic"], ["--truth-pngs"]),
    ("fcclip score panoptic --t", ["--truth-pngs"], ["--class-count"]),
    ("fcclip score semantic --c", ["--class-count"], ["--classes"]),
)


def environment():
    return dict(os.environ, PATH=f"{pathlib.Path(PROGRAM).resolve().parent}:{os.environ['PATH']}", LANG="C.UTF-8")


# What is typed at zsh, and how its answer is seen: C-x shows the line.
SHELL = """
PS1= fpath=($PWD $fpath)
autoload -Uz compinit && compinit -D -u
zstyle ':completion:*' list-colors ''
show() { zle -I; print -r -- "line: $BUFFER :end" }
zle -N show && bindkey '^X' show
print LOADED
"""
TAB = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell '. ./shell.zsh'
zpty -r shell said '*LOADED*'
zpty -n -w shell "$1"$'\\t'
zpty -n -w shell $'\\x18'
zpty -r shell said '*:end*'
print -r -- "$said"
"""


class Completion(Case):
    """In a shell of its own, as a user's: the files of an installation, loaded when they are first needed."""

    def write_script(self, shell, name):
        outcome = self.run_fcclip("completion", shell)
        self.assert_ok(outcome)
        for command in COMMANDS:
            self.assertIn(command, outcome.out)
        (self.folder / name).write_text(outcome.out)

    def shell_says(self, *command):
        finished = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, env=environment(), timeout=60)
        self.assertEqual((finished.returncode, finished.stderr), (0, ""), command)
        return finished.stdout

    def check(self, offered_for):
        for typed, wanted, unwanted in TYPED:
            with self.subTest(typed):
                offered = offered_for(typed)
                for word in wanted:
                    self.assertIn(word, offered)
                for word in unwanted:
                    self.assertNotIn(word, offered)

    def test_bash(self):
        self.write_script("bash", "fcclip.bash")

        def offered(typed):
            words = typed.split(" ")
            return self.shell_says("bash", "-euc", ". ./fcclip.bash; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _fcclip; "
                                   "printf '%s\\n' \"${COMPREPLY[@]}\"", "bash", *words).split()
        self.check(offered)

    @unittest.skipUnless(shutil.which("fish"), "no fish here")
    def test_fish(self):
        self.write_script("fish", "fcclip.fish")

        def offered(typed):
            said = self.shell_says("fish", "--no-config", "-c", "set -p fish_complete_path .; complete -C $argv[1]", typed)
            return [line.split("\t")[0] for line in said.splitlines()]
        self.check(offered)

    @unittest.skipUnless(shutil.which("zsh"), "no zsh here")
    def test_zsh(self):
        """At a terminal of zsh's own: Tab inserts what is the only answer, and lists several."""
        self.write_script("zsh", "_fcclip")
        (self.folder / "shell.zsh").write_text(SHELL)
        (self.folder / "tab.zsh").write_text(TAB)

        def offered(typed):
            said = self.shell_says("zsh", "-f", "tab.zsh", typed)
            return re.findall(r"[\w-]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|.\x08", "", said))
        self.check(offered)


class ManualPages(Case):
    def pages(self):
        self.assert_ok(self.run_fcclip("manual", "-o", "man1"))
        return {path.name: path.read_text() for path in (self.folder / "man1").iterdir()}

    def test_one_for_each_command(self):
        pages = self.pages()
        names = {"fcclip.1"} | {f"fcclip-{name}.1" for name in COMMANDS} | {f"fcclip-{'-'.join(kind)}.1" for kind in KINDS}
        self.assertEqual(set(pages), names)
        for name, page in pages.items():
            with self.subTest(name):
                words = name[:-2].split("-")[1:]
                self.assertEqual(page, self.run_fcclip("manual", *words).out)
                self.assertTrue(page.isascii())
                self.assertLessEqual(max(map(len, page.splitlines())), 90)
                for other in re.findall(r"\\fB\\%(\S+)\\fR\(1\)", page):
                    self.assertIn(other.replace("\\-", "-") + ".1", pages)
                listed = self.run_fcclip(*words, "--help").out
                for option in re.findall(r"(?m)^  (?:-\w, )?(--[a-z-]+)", listed):
                    self.assertIn("\\fB" + option.replace("-", "\\-") + "\\fR", page)

    def test_who_reads_what(self):
        pages = self.pages()
        self.assertIn("FCCLIP_MODEL", pages["fcclip-segment.1"])
        self.assertIn("mini.safetensors", pages["fcclip-segment.1"])
        self.assertNotIn("FCCLIP_DATASETS", pages["fcclip-segment.1"])
        self.assertIn("FCCLIP_DATASETS", pages["fcclip-eval.1"])
        self.assertNotIn(".SH EXAMPLES", pages["fcclip-score.1"])
        self.assertIn("truth.json", pages["fcclip-score-panoptic.1"])

    def test_the_date_is_that_of_the_sources(self):
        told = dict(os.environ, SOURCE_DATE_EPOCH="86400")
        self.assertIn(" 1 1970-01-02 ", self.run_fcclip("manual", env=told).out.splitlines()[0])
        told["SOURCE_DATE_EPOCH"] = "9" * 18
        self.assert_refused(self.run_fcclip("manual", env=told), "SOURCE_DATE_EPOCH", status=2)

    def test_refusals(self):
        self.assert_refused(self.run_fcclip("manual", "segmnt"), "did you mean segment", status=2)
        self.assert_refused(self.run_fcclip("manual", "score", "panoptik"), "did you mean panoptic", status=2)
        (self.folder / "file").write_text("")
        self.assert_refused(self.run_fcclip("manual", "-o", "file"), "file", status=1)

    @unittest.skipUnless(shutil.which("groff"), "no groff here")
    def test_groff_has_nothing_to_say(self):
        for name in self.pages():
            with self.subTest(name):
                finished = subprocess.run(["groff", "-ww", "-man", "-Tutf8", f"man1/{name}"], cwd=self.folder, text=True,
                                          capture_output=True, check=True)
                self.assertEqual(finished.stderr, "")
                self.assertNotIn("\\", re.sub(r" \\$", "", finished.stdout, flags=re.M))

    @unittest.skipUnless(shutil.which("mandoc"), "no mandoc here")
    def test_mandoc_has_nothing_to_say(self):
        self.pages()
        finished = subprocess.run("mandoc -T lint -W warning man1/*.1", shell=True, cwd=self.folder, text=True,
                                  capture_output=True)
        self.assertEqual((finished.stdout, finished.stderr), ("", ""))


if __name__ == "__main__":
    unittest.main()
