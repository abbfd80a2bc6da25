"""Training runs, and the lists and folders that people give them."""

import json
import shutil
import signal
import subprocess
import time

from support import MODEL, PROGRAM, Case

STEPS = "12"


class TrainingCase(Case):
    """Six small pictures with an instance each in the folder; p4.jpg is cut off."""

    def setUp(self):
        super().setUp()
        self.take("bad-picture-in-training")
        for path in (self.folder / "images").iterdir():
            path.chmod(0o644)

    def train(self, *more, folder="T", steps=STEPS, **options):
        return self.run_fcclip("train", "set.toml", "--set", f"model.clip={MODEL}", "-o", folder, "--steps", steps,
                               "--seed", "3", "--threads", "1", *more, **options)

    def mend(self):
        shutil.copy(self.folder / "images" / "p1.jpg", self.folder / "images" / "p4.jpg")

    def annotations(self):
        return json.loads((self.folder / "instances.json").read_text())

    def annotate(self, content):
        (self.folder / "instances.json").write_text(json.dumps(content))

    def lines_with(self, outcome, word):
        return [line for line in outcome.err.splitlines() if word in line]

    def losses(self, folder="T"):
        lines = [json.loads(line) for line in (self.folder / folder / "log.jsonl").read_text().splitlines()]
        return [line["loss"] for line in lines if "loss" in line]

    def checkpoints(self, folder="T"):
        return sorted(path.name for path in (self.folder / folder).glob("step-*.safetensors"))


