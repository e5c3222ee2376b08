#!/usr/bin/env python3
"""Kills the daemon at random moments, then damages its store, and looks for every item that was ever served.

    kills.py BINARY [--rounds 100] [--seed N]

A loopback origin gains items all the while; a reader notes each that the river serves. After every restart the first
answer must hold them all, each once, with the title and date it had. The seed is printed, to repeat a run.
"""
import argparse
import json
import os
import random
import re
import shutil
import signal
import tempfile
import threading
import time

from common import Checks, Process, Server, answer, binary, free_port, get, rss, wait_until, write_config

SOURCES = 5
# The river shows this many at once, so the origin stops short of it: whatever is missing is lost, not merely old.
SHOWN = 500
MOST_ITEMS = 440
MEAN_LIFE = 1.2


class Origin:
    """Sources that gain an item in turn, at a pace that spreads MOST_ITEMS over the whole run."""

    def __init__(self, pace_seconds):
        self.items = [[] for _ in range(SOURCES)]
        self.lock = threading.Lock()
        self.count = 0
        self.stopped = threading.Event()
        self.server = Server(self.respond)
        threading.Thread(target=self.grow, args=(pace_seconds,), daemon=True).start()

    def grow(self, pace_seconds):
        while self.count < MOST_ITEMS and not self.stopped.wait(pace_seconds):
            self.add()

    def add(self):
        with self.lock:
            number = self.count
            self.count += 1
            text = f"Text of number {number}. " + "river " * (number % 400)
            self.items[number % SOURCES].insert(0, {"id": f"n{number}", "title": f"Number {number}", "at": time.time(), "text": text})

    def respond(self, handler):
        index = int(handler.path.strip("/").split(".")[0] or 0)
        with self.lock:
            body = rss(f"Source {index}", f"{self.server.base}/{index}", self.items[index][:60])
        answer(handler, 200, body, [("Content-Type", "application/rss+xml")])

    def sources(self):
        return [(f"source-{index}", f"{self.server.base}/{index}.xml", 'interval = "1s"') for index in range(SOURCES)]


class Reader:
    """Notes every item that the river has served."""

    def __init__(self, url):
        self.url = url
        self.served = {}
        self.faults = []

    def read(self):
        """One reading; answers the items by id, or None when nobody answered."""
        status, _, body = get(self.url, timeout=5)
        if status != 200:
            return None
        items = json.loads(body)["items"]
        found = {item["id"]: (item.get("title"), item.get("date_published")) for item in items}
        if len(found) != len(items):
            self.faults.append("an id stands twice")
        titles = [title for title, _ in found.values()]
        if len(set(titles)) != len(titles):
            self.faults.append("an item was announced twice under two ids")
        for item, values in found.items():
            known = self.served.setdefault(item, values)
            if known != values:
                self.faults.append(f"{item} was {known} and is {values}")
        return found

    def missing(self, found):
        return sorted(set(self.served) - set(found))


class River:
    """The daemon in its folder, started again and again."""

    def __init__(self, tool, folder, port):
        self.tool, self.folder = tool, folder
        self.reader = Reader(f"http://127.0.0.1:{port}/feed.json")
        self.process = None

    def start(self):
        self.process = Process([self.tool, "run", "--config", os.path.join(self.folder, "feeds.toml")], self.folder)

    def first_answer(self, seconds=60):
        """The items of the first answer after a start; None when none came or the daemon ended."""
        return wait_until(lambda: self.reader.read() or (None if self.process.running() else {}), seconds, 0.02) or None

    def kill(self):
        self.process.end(signal.SIGKILL)

    def store(self):
        return os.path.join(self.folder, "newsriver.store")


def kill_rounds(checks, river, rounds, dice):
    lost = failed = 0
    for number in range(rounds):
        river.start()
        already = len(river.reader.served)
        found = river.first_answer() if already else {}
        if found is None:
            failed += 1
            print(f"      round {number}: no answer; {river.process.tail()}")
        elif already and river.reader.missing(found):
            lost += 1
            print(f"      round {number}: lost {river.reader.missing(found)[:3]}")
        end = time.monotonic() + dice.uniform(0.05, 2 * MEAN_LIFE) + (3 if not already else 0)
        while time.monotonic() < end:
            river.reader.read()
            time.sleep(0.03)
        river.kill()
    checks.that(not failed, f"the store opened by itself in every one of {rounds} rounds", failed)
    checks.that(not lost, f"no item of {len(river.reader.served)} ever served was missing", lost)
    checks.that(not river.reader.faults, "none stood twice, none changed title or date", river.reader.faults[:3])
    checks.that(len(river.reader.served) >= min(rounds, 20), f"{len(river.reader.served)} items were served in all")


