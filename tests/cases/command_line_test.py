"""What is typed: options in any place, mistyped words, help, exit codes."""

import os
import re
import shutil
import signal
import subprocess
import tomllib
import unittest

from support import MODEL, PROGRAM, SCENE, SOURCE, Case

COMMANDS = ("segment", "serve", "convert", "info", "classes", "words", "adapt", "init", "eval", "score", "prepare", "train", "pretrain",
            "synth", "bench", "trace", "tokenize", "completion", "manual")


def help_of(*command):
    return subprocess.run([PROGRAM, *command, "--help"], capture_output=True, text=True, check=True).stdout


class OptionsAnywhere(Case):
    """A1: an option takes its own value and no more, wherever it stands."""

    def setUp(self):
        super().setUp()
        shutil.copy(SCENE, self.folder / "scene.png")
        shutil.copy(SCENE.parent / "coffee.jpg", self.folder / "coffee.jpg")

    def asked(self, *arguments):
        """The (picture, question) pairs answered by one run."""
        outcome = self.run_fcclip("segment", *arguments, "--write", "none", "--json", "--short-side", "64",
                                  "--max-side", "128")
        self.assert_ok(outcome)
        return [(line["image"], line["question"]) for line in outcome.lines()]

    def test_words_before_the_picture(self):
        self.assertEqual(self.asked("-c", "bat", "scene.png"), [("scene.png", 1)])
        self.assertEqual(self.asked("-v", "coco", "scene.png", "-o", "xx"), [("scene.png", 1)])

    def test_words_between_pictures(self):
        both = [("scene.png", 1), ("coffee.jpg", 1)]
        self.assertEqual(self.asked("scene.png", "-c", "bat", "coffee.jpg"), both)
        self.assertEqual(self.asked("scene.png", "--classes=bat", "coffee.jpg"), both)
        self.assertEqual(self.asked("scene.png", "-cbat", "coffee.jpg"), both)

    def test_each_option_asks_one_question(self):
        self.assertEqual(self.asked("-c", "bat", "-c", "rock", "scene.png"), [("scene.png", 1), ("scene.png", 2)])

    def test_words_without_commas(self):
        """-c bat wood rock, as other programs take words: not two pictures of these names."""
        outcome = self.run_fcclip("segment", "scene.png", "-c", "bat", "wood", "rock", "--write", "none")
        self.assert_refused(outcome, "no picture 'wood'", 'with commas: -c "bat, wood"', status=2)

    def test_questions_keep_the_order_typed(self):
        outcome = self.run_fcclip("segment", "scene.png", "-v", "voc20", "-c", "bat", "-v", "coco", "--write", "none",
                                  "--json", "--task", "semantic")
        self.assert_ok(outcome)
        names = [{segment["name"] for segment in line["segments"]} for line in outcome.lines()]
        self.assertEqual(names[1], {"bat"})
        self.assertNotIn("bat", names[0] | names[2])

    def test_a_folder_named_like_a_command(self):
        (self.folder / "train").mkdir()
        shutil.move(self.folder / "scene.png", self.folder / "train" / "scene.png")
        self.assertEqual(self.asked("train", "-c", "bat"), [("train/scene.png", 1)])

    def test_values_of_other_commands(self):
        (self.folder / "my.toml").write_text("[schedule]\nsteps = 5\n")
        outcome = self.run_fcclip("train", "--set", "run.batch=3", "my.toml", "--set", "run.seed=7", "--print-config")
        self.assert_ok(outcome)
        for line in ("steps = 5", "batch = 3", "seed = 7"):
            self.assertIn(line, outcome.out)
        outcome = self.run_fcclip("eval", "-t", "panoptic", "ade20k_150")
        self.assertEqual(outcome.status, 1, outcome.err)
        self.assertIn("ADEChallengeData2016", outcome.err)
        self.assert_refused(self.run_fcclip("eval", "-t", "panoptic,semantik", "ade20k_150"), "did you mean semantic?",
                            status=2)

    def test_behind_two_dashes_all_are_pictures(self):
        shutil.move(self.folder / "coffee.jpg", self.folder / "-q.jpg")
        outcome = self.run_fcclip("segment", "-c", "bat", "--write", "none", "--json", "scene.png", "--", "-q.jpg")
        self.assert_ok(outcome)
        self.assertEqual([line["image"] for line in outcome.lines()], ["scene.png", "-q.jpg"])

    def test_brackets_belong_to_the_text(self):
        whole, bare = self.run_fcclip("tokenize", "[cat]", "cat").lines()
        self.assertNotEqual(whole, bare)
        shutil.move(self.folder / "coffee.jpg", self.folder / "[a,b]")
        self.assertEqual(self.asked("[a,b]", "-c", "bat"), [("[a,b]", 1)])


