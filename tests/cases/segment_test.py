"""How `fcclip segment` runs: which files are pictures, what is written over, resumed, told; streams and names."""

import csv
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import threading
import time
import unittest

from support import MODEL, PROGRAM, SCENE, SOURCE, Case

ROOT = os.geteuid() == 0


class SegmentCase(Case):
    def pictures(self, *names, take="own-output-as-input"):
        """Copies of one small picture under these names."""
        if not hasattr(self, "picture"):
            self.take(take)
            self.picture = (self.folder / "a.jpg").read_bytes()
            for path in self.folder.glob("*"):
                path.unlink()
        for name in names:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.picture)

    def segment(self, *arguments, **more):
        return self.run_fcclip("segment", *arguments, **more)

    def images(self, outcome):
        """The pictures that a run with --json answered."""
        self.assert_ok(outcome)
        return [line["image"] for line in outcome.lines()]

    def start(self, *arguments, **more):
        """A run that goes on while the test looks at it."""
        env = dict(os.environ, FCCLIP_MODEL=MODEL, XDG_CACHE_HOME=str(self.folder / ".cache"))
        return subprocess.Popen([PROGRAM, "segment", *map(os.fspath, arguments)], cwd=self.folder, env=env,
                                stderr=subprocess.PIPE, **more)


class OwnOutputAsInput(SegmentCase):
    def test_second_run_sees_the_same_pictures(self):
        self.take("own-output-as-input")
        for flags in ([], [], ["--resume"], ["--resume"]):
            outcome = self.segment(".", "-c", "rock", "--json", *flags)
            self.assert_ok(outcome)
            expected = [] if flags else ["./a.jpg", "./b.jpg"]
            self.assertEqual([line["image"] for line in outcome.lines()], expected)
        self.assertFalse((self.folder / "out" / "out").exists())

    def test_output_beside_the_pictures(self):
        self.take("own-output-as-input")
        for _ in range(3):
            outcome = self.segment(".", "-c", "rock", "-o", ".", "--json")
            self.assertEqual(self.images(outcome), ["./a.jpg", "./b.jpg"])

    def test_output_named_through_a_link(self):
        self.take("own-output-as-input")
        (self.folder / "elsewhere").symlink_to("out")
        (self.folder / "out").mkdir()
        for _ in range(2):
            outcome = self.segment(".", "-c", "rock", "-o", "elsewhere", "--json")
            self.assertEqual(self.images(outcome), ["./a.jpg", "./b.jpg"])

    def test_results_of_another_output_folder(self):
        self.take("own-output-as-input")
        self.assert_ok(self.segment(".", "-c", "rock", "-o", "first", "-q"))
        outcome = self.segment(".", "-c", "rock", "-o", "second", "--json")
        self.assertEqual(self.images(outcome), ["./a.jpg", "./b.jpg"])
        refused = self.segment("first", "-c", "rock", "-o", "second", "-q")
        self.assert_refused(refused, "no pictures", "results of fcclip")

    def test_pattern_in_the_folder_of_results(self):
        self.pictures("a.png")
        for _ in range(2):
            outcome = self.segment("*.png", "-c", "rock", "-o", ".", "--json")
            self.assertEqual(self.images(outcome), ["a.png"])


