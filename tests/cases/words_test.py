"""Files of words and files of weights as people have them."""

import argparse
import collections
import json
import os
import pathlib
import shutil
import unittest

import torch_file
from support import MODEL, PROGRAM, SCENE, Case


class WordFiles(Case):
    def names(self, file, **arguments):
        outcome = self.run_fcclip("classes", file, "--json", **arguments)
        self.assert_ok(outcome)
        return [entry["name"] for entry in outcome.json()["categories"]]

    def test_data_files_of_yolo(self):
        self.take("word-tables")
        self.assertEqual(self.names("data.yaml"), ["backpack", "ladybug"])
        self.assertEqual(self.names("own.yaml"), ["backpack", "hot-air balloon"])

    def test_what_segment_writes_for_yolo_is_read_back(self):
        self.assert_ok(self.run_fcclip("segment", SCENE, "-c", "bat, hot-air balloon", "--task", "instance", "--write",
                                       "yolo", "-o", "out"))
        self.assertEqual(self.names("out/data.yaml"), ["bat", "hot-air balloon"])

    def test_editors_encodings(self):
        for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
            (self.folder / "words.txt").write_bytes("cat\r\ncafé\r\n".encode(encoding))
            self.assertEqual(self.names("words.txt"), ["cat", "café"], encoding)
        (self.folder / "words.txt").write_bytes("cat\ncafé\n".encode("latin-1"))
        self.assert_refused(self.run_fcclip("classes", "words.txt"), "words.txt", "line 2", "iconv")

    def test_what_is_no_list_of_words_is_refused(self):
        files = {"data.yaml": ("train: a\nval: b\nnc: 3\n", "train"),
                 "names.txt": ("cat, kitty\ndog, puppy\n", "between bars"),
                 "shape.json": ('{"shapes": [], "imagePath": "a.jpg"}', "labelme"),
                 "evil.yaml": ("names: !!python/object/apply:os.system ['true']\n", "nothing was made"),
                 "page.txt": ("<!DOCTYPE html><html></html>", "HTML"),
                 "label.txt": ("0 0.5 0.5 0.1 0.2\n1 0.5 0.5 0.1 0.2\n", "YOLO")}
        for name, (text, word) in files.items():
            (self.folder / name).write_text(text)
            self.assert_refused(self.run_fcclip("segment", SCENE, "-v", name), name, word)
        shutil.copy(SCENE, self.folder / "words.png")
        self.assert_refused(self.run_fcclip("classes", "words.png"), "words.png", "PNG picture")

    def test_unknown_vocabulary(self):
        self.assert_refused(self.run_fcclip("segment", SCENE, "-v", "ade20kk"), "did you mean", "ade20k", status=2)
        self.assert_refused(self.run_fcclip("classes", "ade20kk"), "did you mean", status=2)


class RepeatedWords(Case):
    def scores(self, *words):
        outcome = self.run_fcclip("segment", SCENE, *words, "--json", "--write", "none")
        self.assert_ok(outcome)
        return {s["name"]: round(s["score"], 4) for s in outcome.lines()[0]["segments"]}, outcome.err

    def test_counted_once(self):
        self.take("repeated-words")
        once, quiet = self.scores("-c", "ladybug, backpack, rock, wood, bat")
        self.assertEqual(quiet, "")
        twice, warning = self.scores("-v", "words.txt")
        self.assertEqual(twice, once)
        self.assertEqual(len(warning.splitlines()), 1)
        self.assertIn('"rock"', warning)
        self.assertIn("words.txt", warning)
        for words in ("ladybug, backpack, rock, wood, bat, Rock ", "ladybug, backpack, rock|ROCK, wood, bat"):
            scores, warning = self.scores("-c", words)
            self.assertEqual(scores, once)
            self.assertIn("warning", warning)

    def test_synonym_of_two_classes(self):
        scores, warning = self.scores("-c", "rock | stone, wood | stone, bat")
        self.assertIn('"stone" belongs to two classes; counted for "rock"', warning)
        self.assertEqual(scores, self.scores("-c", "rock | stone, wood, bat")[0])

    def test_joined_vocabularies(self):
        (self.folder / "mine.txt").write_text("Person\nrobot\n")
        outcome = self.run_fcclip("classes", "coco+mine.txt", "--json")
        self.assert_ok(outcome)
        self.assertEqual(len(outcome.json()["categories"]), 134)
        self.assertIn("Person", outcome.err)

    def test_marks_go_by_word_not_by_spelling(self):
        outcome = self.run_fcclip("segment", SCENE, "-c", "rock | stone, bat", "--stuff", "Stone", "--json", "--write",
                                  "none")
        self.assert_ok(outcome)
        self.assertEqual(outcome.err, "")
        kinds = {s["name"]: s["thing"] for s in outcome.lines()[0]["segments"]}
        self.assertFalse(kinds["rock"])


