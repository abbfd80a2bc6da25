"""A machine learning backend for Label Studio: masks, polygons and boxes for the labels of a project, and masks at
clicks and boxes.

    python -m fcclip.integrations.label_studio --model fcclip-large.safetensors --port 9090

or, with a server for many users, `gunicorn --threads 4 'fcclip.integrations.label_studio:app()'`. Needs the package
label-studio-ml of Label Studio's own repository; the one of 2023 in the package index does not fit.
"""

from __future__ import annotations

import argparse
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Union

from .._image import Image
from .._model import Model, load
from .._options import AskOptions, Task
from ._label_studio import TAGS, Control, control_of, prompts_of, regions_of
from ._packages import missing
from ._prompts import segment_at
from ._shapes import rings_of

_SOURCE = "git+https://github.com/HumanSignal/label-studio-ml-backend@d02cedf35d0e5d21f2f437c120174c62f66bf57a"

try:
    import label_studio_ml.response  # noqa: F401  what the release of 2023 lacks
    from label_studio_ml.api import init_app
    from label_studio_ml.model import LabelStudioMLBase
except ImportError as reason:
    raise missing("label-studio-ml", "label-studio", reason, f" && pip install --no-deps '{_SOURCE}'") from reason


class Pictures:
    """Encoded pictures, the last ones asked for: a click must not wait for the network again."""

    def __init__(self, model: Model, kept: int) -> None:
        self._model = model
        self._kept = max(kept, 1)
        self._images: OrderedDict[tuple[str, int], Image] = OrderedDict()
        self._lock = threading.Lock()

    def encoded(self, path: str) -> Image:
        """The picture in this file."""
        key = (path, os.stat(path).st_mtime_ns)
        with self._lock:
            if key not in self._images:
                self._images[key] = self._model.encode(path)
            self._images.move_to_end(key)
            while len(self._images) > self._kept:
                self._images.popitem(last=False)
            return self._images[key]


class FcclipBackend(LabelStudioMLBase):
    """What Label Studio asks; backend_of makes the class with a model. The server makes an object a request."""

    model: ClassVar[Model]
    pictures: ClassVar[Pictures]
    options: ClassVar[AskOptions] = {}
    tolerance: ClassVar[float] = 1.0

    def setup(self) -> None:
        """Tells the version that Label Studio stores with predictions."""
        from .. import __version__

        self.set("model_version", f"fcclip-{__version__} {self.model.name}")

    def predict(self, tasks: Sequence[Mapping[str, Any]], context: Mapping[str, Any] | None = None,
                **kwargs: Any) -> list[dict[str, Any]]:
        """Regions for each task; with a context, the region at what the user drew."""
        controls = self._controls()
        drawn = (context or {}).get("result") or []
        return [self._prediction(task, controls, drawn) for task in tasks]

    def _controls(self) -> list[Control]:
        """The tags for pictures that can be answered."""
        pictures = {one.name for one in self.label_interface.objects if one.tag == "Image"}
        return [control_of(one.tag, one.name, to_name, one.attr,
                           {label: tag.attr for label, tag in one.labels_attrs.items()})
                for one in self.label_interface.controls if one.tag in TAGS and one.labels_attrs
                for to_name in one.to_name if to_name in pictures]

    def _prediction(self, task: Mapping[str, Any], controls: Sequence[Control],
                    drawn: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        if drawn:
            regions = self._drawn_regions(task, controls, drawn)
        else:
            regions = [region for control in controls
                       for region in self._all_regions(control, self._image(task, control.to_name))]
        scores = [region["score"] for region in regions]
        return {"result": regions, "model_version": str(self.get("model_version")),
                "score": sum(scores) / len(scores) if scores else 0.0}

    def _all_regions(self, control: Control, image: Image) -> list[dict[str, Any]]:
        options = self.options.copy()
        if control.min_score is not None:
            options["min_score"] = control.min_score
        found = image.ask(control.words, **options)
        rings = rings_of(found, self.tolerance) if control.tag == "PolygonLabels" else {}
        # Of semantic answers the library leaves nothing out. A box around stuff tells nothing.
        wanted = [one for one in found if one.area > 0 and one.score >= options.get("min_score", 0.0)
                  and (one.is_thing or control.tag != "RectangleLabels")]
        return [region for one in wanted
                for region in regions_of(control, control.labels[one.synonym], one, rings.get(one.id, []), image.size)]

    def _drawn_regions(self, task: Mapping[str, Any], controls: Sequence[Control],
                       drawn: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        to_name = drawn[0].get("to_name")
        fitting = sorted((one for one in controls if to_name in (None, one.to_name)),
                         key=lambda one: TAGS.index(one.tag))
        if not fitting:
            return []
        image = self._image(task, fitting[0].to_name)
        prompts, label = prompts_of(drawn, image.size)
        control = next((one for one in fitting if label in one.labels.values()), fitting[0])
        words = self.model.prepare(control.words)
        answer = segment_at(image, words, prompts)
        if answer is None:
            return []
        found, best = answer
        # The user's word counts, where the tag has it.
        named = label if label in control.labels.values() else control.labels[best.synonym]
        rings = rings_of(found, self.tolerance)[best.id] if control.tag == "PolygonLabels" else []
        return regions_of(control, str(named), best, rings, image.size)

    def _image(self, task: Mapping[str, Any], to_name: str) -> Image:
        value = next(one.value_name for one in self.label_interface.objects if one.name == to_name)
        return self.pictures.encoded(self.get_local_path(task["data"][value], task_id=task.get("id")))


def backend_of(model: Union[str, os.PathLike[str], Model, None] = None, *, device: str = "cpu", task: Task = "panoptic",
               tolerance: float = 1, kept: int = 8) -> type[FcclipBackend]:
    """A backend class with a model, for label_studio_ml.api.init_app.

    Args:
        model: a loaded model or a path; None: as fcclip.load.
        device: where a path is loaded to.
        task: "panoptic", "instance" or "semantic".
        tolerance: of polygons, as in Segmentation.to_coco.
        kept: encoded pictures that stay in memory.
    """
    opened = model if isinstance(model, Model) else load(model, device=device)
    return type("FcclipBackend", (FcclipBackend,), {
        "model": opened, "pictures": Pictures(opened, kept), "options": {"task": task}, "tolerance": tolerance})


def app(model: Union[str, os.PathLike[str], Model, None] = None, **options: Any) -> Any:
    """The Flask application; arguments as of backend_of."""
    return init_app(backend_of(model, **options))


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves with Flask's own server."""
    parser = argparse.ArgumentParser(prog="python -m fcclip.integrations.label_studio",
                                     description="Machine learning backend for Label Studio.")
    parser.add_argument("--model", help="model file; default $FCCLIP_MODEL, else the bundled one")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--task", default="panoptic", choices=["panoptic", "instance", "semantic"])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", default=9090, type=int)
    parsed = parser.parse_args(arguments)
    app(parsed.model, device=parsed.device, task=parsed.task).run(host=parsed.host, port=parsed.port)


if __name__ == "__main__":
    main()