class HiddenFiles(SegmentCase):
    def test_what_macs_leave(self):
        self.take("mac-and-hidden-files")
        (self.folder / "._a.jpg").write_bytes(b"\x00\x05\x16\x07" + bytes(4092))
        (self.folder / ".ipynb_checkpoints").mkdir()
        shutil.copy(self.folder / "a.jpg", self.folder / ".ipynb_checkpoints" / "a-checkpoint.jpg")
        (self.folder / "__MACOSX").mkdir()
        shutil.copy(self.folder / "._a.jpg", self.folder / "__MACOSX" / "._a.jpg")
        outcome = self.segment(".", "-c", "rock", "--json", "-o", "T")
        self.assertEqual(self.images(outcome), ["./a.jpg"])
        # Named itself it is a picture.
        named = self.segment(".ipynb_checkpoints/a-checkpoint.jpg", "-c", "rock", "--json", "-o", "T")
        self.assertEqual(self.images(named), [".ipynb_checkpoints/a-checkpoint.jpg"])

    def test_other_systems_and_links(self):
        self.pictures("in/a.jpg", "in/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg", "in/.Trash/b.jpg", "in/UPPER.JPG",
                      "in/mixed.Jpeg")
        for name in ("Thumbs.db", "desktop.ini", "notes.txt"):
            (self.folder / "in" / name).write_bytes(b"x")
        (self.folder / "in" / "dangling.jpg").symlink_to("nowhere.jpg")
        (self.folder / "in" / "round.jpg").symlink_to("round.jpg")
        (self.folder / "in" / "loop").symlink_to("..")
        (self.folder / "in" / "self").symlink_to(".")
        outcome = self.segment("in", "-c", "rock", "--json", "--write", "none")
        self.assertEqual(self.images(outcome), ["in/UPPER.JPG", "in/a.jpg", "in/mixed.Jpeg"])
        self.assertIn("3 files are no pictures", outcome.err)
        self.assertIn("2 links lead nowhere", outcome.err)

    def test_an_empty_picture_is_a_failure_that_is_named(self):
        self.pictures("in/a.jpg")
        (self.folder / "in" / "empty.jpg").touch()
        outcome = self.segment("in", "-c", "rock", "--json", "--write", "none")
        self.assertEqual(outcome.status, 1)
        self.assertEqual(len(outcome.lines()), 1)
        self.assertRegex(outcome.err, "empty.jpg: .*an empty file")


class Resume(SegmentCase):
    def test_other_words_are_answered_anew(self):
        self.take("resume-with-other-words")
        self.assert_ok(self.segment("a.jpg", "-c", "backpack, ladybug", "--write", "coco,segments", "-q", "-o", "T"))
        self.assert_ok(self.segment("a.jpg", "b.jpg", "-c", "rock, wood", "--stuff", "rock, wood", "--write",
                                    "coco,segments", "-q", "--resume", "-o", "T"))
        joined = json.loads((self.folder / "T" / "coco-instances.json").read_text())
        self.assertEqual([entry["name"] for entry in joined["categories"]], ["rock", "wood"])
        for name in ("a", "b"):
            answer = json.loads((self.folder / "T" / f"{name}.segments.json").read_text())
            for segment in answer["segments"]:
                self.assertIn(segment["name"], ("rock", "wood"))

    def test_a_failed_picture_keeps_no_place_in_the_joined_file(self):
        self.take("resume-with-other-words")
        self.assert_ok(self.segment(".", "-c", "backpack", "--write", "coco", "-q", "-o", "T"))
        (self.folder / "a.jpg").write_bytes(b"")
        outcome = self.segment(".", "-c", "rock", "--write", "coco", "-q", "-o", "T", "--resume")
        self.assertEqual(outcome.status, 1)
        joined = json.loads((self.folder / "T" / "coco-instances.json").read_text())
        self.assertEqual([entry["name"] for entry in joined["categories"]], ["rock"])
        self.assertEqual([image["file_name"] for image in joined["images"]], ["b.jpg"])

    def test_the_same_question_is_not_asked_again(self):
        self.take("resume-with-other-words")
        flags = ["-c", "rock", "--write", "segments,coco", "-o", "T", "--resume"]
        self.assertEqual(self.images(self.segment("a.jpg", *flags, "--json")), ["a.jpg"])
        self.assertEqual(self.images(self.segment("a.jpg", "b.jpg", *flags, "--json")), ["b.jpg"])
        joined = json.loads((self.folder / "T" / "coco-instances.json").read_text())
        self.assertEqual(len(joined["images"]), 2)
        # Other things decide too: a threshold, the picture itself, a file that is gone.
        self.assertEqual(len(self.images(self.segment("a.jpg", *flags, "--json", "--min-score", "0.5"))), 1)
        self.assertEqual(len(self.images(self.segment("a.jpg", *flags, "--json", "--min-score", "0.5"))), 0)
        shutil.copy(self.folder / "b.jpg", self.folder / "a.jpg")
        self.assertEqual(len(self.images(self.segment("a.jpg", *flags, "--json", "--min-score", "0.5"))), 1)
        (self.folder / "T" / "a.coco.json").unlink()
        self.assertEqual(len(self.images(self.segment("a.jpg", *flags, "--json", "--min-score", "0.5"))), 1)

    def test_after_a_crash(self):
        self.pictures(*(f"in/{i}.jpg" for i in range(12)))
        running = self.start("in", "-c", "rock", "-q", "-o", "T")
        while running.poll() is None and len(list((self.folder / "T").glob("*.segments.json"))) < 3:
            time.sleep(0.002)
        running.kill()
        running.communicate()
        for cut in (self.folder / "T").glob("*"):
            self.assertGreater(cut.stat().st_size, 0, cut)
        outcome = self.segment("in", "-c", "rock", "-q", "-o", "T", "--resume")
        self.assert_ok(outcome)
        self.assertNotIn("kept", outcome.err + outcome.out)
        for i in range(12):
            for ending in ("overlay.png", "panoptic.png", "panoptic.json", "segments.json"):
                self.assertTrue((self.folder / "T" / f"{i}.{ending}").exists())

    def test_results_without_a_list_are_not_taken_for_answers(self):
        self.take("resume-with-other-words")
        (self.folder / "T").mkdir()
        (self.folder / "T" / "a.segments.json").write_text("{}")
        outcome = self.segment("a.jpg", "-c", "rock", "--write", "segments", "-q", "-o", "T", "--resume")
        self.assert_refused(outcome, "--overwrite")


