"""Without its tool's package, a bridge says what to install."""

import pytest

TOOLS = {"fiftyone": ("fiftyone", "fiftyone"), "cvat": ("cvat_sdk", "cvat"),
         "label_studio": ("label_studio_ml", "label-studio")}


@pytest.mark.parametrize("name", TOOLS)
def test_the_error_has_the_remedy(python, name):
    package, extra = TOOLS[name]
    done = python(f"""
import sys
sys.modules[{package!r}] = None  # as if it were not installed
import fcclip
try:
    import fcclip.integrations.{name}
except fcclip.Error as error:
    print(error.code, error)
""")
    assert done.stdout.startswith("unsupported ") and f"pip install 'fcclip[{extra}]'" in done.stdout
    assert done.stdout.count("\n") == 1