class Slips(Case):
    def segment(self, *arguments):
        outcome = self.run_fcclip("segment", SCENE, "--write", "none", *arguments)
        self.assert_ok(outcome)
        return outcome

    def test_words_that_were_added(self):
        err = self.segment("-c", "bat, rock", "--stuff", "rokc").err
        self.assertIn('--stuff: "rokc"', err)
        self.assertIn("did you mean rock?", err)
        self.assertEqual(self.segment("-c", "bat, rock", "--background", "sky").err, "")

    def test_a_file_or_a_list_as_one_word(self):
        (self.folder / "kitchen.txt").write_text("bat\n")
        self.assertIn("-v kitchen.txt", self.segment("-c", "kitchen.txt").err)
        self.assertIn("commas", self.segment("-c", "bat;wood;rock").err)

    def test_words_and_pictures_come_before_the_model(self):
        shutil.copy(MODEL, self.folder / "cut.safetensors")
        os.truncate(self.folder / "cut.safetensors", 1_000_000)
        self.assert_refused(self.run_fcclip("segment", SCENE, "-m", MODEL, "-v", "nosuch"), "nosuch", status=2)
        self.assert_refused(self.run_fcclip("segment", "nofile.jpg", "-m", "cut.safetensors"), "nofile.jpg")

    def test_templates_of_windows(self):
        (self.folder / "templates.txt").write_bytes("a photo of a {}.\r\n".encode("utf-8-sig"))
        marked = self.segment("-c", "bat, rock", "--json", "--templates", "templates.txt").lines()[0]["segments"]
        (self.folder / "templates.txt").write_text("a photo of a {}.\n")
        plain = self.segment("-c", "bat, rock", "--json", "--templates", "templates.txt").lines()[0]["segments"]
        self.assertEqual(marked, plain)

    def test_devices(self):
        for device in ("gpu", "mps", "cuda:x"):
            self.assert_refused(self.run_fcclip("segment", SCENE, "-c", "bat", "--device", device), device, status=2)


class ModelFiles(Case):
    def test_what_is_handed_over_as_a_model(self):
        self.take("model-is-a-checkpoint")
        shutil.copy(SCENE, self.folder / "picture.pth")
        (self.folder / "empty.pth").write_bytes(b"")
        (self.folder / "README.md").write_text("# A model\n\nIt is good.\n")
        (self.folder / "llm.gguf").write_bytes(b"GGUF\3\0\0\0" + bytes(64))
        (self.folder / "index.json").write_text(json.dumps({"metadata": {}, "weight_map": {"a": "b.bin"}}))
        wanted = {"page.pth": ("HTML page", "browser"), "pointer.pth": ("Git LFS pointer", "git lfs pull"),
                  "checkpoint.pth": ("PyTorch checkpoint", "fcclip convert checkpoint.pth"),
                  "picture.pth": ("PNG picture",), "empty.pth": ("empty",), "README.md": ("text",),
                  "llm.gguf": ("GGUF",), "index.json": ("several files",), ".": ("folder", "checkpoint.pth")}
        for name, words in wanted.items():
            self.assert_refused(self.run_fcclip("segment", "a.jpg", "-m", name, "-c", "rock"), name, *words)
        for name in ("page.pth", "pointer.pth", "picture.pth", "empty.pth", "README.md", "llm.gguf", "index.json", "."):
            words = wanted[name]
            self.assert_refused(self.run_fcclip("convert", name, "-o", "x.safetensors"), *words)
            self.assert_refused(self.run_fcclip("info", name), *words)
        self.assertFalse((self.folder / "x.safetensors").exists())

    def test_a_clip_is_no_model(self):
        tensors, metadata = torch_file.read_safetensors(MODEL)
        clip = {name: value for name, value in tensors.items() if name.startswith("backbone.")}
        torch_file.write_safetensors(self.folder / "clip.safetensors", clip, dict(metadata, format="fcclip-clip-1"))
        self.assert_refused(self.run_fcclip("segment", SCENE, "-m", "clip.safetensors"), "only a CLIP", "model.clip=")
        info = self.run_fcclip("info", "clip.safetensors")
        self.assert_ok(info)
        self.assertIn("CLIP weights", info.out)
        self.assertNotIn("decoder", info.out)
        self.assertNotIn("queries", info.out)
        self.assertNotIn("mask_decoder", self.run_fcclip("info", "clip.safetensors", "--json").out)
        plain = {name.removeprefix("backbone.clip_model."): value for name, value in clip.items()}
        torch_file.write_safetensors(self.folder / "open_clip.safetensors", plain)
        self.assert_refused(self.run_fcclip("segment", SCENE, "-m", "open_clip.safetensors"), "only a CLIP")

    def test_classes_of_a_model(self):
        listed = self.run_fcclip("classes", MODEL, "--json")
        self.assert_ok(listed)
        self.assertEqual(len(listed.json()["categories"]), 283)
        self.assertEqual(len(self.run_fcclip("classes", "world").out.splitlines()), 381)
        world = self.run_fcclip("classes", "world", "--model", MODEL, "--json").json()["categories"]
        self.assertEqual(sum(entry["seen"] for entry in world), 283)