class HandMadeLabels(SegmentCase):
    def test_labels_drawn_by_hand_are_kept(self):
        self.take("hand-made-labels")
        before = (self.folder / "a.json").read_bytes()
        outcome = self.segment("a.jpg", "-c", "rock", "--write", "labelme", "-q", "-o", ".")
        self.assertEqual((self.folder / "a.json").read_bytes(), before)
        self.assertIn("a.json", outcome.err)
        self.assertIn("--overwrite", outcome.err)
        self.assert_ok(self.segment("a.jpg", "-c", "rock", "--write", "labelme", "-q", "-o", ".", "--overwrite"))
        self.assertNotEqual((self.folder / "a.json").read_bytes(), before)

    def test_every_kind_and_what_stands_once(self):
        self.pictures("a.jpg")
        kinds = {"overlay": "a.overlay.png", "panoptic": "a.panoptic.json", "instances": "a.instances.json",
                 "semantic": "a.semantic.png", "segments": "a.segments.json", "yolo": "a.txt",
                 "geojson": "a.geojson", "coco": "a.coco.json", "ade20k": "a.ade20k.png"}
        by_hand = list(kinds.values()) + ["data.yaml", "coco-instances.json", "run.json"]
        (self.folder / "T").mkdir()
        for name in by_hand:
            (self.folder / "T" / name).write_text("by hand")
        outcome = self.segment("a.jpg", "-c", "rock", "--write", ",".join(kinds), "-q", "-o", "T")
        for name in by_hand:
            self.assertEqual((self.folder / "T" / name).read_text(), "by hand", name)
            if name != "run.json":
                self.assertIn(name, outcome.err)

    def test_our_labels_corrected_by_hand_are_kept(self):
        self.pictures("a.jpg")
        flags = ["a.jpg", "-c", "rock", "--write", "labelme", "-q", "-o", "."]
        self.assert_ok(self.segment(*flags))
        self.assert_ok(self.segment(*flags))
        corrected = (self.folder / "a.json").read_text().replace("rock", "rack")
        (self.folder / "a.json").write_text(corrected)
        self.assertIn("a.json", self.segment(*flags).err)
        self.assertEqual((self.folder / "a.json").read_text(), corrected)


