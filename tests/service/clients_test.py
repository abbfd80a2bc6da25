"""Clients that know nothing of fcclip: schemathesis, tritonclient, prometheus_client."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

import numpy
import pytest
import tritonclient.http
from openapi_spec_validator import validate
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families
from support import SCENE, SOURCE, WORDS, wait_for

HERE = pathlib.Path(__file__).parent
OUTPUTS = ("ids", "class_ids", "names", "scores", "boxes", "answer")


def test_the_description_is_the_file(server):
    served = server.get("/openapi.json")
    assert served.headers["content-type"].split(";")[0] == "application/json"
    assert served.content == (SOURCE / "web/openapi.json").read_bytes()
    validate(served.json())


@pytest.mark.parametrize("examples", [10, pytest.param(100, marks=pytest.mark.long)])
def test_schemathesis_finds_nothing(server, tmp_path, examples):
    finished = subprocess.run(
        [pathlib.Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml", "run",
         f"{server.url}/openapi.json", "--checks", "all", "--max-examples", str(examples), "--seed", "1", "--no-color",
         "--generation-database", "none"],
        cwd=tmp_path, env={**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)},
        capture_output=True, text=True, timeout=1200)
    print(finished.stdout[-20000:], finished.stderr[-2000:])
    assert finished.returncode == 0
    assert server.alive()


def triton_inputs(picture, words, binary):
    tensors = [tritonclient.http.InferInput("words", list(words.shape), "BYTES")]
    tensors[0].set_data_from_numpy(words, binary_data=binary)
    if picture == "raw":
        pixels = numpy.asarray(Image.open(SCENE).convert("RGB"))
        tensors.append(tritonclient.http.InferInput("image", list(pixels.shape), "UINT8"))
        tensors[1].set_data_from_numpy(pixels, binary_data=binary)
    else:
        encoded = numpy.array([SCENE.read_bytes()], dtype=object)
        tensors.append(tritonclient.http.InferInput("picture", [1], "BYTES"))
        tensors[1].set_data_from_numpy(encoded, binary_data=True)
    return tensors


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
@pytest.mark.parametrize("words", [[WORDS], WORDS.split(", ")], ids=["comma", "list"])
@pytest.mark.parametrize("picture", ["raw", "encoded"])
def test_triton_client_gets_the_same_answer(server, picture, words, binary):
    client = tritonclient.http.InferenceServerClient(server.url.removeprefix("http://"))
    tensors = triton_inputs(picture, numpy.array([word.encode() for word in words], dtype=object), binary)
    wanted = [tritonclient.http.InferRequestedOutput(name, binary_data=binary)
              for name in OUTPUTS]
    got = client.infer("mini", tensors, outputs=wanted, request_id="triton-1",
                       parameters={"stuff": "rock", "name": "scene.png"})
    served = server.segment(words=WORDS, stuff="rock", map="rle").json()

    answer = json.loads(got.as_numpy("answer")[0])
    assert {**answer, "map": 0} == {**served, "map": 0}
    runs = numpy.array(served["map"]["runs"]).reshape(-1, 2)
    ids = numpy.repeat(runs[:, 0], runs[:, 1]).reshape(480, 640)
    assert got.as_numpy("ids").dtype == numpy.int32 and numpy.array_equal(got.as_numpy("ids"), ids)
    segments = served["segments"]
    names = [name.decode() if isinstance(name, bytes) else name for name in got.as_numpy("names")]
    assert names == [segment["name"] for segment in segments]
    assert [WORDS.split(", ")[i] for i in got.as_numpy("class_ids")] == names
    assert numpy.array_equal(got.as_numpy("scores"), numpy.float32([segment["score"] for segment in segments]))
    assert got.as_numpy("boxes").tolist() == [segment["box_xywh_px"] for segment in segments]
    assert got.get_response()["id"] == "triton-1"


def test_triton_client_looks_around(server):
    client = tritonclient.http.InferenceServerClient(server.url.removeprefix("http://"))
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("mini")
    assert not client.is_model_ready("other")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    metadata = client.get_model_metadata("mini")
    assert {tensor["name"] for tensor in metadata["outputs"]} == set(OUTPUTS)
    with pytest.raises(tritonclient.http.InferenceServerException):
        client.infer("mini", [tritonclient.http.InferInput("words", [1], "BYTES")])


def metrics(server):
    answer = server.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def requests_counted(server, route, status):
    return sum(sample.value for family in metrics(server).values() if family.type == "counter"
               for sample in family.samples
               if route in sample.labels.values() and status in sample.labels.values())


def test_prometheus_reads_the_metrics(server):
    good, bad = (requests_counted(server, "/v1/segment", status) for status in ("200", "422"))
    assert server.segment(words=WORDS).status_code == 200
    assert server.segment(words=WORDS, task="x").status_code == 422
    # An answer counts when its last byte is sent, which its client may know before the counter does.
    assert wait_for(lambda: requests_counted(server, "/v1/segment", "200") == good + 1, 2)
    assert wait_for(lambda: requests_counted(server, "/v1/segment", "422") == bad + 1, 2)

    families = metrics(server)
    assert all(re.match("fcclip_|process_", name) for name in families)
    assert all(family.documentation and family.type != "unknown" for family in families.values())
    histograms = [family for family in families.values() if family.type == "histogram"]
    assert histograms
    for family in histograms:
        series = {}
        for sample in family.samples:
            labels = frozenset((key, value) for key, value in sample.labels.items() if key != "le")
            series.setdefault(labels, {}).setdefault(sample.name.rpartition("_")[2], []).append(sample)
        for parts in series.values():
            buckets = [sample.value for sample in parts["bucket"]]
            assert buckets == sorted(buckets) and parts["bucket"][-1].labels["le"] == "+Inf"
            assert buckets[-1] == parts["count"][0].value and parts["sum"][0].value >= 0


def test_no_client_makes_new_series(server):
    """Paths and names that clients invent must not fill the memory as labels."""
    def invent(numbers):
        for i in numbers:
            server.get(f"/v1/vocabularies/invented{i}")
            server.get(f"/invented/{i}")
            server.request(f"INVENTED{i}", "/v1/models")
        time.sleep(0.1)  # an answer is counted when it is sent
        return sum(len(family.samples) for family in metrics(server).values())

    invent(range(3))
    before = invent(range(3, 6))
    assert invent(range(6, 40)) == before
