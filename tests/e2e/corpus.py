#!/usr/bin/env python3
"""Polls every feed of the open corpus as a source, publishes, and polls again with nothing changed.

    corpus.py BINARY CORPUS [--keep DIR] [--max-lost PERCENT]

One loopback origin serves each file named in CORPUS/records-open.jsonl at a path of its own: every other one with an
ETag, the rest with no validator. DIR keeps the exported tree, for other checks to read.
"""
import argparse
import collections
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import xml.parsers.expat

from common import Checks, Server, answer, binary, differing, free_port, tree, write_config

TYPES = {".json": "application/json", ".atom": "application/atom+xml", ".rss": "application/rss+xml", ".rdf": "application/rdf+xml"}

# From this size on a document is more than a test case.
USUAL_BYTES = 16 * 1024


class File:
    """One corpus file as a source."""

    def __init__(self, number, path, records):
        self.name = f"c{number:04}"
        self.file = records[0]["file"]
        self.path = f"/{number:04}/feed"
        with open(path, "rb") as file:
            self.body = file.read()
        headers = records[0].get("headers") or {}
        self.headers = [(name, value) for name, value in headers.items()
                        if name.lower() not in ("etag", "last-modified", "content-length", "transfer-encoding")]
        if not any(name.lower() == "content-type" for name, _ in self.headers):
            self.headers.append(("Content-Type", TYPES.get(os.path.splitext(self.file)[1], "text/xml")))
        self.etag = f'"{hashlib.sha1(self.body).hexdigest()}"' if number % 2 else None
        kinds = {record["kind"] for record in records}
        self.is_good = "reject" not in kinds and bool(kinds)

    def respond(self, handler):
        headers = self.headers + ([("ETag", self.etag)] if self.etag else [])
        if self.etag and handler.headers.get("If-None-Match") == self.etag:
            answer(handler, 304, headers=[("ETag", self.etag)])
        else:
            answer(handler, 200, self.body, headers)


