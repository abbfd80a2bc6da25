"""Paths and methods: tricks, and what HTTP asks of every route."""

import pytest
from support import HOST, check_problem, status_of

PATHS = [
    "/v1/vocabularies/../../etc/passwd", "/v1/vocabularies/%2e%2e/%2e%2e/etc/passwd",
    "/v1/vocabularies/..%2f..%2f..%2fetc%2fpasswd", "/v1/vocabularies//etc/passwd",
    "/v1/vocabularies/%2fetc%2fpasswd", "/v1/vocabularies/..%5c..%5cetc", "//etc/passwd", "/../etc/passwd",
    "/%2e%2e/etc/passwd", "/page.css/../../etc/passwd", "/v1/images/../models", "/v1/vocabularies/coco%00",
    "/v1/vocabularies/coco\0", "/v1/models/%zz", "/v1/models/%f", "/v1/vocabularies/%ff%fe",
    "/v1/vocabularies/" + "a" * 5000, "/v1/images/" + "a" * 32, "/v1/images/x/segments", "/v2/models/..%2fmini",
    "/.git/config", "/models/mini.safetensors", "/v1/images/%2e%2e%2f", "/v1/models/", "/V1/MODELS", "/v1/models;x=1",
    "/v1/models%20",
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:40])
def test_paths(server, path):
    head = b"GET " + path.encode("latin1") + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    answer = server.raw(head, seconds=10)
    assert status_of(answer) in (400, 404, 405, 414, 422), answer[:300]
    assert b"root:" not in answer and b"PNG" not in answer
    assert server.alive()


def test_wrong_methods(server):
    for method, path in (("GET", "/v1/segment"), ("PUT", "/v1/images"), ("DELETE", "/v1/models"),
                         ("PATCH", "/healthz")):
        answer = server.request(method, path)
        check_problem(answer, 405)
        assert "OPTIONS" in answer.headers["allow"]
    assert server.request("OPTIONS", "/v1/segment").status_code == 204
    head, got = server.request("HEAD", "/v1/models"), server.get("/v1/models")
    assert head.status_code == 200 and head.content == b"" and head.headers["content-length"] == str(len(got.content))
