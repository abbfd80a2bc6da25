"""HTTP by those who mean harm: each request gets the right refusal, and the server lives."""

import json
import re
import socket
import time

import pytest
from support import HOST, IMAGE_HEAD, MULTIPART, SCENE, body_of, form, post, read_all, status_of, whole_post

PNG = SCENE.read_bytes()
POST = b"POST /v1/segment HTTP/1.1\r\n" + HOST
CHUNKED = b"Transfer-Encoding: chunked"
PICTURE = b"Content-Type: image/png"
CUT = form((IMAGE_HEAD, PNG), end=b"")
MANY_PARTS = form(*[(b'Content-Disposition: form-data; name="x%d"' % i, b"") for i in range(100000)])
LONG_PART_HEAD = b"--X\r\n" + b"A: " + b"a" * 1000000 + b"\r\n\r\n--X--\r\n"
SECOND = b"GET /v1/models HTTP/1.1\r\n" + HOST + b"\r\n"

# Raw bytes -> statuses that are right; 0: closed without a word.
RAW = {
    "multipart without its end": (whole_post(CUT, MULTIPART), {400}),
    "multipart cut inside a head": (whole_post(CUT[:40], MULTIPART), {400}),
    "multipart without a boundary": (whole_post(CUT, b"Content-Type: multipart/form-data"), {400}),
    "multipart of 100,000 empty parts": (whole_post(MANY_PARTS, MULTIPART), {400, 413, 422}),
    "multipart with an endless head": (whole_post(LONG_PART_HEAD, MULTIPART), {400, 413, 422, 431}),
    "a terabyte promised": (post(b"", MULTIPART, b"Content-Length: 1000000000000"), {413}),
    "a length beyond 64 bits": (post(b"", MULTIPART, b"Content-Length: 99999999999999999999999"), {400, 413}),
    "a negative length": (post(b"", MULTIPART, b"Content-Length: -1"), {400}),
    "a length that is no number": (post(b"", MULTIPART, b"Content-Length: 0x10"), {400}),
    "a length with a plus": (post(b"{}", b"Content-Type: application/json", b"Content-Length: +2"), {400}),
    "two lengths": (post(b"{}", b"Content-Length: 2", b"Content-Length: 20"), {400}),
    "two lengths in one": (post(b"{}", b"Content-Length: 2, 20"), {400}),
    "length and chunks": (post(b"0\r\n\r\n" + SECOND, b"Content-Length: 5", CHUNKED), {400}),
    "chunks and length": (post(b"0\r\n\r\n" + SECOND, CHUNKED, b"Content-Length: 5"), {400}),
    "chunked twice": (post(b"0\r\n\r\n" + SECOND, CHUNKED, CHUNKED), {400, 501}),
    "a coding before a colon": (post(b"0\r\n\r\n" + SECOND, b"Transfer-Encoding : chunked"), {400}),
    "an unknown coding": (post(b"0\r\n\r\n" + SECOND, b"Transfer-Encoding: xchunked"), {400, 501}),
    "chunked is not the last": (post(b"0\r\n\r\n" + SECOND, b"Transfer-Encoding: chunked, gzip"), {400, 501}),
    "a chunk's size is no number": (post(b"zz\r\n", CHUNKED, PICTURE), {400}),
    "a chunk's size is negative": (post(b"-1\r\n", CHUNKED, PICTURE), {400}),
    "a chunk beyond 64 bits": (post(b"fffffffffffffffff\r\n", CHUNKED, PICTURE), {400, 413}),
    "a chunk of a terabyte": (post(b"10000000000\r\nx", CHUNKED, PICTURE), {400, 413}),
    "a chunk longer than its size": (post(b"1\r\nxyz\r\n0\r\n\r\n", CHUNKED, PICTURE), {400}),
    "an endless chunk extension": (post(b"1;" + b"x" * 1000000, CHUNKED, PICTURE), {400, 413, 431}),
    "endless trailers": (post(b"0\r\n" + b"A: b\r\n" * 100000, CHUNKED, PICTURE), {400, 413, 431}),
    "a megabyte of head": (b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"a" * 1000000 + b"\r\n\r\n", {400, 431}),
    "ten thousand headers": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 10000 + b"\r\n", {400, 431}),
    "a target of a megabyte": (b"GET /" + b"a" * 1000000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", {400, 414, 431}),
    "a zero byte in a header": (b"GET / HTTP/1.1\r\n" + HOST + b"A: a\0b\r\n\r\n", {400}),
    "a zero byte in the target": (b"GET /v1/mod\0els HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "a folded header": (b"GET / HTTP/1.1\r\n" + HOST + b"A: a\r\n b\r\n\r\n", {200, 400}),
    "a header without a colon": (b"GET / HTTP/1.1\r\n" + HOST + b"nonsense\r\n\r\n", {400}),
    "a header without a name": (b"GET / HTTP/1.1\r\n" + HOST + b": x\r\n\r\n", {400}),
    "no Host": (b"GET /v1/models HTTP/1.1\r\n\r\n", {400, 403}),
    "two Hosts": (b"GET /v1/models HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n\r\n", {400, 403}),
    "another protocol": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), {0, 400}),
    "another version": (b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", {400, 505}),
    "no version": (b"GET /\r\n\r\n", {0, 400}),
    "an absolute target elsewhere":
        (b"GET http://evil.example/v1/models HTTP/1.1\r\n" + HOST + b"\r\n", {400, 403, 404}),
    "a foreign Host behind an absolute target":
        (b"GET http://localhost/v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n", {400, 403}),
    "a tunnel": (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", {400, 403, 404, 405}),
    "a trace": (b"TRACE /v1/models HTTP/1.1\r\n" + HOST + b"\r\n", {400, 405}),
    "an asterisk": (b"GET * HTTP/1.1\r\n" + HOST + b"\r\n", {400, 404}),
    "a target without a slash": (b"GET v1/models HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "an unknown method": (b"SEGMENT /v1/models HTTP/1.1\r\n" + HOST + b"\r\n", {400, 405, 501}),
}


@pytest.mark.parametrize("name", RAW)
def test_raw(server, name):
    data, statuses = RAW[name]
    answer = server.raw(data, seconds=10, more=0.5 if data.endswith(SECOND) else 0)
    assert status_of(answer) in statuses, answer[:400]
    if status_of(answer) >= 400 and status_of(answer) != 501:
        head = answer.partition(b"\r\n\r\n")[0]
        assert b"application/problem+json" in head and b"x-request-id" in head.lower()
        assert json.loads(body_of(answer))["status"] == status_of(answer)
    if data.endswith(SECOND):
        assert re.findall(rb"HTTP/1\.1 \d", answer) == [b"HTTP/1.1 4"], "the hidden request was answered"
    assert server.alive()


def test_chunks_without_end(server):
    """Refused when the limit is passed, not when the memory is."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as stream:
        stream.sendall(POST + PICTURE + b"\r\n" + CHUNKED + b"\r\n\r\n")
        chunk, sent = b"100000\r\n" + bytes(0x100000) + b"\r\n", 0
        try:
            while sent < 200:
                stream.sendall(chunk)
                sent += 1
        except OSError:
            pass
        assert sent < 200, "200 MB were taken"
        assert status_of(read_all(stream, 5)) in (0, 413)
    assert server.alive()


@pytest.mark.parametrize("data", [
    pytest.param(b"", id="nothing", marks=pytest.mark.long),
    pytest.param(b"GET /healthz HT", id="half a head"),
    pytest.param(POST + b"Content-Length: 1000\r\n\r\nabc", id="half a body", marks=pytest.mark.long)])
def test_who_never_goes_on_is_let_go(server, data):
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=90) as stream:
        stream.sendall(data)
        assert status_of(read_all(stream, 90)) in (0, 400, 408)
    assert time.monotonic() - begun < 85, "still connected"


def test_half_closed(server):
    body = form((IMAGE_HEAD, PNG))
    answer = server.raw(whole_post(body, MULTIPART)[:-100], seconds=10, end=True)
    assert status_of(answer) in (0, 400, 408)
    assert server.alive()


def test_pipelined_requests_come_in_order(server):
    one = b"GET /healthz HTTP/1.1\r\n" + HOST + b"X-Request-Id: n%d\r\n\r\n"
    last = b"GET /v1/models HTTP/1.1\r\n" + HOST + b"Connection: close\r\nX-Request-Id: last\r\n\r\n"
    answer = server.raw(b"".join(one % i for i in range(5)) + last, seconds=10)
    ids = re.findall(rb"(?i)x-request-id: (\w+)", answer)
    assert ids == [b"n0", b"n1", b"n2", b"n3", b"n4", b"last"]


def test_expect_continue(server):
    head = POST + PICTURE + b"\r\nExpect: 100-continue\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as stream:
        stream.sendall(head + b"Content-Length: %d\r\n\r\n" % len(PNG))
        assert stream.recv(100).startswith(b"HTTP/1.1 100 ")
        stream.sendall(PNG)
        assert status_of(read_all(stream, 30)) == 200
    refused = server.raw(head + b"Content-Length: 1000000000000\r\n\r\n", seconds=5)
    assert status_of(refused) == 413  # before a byte of the body
