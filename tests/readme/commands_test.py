"""Runs the commands of README.md and of docs/*.md as they are printed, and compiles README's program.

    python3 tests/readme/commands_test.py BUILD_FOLDER

Commands run in a temporary folder with stand-ins for what the reader has: pictures, a checkpoint, data. What can't run
in a test stands in NOT_RUN with the reason; a command that is neither run nor listed fails, and so does an entry that
matches nothing. Options of all commands, run or not, must be in their --help.
"""

import functools
import json
import os
import pathlib
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("FCCLIP_BUILD", SOURCE / "build" / "release"))
PAGES = ["README.md", "models/README.md"] + sorted(f"docs/{path.name}" for path in (SOURCE / "docs").glob("*.md"))
HELP = "--help"  # the examples of all help pages, as one page

# Beginning of a command -> why it is not run here.
NOT_RUN = {
    "make demo": "builds; this test is one of those it is built for",
    "build/release/bin/fcclip segment picture.jpg": "needs a GPU",
    'fcclip segment pictures/ -c "bat, rock" --device cuda': "needs GPUs; tests/cases/several_devices_test.py has cpu,cpu",
    "make serve": "builds and serves; tests/service asks the server from outside",
    "fcclip serve": "serves until it is stopped; tests/service does both",
    "pip install": "builds; scripts/wheel.sh installs what it built and tests it",
    "cvat-cli": "needs a CVAT server; tests/python/integrations runs it against a stand-in",
    "export LABEL_STUDIO_URL": "for a running Label Studio",
    "python -m fcclip.integrations.label_studio": "needs Label Studio's packages; tests/python/integrations asks its server",
    "make test": "runs this test",
    "make install": "builds; scripts/check_install.sh installs, runs and uninstalls",
    "make package": "builds; scripts/check_package.sh installs, runs and removes what it made",
    "apt-get install": "needs root; scripts/check_package.sh does it in a root of its own",
    "tar -xJf": "unpacks what make package made; scripts/check_package.sh does it",
    "make uninstall": "takes away an installation; scripts/check_install.sh does it too",
    "yolo segment": "needs ultralytics",
    "make fuzz": "minutes; needs Clang",
    "ctest --test-dir": "runs this test",
    "make world": "fetches 830 MB of packages",
    "fcclip prepare ade20k_150": "needs the downloaded data set",
    "fcclip eval ade20k_150": "needs the downloaded data set",
    "fcclip pretrain configs/pretrain_mini.toml --world": "hours; needs the world's pack",
    "fcclip pretrain --pairs": "hours with the default settings",
    "fcclip train --check datasets/coco": "needs COCO",
    "fcclip train --set model.clip": "days; needs COCO",
    "fcclip train --from-yaml fcclip.yaml --set": "days; needs COCO",
    "fcclip train configs/train_mini.toml": "hours; needs the world's pack",
    "fcclip train my.toml -o out/run --resume": "days; needs COCO",
    "fcclip train my.toml -o out/run --expect": "days; needs COCO",
    "START=models/mini.safetensors make mini": "hours",
    "torchrun": "days, or needs torch's Python package; tests/python/scale runs the latter",
    "srun": "needs Slurm",
    "sbatch": "needs Slurm; tests/python/scale runs the script",
    "python examples/ray_folder.py": "needs Ray; tests/python/scale runs it",
    "mpirun": "needs Open MPI",
    "fcclip synth": "needs the world's pack",
    "fcclip eval --panoptic-json own.json": "needs a data set",
    "fcclip score": "needs truth and predictions; tests/eval has both",
    "fcclip train --check scenes": "needs what synth wrote",
    "fcclip convert mask_adapter_maftp_l.pth": "needs the published weights; tests/cases/heads_test.py converts their form",
    "fcclip info mask-adapter.safetensors": "what the line before it makes",
    "fcclip train recipe.toml": "needs a recipe and data",
    "fcclip segment --video films/images": "needs what synth wrote",
    "fcclip pretrain --world": "needs the world's pack",
    "fcclip eval --images out/scenes/images": "needs what synth wrote",
    "fcclip segment photo.jpg --example mug.png": "needs such pictures; tests/cases/rows_test.py shows others",
    'fcclip segment photo.jpg -c "mug, table" --example': "needs such pictures; tests/cases/rows_test.py shows others",
    "fcclip adapt --images pictures/": "needs labelled pictures; tests/cases/rows_test.py has some",
    "fcclip eval --images test/": "needs what the line before it makes",
    "fcclip segment photo.jpg -v mine.safetensors": "needs what fcclip adapt made",
}
SHELL = re.compile(r"^([A-Z]+=\S+ )*(fcclip|make|cmake|ctest|export|eval|torchrun|srun|sbatch|mpirun|python3?|pip|yolo|cvat-cli|seq)"
                   r" ")


