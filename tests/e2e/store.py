#!/usr/bin/env python3
"""Stores that cannot be: no folder, no permission, a read-only or full disk, another version.

    store.py BINARY

Each ends with 1 and a line that names path and reason within two seconds, or serves and says what is wrong. The disks
are small tmpfs mounts: where this user may not mount any, these tests are named as skipped.
"""
import contextlib
import json
import os
import subprocess
import tempfile
import time

from common import Checks, Process, Server, answer, binary, free_port, get, rss, wait_until, write_config

SECONDS = 2
FREE = 8 << 20


class Origin:
    """One source that gains an item when it is told to."""

    def __init__(self):
        self.count = 3
        self.server = Server(lambda handler: answer(handler, 200, self.document(), [("Content-Type", "application/rss+xml")]))

    def document(self):
        items = [{"id": f"n{number}", "title": f"Number {number}", "at": 1_700_000_000 + number, "text": "Text. " * 20}
                 for number in range(self.count)]
        return rss("Source", self.server.base, items)

    def sources(self):
        return [("source", self.server.base + "/feed.xml", 'interval = "1s"')]


def configure(folder, port, store, sources):
    path = write_config(folder, port, sources, 'interval = "1s"\nmax_interval = "2s"')
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace('"newsriver.store"', json.dumps(store)))


def refused(checks, tool, what, store, named=None, **options):
    """The daemon does not start on this store, and says why."""
    with tempfile.TemporaryDirectory(prefix="newsriver-refused-") as folder:
        os.chmod(folder, 0o755)
        configure(folder, free_port(), store, [])
        for command in ["run", "poll"]:
            began = time.monotonic()
            daemon = Process([tool, command], folder, **options)
            code = wait_until(lambda: None if daemon.running() else [daemon.child.returncode], SECONDS + 3)
            took = time.monotonic() - began
            daemon.end()
            said = " ".join(daemon.log)
            checks.that(code == [1] and took < SECONDS and (named or store) in said, f"{what}: {command} ends with 1 and names the path: {said[-160:]}",
                        f"{code} after {took:.1f} s")


@contextlib.contextmanager
def small_disk(checks, megabytes, what):
    """A tmpfs of that size, or None where none may be mounted."""
    with tempfile.TemporaryDirectory(prefix="newsriver-disk-") as folder:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], capture_output=True, check=False)
        if done.returncode:
            if os.geteuid() == 0 and os.environ.get("CI"):
                checks.that(False, f"{what}: a tmpfs can be mounted", done.stderr.decode())
            print(f"SKIP  {what}: this user may mount no tmpfs")
            yield None
            return
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", folder], check=False)


def fill(disk, left):
    figures = os.statvfs(disk)
    with open(os.path.join(disk, "ballast"), "wb") as file:
        file.write(bytes(max(0, figures.f_bavail * figures.f_frsize - left)))


def served(port):
    """The ids in the river, or None when nobody answers."""
    status, _, body = get(f"http://127.0.0.1:{port}/feed.json", timeout=2)
    return {item["id"] for item in json.loads(body)["items"]} if status == 200 else None


def nowhere(checks, tool):
    refused(checks, tool, "/dev/null", "/dev/null")
    refused(checks, tool, "a folder under a device", "/dev/null/store", "/dev/null")
    with tempfile.NamedTemporaryFile() as file:
        refused(checks, tool, "a file", file.name)
    if os.geteuid():
        print("SKIP  no permission: only root can become somebody else")
        return
    with tempfile.TemporaryDirectory(prefix="newsriver-closed-") as closed:
        nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        refused(checks, tool, "no permission", os.path.join(closed, "store"), **nobody)


def missing_parents(checks, tool):
    with tempfile.TemporaryDirectory(prefix="newsriver-parents-") as folder:
        origin = Origin()
        configure(folder, free_port(), "a/b/c/store", origin.sources())
        done = subprocess.run([tool, "poll"], cwd=folder, capture_output=True, text=True, check=False)
        checks.that(done.returncode == 0 and os.path.isdir(os.path.join(folder, "a/b/c/store/journal")), "missing parents are made", done.stderr)


