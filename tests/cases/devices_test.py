"""fcclip info --devices, and what is said where a GPU cannot be used; tests/fake_cuda stands in for NVIDIA's driver."""

import os
import unittest

from support import MODEL, SCENE, Case

FAKE = os.environ.get("FCCLIP_FAKE_CUDA", "")


class Devices(Case):
    def with_driver(self, *arguments, **told):
        paths = [FAKE, os.environ.get("LD_LIBRARY_PATH", "")]
        environment = dict(os.environ, FCCLIP_MODEL=MODEL, XDG_CACHE_HOME=str(self.folder / ".cache"),
                           LD_LIBRARY_PATH=":".join(filter(None, paths)))
        environment.update({f"FAKE_CUDA_{name.upper()}": str(value) for name, value in told.items()})
        return self.run_fcclip(*arguments, env=environment)

    def asked(self, *arguments, **told):
        outcome = self.with_driver("info", "--devices", *arguments, **told)
        self.assert_ok(outcome)
        return outcome

    def test_the_processor(self):
        outcome = self.run_fcclip("info", "--devices")
        self.assert_ok(outcome)
        self.assertRegex(outcome.out, r"(?m)^cpu: \S")
        for row in ("cores", "threads", "instruction sets", "kernels", "dtypes", "NVIDIA driver", "NVRTC", "LibTorch"):
            self.assertRegex(outcome.out, rf"(?m)^  {row} +\S")
        told = self.run_fcclip("info", "--devices", "--json").json()
        self.assertEqual(told["cpu"]["cores"], len(os.sched_getaffinity(0)))
        self.assertEqual(told["gpus"] == [], told["no_gpu_because"] != "")

    def test_a_file_and_devices_exclude_each_other(self):
        self.assert_refused(self.run_fcclip("info", MODEL, "--devices"), "exclude each other", status=2)
        self.assert_refused(self.run_fcclip("info"), "FILE is missing", "--devices", status=2)

    @unittest.skipUnless(FAKE, "ctest names the stand-in's folder")
    def test_gpus(self):
        out = self.asked(gpus=2, capability=86, runs=12080).out
        self.assertRegex(out, r"(?m)^cuda:1: Fake GPU\n  memory +8\.0 GiB\n  capability +8\.6\n"
                              r"  dtypes +float32, tf32, bfloat16, float16\n  usable +\S")
        self.assertRegex(out, r"(?m)^  NVIDIA driver +.*up to CUDA 12\.8$")
        told = self.asked("--json", gpus=2, capability=100).json()
        self.assertEqual([gpu["device"] for gpu in told["gpus"]], ["cuda:0", "cuda:1"])
        self.assertEqual(told["gpus"][1]["dtypes"], ["float32", "tf32", "bfloat16", "float16"])
        older = self.asked("--json", capability=75).json()
        self.assertEqual(older["gpus"][0]["dtypes"], ["float32", "float16"])
        self.assertEqual(told["cpu"]["dtypes"][0], "float32")
        self.assertEqual({gpu["capability"] for gpu in told["gpus"]}, {"10.0"})
        self.assertEqual(told["gpus"][0]["memory_bytes"], 8 << 30)
        self.assertEqual(told["gpus"][0]["usable"], told["gpus"][0]["reason"] == "")

    @unittest.skipUnless(FAKE, "ctest names the stand-in's folder")
    def test_why_there_is_none(self):
        self.assertIn("cuda: none: the NVIDIA driver sees no GPU", self.asked(gpus=0).out)
        self.assertIn("cuda: none: the NVIDIA driver does not start: unknown error", self.asked(start=999).out)
        self.assertIn("sees no GPU", self.asked("--json", start=100).json()["no_gpu_because"])

    @unittest.skipUnless(FAKE, "ctest names the stand-in's folder")
    def test_a_gpu_that_cannot_be_used_is_one_line(self):
        for told, says in (({"gpus": 0}, "the NVIDIA driver sees no GPU; use cpu"),
                           ({"gpus": 1}, "there is one GPU, cuda:0; use cpu"),
                           ({"gpus": 4}, "there are 4 GPUs, cuda:0 to cuda:3")):
            outcome = self.with_driver("segment", SCENE, "-c", "bat", "--write", "none", "--device", "cuda:7", **told)
            self.assert_refused(outcome, "device 'cuda:7' is not available: ", says)


if __name__ == "__main__":
    unittest.main()