class Mistyped(Case):
    """C: the word is named, and what was probably meant."""

    def refused(self, *arguments, says, see):
        outcome = self.run_fcclip(*arguments)
        self.assert_refused(outcome, *says, status=2)
        self.assertTrue(outcome.err.endswith(f"; see {see} --help\n"), outcome.err)

    def test_commands(self):
        self.refused("segmnet", "x.png", says=["'segmnet'", "did you mean segment?"], see="fcclip")
        self.refused("segmnet", "--help", says=["did you mean segment?"], see="fcclip")
        self.refused("help", "scoer", says=["did you mean score?"], see="fcclip")
        self.refused("photo.jpg", says=["unknown command 'photo.jpg'", "there are segment, "], see="fcclip")
        self.refused("score", "panoptc", "a", "b", says=["did you mean panoptic?"], see="fcclip score")
        self.refused("score", says=["panoptic, instance, semantic"], see="fcclip score")

    def test_options(self):
        for typed, meant in (("--clases", "--classes"), ("--class", "--classes"), ("--min_score", "--min-score"),
                             ("--moedl", "--model"), ("--conf=0.5", "--min-score"), ("--out-dir", "--output"),
                             ("--imgsz", "--short-side")):
            self.refused("segment", "x.png", typed, "bat", says=[typed.split("=")[0], f"did you mean {meant}?"],
                         see="fcclip segment")
        self.refused("convert", "x.pth", "--outptu", "y", says=["did you mean --output?"], see="fcclip convert")

    def test_one_word_for_one_thing(self):
        self.refused("score", "semantic", "a", "b", "--classes", "150", says=["--class-count 150"],
                     see="fcclip score semantic")
        # "instances" is taken too.
        self.assert_refused(self.run_fcclip("segment", "x.png", "-t", "instances"), "x.png")
        self.assert_refused(self.run_fcclip("score", "instances", "x.json", "x.json"), "x.json")
        for command in ("segment", "eval", "serve"):
            self.assertIn("--device DEVICES        cpu, cuda or cuda:N; several that share the", help_of(command))
        for command in ("trace", "train", "pretrain"):
            self.assertIn("--device DEVICE         cpu, cuda or cuda:N; default cpu\n", help_of(command))
        for command in ("segment", "trace", "eval", "train", "pretrain"):
            with self.subTest(command):
                self.assertIn("--threads NUMBER        CPU threads; default all cores\n", help_of(command))

    def test_options_of_eval_from_a_file(self):
        (self.folder / "eval.toml").write_text('datasets = ["ade20k_150"]\nroot = "nowhere"\nlimit = 3\n')
        self.assert_refused(self.run_fcclip("eval", "--config", "eval.toml"), "nowhere/ADEChallengeData2016")
        self.assert_refused(self.run_fcclip("eval", "--config", "eval.toml", "--root", "typed"), "typed/ADEChallenge")
        for alpha in ("[0.2, 0.4]", '"0.2,0.4"', '"0.2:0.4:0.2"', "0.2"):
            (self.folder / "sweep.toml").write_text(f'root = "nowhere"\nalpha = {alpha}\n')
            self.assert_refused(self.run_fcclip("eval", "ade20k_150", "--config", "sweep.toml"), "nowhere/ADEChallenge")
        for text, says in (("limit = 0", "expected 1"), ("limits = 3", "did you mean limit?"), ("[a]\nlimit = 3", "[a]"),
                           ("task = 'nosuch'", "expected one of panoptic")):
            with self.subTest(text):
                (self.folder / "eval.toml").write_text(text + "\n")
                self.refused("eval", "ade20k_150", "--config", "eval.toml", says=[says], see="fcclip eval")

    def test_a_trainings_options_are_settings(self):
        for command, steps, section in (("train", "schedule.steps", "run"), ("pretrain", "training.steps", "training")):
            with self.subTest(command):
                out = self.run_fcclip(command, "--steps", "7", "--seed", "3", "--device", "cuda:1", "--threads", "2",
                                      "--dtype", "bfloat16", "--print-config").out
                settings = tomllib.loads(out)
                part, key = steps.split(".")
                self.assertEqual(settings[part][key], 7)
                wanted = {"seed": 3, "device": "cuda:1", "threads": 2, "export_dtype": "bfloat16"}
                self.assertEqual({name: settings[section][name] for name in wanted}, wanted)
                self.assert_refused(self.run_fcclip(command, "--set", f"{section}.threads=2000", "-o", "x",
                                                    "--pairs" if command == "pretrain" else "--set",
                                                    "y" if command == "pretrain" else "model.clip=y"), "threads", status=2)

    def test_every_command_names_an_unknown_option(self):
        for command in COMMANDS + (("score", "panoptic"), ("score", "instance"), ("score", "semantic"),
                                   ("score", "cityscapes")):
            command = (command,) if isinstance(command, str) else command
            if command == ("score",):
                continue
            with self.subTest(command):
                self.refused(*command, "--no-such-option-at-all", says=["--no-such-option-at-all"],
                             see="fcclip " + " ".join(command))

    def test_choices(self):
        self.refused("segment", "x.png", "-t", "panotpic", says=["--task panotpic", "did you mean panoptic?"],
                     see="fcclip segment")
        self.refused("init", "-o", "x", "--preset", "rn50", says=["did you mean RN50?"], see="fcclip init")
        self.refused("segment", SCENE, "--write", "overlay, segmnets", says=["'segmnets'", "did you mean segments?"],
                     see="fcclip segment")
        self.refused("segment", SCENE, "-v", "ade20kk", says=["ade20kk", "did you mean ade20k?"], see="fcclip segment")
        self.refused("eval", "ade20k_15", says=["did you mean ade20k_150?"], see="fcclip eval")
        self.refused("prepare", "cityscape", says=["did you mean cityscapes?"], see="fcclip prepare")
        self.refused("prepare", "lvis", says=["lvis needs no preparation", "download lvis_v1_val.json.zip"],
                     see="fcclip prepare")
        self.refused("completion", "zhs", says=["did you mean zsh?"], see="fcclip completion")

    def test_ranges(self):
        for arguments, says in ((("--min-score", "2"), "--min-score 2: expected 0 to 1"),
                                (("--min-score", "abc"), "--min-score abc: expected a number"),
                                (("--alpha", "nan"), "--alpha nan: expected a number"),
                                (("--beta", "-0.1"), "--beta -0.1: expected 0 to 1"),
                                (("--top-k", "0"), "--top-k 0: expected 1 to 1000000"),
                                (("--top-k", "1.5"), "--top-k 1.5: expected a whole number"),
                                (("--threads", "0x10"), "--threads 0x10: expected a whole number"),
                                (("--short-side", "99999999999999999999"), "expected a whole number"),
                                (("--short-side", "800", "--max-side", "400"), "smaller than --short-side 800"),
                                (("--max-side", "400", "--short-side", "800"), "smaller than --short-side 800")):
            with self.subTest(arguments):
                self.refused("segment", "x.png", *arguments, says=[says], see="fcclip segment")
        self.refused("synth", "--count", "-3", says=["--count -3: expected 0 or more"], see="fcclip synth")
        self.refused("eval", "lvis", "--short-side", "800", "--max-side", "400", says=["smaller than"],
                     see="fcclip eval")
        for value, says in (("0.2:0.6:0.15", "no whole number of steps"), ("0.2,1.2", "expected numbers from 0 to 1"),
                            ("0.2,0.2", "a number is there twice"), ("0.2:0.4", "START:END:STEP")):
            self.refused("eval", "lvis", "--overlap-threshold", value, says=[f"--overlap-threshold {value}: ", says],
                         see="fcclip eval")
        for command in ("segment", "eval"):
            self.refused(command, "x.png", "--tta", "flp", says=["did you mean flip?"], see="fcclip " + command)
        for command in ("train", "pretrain"):
            self.refused(command, "--steps", "-3", says=["--steps -3: expected 1 or more"], see="fcclip " + command)

    def test_settings_of_an_answer_are_the_same_everywhere(self):
        helps = [" ".join(help_of(command).split()) for command in ("segment", "trace", "eval")]
        for text in ("Weight of CLIP's own answer for classes seen in training, 0 to 1; default the model's",
                     "least share of a mask that must stay visible", "Instance: candidates per picture"):
            for text_of_command in helps:
                self.assertIn(text, text_of_command)

    def test_decimal_means_decimal(self):
        """010 is ten, not eight."""
        self.assert_ok(self.run_fcclip("init", "-o", "ten", "--seed", "010"))
        self.assertIn("seed 10", self.run_fcclip("info", "ten").out)

    def test_values_that_are_missing(self):
        self.refused("segment", "x.png", "-o", says=["--output: a value is missing (FOLDER)"], see="fcclip segment")
        self.refused("segment", "x.png", "-o", "--json", says=["--output --json: a value is missing"],
                     see="fcclip segment")
        self.refused("segment", "-c", "bat", says=["PICTURE is missing"], see="fcclip segment")
        self.refused("score", "panoptic", "a.json", says=["PREDICTION is missing"], see="fcclip score panoptic")
        self.refused("convert", "a.pth", says=["--output FILE is missing"], see="fcclip convert")

    def test_values_that_are_empty(self):
        """-o "$OUT" where nobody set OUT; and what follows --option= is no value of it."""
        self.refused("segment", "x.png", "-o", "", says=['--output "": the value is empty'], see="fcclip segment")
        self.refused("segment", "--model=", "x.png", says=['--model "": the value is empty'], see="fcclip segment")
        self.refused("segment", "x.png", "--alpha=", says=["--alpha"], see="fcclip segment")
        self.assert_ok(self.run_fcclip("segment", SCENE, "-c", "bat", "--things=", "--stuff", "", "--write", "none"))

    def test_values_that_are_too_many(self):
        self.refused("segment", "x.png", "--alpha", "0.1", "--alpha", "0.2", says=["--alpha: given 2 times"],
                     see="fcclip segment")
        self.refused("info", "a", "b", says=["unexpected argument 'b'"], see="fcclip info")
        self.refused("tokenize", "--merges", "a", "--model", "b", says=["--merges and --model exclude each other"],
                     see="fcclip tokenize")

    def test_a_long_dash_of_a_web_page(self):
        """An option pasted from a page that made "--" a dash is no picture."""
        self.refused("segment", "x.png", "\u2013classes", "bat", says=["long dash", "type --classes"], see="fcclip")
        self.refused("segment", "x.png", "\u2014-classes", "bat", says=["type --classes"], see="fcclip")
        self.refused("segment", "x.png", "\u2013c", "bat", says=["type -c"], see="fcclip")

    def test_control_characters_do_nothing_to_the_terminal(self):
        """A file's name may hold line feeds and escape sequences; a script with CRLF ends words in \\r."""
        self.assert_refused(self.run_fcclip("segment", "a\nb\x1b[2J.png"), "a\\nb\\x1b[2J.png")
        self.refused("segment", "x.png", "--json\r", says=["--json\\r", "did you mean --json?"], see="fcclip segment")


    def test_kinds_of_output(self):
        self.assert_ok(self.run_fcclip("segment", SCENE, "-c", "bat", "-q", "--write", "segments, semantic", "-o", "a"))
        self.assertLessEqual({"scene.segments.json", "scene.semantic.png"}, set(os.listdir(self.folder / "a")))
        self.assertNotIn("scene.overlay.png", os.listdir(self.folder / "a"))
        self.assert_ok(self.run_fcclip("segment", SCENE, "-c", "bat", "-q", "--write", "all", "-o", "b"))
        self.assertGreater(len(os.listdir(self.folder / "b")), 12)

    def test_checks_speak_in_our_words(self):
        """Values are checked by cli/option_checks.h: CLI11's own checks speak otherwise."""
        for path in (SOURCE / "apps").glob("*.cpp"):
            self.assertIsNone(re.search(r"CLI::(Range|IsMember|Bound|Existing|\w+Number)\b", path.read_text()), path)


