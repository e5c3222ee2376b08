#!/usr/bin/env python3
"""Loses sled under a store with a past, and looks for one published byte that differs.

    rebuild.py BINARY [--items 100000] [--sources N]

A quarter of the items is edited, a quarter leaves its sources and is purged. Then the sled folder is deleted: after the
rebuild every document has the ETags it had, in every encoding, the exported trees are the same byte for byte, and the
purged items, listed once more, are not new.
"""
import argparse
import concurrent.futures
import json
import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time

from common import Checks, Process, Server, answer, binary, differing, free_port, get, rss, tree, wait_until, write_config

BEGAN = 1_600_000_000
ENCODINGS = ["identity", "gzip", "br"]
WORDS = "river market harvest bridge council winter engine letter garden signal 银行 粮食 价格 铁路 学校 气候".split()


class Origin:
    """Sources whose documents depend on the phase alone: first, then edited and shortened, then with the lost ones again."""

    def __init__(self, sources, a_source):
        self.sources, self.a_source = sources, a_source
        self.phase = 1
        self.server = Server(self.respond)

    def fate(self, number):
        return ["stays", "edited", "stays", "purged"][number % 4]

    def items(self, source):
        first = source * self.a_source
        for number in range(first, first + self.a_source):
            fate = self.fate(number)
            if fate == "purged" and self.phase == 2:
                continue
            again = fate == "edited" and self.phase > 1
            yield {"id": f"n{number}", "title": f"Number {number}" + (" corrected" if again else ""),
                   "at": BEGAN + 60 * number, "text": self.text(number + (7 if again else 0))}

    def text(self, seed):
        # Texts that share little, or one would be taken for another's reprint.
        chance = random.Random(seed)
        return " ".join(chance.choice(WORDS) for _ in range(40 + seed % 60))

    def respond(self, handler):
        source = int(handler.path.strip("/").split(".")[0])
        base = f"{self.server.base}/{source}"
        answer(handler, 200, rss(f"Source {source}", base, list(self.items(source))), [("Content-Type", "application/rss+xml")])


def poll(tool, folder):
    """What `poll` says in all: (polled, failed, new, updated), and what it wrote on standard error."""
    done = subprocess.run([tool, "poll", "--json"], cwd=folder, capture_output=True, text=True, check=False)
    total = json.loads(done.stdout.splitlines()[-1])["total"]
    return (total["polled"], total["failed"], total["new"], total["updated"]), done.stderr


def ask(store, request):
    """The value that answers one request on the control socket, or the whole answer where it is none."""
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(os.path.join(store, "control.sock"))
        control.sendall(json.dumps(request).encode() + b"\n")
        answers = {}
        for line in control.makefile():
            reply = json.loads(line)
            answers[reply["is"]] = reply
            if reply["is"] in ("done", "failed"):
                break
        return answers.get("answer", {}).get("value", answers)


def validators(base, paths):
    """{(path, encoding): (status, ETag, Last-Modified)}"""
    def one(asked):
        path, encoding = asked
        status, headers, _ = get(base + path, {"Accept-Encoding": encoding}, 60)
        return asked, (status, headers.get("ETag"), headers.get("Last-Modified"))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return dict(pool.map(one, [(path, encoding) for path in paths for encoding in ENCODINGS]))


class Daemon:
    def __init__(self, tool, folder, base):
        self.base = base
        began = time.monotonic()
        self.process = Process([tool, "run"], folder)
        self.answered = wait_until(lambda: get(base + "/atom.xml", timeout=60)[0] == 200, 300)
        self.took = time.monotonic() - began

    def end(self):
        return self.process.end(seconds=60)[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--sources", type=int)
    arguments = parser.parse_args()
    tool = binary()
    checks = Checks()
    sources = arguments.sources or max(4, arguments.items // 100)
    origin = Origin(sources, arguments.items // sources)
    items = sources * origin.a_source
    numbers = range(items)
    purged = sum(origin.fate(number) == "purged" for number in numbers)
    edited = sum(origin.fate(number) == "edited" for number in numbers)
    with tempfile.TemporaryDirectory(prefix="newsriver-rebuild-") as folder:
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        store = os.path.join(folder, "newsriver.store")
        listed = [(f"s{source}", f"{origin.server.base}/{source}.xml", f'category = "c{source % 9}"') for source in range(sources)]
        categories = "".join(f'[[category]]\nname = "c{number}"\n' for number in range(9))
        write_config(folder, port, listed, 'interval = "1d"\nper_host = 16\ntimeout = "120s"', "", categories)
        path = os.path.join(folder, "feeds.toml")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("[store]\n", '[store]\nretention = "1s"\n', 1))

        total, said = poll(tool, folder)
        checks.that(total == (sources, 0, items, 0), f"{items} items of {sources} sources are new", f"{total} {said[-400:]}")
        origin.phase = 2
        time.sleep(1.1)  # min_interval
        total, said = poll(tool, folder)
        checks.that(total == (sources, 0, 0, edited), f"{edited} are edited", f"{total} {said[-400:]}")
        time.sleep(1.1)  # retention

        daemon = Daemon(tool, folder, base)
        checks.that(daemon.answered, "the daemon serves", daemon.process.tail())
        kept = ask(store, {"do": "housekeep"})
        checks.that(kept.get("purged") == purged, f"{purged} are purged", kept)
        one, two = os.path.join(folder, "one"), os.path.join(folder, "two")
        exported = time.time()
        ask(store, {"do": "export", "folder": one})
        before = tree(one)
        paths = ["/" + name for name in sorted(before) if re.search(r"\.(xml|json)$", name)]
        # The river, the lists and the categories; of the sources about 200.
        paths = [name for name in paths if "source" not in name] + [name for name in paths if "source" in name][::max(1, len(paths) // 200)]
        tags = validators(base, paths)
        checks.that(len(before) > 3 * sources and all(status == 200 and tag for status, tag, _ in tags.values()),
                    f"{len(before)} documents are published; {len(tags)} validators noted",
                    [(asked, tag) for asked, tag in tags.items() if tag[0] != 200][:3])
        checks.that(daemon.end() == 0, "it ends", daemon.process.tail())

        for name in os.listdir(store):
            if name.startswith("sled-"):
                shutil.rmtree(os.path.join(store, name))
        daemon = Daemon(tool, folder, base)
        checks.that(daemon.answered, f"sled is deleted; it serves again after {daemon.took:.1f} s", daemon.process.tail())
        said = [line for line in daemon.process.log if "made anew from the journal" in line]
        checks.that(said, "the log says that sled was made anew", daemon.process.tail())
        again = validators(base, paths)
        other = [(asked, tags[asked], again[asked]) for asked in differing(tags, again, exported)]
        checks.that(not other, f"all of {len(tags)} validators are what they were", other[:3])
        ask(store, {"do": "export", "folder": two})
        after = tree(two)
        other = differing(before, after, exported)
        checks.that(not other, f"not one byte of {len(before)} files differs", other[:5])
        checks.that(not daemon.process.panics(), "nothing panicked", daemon.process.panics()[:2])
        checks.that(daemon.end() == 0, "it ends", daemon.process.tail())

        origin.phase = 3
        total, said = poll(tool, folder)
        checks.that(total == (sources, 0, 0, 0), "the purged ones are listed again, and none is new", f"{total} {said[-400:]}")
    checks.end()


if __name__ == "__main__":
    main()