class BadPictureTest(TrainingCase):
    def test_a_cut_off_picture_is_left_out_with_one_line(self):
        outcome = self.train()
        self.assert_ok(outcome)
        self.assertEqual(len(self.lines_with(outcome, "p4.jpg")), 1, outcome.err)
        self.assertIn("step-000012.safetensors", self.checkpoints())

    def test_workers_and_resume_change_nothing(self):
        self.assert_ok(self.train())
        self.assert_ok(self.train("--set", "data.workers=0", folder="none"))
        self.assert_ok(self.train("--set", "data.workers=3", "--set", "data.ahead=5", folder="three"))
        self.assert_ok(self.train("--stop-after", "5", folder="parts"))
        self.assert_ok(self.train("--resume", folder="parts"))
        for folder in ("none", "three", "parts"):
            self.assertEqual(self.losses(folder), self.losses(), folder)
        name = "step-000012.safetensors"
        whole = (self.folder / "T" / name).read_bytes()
        self.assertEqual((self.folder / "parts" / name).read_bytes(), whole)

    def test_too_many_stop_with_a_checkpoint_and_resume_goes_on(self):
        self.mend()
        self.assert_ok(self.train("--stop-after", "3"))
        pictures = {number: (self.folder / "images" / f"p{number}.jpg").read_bytes() for number in range(1, 5)}
        for number, data in pictures.items():
            (self.folder / "images" / f"p{number}.jpg").write_bytes(data[:200])
        outcome = self.train("--resume")
        self.assertEqual(outcome.status, 1, outcome.err)
        last = outcome.err.strip().splitlines()[-1]
        for words in ("of 6 pictures cannot be used", "data.bad_share", "checkpoint of step", "--resume"):
            self.assertIn(words, last)
        for number, data in pictures.items():
            (self.folder / "images" / f"p{number}.jpg").write_bytes(data)
        self.assert_ok(self.train("--resume"))
        self.assertEqual(len(self.losses()), 12)

    def test_none_that_can_be_read_is_one_failure(self):
        for path in (self.folder / "images").iterdir():
            path.write_bytes(b"no picture")
        outcome = self.train()
        self.assertEqual(outcome.status, 1, outcome.err)
        self.assertIn("pictures cannot be used", outcome.err.strip().splitlines()[-1])

    def test_a_share_of_zero_stops_at_the_first(self):
        outcome = self.train("--set", "data.bad_share=0")
        self.assertEqual(outcome.status, 1, outcome.err)
        self.assertIn("p4.jpg", outcome.err.strip().splitlines()[-1])

    def test_bad_annotations_are_left_out_too(self):
        self.mend()
        content = self.annotations()
        content["annotations"][0]["category_id"] = 77
        content["images"][1].update(width=50, height=40)
        self.annotate(content)
        outcome = self.train()
        self.assert_ok(outcome)
        self.assertEqual(len(self.lines_with(outcome, "left out")), 2, outcome.err)

    def test_a_picture_that_vanished_is_left_out(self):
        self.mend()
        self.assert_ok(self.train("--stop-after", "2"))
        (self.folder / "images" / "p2.jpg").unlink()
        outcome = self.train("--resume")
        self.assert_ok(outcome)
        self.assertEqual(len(self.lines_with(outcome, "p2.jpg")), 1, outcome.err)

    def test_in_the_evaluation_data_too(self):
        self.mend()
        (self.folder / "val").mkdir()
        for path in (self.folder / "images").iterdir():
            shutil.copy(path, self.folder / "val")
        (self.folder / "val" / "p3.jpg").write_bytes(b"no picture")
        outcome = self.train("--set", "evaluation.kind=instances", "--set", "evaluation.images=val", "--set",
                             "evaluation.instances_json=instances.json", "--set", "evaluation.vocabulary=", "--set",
                             "run.evaluate_every=6", "--set", "run.picture_every=12")
        self.assert_ok(outcome)
        self.assertEqual(len(self.lines_with(outcome, "p3.jpg")), 1, outcome.err)
        self.assertEqual(len(self.lines_with(outcome, "box_AP")), 2, outcome.err)
        self.assertTrue((self.folder / "T" / "predictions-000012.png").exists())

    def test_label_pngs_that_do_not_fit(self):
        (self.folder / "labels").mkdir()
        outcome = self.train("--set", "data.kind=semantic", "--set", "data.labels=labels", "--set",
                             "data.vocabulary=words.txt")
        self.assertEqual(outcome.status, 1, outcome.err)
        self.assertEqual(len(outcome.err.strip().splitlines()), 1, outcome.err)

    def test_the_check_finds_all_of_them_and_counts_the_rest(self):
        (self.folder / "images" / "p2.jpg").unlink()
        outcome = self.run_fcclip("train", "--check", "set.toml")
        self.assertEqual(outcome.status, 1, outcome.err)
        self.assertIn("2 problems found", outcome.err)
        for words in ("6 pictures, 4 segments", "rock    3  ladybug 1", "images/p2.jpg", "p4.jpg"):
            self.assertIn(words, outcome.out)

    def test_pretraining_leaves_them_out_as_well(self):
        lines = [f"images/p{number}.jpg\tpicture {number}" for number in range(6)]
        (self.folder / "pairs.tsv").write_text("\n".join(lines))
        outcome = pretrain(self, "pairs.tsv", steps="3")
        self.assert_ok(outcome)
        self.assertEqual(len(self.lines_with(outcome, "p4.jpg")), 1, outcome.err)
        self.assert_ok(pretrain(self, "pairs.tsv", "--stop-after", "1", steps="3", folder="parts"))
        self.assert_ok(pretrain(self, "pairs.tsv", "--resume", steps="3", folder="parts"))
        name = "step-000003.safetensors"
        self.assertEqual((self.folder / "parts" / name).read_bytes(), (self.folder / "T" / name).read_bytes())
        checked = self.run_fcclip("pretrain", "--check", "pairs.tsv")
        self.assertEqual(checked.status, 1, checked.err)
        self.assertIn("6 pictures, 6 captions", checked.out)
        self.assertIn("p4.jpg", checked.out)