class StandardOutput(SegmentCase):
    def full(self, *arguments):
        with open("/dev/full", "wb") as full:
            return self.run_fcclip(*arguments, stdout=full)

    def test_full(self):
        self.take("full-standard-output")
        for arguments in (["segment", "a.jpg", "-c", "rock", "--json", "--write", "none"],
                          ["segment", "a.jpg", "-c", "rock", "--write", "none"],
                          ["segment", "a.jpg", "-c", "rock", "-o", "T"],
                          ["info", MODEL], ["info", MODEL, "--json"], ["classes"], ["classes", "coco", "--json"],
                          ["tokenize", "a", "--model", MODEL], ["--version"], ["--help"], ["segment", "--help"],
                          ["score", "semantic", "labels", "labels", "--class-count", "3"],
                          ["score", "semantic", "labels", "labels", "--class-count", "3", "--json"]):
            if arguments[0] == "score":
                (self.folder / "labels").mkdir(exist_ok=True)
                self.run_fcclip("segment", "a.jpg", "-c", "rock", "--write", "ade20k", "-q", "-o", "T2")
                shutil.copy(self.folder / "T2" / "a.ade20k.png", self.folder / "labels" / "a.png")
            outcome = self.full(*arguments)
            self.assert_refused(outcome, "cannot write to the standard output")

    def test_closed(self):
        self.take("full-standard-output")
        env = dict(os.environ, FCCLIP_MODEL=MODEL, XDG_CACHE_HOME=str(self.folder / ".cache"))
        for streams in (">&-", "<&- >&-", "<&- >&- 2>&-"):
            finished = subprocess.run(["sh", "-c", f'"$0" segment a.jpg -c rock --json -o T {streams}', PROGRAM],
                                      cwd=self.folder, env=env, stderr=subprocess.PIPE)
            self.assertEqual(finished.returncode, 1)
            # No file took the place of the stream.
            for path in (self.folder / "T").iterdir():
                self.assertNotIn(b'"question"', path.read_bytes(), path)
                self.assertNotIn(b"cannot write", path.read_bytes(), path)

    def test_reader_that_goes_away(self):
        self.pictures(*(f"in/{i}.jpg" for i in range(30)))
        running = self.start("in", "-c", "rock", "--json", "-o", "T", stdout=subprocess.PIPE)
        running.stdout.readline()
        running.stdout.close()
        said = running.stderr.read()
        self.assertEqual(running.wait(), -signal.SIGPIPE)
        self.assertEqual(said, b"")
        self.assertLess(len(list((self.folder / "T").glob("*.overlay.png"))), 30)
        self.assertEqual(list((self.folder / "T").glob("*.tmp")), [])


class Names(SegmentCase):
    def test_latin_1(self):
        self.take("name-in-latin-1")
        os.rename(os.fsencode(self.folder / "a.jpg"), os.fsencode(self.folder) + b"/Mu\xf1oz.jpg")
        outcome = self.segment(os.fsencode("") + b"Mu\xf1oz.jpg", "-c", "rock", "--json", "--write", "none")
        self.assert_ok(outcome)
        self.assertEqual(outcome.json()["image"], "Mu\ufffdoz.jpg")
        for _ in range(2):  # the list in the folder knows such names again
            self.assert_ok(self.segment(".", "-c", "rock", "--json", "-o", "T"))
        self.assertEqual(self.segment(".", "-c", "rock", "--json", "-o", "T", "--resume").lines(), [])
        self.assertTrue(os.path.exists(os.fsencode(self.folder) + b"/T/Mu\xf1oz.overlay.png"))

    def test_any_byte(self):
        names = ["new\nline.jpg", "tab\t.jpg", "quote'\".jpg", "back\\slash.jpg", "[a-b]{c,d}*?.jpg", "-dash.jpg",
                 "\x1b[31mred.jpg", " blank .jpg", "l" * 200 + ".jpg", "日本.jpg"]
        self.pictures(*(f"in/{name}" for name in names))
        outcome = self.segment("in", "-c", "rock", "--json", "-o", "T")
        self.assertEqual(sorted(self.images(outcome)), sorted(f"in/{name}" for name in names))
        table = self.segment("in", "-c", "rock", "-o", "T")
        self.assert_ok(table)
        self.assertNotIn("\x1b", table.out)
        self.assertIn("10 pictures", table.out)
        (self.folder / "in" / names[0]).write_bytes(b"")
        outcome = self.segment(f"in/{names[0]}", "-c", "rock", "-q", "-o", "T")
        self.assert_refused(outcome, "line.jpg: ", "an empty file")

    def test_a_name_that_leaves_no_room_for_an_ending(self):
        self.pictures("l" * 250 + ".jpg", "a.jpg")
        outcome = self.segment("l" * 250 + ".jpg", "a.jpg", "-c", "rock", "--json", "-o", "T")
        self.assertEqual(outcome.status, 1)
        self.assertEqual([line["image"] for line in outcome.lines()], ["a.jpg"])
        self.assertIn("File name too long", outcome.err)


