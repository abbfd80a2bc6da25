"""`--shard K/N`: several processes share the pictures and one output folder."""

import json
import os
import subprocess
import time
import unittest

from support import MODEL, PROGRAM, SCENE, Case

WORDS = ["-c", "bat, rock, wood", "--short-side", "64", "--max-side", "96"]
KINDS = "overlay,segments,panoptic,coco,yolo,crops,gallery,jsonl,csv"


class ShardCase(Case):
    def setUp(self):
        super().setUp()
        self.env = dict(os.environ, FCCLIP_MODEL=MODEL, XDG_CACHE_HOME=str(self.folder / ".cache"))
        (self.folder / "in" / "below").mkdir(parents=True)

    def pictures(self, count):
        """So many pictures, of different sizes, two of one stem among them."""
        scene = SCENE.read_bytes()
        for number in range(count - 1):
            folder = self.folder / "in" / ("below" if number % 3 == 0 else "")
            (folder / f"p{number}.png").write_bytes(scene)
        (self.folder / "in" / "p1.webp").write_bytes(scene)  # read as what it is

    def start(self, shard, *more, output="shared"):
        return subprocess.Popen([PROGRAM, "segment", "in", *WORDS, "--write", KINDS, "--threads", "1", "-o", output,
                                 "--shard", shard, *more], cwd=self.folder, env=self.env,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def alone(self, *more, output="alone", shard=()):
        outcome = self.run_fcclip("segment", "in", *WORDS, "--write", KINDS, "--threads", "1", "-o", output, *shard,
                                  *more)
        self.assert_ok(outcome)
        return outcome

    def results(self, output):
        """Every file but the records and what SIGKILL left of a file being written; the gallery and YOLO's list name their
        folder."""
        folder = self.folder / output
        return {str(path.relative_to(folder)): path.read_bytes().replace(output.encode(), b"OUT")
                for path in folder.rglob("*") if path.is_file() and not path.name.startswith("run.") and path.suffix != ".tmp"}

    def assert_equals_one_process(self):
        """Name by name: unittest would compare megabytes of pictures as text."""
        one, shared = self.results("alone"), self.results("shared")
        self.assertEqual(sorted(one), sorted(shared))
        self.assertEqual([name for name in one if one[name] != shared[name]], [])

    def record(self, name):
        return json.loads((self.folder / "shared" / name).read_text())


class Union(ShardCase):
    def test_three_at_once_equal_one(self):
        self.pictures(8)
        self.alone()
        for running in [self.start(f"{number}/3") for number in (1, 2, 3)]:
            said = running.communicate()
            self.assertEqual(running.returncode, 0, said)
        three = self.results("shared")
        self.assert_equals_one_process()
        for name in ("coco-instances.json", "results.jsonl", "segments.csv", "index.html", "data.yaml"):
            self.assertIn(name, three)
        answered = [self.record(f"run.{number}-of-3.json")["images"]["answered"] for number in (1, 2, 3)]
        self.assertEqual(answered, [3, 3, 2])
        self.assertFalse((self.folder / "shared" / "run.json").exists())
        for line in (self.folder / "shared" / "run.files.jsonl").read_text().splitlines():
            json.loads(line)  # lines of three writers do not mix

    def test_one_after_the_other_and_the_last_sums_up(self):
        self.pictures(5)
        told = self.alone(output="shared", shard=("--shard", "2/2")).err
        self.assertIn("shard 2/2 is done; the last one to finish sums up", told)
        self.assertFalse((self.folder / "shared" / "results.jsonl").exists())
        told = self.alone(output="shared", shard=("--shard", "1/2")).err
        self.assertNotIn("sums up", told)
        self.alone()
        self.assert_equals_one_process()

    def test_shards_are_joined_without_shard_too(self):
        self.pictures(4)
        self.alone(output="shared", shard=("--shard", "1/2"))
        outcome = self.alone("--resume", output="shared")  # the second never came
        self.assertIn("2 already written", outcome.out)
        self.alone()
        self.assert_equals_one_process()

    def test_json_lines_are_those_of_the_shard(self):
        self.pictures(5)
        whole = [line["image"] for line in self.alone("--json").lines()]
        part = [line["image"] for line in self.alone("--json", output="shared", shard=("--shard", "2/3")).lines()]
        self.assertEqual(part, whole[1::3])

    def test_a_failed_picture_does_not_hold_up_the_sums(self):
        self.pictures(4)
        (self.folder / "in" / "p1.png").write_bytes(b"no picture")
        status = [self.run_fcclip("segment", "in", *WORDS, "--write", "jsonl", "-q", "-o", "shared", "--shard", shard).status
                  for shard in ("1/2", "2/2")]
        self.assertEqual(sorted(status), [0, 1])
        self.assertEqual(len((self.folder / "shared" / "results.jsonl").read_text().splitlines()), 3)


class Resume(ShardCase):
    def test_after_a_kill(self):
        self.pictures(12)
        running = self.start("1/2")
        while running.poll() is None and len(list((self.folder / "shared").rglob("*.segments.json"))) < 2:
            time.sleep(0.002)
        running.kill()
        running.communicate()
        self.assertEqual(self.record("run.1-of-2.json")["status"], "running")
        self.alone(output="shared", shard=("--shard", "2/2"))
        self.assertFalse((self.folder / "shared" / "results.jsonl").exists())  # the first is not complete
        outcome = self.alone("--resume", output="shared", shard=("--shard", "1/2"))
        self.assertRegex(outcome.out, "[1-5] already written, skipped")
        self.alone()
        self.assert_equals_one_process()

    def test_with_another_number_of_shards(self):
        self.pictures(6)
        self.alone(output="shared", shard=("--shard", "1/3"))
        for shard in ("1/2", "2/2"):
            self.alone("--resume", output="shared", shard=("--shard", shard))
        self.alone()
        self.assert_equals_one_process()
        answered = [self.record(f"run.{number}-of-2.json")["images"]["answered"] for number in (1, 2)]
        self.assertEqual(sum(answered), 4)

    def test_more_shards_than_pictures(self):
        self.pictures(2)
        for number in (1, 2, 3):
            self.alone(output="shared", shard=("--shard", f"{number}/3"))
        self.alone()
        self.assert_equals_one_process()


class Values(ShardCase):
    def test_bad_ones(self):
        self.pictures(2)
        for command in (["segment", "in", *WORDS], ["eval", "ade20k_150"]):
            for bad in ("0/2", "3/2", "2", "1/0", "a/b", "-1/2", "1/2/3", ""):
                outcome = self.run_fcclip(*command, "-o", "shared", f"--shard={bad}")
                self.assertEqual(outcome.status, 2, (command, bad, outcome.err))
                self.assertIn("--shard", outcome.err)
                if bad:
                    self.assertIn(f"{bad}: expected K/N, shard K of N counted from 1", outcome.err)
        self.assertFalse((self.folder / "shared").exists())


if __name__ == "__main__":
    unittest.main()
