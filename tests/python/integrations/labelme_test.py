"""labelme's files, opened by labelme: by its reader, and in its window without a screen."""

import base64
import io
import json
import os
import shutil

import numpy as np
import pytest

import fcclip
from conftest import ROOT, SCENE, WORDS
from fcclip.integrations import labelme

PIL = pytest.importorskip("PIL.Image", reason="needs the package pillow")
os.environ["QT_QPA_PLATFORM"] = "offscreen"


@pytest.fixture(scope="module")
def theirs():
    return pytest.importorskip("labelme", reason="needs the package labelme")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pictures").mkdir()
    shutil.copy(SCENE, tmp_path / "pictures/scene.png")
    return tmp_path


def their_file(path):
    from labelme._label_file import LabelFile

    return LabelFile(str(path))


def near_border(mask):
    """Pixels with another value among their eight neighbours: which of them an outline covers is each tool's rule."""
    padded = np.pad(mask, 1, mode="edge")
    height, width = mask.shape
    shifted = [padded[y:y + height, x:x + width] for y in range(3) for x in range(3)]
    return np.any(shifted, 0) != np.all(shifted, 0)


def test_labelme_reads_it(found, folder, theirs):
    from labelme.utils import shape_to_mask

    path = labelme.write(found, folder / "pictures/scene.png", folder / "labels", tolerance=0)
    assert path == folder / "labels/scene.json"
    file = their_file(path)
    assert file.image_path == "../pictures/scene.png" and file.image_data == SCENE.read_bytes()
    assert {(one["label"], one["group_id"]) for one in file.shapes} == {(one.name, one.id) for one in found}
    for one in found:
        drawn = np.logical_or.reduce([shape_to_mask(found.size, shape["points"], shape["shape_type"])
                                      for shape in file.shapes if shape["group_id"] == one.id])
        assert not ((drawn != one.mask) & ~near_border(one.mask)).any()


def test_labelme_finds_it_beside_the_picture(found, folder, theirs):
    path = labelme.write(found, folder / "pictures/scene.png", folder / "pictures")
    assert their_file(path).image_path == "scene.png"


def test_what_was_written_is_read(found, folder):
    path = labelme.write(found, folder / "pictures/scene.png", folder / "labels", tolerance=0)
    (labelled,) = labelme.read(path)
    assert labelled.file == path and labelled.picture.resolve() == (folder / "pictures/scene.png").resolve()
    assert labelled.size == found.size and labelled.flags == {}
    assert [(one.label, one.group_id) for one in labelled.objects] == [(one.name, one.id) for one in found]
    for mine, one in zip(labelled.objects, found):
        assert not ((mine.mask != one.mask) & ~near_border(one.mask)).any()
        assert float(mine.description.removeprefix("score ")) == pytest.approx(one.score)


def test_a_folder(model, folder):
    shutil.copy(ROOT / "examples/pictures/rocket.jpg", folder / "pictures")
    for answer in model.ask_folder(folder / "pictures", WORDS, output=folder / "labels", write="coco"):
        labelme.write(answer, answer.path, folder / "labels")
    (folder / "labels/other.json").write_text("[1]")
    read = list(labelme.read(folder / "labels"))
    assert [one.picture.name for one in read] == ["rocket.jpg", "scene.png"]
    assert all(one.picture.exists() for one in read) and len(read[1].objects) > 0


@pytest.mark.parametrize("name", [b"sc\xff.png", "скала 岩.png".encode(), b"a b'\"#%.png"])
def test_odd_names(found, folder, theirs, name):
    picture = folder / "pictures" / os.fsdecode(name)
    shutil.copy(SCENE, picture)
    path = labelme.write(found, picture, folder / "labels")
    assert path.stem == picture.stem and their_file(path).image_data == SCENE.read_bytes()
    (labelled,) = labelme.read(path)
    assert labelled.picture.resolve() == picture.resolve()


def test_somebodys_work_is_kept(found, folder):
    path = labelme.write(found, folder / "pictures/scene.png", folder)
    path.write_text("corrected")
    with pytest.raises(fcclip.InvalidArgument, match="overwrite=True"):
        labelme.write(found, folder / "pictures/scene.png", folder)
    assert path.read_text() == "corrected"
    labelme.write(found, folder / "pictures/scene.png", folder, overwrite=True)
    assert path.read_text() != "corrected"