class RunRecord(SegmentCase):
    def test_says_how_the_results_came_about(self):
        self.pictures("a.jpg")
        self.assert_ok(self.segment("a.jpg", "-c", "rock | cliff, wood", "--stuff", "rock", "-q", "-o", "T"))
        record = json.loads((self.folder / "T" / "run.json").read_text())
        self.assertEqual(record["status"], "complete")
        self.assertEqual(record["settings"]["questions"][0]["classes"][0]["names"], ["rock", "cliff"])
        self.assertFalse(record["settings"]["questions"][0]["classes"][0]["thing"])
        self.assertEqual(record["settings"]["model"]["path"], MODEL)
        self.assertEqual(record["settings"]["task"], "panoptic")
        self.assertEqual(record["images"]["answered"], 1)
        for key in ("program", "libtorch", "instruction_set", "date", "command", "seconds"):
            self.assertIn(key, record)
        for step in ("load", "words", "decode", "network", "ask", "draw", "write", "wall"):
            self.assertIn(step, record["seconds"])

    def test_a_picture_named_run(self):
        self.pictures("run.jpg")
        for _ in range(2):
            outcome = self.segment("run.jpg", "-c", "rock", "--write", "labelme", "-q", "-o", ".")
            self.assert_ok(outcome)
            self.assertEqual(outcome.err, "")
        self.assertIn("shapes", json.loads((self.folder / "run.json").read_text()))


class Seconds(SegmentCase):
    def test_each_step_once(self):
        self.pictures("a.jpg", "b.jpg")
        outcome = self.segment("a.jpg", "b.jpg", "-c", "rock", "-c", "wood", "--json", "-o", "T")
        lines = [set(line["seconds"]) for line in outcome.lines()]
        first = {"decode", "network", "ask", "draw", "write"}
        self.assertEqual(lines, [first | {"load", "words"}, {"ask", "draw", "write"}, first, {"ask", "draw", "write"}])
        table = self.segment("a.jpg", "b.jpg", "-c", "rock", "-o", "T")
        self.assertIn("network", table.out.splitlines()[-1])
        self.assertIn("2 pictures in", table.out.splitlines()[-1])


class Interrupted(SegmentCase):
    def test_says_what_happens_and_how_to_go_on(self):
        self.pictures(*(f"in/{i}.jpg" for i in range(40)))
        running = self.start("in", "-c", "rock", "-q", "-o", "T")
        while not list((self.folder / "T").glob("*.overlay.png")):
            time.sleep(0.002)
        running.send_signal(signal.SIGINT)
        said = running.communicate()[1].decode()
        self.assertEqual(running.returncode, 130, said)
        self.assertIn("stopping; again to stop now", said)
        self.assertIn("--resume", said)
        self.assertNotIn(" 1 images", said)
        self.assertEqual(list((self.folder / "T").glob("*.tmp")), [])
        record = json.loads((self.folder / "T" / "run.json").read_text())
        self.assertEqual(record["status"], "interrupted")
        done = record["images"]["answered"]
        outcome = self.segment("in", "-c", "rock", "--json", "-o", "T", "--resume")
        self.assertEqual(len(self.images(outcome)), 40 - done)