class SetsTest(TrainingCase):
    """A second data set with other words beside the first, evaluation with all metrics, expected figures."""

    def setUp(self):
        super().setUp()
        self.mend()
        content = self.annotations()
        for number, category in enumerate(content["categories"]):
            category["name"] = f"thing {number}"
        (self.folder / "other.json").write_text(json.dumps(content))
        (self.folder / "sets.toml").write_text((self.folder / "set.toml").read_text() + """
[[data.sets]]
kind = "instance"
images = "images"
picture_suffix = ".jpg"
instances_json = "instances.json"
weight = 1
[[data.sets]]
kind = "instance"
images = "images"
instances_json = "other.json"
weight = 2.5
sampler = "repeat_factor"
repeat_threshold = 0.5
""")

    def run_sets(self, *more, folder="T"):
        return self.run_fcclip("train", "sets.toml", "--set", f"model.clip={MODEL}", "-o", folder, "--steps", STEPS,
                               "--threads", "1", *more)

    def test_two_vocabularies_train_resume_and_stand_in_the_model(self):
        self.assert_ok(self.run_sets("--set", "run.batch=2"))
        self.assert_ok(self.run_sets("--set", "run.batch=2", "--stop-after", "5", folder="parts"))
        self.assert_ok(self.run_sets("--set", "run.batch=2", "--resume", folder="parts"))
        name = f"step-0000{STEPS}.safetensors"
        self.assertEqual((self.folder / "parts" / name).read_bytes(), (self.folder / "T" / name).read_bytes())
        told = self.run_fcclip("info", "T/model.safetensors", "--json").out
        for word in ("rock", "ladybug", "thing 0", "thing 1"):
            self.assertIn(f'"{word}"', told)
        # The settings that were kept begin the same run.
        again = self.run_fcclip("train", "T/config.toml", "-o", "again", "--threads", "1")
        self.assert_ok(again)
        self.assertEqual(self.losses("again"), self.losses())

    def test_the_list_on_the_command_line(self):
        sets = '[{kind = "instance", images = "images", instances_json = "instances.json"}]'
        printed = self.run_fcclip("train", "sets.toml", "--set", f"data.sets={sets}", "--set", "data.sets.0.weight=2",
                                  "--set", "data.sets.1.kind=semantic", "--print-config")
        self.assert_ok(printed)
        self.assertEqual(printed.out.count("[[data.sets]]"), 2)
        self.assertIn("weight = 2.0", printed.out)
        self.assert_refused(self.run_fcclip("train", "sets.toml", "--set", "data.sets.9.weight=2", "--print-config"),
                            "data.sets.N.key=value", status=2)
        self.assert_refused(self.run_sets("--set", "data.sets.1.weight=0.0001"), "at least a thousandth", status=2)
        self.assert_refused(self.run_sets("--set", "data.sets.1.sampler=rare"), "repeat_factor", status=2)

    def test_the_check_looks_at_all(self):
        outcome = self.run_fcclip("train", "--check", "sets.toml")
        self.assertIn("data.sets.0", outcome.out)
        self.assertIn("data.sets.1", outcome.out)
        self.assertIn("thing 0", outcome.out)

    def evaluated(self, *more, folder="T"):
        return self.run_sets("--set", "evaluation.kind=instance", "--set", "evaluation.images=images", "--set",
                             "evaluation.instances_json=instances.json", "--set", "evaluation.vocabulary=", "--set",
                             "run.evaluate_every=6", *more, folder=folder)

    def test_all_metrics_are_logged_and_figures_are_held(self):
        outcome = self.evaluated("--expect", "ap>=0,box_AP<=100")
        self.assert_ok(outcome)
        self.assertEqual(len(self.lines_with(outcome, "box_AP50")), 2, outcome.err)
        lines = [json.loads(line) for line in (self.folder / "T" / "log.jsonl").read_text().splitlines()]
        self.assertEqual([line["step"] for line in lines if "AP" in line], [6, 12])
        missed = self.evaluated("--expect", "AP>=100,AP_unseen>1", folder="missed")
        self.assertEqual(missed.status, 1, missed.err)
        last = missed.err.strip().splitlines()[-1]
        for words in ("step 12: AP is", "expected >=100", "there is no AP_unseen, only AP"):
            self.assertIn(words, last)
        self.assertTrue((self.folder / "missed" / "model.safetensors").exists())
        # A run that is finished is judged again.
        self.assertEqual(self.evaluated("--expect", "AP>=100", "--resume", folder="missed").status, 1)
        self.assert_ok(self.evaluated("--expect", "AP>=0", "--resume", folder="missed"))
        self.assert_refused(self.evaluated("--expect", "AP", folder="x"), "write PQ>=20", status=2)
        self.assert_refused(self.run_sets("--expect", "AP>1", folder="x"), "run.expect", status=2)
        self.assert_refused(self.evaluated("--expect", "PQ>1", folder="x"), "its tasks are instance", status=2)
        self.assert_refused(self.run_sets("--set", "evaluation.name=voc20", "--set", "run.evaluate_every=6", folder="x"),
                            "evaluation.kind must be", status=2)
        self.assertFalse((self.folder / "x").exists())

    def test_eval_holds_figures_too(self):
        arguments = ("eval", "--images", "images", "--instances-json", "instances.json", "--limit", "2", "-m", MODEL)
        self.assert_ok(self.run_fcclip(*arguments, "--expect", "AP>=0", "-o", "one"))
        for figure, words in (("nosuch:AP>100", "nosuch:AP: that data set is not evaluated, only own"),
                              ("own:PQ>100", "own is not measured by it, its tasks are instance"),
                              ("cityscapes_AP>1", "own is not measured by it")):
            self.assert_refused(self.run_fcclip(*arguments, "--expect", figure, "-o", "no"), words, status=2)
        self.assertFalse((self.folder / "no").exists())
        missed = self.run_fcclip(*arguments, "--expect", "own:AP>100", "-o", "two")
        self.assertEqual(missed.status, 1, missed.err)
        self.assertIn("own: AP is", missed.err)
        self.assertTrue((self.folder / "two" / "own" / "scores.json").exists())

    def test_checkpoints_that_stay(self):
        self.assert_ok(self.run_sets("--set", "run.checkpoint_every=2", "--set", "run.keep_every=4", "--set",
                                     "run.keep_last=1"))
        self.assertEqual(self.checkpoints(), [f"step-{step:06}.safetensors" for step in (4, 8, 12)])
        # Between the others too.
        self.assert_ok(self.run_sets("--set", "run.checkpoint_every=8", "--set", "run.keep_every=5", "--set",
                                     "run.keep_last=1", folder="fives"))
        self.assertEqual(self.checkpoints("fives"), [f"step-{step:06}.safetensors" for step in (5, 10, 12)])

    def test_the_other_mapper_and_sgd(self):
        self.assert_ok(self.run_sets(
            "--set", "run.batch=2", "--set", "augment.mapper=short_edge", "--set", "augment.short_sides=[40, 56]",
            "--set", "augment.crop=relative_range", "--set", "augment.crop_shape=[0.6, 0.7]", "--set",
            "augment.crop_max_share=0.9", "--set", "augment.colours=true", "--set", "optimizer.kind=sgd", "--set",
            "optimizer.clip=value", "--set", "optimizer.clip_norm=0.1"))
        self.assertEqual(len(self.losses()), int(STEPS))
        for setting, words in (("augment.mapper=mine", "lsj or short_edge"), ("augment.crop=much", "relative_range"),
                               ("augment.short_sides=[]", "augment.short_sides"), ("optimizer.kind=adam", "adamw"),
                               ("augment.crop_max_share=0", "(0, 1]"), ("optimizer.clip=norm", "all, each or value")):
            self.assert_refused(self.run_sets("--set", setting, folder="x"), words, status=2)