def test_embedded_pictures(model, found, folder, theirs):
    picture = folder / "pictures/scene.png"
    path = labelme.write(found, picture, folder, embed=True)
    picture.unlink()
    assert their_file(path).image_data == SCENE.read_bytes()
    # A picture that lies on its side is embedded as it was asked.
    with PIL.open(SCENE) as opened:
        exif = PIL.Exif()
        exif[0x0112] = 6
        opened.convert("RGB").save(folder / "turned.jpg", exif=exif)
    turned = model.encode(folder / "turned.jpg").ask(WORDS)
    assert turned.size == (640, 480)
    for embed in (False, True):
        file = their_file(labelme.write(turned, folder / "turned.jpg", folder, embed=embed, overwrite=True))
        assert PIL.open(io.BytesIO(file.image_data)).size == (480, 640)


def test_kinds_that_labelme_keeps_not_are_embedded_as_png(model, folder, theirs):
    with PIL.open(SCENE) as opened:
        opened.convert("RGB").save(folder / "scene.webp")
    answer = model.encode(folder / "scene.webp").ask(WORDS)
    file = their_file(labelme.write(answer, folder / "scene.webp", folder, embed=True))
    with PIL.open(io.BytesIO(file.image_data)) as inside:
        assert inside.format == "PNG"
        assert (np.array(inside) == model.encode(folder / "scene.webp").pixels).all()


def test_refused(found, folder):
    with pytest.raises(fcclip.NotFound, match="none.png"):
        labelme.write(found, folder / "none.png", folder)
    with pytest.raises(fcclip.InvalidArgument, match="expected the picture that was asked"):
        labelme.write(found, ROOT / "examples/pictures/rocket.jpg", folder)
    with pytest.raises(fcclip.NotFound):
        list(labelme.read(folder / "none.json"))
    (folder / "a.json").write_text("{}")
    with pytest.raises(fcclip.BadFile, match="no labelme file"):
        list(labelme.read(folder / "a.json"))
    (folder / "a.json").write_text("{")
    with pytest.raises(fcclip.BadFile, match="a.json"):
        list(labelme.read(folder / "a.json"))


@pytest.mark.parametrize("shape", [{"label": "a"}, {"label": "a", "points": [[1, 2]]}, {"points": [[1, 2]] * 3}, 3,
                                   {"label": "a", "points": [[1, 2, 3]] * 3}, {"label": "a", "points": [["x", 2]] * 3},
                                   {"label": "a", "points": [[1, 2]] * 3, "shape_type": "cloud"},
                                   {"label": "a", "points": [[1, 2]] * 2, "shape_type": "mask", "mask": "AAAA"},
                                   {"label": "a", "points": [[float("nan"), 2]] * 3}])
def test_damaged_shapes(folder, shape):
    check_damaged(folder, {"imagePath": "a.png", "imageHeight": 9, "imageWidth": 9, "shapes": [shape]})


@pytest.mark.parametrize("more", [{"imageHeight": 0}, {"imageHeight": 10**9}, {"imageHeight": "high"}, {"shapes": 3},
                                  {"imagePath": None}, {"imageHeight": None}, {"imageData": "?", "imageWidth": None}])
def test_damaged_files(folder, more):
    check_damaged(folder, {"imagePath": "a.png", "imageHeight": 9, "imageWidth": 9, "shapes": [], **more})


def check_damaged(folder, content):
    (folder / "a.json").write_text(json.dumps(content))
    with pytest.raises(fcclip.BadFile, match="a.json is a damaged labelme file"):
        list(labelme.read(folder / "a.json"))


