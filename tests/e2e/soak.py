#!/usr/bin/env python3
"""200 good and 64 hostile sources together, each at a host of its own, for a while: the good ones are polled on time, the
daemon stays well and within its memory, leaks nothing, and publishes only what is good.

    soak.py BINARY [--seconds 180] [--max-rss-mib 300]
"""
import argparse
import gzip
import hashlib
import json
import os
import random
import signal
import tempfile
import threading
import time

from common import Checks, Process, Server, answer, binary, free_port, get, rss, wait_until, write_config

GOOD = 200
HOSTILE = 64
# Seconds between two items of a good source; its interval and the longest that a poll of it may take to come.
ITEM_EVERY, INTERVAL, LATEST = 20, 5, 20
XML = [("Content-Type", "application/rss+xml")]
BOMB = gzip.compress(b"<rss><channel><title>" + b"a" * (200 << 20))
ENTITIES = (b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x0 \"hahaha\">" +
            b"".join(b"<!ENTITY x%d \"%s\">" % (n, b"&x%d;" % (n - 1) * 10) for n in range(1, 12)) +
            b"]><rss version=\"2.0\"><channel><title>&x11;</title></channel></rss>")


def text_of(seed):
    """Words that no other item has: items alike would be taken for one."""
    digits = hashlib.sha512(seed.encode()).hexdigest() * 2
    return " ".join(digits[at:at + 6] for at in range(0, 240, 6))


