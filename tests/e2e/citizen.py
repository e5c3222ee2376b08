#!/usr/bin/env python3
"""A thousand sources at a hundred hosts, counted at the origin: nobody is asked too early, too often or too many at once,
all that is asked again is asked conditionally, and a restart forgets nothing and stampedes nowhere.

    citizen.py BINARY [--sources 1000] [--seconds 70]
"""
import argparse
import os
import signal
import tempfile
import threading
import time

from common import Checks, Process, Server, answer, binary, free_port, get, rss, wait_until, write_config

HOSTS, PER_HOST = 100, 2
MIN_INTERVAL, MAX_INTERVAL = 10, 20
# Every third source says by `Cache-Control` that it stays as it is for so long.
MAX_AGE = 15
# A request is timed where it is read, a little after it was sent.
SLACK = 0.25


class Origin:
    """Small feeds that never change, and a note of every request."""

    def __init__(self, count):
        self.lock = threading.Lock()
        self.requests = {index: [] for index in range(count)}
        self.busy = {}
        self.most_at_once = 0
        self.server = Server(self.respond, "0.0.0.0")

    def address(self, index):
        return f"http://127.4.0.{index % HOSTS + 1}:{self.server.server_address[1]}/{index}"

    def respond(self, handler):
        index = int(handler.path.strip("/"))
        host = index % HOSTS
        is_conditional = handler.headers.get("If-None-Match") == f'"{index}"'
        with self.lock:
            self.requests[index].append((time.monotonic(), is_conditional))
            self.busy[host] = self.busy.get(host, 0) + 1
            self.most_at_once = max(self.most_at_once, self.busy[host])
        time.sleep(0.02 + index % 7 * 0.01)
        headers = [("ETag", f'"{index}"')] + ([("Cache-Control", f"max-age={MAX_AGE}")] if index % 3 == 0 else [])
        item = {"id": f"{index}", "title": f"Item of {index}", "at": 1.7e9 + index, "text": f"Words {index * 7919} and {index * 104729}."}
        with self.lock:
            self.busy[host] -= 1
        if is_conditional:
            answer(handler, 304, headers=headers)
        else:
            answer(handler, 200, rss(f"Feed {index}", f"http://feed-{index}.example.org", [item]), headers)

    def since(self, moment):
        with self.lock:
            return {index: [seen for seen in requests if seen[0] >= moment] for index, requests in self.requests.items()}


def busiest_second(requests):
    times = sorted(at for seen in requests.values() for at, _ in seen)
    most = start = 0
    for end, at in enumerate(times):
        while at - times[start] >= 1:
            start += 1
        most = max(most, end - start + 1)
    return most


def run(tool, folder, address, seconds):
    daemon = Process([tool, "run", "--config", os.path.join(folder, "feeds.toml")], folder)
    serves = wait_until(lambda: get(address)[0] == 200, 60)
    time.sleep(seconds)
    code, _ = daemon.end(signal.SIGTERM, 15)
    return serves and code == 0, daemon.tail()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--sources", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=70)
    arguments = parser.parse_args()
    tool = binary()
    checks = Checks()
    origin = Origin(arguments.sources)
    with tempfile.TemporaryDirectory(prefix="newsriver-citizen-") as folder:
        port = free_port()
        address = f"http://127.0.0.1:{port}/"
        sources = [(f"feed-{index}", origin.address(index), "") for index in range(arguments.sources)]
        limits = f'interval = "{MIN_INTERVAL}s"\nmax_interval = "{MAX_INTERVAL}s"\nper_host = {PER_HOST}'
        write_config(folder, port, sources, limits)
        path = os.path.join(folder, "feeds.toml")
        with open(path, encoding="utf-8") as file:
            text = file.read().replace('min_interval = "1s"', f'min_interval = "{MIN_INTERVAL}s"')
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        well, tail = run(tool, folder, address, arguments.seconds)
        checks.that(well, "the daemon runs and ends well", tail)
        first_run = origin.since(0)
        time.sleep(3)
        restarted = time.monotonic()
        well, tail = run(tool, folder, address, MAX_INTERVAL + 15)
        checks.that(well, "and once more", tail)
        second_run = origin.since(restarted)
    judge(checks, origin, first_run, second_run)
    checks.end()


def judge(checks, origin, first_run, second_run):
    everything = origin.since(0)
    total = sum(map(len, everything.values()))
    missing = [index for index, seen in first_run.items() if not seen]
    checks.that(not missing, f"all of {len(everything)} sources are asked: {total} requests", missing[:5])
    again = [is_conditional for seen in everything.values() for _, is_conditional in seen[1:]]
    share = sum(again) / max(1, len(again))
    checks.that(again and share == 1.0, f"after its first poll every source is asked conditionally: the share of 304 is {share:.4f} of {len(again)}")
    early = []
    least = MAX_INTERVAL
    for index, seen in everything.items():
        allowed = MAX_AGE if index % 3 == 0 else MIN_INTERVAL
        for (before, _), (after, _) in zip(seen, seen[1:]):
            least = min(least, after - before)
            if after - before < allowed - SLACK:
                early.append((index, round(after - before, 2)))
    checks.that(not early, f"none is asked earlier than allowed: the shortest gap is {least:.2f} s, {MIN_INTERVAL} s are allowed", early[:5])
    checks.that(origin.most_at_once <= PER_HOST, f"{origin.most_at_once} requests at most are under way at one host, {PER_HOST} are allowed")
    usual, after = busiest_second(first_run), busiest_second(second_run)
    # What came due while nobody asked comes one after the other, beside what comes due meanwhile.
    most = usual * 1.5
    checks.that(after <= most, f"no stampede after a restart: {after} requests in the busiest second, {usual} before it")
    forgotten = [index for index, seen in second_run.items() if not seen]
    checks.that(not forgotten, "and none is forgotten by it", forgotten[:5])


if __name__ == "__main__":
    main()
