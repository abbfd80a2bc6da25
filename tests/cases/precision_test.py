"""`--dtype bfloat16` and `int8`: the same picture, a little other numbers; refused where the processor has no such products."""

import os
import pathlib
import unittest

from support import MODEL, SCENE, Case


# Any of the flags will do; those of a set run with it and with those above it.
FLAGS = {"bfloat16": {"avx512": "avx512_bf16"}, "int8": {"avx512": "avx512_vnni", "avx2": "avx_vnni"}}
NAMES = {"bfloat16": "AVX512-BF16", "int8": "AVX512-VNNI or AVX-VNNI"}


def processor_has(dtype, isa=None):
    listed = pathlib.Path("/proc/cpuinfo").read_text().split()
    return any(flag in listed for of, flag in FLAGS[dtype].items() if isa in (None, of))


class Precision(Case):
    words = ("-c", "bat, ladybug, rock, christmas tree", "--stuff", "rock")

    def segment(self, *more, isa=None):
        env = dict(os.environ, FCCLIP_MODEL=MODEL, XDG_CACHE_HOME=str(self.folder / ".cache"))
        if isa is not None:
            env["FCCLIP_CPU_ISA"] = isa
        return self.run_fcclip("segment", SCENE, *self.words, *more, env=env)

    def test_refused_without_the_instructions(self):
        for dtype, name in NAMES.items():
            refused = ["portable"]
            if processor_has(dtype) and not processor_has(dtype, "avx2"):
                refused.append("avx2")
            for isa in refused:
                self.assert_refused(self.segment("--dtype", dtype, "--write", "none", isa=isa), name)
        self.assertFalse((self.folder / "out").exists())

    def test_what_only_gpus_have_is_refused(self):
        for dtype in ("tf32", "float16"):
            self.assert_refused(self.segment("--dtype", dtype, "--write", "none"), "is for NVIDIA GPUs")

    def test_auto_is_exact_on_a_processor(self):
        exact, chosen = (self.segment("--dtype", dtype, "--json", "--write", "none") for dtype in ("float32", "auto"))
        self.assert_ok(chosen)
        self.assertEqual(exact.lines()[0]["segments"], chosen.lines()[0]["segments"])

    def test_unknown_precision(self):
        self.assert_refused(self.segment("--dtype", "float8"), "float16, int8", status=2)

    def compare_with_float32(self, dtype, score, area):
        found = []
        for one in ("float32", dtype):
            outcome = self.segment("--dtype", one, "--json", "--write", "none")
            self.assert_ok(outcome)
            found.append({s["name"]: s for s in outcome.lines()[0]["segments"]})
        exact, rounded = found
        self.assertEqual(exact.keys(), rounded.keys())
        self.assertGreater(len(exact), 2)
        for key, segment in exact.items():
            self.assertAlmostEqual(segment["score"], rounded[key]["score"], delta=score)
            self.assertLess(abs(segment["area_px"] - rounded[key]["area_px"]), area * segment["area_px"] + 20)
        self.assertNotEqual([s["score"] for s in exact.values()], [s["score"] for s in rounded.values()])

    @unittest.skipUnless(processor_has("bfloat16"), "this processor has no AVX512-BF16")
    def test_the_same_segments_with_nearly_the_same_scores(self):
        self.compare_with_float32("bfloat16", 0.03, 0.03)

    @unittest.skipUnless(processor_has("int8"), "this processor has no VNNI")
    def test_the_same_segments_in_8_bits(self):
        self.compare_with_float32("int8", 0.05, 0.05)

    @unittest.skipUnless(processor_has("bfloat16"), "this processor has no AVX512-BF16")
    def test_a_run_is_not_continued_in_another_precision(self):
        first = self.segment("--write", "segments", "-o", "out")
        self.assert_ok(first)
        again = self.segment("--write", "segments", "-o", "out", "--resume", "--dtype", "bfloat16", "--json")
        self.assert_ok(again)
        self.assertEqual(len(again.lines()), 1, "the picture was not answered anew")


if __name__ == "__main__":
    unittest.main()
