"""Heads of FC-CLIP's successors, from checkpoints as they are published to answers."""

import unittest

import torch_file
from support import SCENE, Case

CLIP = "backbone.clip_model."
SMALL = ("--short-side", "64", "--max-side", "128", "--write", "none", "--json")


class PublishedForms(Case):
    """A detectron2 file with what the training run left in it; the numbers that no tensor tells."""

    def publish(self, head, more=()):
        self.assert_ok(self.run_fcclip("init", "--preset", "tiny", "--head", head, "-o", "own.safetensors"))
        tensors, _ = torch_file.read_safetensors(self.folder / "own.safetensors")
        state = {name: torch_file.Tensor(*value) for name, value in tensors.items()}
        for name, value in tensors.items():
            for second in more:
                if name.startswith(CLIP):
                    state[second + name[len("backbone"):]] = torch_file.Tensor(*value)
        torch_file.save(self.folder / "published.pth", {"model": state, "iteration": 7})
        return tensors

    def converted(self, *arguments):
        outcome = self.run_fcclip("convert", "published.pth", *arguments, "-o", "m.safetensors", "--overwrite")
        self.assert_ok(outcome)
        return outcome.err, self.run_fcclip("info", "m.safetensors", "--json").json()["config"]

    def asked(self, *arguments):
        outcome = self.run_fcclip("segment", SCENE, "-m", "m.safetensors", "-c", "bat, rock, wood", *SMALL, *arguments)
        self.assert_ok(outcome)
        return outcome.lines()[0]

    def test_coat(self):
        tensors = self.publish("fcclip", more=["frozen_backbone"])
        said, config = self.converted()
        self.assertIn("head: COAT, clip_trust 0.5", said)
        self.assertEqual(config["ensemble"]["clip_trust"], 0.5)
        self.assertEqual(config["panoptic"]["overlap_threshold"], 0.7)
        self.assertEqual(torch_file.read_safetensors(self.folder / "m.safetensors")[0], tensors)
        self.assertIn("COAT, clip_trust 0.5", self.run_fcclip("info", "published.pth").out)
        self.assertIn("COAT, clip_trust 0.5", self.run_fcclip("info", "m.safetensors").out)
        (self.folder / "less.json").write_text('{"head": {"clip_trust_weight": 0.25}}')
        self.assertEqual(self.converted("--config", "less.json")[1]["ensemble"]["clip_trust"], 0.25)

    def test_mask_adapter(self):
        tensors = self.publish("mask_adapter")
        said, config = self.converted()
        self.assertIn("Mask-Adapter on FC-CLIP, 16 maps of 48 channels, mask threshold 0.5", said)
        self.assertEqual(config["pixels"]["max_side"], 896)
        self.assertEqual(config["ensemble"]["beta"], 0.9)
        self.assertEqual(torch_file.read_safetensors(self.folder / "m.safetensors")[0], tensors)
        (self.folder / "t.json").write_text('{"head": {"mask_threshold": 0.45}, "geometric_ensemble_alpha": 0.6}')
        config = self.converted("--config", "t.json")[1]
        self.assertEqual((config["head"]["mask_threshold"], config["ensemble"]["alpha"]), (0.45, 0.6))
        for task in ("panoptic", "instance", "semantic"):
            self.assertIn("segments", self.asked("--task", task))

    def test_maft_plus(self):
        tensors = self.publish("maft_plus", more=["backbone_t"])
        said, config = self.converted()
        self.assertIn("head: MAFT+", said)
        self.assertIn("COCO-Stuff's 171", said)
        self.assertEqual(config["head"], {"kind": "maft_plus", "cdt_heads": 8, "residual_inside_norm": True,
                                          "scores_resized_late": True, "own_input_size": False})
        self.assertEqual(torch_file.read_safetensors(self.folder / "m.safetensors")[0], tensors)
        self.assertIn("segments", self.asked())

    def test_an_adapter_on_maft_plus(self):
        self.publish("mask_adapter_maft_plus")
        self.assertIn("Mask-Adapter on MAFT+", self.converted()[0])
        self.assertIn("segments", self.asked("--head-option", "clip_trust=0.5"))

    def test_a_missing_tensor_is_named(self):
        self.publish("mask_adapter")
        state, _ = torch_file.read_safetensors(self.folder / "own.safetensors")
        del state["mask_adapter.cnext2.pwconv1.weight"]
        torch_file.save(self.folder / "published.pth",
                        {"model": {name: torch_file.Tensor(*value) for name, value in state.items()}})
        self.assert_refused(self.run_fcclip("convert", "published.pth", "-o", "m.safetensors"),
                            "mask_adapter.cnext2.pwconv1.weight")
        (self.folder / "t.json").write_text('{"head": {"mask_treshold": 0.45}}')
        self.publish("mask_adapter")
        self.assert_refused(self.run_fcclip("convert", "published.pth", "--config", "t.json", "-o", "m.safetensors"),
                            "head.mask_treshold is nothing that this head has")


class ClipTrust(Case):
    """One number of the ensemble, for plain FC-CLIP weights too."""

    def scores(self, *arguments):
        outcome = self.run_fcclip("segment", SCENE, "-c", "bat, rock, wood", "--things", "rock, wood", *SMALL,
                                  "--task", "instance", "--min-score", "0", *arguments)
        self.assert_ok(outcome)
        return {(one["name"], *one["box_xywh_px"], one["area_px"]): one["score"]
                for one in outcome.lines()[0]["segments"]}

    def test_it_makes_void_less_probable(self):
        self.assertEqual(self.scores("--head-option", "clip_trust=0"), self.scores())
        plain, trusting = self.scores(), self.scores("--head-option", "clip_trust=1")
        self.assertTrue(set(plain) & set(trusting))
        for mask in set(plain) & set(trusting):
            self.assertGreaterEqual(trusting[mask], plain[mask] - 1e-6)
        self.assertNotEqual(plain, trusting)

    def test_what_is_no_option_is_refused(self):
        for given in ("clip_trust=2", "clip_trust=nan", "clip_trust", "clip_trust=", "clip_trust=0.5x", "trust=0.5"):
            with self.subTest(given):
                self.assert_refused(self.run_fcclip("segment", SCENE, "--head-option", given), "--head-option",
                                    "expected clip_trust=NUMBER", status=2)


if __name__ == "__main__":
    unittest.main()