class Only(SegmentCase):
    def test_some_of_the_words(self):
        shutil.copy(SCENE, self.folder / "scene.png")
        whole = self.segment("scene.png", "-c", "bat, rock, wood", "--json", "--write", "none").json()
        part = self.segment("scene.png", "-c", "bat, rock, wood", "--only", "bat", "--json", "--write", "none").json()
        self.assertEqual({s["name"] for s in part["segments"]}, {"bat"})
        scores = {(s["name"], s["area_px"]): s["score"] for s in whole["segments"]}
        for segment in part["segments"]:
            self.assertEqual(segment["score"], scores[("bat", segment["area_px"])])
        self.assert_refused(self.segment("scene.png", "-c", "bat", "--only", "cat", "-q"), "--only", "cat", status=2)


class Tables(SegmentCase):
    def test_one_for_all_pictures(self):
        self.pictures("in/s10.jpg", "in/s9.jpg", 'in/a,"b".jpg')
        self.assert_ok(self.segment("in", "-c", "rock, wood", "--write", "jsonl, csv", "-q", "-o", "T"))
        lines = [json.loads(line) for line in (self.folder / "T" / "results.jsonl").read_text().splitlines()]
        self.assertEqual([line["image"] for line in lines], ['in/a,"b".jpg', "in/s9.jpg", "in/s10.jpg"])
        with open(self.folder / "T" / "segments.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), sum(len(line["segments"]) for line in lines))
        for row, segment in zip(rows, lines[0]["segments"]):
            self.assertEqual((row["image"], row["name"], int(row["area_px"])),
                             ('in/a,"b".jpg', segment["name"], segment["area_px"]))


class OneFile(SegmentCase):
    def test_what_is_not_ours_is_kept(self):
        self.pictures("a.jpg")
        (self.folder / "mine.safetensors").write_bytes(b"not yours")
        merges = ["--merges", SOURCE / "data" / "none"]
        for command in (["convert", MODEL], ["init", *merges], ["trace", "a.jpg", "-c", "rock"]):
            outcome = self.run_fcclip(*command, "-o", "mine.safetensors")
            self.assert_refused(outcome, "mine.safetensors", "--overwrite", status=2)
            self.assertEqual((self.folder / "mine.safetensors").read_bytes(), b"not yours")
        for flags in (["--overwrite"], []):  # what fcclip wrote it may write again
            self.assert_ok(self.run_fcclip("convert", MODEL, "-o", "mine.safetensors", *flags))


class Elsewhere(SegmentCase):
    """Met by users of other tools: the same picture twice, folders that can't be written in, ~, an empty pipe."""

    def test_named_twice(self):
        self.pictures("in/a.jpg")
        outcome = self.segment("in/a.jpg", "./in/a.jpg", "in", "-c", "rock", "--json", "--write", "none")
        self.assertEqual(self.images(outcome), ["in/a.jpg"])
        self.assert_refused(self.segment("-", "-", "-c", "rock", stdin=self.picture), "twice", status=2)

    def test_equal_names_from_two_folders(self):
        self.pictures("one/a.jpg", "two/a.jpg", "two/a.png")
        for _ in range(2):
            self.assert_ok(self.segment("one", "two", "-c", "rock", "--write", "segments", "-q", "-o", "T"))
        self.assertEqual(len(list((self.folder / "T").glob("*.segments.json"))), 3)

    def test_output_that_cannot_be_written(self):
        self.pictures("a.jpg")
        (self.folder / "file").write_text("x")
        self.assert_refused(self.segment("a.jpg", "-c", "rock", "-o", "file"), "file", "not a folder")
        self.assert_refused(self.segment("a.jpg", "-c", "rock", "-o", "file/below"), "file/below")
        self.assert_refused(self.segment("a.jpg", "-c", "rock", "-o", "/proc/no"), "/proc/no")
        self.assertEqual((self.folder / "file").read_text(), "x")

    @unittest.skipIf(ROOT, "root may write everywhere")
    def test_output_that_may_not_be_written(self):
        self.pictures("a.jpg")
        (self.folder / "locked").mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
        self.assert_refused(self.segment("a.jpg", "-c", "rock", "-o", "locked"), "locked")

    def test_home_that_the_shell_did_not_expand(self):
        self.pictures("home/in/a.jpg")
        env = dict(os.environ, FCCLIP_MODEL=MODEL, HOME=str(self.folder / "home"))
        outcome = self.segment("~/in", "-c", "rock", "-q", "--output=~/out", "--no-cache", env=env)
        self.assert_ok(outcome)
        self.assertTrue((self.folder / "home" / "out" / "a.overlay.png").exists())
        self.assertFalse((self.folder / "~").exists())

    def test_nothing_on_standard_input(self):
        self.pictures("a.jpg")
        outcome = self.segment("-", "-c", "rock", "-q", stdin=b"")
        self.assert_refused(outcome, "standard input", "empty")

    def test_a_picture_that_goes_away_meanwhile(self):
        self.pictures(*(f"in/{i}.jpg" for i in range(30)))
        running = self.start("in", "-c", "rock", "-q", "--write", "segments", "-o", "T")
        while not list((self.folder / "T").glob("*.segments.json")):
            time.sleep(0.002)
        (self.folder / "in" / "29.jpg").unlink()
        said = running.communicate()[1].decode()
        self.assertEqual(running.returncode, 1, said)
        self.assertIn("in/29.jpg: No such file", said)
        self.assertEqual(len(list((self.folder / "T").glob("*.segments.json"))), 29)

    def test_natural_order(self):
        self.pictures("in/s10.jpg", "in/s9.jpg", "in/s100.jpg")
        outcome = self.segment("in", "-c", "rock", "--json", "--write", "none")
        self.assertEqual(self.images(outcome), ["in/s9.jpg", "in/s10.jpg", "in/s100.jpg"])

    def test_blanks_and_brackets(self):
        self.pictures("my photos [2019]/a 1.jpg")
        for named in ("my photos [2019]", "my photos [2019]/a 1.jpg", "my photos [2019]/*.jpg"):
            outcome = self.segment(named, "-c", "rock", "--json", "--write", "none")
            self.assertEqual(self.images(outcome), ["my photos [2019]/a 1.jpg"])


class Views(SegmentCase):
    """Answers averaged over several views of a picture."""

    def test_with_the_mirror_image(self):
        asked = ("-c", "wood, rock, bat", "--short-side", "128", "--write", "segments", "--json", SCENE)
        alone, both = (self.segment(*asked, *more, "-o", f"out{len(more)}") for more in ((), ("--tta", "flip")))
        self.assert_ok(both)
        for segments in (alone.lines()[0]["segments"], both.lines()[0]["segments"]):
            self.assertTrue(segments)
        self.assertNotEqual(alone.lines()[0]["segments"], both.lines()[0]["segments"])
        self.assertEqual(json.loads((self.folder / "out2/run.json").read_text())["settings"]["tta"], "flip")

    def test_of_many_sizes(self):
        asked = ("-c", "wood, rock, bat", "--short-side", "64", "--tta", "multiscale", "-o", "out")
        self.assert_refused(self.segment(SCENE, *asked), "semantic results alone", "panoptic ones are asked for", status=2)
        self.assertFalse((self.folder / "out").exists())
        self.assert_refused(self.segment(SCENE, *asked, "-t", "semantic", "--write", "instance"), "instance ones", status=2)
        outcome = self.segment(SCENE, *asked, "-t", "semantic", "--write", "semantic,overlay", "--json")
        self.assert_ok(outcome)
        self.assertTrue(outcome.lines()[0]["segments"])


if __name__ == "__main__":
    unittest.main()


class Places(SegmentCase):
    """What is at a pixel, or in a box."""

    def ask(self, *arguments):
        return self.segment(SCENE, "-v", "world", "--short-side", "256", *arguments)

    def test_all_masks_there_best_first(self):
        # Whatever the picture has, a click into one of its things finds it.
        outcome = self.ask("-t", "instance", "--write", "none", "--json")
        self.assert_ok(outcome)
        # Of a mask with holes and specks the box's middle may be another's: the thing that fills its box best.
        found = [one for one in outcome.lines()[0]["segments"] if one["area_px"] > 2000]
        best = max(found, key=lambda one: one["area_px"] / (one["box_xywh_px"][2] * one["box_xywh_px"][3]))
        left, top, width, height = best["box_xywh_px"]
        x, y = left + width // 2, top + height // 2
        outcome = self.ask("--at", f"{x},{y}", "--json", "-o", "out")
        self.assert_ok(outcome)
        segments = outcome.lines()[0]["segments"]
        self.assertIn(best["name"], [one["name"] for one in segments])
        scores = [one["score"] for one in segments]
        self.assertEqual(scores, sorted(scores, reverse=True))
        for one in segments:
            left_of, top_of, wide, high = one["box_xywh_px"]
            self.assertTrue(left_of <= x < left_of + wide and top_of <= y < top_of + high, one)
        self.assertTrue(list((self.folder / "out").glob("*.overlay.*")))
        settings = json.loads((self.folder / "out/run.json").read_text())["settings"]
        self.assertEqual(settings["points_xy_px"], [[x, y]])
        boxed = self.ask("--box", f"{left},{top},{width},{height}", "--write", "none", "--json")
        self.assert_ok(boxed)
        self.assertIn(best["name"], [one["name"] for one in boxed.lines()[0]["segments"]])

    def test_what_is_no_place(self):
        for arguments, says in ((("--at", "9"), "--at 9: expected X,Y"), (("--at", "a,b"), "expected X,Y"),
                                (("--at", "1,2,"), "expected X,Y"), (("--box", "1,2,3"), "expected X,Y,W,H"),
                                (("--at", "1,1", "--box", "1,1,2,2"), "either points or a box"),
                                (("--at", "1,1", "-t", "semantic"), "are instances"),
                                (("--at", "1,1", "--write", "panoptic"), "panoptic results are to be written"),
                                (("--at", "1,1", "--tta", "multiscale"), "semantic results alone")):
            with self.subTest(arguments):
                self.assert_refused(self.ask(*arguments, "-o", "out"), says, status=2)
        self.assert_refused(self.ask("--at", "99999,1", "-o", "out"), "the point 99999, 1 is not in the picture of", status=1)
        self.assert_refused(self.ask("--box", "1,1,0,5", "-o", "out"), "is not in the picture of", status=1)
        self.assertFalse(list(self.folder.glob("out/*.png")))


class BestWords(SegmentCase):
    """--top: the picture's own words."""

    def ask(self, *arguments):
        return self.segment(SCENE, "-v", "everything", "--short-side", "256", "--write", "none", *arguments)

    def test_are_listed_once_each_best_first(self):
        outcome = self.ask("--top", "20", "--json")
        self.assert_ok(outcome)
        answer = outcome.lines()[0]
        words = answer["best_words"]
        self.assertEqual(len(words), 20)
        self.assertEqual(len({word["name"] for word in words}), 20)
        scores = [word["score"] for word in words]
        self.assertEqual(scores, sorted(scores, reverse=True))
        best = max(answer["segments"], key=lambda segment: segment["score"])
        self.assertIn(best["name"], [word["name"] for word in words])
        self.assertNotIn("best_words", self.ask("--json").lines()[0])

    def test_stand_below_the_segments(self):
        outcome = self.ask("--top", "3")
        self.assert_ok(outcome)
        title, head, *rows = outcome.out[outcome.out.index("  best words"):].splitlines()
        self.assertEqual(title, "  best words of the picture, each where it fits best")
        self.assertEqual(head.split()[:2], ["no.", "name"])
        self.assertEqual([row.split()[0] for row in rows[:3]], ["1", "2", "3"])

    def test_are_not_asked_for_at_a_place(self):
        self.assert_refused(self.ask("--top", "3", "--at", "9,9"), "--top", "--at", status=2)
        self.assert_refused(self.ask("--top", "0"), "--top 0", status=2)
