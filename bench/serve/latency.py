#!/usr/bin/env python3
"""How long people wait: fcclip serve, fcclip segment per question, and FastAPI around the reference.

latency.py BUILD --model FILE [--clients 1,4,16] [--rounds 2] [--report OUT.json]
           [--peer "PYTHON fastapi_peer.py --fc-clip DIR --detectron2 DIR --checkpoint FILE"]
Needs tests/service/requirements.txt. One after another, on the same cores, with the same picture and words."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import httpx

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/service"))
QUESTIONS = ["bat, ladybug, rock", "cat, dog, tree", "sailboat, cloud, star", "house, street, sky"]
HEADERS = {"Content-Type": "application/octet-stream"}


def seconds(call):
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def middle(call, times=5):
    return statistics.median(seconds(call) for _ in range(times))


def throughput(ask, clients, rounds):
    """Answers a second of clients who wait for each answer; a question of known words each."""
    def client(number):
        for round_number in range(rounds):
            ask(QUESTIONS[(number + round_number) % len(QUESTIONS)])

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        taken = seconds(lambda: list(pool.map(client, range(clients))))
    return clients * rounds / taken


def checked(answer):
    assert answer.status_code in (200, 201), answer.text[:300]
    return answer


def figures(ask, arguments, second=None):
    """Of one way to ask: `ask(words)` brings the picture, `second(words)` asks once more about it."""
    second = second or ask
    ask("warm, up")
    report = {"first answer, new words": seconds(lambda: ask(QUESTIONS[0])),
              "first answer, known words": middle(lambda: ask(QUESTIONS[0])),
              "second question, new words": seconds(lambda: second(QUESTIONS[1])),
              "second question, known words": middle(lambda: second(QUESTIONS[1]))}
    for words in QUESTIONS:
        ask(words)
    for clients in arguments.clients:
        report[f"pictures/s of {clients} clients"] = throughput(ask, clients, arguments.rounds)
    return report


def ours(arguments, picture):
    from support import Server

    begun = time.perf_counter()
    flags = ("--queue", 256, "--no-warm", "--log", "none", "--timeout", 3600)
    with Server("--model", f"m={arguments.model}", *flags) as server:
        started = time.perf_counter() - begun
        with httpx.Client(base_url=server.url, timeout=3600, trust_env=False) as client:
            def ask(words):
                checked(client.post("/v1/segment", params={"words": words, "map": "rle"}, content=picture, headers=HEADERS))

            kept = checked(client.post("/v1/images", content=picture, headers=HEADERS)).json()["id"]

            def second(words):
                checked(client.post(f"/v1/images/{kept}/segments", json={"words": words}))

            report = {"start": started, **figures(ask, arguments, second)}
            for words in QUESTIONS:
                second(words)
            for clients in arguments.clients:
                report[f"questions/s of {clients} clients"] = throughput(second, clients, 50)
        report["peak_mib"] = peak_mib(server.process.pid)
    return report


def command_line(arguments, picture):
    from support import PROGRAM, SCENE, environment

    with tempfile.TemporaryDirectory() as home:
        def ask(words):
            subprocess.run([PROGRAM, "segment", SCENE, "-m", arguments.model, "-c", words, "--json", "-q", "--write",
                            "panoptic", "-o", f"{home}/out"], check=True, env=environment(home), capture_output=True)

        return figures(ask, argparse.Namespace(clients=[1], rounds=arguments.rounds))


def peak_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return None


def peer(arguments, picture):
    begun = time.perf_counter()
    process = subprocess.Popen([*shlex.split(arguments.peer), "--port", "8090"])
    try:
        with httpx.Client(base_url="http://127.0.0.1:8090", timeout=3600, trust_env=False) as client:
            while process.poll() is None:
                try:
                    client.get("/healthz")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            started = time.perf_counter() - begun

            def ask(words):
                checked(client.post("/segment", params={"words": words}, content=picture, headers=HEADERS))

            return {"start": started, **figures(ask, arguments), "peak_mib": peak_mib(process.pid)}
    finally:
        process.terminate()
        process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--model", required=True, type=os.path.abspath)
    parser.add_argument("--clients", default=[1, 4, 16], type=lambda text: [int(part) for part in text.split(",")])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", default="ours,command_line,peer")
    parser.add_argument("--peer")
    parser.add_argument("--report", type=pathlib.Path)
    arguments = parser.parse_args()
    os.environ["FCCLIP_PROGRAM"] = str((arguments.build / "bin/fcclip").resolve())
    from support import SCENE

    report = {}
    for way in (ours, command_line, peer):
        if way.__name__ in arguments.only.split(",") and (way is not peer or arguments.peer):
            report[way.__name__] = way(arguments, SCENE.read_bytes())
            print(json.dumps({way.__name__: report[way.__name__]}, indent=1), flush=True)
    if arguments.report:
        arguments.report.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
