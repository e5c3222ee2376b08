#!/usr/bin/env python3
"""Good and hostile sources together, for a while: the daemon stays well, within its memory, and publishes only what is good.

    soak.py BINARY [--seconds 180] [--max-rss-mib 384]
"""
import argparse
import gzip
import json
import os
import random
import signal
import tempfile
import threading
import time

from common import Checks, Process, Server, answer, binary, free_port, get, rss, wait_until, write_config

GOOD = 5
COPIES = 4
XML = [("Content-Type", "application/rss+xml")]
BOMB = gzip.compress(b"<rss><channel><title>" + b"a" * (200 << 20))
ENTITIES = (b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x0 \"hahaha\">" +
            b"".join(b"<!ENTITY x%d \"%s\">" % (n, b"&x%d;" % (n - 1) * 10) for n in range(1, 12)) +
            b"]><rss version=\"2.0\"><channel><title>&x11;</title></channel></rss>")


class Origin:
    """Good sources that gain items, and one path for each way to be bad."""

    def __init__(self):
        self.began = time.time()
        self.dice = random.Random(7)
        self.noise = self.dice.randbytes(1 << 20)
        self.server = Server(self.respond)
        self.bad = {name.removeprefix("bad_"): getattr(self, name) for name in dir(self) if name.startswith("bad_")}

    def items(self, index):
        """One more every four seconds, a number each, the newest first."""
        count = 3 + int((time.time() - self.began) / 4)
        return [{"id": f"s{index}-{number}", "title": f"Good {index} number {number}", "at": self.began + 4 * number - 12,
                 "text": "Good text. " * 20} for number in reversed(range(max(0, count - 40), count))]

    def respond(self, handler):
        kind, _, rest = handler.path.strip("/").partition("/")
        if kind == "good":
            answer(handler, 200, rss(f"Good {rest}", f"{self.server.base}/good/{rest}", self.items(rest)), XML)
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
    parser.add_argument("--max-rss-mib", type=float, default=384)
    arguments = parser.parse_args()
    tool = binary()
    checks = Checks()
    origin = Origin()
    with tempfile.TemporaryDirectory(prefix="newsriver-soak-") as folder:
        port = free_port()
        address = f"http://127.0.0.1:{port}/"
        sources = [(f"good-{index}", f"{origin.server.base}/good/{index}", 'interval = "2s"') for index in range(GOOD)]
        sources += [(f"bad-{name}-{copy}", f"{origin.server.base}/{name}/{copy}", "") for name in sorted(origin.bad) for copy in range(COPIES)]
        limits = 'interval = "3s"\nmax_interval = "6s"\ntimeout = "5s"\nper_host = 32\nconcurrency = 32'
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
    checks.end()


def watch(checks, daemon, address, origin, arguments):
    end = time.monotonic() + arguments.seconds
    slowest, refused, resident = 0.0, 0, []
    while time.monotonic() < end and daemon.running():
        began = time.monotonic()
        status, _, body = get(address + "healthz", timeout=5)
        slowest = max(slowest, time.monotonic() - began)
        refused += status != 200
        resident.append(rss_mib(daemon.child.pid, "VmRSS"))
        time.sleep(0.5)
    checks.that(daemon.running(), "the daemon runs to the end", daemon.tail())
    checks.that(not refused, "/healthz always answered 200", refused)
    checks.that(slowest < 2, f"/healthz took {slowest * 1000:.0f} ms at most")
    peak = rss_mib(daemon.child.pid, "VmHWM")
    checks.that(0 < peak <= arguments.max_rss_mib, f"peak memory {peak:.0f} MiB, at most {arguments.max_rss_mib:.0f}")
    half = len(resident) // 2
    print(f"      memory: {max(resident[:half], default=0):.0f} MiB in the first half, {max(resident[half:], default=0):.0f} in the second")
    _, _, body = get(address + "feed.json")
    items = json.loads(body)["items"] if body else []
    titles = {item.get("title") for item in items}
    due = {item["title"] for index in range(GOOD) for item in origin.items(str(index)) if item["at"] < time.time() - 25}
    unseen = sorted(due - titles)
    checks.that(due and not unseen, f"all of {len(due)} good items that were due are in the river", unseen[:3])
    # A title is plain text in JSON Feed: there a word between angle brackets is a word.
    markup = json.dumps([(item.get("content_html"), item.get("summary")) for item in items])
    bad = [word for word in ("<script", "onerror", "javascript:") if word in markup]
    checks.that(not bad, "no script reaches a reader", bad)
    strange = [title for title in titles if not title.startswith(("Good ", "Deep", "Number")) and "alert" not in title and title not in ("more", "x")]
    checks.that(not strange, "no source's failure became an item", strange[:3])


if __name__ == "__main__":
    main()
