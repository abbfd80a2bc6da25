"""Annotation files of other people: scored, checked, evaluated on."""

import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import time
import unittest
import zlib

import support


def png(rows):
    """A grey PNG of 8 bits."""
    height, width = len(rows), len(rows[0])

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = b"".join(b"\0" + bytes(row) for row in rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


TINY_RUN = """
workers = 1
ahead = 1
[model]
conv_dim = 48
mask_dim = 48
encoder_layers = 1
encoder_ffn = 64
hidden_dim = 48
decoder_layers = 2
decoder_ffn = 64
queries = 8
heads = 6
norm_groups = 16
short_side = 64
max_side = 128
[augment]
crop_size = 64
[run]
batch = 1
[loss]
points = 50
"""


class SetCase(support.Case):
    def read(self, name):
        return json.loads((self.folder / name).read_text())

    def write(self, name, value):
        text = value if isinstance(value, (str, bytes)) else json.dumps(value)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def change(self, name, how):
        value = self.read(name)
        how(value)
        self.write(name, value)

    def score(self, kind="instances", truth="truth.json", prediction=None):
        given = prediction or ("results.json" if kind == "instances" else "prediction.json")
        outcome = self.run_fcclip("score", kind, truth, given, "--json")
        self.assert_ok(outcome)
        return outcome

    def assert_ap(self, outcome, expected=None):
        expected = expected or self.read("expected.json")
        for kind, numbers in expected.items():
            for got, wanted in zip(outcome.json()[kind]["stats12"], numbers):
                self.assertAlmostEqual(got, wanted, 7)

    def check(self, what="set.toml"):
        return self.run_fcclip("train", "--check", what)

    def assert_problem(self, outcome, *words):
        """A problem line with all words, and the end of a check that found something."""
        self.assertEqual(outcome.status, 1, outcome.err + outcome.out)
        found = [line for line in outcome.out.splitlines() if all(word in line for word in words)]
        self.assertTrue(found, outcome.out)


class Scores(SetCase):
    def test_ids_that_are_texts(self):
        self.take("score-string-ids")
        scores = self.score("panoptic").json()
        for group, pq in self.read("expected.json").items():
            self.assertAlmostEqual(scores[group]["pq"], pq, 7)

    def test_ids_of_categories_that_are_texts(self):
        self.take("score-string-ids")
        names = {7: "road", 23: "sky", 24: "person", 26: "car"}
        for file in ("truth.json", "prediction.json"):
            def rename(value):
                for category in value["categories"]:
                    category["id"] = names[category["id"]]
                for annotation in value["annotations"]:
                    for segment in annotation["segments_info"]:
                        segment["category_id"] = names[segment["category_id"]]
            self.change(file, rename)
        scores = self.score("panoptic").json()
        self.assertAlmostEqual(scores["All"]["pq"], self.read("expected.json")["All"], 7)
        self.assertIn("road", scores["per_class"])

    def test_a_truth_without_pictures_is_the_truth_s_fault(self):
        self.take("score-string-ids")
        self.change("truth.json", lambda value: value.update(annotations=[]))
        self.assert_refused(self.run_fcclip("score", "panoptic", "truth.json", "prediction.json"),
                            "truth.json: no pictures in it")

    def test_categories_taken_from_annotations_are_told(self):
        self.take("degenerate-polygon")
        self.change("truth.json", lambda value: value.update(categories=[]))
        outcome = self.score()
        self.assert_ok(outcome)
        self.assertIn("truth.json: no categories listed, those of the annotations are taken", outcome.err)

    def test_label_maps_with_another_ending(self):
        for folder in ("truth", "prediction"):
            (self.folder / folder).mkdir()
            (self.folder / folder / "a.PNG").write_bytes(b"")
        self.assert_refused(self.run_fcclip("score", "semantic", "truth", "prediction", "--class-count", "2"),
                            "truth: no PNG files in it", "a.PNG")

    def test_instances_with_any_ids(self):
        self.take("results-without-boxes")
        original = {name: self.read(name) for name in ("truth.json", "results.json")}
        for ids in ({4: "a b", 11: "ü", 23: "c/d"}, {4: 2**60, 11: 2**60 + 1, 23: 2**60 + 2}, {4: -1, 11: "x", 23: 2.0}):
            truth, results = json.loads(json.dumps([original["truth.json"], original["results.json"]]))
            for image in truth["images"]:
                image["id"] = ids[image["id"]]
            for entry in truth["annotations"] + results:
                entry["image_id"] = ids[entry["image_id"]]
            self.write("truth.json", truth)
            self.write("results.json", results)
            self.assert_ap(self.score())

    def test_a_number_in_one_file_and_its_text_in_the_other(self):
        self.take("results-without-boxes")
        self.change("results.json", lambda value: [one.update(image_id=str(one["image_id"])) for one in value])
        self.assert_ap(self.score())

    def test_results_without_boxes(self):
        self.take("results-without-boxes")
        self.assert_ap(self.score())

    def test_truth_without_boxes_and_areas(self):
        self.take("results-without-boxes")
        def strip(value):
            for annotation in value["annotations"]:
                del annotation["area"], annotation["bbox"], annotation["iscrowd"], annotation["id"]
        self.change("truth.json", strip)
        self.assert_ap(self.score(), {"segm": self.read("expected.json")["segm"]})

    def test_fields_that_are_null_texts_or_truth_values(self):
        self.take("degenerate-polygon")
        def loosen(value):
            for annotation in value["annotations"]:
                annotation.update(iscrowd=False, bbox=[str(x) for x in annotation["bbox"]], area=str(annotation["area"]),
                                  attributes=None)
            value["licenses"] = None
        self.change("truth.json", loosen)
        self.change("results.json", lambda value: [one.update(score=str(one["score"])) for one in value])
        self.assert_ap(self.score())

    def test_results_without_scores(self):
        self.take("results-without-boxes")
        self.change("results.json", lambda value: value[3].pop("score"))
        self.assert_refused(self.run_fcclip("score", "instances", "truth.json", "results.json"),
                            "results.json: detection 3", '"score" is missing')

    def test_results_without_masks(self):
        # The boxes as masks, as loadRes has it; pycocotools' numbers.
        self.take("degenerate-polygon")
        self.change("results.json", lambda value: [one.pop("segmentation") for one in value])
        outcome = self.score()
        self.assertIn("without a mask", outcome.err)
        self.assert_ap(outcome, {"bbox": self.read("expected.json")["bbox"]})

    def test_boxes_alone(self):
        self.take("degenerate-polygon")
        for file in ("truth.json", "results.json"):
            def strip(value):
                for one in value["annotations"] if isinstance(value, dict) else value:
                    del one["segmentation"]
            self.change(file, strip)
        outcome = self.score()
        self.assertIsNone(outcome.json()["segm"])
        self.assert_ap(outcome, {"bbox": self.read("expected.json")["bbox"]})
        self.assertIn("only boxes", outcome.err)

    def test_run_lengths_in_every_writing(self):
        self.take("results-without-boxes")
        def as_bytes(value):
            for one in value:
                one["segmentation"]["counts"] = str(one["segmentation"]["counts"].encode())
        self.change("results.json", as_bytes)
        outcome = self.score()
        self.assert_ap(outcome)
        self.assertEqual(len(outcome.err.splitlines()), 1)

    def test_a_piece_without_area(self):
        self.take("degenerate-polygon")
        outcome = self.score()
        self.assert_ap(outcome)
        self.assertIn("truth.json: a polygon of fewer than 3 points, left out (annotation id 1)", outcome.err)

    def test_other_pieces_that_are_no_polygon(self):
        self.take("degenerate-polygon")
        for piece in ([], [3, 4], [3, 4, 5], [1, 1, 2, 2], [1, 1, 2, 2, 3], [None, 3, 4, 4, 8, 8], ["x", 1, 2, 3, 4, 5]):
            for place in (0, 1):  # pycocotools stumbles over one in the first place
                def put(value):
                    whole = max(value["annotations"][0]["segmentation"], key=len)
                    value["annotations"][0]["segmentation"] = [whole, piece] if place else [piece, whole]
                self.change("truth.json", put)
                outcome = self.score()
                self.assert_ap(outcome)
                self.assertIn("left out (annotation id 1)", outcome.err)

    def test_a_polygon_written_flat(self):
        self.take("results-without-boxes")
        self.change("truth.json", lambda value: [one.update(segmentation=one["segmentation"][0])
                                                 for one in value["annotations"]])
        self.assert_ap(self.score())

    def test_an_image_listed_twice(self):
        self.take("repeated-image")
        outcome = self.score()
        self.assert_ap(outcome)
        self.assertIn("id 11", outcome.err)

    def test_two_images_with_one_id(self):
        self.take("repeated-image")
        self.change("truth.json", lambda value: value["images"][3].update(file_name="other.jpg"))
        self.assert_refused(self.run_fcclip("score", "instances", "truth.json", "results.json"), "truth.json", "id 11",
                            "other.jpg")

    def test_a_picture_annotated_twice(self):
        self.take("score-string-ids")
        self.change("truth.json", lambda value: value["annotations"].append(value["annotations"][0]))
        outcome = self.score("panoptic")
        self.assertAlmostEqual(outcome.json()["All"]["pq"], self.read("expected.json")["All"], 7)
        self.assertIn("twice", outcome.err)
        self.change("truth.json", lambda value: value["annotations"][2]["segments_info"].pop())
        self.assert_refused(self.run_fcclip("score", "panoptic", "truth.json", "prediction.json"), "truth.json",
                            "frankfurt_000000_000294")

    @unittest.skipIf(support.SANITIZED, "AddressSanitizer reserves more than the limit")
    def test_a_far_coordinate(self):
        self.take("far-coordinate")
        for far in (1e9, -1e9, 1e300, 1745227):
            def move(value):
                value["annotations"][0]["segmentation"][0][0] = far
            self.change("truth.json", move)
            outcome = self.limited("score", "instances", "truth.json", "results.json")
            self.assert_ok(outcome)
            self.assertIn("annotation id 1", outcome.err)

    def limited(self, *arguments):
        """Within a gigabyte beyond what the program takes by itself."""
        finished = subprocess.run(["/bin/sh", "-c", 'ulimit -v 6000000; exec "$0" "$@"', support.PROGRAM, *arguments],
                                  cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, 1 << 20)
        return support.Outcome(finished)

    def test_nan_and_infinity(self):
        self.take("far-coordinate")
        text = (self.folder / "truth.json").read_text()
        for number in ("NaN", "Infinity", "-Infinity"):
            self.write("truth.json", text.replace("1000000000.0", number))
            self.assert_refused(self.run_fcclip("score", "instances", "truth.json", "results.json"),
                                "truth.json: not valid JSON", number)

    def test_the_file_at_fault_is_named(self):
        self.take("truth-blamed-on-prediction")
        self.assert_refused(self.run_fcclip("score", "semantic", "truth", "prediction", "--class-count", "2"),
                            "fcclip: truth/a.png: label 2")

    def test_an_answer_of_ignored_labels(self):
        self.write("truth/a.png", png([[0, 255], [1, 0]]))
        for rows, refused in (([[0, 255], [1, 0]], False), ([[255, 255], [1, 255]], True)):
            self.write("answer/a.png", png(rows))
            outcome = self.run_fcclip("score", "semantic", "truth", "answer", "--class-count", "2")
            if refused:
                self.assert_refused(outcome, "answer/a.png: 2 pixels have the ignored label 255")
            else:
                self.assert_ok(outcome)

    def test_annotations_that_are_null(self):
        self.take("score-string-ids")
        for file in ("truth.json", "prediction.json"):
            text = (self.folder / file).read_text()
            self.change(file, lambda value: value.update(annotations=None))
            self.assert_refused(self.run_fcclip("score", "panoptic", "truth.json", "prediction.json"),
                                file + ': "annotations" is null, expected a list')
            self.write(file, text)

    def test_one_list_of_segments_is_missing(self):
        self.take("score-string-ids")
        self.change("prediction.json", lambda value: value["annotations"][0].pop("segments_info"))
        self.assert_refused(self.run_fcclip("score", "panoptic", "truth.json", "prediction.json"),
                            'prediction.json: annotation 0: no list "segments_info" in it')

    def test_hidden_files_among_labels(self):
        map_of_labels = png([[0, 1], [1, 0]])
        for folder in ("truth", "answer"):
            self.write(folder + "/a.png", map_of_labels)
            self.write(folder + "/.DS_Store", b"\0\0\0\1Bud1")
        self.write("truth/._a.png", b"\0\5\x16\7")
        self.assert_ok(self.run_fcclip("score", "semantic", "truth", "answer", "--class-count", "2"))

    def test_annotations_that_belong_nowhere(self):
        # pycocotools passes over pictures and categories that are not listed.
        self.take("results-without-boxes")
        def add(value):
            value["annotations"] += [dict(value["annotations"][0], id=900, image_id=77),
                                     dict(value["annotations"][0], id=901, category_id=77)]
        self.change("truth.json", add)
        outcome = self.score()
        self.assert_ap(outcome)
        self.assertIn("annotation id 900", outcome.err)
        self.assertIn("annotation id 901", outcome.err)

    def test_two_categories_of_one_name(self):
        self.take("results-without-boxes")
        self.change("truth.json", lambda value: [one.update(name="thing") for one in value["categories"]])
        outcome = self.score()
        self.assert_ap(outcome)
        self.assertEqual(len(outcome.json()["segm"]["per_category_AP(x100)"]), len(self.read("truth.json")["categories"]))

    def test_an_id_in_a_list(self):
        # A tensor's tolist() instead of its item(); pycocotools fails with an unhashable type.
        self.take("results-without-boxes")
        self.change("results.json", lambda value: value[0].update(image_id=[4]))
        self.assert_refused(self.run_fcclip("score", "instances", "truth.json", "results.json"),
                            "results.json: detection 0", '"image_id"', "list")

    def test_counts_of_a_mask_of_another_size(self):
        self.take("results-without-boxes")
        def swap(value):
            value[2]["segmentation"]["size"].reverse()
        self.change("results.json", swap)
        self.assert_refused(self.run_fcclip("score", "instances", "truth.json", "results.json"),
                            "results.json: detection 2", "60x80")


class KindsOfFile(SetCase):
    OTHERS = {
        "captions.json": ({"images": [{"id": 1, "height": 4, "width": 4}],
                           "annotations": [{"id": 1, "image_id": 1, "caption": "a dog"}]}, "captions"),
        "keypoints.json": ([{"image_id": 1, "category_id": 1, "keypoints": [1, 2, 2], "score": 1}], "keypoints"),
        "labelme.json": ({"version": "5.0", "shapes": [], "imagePath": "a.jpg", "imageHeight": 4}, "labelme"),
        "classes.json": ([{"id": 1, "name": "dog"}], "list of classes"),
        "pictures.json": ({"images": [{"id": 1}], "categories": []}, "without annotations"),
        "label.txt": ("0 0.5 0.5 0.2 0.2\n", "YOLO"),
        "voc.xml": ("<annotation><filename>a.jpg</filename></annotation>", "XML"),
        "lines.json": ('{"image_id": 1}\n{"image_id": 2}\n', "a line"),
        "python.json": ("[{'image_id': 1}]", "Python"),
        "empty.json": ("", "empty file"),
        "cut.json": ('{"images": [{"id": 1, "file_name": "a', "ends within"),
        "picture.json": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "picture"),
        "comma.json": ('{"images": [],\n "annotations": [],}', "line 2"),
        "latin.json": (b'{"images": [{"file_name": "\xe9.jpg"}]}', "UTF-8"),
        "number.json": ('{"images": [1e999]}', "too large"),
    }

    def setUp(self):
        super().setUp()
        for name, (content, _) in self.OTHERS.items():
            self.write(name, content)
        self.take("wrong-kind-of-file")
        self.write("detections.json", [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2], "score": 0.5}])
        self.write("instances.json", {"images": [{"id": 1, "file_name": "1.jpg", "height": 4, "width": 4}],
                                      "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2],
                                                       "segmentation": [[0, 0, 2, 0, 2, 2]], "area": 4, "iscrowd": 0}],
                                      "categories": [{"id": 1, "name": "dog"}]})

    def test_a_panoptic_file_as_instances(self):
        self.assert_refused(self.run_fcclip("score", "instances", "panoptic.json", "results.json"),
                            "panoptic.json: this is a COCO panoptic file", "score panoptic")

    def test_the_other_ways_round(self):
        for arguments, words in (
                (("panoptic", "instances.json", "panoptic.json"), ("fcclip: instances.json: this is a COCO instances file",)),
                (("panoptic", "detections.json", "panoptic.json"), ("fcclip: detections.json: this is a COCO results file",)),
                (("instances", "detections.json", "instances.json"), ("fcclip: detections.json: this is", "second file")),
                (("instances", "instances.json", "instances.json"), ("fcclip: instances.json: this is a COCO instances file",)),
                (("semantic", "instances.json", "instances.json", "--class-count", "2"), ("instances.json: a file",))):
            self.assert_refused(self.run_fcclip("score", *arguments), *words)

    def test_files_of_other_tools_everywhere(self):
        self.write("images/1.png", png([[0] * 4] * 4))
        for name, (_, word) in self.OTHERS.items():
            for arguments in (("score", "instances", name, "detections.json"), ("score", "instances", "instances.json", name),
                              ("score", "panoptic", name, "panoptic.json"), ("train", "--check", name),
                              ("eval", "--images", "images", "--instances-json", name),
                              ("eval", "--images", "images", "--panoptic-json", name)):
                if arguments[0] == "eval" and name not in ("captions.json", "cut.json"):  # read as train reads it
                    continue
                if name.endswith((".txt", ".xml")) and arguments[0] == "train":
                    continue
                with self.subTest(" ".join(arguments)):
                    self.assert_refused(self.run_fcclip(*arguments), name, word)