def load(corpus):
    records = collections.defaultdict(list)
    with open(os.path.join(corpus, "records-open.jsonl"), encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            records[record["file"]].append(record)
    files = []
    for name, found in records.items():
        path = os.path.join(corpus, name)
        if os.path.isfile(path):
            files.append(File(len(files) + 1, path, found))
    return files


def run(tool, folder, *arguments):
    """(exit code, standard output, standard error, CPU seconds, wall seconds)"""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        child = subprocess.Popen([tool, *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        wall = time.monotonic() - began
        return (child.returncode, out.read().decode("utf-8", "replace"), err.read().decode("utf-8", "replace"),
                usage.ru_utime + usage.ru_stime, wall)


def polled(output):
    """{source: its line} of `poll --json`."""
    lines = [json.loads(line) for line in output.splitlines() if line.strip()]
    return {line["name"]: line for line in lines if "name" in line and "outcome" in line}


def malformed(folder):
    """The exported XML and JSON that a strict parser refuses, with its reason."""
    faults, count = [], 0
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            if not name.endswith((".xml", ".json", ".opml", ".atom")):
                continue
            count += 1
            try:
                with open(path, "rb") as file:
                    if name.endswith(".json"):
                        json.loads(file.read().decode("utf-8"))
                    else:
                        xml.parsers.expat.ParserCreate(namespace_separator=" ").ParseFile(file)
            except (ValueError, xml.parsers.expat.ExpatError) as error:
                faults.append(f"{os.path.relpath(path, folder)}: {error}")
    return count, faults


def outcomes(lines):
    return dict(collections.Counter(line["outcome"] for line in lines.values()))


def tenth_at_usual_size(checks, tool, server, files):
    """A poll with nothing changed costs under a tenth of the first, for documents as feeds usually are."""
    large = [file for file in files if file.is_good and len(file.body) > USUAL_BYTES]
    with tempfile.TemporaryDirectory(prefix="newsriver-large-") as folder:
        sources = [(file.name, server.base + file.path, "") for file in large]
        write_config(folder, free_port(), sources, 'per_host = 32\nconcurrency = 32\ninterval = "1h"\ntimeout = "60s"')
        first = run(tool, folder, "poll", "--json")[3]
        time.sleep(1.1)  # min_interval
        again = run(tool, folder, "poll", "--json")[3]
    checks.that(len(large) > 50 and again < first / 10,
                f"{len(large)} documents over {USUAL_BYTES} bytes: the second poll takes {again:.2f} s of CPU, "
                f"under a tenth of {first:.2f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("corpus")
    parser.add_argument("--keep")
    parser.add_argument("--max-lost", type=float, default=3.0, help="per cent of good sources that may fail")
    arguments = parser.parse_args()
    tool = binary()
    checks = Checks()
    files = load(arguments.corpus)
    by_path = {file.path: file for file in files}
    server = Server(lambda handler: by_path[handler.path].respond(handler) if handler.path in by_path else answer(handler, 404))
    checks.that(len(files) > 1000, f"{len(files)} corpus files are served")
    with tempfile.TemporaryDirectory(prefix="newsriver-corpus-") as folder:
        sources = [(file.name, server.base + file.path, "") for file in files]
        write_config(folder, free_port(), sources, 'per_host = 32\nconcurrency = 32\ninterval = "1h"\ntimeout = "60s"')
        poll_twice(checks, tool, folder, files, arguments)
    tenth_at_usual_size(checks, tool, server, files)
    checks.end()


def poll_twice(checks, tool, folder, files, arguments):
    code, out, err, cpu, wall = run(tool, folder, "poll", "--json")
    first = polled(out)
    checks.that(code in (0, 1) and len(first) == len(files), f"the first poll ends ({wall:.1f} s, {cpu:.1f} s of CPU)",
                f"exit {code}, {len(first)} of {len(files)} lines; {err[-600:]}")
    print(f"      {outcomes(first)}, {sum(line['new'] for line in first.values())} new")
    # Panics that were caught are told as failures; none may reach the log of a crash.
    checks.that(code >= 0 and "panicked at" not in err, "nothing panicked", err[-600:])
    good = [file for file in files if file.is_good]
    lost = [file for file in good if first.get(file.name, {}).get("outcome") in (None, "failed")]
    share = 100 * len(lost) / max(1, len(good))
    checks.that(share <= arguments.max_lost, f"{len(lost)} of {len(good)} good sources were not read ({share:.2f} %)",
                [f"{file.file}: {first.get(file.name, {}).get('words')}" for file in lost[:20]])
    for file in lost[:12]:
        print(f"      not read: {file.file}: {first.get(file.name, {}).get('words')}")
    one, two = os.path.join(folder, "one"), os.path.join(folder, "two")
    exported = time.time()
    code, _, err, _, wall = run(tool, folder, "export", one)
    checks.that(code == 0, f"export writes the tree ({wall:.1f} s)", err[-400:])
    count, faults = malformed(one)
    checks.that(count > 3 and not faults, f"all of {count} documents are well-formed", faults[:5])
    time.sleep(1.1)  # min_interval
    code, out, err, cpu_again, wall = run(tool, folder, "poll", "--json")
    second = polled(out)
    print(f"      {outcomes(second)}")
    fine = ("not-modified", "unchanged")
    changed = [f"{name}: {line['outcome']}: {line['words']}" for name, line in second.items()
               if line["outcome"] not in fine and first[name]["outcome"] not in ("failed", "gone", "refused")]
    checks.that(len(second) == len(files) and not changed, "the second poll finds nothing changed", changed[:5])
    # Most of these documents are a test case of one entry: reading them costs little more than asking for them.
    # What holds at usual sizes is asked of those in tenth_at_usual_size.
    checks.that(cpu_again < cpu / 2, f"the second poll takes {cpu_again:.2f} s of CPU, under half of {cpu:.2f} s")
    code, _, err, _, _ = run(tool, folder, "export", two)
    before, after = tree(one), tree(two)
    other = differing(before, after, exported)
    checks.that(code == 0 and before and not other, f"not one byte of {len(before)} files differs", other[:5])
    if arguments.keep:
        shutil.rmtree(arguments.keep, ignore_errors=True)
        shutil.copytree(one, arguments.keep)


if __name__ == "__main__":
    main()
