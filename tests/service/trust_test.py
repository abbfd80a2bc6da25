"""Who may ask: addresses, tokens, Host, Origin."""

import subprocess

import pytest
from support import MINI, PROGRAM, SCENE, WORDS, check_problem, environment

SEND = {"params": {"words": WORDS}, "content": SCENE.read_bytes()}
BINARY = {"Content-Type": "application/octet-stream"}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example",
                                  "169.254.169.254", "user@127.0.0.1", "[fe80::1]", ""])
def test_foreign_host(server, host):
    """A name that an attacker's DNS points at this machine (rebinding)."""
    check_problem(server.get("/v1/models", headers={"Host": host}), 400, 403)
    check_problem(server.post("/v1/segment", headers={"Host": host, **BINARY}, **SEND), 400, 403)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_own_host(server, host):
    assert server.get("/v1/models", headers={"Host": f"{host}:{server.port}"}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1",
                                    "http://localhost.evil.example"])
def test_foreign_origin(server, origin):
    answer = server.post("/v1/segment", headers={"Origin": origin, **BINARY}, **SEND)
    check_problem(answer, 403)
    assert "access-control-allow-origin" not in answer.headers


def test_a_form_of_another_site(server):
    """What a plain HTML form can send without asking first."""
    answer = server.post("/v1/segment", headers={"Origin": "https://evil.example"},
                         files={"image": ("x.png", SCENE.read_bytes())})
    check_problem(answer, 403)


def test_own_origin(server):
    for origin in (server.url, server.url.replace("127.0.0.1", "localhost")):
        host = origin.removeprefix("http://")
        answer = server.post("/v1/segment", headers={"Origin": origin, "Host": host, **BINARY}, **SEND)
        assert answer.status_code == 200, answer.text


def test_named_hosts_and_origins(start):
    server = start("--host", "segment.example", "--allow-origin", "https://app.example")
    assert server.get("/v1/models", headers={"Host": "segment.example"}).status_code == 200
    check_problem(server.get("/v1/models", headers={"Host": "other.example"}), 403)
    answer = server.post("/v1/segment", headers={"Origin": "https://app.example", **BINARY}, **SEND)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    asked = server.request("OPTIONS", "/v1/segment", headers={
        "Origin": "https://app.example", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type"})
    assert asked.status_code in (200, 204)
    assert asked.headers["access-control-allow-origin"] == "https://app.example"
    check_problem(server.post("/v1/segment", headers={"Origin": "https://evil.example", **BINARY}, **SEND), 403)


def test_token(start, tmp_path):
    (tmp_path / "token").write_text("correct-horse-battery-staple\n")
    server = start("--token-file", tmp_path / "token", wait=False)
    assert server.get("/healthz").status_code == 200  # probes have no token
    server.wait_ready()
    for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer correct-horse-battery-stapl"},
                   {"Authorization": "Bearer correct-horse-battery-staple2"}, {"Authorization": "Bearer"},
                   {"Authorization": "Basic correct-horse-battery-staple"}):
        for method, path in (("GET", "/v1/models"), ("POST", "/v1/segment"), ("GET", "/metrics"), ("GET", "/v2")):
            answer = server.request(method, path, headers=header)
            check_problem(answer, 401)
            assert answer.headers["www-authenticate"].startswith("Bearer")
    right = {"Authorization": "Bearer correct-horse-battery-staple"}
    assert server.get("/v1/models", headers=right).status_code == 200
    assert server.post("/v1/segment", headers={**right, **BINARY}, **SEND).status_code == 200
    log = server.out.read_text() + server.err.read_text()
    assert "battery" not in log


def refused(*flags, home):
    finished = subprocess.run([PROGRAM, "serve", "--model", MINI, *flags], env=environment(home), capture_output=True,
                              text=True, timeout=60)
    assert finished.stdout == ""
    return finished


def test_other_addresses_need_a_token_or_open(start, tmp_path):
    finished = refused("--listen", "0.0.0.0:0", home=tmp_path)
    assert finished.returncode == 2
    assert "--token-file" in finished.stderr and "--open" in finished.stderr
    assert len([line for line in finished.stderr.splitlines() if line.startswith("fcclip: ")]) == 1
    (tmp_path / "token").write_text("0123456789abcdef0123456789abcdef\n")
    for flags in (["--open"], ["--token-file", tmp_path / "token"]):
        server = start(*flags, listen="0.0.0.0:0")
        assert server.get("/healthz").status_code == 200


@pytest.mark.parametrize("content", [None, "", "\n"], ids=["missing", "empty", "blank"])
def test_token_file_without_a_token(tmp_path, content):
    if content is not None:
        (tmp_path / "token").write_text(content)
    assert refused("--listen", "127.0.0.1:0", "--token-file", tmp_path / "token", home=tmp_path).returncode in (1, 2)


def test_headers_of_every_answer(server):
    for method, path in (("GET", "/"), ("GET", "/v1/models"), ("GET", "/nothing"), ("PUT", "/v1/models"),
                         ("GET", "/metrics"), ("OPTIONS", "/v1/segment"), ("HEAD", "/"), ("GET", "/example.png")):
        headers = server.request(method, path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-request-id"]
    policy = server.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy


def test_request_id(server):
    assert server.get("/v1/models", headers={"X-Request-Id": "my-7.a_B"}).headers["x-request-id"] == "my-7.a_B"
    for odd in ("a b", "x" * 65, "<script>", '"'):
        assert server.get("/v1/models", headers={"X-Request-Id": odd}).headers["x-request-id"] != odd
