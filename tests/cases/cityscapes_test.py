"""Cityscapes' own numbers on the command line, of the small case that tests/eval/cityscapes holds."""

import json
import shutil

from support import SOURCE, Case

INPUT = SOURCE / "tests" / "eval" / "cityscapes"


class Cityscapes(Case):
    def setUp(self):
        super().setUp()
        for name in ("gtFine", "instances", "semantic"):
            shutil.copytree(INPUT / name, self.folder / name)
        self.expected = json.loads((INPUT / "expected.json").read_text())

    def score(self, *arguments):
        return self.run_fcclip("score", "cityscapes", "gtFine", *arguments)

    def assert_same(self, got, want, where=""):
        if isinstance(want, dict):
            self.assertEqual(got.keys(), want.keys(), where)
            for key in want:
                self.assert_same(got[key], want[key], f"{where}.{key}")
        elif isinstance(want, list):
            self.assertEqual(len(got), len(want), where)
            for index, value in enumerate(want):
                self.assert_same(got[index], value, f"{where}[{index}]")
        elif isinstance(want, (int, float)):
            self.assertAlmostEqual(got, want, delta=1e-12, msg=where)
        else:
            self.assertEqual(got, want, where)

    def test_all_numbers(self):
        outcome = self.score("--instances", "instances", "--semantic", "semantic", "--json")
        self.assert_ok(outcome)
        self.assert_same(outcome.json(), self.expected)

    def test_a_table(self):
        outcome = self.score("--instances", "instances/", "--semantic", "semantic/")
        self.assert_ok(outcome)
        rows = {line.split("  ")[0]: line.split()[-2:] for line in outcome.out.splitlines() if not line.startswith(" ")}
        instance, semantic = self.expected["instance"], self.expected["semantic"]
        shown = lambda *values: ["-" if value is None else f"{100 * value:.2f}" for value in values]
        self.assertEqual(rows["instances"], shown(instance["AP"], instance["AP50"]))
        self.assertEqual(rows["classes"], shown(semantic["averageScoreClasses"], semantic["averageScoreInstClasses"]))
        self.assertEqual(rows["vehicle"], shown(semantic["categoryScores"]["vehicle"],
                                                semantic["categoryInstScores"]["vehicle"]))

    def test_slips(self):
        self.assert_refused(self.score(), "--instances FOLDER", status=2)
        self.assert_refused(self.score("--instances", "semantic"), "no prediction for town_000000_000019", ".txt")
        pred = self.folder / "semantic" / "town_000001_000019_pred.png"
        shutil.copy(pred, pred.with_name("town_000001_000019_again.png"))
        self.assert_refused(self.score("--semantic", "semantic"), "two predictions of one picture")
        text = self.folder / "instances" / "town_000001_000019_pred.txt"
        text.write_text("../gtFine/val/x.png 26 0.5\n")
        self.assert_refused(self.score("--instances", "instances"), "town_000001_000019_pred.txt: line 1", "leads out")
        shutil.rmtree(self.folder / "gtFine" / "val")
        self.assert_refused(self.score("--instances", "instances"), "gtFine", "gtFine_trainvaltest.zip")


if __name__ == "__main__":
    import unittest

    unittest.main()