class RunTest(TrainingCase):
    def setUp(self):
        super().setUp()
        self.mend()

    def test_lines_without_a_terminal_and_a_written_configuration(self):
        outcome = self.train("--set", "run.log_every=3")
        self.assert_ok(outcome)
        self.assertEqual(len(self.lines_with(outcome, "loss")), 4, outcome.err)
        self.assertIn("step 3/12  loss ", outcome.err)
        written = (self.folder / "T" / "config.toml").read_text()
        self.assertIn("fcclip train set.toml", written)
        self.assertIn("log_every = 3", written)
        self.assert_ok(self.run_fcclip("train", "T/config.toml", "--print-config"))
        scalars = [json.loads(line) for line in (self.folder / "T" / "log.jsonl").read_text().splitlines()]
        self.assertIn("learning_rate", scalars[0])
        self.assertNotIn("learning_rate_factor", scalars[0])

    def test_a_run_that_diverges_names_step_and_term(self):
        outcome = self.train("--set", "optimizer.learning_rate=1e30", "--set", "optimizer.clip_norm=0")
        self.assertEqual(outcome.status, 1, outcome.err)
        last = outcome.err.strip().splitlines()[-1]
        self.assertRegex(last, r"step \d+: (loss\w*|gradient_norm) is not finite")
        self.assertRegex(last, r"checkpoint of step \d+")
        self.assertTrue(self.checkpoints())

    def test_an_interrupted_run_ends_with_130_and_goes_on(self):
        command = [PROGRAM, "train", "set.toml", "--set", f"model.clip={MODEL}", "-o", "T", "--steps", "5000", "--seed",
                   "3", "--threads", "1"]
        run = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        log = self.folder / "T" / "log.jsonl"
        for _ in range(600):
            if log.exists() and log.read_text().count("\n") > 1:
                break
            time.sleep(0.1)
        run.send_signal(signal.SIGINT)
        err = run.communicate(timeout=60)[1].decode()
        self.assertEqual(run.returncode, 130, err)
        self.assertIn("continue with --resume", err.strip().splitlines()[-1])
        self.assertGreater(int(self.checkpoints()[-1][5:11]), 0)
        self.assertTrue((self.folder / "T" / "model.safetensors").exists())

    def test_wrong_settings_are_usage_errors(self):
        for setting in ("run.batch=abc", "run.batch=0", "run.batch=", "run.bacth=2", "data.ahead=0", "data.workers=-1",
                        "optimizer.reference_batch=0", "data.kind=boxes", "run.precision=half", "nothing",
                        "schedule.kind=linear", "model.heads=0", "model.heads=7", "run.batch=2\nseed=3"):
            with self.subTest(setting=setting):
                outcome = self.train("--set", setting)
                self.assertEqual(outcome.status, 2, outcome.err)
                self.assertEqual(len(outcome.err.strip().splitlines()), 1, outcome.err)
        self.assertIn("did you mean run.batch?", self.train("--set", "run.bacth=2").err)

    def test_a_configuration_in_utf_16(self):
        text = (self.folder / "set.toml").read_text()
        (self.folder / "set.toml").write_bytes(text.replace("\n", "\r\n").encode("utf-16"))
        self.assert_ok(self.train(steps="1"))
        (self.folder / "set.toml").write_text(text + "\nimages = C:\\data\n")
        self.assert_refused(self.train(), "set.toml:29", "quotation marks")

    def test_numbers_are_printed_as_they_are_written(self):
        printed = self.run_fcclip("train", "--print-config").out
        for line in ("alpha = 0.4 ", "weight_decay = 0.05 ", "learning_rate = 0.0001 ", "max_scale = 2.0 "):
            self.assertIn(line, printed)

    def test_without_data_it_says_what_to_download(self):
        outcome = self.run_fcclip("train", "--set", f"model.clip={MODEL}", "-o", "T")
        self.assert_refused(outcome, "datasets/coco/annotations", "train2017.zip", "cocodataset.org", "data.images")

    def test_a_picture_without_annotations_and_classes_that_never_occur(self):
        content = self.annotations()
        content["annotations"] = [entry for entry in content["annotations"] if entry["image_id"] != 2]
        content["categories"].append({"id": 9, "name": "never there"})
        self.annotate(content)
        outcome = self.train("--set", "run.batch=2")
        self.assert_ok(outcome)
        self.assertNotIn("null", (self.folder / "T" / "log.jsonl").read_text())

    def test_one_picture_and_a_larger_batch(self):
        content = self.annotations()
        content["images"] = content["images"][:1]
        content["annotations"] = content["annotations"][:1]
        self.annotate(content)
        self.assert_ok(self.train("--set", "run.batch=4", steps="3"))

    def test_a_damaged_checkpoint_is_named_and_the_one_before_is_kept(self):
        self.assert_ok(self.train("--set", "run.checkpoint_every=4"))
        newest = self.folder / "T" / "step-000012.safetensors"
        newest.write_bytes(newest.read_bytes()[:5000])
        outcome = self.train("--resume", steps="14")
        self.assertEqual(outcome.status, 1, outcome.err)
        for words in ("step-000012.safetensors", "step-000008.safetensors"):
            self.assertIn(words, outcome.err.strip().splitlines()[-1])
        newest.unlink()
        self.assert_ok(self.train("--resume", steps="14"))
        self.assertEqual(len(self.losses()), 14)

    def test_resuming_with_other_settings_says_so(self):
        self.assert_ok(self.train("--stop-after", "2"))
        outcome = self.train("--resume", "--set", "run.batch=2", "--stop-after", "1")
        self.assert_ok(outcome)
        self.assertIn("run.batch = 2, was 1", outcome.err)
        outcome = self.train("--resume", "--set", "model.queries=9", "--stop-after", "1")
        self.assertEqual(outcome.status, 1, outcome.err)
        self.assertIn("config.toml", outcome.err.strip().splitlines()[-1])
        self.assertIn("queries", outcome.err)

    def test_a_used_folder_is_not_overwritten(self):
        self.assert_ok(self.train("--stop-after", "2"))
        before = (self.folder / "T" / "config.toml").read_bytes()
        outcome = self.train("--set", "run.batch=2")
        self.assert_refused(outcome, "--resume", status=2)
        self.assertEqual((self.folder / "T" / "config.toml").read_bytes(), before)


