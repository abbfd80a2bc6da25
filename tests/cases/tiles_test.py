"""Pictures in windows: what is written, that seams are joined, and what is refused."""

import functools
import json
import os
import shutil
import signal
import struct
import subprocess
import time
import unittest
import zlib

from picture_files import read_png
from support import MODEL, PROGRAM, SCENE, Case

NAMES = ["ladybug", "man", "rock", "rust", "corrugated metal"]
WINDOWS = ("-c", ", ".join(NAMES), "--stuff", "rock, rust, corrugated metal", "--tile", "96", "--short-side", "144")


@functools.cache
def scene():
    return read_png(SCENE)


def geo_tiff(path, width, height, no_data=None):
    """The example scene's lower right in 8-bit RGB in strips of 16 rows, larger pictures repeat it; UTM zone 33, 10 m a
    pixel; no-data where x < 40 when there is such a value."""
    scene_height, scene_width, pixels = scene()
    line = [x % 240 + scene_width - 240 for x in range(width)]
    rows = [b"".join(b"\0\0\0" if no_data is not None and x < 40 else
                     bytes(max(value, 1) for value in pixels[(scene_height - 150 + y % 150) * scene_width + at])
                     for x, at in enumerate(line)) for y in range(height)]
    strips = [b"".join(rows[y:y + 16]) for y in range(0, height, 16)]
    offsets, position = [], 8
    for strip in strips:
        offsets.append(position)
        position += len(strip)
    tags = [(256, "I", [width]), (257, "I", [height]), (258, "H", [8, 8, 8]), (259, "H", [1]), (262, "H", [2]),
            (273, "I", offsets), (277, "H", [3]), (278, "I", [16]), (279, "I", [len(strip) for strip in strips]),
            (33550, "d", [10, 10, 0]), (33922, "d", [0, 0, 0, 500000, 4600000, 0]),
            (34735, "H", [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633])]
    if no_data is not None:
        tags.append((42113, "s", no_data.encode() + b"\0"))
    kinds = {"s": 2, "H": 3, "I": 4, "d": 12}
    entries, values = b"", b""
    far = position + 2 + 12 * len(tags) + 4
    for tag, kind, numbers in tags:
        data = numbers if kind == "s" else struct.pack(f"<{len(numbers)}{kind}", *numbers)
        entries += struct.pack("<HHI", tag, kinds[kind], len(numbers))
        entries += data.ljust(4, b"\0") if len(data) <= 4 else struct.pack("<I", far + len(values))
        values += data + b"\0" * (len(data) % 2) if len(data) > 4 else b""
    path.write_bytes(b"II*\0" + struct.pack("<I", position) + b"".join(strips) + struct.pack("<H", len(tags)) + entries
                     + b"\0\0\0\0" + values)


