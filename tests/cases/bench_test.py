"""fcclip bench: every step is timed; Ctrl-C ends it; what can't be measured is refused. fcclip words and 8-bit weights beside it."""

import os
import shutil
import signal
import subprocess
import time
import unittest

from support import MODEL, PROGRAM, SCENE, Case

STEPS = ["start", "load", "decode", "encode", "words", "ask", "results", "write"]


def listens_to(process, number):
    """Whether a process handles a signal itself: what comes before ends it as the system does."""
    with open(f"/proc/{process}/status", encoding="ascii") as status:
        caught = next(line for line in status if line.startswith("SigCgt:"))
    return int(caught.split()[1], 16) >> (number - 1) & 1 == 1


class Bench(Case):
    def test_json_has_every_repeat_of_every_step(self):
        outcome = self.run_fcclip("bench", SCENE, "--quick", "--json", "--threads", "1")
        self.assert_ok(outcome)
        answer = outcome.json()
        self.assertEqual(answer["picture"], {"width": 640, "height": 480})
        self.assertEqual([peak["threads"] for peak in answer["peaks"]], [1])
        steps = answer["steps"]
        self.assertEqual(list(dict.fromkeys(step["step"] for step in steps)), STEPS)
        self.assertEqual([step["of"] for step in steps if step["step"] == "ask"],
                         ["1 word", "20 words", "150 words", "1203 words", "2251 words"])
        for step in steps:
            self.assertTrue(step["seconds"] and min(step["seconds"]) <= step["median_seconds"] <= max(step["seconds"]), step)
            if step["step"] == "encode":
                self.assertAlmostEqual(step["gflop"] / step["median_seconds"], step["gflop_per_second"], delta=0.1)
                self.assertTrue(0 < step["share_of_peak"] < 2, step)

    def test_stops_when_told(self):
        environment = dict(os.environ, FCCLIP_MODEL=MODEL)
        running = subprocess.Popen([PROGRAM, "bench"], cwd=self.folder, env=environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        for _ in range(1200):  # a busy machine takes seconds to start it
            if listens_to(running.pid, signal.SIGINT):
                break
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        out, said = running.communicate(timeout=60)
        self.assertEqual(running.returncode, 130, said)
        self.assertEqual(out, b"")

    def test_refusals(self):
        self.assert_refused(self.run_fcclip("bench", "nosuch.jpg"), "nosuch.jpg")
        self.assert_refused(self.run_fcclip("bench", "--quick", "-m", "nosuch.safetensors"), "nosuch.safetensors")
        self.assert_refused(self.run_fcclip("bench", "--device", "abacus"), "abacus", status=2)


class Words(Case):
    def test_stand_beside_the_model_and_are_read(self):
        shutil.copy(MODEL, self.folder / "m.safetensors")
        (self.folder / "w.txt").write_text("cat | kitty\nsky\n")
        ask = ("segment", SCENE, "-m", "m.safetensors", "-v", "w.txt", "--short-side", "128", "--write", "none", "-q",
               "--cache-folder", "cache")
        written = self.run_fcclip("words", "-m", "m.safetensors", "-v", "w.txt")
        self.assert_ok(written)
        self.assertTrue(written.out.startswith("m.rows.safetensors: 3 words"), written.out)
        self.assert_ok(self.run_fcclip(*ask))
        self.assertFalse((self.folder / "cache").exists())
        (self.folder / "m.rows.safetensors").write_bytes(b"damaged")
        told = self.run_fcclip(*ask)
        self.assert_ok(told)
        self.assertIn("m.rows.safetensors", told.err)
        self.assertTrue((self.folder / "cache").exists())

    def test_refusals(self):
        (self.folder / "mine.txt").write_text("mine")
        self.assert_refused(self.run_fcclip("words", "-v", "voc20", "-o", "mine.txt"), "mine.txt", "--overwrite", status=2)
        self.assert_refused(self.run_fcclip("words", "-v", "nosuch", "-o", "x"), "nosuch", status=2)
        self.assertEqual((self.folder / "mine.txt").read_text(), "mine")


class EightBits(Case):
    def test_are_a_quarter_and_answer_alike(self):
        self.assert_ok(self.run_fcclip("convert", MODEL, "--dtype", "int8", "-o", "small.safetensors"))
        self.assert_ok(self.run_fcclip("convert", MODEL, "--dtype", "float32", "-o", "whole.safetensors"))
        share = (self.folder / "small.safetensors").stat().st_size / (self.folder / "whole.safetensors").stat().st_size
        self.assertLess(share, 0.27)
        self.assertIn("8 bits with scales", self.run_fcclip("info", "small.safetensors").out)
        names = []
        for model in ("small.safetensors", "whole.safetensors"):
            outcome = self.run_fcclip("segment", SCENE, "-m", model, "-c", "bat, ladybug, sailboat, wood, cliff", "--write",
                                      "none", "--json", "--min-score", "0.5")
            self.assert_ok(outcome)
            names.append(sorted(segment["name"] for segment in outcome.lines()[0]["segments"]))
        self.assertEqual(*names)


if __name__ == "__main__":
    unittest.main()
