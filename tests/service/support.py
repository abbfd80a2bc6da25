"""The server under test as a process, requests to it, and the command line's answers to compare with."""

import base64
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import zlib

import httpx

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("FCCLIP_PROGRAM", SOURCE / "build/release/bin/fcclip"))
PICTURES = SOURCE / "examples/pictures"
SCENE = PICTURES / "scene.png"
MINI = SOURCE / "models/mini.safetensors"
WORDS = "bat, ladybug, rock"
# About two seconds of one core: long enough to be overtaken, stopped, or left.
SLOW = {"short_side": "2048", "max_side": "4096", "words": WORDS}
HOST = b"Host: localhost\r\n"
MULTIPART = b"Content-Type: multipart/form-data; boundary=X"
IMAGE_HEAD = b'Content-Disposition: form-data; name="image"; filename="a.png"'
# Parts of an answer that depend on the form it was asked in.
OF_THE_FORM = ("seconds", "files", "question", "kept", "map")


def environment(home):
    keep = {key: value for key, value in os.environ.items() if key not in ("FCCLIP_MODEL", "XDG_CACHE_HOME")}
    return {**keep, "HOME": str(home), "XDG_CACHE_HOME": str(home)}


class Server:
    """`fcclip serve` on a free port of 127.0.0.1."""

    def __init__(self, *flags, home=None, listen="127.0.0.1:0", wait=True):
        self.own_home = home is None
        self.home = pathlib.Path(home or tempfile.mkdtemp(prefix="fcclip-serve-"))
        self.out, self.err = self.home / "stdout", self.home / "stderr"
        command = [PROGRAM, "serve", "--listen", listen, *map(str, flags)]
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            env=environment(self.home))
        try:
            self.port = self.read_port()
            self.url = f"http://127.0.0.1:{self.port}"
            if wait:
                self.wait_ready()
        except BaseException:
            self.close()
            raise

    def read_port(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            first = self.out.read_text().partition("\n")
            if first[1]:
                match = re.fullmatch(r"fcclip: serving at http://\S+:(\d+)", first[0])
                assert match, f"first line: {first[0]!r}"
                return int(match[1])
            time.sleep(0.02)
        raise AssertionError(f"not serving: {self.err.read_text()[-2000:]}")

    def wait_ready(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.get("/readyz").status_code == 200:
                return
            time.sleep(0.02)
        raise AssertionError("never ready")

    def client(self, local_address=None, **more):
        return httpx.Client(base_url=self.url, timeout=120, trust_env=False,
                            transport=httpx.HTTPTransport(local_address=local_address), **more)

    def request(self, method, path, **more):
        with self.client() as client:
            return client.request(method, path, **more)

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, **more):
        return self.request("POST", path, **more)

    def segment(self, picture=SCENE, headers=None, **fields):
        """POST /v1/segment of a file, with fields in the form."""
        return self.post("/v1/segment", headers=headers, data={key: str(value) for key, value in fields.items()},
                         files={"image": (picture.name, picture.read_bytes())})

    def image(self, picture=SCENE, **fields):
        answer = self.post("/v1/images", params=fields, content=picture.read_bytes(),
                           headers={"Content-Type": "application/octet-stream"})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def raw(self, data, seconds=30, end=False, more=None):
        """All bytes that come back for these bytes, until the server closes or `seconds` are over, or `more` seconds after
        a whole answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as stream:
            try:
                stream.sendall(data)
                if end:
                    stream.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before all was sent; the answer may still be there
            return read_all(stream, seconds, more)

    def alive(self):
        return self.process.poll() is None and self.get("/healthz").status_code == 200

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, seconds=30):
        return self.process.wait(seconds)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.own_home:
            shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def body_of(answer):
    """The first answer's body among raw bytes; None: it is not whole."""
    head, found, rest = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if not found or not length or len(rest) < int(length[1]):
        return None
    return rest[:int(length[1])]


def read_all(stream, seconds, more=None):
    got, end = b"", time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if more is not None and body_of(got) is not None:
            end, more = time.monotonic() + more, None
            continue
        stream.settimeout(left)
        try:
            part = stream.recv(1 << 16)
        except (TimeoutError, ConnectionResetError):
            break
        if not part:
            break
        got += part
    return got


def status_of(answer):
    """The status of the first answer among raw bytes; 0: none came."""
    match = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
    return int(match[1]) if match else 0


def check_problem(answer, *statuses):
    """An httpx answer is problem JSON of one of these statuses; returns it."""
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code and problem["code"] and "\n" not in problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    if answer.status_code in (429, 503):
        assert int(answer.headers["retry-after"]) >= 0
    return problem


def exactly(text):
    """JSON with numbers as they were written, without what depends on the form of asking."""
    value = json.loads(text, parse_float=str, parse_int=str)
    return {key: entry for key, entry in value.items() if key not in OF_THE_FORM}


def command_line(out, picture=SCENE, write="none", cache=None, **fields):
    """The answer of `fcclip segment --json`, and the files that it wrote by name beside the picture."""
    names = {"words": "classes"}
    flags = [f"--{names.get(key, key).replace('_', '-')}={value}" for key, value in fields.items()]
    place = ["--cache-folder", cache or out.with_name(out.name + "-text-cache")]
    out.mkdir(parents=True, exist_ok=True)
    beside = out / picture.name  # labelme files name it relative to themselves
    shutil.copy(picture, beside)
    finished = subprocess.run([PROGRAM, "segment", picture.name, "--json", "-q", "--write", write, "-o", ".",
                               "--model", MINI, *place, *flags], cwd=out, env=environment(out),
                              capture_output=True, text=True, timeout=120)
    assert finished.returncode == 0, finished.stderr
    files = {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*"))
             if path.is_file() and path != beside}
    return exactly(finished.stdout), files


def form(*parts, end=b"--X--\r\n"):
    """A multipart body of (head, data)."""
    return b"".join(b"--X\r\n" + head + b"\r\n\r\n" + data + b"\r\n" for head, data in parts) + end


def post(body, *headers):
    """The bytes of a request, with these headers and no others."""
    head = b"".join(header + b"\r\n" for header in headers)
    return b"POST /v1/segment HTTP/1.1\r\n" + HOST + head + b"\r\n" + body


def whole_post(body, *headers):
    return post(body, *headers, b"Content-Length: %d" % len(body))


def base64_of(data):
    return base64.b64encode(data).decode()


def png_header(width, height):
    """A PNG that claims a size and has next to no pixels."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""))