class Checks(SetCase):
    def test_pictures_in_subfolders(self):
        self.take("pictures-in-subfolders")
        outcome = self.check()
        self.assert_ok(outcome)
        self.assertIn("4 pictures, 4 segments", outcome.out)

    def test_names_as_other_tools_write_them(self):
        self.take("pictures-in-subfolders")
        names = [image["file_name"] for image in self.read("instances.json")["images"]]
        ways = (lambda name: name.replace("/", "\\"), lambda name: "./" + name, lambda name: name[:-3] + "jpeg",
                lambda name: name[:-3] + "JPG", lambda name: "/home/somebody/set/images/" + name,
                lambda name: "C:\\data\\images\\" + name.replace("/", "\\"), lambda name: "images/" + name,
                lambda name: "https://host/files/" + name, lambda name: name[:-4])
        for write in ways:
            def rename(value):
                for image, name in zip(value["images"], names):
                    image["file_name"] = write(name)
            self.change("instances.json", rename)
            outcome = self.check()
            self.assert_ok(outcome)
            self.assertIn("4 pictures, 4 segments", outcome.out)

    def test_a_name_that_may_mean_two_pictures(self):
        self.take("pictures-in-subfolders")
        self.change("instances.json", lambda value: value["images"][0].update(file_name="0000.jpg"))
        self.assert_refused(self.check(), "cam0/0000.jpg", "cam1/0000.jpg")

    def test_missing_pictures_are_counted(self):
        self.take("pictures-in-subfolders")
        (self.folder / "images/cam0/0000.jpg").unlink()
        (self.folder / "images/cam0/0001.jpg").unlink()
        outcome = self.check()
        self.assertEqual(outcome.status, 1)
        for name in ("cam0/0000.jpg", "cam0/0001.jpg"):
            self.assertIn(name, outcome.out)
        self.assertIn("2 problems found", outcome.err)

    def test_a_photo_turned_by_exif(self):
        self.take("turned-photo-in-a-set")
        self.assert_problem(self.check(), "p0.jpg", "72x96", "EXIF orientation 6", "instances.json", "96x72")

    def test_a_photo_made_smaller(self):
        self.take("overlapping-instances")
        self.change("instances.json", lambda value: value["images"][1].update(height=144, width=192))
        self.assert_problem(self.check(), "p1.jpg", "96x72", "192x144", "smaller")

    def test_instances_that_cover_one_another(self):
        self.take("overlapping-instances")
        outcome = self.check()
        self.assert_ok(outcome)
        self.assertIn("2 pictures, 4 segments", outcome.out)

    def test_an_instances_file(self):
        self.take("check-of-an-instances-file")
        for what in ("instances.json", "."):
            outcome = self.check(what)
            self.assert_ok(outcome)
            self.assertIn("2 pictures, 2 segments", outcome.out)

    def test_slips_are_problem_lines(self):
        self.take("check-of-an-instances-file")
        def slip(value):
            value["annotations"][0]["segmentation"].append([1, 1, 2, 2])
            value["annotations"] += [dict(value["annotations"][0], id=7, segmentation=None),
                                     dict(value["annotations"][0], id=8, image_id="none"),
                                     dict(value["annotations"][0], id=10, category_id=44),
                                     dict(value["annotations"][0], id=9, segmentation=[[1e9, 10, 20, 19, 29, 24]])]
            value["images"].append(dict(value["images"][0]))
        self.change("instances.json", slip)
        outcome = self.check("instances.json")
        for words in (("fewer than 3 points", "id 1"), ("without a mask", "id 7"), ("lacks", "id 8"), ("category_id", "id 10"),
                      ("far outside", "id 9"), ("listed twice", "id 1")):
            self.assert_problem(outcome, "instances.json", *words)
        self.assertIn("2 pictures, 3 segments", outcome.out)

    def test_utf16_and_byte_order_marks(self):
        self.take("check-of-an-instances-file")
        text = (self.folder / "instances.json").read_text()
        for encoding in ("utf-8-sig", "utf-16", "utf-16-be"):
            self.write("instances.json", text.encode(encoding))
            self.assert_ok(self.check("instances.json"))

    def test_pictures_beside_their_masks(self):
        self.take("check-of-an-instances-file")
        images = self.folder / "images"
        for name in ("p0", "p1"):
            self.write(f"images/{name}.png", png([[0, 1] * 48] * 72))
            self.write(f"images/._{name}.jpg", b"\0\5\x16\7")
        self.write("images/.DS_Store", b"\0")
        self.assert_ok(self.check("instances.json"))
        self.write("words.txt", "sky\nrock\n")
        self.write("labels.toml", '[data]\nkind = "semantic"\nimages = "images"\nlabels = "images"\nvocabulary = "words.txt"\n')
        outcome = self.check("labels.toml")
        self.assert_ok(outcome)
        self.assertIn("2 pictures, 4 segments", outcome.out)
        for name in ("p0", "p1"):
            shutil.move(images / f"{name}.png", images / f"{name}_mask.png")
        self.assert_ok(self.check("labels.toml"))

    def test_categories_with_gaps_and_zero(self):
        self.take("check-of-an-instances-file")
        def renumber(value):
            value["categories"] = [{"id": 0, "name": "ladybug"}, {"id": 900, "name": "rock", "supercategory": None}]
            value["annotations"][0]["category_id"], value["annotations"][1]["category_id"] = 0, 900
        self.change("instances.json", renumber)
        self.assert_ok(self.check("instances.json"))

    def test_categories_of_any_id(self):
        self.take("check-of-an-instances-file")
        for ids in (("1", "2"), ("ladybug", "rock"), (-5, 2**60)):
            def renumber(value):
                for category, annotation, new in zip(value["categories"], value["annotations"], ids):
                    category["id"] = annotation["category_id"] = new
            self.change("instances.json", renumber)
            outcome = self.check("instances.json")
            self.assert_ok(outcome)
            self.assertRegex(outcome.out, "ladybug +1")

    def test_run_lengths_without_a_size_of_the_picture(self):
        self.take("check-of-an-instances-file")
        self.change("instances.json", lambda value: [(one.pop("height"), one.pop("width")) for one in value["images"]])
        self.assert_ok(self.check("instances.json"))

    def test_training_says_what_was_left_out_and_goes_on(self):
        self.take("overlapping-instances")
        self.change("instances.json", lambda value: value["annotations"][1]["segmentation"].append([1, 1, 2, 2]))
        self.write("tiny.toml", (self.folder / "set.toml").read_text() + TINY_RUN)
        outcome = self.run_fcclip("train", "tiny.toml", "--set", "model.clip=" + support.MODEL, "-o", "run", "--steps", "3")
        self.assert_ok(outcome)
        self.assertIn("fewer than 3 points", outcome.err)


