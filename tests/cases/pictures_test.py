"""Pictures as other programs write them."""

import math
import os
import shutil
import struct
import unittest
import zlib

from picture_files import Tiff, bmp, chunk, gif, png, read_png
from support import HERE, SCENE, Case

WORDS = ("-c", "ladybug, bat, rock, wood", "--stuff", "rock, wood")
# An overlay that is the picture as it was read.
AS_READ = ("-c", "rock", "--write", "overlay", "--overlay-size", "original", "--overlay-opacity", "0",
           "--overlay-no-labels", "--overlay-no-outlines", "-q")

WIDTH, HEIGHT = 20, 13


def ramp(bands=3):
    """Bytes from 0 to 255, all used."""
    return [tuple((x * 13 + y * 5 + 70 * band) % 252 + (4 if x > 10 else 0) for band in range(bands))
            for y in range(HEIGHT) for x in range(WIDTH)]


def scaled(pixels, change):
    return [tuple(change(value) for value in pixel) for pixel in pixels]


class Named(Case):
    """Cases from public reports."""

    def found(self, *arguments):
        outcome = self.run_fcclip("segment", *arguments, *WORDS, "--json", "--write", "none")
        self.assert_ok(outcome)
        line = outcome.lines()[0]
        return {segment["name"] for segment in line["segments"]}, line, outcome.err

    def test_dark_16_bit_picture(self):
        self.take("dark-16-bit-picture")
        names, _, err = self.found("reflectance.tif")
        self.assertEqual(names, {"ladybug", "bat", "rock", "wood"})
        self.assertIn("reflectance.tif: 16-bit samples", err)
        self.assertEqual(len(err.splitlines()), 1, err)
        names, _, err = self.found("reflectance.tif", "--range", "0:3000")
        self.assertEqual((names, err), ({"ladybug", "bat", "rock", "wood"}, ""))
        names, _, err = self.found("reflectance.tif", "--range", "full")
        self.assertEqual((names, err), (set(), ""))

    def test_float_geotiff(self):
        self.take("float-geotiff")
        names, _, err = self.found("float.tif")
        self.assertEqual(names, {"ladybug", "bat", "rock", "wood"})
        self.assertIn("float.tif: float32 samples", err)

    def test_sparse_geotiff(self):
        self.take("sparse-geotiff")
        names, _, err = self.found("sparse.tif")
        self.assertTrue({"bat", "rock", "wood"} <= names)
        self.assertEqual(err, "")
        self.assert_ok(self.run_fcclip("segment", "sparse.tif", *AS_READ))
        self.assertEqual(read_png(self.folder / "out/sparse.overlay.png"),
                         read_png(self.folder / "as-gdal-reads-it.png"))

    def test_png_with_raw_exif(self):
        self.take("png-with-raw-exif")
        _, line, _ = self.found("turned.png")
        self.assertEqual((line["width"], line["height"]), (70, 80))

    def test_map_without_a_name(self):
        self.take("map-without-a-name")
        outcome = self.run_fcclip("segment", "albers.tif", "-c", "ladybug, rock", "--write", "geojson", "-o", "T")
        self.assert_ok(outcome)
        self.assertIn("albers.tif: its map coordinates are of a projection without an EPSG code", outcome.err)
        # GDAL and QGIS take the projection from here.
        self.assertIn("+proj=aea +lat_0=23 +lon_0=-97 +lat_1=29.5 +lat_2=45.5",
                      (self.folder / "T/albers.geojson").read_text())

    def test_map_without_any_coordinate_system(self):
        (self.folder / "bare.tif").write_bytes(Tiff(WIDTH, HEIGHT, ramp(), extra={
            33550: (12, [0.5, 0.5, 0.0]), 33922: (12, [0.0, 0.0, 0.0, 5e5, 4.6e6, 0.0])}).bytes())
        outcome = self.run_fcclip("segment", "bare.tif", "-c", "rock", "--write", "geojson")
        self.assert_ok(outcome)
        self.assertIn("bare.tif: it names no coordinate system", outcome.err)