class Help(Case):
    def test_ways_to_ask(self):
        for words in (("help",), ("-h",), ("--help",)):
            self.assertEqual(self.run_fcclip(*words).out, help_of())
        self.assertEqual(self.run_fcclip("help", "segment").out, help_of("segment"))
        self.assertEqual(self.run_fcclip("help", "score", "panoptic").out, help_of("score", "panoptic"))
        nothing = self.run_fcclip()
        self.assertEqual((nothing.status, nothing.out, nothing.err), (2, "", help_of()))

    def test_version(self):
        for words in ("version", "-V", "--version"):
            outcome = self.run_fcclip(words)
            self.assert_ok(outcome)
            self.assertRegex(outcome.out, r"^fcclip \d+\.\d+\.\d+\n")
            for part in ("instruction set", "LibTorch", "CUDA", "compiler"):
                self.assertRegex(outcome.out, rf"(?m)^{part} +\S")

    def test_every_page(self):
        pages = [()] + [(name,) for name in COMMANDS] + [("score", kind) for kind in ("panoptic", "instance",
                                                                                        "semantic", "cityscapes")]
        for page in pages:
            with self.subTest(page):
                text = help_of(*page)
                self.assertLessEqual(max(map(len, text.splitlines())), 80)
                self.assertIn("Usage: fcclip", text)
                if page and page != ("score",):
                    self.assertRegex(text, r"(?m)^Examples?[:,]")
                # Values are named: FILE, FOLDER, NUMBER, WORDS …
                self.assertIsNone(re.search(r"(?m)^  -.*\b(TEXT|INT|UINT|FLOAT)\b", text))
                self.assertIsNone(re.search(r"\{[a-z]+,", text))

    def test_commands_are_all_there(self):
        listed = re.findall(r"(?m)^  ([a-z]+) +[A-Z]", help_of())
        self.assertEqual(sorted(listed), sorted(COMMANDS))

    def test_environment_variables_are_all_there(self):
        own = re.compile(r'"(FCCLIP_[A-Z_]+|XDG_[A-Z_]+|RANK|WORLD_SIZE|[A-Z0-9]+_DATASETS)"')
        page = help_of()
        documented = (SOURCE / "docs" / "command_line.md").read_text()
        for folder in ("fcclip", "apps"):
            for path in (SOURCE / folder).rglob("*.cpp"):
                for name in own.findall(path.read_text()):
                    if name == "FCCLIP_VERSION":
                        continue
                    self.assertIn(name, page, path)
                    self.assertIn(name, documented, path)

    def test_trace_takes_what_it_uses(self):
        page = help_of("trace")
        for option in ("--task", "--min-score", "--next-best"):
            self.assertNotIn(option, page)
        for option in ("--alpha", "--short-side", "--vocabulary", "--model"):
            self.assertIn(option, page)