class Evaluations(SetCase):
    def evaluate(self, *more):
        return self.run_fcclip("eval", "--images", "images", "--instances-json", "instances.json", "--short-side", "64",
                               "--max-side", "96", "-o", "out", *more)

    def test_what_was_evaluated_is_written_down(self):
        self.take("check-of-an-instances-file")
        self.assert_ok(self.evaluate("--classifier", "all"))
        scores = self.read("out/own/scores.json")
        self.assertNotEqual(scores["dataset"], "own")
        run = scores["run"]
        for key in ("model", "fingerprint", "classifiers", "input_size", "thresholds", "program", "libtorch", "date",
                    "command", "seconds"):
            self.assertIn(key, run)
        self.assertEqual(run["input_size"], {"short_side": 64, "max_side": 96})
        page = (self.folder / "out/own/report.html").read_text()
        self.assertIn(run["fingerprint"], page)

    def test_a_finished_evaluation_is_not_replaced(self):
        self.take("check-of-an-instances-file")
        self.assert_ok(self.evaluate())
        before = (self.folder / "out/own/scores.json").read_bytes()
        self.assert_refused(self.evaluate("--limit", "1"), "out/own", "--resume", "--overwrite", status=2)
        self.assertEqual((self.folder / "out/own/scores.json").read_bytes(), before)
        self.assert_ok(self.evaluate("--resume"))
        self.assert_ok(self.evaluate("--limit", "1", "--overwrite"))
        self.assertEqual(self.read("out/own/scores.json")["images"], 1)

    def test_several_values_are_a_sweep(self):
        self.take("check-of-an-instances-file")
        outcome = self.evaluate("--alpha", "0:1:0.5", "--beta=0.2,0.9", "--top-k", "5")
        self.assert_ok(outcome)
        sweep = self.read("out/own/scores.json")["sweep"]
        self.assertEqual(sweep["axes"], {"alpha": [0, 0.5, 1], "beta": [0.2, 0.9]})
        self.assertEqual(len(sweep["rows"]), 6)
        best = sweep["rows"][sweep["best_row"]]
        self.assertEqual(best["settings"], sweep["best"])
        self.assertIn("\n *  ", outcome.out)
        self.assertIn("best AP: alpha ", outcome.out)
        self.assertIn("<svg", (self.folder / "out/own/report.html").read_text())
        self.assert_refused(self.evaluate("--alpha", "0.5", "--resume"), "records.jsonl: made with another", status=2)
        self.assert_ok(self.evaluate(*(f"--{name}={value}" for name, value in sweep["best"].items()), "--top-k", "5",
                                     "--overwrite"))
        one = self.read("out/own/scores.json")["ensemble"]["instances"]["masks"]["All"]
        self.assertEqual(one, best["instances"]["masks"]["All"])

    def test_views_are_averaged(self):
        self.take("check-of-an-instances-file")
        self.assert_ok(self.evaluate("--tta", "flip", "--limit", "1"))
        self.assertEqual(self.read("out/own/scores.json")["run"]["views"], "flip")
        self.assert_refused(self.evaluate("--limit", "1", "--resume"), "another average of views", status=2)
        self.assert_refused(self.evaluate("--tta", "flip", "--oracle", "names", "--overwrite"), "without an oracle",
                            status=2)
        self.assert_refused(self.evaluate("--tta", "multiscale", "--overwrite"), status=2)  # it has no label maps

    def test_stopped_and_continued(self):
        self.take("pictures-in-subfolders")
        arguments = ["eval", "--images", "images", "--instances-json", "instances.json", "--short-side", "480", "-o", "out"]
        running = subprocess.Popen([support.PROGRAM, *arguments], cwd=self.folder, stderr=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, env=dict(os.environ, FCCLIP_MODEL=support.MODEL,
                                                                       XDG_CACHE_HOME=str(self.folder / ".cache")))
        records = self.folder / "out/own/records.jsonl"
        while running.poll() is None and (not records.exists() or len(records.read_bytes().splitlines()) < 2):
            time.sleep(0.005)
        running.send_signal(signal.SIGINT)
        said = running.communicate(timeout=120)[1].decode()
        if running.returncode != 0:  # else it was too fast for the signal
            self.assertEqual(running.returncode, 130, said)
            self.assertIn("--resume", said)
            self.assertFalse((self.folder / "out/own/scores.json").exists())
        self.assert_ok(self.run_fcclip(*arguments, "--resume"))
        self.assertEqual(self.read("out/own/scores.json")["images"], 4)

    def test_a_full_standard_output(self):
        self.take("results-without-boxes")
        with open("/dev/full", "wb") as full:
            outcome = self.run_fcclip("score", "instances", "truth.json", "results.json", "--json", stdout=full)
        self.assert_refused(outcome, "cannot write to the standard output")

    def test_slips_are_said_and_do_not_end_it(self):
        self.take("check-of-an-instances-file")
        self.change("instances.json", lambda value: value["annotations"][0]["segmentation"].append([1, 1, 2, 2]))
        outcome = self.evaluate()
        self.assert_ok(outcome)
        self.assertIn("fewer than 3 points", outcome.err)

    def test_a_turned_photo(self):
        self.take("turned-photo-in-a-set")
        self.assert_refused(self.evaluate(), "p0.jpg", "EXIF orientation 6", "96x72")

    def test_pictures_that_number_alike(self):
        self.take("pictures-in-subfolders")
        self.assert_ok(self.evaluate("--limit", "4"))
        self.assertEqual(self.read("out/own/scores.json")["images"], 4)
        names = {json.loads(line)["name"] for line in (self.folder / "out/own/records.jsonl").read_text().splitlines()[1:]}
        self.assertEqual(len(names), 4)


if __name__ == "__main__":
    unittest.main()
