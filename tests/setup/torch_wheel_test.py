"""What scripts/torch_wheel.py reads out of pip's reports and of a wheel's own requirements."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import torch_wheel  # noqa: E402

CPU = ["filelock", "sympy>=1.13.3", 'opt-einsum>=3.3; extra == "opt-einsum"']
CUDA_13 = CPU + [
    'cuda-toolkit[cublas,cudart,cufft,cupti,nvtx]==13.0.3; platform_system == "Linux"',
    'nvidia-cudnn-cu13==9.24.0.43; platform_system == "Linux"',
]
CUDA_12 = CPU + [
    'nvidia-cuda-nvrtc-cu12==12.8.93; platform_system == "Linux"',
    'nvidia-cuda-runtime-cu12==12.8.90; platform_system == "Linux"',
    'nvidia-cuda-cupti-cu12 (==12.8.90) ; platform_system == "Linux"',
    'nvidia-cudnn-cu12==9.10.2.21; platform_system == "Linux"',
]


def report(requirements, version="2.13.0"):
    return {"install": [{"metadata": {"name": "filelock", "version": "3.1"}},
                        {"metadata": {"name": "torch", "version": version, "requires_dist": requirements}}]}


class BuildOfReport(unittest.TestCase):
    def test_the_requirements_tell_whatever_the_version_is_called(self):
        self.assertEqual(torch_wheel.build_of_report(report(CPU)), "cpu")
        self.assertEqual(torch_wheel.build_of_report(report(CUDA_12)), "cuda")
        self.assertEqual(torch_wheel.build_of_report(report(CUDA_13, "2.14.1")), "cuda")

    def test_a_report_without_torch_is_refused(self):
        with self.assertRaises(SystemExit):
            torch_wheel.build_of_report({"install": []})


class RuntimePackages(unittest.TestCase):
    def test_a_cpu_build_needs_none(self):
        self.assertEqual(torch_wheel.runtime_packages(CPU), [])

    def test_two_libraries_of_the_versions_that_the_wheel_asks_for(self):
        self.assertEqual(torch_wheel.runtime_packages(CUDA_12),
                         ["nvidia-cuda-runtime-cu12==12.8.90", "nvidia-cuda-cupti-cu12==12.8.90"])
        self.assertEqual(torch_wheel.runtime_packages(CUDA_13), ["cuda-toolkit[cudart,cupti]==13.0.3"])


if __name__ == "__main__":
    unittest.main()