def sled_folders(store):
    """Every folder that sled keeps: it has a file `db` beside a file `conf`."""
    return sorted(base for base, _, names in os.walk(store) if "db" in names and "conf" in names)


def newest_segment(store):
    """The journal's segment that was written last."""
    segments = [os.path.join(base, name) for base, _, names in os.walk(store) for name in names
                if re.match(r"(log|segment|journal)[-.]", name) or name.endswith((".log", ".journal"))]
    return max(segments, key=lambda path: (os.path.getmtime(path), path), default=None)


def cut_sled(store):
    for folder in sled_folders(store):
        path = os.path.join(folder, "db")
        size = os.path.getsize(path)
        os.truncate(path, max(size // 2, size - 512 * 1024))


def zero_a_page(store):
    for folder in sled_folders(store):
        path = os.path.join(folder, "db")
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) // 2 // 4096 * 4096)
            file.write(bytes(4096))


def delete_sled(store):
    for folder in sled_folders(store):
        shutil.rmtree(folder)


def tear_journal(store):
    """What a power cut in the middle of a write leaves: the beginning of a record that was never acknowledged."""
    path = newest_segment(store)
    with open(path, "r+b") as file:
        body = file.read()
        file.write(body[-150:-20] or b"\x07" * 100)


DAMAGES = [
    ("sled's last 512 KiB cut off", cut_sled),
    ("one page of sled zeroed", zero_a_page),
    ("the sled folder deleted", delete_sled),
    ("the journal's tail torn", tear_journal),
]


def damage_rounds(checks, river):
    checks.that(sled_folders(river.store()), "the store has a sled folder", os.listdir(river.store()))
    checks.that(newest_segment(river.store()), "the store has a journal", os.listdir(river.store()))
    for what, damage in DAMAGES:
        damage(river.store())
        river.start()
        found = river.first_answer()
        if checks.that(found is not None, f"{what}: it starts again", river.process.tail()):
            missing = river.reader.missing(found)
            checks.that(not missing, f"{what}: nothing that was served is missing", missing[:3])
        said = [line for line in river.process.log if re.search(r"rebuil|rebuilt|journal|sled|torn|damaged", line, re.I)]
        checks.that(said, f"{what}: the log says what was done", river.process.tail())
        for line in said[:2]:
            print(f"      {line[:200]}")
        # Some more is stored on what was mended, so that the next damage meets new records too.
        end = time.monotonic() + 2
        while time.monotonic() < end:
            river.reader.read()
            time.sleep(0.05)
        checks.that(not river.process.panics(), f"{what}: nothing panicked", river.process.panics()[:2])
        river.kill()
    checks.that(not river.reader.faults, "after all damages none stands twice or changed", river.reader.faults[:3])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    tool = binary()
    checks = Checks()
    print(f"      seed {arguments.seed}")
    # Some items are left for the damages.
    origin = Origin(max(0.05, (arguments.rounds * (MEAN_LIFE + 0.4) + 15) / MOST_ITEMS))
    for _ in range(2 * SOURCES):
        origin.add()
    with tempfile.TemporaryDirectory(prefix="newsriver-kills-") as folder:
        port = free_port()
        write_config(folder, port, origin.sources(), 'interval = "1s"\nmax_interval = "2s"\nper_host = 8', f"items = {SHOWN}")
        river = River(tool, folder, port)
        try:
            kill_rounds(checks, river, arguments.rounds, random.Random(arguments.seed))
            damage_rounds(checks, river)
            river.start()
            river.first_answer()
            code, took = river.process.end(signal.SIGTERM)
            checks.that(code == 0, f"TERM ends it with 0 (after {took:.1f} s)", f"{code}; {river.process.tail()}")
        finally:
            origin.stopped.set()
            if river.process:
                river.process.end(signal.SIGKILL)
    checks.end()


if __name__ == "__main__":
    main()