def pretrain(case, pairs, *more, steps="1", folder="T"):
    settings = ("model.depths=[1,1,1,1]", "model.dims=[8,16,24,32]", "model.embed_dim=24", "model.text_layers=1",
                "model.text_width=32", "model.text_heads=2", "model.vocabulary=600", "training.batch_size=4",
                "training.log_every=1", "pairs.sides=[32]", "pairs.side_shares=[1.0]")
    sets = [word for setting in settings for word in ("--set", setting)]
    return case.run_fcclip("pretrain", "--pairs", pairs, "-o", folder, "--steps", steps, "--threads", "1", *sets, *more)


class PairsTest(Case):
    """Two pictures, a.jpg and b.jpg, and lists of them."""

    def setUp(self):
        super().setUp()
        self.take("byte-order-mark-in-pairs")

    def check(self, content, name="list.txt"):
        data = content if isinstance(content, bytes) else content.encode()
        (self.folder / name).write_bytes(data)
        return self.run_fcclip("pretrain", "--check", name)

    def assert_two_pictures(self, content, captions=2):
        outcome = self.check(content)
        self.assert_ok(outcome)
        self.assertIn(f"2 pictures, {captions} captions", outcome.out)
        return outcome

    def test_a_byte_order_mark(self):
        outcome = pretrain(self, "pairs.tsv")
        self.assert_ok(outcome)
        self.assertNotIn("left out", outcome.err)
        self.assertTrue((self.folder / "T" / "clip.safetensors").exists())

    def test_encodings_and_line_ends(self):
        lines = "a.jpg\ta rock\nb.jpg\tein Käfer auf Holz\n"
        for end in ("\n", "\r\n", "\r"):
            text = lines.replace("\n", end)
            for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
                with self.subTest(end=end, encoding=encoding):
                    self.assert_two_pictures(text.encode(encoding))
        outcome = self.check(lines.encode("latin-1"))
        self.assert_refused(outcome, "line 2", "UTF-8")

    def test_tables(self):
        for text in ("image,caption\na.jpg,a rock\nb.jpg,\"a ladybug, on wood\"\n",
                     "filepath;title\na.jpg;a rock, grey\nb.jpg;a ladybug\n",
                     "sep=;\nimage;caption\na.jpg;a rock\nb.jpg;a ladybug\n",
                     "a.jpg, a rock\nb.jpg, \"a \"\"lady\"\" bug\"\n",
                     "id,caption,file name\n1,a rock,a.jpg\n2,a ladybug,b.jpg\n",
                     "image_name| comment_number| comment\na.jpg| 0| a rock, grey\nb.jpg| 0| a ladybug\n",
                     "image\tcaption\na.jpg\ta rock\nb.jpg\t\"a ladybug, on wood\"\n",
                     "image,caption\na.jpg,\"a rock\nin the sun\"\nb.jpg,a ladybug\n",
                     "a.jpg\t\"Hello\" said the rock\n\nb.jpg\ta ladybug\n",
                     '[{"image": "a.jpg", "caption": "a rock"}, {"image": "b.jpg", "captions": ["a ladybug"]}]',
                     '{"image": "a.jpg", "caption": "a rock"}\r\n{"image": "b.jpg", "caption": "a ladybug"}\r\n'):
            with self.subTest(text=text):
                outcome = self.assert_two_pictures(text)
                self.assertEqual(outcome.err, "")

    def test_backslashes_separate_folders(self):
        (self.folder / "sub").mkdir()
        shutil.copy(self.folder / "a.jpg", self.folder / "sub")
        self.assert_two_pictures("sub\\a.jpg\ta rock\nb.jpg\ta ladybug\n")
        self.assert_two_pictures('{"image": "sub\\\\a.jpg", "caption": "a rock"}\nb.jpg\ta ladybug\n')

    def test_missing_captions_are_left_out_and_counted(self):
        outcome = self.assert_two_pictures("image,caption\na.jpg,a rock\nb.jpg,a ladybug\nb.jpg,\na.jpg,  \n")
        self.assertIn("2 pictures without a caption left out, the first in line 4", outcome.err)
        self.assert_refused(self.check("image,caption\na.jpg,\n"), "list.txt", "caption")

    def test_what_can_not_be_a_list_is_named(self):
        for content, words in (("", ["lists no picture"]), ("a.jpg\n", ["line 1"]), ("a.jpg\ta rock\tgrey\n", ["line 1"]),
                               ("image,caption\na.jpg,a rock, grey\n", ["line 2", "quotation marks"]),
                               ("{oops\n", ["line 1", "JSON"]), ("[{]", ["JSON"]), ("[1]", ["entry 1"]),
                               ('{"image": 3, "caption": "x"}\n', ["line 1", "3"]),
                               ("image,caption\n\"a.jpg,a rock\n", ["line 2", "never closed"]),
                               ("a.jpg\ta rock\n".encode("utf-16")[:-1], ["UTF-16"]),
                               ("a.jpg\ta rock\n".encode("utf-32"), ["UTF-32"])):
            with self.subTest(content=content):
                self.assert_refused(self.check(content), "list.txt", *words)


class WorldTest(Case):
    def test_the_cache_moves_the_world_for_every_command(self):
        outcome = self.run_fcclip("synth", "-o", "x", "--count", "1", env={"FCCLIP_WORLD_CACHE": "elsewhere"})
        self.assert_refused(outcome, "elsewhere/world.safetensors", "make world")
        printed = self.run_fcclip("train", "--print-config", env={"FCCLIP_WORLD_CACHE": "elsewhere"})
        self.assertEqual(printed.out.count("elsewhere/world.safetensors"), 2, printed.out)
