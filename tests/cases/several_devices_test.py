"""`--device cpu,cpu`: two workers with a model each answer as one does that has as many threads as each of them."""

import json
import os
import re
import signal
import subprocess
import time
import unittest

from shards_test import KINDS, WORDS, ShardCase
from support import MODEL, PROGRAM, SCENE, Case


class Segment(ShardCase):
    def command(self, *more, devices="cpu,cpu"):
        return ["segment", "in", *WORDS, "--write", KINDS, "--threads", "2", "--device", devices, "-o", "shared", *more]

    def both(self, *more, devices="cpu,cpu"):
        outcome = self.run_fcclip(*self.command(*more, devices=devices))
        self.assert_ok(outcome)
        return outcome

    def test_two_equal_one(self):
        self.pictures(7)
        told = [line["image"] for line in self.alone("--json").lines()]
        self.assertEqual([line["image"] for line in self.both("--json").lines()], told)
        self.assert_equals_one_process()
        record = self.record("run.json")
        self.assertEqual(record["workers"], 2)
        self.assertEqual(record["images"]["answered"], 7)
        self.assertEqual(record["run"], json.loads((self.folder / "alone" / "run.json").read_text())["run"])

    def test_a_bad_picture_is_counted_and_the_others_follow(self):
        self.pictures(5)
        (self.folder / "in" / "p1.png").write_bytes(b"no picture")
        one = self.run_fcclip("segment", "in", *WORDS, "--write", KINDS, "--threads", "1", "-o", "alone")
        two = self.run_fcclip(*self.command())
        self.assertEqual((one.status, two.status), (1, 1))
        self.assertEqual(one.err, two.err)
        self.assertIn("1 of 5 pictures failed", two.err)
        self.assert_equals_one_process()

    def test_more_workers_than_pictures(self):
        self.pictures(2)
        self.alone()
        self.both(devices="cpu,cpu,cpu")
        self.assert_equals_one_process()

    def test_resume_goes_on_with_another_number(self):
        self.pictures(6)
        self.alone(output="shared", shard=("--shard", "1/3"))
        outcome = self.both("--resume")
        self.assertIn("2 already written, skipped", outcome.out)
        self.alone()
        self.assert_equals_one_process()
        self.assertIn("6 already written, skipped", self.alone("--resume", output="shared").out)

    def stopped(self, number):
        """The run, told to stop once two pictures are written."""
        environment = dict(os.environ, FCCLIP_MODEL=MODEL, XDG_CACHE_HOME=str(self.folder / ".cache"))
        running = subprocess.Popen([PROGRAM, *self.command()], cwd=self.folder, env=environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while running.poll() is None and len(list((self.folder / "shared").rglob("*.segments.json"))) < 2:
            time.sleep(0.002)
        running.send_signal(number)
        return running.communicate()[1], running.returncode

    def test_interrupted(self):
        self.pictures(12)
        said, status = self.stopped(signal.SIGINT)
        self.assertEqual(status, 130, said)
        stopped = re.search(r"stopped after (\d+) images?; the same command with --resume goes on from there", said)
        self.assertTrue(stopped, said)
        outcome = self.both("--resume")
        self.assertIn(f"{stopped.group(1)} already written, skipped", outcome.out)
        self.alone()
        self.assert_equals_one_process()


class Eval(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "in").mkdir()
        images, annotations = [], []
        for number in range(5):
            (self.folder / "in" / f"p{number}.png").write_bytes(SCENE.read_bytes())
        self.assert_ok(self.run_fcclip("segment", "in", *WORDS, "--write", "panoptic", "-q", "-o", "few"))
        for number in range(5):
            one = json.loads((self.folder / "few" / f"p{number}.panoptic.json").read_text())
            images.append(dict(one["images"][0], id=number))
            annotations.append(dict(one["annotations"][0], image_id=number))
            (self.folder / "few" / f"p{number}.panoptic.png").rename(self.folder / "few" / f"p{number}.png")
            annotations[-1]["file_name"] = f"p{number}.png"
        (self.folder / "few.json").write_text(json.dumps(
            {"images": images, "annotations": annotations, "categories": one["categories"]}))

    def evaluate(self, devices, output, *more):
        return self.run_fcclip("eval", "--images", "in", "--panoptic-json", "few.json", *WORDS[2:],
                               "--threads", str(len(devices.split(","))), "--device", devices, "-o", output, *more)

    def records(self, output):
        return (next((self.folder / output).rglob("records.jsonl"))).read_bytes()

    def test_two_equal_one(self):
        one, two = self.evaluate("cpu", "alone"), self.evaluate("cpu,cpu", "shared")
        self.assert_ok(two)
        self.assertEqual(two.out, one.out)
        self.assertEqual(self.records("shared"), self.records("alone"))
        masks = {path.name: path.read_bytes() for path in (self.folder / "alone").rglob("*.png")}
        self.assertGreater(len(masks), 4)
        self.assertEqual({path.name: path.read_bytes() for path in (self.folder / "shared").rglob("*.png")}, masks)

    def test_a_missing_picture_ends_it_and_resume_goes_on(self):
        scene = self.folder / "in" / "p3.png"
        scene.write_bytes(b"no picture")
        outcome = self.evaluate("cpu,cpu", "shared")
        self.assertEqual(outcome.status, 1)
        self.assertIn("p3.png", outcome.err)
        self.assertEqual(self.records("shared").count(b"\n"), 4)  # a header, and the three before it
        scene.write_bytes(SCENE.read_bytes())
        self.assert_ok(self.evaluate("cpu,cpu", "shared", "--resume"))
        self.assert_ok(self.evaluate("cpu", "alone"))
        self.assertEqual(self.records("shared"), self.records("alone"))


class Lists(Case):
    def test_bad_ones(self):
        for command in (["segment", SCENE, "-c", "bat"], ["eval", "ade20k_150"], ["serve"]):
            for given, says in (("cuda:0,cuda:0", "GPU 0 is named twice"), ("cpu,", "a name is missing at a comma"),
                                ("cpu,tpu", "'tpu' is unknown"), ("cpu,cuda:0", "cpu beside GPUs"),
                                ("", "a name is missing"), ("all,cpu", "or all alone")):
                outcome = self.run_fcclip(*command, f"--device={given}")
                self.assertEqual(outcome.status, 2, (command, given, outcome.err))
                self.assertIn("--device", outcome.err)
                self.assertIn(says, outcome.err)

    def test_what_takes_one_device(self):
        for command in (["trace", SCENE, "-o", "t"], ["train"], ["words", MODEL]):
            outcome = self.run_fcclip(*command, "--device=cpu,cpu")
            self.assertEqual(outcome.status, 2, outcome.err)
            self.assertIn("expected one device", outcome.err)
        outcome = self.run_fcclip("segment", SCENE, "-c", "bat", "--tile", "128", "--device", "cpu,cpu")
        self.assert_refused(outcome, "--tile is the work of one device, and --device lists 2", status=2)


if __name__ == "__main__":
    unittest.main()
