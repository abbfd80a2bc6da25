"""What `fcclip segment` writes and shows: instances, pictures of segments, the gallery, the table, other tools' files."""

import fcntl
import html.parser
import json
import os
import pty
import re
import struct
import subprocess
import termios
import unittest
import zlib

from support import MODEL, PROGRAM, SCENE, Case

WORDS = "ladybug, bat, rock, wood"


def read_png(path):
    """(width, height, channels, rows of bytes) of a PNG of 8 bits."""
    data, at, header, packed = path.read_bytes(), 8, None, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        if kind == b"IDAT":
            packed += body
        at += 12 + length
    width, height, depth, colour = header[:4]
    assert depth == 8, depth
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    stride, raw, rows, above = width * channels, zlib.decompress(packed), [], bytes(width * channels)
    for y in range(height):
        kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        for x in range(stride):
            a = line[x - channels] if x >= channels else 0
            b, c = above[x], above[x - channels] if x >= channels else 0
            paeth = min((a, b, c), key=lambda value: abs(a + b - c - value))
            line[x] = (line[x] + (0, a, b, (a + b) // 2, paeth)[kind]) & 255
        rows.append(bytes(line))
        above = line
    return width, height, channels, rows


class Instances(Case):
    def segment(self, *more):
        outcome = self.run_fcclip("segment", SCENE, "-c", WORDS, "--task", "instance", "-o", "T", *more)
        self.assert_ok(outcome)
        return outcome

    def test_empty_instances(self):
        """No instance without a pixel, whatever the threshold."""
        self.segment("--write", "instances,segments,coco", "-q", "--min-score", "0")
        found = json.loads((self.folder / "T/scene.instances.json").read_text())
        self.assertGreater(len(found), 20)
        for one in found:
            self.assertGreater(one["bbox"][2] * one["bbox"][3], 0)
        segments = json.loads((self.folder / "T/scene.segments.json").read_text())["segments"]
        self.assertEqual(len(segments), len(found))
        self.assertTrue(all(one["area_px"] > 0 for one in segments))
        polygons = json.loads((self.folder / "T/scene.coco.json").read_text())["annotations"]
        self.assertEqual(len(polygons), len(found))

    def test_default_threshold_is_told(self):
        outcome = self.segment("--write", "instances,segments,coco")
        found = json.loads((self.folder / "T/scene.instances.json").read_text())
        self.assertTrue(0 < len(found) < 15, len(found))
        self.assertTrue(all(one["score"] >= 0.3 for one in found))
        self.assertRegex(outcome.out, r"\n  \d+ below 0\.3 not shown \(--min-score\)\n")
        document = json.loads((self.folder / "T/scene.segments.json").read_text())
        self.assertEqual(document["min_score"], 0.3)
        hidden = int(re.search(r"(\d+) below", outcome.out).group(1))
        self.assertEqual(document["below_min_score"], hidden)
        everything = self.segment("--write", "segments", "--json", "--min-score", "0").lines()[0]
        self.assertEqual(len(everything["segments"]), len(found) + hidden)
        # The table begins with the surest.
        scores = [one["score"] for one in document["segments"]]
        self.assertEqual(scores, sorted(scores, reverse=True))

    def test_threshold_also_where_panoptic_was_asked(self):
        self.assert_ok(self.run_fcclip("segment", SCENE, "-c", WORDS, "-q", "--write", "panoptic,instances", "-o", "T"))
        found = json.loads((self.folder / "T/scene.instances.json").read_text())
        self.assertTrue(found and all(one["score"] >= 0.3 for one in found))
        self.segment("--write", "instances", "-q", "--min-score", "0.9")
        found = json.loads((self.folder / "T/scene.instances.json").read_text())
        self.assertTrue(all(one["score"] >= 0.9 for one in found))


class Kinds(Case):
    def test_blanks_and_all(self):
        self.assert_ok(self.run_fcclip("segment", SCENE, "-c", WORDS, "-q", "--write", " segments , yolo ", "-o", "T"))
        self.assertTrue((self.folder / "T/scene.txt").exists())
        # Ids of COCO's things do not fit cityscapes-instances: all leaves it out, its name does not.
        self.assert_ok(self.run_fcclip("segment", SCENE, "-v", "coco", "-q", "--write", "all", "-o", "A"))
        for name in ("scene.overlay.png", "scene.geojson", "scene.ade20k.png", "scene.crops.json", "index.html",
                     "data.yaml", "coco-instances.json"):
            self.assertTrue((self.folder / "A" / name).exists(), name)
        self.assert_ok(self.run_fcclip("segment", SCENE, "-c", WORDS, "-q", "--write", "all", "-o", "B"))
        self.assertTrue((self.folder / "B/scene.instanceIds.png").exists())

    def test_unknown_kind(self):
        outcome = self.run_fcclip("segment", SCENE, "-c", WORDS, "--write", "overlay, segmnets", "-o", "T")
        self.assert_refused(outcome, "segmnets", "did you mean segments", status=2)
        self.assertFalse((self.folder / "T").exists())


class SegmentPictures(Case):
    def write(self, *words, kinds="crops,cutouts,masks,panoptic", picture=SCENE):
        self.assert_ok(self.run_fcclip("segment", picture, "-q", "--write", kinds, "-o", "T", *words))

    def index(self, kind, stem="scene"):
        return json.loads((self.folder / f"T/{stem}.{kind}.json").read_text())["files"]

    def test_pictures_of_segments(self):
        self.write("-c", WORDS, "--stuff", "rock, wood")
        panoptic = json.loads((self.folder / "T/scene.panoptic.json").read_text())["annotations"][0]["segments_info"]
        _, _, _, ids = read_png(self.folder / "T/scene.panoptic.png")
        _, _, channels, scene = read_png(SCENE)
        masks, cutouts, crops = (self.index(kind) for kind in ("masks", "cutouts", "crops"))
        self.assertEqual(len(masks), len(panoptic))
        for mask, cutout, crop, truth in zip(masks, cutouts, crops, panoptic):
            self.assertEqual(mask["file"], f"masks/scene.{truth['id']}.{mask['name']}.png")
            x, y, width, height = truth["bbox"]
            size = read_png(self.folder / "T" / mask["file"])
            self.assertEqual(size[:3], (640, 480, 1))
            self.assertEqual(sum(row.count(255) for row in size[3]), truth["area"])
            self.assertEqual(sum(row.count(0) for row in size[3]), 640 * 480 - truth["area"])
            cut_width, cut_height, cut_channels, cut = read_png(self.folder / "T" / cutout["file"])
            self.assertEqual((cut_width, cut_height, cut_channels), (width, height, 4))
            crop_size = read_png(self.folder / "T" / crop["file"])
            self.assertEqual(crop_size[:3], (width, height, 3))
            for row in range(0, height, 7):
                for column in range(0, width, 5):
                    at = (x + column) * channels
                    colour = scene[y + row][at : at + 3]
                    inside = ids[y + row][3 * (x + column)] == truth["id"]
                    self.assertEqual(crop_size[3][row][3 * column : 3 * column + 3], colour)
                    wanted = colour + b"\xff" if inside else bytes(4)
                    self.assertEqual(cut[row][4 * column : 4 * column + 4], wanted)

    def test_asking_again_leaves_no_old_pictures(self):
        self.write("-c", WORDS, kinds="crops")
        (self.folder / "T/crops/scene.1.of-mine.png").write_bytes(b"mine")
        self.write("-c", "bat | wooden bat", kinds="crops")
        left = {path.name for path in (self.folder / "T/crops").iterdir()}
        listed = {one["file"].removeprefix("crops/") for one in self.index("crops")}
        self.assertEqual(left, listed | {"scene.1.of-mine.png"})

    def test_words_that_are_no_file_names(self):
        """Slashes, dots, pictographs, 300 letters: FiftyOne, ultralytics and labelme exporters all met them."""
        words = (("../../etc/passwd", "_etc_passwd"), ("a/b\\c:d*e?", "a_b_c_d_e_"), ("...", "_"),
                 ("Straße 7", "Straße_7"), ("椅子", "椅子"), ("🦇", "🦇"), ("n" * 300, "n" * 60))
        questions = [part for word, _ in words for part in ("-c", word)]
        self.write(*questions, "--task", "semantic", kinds="masks")
        for number, (word, part) in enumerate(words, 1):
            (one,) = self.index("masks", f"scene.{number}")
            self.assertEqual(one["file"], f"masks/scene.{number}.1.{part}.png")
            self.assertEqual(one["name"], word)
            self.assertTrue((self.folder / "T" / one["file"]).exists())
        self.assertEqual(len(list((self.folder / "T/masks").iterdir())), len(words))

    def test_equal_stems(self):
        for name in ("a", "b"):
            (self.folder / name).mkdir()
            (self.folder / name / "scene.png").write_bytes(SCENE.read_bytes())
        self.assert_ok(self.run_fcclip("segment", "a/scene.png", "b/scene.png", "-c", "bat", "--task", "semantic", "-q",
                                       "--write", "masks,segments", "-o", "T"))
        self.assertEqual(len(list((self.folder / "T/masks").iterdir())), 2)
        self.assertEqual(len(list((self.folder / "T").glob("*.segments.json"))), 2)


class Page(html.parser.HTMLParser):
    """The gallery's data, and every tag outside of it."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.data, self.inside = [], "", False
        self.feed(text)
        self.data = json.loads(self.data)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.inside = ("type", "application/json") in attributes

    def handle_data(self, data):
        self.data += data if self.inside else ""

    def handle_endtag(self, tag):
        self.inside = False


class Gallery(Case):
    def gallery(self, folder, *more):
        self.assert_ok(self.run_fcclip("segment", folder, "-q", "--write", "gallery", "-o", "T", *more))
        text = (self.folder / "T/index.html").read_text()
        self.assertNotRegex(text, r"(src|href)=\"?(https?:)?//")
        return Page(text)

    def test_names_that_are_markup(self):
        pictures = self.folder / "in"
        (pictures / "sub").mkdir(parents=True)
        for name in ("</script><img src=x onerror=alert(1)>.png".replace("/", "∕"), "sub/a #1?&%20.png"):
            (pictures / name).write_bytes(SCENE.read_bytes())
        with open(os.fsencode(pictures) + b"/caf\xe9.png", "wb") as latin_1:
            latin_1.write(SCENE.read_bytes())
        page = self.gallery("in", "-c", "bat, <b>wood</b><!--, </script>", "--task", "semantic")
        self.assertEqual(page.tags.count("script"), 2)
        self.assertNotIn("b", page.tags)
        self.assertEqual(page.data["questions"], [["bat", "<b>wood</b><!--", "</script>"]])
        self.assertEqual(len(page.data["pictures"]), 3)
        for picture in page.data["pictures"]:
            link = picture["answers"][0]["overlay"]
            self.assertRegex(link, r"^[A-Za-z0-9%._~/-]+$")
            raw = re.sub(rb"%([0-9A-F]{2})", lambda match: bytes([int(match.group(1), 16)]), link.encode())
            self.assertTrue(os.path.exists(os.fsencode(self.folder / "T") + b"/" + raw), link)
        self.assertIn("sub/a #1?&%20.png", [picture["name"] for picture in page.data["pictures"]])

    def test_several_questions_and_a_failed_picture(self):
        pictures = self.folder / "in"
        pictures.mkdir()
        (pictures / "a.png").write_bytes(SCENE.read_bytes())
        (pictures / "broken.png").write_bytes(b"no picture")
        outcome = self.run_fcclip("segment", "in", "-c", "bat, rock", "-c", "wood", "-q", "--write", "gallery", "-o", "T")
        self.assertEqual(outcome.status, 1)
        data = Page((self.folder / "T/index.html").read_text()).data
        self.assertEqual(data["questions"], [["bat", "rock"], ["wood"]])
        (picture,) = data["pictures"]
        self.assertEqual([answer["overlay"] for answer in picture["answers"]], ["a.1.overlay.png", "a.2.overlay.png"])


class Table(Case):
    def on_terminal(self, columns, *arguments):
        """Standard output of the program on a terminal of so many columns."""
        mine, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        env = dict(os.environ, FCCLIP_MODEL=MODEL, XDG_CACHE_HOME=str(self.folder / ".cache"))
        env.pop("COLUMNS", None)
        running = subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=self.folder, env=env, stdout=its,
                                   stderr=subprocess.PIPE)
        os.close(its)
        out = b""
        while True:
            try:
                part = os.read(mine, 65536)
            except OSError:
                break
            if not part:
                break
            out += part
        os.close(mine)
        error = running.communicate()[1]
        self.assertEqual(running.returncode, 0, error)
        return out.decode().replace("\r\n", "\n").splitlines()

    def rows(self, lines):
        return [line for line in lines if line.startswith("  ")]

    def test_fits_the_terminal(self):
        words = ["segment", SCENE, "-v", "coco", "--write", "none", "--min-score", "0"]
        full = self.run_fcclip(*words).out.splitlines()
        self.assertIn("next best", self.rows(full)[0])
        self.assertGreater(max(map(len, self.rows(full))), 80)
        for columns in (80, 60, 40):
            rows = self.rows(self.on_terminal(columns, *words))
            self.assertEqual(len(rows), len(self.rows(full)))
            self.assertLessEqual(max(map(len, rows)), columns)
            self.assertIn("name", rows[0])
            self.assertIn("score", rows[0])

    def test_columns_that_say_nothing(self):
        one = self.run_fcclip("segment", SCENE, "-c", "bat", "--write", "none", "--task", "semantic").out
        for head in ("synonym", "trained", "CLIP", "next best"):
            self.assertNotIn(head, one)
        many = self.run_fcclip("segment", SCENE, "-c", "dog, cat, wall | bat", "--write", "none", "--task", "semantic").out
        for head in ("synonym", "trained", "CLIP", "next best"):
            self.assertIn(head, many)

    def test_wide_characters_stay_in_columns(self):
        outcome = self.run_fcclip("segment", SCENE, "-c", "蝙蝠, rock", "--write", "none", "--task", "semantic")
        rows = self.rows(outcome.out.splitlines())
        self.assertGreater(len(rows), 1)

        def columns_before(line, text):
            return sum(2 if ord(c) > 0x2E80 else 1 for c in line[: line.index(text)])

        places = {columns_before(row, word) for row, word in zip(rows, ["kind"] + ["thing"] * (len(rows) - 1))}
        self.assertEqual(len(places), 1, rows)

    def test_words_cannot_drive_the_terminal(self):
        outcome = self.run_fcclip("segment", SCENE, "-c", "bat\x1b[31m", "--write", "none", "--task", "semantic")
        self.assertNotIn("\x1b", outcome.out)


class OtherTools(Case):
    def segment(self, *more, picture=SCENE, out="T"):
        outcome = self.run_fcclip("segment", picture, "-q", "-o", out, *more)
        self.assert_ok(outcome)
        return outcome

    def test_yolo_data_set(self):
        """ultralytics: 'train:' key missing; labels looked for beside images."""
        (self.folder / "ds/images").mkdir(parents=True)
        (self.folder / "ds/images/scene.png").write_bytes(SCENE.read_bytes())
        self.segment("-c", WORDS, "--write", "yolo", picture="ds/images", out="ds/labels")
        lines = (self.folder / "ds/labels/data.yaml").read_text().splitlines()
        self.assertEqual(lines[0], f"path: {json.dumps(str(self.folder / 'ds'))}")
        self.assertEqual(lines[1:4], ['train: "images"', 'val: "images"', "names:"])
        self.assertEqual(lines[4], '  0: "ladybug"')
        self.assertTrue((self.folder / "ds/labels/scene.txt").exists())
        # Elsewhere a comment says where they are looked for.
        self.segment("-c", WORDS, "--write", "yolo", picture="ds/images", out="T")
        first = (self.folder / "T/data.yaml").read_text().splitlines()[0]
        self.assertTrue(first.startswith("# ") and str(self.folder / "ds/labels") in first, first)

    def test_yolo_train_and_val(self):
        for part in ("train", "val"):
            (self.folder / "ds/images" / part).mkdir(parents=True)
            (self.folder / "ds/images" / part / f"{part}.png").write_bytes(SCENE.read_bytes())
        self.segment("-c", WORDS, "--write", "yolo", picture="ds/images", out="ds/labels")
        lines = (self.folder / "ds/labels/data.yaml").read_text().splitlines()
        self.assertEqual(lines[1:3], ['train: "images/train"', 'val: "images/val"'])
        self.assertTrue((self.folder / "ds/labels/val/val.txt").exists())

    def test_yolo_of_nothing_found(self):
        """supervision and ultralytics take an empty label file as a picture without objects."""
        self.segment("-c", "bat", "--min-score", "1", "--write", "yolo")
        self.assertEqual((self.folder / "T/scene.txt").read_text(), "")

    def test_yolo_coordinates(self):
        """ultralytics refuses coordinates beyond 1, lines of fewer than three points, classes beyond the names."""
        self.segment("-c", WORDS, "--task", "instance", "--min-score", "0", "--write", "yolo", "--tolerance", "0")
        lines = (self.folder / "T/scene.txt").read_text().splitlines()
        self.assertGreater(len(lines), 20)
        for line in lines:
            name, *numbers = line.split(" ")
            self.assertIn(int(name), range(4))
            self.assertEqual(len(numbers) % 2, 0)
            self.assertGreaterEqual(len(numbers), 6)
            self.assertTrue(all(0 <= float(number) <= 1 for number in numbers))

    def test_coco_as_cvat_imports_it(self):
        """CVAT refuses category id 0 (#4750) and polygons of two points (#9335); labels match by one name."""
        self.segment("-v", "ade20k", "--write", "coco", "--task", "instance", "--min-score", "0")
        document = json.loads((self.folder / "T/coco-instances.json").read_text())
        self.assertEqual(document["categories"][0]["id"], 1)
        self.assertEqual(document["categories"][0]["name"], "wall")
        self.assertEqual(len({one["id"] for one in document["categories"]}), 150)
        self.assertIn("info", document)  # pycocotools' loadRes asks for it
        self.assertIn("licenses", document)
        known = {one["id"] for one in document["categories"]}
        self.assertGreater(len(document["annotations"]), 0)
        for one in document["annotations"]:
            self.assertIn(one["category_id"], known)
            self.assertEqual(one["iscrowd"], 0)
            self.assertGreater(one["area"], 0)
            for ring in one["segmentation"]:
                self.assertGreaterEqual(len(ring), 6)
                self.assertEqual(len(ring) % 2, 0)

    def test_geojson_rings(self):
        """QGIS and GDAL: rings closed, of four positions at least, outer ones counterclockwise."""
        self.segment("-c", WORDS, "--write", "geojson", "--tolerance", "0")
        features = json.loads((self.folder / "T/scene.geojson").read_text())["features"]
        self.assertGreater(len(features), 1)
        for feature in features:
            geometry = feature["geometry"]
            parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
            area = 0
            for rings in parts:
                for place, ring in enumerate(rings):
                    self.assertEqual(ring[0], ring[-1])
                    self.assertGreaterEqual(len(ring), 4)
                    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:]))
                    self.assertEqual(twice > 0, place == 0)
                    area += twice / 2
            self.assertEqual(area, feature["properties"]["area_px"])

    def test_labelme_finds_the_picture(self):
        (self.folder / "in").mkdir()
        (self.folder / "in/scene.png").write_bytes(SCENE.read_bytes())
        self.segment("-c", WORDS, "--write", "labelme", picture="in/scene.png")
        document = json.loads((self.folder / "T/scene.json").read_text())
        self.assertEqual(document["imagePath"], "../in/scene.png")
        for shape in document["shapes"]:
            self.assertIsInstance(shape["label"], str)
            self.assertGreaterEqual(len(shape["points"]), 3)


if __name__ == "__main__":
    unittest.main()
