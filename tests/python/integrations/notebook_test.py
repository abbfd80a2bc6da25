"""The tour runs from top to bottom, and its cells show what the text around them says."""

import os
import pathlib

import pytest

from conftest import ROOT

nbformat = pytest.importorskip("nbformat", reason="needs the package nbformat")
nbclient = pytest.importorskip("nbclient", reason="needs the package nbclient")
pytest.importorskip("ipykernel", reason="needs the package ipykernel")
pytest.importorskip("supervision", reason="needs the package supervision")
pytest.importorskip("pandas", reason="needs the package pandas")

TOUR = ROOT / "examples/tour.ipynb"


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    notebook = nbformat.read(TOUR, as_version=4)
    # Its errors are raised here: nbclient stops at the first.
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3",
                            resources={"metadata": {"path": str(TOUR.parent)}}).execute()
    if os.environ.get("FCCLIP_SHOTS"):  # for people to look at
        nbformat.write(notebook, pathlib.Path(os.environ["FCCLIP_SHOTS"]) / "tour.ipynb")
    return {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}


def text_of(cell):
    return "".join(out.get("text", "") + out.get("data", {}).get("text/plain", "") for out in cell.outputs)


def data_of(cell):
    return {kind for out in cell.outputs for kind in out.get("data", {})}


def test_every_cell_shows_something_and_nothing_is_wrong(tour):
    assert all(cell.outputs for cell in tour.values())
    kinds = {out.output_type for cell in tour.values() for out in cell.outputs}
    assert "error" not in kinds


@pytest.mark.parametrize("name, shown", [
    ("model", "fcclip.Model"), ("encode", "640 x 480"), ("segments", "rock"), ("words", "christmas tree"),
    ("time", "133 classes"),
    ("point", "rock"), ("numpy", "(480, 640) int32"), ("torch", "CLIP alone says rock"), ("folder", "top.png ["),
    ("score", "panoptic quality 0.")])
def test_outputs(tour, name, shown):
    assert shown in text_of(tour[name])


def test_pictures_and_tables(tour):
    assert {"text/html"} <= data_of(tour["ask"]) and "data:image/jpeg;base64," in str(tour["ask"].outputs)
    assert {"text/html"} <= data_of(tour["pandas"])
    assert {"image/png"} <= data_of(tour["supervision"])


def test_errors_are_told(tour):
    lines = text_of(tour["errors"]).strip().split("\n")
    assert [line.split(":")[0] for line in lines] == [
        "NotFound (not_found)", "InvalidArgument (shape_mismatch)", "InvalidArgument (invalid_argument)",
        "InvalidArgument (invalid_argument)"]


def test_it_is_stored_without_outputs():
    notebook = nbformat.read(TOUR, as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")