class Checkpoints(Case):
    """The tiny untrained model in the forms that training leaves."""

    def setUp(self):
        super().setUp()
        self.assert_ok(self.run_fcclip("init", "-o", "tiny.safetensors"))
        self.tensors, _ = torch_file.read_safetensors(self.folder / "tiny.safetensors")

    def state_dict(self, prefix=""):
        weights = ((prefix + name, torch_file.Tensor(dtype, shape, data))
                   for name, (dtype, shape, data) in self.tensors.items())
        return collections.OrderedDict(weights)

    def convert(self, *arguments):
        outcome = self.run_fcclip("convert", *arguments, "-o", "out.safetensors")
        self.assert_ok(outcome)
        tensors, _ = torch_file.read_safetensors(self.folder / "out.safetensors")
        self.assertEqual({name: value[2] for name, value in tensors.items()},
                         {name: value[2] for name, value in self.tensors.items()})
        return outcome.err

    def test_prefixes(self):
        for prefix in ("model.", "_orig_mod.", "module._orig_mod.", "model.module."):
            renamed = {prefix + name: value for name, value in self.tensors.items()}
            torch_file.write_safetensors(self.folder / "renamed.safetensors", renamed)
            notes = self.convert("renamed.safetensors")
            self.assertEqual('"model."' in notes, "model." in prefix, notes)

    def test_one_container(self):
        for name in ("model_ema", "ema", "state_dict_ema", "module"):
            torch_file.save(self.folder / "c.pth", {name: self.state_dict("module."), "epoch": 3, "optimizer": {}})
            self.assertIn(f'"{name}"', self.convert("c.pth"))
        torch_file.save(self.folder / "c.pth", {"model": {"state_dict": self.state_dict(), "meta": "x"}})
        self.assertIn('"model.state_dict"', self.convert("c.pth"))
        self.assertIn("model.state_dict", self.run_fcclip("info", "c.pth").out)

    def test_several_containers(self):
        torch_file.save(self.folder / "c.pth", {"model": self.state_dict(), "model_ema": self.state_dict()})
        for command in (("convert", "c.pth", "-o", "out.safetensors"), ("info", "c.pth")):
            self.assert_refused(self.run_fcclip(*command), "model (", "model_ema (", "--container")
        self.assertFalse((self.folder / "out.safetensors").exists())
        self.assertIn('"model_ema"', self.convert("c.pth", "--container", "model_ema"))
        self.assert_refused(self.run_fcclip("convert", "c.pth", "-o", "out.safetensors", "--container", "teacher"),
                            "teacher")

    def test_two_sets_of_names_as_lightning_saves_them(self):
        both = collections.OrderedDict([*self.state_dict("model.").items(), *self.state_dict("ema_model.").items()])
        torch_file.save(self.folder / "c.ckpt", {"state_dict": both, "global_step": 7, "loops": {}})
        self.assert_refused(self.run_fcclip("convert", "c.ckpt", "-o", "out.safetensors"), "ema_model", "--container")
        self.convert("c.ckpt", "--container", "ema_model")
        self.convert("c.ckpt", "--container", "state_dict.model")

    def test_old_and_odd_files_of_torch(self):
        torch_file.save_legacy(self.folder / "old.pth", {"state_dict": self.state_dict(), "epoch": 3})
        self.convert("old.pth")
        torch_file.save(self.folder / "big.pth", self.state_dict(), byte_order="big")
        self.assert_refused(self.run_fcclip("convert", "big.pth", "-o", "out.safetensors"), "big-endian")
        torch_file.save(self.folder / "args.pth", {"model": self.state_dict(), "args": argparse.Namespace(lr=0.1)})
        self.convert("args.pth")

    def test_parts_in_several_files(self):
        names = list(self.tensors)
        for number, part in enumerate((names[::2], names[1::2])):
            torch_file.write_safetensors(self.folder / f"m-0000{number + 1}-of-00002.safetensors",
                                         {name: self.tensors[name] for name in part})
        self.convert("m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors")

    def test_files_that_hold_nothing(self):
        torch_file.write_safetensors(self.folder / "none.safetensors", {}, {"format": "pt"})
        self.assert_refused(self.run_fcclip("convert", "none.safetensors", "-o", "out.safetensors"), "no tensors")
        name = "text_model.encoder.layers.0.mlp.fc1.weight"
        torch_file.write_safetensors(self.folder / "hf.safetensors", {name: ("F32", [1], bytes(4))}, {"format": "pt"})
        self.assert_refused(self.run_fcclip("convert", "hf.safetensors", "-o", "out.safetensors"), "transformers",
                            "open_clip")
        self.assert_refused(self.run_fcclip("segment", SCENE, "-m", "hf.safetensors"), "transformers", "hf.safetensors")

    def test_numbers_of_8_bits(self):
        narrow = {name: ("F8_E4M3", shape, bytes(len(data) // 4)) for name, (dtype, shape, data) in self.tensors.items()}
        torch_file.write_safetensors(self.folder / "f8.safetensors", narrow)
        self.assert_ok(self.run_fcclip("info", "f8.safetensors"))
        outcome = self.run_fcclip("convert", "f8.safetensors", "-o", "out.safetensors")
        self.assertIn(outcome.status, (0, 1))
        self.assertLessEqual(len(outcome.err.splitlines()), 4, outcome.err)
        named = torch_file.write_safetensors  # an unknown type is named
        named(self.folder / "f4.safetensors", {"visual.a": ("F4", [2], bytes(1))})
        self.assert_refused(self.run_fcclip("info", "f4.safetensors"), "f4.safetensors", "F4")


# The second word's text features do not ship with the model, the first is one that it knows.
UNKNOWN = "rock, zyzzyva"


class Cache(Case):
    def run_without(self, **variables):
        return self.run_fcclip("segment", SCENE, "-m", MODEL, "-c", UNKNOWN, "--write", "none",
                               env=dict({"PATH": os.environ["PATH"]}, **variables))

    def assert_warned_once(self, outcome):
        self.assert_ok(outcome)
        self.assertEqual(len(outcome.err.splitlines()), 1, outcome.err)
        self.assertIn("--no-cache", outcome.err)

    def test_no_home(self):
        self.assert_warned_once(self.run_without())
        quiet = self.run_fcclip("segment", SCENE, "-m", MODEL, "-c", UNKNOWN, "--write", "none", "--no-cache",
                                env={"PATH": os.environ["PATH"]})
        self.assert_ok(quiet)
        self.assertEqual(quiet.err, "")

    def test_home_that_is_not_there(self):
        self.assert_warned_once(self.run_without(HOME="/proc/nonexistent"))

    def test_cache_that_is_a_file(self):
        (self.folder / "cache").write_text("")
        self.assert_warned_once(self.run_without(XDG_CACHE_HOME=str(self.folder / "cache")))

    @unittest.skipUnless(os.path.exists("/dev/full"), "needs /dev/full")
    def test_full_disk(self):
        folder = self.folder / "fcclip" / "text"
        folder.mkdir(parents=True)
        self.assert_ok(self.run_without(XDG_CACHE_HOME=str(self.folder)))
        for rows in list(folder.iterdir()):
            rows.unlink()
            rows.symlink_to("/dev/full")
        self.assert_warned_once(self.run_without(XDG_CACHE_HOME=str(self.folder)))


class BundledModel(Case):
    def test_says_what_it_knows(self):
        if not (pathlib.Path(PROGRAM).parent.parent / "share" / "fcclip" / "mini.safetensors").exists():
            self.skipTest("no model beside the program")
        env = {key: value for key, value in os.environ.items() if key != "FCCLIP_MODEL"}
        env["XDG_CACHE_HOME"] = str(self.folder / ".cache")
        known = self.run_fcclip("segment", SCENE, "-c", "rock", "--write", "none", "-q", env=env)
        self.assert_ok(known)
        self.assertEqual(len(known.err.splitlines()), 1, known.err)
        self.assertIn("github.com/bytedance/fc-clip", known.err)
        unknown = self.run_fcclip("segment", SCENE, "-c", "baat, xylograph", "--write", "none", env=env)
        self.assertEqual(len(unknown.err.splitlines()), 2, unknown.err)
        self.assertIn("bat", unknown.err.splitlines()[1])


if __name__ == "__main__":
    unittest.main()
