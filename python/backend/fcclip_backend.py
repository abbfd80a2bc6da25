"""The build backend: scikit-build-core, told which torch to build against.

A front end such as pip builds in an environment of its own. The torch that counts is the one that will be imported:
the user's. It is looked for, in this order, in CMAKE_PREFIX_PATH, in what this interpreter can import, in the
environment that the interpreter belongs to, and in VIRTUAL_ENV.
"""

import importlib.util
import os
import pathlib
import re
import site
import sys
import sysconfig

from scikit_build_core import build as _scikit

LEAST = (2, 11)


def _places():
    for place in os.environ.get("CMAKE_PREFIX_PATH", "").split(":"):
        if place:
            yield pathlib.Path(place)
            yield pathlib.Path(place) / "torch"
    found = importlib.util.find_spec("torch")
    if found is not None and found.origin is not None:
        yield pathlib.Path(found.origin).parent
    folders = [sysconfig.get_path("platlib"), sysconfig.get_path("purelib")]
    environment = os.environ.get("VIRTUAL_ENV")
    if environment:
        folders.append(
            f"{environment}/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages")
    folders += site.getsitepackages() + [site.getusersitepackages()]
    for folder in folders:
        yield pathlib.Path(folder) / "torch"


def find_torch():
    """Returns the folder of the torch package and its version as two numbers; ends the build with one line without."""
    for place in _places():
        version_file = place / "version.py"
        if not (place / "share/cmake/Torch/TorchConfig.cmake").is_file() or not version_file.is_file():
            continue
        version = re.search(r"__version__ = ['\"](\d+)\.(\d+)", version_file.read_text())
        if version is None:
            continue
        numbers = (int(version[1]), int(version[2]))
        if numbers < LEAST:
            raise SystemExit(f"fcclip needs torch {LEAST[0]}.{LEAST[1]} or newer, {place} is "
                             f"{numbers[0]}.{numbers[1]}: pip install --upgrade torch")
        return place, numbers
    raise SystemExit("fcclip is built against your own torch, and there is none here: pip install torch, then "
                     "pip install --no-build-isolation .")


def _prepare():
    torch, _ = find_torch()
    os.environ["CMAKE_PREFIX_PATH"] = ":".join(filter(None, [str(torch), os.environ.get("CMAKE_PREFIX_PATH")]))


def dynamic_metadata(field, settings=None):
    """`dependencies`: the torch that it was built against; LibTorch's interface changes between minor versions."""
    assert field == "dependencies", field
    _, (major, minor) = find_torch()
    return ["numpy>=1.24", f"torch=={major}.{minor}.*"]


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _prepare()
    return _scikit.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    _prepare()
    return _scikit.build_editable(wheel_directory, config_settings, metadata_directory)


build_sdist = _scikit.build_sdist
get_requires_for_build_sdist = _scikit.get_requires_for_build_sdist
get_requires_for_build_wheel = _scikit.get_requires_for_build_wheel
get_requires_for_build_editable = _scikit.get_requires_for_build_editable
prepare_metadata_for_build_wheel = _scikit.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = _scikit.prepare_metadata_for_build_editable