def indented_blocks(page):
    """The indented blocks of a page, without their indentation."""
    block = []
    for line in (SOURCE / page).read_text().splitlines() + ["end"]:
        if line.startswith("    ") or (not line and block):
            block.append(line[4:])
        elif block:
            yield "\n".join(block).strip("\n")
            block = []


@functools.cache
def help_page(*command):
    return subprocess.run([BUILD / "bin" / "fcclip", *command, "--help"], capture_output=True, text=True, check=True).stdout


def help_examples():
    """The examples below every command's --help."""
    names = re.findall(r"(?m)^  ([a-z]+) +[A-Z]", help_page())
    for command in [(name,) for name in names] + [("score", kind) for kind in ("panoptic", "instance", "semantic", "cityscapes", "video")]:
        _, found, examples = help_page(*command).partition("\nExample")
        yield from re.findall(r"(?m)^  (fcclip .*)$", examples)


def commands(page):
    if page == HELP:
        yield from help_examples()
        return
    for block in indented_blocks(page):
        lines = block.replace("\\\n", " ").splitlines()
        if SHELL.match(lines[0]):
            yield from (line for line in lines if line)


def reason_not_to_run(command):
    return next((why for start, why in NOT_RUN.items() if command.startswith(start)), None)


# What the reference's configuration of the checkpoint below would be.
TINY_YAML = """MODEL:
  META_ARCHITECTURE: FCCLIP
  BACKBONE: {NAME: CLIP}
  PIXEL_MEAN: [122.7709383, 116.7460125, 104.09373615]
  PIXEL_STD: [68.5005327, 66.6321579, 70.32316305]
  SEM_SEG_HEAD: {NAME: FCCLIPHead, IN_FEATURES: [res2, res3, res4, res5], CONVS_DIM: 64, MASK_DIM: 64,
                 PIXEL_DECODER_NAME: MSDeformAttnPixelDecoder, TRANSFORMER_ENC_LAYERS: 2}
  MASK_FORMER: {TRANSFORMER_IN_FEATURE: multi_scale_pixel_decoder, NHEADS: 4, DROPOUT: 0.0, HIDDEN_DIM: 64,
                DIM_FEEDFORWARD: 128, DEC_LAYERS: 5, NUM_OBJECT_QUERIES: 20}
  FC_CLIP: {CLIP_MODEL_NAME: convnext_tiny_one, EMBED_DIM: 64}
INPUT: {FORMAT: RGB, DATASET_MAPPER_NAME: coco_panoptic_lsj}
DATASETS:
  TRAIN: ("openvocab_coco_2017_train_panoptic_with_sem_seg",)
"""


def write_halves(model, head, clip):
    """The model's tensors in two files: the head's, and CLIP's under open_clip's names."""
    raw = model.read_bytes()
    size, = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + size])
    header.pop("__metadata__", None)
    prefix = "backbone.clip_model."
    for path, is_clip in ((head, False), (clip, True)):
        kept, data = {}, b""
        for name, entry in header.items():
            if name.startswith(prefix) == is_clip:
                begin, end = entry["data_offsets"]
                place = [len(data), len(data) + end - begin]
                kept[name.removeprefix(prefix)] = dict(entry, data_offsets=place)
                data += raw[8 + size + begin:8 + size + end]
        text = json.dumps(kept).encode()
        text += b" " * (-len(text) % 8)
        path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def tiny_checkpoint(model, path):
    """A PyTorch checkpoint as detectron2 writes it, {"model": {...}}, with the tensors of a model file."""
    import pickle
    import types
    import zipfile
    raw = model.read_bytes()
    size, = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + size])
    header.pop("__metadata__", None)
    utils, torch = types.ModuleType("torch._utils"), types.ModuleType("torch")

    def named(module, name):
        def stand_in(*_):
            pass
        stand_in.__module__, stand_in.__qualname__, stand_in.__name__ = module.__name__, name, name
        setattr(module, name, stand_in)
        return stand_in

    rebuild = named(utils, "_rebuild_tensor_v2")
    storages = {"F32": named(torch, "FloatStorage"), "F16": named(torch, "HalfStorage")}
    sys.modules.update({"torch": torch, "torch._utils": utils})

    class Storage:
        def __init__(self, kind, key, count):
            self.identity = ("storage", kind, key, "cpu", count)

    class Tensor:
        def __init__(self, storage, shape):
            self.storage, self.shape = storage, tuple(shape)

        def __reduce__(self):
            strides = [1]
            for extent in reversed(self.shape[1:]):
                strides.insert(0, strides[0] * extent)
            return rebuild, (self.storage, 0, self.shape, tuple(strides[-len(self.shape):] if self.shape else ()),
                             False, {})

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return value.identity if isinstance(value, Storage) else None

    tensors = {}
    with zipfile.ZipFile(path, "w") as archive:
        for key, (name, entry) in enumerate(header.items()):
            begin, end = entry["data_offsets"]
            count = (end - begin) // (4 if entry["dtype"] == "F32" else 2)
            tensors[name] = Tensor(Storage(storages[entry["dtype"]], str(key), count), entry["shape"])
            archive.writestr(f"archive/data/{key}", raw[8 + size + begin:8 + size + end])
        with archive.open("archive/data.pkl", "w") as data:
            Pickler(data, protocol=2).dump({"model": tensors})
        archive.writestr("archive/version", "3\n")
    del sys.modules["torch"], sys.modules["torch._utils"]