class Kinds(Case):
    """Every kind of file, held to the pixels it was made of: one run over all files of a test."""

    def setUp(self):
        super().setUp()
        self.expected = {}

    def add(self, name, data, pixels, size=(HEIGHT, WIDTH)):
        (self.folder / "in").mkdir(exist_ok=True)
        (self.folder / "in" / name).write_bytes(data)
        self.expected[name] = (*size, [pixel * (3 // len(pixel)) for pixel in pixels])

    def check(self, *arguments):
        outcome = self.run_fcclip("segment", "in", *AS_READ, *arguments, seconds=600)
        self.assert_ok(outcome)
        for name, (height, width, pixels) in self.expected.items():
            with self.subTest(name):
                path = self.folder / "out" / (name.rsplit(".", 1)[0] + ".overlay.png")
                self.assertEqual(read_png(path)[:2], (height, width))
                self.assertEqual(read_png(path)[2], pixels)
        return outcome.err

    def test_tiffs_of_every_layout(self):
        full = ramp()
        wide, floats = scaled(full, lambda v: v * 257), scaled(full, lambda v: v / 255)
        layouts = {"strips": {}, "big-endian": {"order": ">"}, "bigtiff": {"big": True}, "tiled": {"tile": 16},
                   "planar": {"planar": True}, "packed": {"deflate": True},
                   "all": {"order": ">", "big": True, "tile": 16, "planar": True, "deflate": True}}
        for name, options in layouts.items():
            self.add(name + "-8.tif", Tiff(WIDTH, HEIGHT, full, "B", **options).bytes(), full)
            self.add(name + "-16.tif", Tiff(WIDTH, HEIGHT, wide, "H", **options).bytes(), full)
            self.add(name + "-f.tif", Tiff(WIDTH, HEIGHT, floats, "f", **options).bytes(), full)
        self.add("double.tif", Tiff(WIDTH, HEIGHT, floats, "d").bytes(), full)
        self.add("bytes-in-uint16.tif", Tiff(WIDTH, HEIGHT, full, "H").bytes(), full)
        self.add("bytes-in-int16.tif", Tiff(WIDTH, HEIGHT, full, "h").bytes(), full)
        self.add("bytes-in-float.tif", Tiff(WIDTH, HEIGHT, full, "f").bytes(), full)
        err = self.check()
        for name in layouts:
            self.assertNotIn(name + "-16.tif", err)  # full range: nothing to say
        self.assertIn("bytes-in-float.tif: float32 samples taken as 0 to 255", err)

    def test_tiffs_of_every_colour(self):
        full, grey = ramp(), ramp(1)
        self.add("grey.tif", Tiff(WIDTH, HEIGHT, grey, photometric=1).bytes(), grey)
        self.add("white-is-zero.tif", Tiff(WIDTH, HEIGHT, grey, photometric=0).bytes(),
                 scaled(grey, lambda v: 255 - v))
        self.add("alpha.tif", Tiff(WIDTH, HEIGHT, [(*p, 0) for p in full], extra={338: (3, [2])}).bytes(), full)
        self.add("grey-alpha.tif", Tiff(WIDTH, HEIGHT, [(*p, 9) for p in grey], photometric=1,
                                        extra={338: (3, [2])}).bytes(), grey)
        self.add("ink.tif", Tiff(WIDTH, HEIGHT, [(*(255 - v for v in p), 0) for p in full], photometric=5).bytes(),
                 full)
        table = [257 * (i * 7 % 256) for i in range(256)] + [257 * (255 - i) for i in range(256)] + [0] * 256
        self.add("palette.tif", Tiff(WIDTH, HEIGHT, grey, photometric=3, extra={320: (3, table)}).bytes(),
                 [(p[0] * 7 % 256, 255 - p[0], 0) for p in grey])
        five = [(*p, 1, 2) for p in full]
        self.add("five-bands.tif", Tiff(WIDTH, HEIGHT, five, photometric=1, extra={338: (3, [0] * 4)}).bytes(), full)
        self.add("three-bands-and-alpha.tif", Tiff(WIDTH, HEIGHT, [(*p, 7) for p in full], photometric=1,
                                                   extra={338: (3, [0, 0, 2])}).bytes(), full)
        err = self.check()
        self.assertIn("five-bands.tif: 5 bands without colours; bands 1, 2, 3 are taken as red, green, blue", err)

    def test_chosen_bands(self):
        self.add("many.tif", Tiff(WIDTH, HEIGHT, [(1, p[2], 2, p[1], p[0]) for p in ramp()], photometric=1,
                                  planar=True, extra={338: (3, [0] * 4)}).bytes(), ramp())
        self.assertEqual(self.check("--bands", "5,4,2"), "")
        outcome = self.run_fcclip("segment", "in/many.tif", *AS_READ, "--bands", "6")
        self.assertIn("has 5 bands, band 6 was asked for", outcome.err)
        self.assert_refused(self.run_fcclip("segment", "in", *AS_READ, "--bands", "1,2"), "bands '1,2'", status=2)
        self.assert_refused(self.run_fcclip("segment", "in", *AS_READ, "--range", "9:3"), "range '9:3'", status=2)
        self.assert_refused(self.run_fcclip("segment", "in", *AS_READ, "--stretch", "2,101"),
                            "stretch '2,101': expected LOW,HIGH, two hundredths", status=2)
        self.assert_refused(self.run_fcclip("segment", "in", *AS_READ, "--stretch", "2,98", "--range", "full"),
                            "--range and --stretch", status=2)

    def test_no_data_is_black_and_does_not_count(self):
        def holes(pixels, value):
            return [(value,) * 3 if i % 5 == 0 else pixel for i, pixel in enumerate(pixels)]
        full = ramp()
        black = holes(full, 0)
        nan = Tiff(WIDTH, HEIGHT, holes(scaled(full, lambda v: v / 255), math.nan), "f").bytes()
        self.add("nan.tif", nan, black)
        self.add("infinite.tif", Tiff(WIDTH, HEIGHT, holes(scaled(full, lambda v: v / 255), -math.inf), "f").bytes(),
                 black)
        tag = {42113: (2, b"-9999\0")}
        self.add("float.tif", Tiff(WIDTH, HEIGHT, holes(scaled(full, lambda v: v / 255), -9999.0), "f",
                                   extra=tag).bytes(), black)
        self.add("int16.tif", Tiff(WIDTH, HEIGHT, holes(full, -9999), "h", extra=tag).bytes(), black)
        self.add("uint16.tif", Tiff(WIDTH, HEIGHT, holes(full, 65535), "H", extra={42113: (2, b"65535\0")}).bytes(),
                 black)
        empty = Tiff(WIDTH, HEIGHT, [(math.nan,) * 3] * (WIDTH * HEIGHT), "f").bytes()
        self.add("empty.tif", empty, [(0, 0, 0)] * (WIDTH * HEIGHT))
        self.assertIn("empty.tif: float32 samples hold nothing but zeros or no-data values", self.check())

    def test_unwritten_tiles_and_strips(self):
        full = ramp()
        half = [p if i % WIDTH < 16 else (0, 0, 0) for i, p in enumerate(full)]
        white = [p if i % WIDTH < 16 else (255, 255, 255) for i, p in enumerate(full)]
        self.add("zeros.tif", Tiff(WIDTH, HEIGHT, full, tile=16, missing=(1,)).bytes(), half)
        self.add("no-data.tif", Tiff(WIDTH, HEIGHT, full, tile=16, missing=(1,), deflate=True,
                                     extra={42113: (2, b"255\0")}).bytes(), white)
        self.add("planes.tif", Tiff(WIDTH, HEIGHT, full, tile=16, planar=True, missing=(1, 3, 5)).bytes(), half)
        self.add("floats.tif", Tiff(WIDTH, HEIGHT, scaled(full, lambda v: v / 255), "f", tile=16,
                                    missing=(1,)).bytes(), half)
        self.add("strips.tif", Tiff(WIDTH, HEIGHT, full, missing=(2,)).bytes(),
                 full[:10 * WIDTH] + [(0, 0, 0)] * (3 * WIDTH))
        self.check()

    def test_dark_values_of_other_kinds(self):
        dark = scaled(ramp(), lambda v: 5 + v * 8)
        files = {"grey.png": png(WIDTH, HEIGHT, [b"".join(struct.pack(">H", p[0]) for p in
                                                          dark[y * WIDTH:(y + 1) * WIDTH]) for y in range(HEIGHT)],
                                 16, 0),
                 "grey-alpha.png": png(WIDTH, HEIGHT, [b"".join(struct.pack(">HH", p[0], 65535) for p in
                                                                dark[y * WIDTH:(y + 1) * WIDTH])
                                                       for y in range(HEIGHT)], 16, 4),
                 "colour.png": png(WIDTH, HEIGHT, [b"".join(struct.pack(">HHH", *p) for p in
                                                            dark[y * WIDTH:(y + 1) * WIDTH]) for y in range(HEIGHT)],
                                   16, 2),
                 "tiled.tif": Tiff(WIDTH, HEIGHT, dark, "H", order=">", tile=16).bytes(),
                 "int32.tif": Tiff(WIDTH, HEIGHT, scaled(dark, lambda v: v - 900), "i").bytes(),
                 "heights.tif": Tiff(WIDTH, HEIGHT, scaled(dark, lambda v: v / 7 - 20), "f").bytes()}
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        outcome = self.run_fcclip("segment", *files, *AS_READ)
        self.assert_ok(outcome)
        for name in files:
            with self.subTest(name):
                self.assertIn(name + ": ", outcome.err)
                self.assertIn(" stretched to 8 bits from ", outcome.err)
                values = sorted(v for p in read_png(self.folder / "out" / self.stem(name, files))[2] for v in p)
                self.assertEqual((values[0], values[-1]), (0, 255))
                self.assertTrue(90 < values[len(values) // 2] < 165, values[len(values) // 2])

    @staticmethod
    def stem(name, files):
        return name.rsplit(".", 1)[0] + ".overlay.png"

    def test_full_range_16_bits_stay_as_they_are(self):
        full = ramp()
        rows = [full[y * WIDTH:(y + 1) * WIDTH] for y in range(HEIGHT)]
        self.add("colour.png", png(WIDTH, HEIGHT, [b"".join(struct.pack(">HHH", *(v * 256 + 255 for v in p))
                                                            for p in row) for row in rows], 16, 2), full)
        self.add("grey.png", png(WIDTH, HEIGHT, [b"".join(struct.pack(">H", p[0] * 256) for p in row)
                                                 for row in rows], 16, 0), [p[:1] for p in full])
        self.assertEqual(self.check(), "")

    def test_bitmaps(self):
        full, grey = ramp(), ramp(1)
        rows = [full[y * WIDTH:(y + 1) * WIDTH] for y in range(HEIGHT)]
        bgr = [b"".join(bytes(p[::-1]) for p in row) for row in rows]
        self.add("24.bmp", bmp(WIDTH, HEIGHT, bgr, 24), full)
        self.add("from-above.bmp", bmp(WIDTH, HEIGHT, bgr, 24, top_down=True), full)
        self.add("32.bmp", bmp(WIDTH, HEIGHT, [b"".join(bytes(p[::-1]) + b"\0" for p in row) for row in rows], 32),
                 full)
        masks = struct.pack("<III", 0xff, 0xff00, 0xff0000)
        self.add("masks.bmp", bmp(WIDTH, HEIGHT, [b"".join(bytes(p) + b"\0" for p in row) for row in rows], 32,
                                  compression=3, masks=masks), full)
        palette = b"".join(bytes([i, 255 - i, i * 7 % 256, 0]) for i in range(256))
        shown = [(p[0] * 7 % 256, 255 - p[0], p[0]) for p in grey]
        indices = [bytes(p[0] for p in grey[y * WIDTH:(y + 1) * WIDTH]) for y in range(HEIGHT)]
        self.add("8.bmp", bmp(WIDTH, HEIGHT, indices, 8, palette), shown)
        runs = b"".join(b"".join(bytes([1, index]) for index in row) + b"\0\0" for row in indices[::-1]) + b"\0\1"
        self.add("runs.bmp", bmp(WIDTH, HEIGHT, runs, 8, palette, 1), shown)
        bits = [bytes(0xA5 for _ in range(3)) for _ in range(HEIGHT)]
        self.add("1.bmp", bmp(WIDTH, HEIGHT, bits, 1, palette[:4] + palette[-4:]),
                 [((255 * 7 % 256, 0, 255) if 0xA5 >> (7 - x % 8) & 1 else (0, 255, 0))
                  for y in range(HEIGHT) for x in range(WIDTH)])
        self.add("555.bmp", bmp(WIDTH, HEIGHT, [struct.pack("<H", 31 << 10) * WIDTH] * HEIGHT, 16),
                 [(255, 0, 0)] * (WIDTH * HEIGHT))
        self.check()

    def test_gifs(self):
        palette = [(i, 255 - i, i * 3 % 256) for i in range(256)]
        indices = [p[0] for p in ramp(1)]
        self.add("plain.gif", gif(WIDTH, HEIGHT, indices, palette), [palette[i] for i in indices])
        order = [y for first, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(first, HEIGHT, step)]
        laced = [indices[y * WIDTH + x] for y in order for x in range(WIDTH)]
        self.add("laced.gif", gif(WIDTH, HEIGHT, laced, palette, interlaced=True), [palette[i] for i in indices])
        self.add("placed.gif", gif(1, 1, [9], palette, left=1, top=1, screen=(2, 2)),
                 [palette[0]] * 3 + [palette[9]], (2, 2))
        self.add("screen-of-no-size.gif", gif(WIDTH, HEIGHT, indices, palette, screen=(0, 0)),
                 [palette[i] for i in indices])
        self.check()

    def test_heic_and_avif(self):
        # 32 x 24 pixels: left half red, right half blue, a green row on top; turned.* is stored on its side.
        self.take("heic-and-avif")
        files = sorted(path.name for path in self.folder.iterdir() if path.is_file())
        self.assert_ok(self.run_fcclip("segment", *files, *AS_READ))
        for name in files:
            with self.subTest(name):
                ending = "" if sum(f.split(".")[0] == name.split(".")[0] for f in files) == 1 else name[-5:]
                height, width, pixels = read_png(self.folder / "out" / (name.split(".")[0] + ending + ".overlay.png"))
                self.assertEqual((height, width), (24, 32))
                self.assert_near(pixels[12 * 32 + 6], (255, 0, 0))
                self.assert_near(pixels[12 * 32 + 26], (0, 0, 255))
                self.assert_near(pixels[2 * 32 + 16], (0, 255, 0))

    def assert_near(self, pixel, colour):
        self.assertTrue(all(abs(a - b) < 40 for a, b in zip(pixel, colour)), (pixel, colour))

    def test_exif_in_every_chunk_of_a_png(self):
        exif = b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
        xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'

        def raw(kind, profile):
            text = profile.hex()
            lines = "\n".join(text[i:i + 72] for i in range(0, len(text), 72))
            return f"\n{kind}\n{len(profile):8}\n{lines}\n".encode()
        keyword = b"Raw profile type "
        chunks = {"exif": chunk(b"eXIf", exif[6:]),
                  "text": chunk(b"tEXt", keyword + b"exif\0" + raw("exif", exif)),
                  "packed": chunk(b"zTXt", keyword + b"exif\0\0" + zlib.compress(raw("exif", exif))),
                  "app1": chunk(b"tEXt", keyword + b"APP1\0" + raw("generic profile", exif)),
                  "international": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp),
                  "international-packed": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp)),
                  "raw-xmp": chunk(b"zTXt", keyword + b"xmp\0\0" + zlib.compress(raw("xmp", xmp)))}
        full = ramp()
        turned = [full[(HEIGHT - 1 - x) * WIDTH + y] for y in range(WIDTH) for x in range(HEIGHT)]
        rows = [b"".join(bytes(p) for p in full[y * WIDTH:(y + 1) * WIDTH]) for y in range(HEIGHT)]
        for name, extra in chunks.items():
            self.add(name + ".png", png(WIDTH, HEIGHT, rows, extra=extra), turned, (WIDTH, HEIGHT))
        for value in (0, 9):  # what some cameras write: no orientation at all
            wrong = chunk(b"eXIf", exif[6:].replace(b"\0\6\0\0", bytes([0, value, 0, 0])))
            self.add(f"wrong-{value}.png", png(WIDTH, HEIGHT, rows, extra=wrong), full)
        broken = chunk(b"tEXt", keyword + b"exif\0\nexif\n   9\nzz")
        self.add("broken.png", png(WIDTH, HEIGHT, rows, extra=broken), full)
        self.check()


class Refused(Case):
    """What is no picture, or a broken one: one line that names it and says what to do."""

    OTHERS = {
        "page.jpg": (b"\n<!doctype html><html><body>404</body></html>", "an HTML page"),
        "pointer.png": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "git lfs pull"),
        "film.jpg": (b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", "ffmpeg"),
        "film.avi.jpg": (b"RIFF\0\0\0\0AVI LIST", "ffmpeg"),
        "paper.jpg": (b"%PDF-1.7\n", "pdftoppm"),
        "drawing.png": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        "layers.png": (b"8BPS\0\1", "Photoshop"),
        "raw.cr3.jpg": (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "raw camera file"),
        "raw.raf.jpg": (b"FUJIFILMCCD-RAW 0201", "raw camera file"),
        "raw.cr2.tif": (b"II*\0\x10\0\0\0CR\2\0\0\0\0\0\0\0", "raw camera file"),
        "empty.png": (b"", "an empty file (0 bytes)"),
        "zeros.jpg": (bytes(4096), "zero bytes"),
        "scan.jpg": (bytes(128) + b"DICM\2\0", "DICOM"),
        "fork.jpg": (b"\0\5\x16\7\0\2\0\0Mac OS X        ", "resource fork"),
        "jxl.jpg": (b"\xff\x0a\x10\x10", "JPEG XL"),
        "array.png": (b"\x93NUMPY\1\0", "NumPy"),
        "zip.jpg": (b"PK\3\4\x14\0", "ZIP archive"),
        "cut.gif": (gif(30, 20, [1] * 600, [(1, 2, 3)] * 256)[:-40], "truncated GIF"),
        "cut.bmp": (bmp(30, 20, [bytes(90)] * 20, 24)[:-100], "truncated BMP"),
        "none.bmp": (bmp(0, 20, [b""] * 20, 24), "0 x 20 pixels"),
        "bomb.bmp": (bmp(60000, 60000, b"\0\1", 8, bytes(1024), 1), "60000 x 60000 pixels"),
        "bomb.gif": (gif(60000, 8000, [1], [(1, 2, 3)] * 256), "cannot hold 60000 x 8000 pixels"),
        "bomb.tif": (Tiff(30000, 30000, [(0,)], "f", photometric=1, missing=range(3), tile=16).header(8) + bytes(99),
                     "TIFF"),
        "dng.tif": (Tiff(WIDTH, HEIGHT, ramp(), extra={50706: (1, b"\1\4\0\0")}).bytes(), "raw camera file"),
        "preview.tif": (Tiff(WIDTH, HEIGHT, ramp(), extra={254: (4, [1]), 330: (4, [8, 8])}).bytes(),
                        "raw camera file"),
        "packing.tif": (Tiff(WIDTH, HEIGHT, ramp(), extra={259: (3, [60000])}).bytes(), "compression 60000"),
        "cut.tif": (Tiff(WIDTH, HEIGHT, ramp(), "H").bytes()[:300], "TIFF"),
        "twelve.jpg": (b"\xff\xd8\xff\xc1\0\x0b\x0c\0\x10\0\x10\1\1\x11\0\xff\xda\0\x08\1\1\0\0\x3f\0\xff\xd9",
                       "more than 8 bits"),
        "lossless.jpg": (b"\xff\xd8\xff\xc3\0\x0b\x08\0\x10\0\x10\1\1\x11\0\xff\xd9", "lossless"),
    }

    def test_each_is_named(self):
        for name, (data, _) in self.OTHERS.items():
            (self.folder / name).write_bytes(data)
        outcome = self.run_fcclip("segment", *self.OTHERS, "-c", "rock", "--write", "none", seconds=600)
        self.assertEqual(outcome.status, 1)
        lines = outcome.err.splitlines()
        self.assertEqual(len(lines), len(self.OTHERS) + 1, outcome.err)
        for line, (name, (_, words)) in zip(lines, self.OTHERS.items()):
            with self.subTest(name):
                self.assertIn(name + ": ", line)
                self.assertIn(words, line)

    def test_broken_heic(self):
        self.take("heic-and-avif")
        for name in ("plain.heic", "plain.avif"):
            data = (self.folder / name).read_bytes()
            for cut in (24, 200, len(data) - 60):
                with self.subTest(f"{name} {cut}"):
                    (self.folder / "cut.jpg").write_bytes(data[:cut])
                    outcome = self.run_fcclip("segment", "cut.jpg", "-c", "rock", "--write", "none")
                    self.assertEqual(outcome.status, 1)
                    self.assertIn("damaged or truncated " + name[-4:].upper(), outcome.err)


class Fonts(Case):
    """Names on overlays with and without fonts."""

    def hidden(self):
        (self.folder / "fonts.conf").write_text("<?xml version='1.0'?><fontconfig></fontconfig>")
        return dict(os.environ, FONTCONFIG_FILE=str(self.folder / "fonts.conf"), XDG_CACHE_HOME=str(self.folder),
                    FCCLIP_MODEL=os.environ.get("FCCLIP_MODEL", str(HERE.parent.parent / "models/mini.safetensors")))

    def test_no_font_at_all(self):
        # A copy of the program, so that no fonts lie beside it.
        import subprocess
        program = self.copy_program()
        for _ in range(4):
            finished = subprocess.run([program, "segment", SCENE, SCENE, *WORDS, "--write",
                                       "overlay", "-o", "out"], cwd=self.folder, env=self.hidden(),
                                      capture_output=True, timeout=120)
            self.assertEqual(finished.returncode, 0, finished.stderr)
            lines = finished.stderr.decode().splitlines()
            self.assertEqual(len(lines), 1, lines)
            self.assertIn("no font can be loaded", lines[0])

    def test_fonts_beside_the_program(self):
        import subprocess
        fonts = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
        if not os.path.exists(fonts):
            self.skipTest("no font to put there")
        program = self.copy_program()
        (self.folder / "share/fcclip/fonts").mkdir(parents=True)
        shutil.copy(fonts, self.folder / "share/fcclip/fonts")
        pictures = []
        for options in ((), ("--overlay-no-labels",)):
            finished = subprocess.run([program, "segment", SCENE, *WORDS, "--write", "overlay",
                                       *options], cwd=self.folder, env=self.hidden(), capture_output=True, timeout=120)
            self.assertEqual((finished.returncode, finished.stderr), (0, b""))
            pictures.append((self.folder / "out/scene.overlay.png").read_bytes())
        self.assertNotEqual(*pictures)

    def test_characters_that_no_font_has(self):
        outcome = self.run_fcclip("segment", SCENE, SCENE, "-c", "bat, rock | \u5ca9, wood, \u732b | ladybug",
                                  "--write", "overlay")
        self.assert_ok(outcome)
        told = [line for line in outcome.err.splitlines() if "no installed font" in line]
        if not told:
            self.skipTest("this machine has such fonts")
        self.assertEqual(len(told), 1, told)
        self.assertIn("fonts-noto-cjk", told[0])


class Overlays(Case):
    """How overlays look."""

    def overlay(self, *options, words=WORDS, name="scene.overlay.png"):
        outcome = self.run_fcclip("segment", SCENE, *words, "--write", "overlay", *options)
        self.assert_ok(outcome)
        return self.folder / "out" / name

    def test_sizes_and_formats(self):
        self.assertEqual(read_png(self.overlay())[:2], (576, 768))
        self.assertEqual(read_png(self.overlay("--overlay-size", "original"))[:2], (480, 640))
        self.assertEqual(read_png(self.overlay("--overlay-size", "320"))[:2], (240, 320))
        data = self.overlay("--overlay-format", "jpg", name="scene.overlay.jpg").read_bytes()
        self.assertEqual(data[:2], b"\xff\xd8")
        self.assert_refused(self.run_fcclip("segment", SCENE, "--overlay-size", "huge"), "--overlay-size", status=2)

    def test_colours_are_the_same_whatever_is_in_the_picture(self):
        plain = ("--overlay-no-labels", "--overlay-no-outlines", "--overlay-opacity", "1", "--overlay-size", "original")
        seen = {}
        for words in ("wood, lion, tram, rock, bat", "wood, lion, tram, rock, bat"):
            height, width, pixels = read_png(self.overlay(*plain, words=("-c", words, "--stuff", "rock, wood")))
            seen[words] = pixels[400 * width + 400]
        # The lower half is wood; it keeps its colour when only a part of the picture is asked about.
        _, width, pixels = read_png(self.overlay(*plain, words=("-c", words, "--stuff", "rock, wood")))
        self.assertEqual(pixels[400 * width + 400], seen[words])
        (self.folder / "colours.txt").write_text("# mine\nwood = #0a141e\nrock = 1, 2, 3\n")
        _, width, pixels = read_png(self.overlay(*plain, "--overlay-colours", "colours.txt",
                                                 words=("-c", words, "--stuff", "rock, wood")))
        self.assertEqual(pixels[400 * width + 400], (10, 20, 30))
        (self.folder / "colours.txt").write_text("wood = green\n")
        self.assert_refused(self.run_fcclip("segment", SCENE, "--overlay-colours", "colours.txt"),
                            "colours.txt, line 1")


if __name__ == "__main__":
    unittest.main()
