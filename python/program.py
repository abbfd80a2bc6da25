#!python
"""The command fcclip: becomes the program that the package has beside its module. torch is found, not imported."""

import importlib.util
import os
import sys


def folder_of(package):
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        sys.exit(f"fcclip: the Python package {package} is not there: pip install {package}")
    return os.path.realpath(list(found.submodule_search_locations)[0])


def main():
    # Not what lies in the folder where it is called.
    sys.path = [place for place in sys.path if place not in ("", os.getcwd())]
    package = folder_of("fcclip")
    libraries = os.path.join(folder_of("torch"), "lib")
    environment = dict(os.environ)
    # Usually torch is the package's neighbour, where the program's library looks by itself.
    if not os.path.isdir(os.path.join(os.path.dirname(package), "torch", "lib")):
        environment["LD_LIBRARY_PATH"] = os.pathsep.join(
            filter(None, [libraries, environment.get("LD_LIBRARY_PATH")]))
    program = os.path.join(package, "bin", "fcclip")
    os.execve(program, ["fcclip", *sys.argv[1:]], environment)


main()