class Origin:
    """Good sources that gain items, and one path for each way to be bad. Every address of 127.0.0.0/8 leads here."""

    def __init__(self):
        self.began = time.time()
        self.dice = random.Random(7)
        self.noise = self.dice.randbytes(1 << 20)
        self.polled = {}
        self.lock = threading.Lock()
        self.server = Server(self.respond, "0.0.0.0")
        self.bad = {name.removeprefix("bad_"): getattr(self, name) for name in dir(self) if name.startswith("bad_")}

    def address(self, net, index, path):
        return f"http://127.{net}.0.{index + 1}:{self.server.server_address[1]}/{path}"

    def sources(self):
        kinds = sorted(self.bad)
        good = [(f"good-{index}", self.address(1, index, f"good/{index}"), f'interval = "{INTERVAL}s"') for index in range(GOOD)]
        names = [(kinds[index % len(kinds)], index // len(kinds)) for index in range(HOSTILE)]
        bad = [(f"bad-{kind}-{copy}", self.address(2, index, f"{kind}/{copy}"), "") for index, (kind, copy) in enumerate(names)]
        return good + bad

    def items(self, index):
        """One more every so often, a number each, the newest first."""
        count = 3 + int((time.time() - self.began) / ITEM_EVERY)
        return [{"id": f"s{index}-{number}", "title": f"Good {index} number {number}", "at": self.began + ITEM_EVERY * (number - 3),
                 "text": text_of(f"{index} {number}")} for number in reversed(range(max(0, count - 40), count))]

    def longest_gaps(self, until):
        """For each good source the longest time without a poll of it, the first and the last stretch included."""
        with self.lock:
            return {index: max(after - before for before, after in zip([self.began, *self.polled.get(index, [])], [*self.polled.get(index, []), until]))
                    for index in map(str, range(GOOD))}

    def respond(self, handler):
        kind, _, rest = handler.path.strip("/").partition("/")
        if kind == "good":
            with self.lock:
                self.polled.setdefault(rest, []).append(time.time())
            answer(handler, 200, rss(f"Good {rest}", f"http://good-{rest}.example.org", self.items(rest)), XML)
        elif kind in self.bad:
            try:
                self.bad[kind](handler)
            except OSError:
                pass
        else:
            answer(handler, 404)

    def bad_endless(self, handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/xml")
        handler.end_headers()
        handler.wfile.write(b"<rss><channel>")
        while True:
            handler.wfile.write(b"<item><title>more</title></item>" * 4096)

    def bad_bomb(self, handler):
        answer(handler, 200, BOMB, XML + [("Content-Encoding", "gzip")])

    def bad_entities(self, handler):
        answer(handler, 200, ENTITIES, XML)

    def bad_noise(self, handler):
        answer(handler, 200, self.noise, XML)

    def bad_login(self, handler):
        answer(handler, 200, b"<!doctype html><title>Sign in</title><form><input name=user></form>", [("Content-Type", "text/html")])

    def bad_empty(self, handler):
        answer(handler, 200, b"", XML)

    def bad_cut(self, handler):
        body = rss("Cut", self.server.base, self.items("cut"))
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])

    def bad_loop(self, handler):
        answer(handler, 302, headers=[("Location", f"/loop/{self.dice.randrange(1000)}")])

    def bad_error(self, handler):
        answer(handler, self.dice.choice((500, 502, 403, 404)), b"<html>no</html>")

    def bad_drip(self, handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(600):
            handler.wfile.write(b"<")
            handler.wfile.flush()
            time.sleep(0.2)

    def bad_hang(self, handler):
        time.sleep(120)

    def bad_deep(self, handler):
        body = rss("Deep", self.server.base, [{"id": "deep", "title": "Deep", "at": self.began, "text": "<div>" * 20000}])
        answer(handler, 200, body, XML)

    def bad_deepxml(self, handler):
        answer(handler, 200, b"<rss><channel><item>" + b"<a>" * 400000, XML)

    def bad_maze(self, handler):
        there = self.address(3, self.dice.randrange(200), f"maze/{self.dice.randrange(10 ** 9)}")
        answer(handler, self.dice.choice((301, 302, 307, 308)), headers=[("Location", there)])

    def bad_header(self, handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            handler.wfile.write(b"X-More: of the same\r\n" * 1000)

    def bad_hog(self, handler):
        """Much at once, and then hardly anything: what has come fills memory until the time is over."""
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"<rss><channel><title>" + b"a" * (3 << 20))
        for _ in range(600):
            handler.wfile.write(b"a")
            handler.wfile.flush()
            time.sleep(0.2)

    def bad_attributes(self, handler):
        names = b" ".join(b"a%d='1'" % number for number in range(200000))
        answer(handler, 200, b"<rss " + names + b"><channel></channel></rss>", XML)

    def bad_script(self, handler):
        body = rss("Script", self.server.base, [{"id": "script", "title": "<script>alert(1)</script>", "at": self.began,
                                                "text": "<img src=x onerror=alert(1)><script>alert(2)</script><a href=javascript:alert(3)>x</a>"}])
        answer(handler, 200, body, XML)


def rss_mib(pid, field):
    try:
        with open(f"/proc/{pid}/status") as file:
            return next((int(line.split()[1]) / 1024 for line in file if line.startswith(field)), 0)
    except OSError:
        return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--max-rss-mib", type=float, default=300)
    parser.add_argument("--log", action="store_true", help="show what the daemon said")
    arguments = parser.parse_args()
    tool = binary()
    checks = Checks()
    origin = Origin()
    with tempfile.TemporaryDirectory(prefix="newsriver-soak-") as folder:
        port = free_port()
        address = f"http://127.0.0.1:{port}/"
        sources = origin.sources()
        # Fewer places than hostile sources, and time enough for each to keep its place.
        limits = f'interval = "{INTERVAL}s"\nmax_interval = "6s"\ntimeout = "15s"\nconcurrency = 32'
        write_config(folder, port, sources, limits, "items = 500")
        daemon = Process([tool, "run", "--config", os.path.join(folder, "feeds.toml")], folder)
        try:
            checks.that(wait_until(lambda: get(address)[0] == 200, 30), "the daemon serves", daemon.tail())
            watch(checks, daemon, address, origin, arguments)
        finally:
            code, took = daemon.end(signal.SIGTERM, 15)
        checks.that(code == 0 and took < 10, f"TERM ends it with 0 (after {took:.1f} s)", f"{code}; {daemon.tail()}")
        # A parser's panic on foreign bytes is caught and told as that source's failure.
        fatal = [line for line in daemon.log if "fatal runtime error" in line or "stack overflow" in line]
        checks.that(not fatal, "nothing fatal in the log", fatal[:2])
        if arguments.log:
            print("\n".join(daemon.log))
    checks.end()


def open_files(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def threads(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


def items_of(address, name):
    _, _, body = get(f"{address}source/{name}/feed.json")
    return json.loads(body)["items"] if body else []


def watch(checks, daemon, address, origin, arguments):
    pid = daemon.child.pid
    end = time.monotonic() + arguments.seconds
    slowest, refused, resident, files, tasks = 0.0, 0, [], [], []
    while time.monotonic() < end and daemon.running():
        began = time.monotonic()
        status, _, body = get(address + "healthz", timeout=5)
        slowest = max(slowest, time.monotonic() - began)
        refused += status != 200
        resident.append(rss_mib(pid, "VmRSS"))
        files.append(open_files(pid))
        tasks.append(threads(pid))
        time.sleep(0.5)
    gaps = origin.longest_gaps(time.time())
    checks.that(daemon.running(), "the daemon runs to the end", daemon.tail())
    checks.that(not refused, "/healthz always answered 200", refused)
    checks.that(slowest < 2, f"/healthz took {slowest * 1000:.0f} ms at most")
    peak = rss_mib(pid, "VmHWM")
    checks.that(0 < peak <= arguments.max_rss_mib, f"peak memory {peak:.0f} MiB, at most {arguments.max_rss_mib:.0f}")
    half = len(resident) // 2
    print(f"      memory: {max(resident[:half], default=0):.0f} MiB in the first half, {max(resident[half:], default=0):.0f} in the second")
    for what, counts in (("files", files), ("threads", tasks)):
        first, second = max(counts[:half], default=0), max(counts[half:], default=0)
        checks.that(second <= first * 1.25 + 16, f"{what} do not pile up: {first} at most in the first half, {second} in the second")
    late = {index: round(gap, 1) for index, gap in gaps.items() if gap > LATEST}
    ordered = sorted(gaps.values())
    checks.that(not late, f"all of {GOOD} good sources are polled on time: the longest gap is {ordered[-1]:.1f} s, the median {ordered[len(ordered) // 2]:.1f} s",
                list(late.items())[:3])
    due, unseen = 0, []
    for index in range(GOOD):
        wanted = {item["title"] for item in origin.items(str(index)) if item["at"] < time.time() - LATEST - 5}
        got = {item.get("title") for item in items_of(address, f"good-{index}")}
        due += len(wanted)
        unseen += sorted(wanted - got)
    checks.that(due and not unseen, f"all of {due} good items that were due are published", unseen[:3])
    _, _, body = get(address + "feed.json")
    items = json.loads(body)["items"] if body else []
    titles = {item.get("title") for item in items}
    # A title is plain text in JSON Feed: there a word between angle brackets is a word.
    markup = json.dumps([(item.get("content_html"), item.get("summary")) for item in items])
    bad = [word for word in ("<script", "onerror", "javascript:") if word in markup]
    checks.that(not bad, "no script reaches a reader", bad)
    strange = [title for title in titles if not title.startswith(("Good ", "Deep", "Number")) and "alert" not in title and title not in ("more", "x")]
    checks.that(not strange, "no source's failure became an item", strange[:3])


if __name__ == "__main__":
    main()
