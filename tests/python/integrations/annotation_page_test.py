"""The sections of docs/integrations.md on FiftyOne, CVAT and Label Studio run; what they promise of options holds."""

import inspect
import os
import re
import tempfile

import pytest

os.environ.setdefault("FIFTYONE_DO_NOT_TRACK", "true")
os.environ.setdefault("MODEL_DIR", tempfile.mkdtemp(prefix="fcclip-label-studio-"))

from conftest import ROOT  # noqa: E402

PAGE = (ROOT / "docs/integrations.md").read_text()
SECTIONS = {part.split("\n")[0]: part for part in re.split(r"^## ", PAGE, flags=re.M)}
PACKAGES = {"FiftyOne": "fiftyone", "CVAT": "cvat_sdk", "Label Studio": "label_studio_ml.response"}


def blocks_of(text):
    return re.findall(r"```python\n(.*?)```", text, re.S)


@pytest.fixture
def database(tmp_path):
    """FiftyOne's MongoDB on a folder of its own."""
    import fiftyone as fo

    fo.config.database_dir = str(tmp_path / "database")  # unless one runs already in this process
    fo.config.database_validation = False
    try:
        fo.list_datasets()
    except fo.core.config.FiftyOneConfigError as reason:
        pytest.skip(f"FiftyOne has no MongoDB here: {reason}")


@pytest.mark.parametrize("title", PACKAGES)
def test_section(title, tmp_path, monkeypatch, request):
    pytest.importorskip(PACKAGES[title], reason=f"needs the package {PACKAGES[title].split('.')[0]}")
    if title == "FiftyOne":
        request.getfixturevalue("database")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "street.jpg").write_bytes((ROOT / "examples/pictures/rocket.jpg").read_bytes())
    known = {"__name__": "page"}
    blocks = blocks_of(SECTIONS[title])
    assert blocks
    for block in blocks_of(PAGE)[:1] + blocks:
        exec(compile(block, "docs/integrations.md", "exec"), known)
    if title == "FiftyOne":
        dataset = known["dataset"]
        assert dataset.first().fcclip_segmentation.mask.shape == known["found"].size
        assert len(dataset.first().fcclip_detections.detections) == len(known["found"])
        dataset.delete()
    if title == "CVAT":
        assert known["labels"] == ["rocket", "sky", "tower"]


def test_parameters_of_cvat():
    pytest.importorskip("cvat_sdk", reason="needs the package cvat-sdk")
    from fcclip.integrations import cvat

    rows = re.search(r"\| `-p` \| \|\n\|---\|---\|\n(.*?)\n\n", SECTIONS["CVAT"], re.S)[1].splitlines()
    named = set(re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in rows)))
    assert named - {"str", "float", "int", "bool"} == set(inspect.signature(cvat.create).parameters)


def test_the_configuration_of_label_studio():
    pytest.importorskip("label_studio_ml.response", reason="needs the package label-studio-ml")
    from label_studio_sdk.label_interface import LabelInterface

    from fcclip.integrations._label_studio import control_of

    text = re.search(r"<View>.*?</View>", SECTIONS["Label Studio"], re.S)[0]
    interface = LabelInterface(text)
    interface.validate()
    tag = interface.get_control("masks")
    control = control_of(tag.tag, tag.name, "image", tag.attr, {name: one.attr for name, one in tag.labels_attrs.items()})
    assert control.labels == {"car": "car", "person": "Walker", "pedestrian": "Walker", "road": "road"}
    assert [one.kind for one in control.words] == ["thing", "thing", "stuff"] and control.min_score == 0.3