class PrintedCommands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="fcclip-readme-"))
        pictures = SOURCE / "examples" / "pictures"
        shutil.copytree(pictures, cls.folder / "pictures", ignore=shutil.ignore_patterns("*.png", "*.md"))
        for name, stand_in in (("photo.jpg", "chelsea.jpg"), ("street.jpg", "coffee.jpg"), ("huge.tif", "coffee.jpg")):
            shutil.copy(pictures / stand_in, cls.folder / name)
        for name in ("examples", "models", "configs"):
            (cls.folder / name).symlink_to(SOURCE / name)
        shutil.copytree(cls.folder / "pictures", cls.folder / "ds" / "images")
        (cls.folder / "model.safetensors").symlink_to(SOURCE / "models" / "mini.safetensors")
        (cls.folder / "build").mkdir()
        (cls.folder / "build" / "release").symlink_to(BUILD.resolve())
        (cls.folder / "words.txt").write_text("cup | mug\n[stuff]\ntable\n")
        (cls.folder / "pictures.tsv").write_text("photo.jpg\ta cat\nstreet.jpg\ta cup of coffee\n")
        (cls.folder / "home").mkdir()
        # README's reader gets fcclip's name from the first block; later pages count on it.
        cls.environment = {"HOME": str(cls.folder / "home"), "PATH": f"{BUILD.resolve()}/bin:{os.environ['PATH']}",
                           "OMP_NUM_THREADS": "2", "LANG": "C.UTF-8"}
        tiny = cls.folder / "tiny.safetensors"
        cls.run_shell(cls.environment, f"fcclip init --preset tiny -o {tiny}")
        tiny_checkpoint(tiny, cls.folder / "fcclip_cocopan.pth")
        write_halves(tiny, cls.folder / "head.safetensors", cls.folder / "open_clip.safetensors")
        (cls.folder / "fcclip.yaml").write_text(TINY_YAML)
        cls.make_film()

    @classmethod
    def make_film(cls):
        """clip.mp4, where this build writes films, and frames/."""
        (cls.folder / "frames").mkdir()
        for number in range(3):
            shutil.copy(cls.folder / "photo.jpg", cls.folder / "frames" / f"{number}.jpg")
        environment = dict(cls.environment, FCCLIP_MODEL=str(SOURCE / "models" / "mini.safetensors"))
        made = cls.run_shell(environment, "fcclip segment --video frames -c cat --write overlay -o made -q")
        if made.returncode == 0:
            (cls.folder / "made" / "frames.overlay.mp4").rename(cls.folder / "clip.mp4")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    @classmethod
    def run_shell(cls, environment, command):
        """Runs a command line; what it exports stays in `environment`."""
        state = cls.folder / ".environment"
        finished = subprocess.run(["bash", "-e", "-c", f"{command}\nenv -0 > {state}"], cwd=cls.folder,
                                  env=environment, capture_output=True, text=True, timeout=600)
        if finished.returncode == 0:
            environment.update(entry.split("=", 1) for entry in state.read_text().split("\0") if entry)
        return finished

    def test_every_page(self):
        for page in PAGES + [HELP]:
            environment = dict(self.environment, FCCLIP_MODEL=str(SOURCE / "models" / "mini.safetensors"))
            if page == "README.md":
                del environment["FCCLIP_MODEL"]
            for command in commands(page):
                if reason_not_to_run(command):
                    continue
                if ("--video" in command or "clip.mp4" in command) and not (self.folder / "clip.mp4").exists():
                    continue  # this build has no FFmpeg
                with self.subTest(f"{page}: {command}"):
                    finished = self.run_shell(environment, command)
                    self.assertEqual(finished.returncode, 0, finished.stderr)

    def test_what_is_not_run_is_printed_somewhere(self):
        printed = [command for page in PAGES + [HELP] for command in commands(page)]
        self.assertGreater(len(printed), 30)
        for start in NOT_RUN:
            self.assertTrue(any(command.startswith(start) for command in printed), start)

    def test_all_blocks_are_known(self):
        """A block is commands, or one of the other things that pages show."""
        other = re.compile(r"#include |<View>|import fcclip|print\(|find_package|@inproceedings|# kitchen.txt|image ─|fcclip/$|step [0-9]+|a step takes [0-9]+ MiB|\[\[data.sets")
        for page in PAGES:
            for block in indented_blocks(page):
                first = block.splitlines()[0]
                self.assertTrue(SHELL.match(first) or other.match(first), f"{page}: {first}")

    def test_options_exist(self):
        """In code spans too, where only the beginning of a command may stand."""
        for page in PAGES + [HELP]:
            text = "" if page == HELP else (SOURCE / page).read_text()
            for command in list(commands(page)) + re.findall(r"`(fcclip [a-z]+[^`]*)`", text):
                words = shlex.split(command.replace("`", ""), comments=True)
                while words and words[0] != "fcclip":
                    words.pop(0)
                if len(words) < 2 or not re.fullmatch("[a-z]+", words[1]) or words[1] == "help":
                    continue
                name = words[1:3] if words[1] == "score" and len(words) > 2 else words[1:2]
                for option in re.findall(r"(?<!\S)(--?[a-z][a-z-]*)", " ".join(words[2:])):
                    self.assertRegex(help_page(*name), rf"(?m)^  .*(?<!\S){re.escape(option)}(?![a-z-])",
                                     f"{page}: {command}")

    def test_every_program_is_one_of_the_readme(self):
        """Which is compiled below: a page that shows another has to bring it here."""
        for page in PAGES:
            programs = [block for block in indented_blocks(page) if "#include" in block]
            self.assertEqual(len(programs), 1 if page == "README.md" else 0, page)

    def test_the_program_of_the_readme_runs(self):
        """README's program and its lines of CMake, against an installation, with the bundled model."""
        blocks = list(indented_blocks("README.md"))
        project = self.folder / "project"
        project.mkdir()
        (project / "ask.cpp").write_text(next(block for block in blocks if block.startswith("#include")) + "\n")
        lines = next(block for block in blocks if block.startswith("find_package"))
        (project / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.22)\nproject(ask LANGUAGES CXX)\n"
                                                "set(CMAKE_CXX_STANDARD 20)\nadd_compile_options(-Wall -Wextra -Werror)\n"
                                                + lines + "\n")
        cache = (BUILD / "CMakeCache.txt").read_text()
        torch = re.search(r"(?m)^CMAKE_PREFIX_PATH:\w+=(.*)$", cache)
        torch = torch[1] if torch else os.environ["CMAKE_PREFIX_PATH"]
        prefix = self.folder / "prefix"
        for command in (["cmake", "--install", BUILD, "--prefix", prefix, "--component", "development"],
                        ["cmake", "-S", project, "-B", project / "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                         f"-DCMAKE_PREFIX_PATH={prefix};{torch}"],
                        ["cmake", "--build", project / "build"]):
            finished = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(finished.returncode, 0, finished.stdout + finished.stderr)
        (project / "fcclip-large.safetensors").symlink_to(SOURCE / "models" / "mini.safetensors")
        shutil.copy(self.folder / "photo.jpg", project)
        finished = subprocess.run([project / "build" / "ask"], cwd=project, env=dict(self.environment),
                                  capture_output=True, text=True)
        self.assertEqual(finished.returncode, 0, finished.stderr)
        for line in finished.stdout.splitlines():
            self.assertRegex(line, r"^(cat|dog|grass) [01]\.\d\d$")


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        BUILD = pathlib.Path(sys.argv.pop(1))
    unittest.main()