class ExitCodes(Case):
    """B10: 2 for what can't be meant, 1 for what failed, 130 for a stop; the same in every command."""

    USAGE = (
        ("segment", SCENE, "-v", "nosuch"),
        ("segment", SCENE, "--write", "nosuch"),
        ("segment", SCENE, "--device", "gpu"),
        ("segment", SCENE, "--device", "mps"),
        ("segment", SCENE, "--device", "cuda:x"),
        ("segment",),
        ("trace", SCENE, "-o", "x", "-v", "nosuch"),
        ("trace", SCENE, "-o", "x", "--device", "gpu"),
        ("trace", SCENE, "-o", "x", "-c", "a", "-c", "b"),
        ("classes", "nosuch"),
        ("convert", "nosuch.pth"),
        ("convert", MODEL, "-o", "x", "--dtype", "float8"),
        ("convert", MODEL, "-o", "x", "--training-vocabulary", "nosuch"),
        ("eval",),
        ("eval", "nosuch"),
        ("eval", "ade20k_150", "--device", "gpu"),
        ("eval", "--label-pngs", "x"),
        ("init", "-o", "x", "--preset", "nosuch"),
        ("prepare", "nosuch"),
        ("score", "semantic", "a", "b", "--class-count", "0"),
        ("score", "semantic", "a", "b"),
        ("score", "semantic", "a", "b", "--dataset", "nosuch"),
        ("score", "cityscapes", "gtFine"),
        ("synth",),
        ("synth", "--size", "0", "--list"),
        ("train", "--device", "gpu", "-o", "x"),
        ("train", "--set", "run.batch=0", "-o", "x"),
        ("train", "--set", "run.batch=abc", "--print-config"),
        ("train", "--set", "run.batches=1", "--print-config"),
        ("train", "--set", "batch", "--print-config"),
        ("train",),
        ("pretrain", "--device", "mps", "-o", "x", "--pairs", "y"),
        ("pretrain", "-o", "x"),
        ("tokenize", "--nosuch"),
        ("info",),
        ("completion", "tcsh"),
        ("manual", "nosuch"),
        ("manual", "segment", "-o", "x"),
    )
    FAILURES = (
        ("segment", "nosuch.png"),
        ("segment", "nosuch/*.png"),
        ("segment", SCENE, "-v", "nosuch.txt"),
        ("segment", SCENE, "-m", "nosuch.safetensors"),
        ("segment", SCENE, "--templates", "nosuch.txt"),
        ("trace", "nosuch.png", "-o", "x"),
        ("classes", "nosuch.txt"),
        ("convert", "nosuch.pth", "-o", "x"),
        ("eval", "ade20k_150"),
        ("info", "nosuch"),
        ("init", "-o", "x", "--merges", "nosuch"),
        ("prepare", "ade20k_150"),
        ("score", "panoptic", "nosuch.json", "nosuch.json"),
        ("score", "instances", "nosuch.json", "nosuch.json"),
        ("score", "semantic", "nosuch", "nosuch", "--class-count", "3"),
        ("score", "semantic", "nosuch", "nosuch", "--dataset", "ade20k_150"),
        ("score", "cityscapes", "nosuch", "--semantic", "nosuch"),
        ("synth", "--list", "--world", "nosuch"),
        ("train", "nosuch.toml"),
        ("train", "--check", "nosuch.json"),
        ("pretrain", "nosuch.toml"),
        ("tokenize", "--merges", "nosuch", "cat"),
        ("tokenize", "--model", "nosuch", "cat"),
    )

    def test_usage(self):
        for arguments in self.USAGE:
            with self.subTest(arguments):
                outcome = self.run_fcclip(*arguments)
                self.assert_refused(outcome, "--help", status=2)
                self.assertEqual(list(self.folder.glob("[!.]*")), [])

    def test_failures(self):
        for arguments in self.FAILURES:
            with self.subTest(arguments):
                outcome = self.run_fcclip(*arguments)
                self.assert_refused(outcome, status=1)
                self.assertNotIn("--help", outcome.err)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full here")
    def test_a_full_standard_output(self):
        for arguments in (("--help",), ("help", "segment"), ("--version",), ("classes",), ("info", MODEL),
                          ("completion", "bash"), ("manual",), ("train", "--print-config")):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                self.assert_refused(self.run_fcclip(*arguments, stdout=full), "standard output")

    def test_one_picture_prints_its_reason_only(self):
        (self.folder / "empty.png").write_bytes(b"")
        self.assert_refused(self.run_fcclip("segment", "empty.png"), "empty.png")
        shutil.copy(SCENE, self.folder / "scene.png")
        outcome = self.run_fcclip("segment", "empty.png", "scene.png", "--write", "none", "-q")
        self.assertEqual(outcome.status, 1)
        self.assertEqual(len(outcome.err.splitlines()), 2, outcome.err)

    def test_settings_of_the_environment(self):
        environment = dict(os.environ, FCCLIP_CPU_ISA="sse")
        self.assert_refused(self.run_fcclip("segment", SCENE, "-m", MODEL, env=environment), "FCCLIP_CPU_ISA=sse",
                            status=2)

    def test_a_stop_is_130(self):
        for number in range(40):
            shutil.copy(SCENE, self.folder / f"{number}.png")
        environment = dict(os.environ, FCCLIP_MODEL=MODEL, XDG_CACHE_HOME=str(self.folder / ".cache"))
        process = subprocess.Popen([PROGRAM, "segment", ".", "-c", "bat", "--write", "none", "--json"],
                                   cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        said = process.stderr.read().decode()
        self.assertEqual(process.wait(timeout=60), 130, said)
        process.stdout.close()
        process.stderr.close()


if __name__ == "__main__":
    unittest.main()