@pytest.mark.parametrize("corner, expected", [((-2, -1), 3), ((38, 28), 2), ((50, 50), 0), ((0, 0), 5)])
def test_a_mask_that_leaves_the_picture(folder, corner, expected):
    part = io.BytesIO()
    PIL.fromarray(np.eye(5, dtype=np.uint8)).save(part, "PNG")
    shape = {"label": "m", "points": [corner, [corner[0] + 4, corner[1] + 4]], "shape_type": "mask",
             "mask": base64.b64encode(part.getvalue()).decode()}
    (folder / "a.json").write_text(json.dumps({"imagePath": "a.png", "imageHeight": 30, "imageWidth": 40,
                                               "shapes": [shape]}))
    (labelled,) = labelme.read(folder / "a.json")
    assert labelled.objects[0].mask.sum() == expected and labelled.objects[0].mask.shape == (30, 40)


SHAPES = [("polygon", [[3, 4], [30, 8], [20.5, 25]]), ("rectangle", [[30, 20], [10, 5]]),
          ("circle", [[20, 15], [26, 19]]), ("line", [[2, 2], [35, 25]]), ("linestrip", [[2, 2], [20, 25], [38, 3]]),
          ("point", [[12, 9]]), ("oriented_rectangle", [[10, 5], [20, 10], [15, 20], [5, 15]]),
          ("circle", [[1, 1], [9, 9]])]


def test_shapes_are_drawn_as_labelme_draws_them(folder, theirs):
    from labelme.utils import shape_to_mask

    shapes = [{"label": kind, "points": points, "shape_type": kind, "flags": {"sure": True}} for kind, points in SHAPES]
    part = io.BytesIO()
    PIL.fromarray(np.eye(5, 4, dtype=np.uint8) * 255).save(part, "PNG")
    shapes.append({"label": "m", "points": [[7, 8], [10, 12]], "shape_type": "mask",
                   "mask": base64.b64encode(part.getvalue()).decode()})
    PIL.new("RGB", (40, 30)).save(folder / "a.png")
    (folder / "a.json").write_text(json.dumps({"imagePath": "a.png", "imageData": None, "shapes": shapes, "flags": {}}))
    (labelled,) = labelme.read(folder)
    assert labelled.size == (30, 40) and len(labelled.objects) == len(shapes)
    for (kind, points), mine in zip(SHAPES, labelled.objects):
        assert mine.label == kind and mine.group_id is None and mine.flags == {"sure": True}
        assert (mine.mask == shape_to_mask((30, 40), points, kind)).all() and mine.mask.any(), kind
    last = their_file(folder / "a.json").shapes[-1]["mask"]
    assert (labelled.objects[-1].mask[8:13, 7:11] == last).all() and labelled.objects[-1].mask.sum() == last.sum() == 4


def test_shapes_of_one_group_are_one_object(folder):
    shapes = [{"label": label, "points": [[x, 1], [x + 3, 4]], "shape_type": "rectangle", "group_id": group}
              for label, group, x in [("a", 1, 0), ("a", 1, 10), ("b", 1, 20), ("a", None, 25), ("a", None, 30)]]
    (folder / "a.json").write_text(json.dumps({"imagePath": "sub\\a.png", "imageHeight": 9, "imageWidth": 40,
                                               "shapes": shapes}))
    (labelled,) = labelme.read(folder)
    assert [(one.label, int(one.mask.sum())) for one in labelled.objects] == [("a", 32), ("b", 16), ("a", 16),
                                                                            ("a", 16)]
    assert labelled.picture == folder / "sub/a.png"


def test_its_window_shows_it(found, folder, theirs, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))  # it leaves settings there
    QtWidgets = pytest.importorskip("PyQt5.QtWidgets", reason="needs the package PyQt5")
    from labelme.app import MainWindow

    path = labelme.write(found, folder / "pictures/scene.png", folder / "pictures")
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["labelme"])
    window = MainWindow(file_or_dir=str(path))
    try:
        window.resize(1200, 800)
        window.show()
        for _ in range(20):
            application.processEvents()
        shown = window._canvas_widgets.canvas.shapes
        assert sorted((one.label, one.group_id) for one in shown) == sorted(
            (shape["label"], shape["group_id"]) for shape in json.loads(path.read_text())["shapes"])
        screenshot = window.grab()
        assert screenshot.width() >= 1200
        if os.environ.get("FCCLIP_SHOTS"):  # for people to look at
            screenshot.save(os.path.join(os.environ["FCCLIP_SHOTS"], "labelme.png"))
    finally:
        window.close()
        application.processEvents()
