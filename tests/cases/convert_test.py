"""Published weights in all the forms in which they are passed on: whole, head and CLIP apart, with the reference's YAML."""

import tomllib
import unittest

import torch_file
from support import Case

CLIP = "backbone.clip_model."
YAML = """_BASE_: base.yaml
MODEL:
  SEM_SEG_HEAD: {NAME: "FCCLIPHead", CONVS_DIM: 64, MASK_DIM: 64, TRANSFORMER_ENC_LAYERS: 2}
  MASK_FORMER: {NHEADS: 4, DIM_FEEDFORWARD: 128, DEC_LAYERS: 5, HIDDEN_DIM: 64, NUM_OBJECT_QUERIES: 20}
  FC_CLIP: {CLIP_MODEL_NAME: "convnext_mine", EMBED_DIM: 64, GEOMETRIC_ENSEMBLE_ALPHA: 0.25}
INPUT: {MIN_SIZE_TEST: 640}
"""
BASE = """MODEL:
  META_ARCHITECTURE: "FCCLIP"
  BACKBONE: {NAME: "CLIP"}
  PIXEL_MEAN: [122.7709383, 116.7460125, 104.09373615]
  PIXEL_STD: [68.5005327, 66.6321579, 70.32316305]
  SEM_SEG_HEAD:
    IN_FEATURES: ["res2", "res3", "res4", "res5"]
    PIXEL_DECODER_NAME: "MSDeformAttnPixelDecoder"
  MASK_FORMER: {TRANSFORMER_IN_FEATURE: "multi_scale_pixel_decoder", TEST: {OVERLAP_THRESHOLD: 0.8}}
INPUT: {FORMAT: "RGB"}
DATASETS:
  TRAIN: ("openvocab_coco_2017_train_panoptic_with_sem_seg",)
"""


class Halves(Case):
    def setUp(self):
        super().setUp()
        self.assert_ok(self.run_fcclip("init", "--preset", "tiny", "-o", "tiny.safetensors"))
        tensors, _ = torch_file.read_safetensors(self.folder / "tiny.safetensors")
        self.clip = {name[len(CLIP):]: value for name, value in tensors.items() if name.startswith(CLIP)}
        self.head = {name: value for name, value in tensors.items() if not name.startswith(CLIP)}
        self.tensors = tensors

    def write(self, name, tensors, wrap=None):
        if name.endswith(".safetensors"):
            return torch_file.write_safetensors(self.folder / name, tensors)
        state = {key: torch_file.Tensor(*value) for key, value in tensors.items()}
        return torch_file.save(self.folder / name, {wrap: state} if wrap else state)

    def weights(self, name):
        return torch_file.read_safetensors(self.folder / name)[0]

    def test_every_form_of_two_files_gives_the_model(self):
        self.write("head.pth", self.head, wrap="model")
        self.write("head.safetensors", self.head)
        self.write("open_clip.bin", self.clip)
        self.write("open_clip.safetensors", self.clip)
        self.write("clip.pth", {"module." + name: value for name, value in self.clip.items()}, wrap="state_dict")
        for head in ("head.pth", "head.safetensors"):
            for clip in ("open_clip.bin", "open_clip.safetensors", "clip.pth"):
                for arguments in ((head, "--clip", clip), (head, clip), (clip, head)):
                    with self.subTest(arguments):
                        self.assert_ok(self.run_fcclip("convert", *arguments, "-o", "m.safetensors", "--overwrite"))
                        self.assertEqual(self.weights("m.safetensors"), self.tensors)

    def test_what_is_missing_is_named(self):
        self.write("head.pth", self.head, wrap="model")
        self.write("open_clip.bin", self.clip)
        out = ("-o", "m.safetensors")
        self.assert_refused(self.run_fcclip("convert", "head.pth", *out), "CLIP's weights", "--clip FILE")
        self.assert_refused(self.run_fcclip("convert", "head.pth", "--clip", "head.pth", *out), "head.pth (--clip)",
                            "no CLIP weights")
        self.assert_refused(self.run_fcclip("convert", "open_clip.bin", "--clip", "open_clip.bin", *out),
                            "the segmentation head")
        self.assert_refused(self.run_fcclip("convert", *out), "CHECKPOINT is needed", status=2)
        self.assert_refused(self.run_fcclip("convert", "--clip", "open_clip.bin", "--config", "x.yaml", *out),
                            "--config", status=2)
        del self.clip["text_projection"]
        self.write("cut.bin", self.clip)
        self.assert_refused(self.run_fcclip("convert", "head.pth", "--clip", "cut.bin", *out), "text_projection")

    def test_a_clip_alone_is_what_training_begins_with(self):
        self.write("open_clip.bin", self.clip)
        self.write("open_clip.safetensors", self.clip)
        for name, target in (("open_clip.bin", "open_clip"), ("open_clip.safetensors", "CLIP")):
            self.assert_refused(self.run_fcclip("train", "--set", f"model.clip={name}", "-o", "none"),
                                f"fcclip convert --clip {name} -o {target}.safetensors")
        self.assert_ok(self.run_fcclip("convert", "--clip", "open_clip.bin", "-o", "clip.safetensors"))
        info = self.run_fcclip("info", "clip.safetensors", "--json").json()
        self.assertEqual(info["kind"], "CLIP weights")
        self.assertEqual({CLIP + name for name in self.clip}, set(self.weights("clip.safetensors")))
        self.assertTrue(info["has_merges"])