def state_directory(checks, tool):
    with tempfile.TemporaryDirectory(prefix="newsriver-state-") as folder, tempfile.TemporaryDirectory(prefix="newsriver-state-") as state:
        origin = Origin()
        path = write_config(folder, free_port(), origin.sources())
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for written, expected in [(text, os.path.join(folder, "newsriver.store")), (text.replace('path = "newsriver.store"\n', ""), os.path.join(state, "store"))]:
            with open(path, "w", encoding="utf-8") as file:
                file.write(written)
            environment = dict(os.environ, STATE_DIRECTORY=f"{state}:/elsewhere")
            done = subprocess.run([tool, "poll"], cwd=folder, env=environment, capture_output=True, text=True, check=False)
            checks.that(done.returncode == 0 and os.path.isdir(os.path.join(expected, "journal")),
                        "the store lies where it is written" if written is text else "left out, it lies in STATE_DIRECTORY", done.stderr)


def versions(checks, tool):
    with tempfile.TemporaryDirectory(prefix="newsriver-version-") as folder:
        store = os.path.join(folder, "store")
        os.mkdir(store)
        with open(os.path.join(store, "FORMAT"), "w", encoding="utf-8") as file:
            file.write("newsriver store, format 999\nwhatever\n")
        refused(checks, tool, "a newer version", store)
        with open(os.path.join(store, "FORMAT"), encoding="utf-8") as file:
            left = sorted(set(os.listdir(store)) - {"LOCK"})
            checks.that(left == ["FORMAT"] and "999" in file.read(), "and it is left untouched", left)


def read_only(checks, tool):
    with small_disk(checks, 64, "read-only disk") as disk:
        if not disk:
            return
        store = os.path.join(disk, "store")
        with tempfile.TemporaryDirectory(prefix="newsriver-before-") as folder:
            configure(folder, free_port(), store, Origin().sources())
            subprocess.run([tool, "poll"], cwd=folder, capture_output=True, check=False)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        refused(checks, tool, "a store on a read-only disk", store)
        refused(checks, tool, "a new store on a read-only disk", os.path.join(disk, "other"))


def full(checks, tool):
    with small_disk(checks, 64, "full disk") as disk, tempfile.TemporaryDirectory(prefix="newsriver-full-") as folder:
        if not disk:
            return
        origin, port = Origin(), free_port()
        configure(folder, port, os.path.join(disk, "store"), origin.sources())
        daemon = Process([tool, "run"], folder)
        checks.that(wait_until(lambda: len(served(port) or ()) == 3, 20), "a roomy disk: three items are served", daemon.tail())
        fill(disk, FREE)
        origin.count = 5
        sick = wait_until(lambda: b"cannot be stored" in get(f"http://127.0.0.1:{port}/healthz", timeout=2)[2], 20)
        checks.that(sick, "a full disk: /healthz says so", get(f"http://127.0.0.1:{port}/healthz")[2][:300])
        status = subprocess.run([tool, "status"], cwd=folder, capture_output=True, text=True, check=False)
        checks.that("full" in status.stdout + status.stderr, "status says so", (status.stdout + status.stderr)[-400:])
        said = [line for line in daemon.log if "full" in line]
        checks.that(said and disk in said[0], f"the log names the disk: {said[:1]}", daemon.tail())
        checks.that(len(served(port) or ()) == 3, "what there was is served, what could not be stored is not")
        # A restart on the full disk serves what there is, or ends with the reason.
        checks.that(daemon.end()[0] == 0, "it ends well on a full disk", daemon.tail())
        daemon = Process([tool, "run"], folder)
        again = wait_until(lambda: len(served(port) or ()) == 3 or not daemon.running(), 20)
        checks.that(again and (daemon.running() or "full" in daemon.tail()), "a restart on the full disk serves, or says why", daemon.tail())
        os.unlink(os.path.join(disk, "ballast"))
        if not daemon.running():
            daemon = Process([tool, "run"], folder)
        checks.that(wait_until(lambda: len(served(port) or ()) == 5, 30), "room again: it goes on by itself", daemon.tail())
        well = wait_until(lambda: b"cannot be stored" not in get(f"http://127.0.0.1:{port}/healthz", timeout=2)[2], 20)
        checks.that(well, "and is well again", get(f"http://127.0.0.1:{port}/healthz")[2][:300])
        checks.that(daemon.end()[0] == 0 and not daemon.panics(), "it ends, and nothing panicked", daemon.tail())


def main():
    tool = binary()
    checks = Checks()
    nowhere(checks, tool)
    missing_parents(checks, tool)
    state_directory(checks, tool)
    versions(checks, tool)
    read_only(checks, tool)
    full(checks, tool)
    checks.end()


if __name__ == "__main__":
    main()
