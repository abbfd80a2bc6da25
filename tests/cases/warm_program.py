"""The program begun by a fork of this process, which has loaded it already.

Loading LibTorch takes a quarter of a second of a processor, and the cases run the program a thousand times. The child calls
the function that the door (apps/main.cpp) calls, with streams, folder and environment of its own, and ends as the door's
return would end it. FCCLIP_WARM_PROGRAM names the library; without it every program is begun in full."""

import ctypes
import os

LIBRARY = os.environ.get("FCCLIP_WARM_PROGRAM", "")
FILES_AT_MOST = 1024  # that this process may have open
_libraries = []


def loaded():
    if not _libraries:
        _libraries.append(ctypes.CDLL(LIBRARY, mode=os.RTLD_GLOBAL | os.RTLD_LAZY))
    return _libraries[0]


def beginning(arguments, environment):
    """What subprocess is to call in the child instead of an exec, or nothing."""
    if not LIBRARY:
        return None
    run = loaded().fcclip_program_run
    words = [b"fcclip", *map(os.fsencode, arguments)]

    def become_the_program():
        os.closerange(3, FILES_AT_MOST)  # as an exec would, subprocess' own end of its pipe among them
        os.environ.clear()
        os.environ.update(environment)
        ctypes.CDLL(None).exit(run(len(words), (ctypes.c_char_p * (len(words) + 1))(*words, None)))

    return become_the_program
