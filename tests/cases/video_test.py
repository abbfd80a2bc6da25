"""Films: what people hand over, and what is there afterwards."""

import json
import os
import shutil
import signal
import subprocess
import unittest

from support import MODEL, PROGRAM, SCENE, Case

SMALL = ("--short-side", "64", "--max-side", "128", "-c", "bat, rock")


def has_films():
    """Whether this build has FFmpeg: the program itself says it."""
    finished = subprocess.run([PROGRAM, "segment", "/dev/null", "--video", "-c", "bat", "--write", "none"],
                              capture_output=True, text=True, env=dict(os.environ, FCCLIP_MODEL=MODEL))
    return "no FFmpeg" not in finished.stderr


class Films(Case):
    def setUp(self):
        super().setUp()
        if not has_films():
            self.skipTest("this build has no FFmpeg")
        self.make_frames("frames", 3)

    def make_frames(self, name, count):
        (self.folder / name).mkdir()
        for number in range(count):
            shutil.copy(SCENE, self.folder / name / f"{number}.png")

    def make_clip(self):
        self.assert_ok(self.segment("frames", "--video", "--write", "overlay", "-o", "made"))
        shutil.copy(self.folder / "made" / "frames.overlay.mp4", self.folder / "clip.mp4")

    def segment(self, *arguments):
        return self.run_fcclip("segment", *arguments, *SMALL)

    def written(self, folder):
        """Without the run's record, which stands beside all results."""
        there = os.listdir(self.folder / folder) if (self.folder / folder).exists() else []
        return sorted(name for name in there if name not in ("run.json", "run.files.jsonl"))

    def record(self, folder, name="run.json"):
        return json.loads((self.folder / folder / name).read_text())

    def test_a_film_and_a_folder_of_frames(self):
        self.make_clip()
        outcome = self.segment("clip.mp4", "--json", "-o", "out")
        self.assert_ok(outcome)
        self.assertEqual([line["frame"] for line in outcome.lines()], [0, 1, 2])
        self.assertEqual(self.written("out"), ["clip.frames.jsonl", "clip.mot.txt", "clip.overlay.mp4", "clip.tracks.json",
                                               "panoptic", "panoptic.json"])
        self.assertEqual(self.written("out/panoptic"), ["clip", "clip.json"])
        self.assertEqual(self.written("out/panoptic/clip"), ["000000.png", "000001.png", "000002.png"])
        record = self.record("out")
        self.assertEqual((record["status"], record["films"]["answered"], record["frames"]), ("complete", 1, 3))
        self.assertEqual(record["settings"]["film"]["every"], 1)
        self.assert_refused(self.segment("clip.mp4", "-o", "out"), "clip.overlay.mp4 is there already", "--overwrite",
                            status=2)
        self.assert_ok(self.segment("clip.mp4", "-o", "out", "--overwrite", "--every", "2"))
        self.assertEqual(self.written("out/panoptic/clip"), ["000000.png", "000002.png"])

    def test_what_is_no_film(self):
        (self.folder / "words.mp4").write_text("no film\n" * 100)
        (self.folder / "sound.mkv").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(200))
        (self.folder / "empty.mp4").write_bytes(b"")
        (self.folder / "nothing").mkdir()
        for name in ("words.mp4", "sound.mkv", "empty.mp4"):
            self.assert_refused(self.segment(name, "-o", "out"), name, "film")
        self.assert_refused(self.segment("nothing", "--video", "-o", "out"), "nothing: no pictures in it")
        self.assert_refused(self.segment("none.mp4", "-o", "out"), "none.mp4: no such file")
        self.assert_refused(self.segment("frames", "--video", "--start", "1:00", "-o", "out"), "no frames in it")
        self.assertEqual(self.written("out"), [])

    def test_one_that_ends_in_the_middle(self):
        self.make_frames("long", 24)
        self.assert_ok(self.segment("long", "--video", "--write", "overlay", "-o", "made"))
        whole = (self.folder / "made" / "long.overlay.mp4").read_bytes()
        (self.folder / "half.mp4").write_bytes(whole[:-1000])
        outcome = self.segment("half.mp4", "-o", "out")
        self.assert_ok(outcome)
        self.assertIn("half.mp4: ", outcome.err)
        self.assertIn("ends in the middle", outcome.err)
        frames = len(json.loads((self.folder / "out" / "panoptic.json").read_text())["videos"][0]["images"])
        self.assertTrue(0 < frames < 24, frames)
        self.assertEqual(len(self.written("out/panoptic/half")), frames)
        (self.folder / "head.mp4").write_bytes(whole[:50])
        self.assert_refused(self.segment("head.mp4", "-o", "head"), "head.mp4")
        self.assertEqual(self.written("head"), [])

    def test_one_that_changes_its_size(self):
        shutil.copy(SCENE.parent / "coffee.jpg", self.folder / "frames" / "3.jpg")
        self.assert_refused(self.segment("frames", "--video", "-q", "-o", "out"), "3.jpg has", "640x480",
                            "one size is needed")
        lines = (self.folder / "out" / "frames.frames.jsonl").read_text().splitlines()
        self.assertEqual(len(lines), 3)  # what came before is whole

    def test_what_does_not_go_together(self):
        self.make_clip()
        for arguments, words in ((("clip.mp4", SCENE), "films and pictures in one run"),
                                 (("clip.mp4", "--top", "5"), "best words (--top)"),
                                 (("clip.mp4", "--tile", "64"), "taken in windows (--tile)"),
                                 (("clip.mp4", "--task", "semantic"), "films have panoptic results"),
                                 (("clip.mp4", "-c", "cat"), "one question"),
                                 (("clip.mp4", "--write", "yolo"), "overlay, panoptic, frames, tracks, mot"),
                                 (("clip.mp4", "--start", "2:90"), "--start"),
                                 (("clip.mp4", "--start", "5", "--end", "3"), "must be after"),
                                 ((SCENE, "--every", "2"), "are for films")):
            outcome = self.segment(*arguments, "-o", "out")
            self.assertEqual(outcome.status, 2, outcome.err)
            self.assertIn(words, outcome.err)
        self.assertEqual(self.written("out"), [])

    def test_resumed(self):
        self.make_clip()
        films = ("clip.mp4", "frames", "--video", "--resume", "-o", "out")
        first = self.segment(*films)
        self.assert_ok(first)
        again = self.segment(*films)
        self.assert_ok(again)
        self.assertIn("2 already written, skipped", again.out)
        self.assertEqual(self.record("out")["films"],
                         {"all": 2, "answered": 0, "failed": 0, "finished before": 2})
        (self.folder / "out" / "clip.overlay.mp4").unlink()
        half = self.segment(*films)
        self.assert_ok(half)
        self.assertIn("clip: not finished before, so it begins anew", half.err)
        self.assertIn("1 already written, skipped", half.out)
        other = self.run_fcclip("segment", *films, *SMALL[:-1], "bat, rock, wood")
        self.assert_ok(other)
        self.assertIn("frames: answered anew, as the results there are of other words", other.err)

    def test_killed_and_resumed(self):
        self.make_frames("long", 60)
        command = [PROGRAM, "segment", "long", "--video", *SMALL, "--json", "--resume", "-o", "out"]
        environment = dict(os.environ, FCCLIP_MODEL=MODEL)
        run = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        self.assertIn(b'"frame":0', run.stdout.readline())
        run.kill()
        run.communicate(timeout=60)
        self.assertEqual(self.record("out")["status"], "running")
        again = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("long: not finished before, so it begins anew", again.stderr)
        self.assertEqual(len(again.stdout.splitlines()), 60)
        self.assert_ok(self.segment("long", "--video", "-o", "whole"))
        for name in ("panoptic.json", "long.tracks.json", "long.frames.jsonl", "panoptic/long/59.png"):
            self.assertEqual((self.folder / "out" / name).read_bytes(), (self.folder / "whole" / name).read_bytes())

    def test_shards(self):
        self.make_frames("b", 2)
        self.make_frames("c", 1)
        films = ("frames", "b", "c", "--video", "--write", "panoptic", "-o")
        first = self.segment(*films, "parts", "--shard", "1/2")
        self.assert_ok(first)
        self.assertIn("shard 1/2 is done; the last one to finish sums up", first.err)
        self.assertEqual(self.record("parts", "run.1-of-2.json")["films"]["all"], 2)
        self.assert_ok(self.segment(*films, "parts", "--shard", "2/2"))
        self.assert_ok(self.segment(*films, "whole"))
        for name in ("panoptic.json", "panoptic/b/1.png"):
            self.assertEqual((self.folder / "parts" / name).read_bytes(),
                             (self.folder / "whole" / name).read_bytes())

    def test_without_the_film_library(self):
        env = dict(os.environ, FCCLIP_MODEL=MODEL, FCCLIP_VIDEO_LIBRARY=str(self.folder / "none.so"))
        (self.folder / "clip.mp4").write_text("a film")
        outcome = self.run_fcclip("segment", "clip.mp4", *SMALL, "-o", "out", env=env)
        self.assert_refused(outcome, "this build has no FFmpeg", "--video")
        outcome = self.run_fcclip("segment", "frames", "--video", *SMALL, "--write", "tracks", "-o", "out", env=env)
        self.assert_ok(outcome)
        self.assertEqual(self.written("out"), ["frames.tracks.json"])

    def test_stopped_by_the_user(self):
        self.make_frames("long", 200)
        run = subprocess.Popen([PROGRAM, "segment", "long", "--video", *SMALL, "--json", "-o", "out"], cwd=self.folder,
                               env=dict(os.environ, FCCLIP_MODEL=MODEL), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertIn(b'"frame":0', run.stdout.readline())
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 130, err)
        self.assertIn(b"their results are written", err)
        frames = 1 + len(out.splitlines())
        self.assertEqual(json.loads((self.folder / "out" / "long.tracks.json").read_text())["frames"], frames)
        self.assertFalse([name for name in self.written("out") if name.startswith(".")])


if __name__ == "__main__":
    unittest.main()
