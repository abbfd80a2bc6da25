"""What a schema cannot say of requests: pictures are pictures, names exist, no field stands in two places."""

import base64
import io
import json

import schemathesis
from hypothesis import strategies
from PIL import Image

PICTURE_TYPES = {f"image/{name}": name.upper() for name in ("png", "jpeg", "webp", "tiff", "bmp", "gif", "avif")}
FIELDS_OF_PICTURES = ("model", "vocabulary", "write", "short_side", "max_side")


def picture(kind="PNG", size=(40, 30)):
    data = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(data, kind)
    return data.getvalue()


PNG = picture()
for media_type, kind in PICTURE_TYPES.items():
    schemathesis.openapi.media_type(media_type, strategies.sampled_from([picture(kind), picture(kind, (1, 1))]))
schemathesis.openapi.media_type("application/octet-stream", strategies.just(PNG))


def settle(fields):
    """Names that exist, sizes that a test can pay for, a place inside the picture."""
    known = {"model": "mini", "vocabulary": "voc", "short_side": 64, "max_side": 128, "write": "overlay,segments"}
    for name in FIELDS_OF_PICTURES:
        if name in fields:
            fields[name] = known[name]
    if "image" in fields:
        fields["image"] = base64.b64encode(PNG).decode()
    if "points" in fields:
        fields["points"] = [[0, 0]]
    if "box" in fields:
        fields["box"] = [0, 0, 1, 1]
    if isinstance(fields.get("name"), str):
        fields["name"] = fields["name"][:50]  # its limit is in bytes
    return fields


def infer_body():
    tensors = [{"name": "image", "datatype": "UINT8", "shape": [1, 1, 3], "data": [90, 120, 40]},
               {"name": "words", "datatype": "BYTES", "shape": [1], "data": ["cat, dog"]}]
    return {"inputs": tensors}


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    settle_case(case)
    case._record_starting_state()  # else a form whose picture is bytes counts as broken by this hook


def settle_case(case):
    if case.operation.label == "POST /v2/models/{model}/infer":
        case.path_parameters["model"] = "mini"
        case.headers.pop("Inference-Header-Content-Length", None)
        case.body = infer_body() if case.media_type == "application/json" else json.dumps(infer_body()).encode()
    elif isinstance(case.body, dict):
        case.query = {}  # a field may stand in one place alone
        case.body = settle(case.body)
        if case.media_type != "application/json" and "image" in case.body:
            case.body["image"] = PNG
    elif case.query:
        case.query = settle(dict(case.query))


@schemathesis.hook
def filter_case(context, case):
    """No HEIC, which this test cannot make; no field in two places, which no schema can forbid."""
    return case.media_type != "image/heic" and not (case.query and isinstance(case.body, dict) and case.body)