def labels_of(path):
    """A label TIFF of fcclip as rows, and its tags: tiles of 256, deflate, little-endian, classic."""
    data = path.read_bytes()
    assert data[:4] == b"II*\0"
    directory = struct.unpack_from("<I", data, 4)[0]
    tags = {}
    for i in range(struct.unpack_from("<H", data, directory)[0]):
        tag, kind, count = struct.unpack_from("<HHI", data, directory + 2 + 12 * i)
        size = {2: 1, 3: 2, 4: 4, 12: 8, 16: 8}[kind] * count
        place = directory + 10 + 12 * i if size <= 4 else struct.unpack_from("<I", data, directory + 10 + 12 * i)[0]
        tags[tag] = (data[place:place + size] if kind == 2
                     else struct.unpack_from(f"<{count}{ {3: 'H', 4: 'I', 12: 'd', 16: 'Q'}[kind]}", data, place))
    width, height, bits = tags[256][0], tags[257][0], tags[258][0]
    rows = [[0] * width for _ in range(height)]
    across = (width + 255) // 256
    for i, (offset, length) in enumerate(zip(tags[324], tags[325])):
        tile = zlib.decompress(data[offset:offset + length])
        values = struct.unpack(f"<65536{'B' if bits == 8 else 'H'}", tile)
        for y in range(i // across * 256, min(height, i // across * 256 + 256)):
            x = i % across * 256
            part = values[y % 256 * 256:y % 256 * 256 + min(256, width - x)]
            rows[y][x:x + len(part)] = part
    return rows, tags


class Windows(Case):
    def setUp(self):
        super().setUp()
        geo_tiff(self.folder / "map.tif", 200, 150, no_data="0")

    def segment(self, *arguments, **options):
        return self.run_fcclip("segment", *arguments, *WINDOWS, **options)

    def test_files_of_a_map(self):
        outcome = self.segment("map.tif", "-o", "out")
        self.assert_ok(outcome)
        self.assertIn("map.tif: 200x150, ", outcome.out)
        self.assertIn("6 windows of 96 (overlap 12), overview 200x150", outcome.out)
        self.assertEqual(sorted(os.listdir(self.folder / "out")),
                         ["map.geojson", "map.overlay.png", "map.panoptic.tif", "map.segments.json", "map.semantic.tif",
                          "run.files.jsonl", "run.json"])
        ids, tags = labels_of(self.folder / "out" / "map.panoptic.tif")
        self.assertEqual(tags[33550], (10, 10, 0))
        self.assertEqual(tags[33922], (0, 0, 0, 500000, 4600000, 0))
        self.assertEqual(tags[34735][-1], 32633)
        self.assertEqual(tags[42113], b"0\0")
        self.assertTrue(all(value == 0 for row in ids for value in row[:40]), "no-data belongs to no segment")
        document = json.loads((self.folder / "out" / "map.segments.json").read_text())
        self.assertEqual((document["width"], document["height"], document["tile"]), (200, 150, 96))
        segments = {one["id"]: one for one in document["segments"]}
        self.assertGreater(len(segments), 0)
        for value, segment in segments.items():
            places = [(x, y) for y, row in enumerate(ids) for x, found in enumerate(row) if found == value]
            self.assertEqual(len(places), segment["area_px"])
            xs, ys = [x for x, _ in places], [y for _, y in places]
            self.assertEqual(segment["box_xywh_px"], [min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1])
        classes, tags = labels_of(self.folder / "out" / "map.semantic.tif")
        self.assertEqual(tags[42113], b"255\0")
        for row, other in zip(ids, classes):
            for value, label in zip(row, other):
                self.assertEqual(label, 255 if value == 0 else NAMES.index(segments[value]["name"]))

    def test_outlines_lie_on_the_map(self):
        self.assert_ok(self.segment("map.tif", "-o", "out", "--tolerance", "0"))
        document = json.loads((self.folder / "out" / "map.geojson").read_text())
        self.assertEqual(document["crs"]["properties"]["name"], "urn:ogc:def:crs:EPSG::32633")
        self.assertGreater(len(document["features"]), 0)
        for feature in document["features"]:
            polygons = feature["geometry"]["coordinates"]
            if feature["geometry"]["type"] == "Polygon":
                polygons = [polygons]
            area = 0
            for polygon in polygons:
                for ring in polygon:
                    self.assertEqual(ring[0], ring[-1])
                    for x, y in ring:
                        self.assertTrue(500400 <= x <= 502000 and 4598500 <= y <= 4600000, (x, y))
                    area += sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:])) / 2
            self.assertAlmostEqual(area, feature["properties"]["area_px"] * 100)

    def test_one_window_is_the_picture(self):
        shutil.copy(SCENE, self.folder / "scene.png")
        words = ("-c", "rock, wood, bat, ladybug", "--stuff", "rock, wood", "--write", "segments")
        self.assert_ok(self.run_fcclip("segment", "scene.png", *words, "-o", "whole"))
        self.assert_ok(self.run_fcclip("segment", "scene.png", *words, "-o", "tiled", "--tile", "1024"))
        found = [sorted((one["name"], one["area_px"], one["box_xywh_px"]) for one in
                        json.loads((self.folder / folder / "scene.segments.json").read_text())["segments"])
                 for folder in ("whole", "tiled")]
        self.assertEqual(found[0], found[1])

    def test_several_questions_and_resume(self):
        arguments = ("segment", "map.tif", "-c", "rock, wood", "-c", "rust", "--tile", "64", "--short-side", "64", "--json",
                     "--write", "panoptic, segments", "-o", "out", "--resume")
        lines = self.run_fcclip(*arguments).lines()
        self.assertEqual([line["question"] for line in lines], [1, 2])
        self.assertEqual([line["windows"]["count"] for line in lines], [12, 12])
        self.assertTrue((self.folder / "out" / "map.2.panoptic.tif").exists())
        record = json.loads((self.folder / "out" / "run.json").read_text())
        self.assertEqual((record["status"], record["images"]["answered"], record["windows"]), ("complete", 1, 12))
        self.assertEqual((record["settings"]["tile"], len(record["settings"]["questions"])), (64, 2))
        self.assertEqual(self.run_fcclip(*arguments).out, "")
        self.assertEqual(json.loads((self.folder / "out" / "run.json").read_text())["images"],
                         {"all": 1, "answered": 0, "failed": 0, "finished before": 1})
        quiet = [word for word in arguments if word != "--json"]
        self.assertIn("1 already written, skipped", self.run_fcclip(*quiet).out)

    def test_shards_of_a_folder(self):
        (self.folder / "maps").mkdir()
        for name in "abc":
            (self.folder / "maps" / f"{name}.tif").write_bytes((self.folder / "map.tif").read_bytes())
        common = ("segment", "maps", "-c", "rock, wood", "--tile", "64", "--short-side", "64", "--write",
                  "panoptic, segments", "-q")
        self.assert_ok(self.run_fcclip(*common, "-o", "whole"))
        for number in (1, 2):
            self.assert_ok(self.run_fcclip(*common, "-o", "parts", "--shard", f"{number}/2"))
            record = json.loads((self.folder / "parts" / f"run.{number}-of-2.json").read_text())
            self.assertEqual((record["status"], record["images"]["answered"]), ("complete", 3 - number))
        for name in ("a.panoptic.tif", "b.panoptic.tif", "c.segments.json"):
            self.assertEqual((self.folder / "parts" / name).read_bytes(), (self.folder / "whole" / name).read_bytes())
        names = [name for name in os.listdir(self.folder / "whole") if not name.startswith("run.")]
        self.assertEqual(sorted(names), sorted(name for name in os.listdir(self.folder / "parts")
                                               if not name.startswith("run.")))

    def test_beside_pictures_that_are_seen_as_a_whole(self):
        """A picture that claims to be large, and has too few pixels: it fails, and its record says so."""
        data = bytearray((self.folder / "map.tif").read_bytes())
        for tag in (256, 257):
            at = data.index(struct.pack("<HHI", tag, 4, 1))
            data[at + 8:at + 12] = struct.pack("<I", 20000)
        (self.folder / "huge.tif").write_bytes(data)
        outcome = self.run_fcclip("segment", "map.tif", "huge.tif", "-c", "rock", "--short-side", "64", "--write", "segments",
                                  "-o", "out")
        self.assertEqual(outcome.status, 1, outcome.err)
        whole, windows = (json.loads((self.folder / "out" / name).read_text())
                          for name in ("run.json", "run.windows.json"))
        self.assertEqual((whole["images"]["answered"], whole["images"]["failed"]), (1, 0))
        self.assertEqual((windows["images"]["answered"], windows["images"]["failed"]), (0, 1))
        self.assertEqual(windows["failures"][0]["image"], "huge.tif")
        self.assertNotEqual(whole["run"], windows["run"])

    def test_semantic_answers(self):
        self.assert_ok(self.segment("map.tif", "-o", "out", "--task", "semantic", "--write", "segments"))
        document = json.loads((self.folder / "out" / "map.segments.json").read_text())
        self.assertEqual(document["task"], "semantic")
        self.assertEqual(sum(one["area_px"] for one in document["segments"]), 160 * 150)

    def refused(self, says, *arguments, status=1):
        outcome = self.run_fcclip("segment", *arguments)
        self.assert_refused(outcome, says, status=status)
        left = [name for name in os.listdir(self.folder / "out")] if (self.folder / "out").exists() else []
        self.assertEqual([name for name in left if name not in ("run.files.jsonl", "run.json")], [])

    def test_what_cannot_work(self):
        usage = [("--tile 63: expected 64 to 16384", "--tile", "63"),
                 ("an overlap of 40 pixels: expected 0 to 32, half the tile", "--tile", "64", "--overlap", "40"),
                 ("--overlap -1: expected 0 to 16384", "--overlap", "-1"),
                 ("stretch '2,101'", "--tile", "64", "--stretch", "2,101"),
                 ("'instance' is not written of pictures in windows", "--tile", "64", "--write", "instance"),
                 ("windows are put together of panoptic or semantic answers", "--tile", "64", "--task", "instance",
                  "--write", "segments"),
                 ("--at and --box ask a picture that the network sees as a whole", "--tile", "64", "--at", "3,3"),
                 ("--top: a picture's best words are those of the picture as a whole", "--tile", "64", "--top", "5")]
        for says, *arguments in usage:
            with self.subTest(arguments):
                self.refused(says, "map.tif", "-c", "rock", "-o", "out", *arguments, status=2)
        self.refused("has 3 bands, band 7 was asked for", "map.tif", "-c", "rock", "-o", "out", "--tile", "64", "--bands",
                     "7,1,2")

    def test_a_file_that_ends_in_the_middle(self):
        data = (self.folder / "map.tif").read_bytes()
        # The directory moves to the front part's end; the strips behind are gone.
        directory = struct.unpack_from("<I", data, 4)[0]
        broken = bytearray(data)
        entries = struct.unpack_from("<H", data, directory)[0]
        for i in range(entries):
            tag, _, count = struct.unpack_from("<HHI", data, directory + 2 + 12 * i)
            if tag == 273:
                place = struct.unpack_from("<I", data, directory + 10 + 12 * i)[0]
                struct.pack_into("<I", broken, place + 4 * (count - 2), len(data) + 1000)
        (self.folder / "map.tif").write_bytes(broken)
        self.refused("damaged or truncated TIFF: strip 8 cannot be read", "map.tif", "-o", "out", *WINDOWS)

    def test_files_of_others_stay(self):
        (self.folder / "out").mkdir()
        (self.folder / "out" / "map.panoptic.tif").write_text("mine")
        outcome = self.segment("map.tif", "-o", "out")
        self.assert_refused(outcome, "map.panoptic.tif is there, and fcclip did not write it", status=1)
        self.assertEqual((self.folder / "out" / "map.panoptic.tif").read_text(), "mine")
        self.assert_ok(self.segment("map.tif", "-o", "out", "--overwrite"))

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_folder_that_cannot_be_written(self):
        (self.folder / "out").mkdir(mode=0o555)
        self.assert_refused(self.segment("map.tif", "-o", "out"), "can't write in", status=1)

    def test_stopped(self):
        geo_tiff(self.folder / "large.tif", 1500, 1100)
        running = subprocess.Popen([PROGRAM, "segment", "large.tif", "-o", "out", *WINDOWS, "--no-cache"],
                                   cwd=self.folder, env=dict(os.environ, FCCLIP_MODEL=MODEL), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        for _ in range(300):
            if (self.folder / "out").exists():
                break
            time.sleep(0.1)
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
        self.assertEqual(running.returncode, 130, err)
        self.assertIn(b"windows", err)
        self.assertEqual(sorted(os.listdir(self.folder / "out")), ["run.files.jsonl", "run.json"])
        self.assertEqual(json.loads((self.folder / "out" / "run.json").read_text())["status"], "interrupted")


if __name__ == "__main__":
    unittest.main()
