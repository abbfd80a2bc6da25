#!/usr/bin/env python3
"""Twice as many requests as the server can answer, for minutes; then a thousand slow connections while others are served.

load.py BUILD [--minutes 10] [--slow 1000] [--factor 2] [--report OUT.json]
Needs tests/service/requirements.txt. Holds: nothing but 200, 201 and 429; no answer wrong; memory flat in the second half;
p99 of /healthz at most 50 ms; slow connections cost the others nothing. Exit status 1 when one of these fails."""

import argparse
import asyncio
import collections
import http.client
import json
import multiprocessing
import os
import pathlib
import resource
import socket
import statistics
import sys
import time

import httpx

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/service"))
QUESTIONS = ["bat, ladybug, rock", "cat, dog", "tree, rock | stone", "sailboat, bat", "ladybug | beetle", "wall, bat, sky",
             "rock, sand", "christmas tree, star"]
ADDRESSES = [f"127.0.0.{i}" for i in range(1, 6)]  # the queue is shared out by address
HEADERS = {"Content-Type": "application/octet-stream"}


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else None


def status_field(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return None


def poll_health(port, stop, queue, gap=0.02):
    """In a process of its own, so that the load's own work is not measured."""
    latencies = []
    while not stop.is_set():
        begun = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/healthz")
        assert connection.getresponse().read().strip() == b"ok"
        connection.close()
        latencies.append(time.perf_counter() - begun)
        time.sleep(gap)
    queue.put(latencies)


class Load:
    def __init__(self, server, picture):
        self.server, self.picture = server, picture
        self.clients = [httpx.AsyncClient(base_url=server.url, timeout=150, trust_env=False,
                                          transport=httpx.AsyncHTTPTransport(local_address=address,
                                                                             limits=httpx.Limits(max_connections=None)))
                        for address in ADDRESSES]
        self.counts, self.wrong, self.latencies, self.expected = collections.Counter(), [], [], {}

    async def post(self, number, path, **more):
        begun = time.perf_counter()
        answer = await self.clients[number % len(self.clients)].post(path, **more)
        self.counts[answer.status_code] += 1
        if answer.status_code in (200, 201):
            self.latencies.append(time.perf_counter() - begun)
        elif answer.status_code != 429 or "retry-after" not in answer.headers:
            self.wrong.append(f"{path}: {answer.status_code} {answer.text[:200]}")
        return answer

    def check(self, words, answer):
        if answer.status_code != 200:
            return
        segments = answer.json()["segments"]
        if segments != self.expected.setdefault(words, segments):
            self.wrong.append(f"another answer to {words}")

    async def one(self, number):
        """Two of three requests bring picture and words; the third keeps the picture and asks then."""
        words = QUESTIONS[number % len(QUESTIONS)]
        try:
            if number % 3:
                self.check(words, await self.post(number, "/v1/segment", params={"words": words}, content=self.picture,
                                                  headers=HEADERS))
                return
            kept = await self.post(number, "/v1/images", content=self.picture, headers=HEADERS)
            if kept.status_code == 201:
                path = f"/v1/images/{kept.json()['id']}/segments"
                self.check(words, await self.post(number, path, json={"words": words, "map": "none"}))
        except httpx.HTTPError as error:
            self.wrong.append(f"{type(error).__name__}: {error}")

    async def capacity(self, seconds=8):
        """Requests a second that four clients get done who wait for each answer."""
        for number in range(3 * len(QUESTIONS)):
            await self.one(number)
        self.counts.clear()
        end, numbers = time.perf_counter() + seconds, iter(range(1 << 30))

        async def client():
            while time.perf_counter() < end:
                await self.one(next(numbers))

        await asyncio.gather(*(client() for _ in range(4)))
        return self.counts.total() / seconds

    async def offer(self, rate, seconds):
        """Begins `rate` requests a second, whatever becomes of them; samples memory every second."""
        pending, memory, begun, number = set(), [], time.perf_counter(), 0
        while (now := time.perf_counter() - begun) < seconds:
            while number < now * rate:
                task = asyncio.create_task(self.one(number))
                pending.add(task)
                task.add_done_callback(pending.discard)
                number += 1
            if now > len(memory):
                memory.append(status_field(self.server.process.pid, "VmRSS"))
            await asyncio.sleep(0.5 / rate)
        await asyncio.gather(*pending)
        return memory

    async def close(self):
        for client in self.clients:
            await client.aclose()


def flatness(memory_kib):
    """Of the second half: what a straight line through it gains from its beginning to its end, MiB."""
    half = memory_kib[len(memory_kib) // 2:]
    return statistics.linear_regression(range(len(half)), half).slope * len(half) / 1024 if len(half) > 2 else 0


async def overload(server, picture, arguments):
    load = Load(server, picture)
    rate = await load.capacity()
    load.counts.clear(), load.latencies.clear()
    stop, queue = multiprocessing.Event(), multiprocessing.Queue()
    poller = multiprocessing.Process(target=poll_health, args=(server.port, stop, queue))
    poller.start()
    memory = await load.offer(arguments.factor * rate, 60 * arguments.minutes)
    stop.set()
    health = queue.get(timeout=30)
    poller.join()
    await load.close()
    return {"capacity_per_s": rate, "offered_per_s": arguments.factor * rate, "minutes": arguments.minutes,
            "statuses": dict(load.counts), "wrong": load.wrong[:20], "wrong_count": len(load.wrong),
            "answer_s": {"p50": percentile(load.latencies, 0.5), "p99": percentile(load.latencies, 0.99)},
            "healthz_ms": {"p50": 1e3 * percentile(health, 0.5), "p99": 1e3 * percentile(health, 0.99),
                           "most": 1e3 * max(health), "asked": len(health)},
            "rss_mib": {"middle": memory[len(memory) // 2] / 1024, "end": memory[-1] / 1024,
                        "most": max(memory) / 1024, "second_half_gains": flatness(memory)}}


async def timed(load, count):
    load.latencies.clear()
    for number in range(count):
        await load.one(3 * number + 1)
    return {"p50": percentile(load.latencies, 0.5), "p99": percentile(load.latencies, 0.99)}


async def slow_connections(server, picture, count):
    """Each sends a head a byte every second or so; whom the server lets go is replaced."""
    load = Load(server, picture)
    before, threads = await timed(load, 40), status_field(server.process.pid, "Threads")
    head = b"POST /v1/segment HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 4000
    streams, replaced, ended = {}, 0, False

    async def drip():
        nonlocal replaced
        loop = asyncio.get_running_loop()
        while not ended:
            for i in range(count):
                if ended:
                    return
                try:
                    if i not in streams:
                        stream = socket.socket()
                        stream.setblocking(False)
                        stream.bind((ADDRESSES[i % len(ADDRESSES)], 0))
                        await asyncio.wait_for(loop.sock_connect(stream, ("127.0.0.1", server.port)), 10)
                        streams[i] = [stream, 0]
                    stream, at = streams[i]
                    stream.send(head[at:at + 1])
                    streams[i][1] = at + 1
                except BlockingIOError:
                    pass
                except (OSError, TimeoutError):
                    replaced += 1
                    if i in streams:
                        streams.pop(i)[0].close()
                if i % 50 == 0:
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.2)

    dripping = asyncio.create_task(drip())
    while len(streams) < count and not dripping.done():
        await asyncio.sleep(0.1)
    during = await timed(load, 40)
    result = {"connections": len(streams), "replaced": replaced, "threads_before": threads,
              "threads_during": status_field(server.process.pid, "Threads"), "answer_s_before": before,
              "answer_s_during": during, "statuses": dict(load.counts), "wrong": load.wrong[:20]}
    ended = True
    await dripping
    for stream, _ in streams.values():
        stream.close()
    await load.close()
    return result


def verdicts(report):
    over, slow = report["overload"], report.get("slow")
    yield "nothing but 200, 201 and 429", not over["wrong_count"] and set(over["statuses"]) <= {200, 201, 429}
    yield "more was offered than there was room for", over["statuses"].get(429, 0) > 0
    yield "memory flat in the second half (8 MiB)", over["rss_mib"]["second_half_gains"] <= 8
    yield "p99 of /healthz at most 50 ms", over["healthz_ms"]["p99"] <= 50
    if slow:
        yield "slow connections: others are served", not slow["wrong"] and set(slow["statuses"]) <= {200, 201}
        yield "slow connections: not twice the time", slow["answer_s_during"]["p50"] < 2 * slow["answer_s_before"]["p50"]
        yield "slow connections: no thread each", slow["threads_during"] - slow["threads_before"] < 20


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--factor", type=float, default=2)
    parser.add_argument("--slow", type=int, default=1000)
    parser.add_argument("--report", type=pathlib.Path)
    arguments = parser.parse_args()
    os.environ["FCCLIP_PROGRAM"] = str((arguments.build / "bin/fcclip").resolve())
    from support import MINI, SCENE, Server

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * arguments.slow + 1000)), hard))
    with Server("--model", f"mini={MINI}", "--log", "none") as server:
        report = {"overload": asyncio.run(overload(server, SCENE.read_bytes(), arguments))}
        if arguments.slow:
            report["slow"] = asyncio.run(slow_connections(server, SCENE.read_bytes(), arguments.slow))
        assert server.alive()
    print(json.dumps(report, indent=1))
    if arguments.report:
        arguments.report.write_text(json.dumps(report, indent=1) + "\n")
    good = True
    for what, holds in verdicts(report):
        print(f"{'ok' if holds else 'NOT'}: {what}")
        good &= holds
    sys.exit(not good)


if __name__ == "__main__":
    main()
