"""Rows that do not come from words: objects that are shown, and words fitted to labelled pictures."""

import json
import shutil
import struct
import unittest
import zlib

from support import SCENE, Case

SMALL = ("--short-side", "256", "--max-side", "512")


def write_png(path, width, height, pixel, channels):
    """pixel(x, y) gives the channels' bytes."""
    kinds = {1: 0, 3: 2, 4: 6}
    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(width)) for y in range(height))

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    path.write_bytes(b"\x89PNG\r\n\x1a\n"
                     + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kinds[channels], 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def size_of(path):
    return struct.unpack(">II", path.read_bytes()[16:24])


class Rows(Case):
    def setUp(self):
        super().setUp()
        shutil.copy(SCENE, self.folder / "scene.png")
        self.width, self.height = size_of(SCENE)

    def segment(self, *arguments):
        return self.run_fcclip("segment", "scene.png", *arguments, "--write", "none", "--json", *SMALL)

    def ladybug(self):
        """The segment of the word, and a mask of its box."""
        outcome = self.segment("-c", "ladybug, rock, wood, christmas tree, sailboat")
        self.assert_ok(outcome)
        found = next(one for one in outcome.lines()[0]["segments"] if one["name"] == "ladybug")
        left, top, wide, high = found["box_xywh_px"]

        def inside(x, y):
            return (255 if left <= x < left + wide and top <= y < top + high else 0,)

        write_png(self.folder / "mask.png", self.width, self.height, inside, 1)
        return found


class Shown(Rows):
    def test_an_object_with_a_mask_stands_for_its_word(self):
        word = self.ladybug()
        outcome = self.segment("-c", "rock, wood, christmas tree, sailboat", "--example", "scene.png:mask.png=thingy")
        self.assert_ok(outcome)
        shown = [one for one in outcome.lines()[0]["segments"] if one["name"] == "thingy"]
        self.assertIn(word["box_xywh_px"], [one["box_xywh_px"] for one in shown])

    def test_without_words_it_alone_is_reported(self):
        self.ladybug()
        outcome = self.segment("--example", "scene.png:mask.png=ladybug")
        self.assert_ok(outcome)
        self.assertEqual({one["name"] for one in outcome.lines()[0]["segments"]}, {"ladybug"})

    def test_without_a_mask_it_is_what_stands_in_the_middle(self):
        outcome = self.segment("-c", "rock", "--example", "scene.png=thingy")
        self.assert_ok(outcome)
        self.assertIn("scene.png: no mask, so thingy is what stands in the middle", outcome.err)

    def test_a_cut_out_brings_its_mask(self):
        write_png(self.folder / "cut.png", 40, 30,
                  lambda x, y: (200, 30, 30, 255 if 8 <= x < 32 and 6 <= y < 24 else 0), 4)
        outcome = self.segment("-c", "rock", "--example", "cut.png=thingy")
        self.assert_ok(outcome)
        self.assertNotIn("no mask", outcome.err)

    def test_refusals(self):
        write_png(self.folder / "small.png", 8, 8, lambda x, y: (255,), 1)
        write_png(self.folder / "empty.png", self.width, self.height, lambda x, y: (0,), 1)
        write_png(self.folder / "clear.png", 8, 8, lambda x, y: (9, 9, 9, 20), 4)
        (self.folder / "text.png").write_text("no picture")
        for example, status, says in (
                ("scene.png", 2, "no name; expected FILE=NAME"),
                ("scene.png=", 2, "no name"),
                ("scene.png= a, b", 2, "a name with a comma"),
                ("=mug", 2, "no picture"),
                ("scene.png:=mug", 2, "no mask behind the colon"),
                ("nowhere.png=mug", 1, "nowhere.png"),
                ("scene.png:nowhere.png=mug", 1, "nowhere.png"),
                ("scene.png:text.png=mug", 1, "text.png"),
                ("text.png=mug", 1, "text.png"),
                ("scene.png:small.png=mug", 2, f"a mask of 8 x 8 pixels for a picture of {self.width} x {self.height}"),
                ("scene.png:empty.png=mug", 2, "empty.png: an empty mask"),
                ("clear.png=mug", 2, "a cut-out of which nothing is to be seen")):
            with self.subTest(example=example):
                outcome = self.run_fcclip("segment", "scene.png", "-c", "rock", "--example", example, "-o", "out")
                self.assert_refused(outcome, says, status=status)
                self.assertFalse((self.folder / "out").exists())


class Adapted(Rows):
    """fcclip adapt on one picture whose left and right half are labelled."""

    def setUp(self):
        super().setUp()
        (self.folder / "pictures").mkdir()
        (self.folder / "few").mkdir()
        shutil.copy(SCENE, self.folder / "pictures" / "scene.png")
        write_png(self.folder / "few" / "scene.png", self.width, self.height,
                  lambda x, y: (1 if 2 * x < self.width else 2, 0, 0), 3)
        (self.folder / "few.json").write_text(json.dumps({
            "images": [{"id": 1, "file_name": "scene.png", "width": self.width, "height": self.height}],
            "categories": [{"id": 3, "name": "leftish", "isthing": 0}, {"id": 8, "name": "rightish", "isthing": 0},
                           {"id": 9, "name": "zebra", "isthing": 1}],
            "annotations": [{"image_id": 1, "file_name": "scene.png", "segments_info": [
                {"id": 1, "category_id": 3, "iscrowd": 0}, {"id": 2, "category_id": 8, "iscrowd": 0}]}]}))

    def adapt(self, *arguments):
        return self.run_fcclip("adapt", "--images", "pictures", "--panoptic-json", "few.json", *arguments, *SMALL)

    def test_words_with_rows_are_taken_as_words(self):
        outcome = self.adapt("-o", "mine.safetensors")
        self.assert_ok(outcome)
        self.assertIn("rows of 2 classes", outcome.out)
        self.assertIn("no labelled picture shows zebra; it keeps its word", outcome.err)
        self.assert_ok(self.segment("-v", "mine.safetensors"))
        listed = self.run_fcclip("classes", "mine.safetensors")
        self.assert_ok(listed)
        self.assertIn("leftish", listed.out)
        scored = self.run_fcclip("eval", "--images", "pictures", "--panoptic-json", "few.json", "-v",
                                 "mine.safetensors", "-o", "scores", "--json", *SMALL)
        self.assert_ok(scored)
        # Other rows are another evaluation.
        self.assert_ok(self.adapt("-o", "mine.safetensors", "--pull", "1000"))
        again = self.run_fcclip("eval", "--images", "pictures", "--panoptic-json", "few.json", "-v",
                                "mine.safetensors", "-o", "scores", "--resume", *SMALL)
        self.assertEqual(again.status, 2, again.err)

    def test_another_models_rows_are_refused(self):
        self.assert_ok(self.adapt("-o", "mine.safetensors"))
        data = (self.folder / "mine.safetensors").read_bytes()
        at = data.index(b'rows_of') + len(b'rows_of\\":\\"')
        digit = b"0" if data[at:at + 1] != b"0" else b"1"
        (self.folder / "other.safetensors").write_bytes(data[:at] + digit + data[at + 1:])
        self.assert_refused(self.segment("-v", "other.safetensors"), 'the rows of "leftish" are another model\'s',
                            status=2)

    def test_refusals(self):
        self.assert_refused(self.run_fcclip("adapt"), "no labelled pictures", status=2)
        (self.folder / "mine.safetensors").write_text("precious")
        self.assert_refused(self.adapt("-o", "mine.safetensors"), "there already", status=2)
        self.assertEqual((self.folder / "mine.safetensors").read_text(), "precious")
        document = json.loads((self.folder / "few.json").read_text())
        document["annotations"][0]["segments_info"] = []
        (self.folder / "few.json").write_text(json.dumps(document))
        outcome = self.adapt("-o", "none.safetensors")
        self.assertEqual(outcome.status, 2, outcome.err)
        self.assertIn("show none of the classes", outcome.err)
        self.assertFalse((self.folder / "none.safetensors").exists())


if __name__ == "__main__":
    unittest.main()