class ReferenceYaml(Case):
    def setUp(self):
        super().setUp()
        self.assert_ok(self.run_fcclip("init", "--preset", "tiny", "-o", "tiny.safetensors"))
        tensors, _ = torch_file.read_safetensors(self.folder / "tiny.safetensors")
        torch_file.save(self.folder / "tiny.pth",
                        {"model": {name: torch_file.Tensor(*value) for name, value in tensors.items()}})
        (self.folder / "base.yaml").write_text(BASE)
        (self.folder / "own.yaml").write_text(YAML)

    def convert(self, yaml="own.yaml"):
        return self.run_fcclip("convert", "tiny.pth", "--config", yaml, "-o", "m.safetensors", "--overwrite")

    def test_the_file_tells_what_tensors_cannot(self):
        self.assert_ok(self.convert())
        config = self.run_fcclip("info", "m.safetensors", "--json").json()["config"]
        self.assertEqual(config["ensemble"]["alpha"], 0.25)
        self.assertEqual(config["mask_decoder"]["heads"], 4)
        self.assertEqual(config["pixels"]["short_side"], 640)
        self.assertEqual(config["training_vocabulary"]["name"], "coco_panoptic_133")

    def test_what_disagrees_is_named_with_both_values(self):
        for before, after, says in (
                ("NUM_OBJECT_QUERIES: 20", "NUM_OBJECT_QUERIES: 100",
                 ("own.yaml:4: MODEL.MASK_FORMER.NUM_OBJECT_QUERIES is 100", "by the tensors 20")),
                ('"convnext_mine"', '"RN50x64"', ("own.yaml:5", "CLIP_MODEL_NAME is RN50x64", "a ConvNeXt 16 32 64 128")),
                ('"FCCLIPHead"', '"MaskFormerHead"', ("own.yaml:3", "SEM_SEG_HEAD.NAME is MaskFormerHead"))):
            with self.subTest(after):
                (self.folder / "wrong.yaml").write_text(YAML.replace(before, after))
                self.assert_refused(self.convert("wrong.yaml"), *(word.replace("own", "wrong") for word in says))

    def test_objects_are_refused_and_not_made(self):
        (self.folder / "evil.yaml").write_text("MODEL: !!python/object/apply:os.system ['touch PWNED']\n")
        self.assert_refused(self.convert("evil.yaml"), "evil.yaml:1", "nothing was made")
        self.assertFalse((self.folder / "PWNED").exists())

    def test_a_training_starts_with_its_settings(self):
        (self.folder / "train.yaml").write_text(
            YAML.replace("INPUT: {", "INPUT: {DATASET_MAPPER_NAME: coco_panoptic_lsj, ").replace(
                "NHEADS: 4", "DROPOUT: 0, NHEADS: 4") + "SOLVER:\n  IMS_PER_BATCH: 8\n  MAX_ITER: 500\n  STEPS: (400,)\n")
        (self.folder / "over.toml").write_text("[run]\nbatch = 4\n[schedule]\nwarmup_steps = 3\n")
        outcome = self.run_fcclip("train", "--from-yaml", "train.yaml", "over.toml", "--set", "model.alpha=0.5",
                                  "--steps", "200", "--print-config")
        self.assert_ok(outcome)
        settings = tomllib.loads(outcome.out)
        self.assertEqual((settings["run"]["batch"], settings["optimizer"]["reference_batch"]), (4, 8))
        self.assertEqual((settings["schedule"]["steps"], settings["schedule"]["warmup_steps"]), (200, 3))
        self.assertEqual((settings["model"]["alpha"], settings["model"]["queries"]), (0.5, 20))
        self.assertEqual(settings["schedule"]["milestones"], [0.8])
        self.assert_refused(self.run_fcclip("train", "--from-yaml", "own.yaml", "--print-config"),
                            "MODEL.MASK_FORMER.DROPOUT")

    def test_a_training_on_another_clip_than_the_files(self):
        text = YAML.replace("INPUT: {", "INPUT: {DATASET_MAPPER_NAME: coco_panoptic_lsj, ").replace(
            "NHEADS: 4", "DROPOUT: 0, NHEADS: 4").replace("convnext_mine", "RN50")
        (self.folder / "rn50.yaml").write_text(text)
        outcome = self.run_fcclip("train", "--from-yaml", "rn50.yaml", "--set", "model.clip=tiny.safetensors", "-o", "run")
        self.assert_refused(outcome, "CLIP_MODEL_NAME is RN50", "a ConvNeXt 16 32 64 128")

    def test_info_shows_what_it_describes(self):
        (self.folder / "large.yaml").write_text(
            YAML.replace("convnext_mine", "convnext_large_d_320").replace("EMBED_DIM: 64", "EMBED_DIM: 768"))
        out = self.run_fcclip("info", "large.yaml").out
        for words in ("configuration of the reference", "convnext_large_d_320", "20 queries", "shorter side 640"):
            self.assertIn(words, out)
        config = self.run_fcclip("info", "large.yaml", "--json").json()["config"]
        self.assertEqual(config["clip"]["convnext"]["dims"], [192, 384, 768, 1536])
        self.assert_refused(self.run_fcclip("info", "own.yaml"), "CLIP_MODEL_NAME is convnext_mine")


if __name__ == "__main__":
    unittest.main()
