"""The commands of docs/serving.md, run as printed against a server, each block behind the one before."""

import re
import shutil
import subprocess

from support import PICTURES, SCENE, SOURCE

PAGE = SOURCE / "docs/serving.md"


def blocks():
    """Blocks marked `sh`; other marks (console, nginx, ini, yaml) are for other machines."""
    return re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def test_commands(server, tmp_path):
    shutil.copy(SCENE, tmp_path / "scene.png")
    shutil.copy(PICTURES / "coffee.jpg", tmp_path / "street.jpg")
    script = ["set -euo pipefail", 'curl() { command curl --fail-with-body --silent --show-error --max-time 60 "$@"; }']
    for number, block in enumerate(blocks(), 1):
        script += [f"echo '--- block {number}'", block.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}")]
    assert len(script) > 20
    finished = subprocess.run(["bash"], input="\n".join(script), cwd=tmp_path, capture_output=True, text=True,
                              timeout=300)
    assert finished.returncode == 0, f"{finished.stdout[-2000:]}\n{finished.stderr[-2000:]}"


def test_every_route_has_a_command(server):
    page = "\n".join(blocks())
    for path in server.get("/openapi.json").json()["paths"]:
        pattern = re.sub(r"\\{\w+\\}", r"[^\\s/]+", re.escape(path))
        assert re.search(rf"127\.0\.0\.1:8080{pattern}(?![\w/])", page), f"docs/serving.md asks nothing of {path}"
