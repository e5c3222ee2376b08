#!/usr/bin/env python3
"""Bars on a terminal for what takes longer than a second, and nothing but lines elsewhere.

    progress.py BINARY

The terminal is a pseudo-terminal; the slow source answers after two seconds.
"""
import os
import pty
import re
import subprocess
import tempfile
import time

from common import Checks, Process, Server, answer, binary, free_port, get, rss, wait_until, write_config

BAR = re.compile(r"\d+/\d+")


def respond(handler):
    if "slow" in handler.path:
        time.sleep(2.5)
    items = [{"id": f"{handler.path}-{number}", "title": f"Number {number}", "at": 1_700_000_000 + number, "text": "Text."} for number in range(3)]
    answer(handler, 200, rss("Source", "http://127.0.0.1" + handler.path, items), [("Content-Type", "application/rss+xml")])


def on_a_terminal(tool, folder, *arguments):
    """(exit code, standard output, what a terminal on standard error got)"""
    ours, theirs = pty.openpty()
    child = subprocess.Popen([tool, *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs,
                             env=dict(os.environ, TERM="xterm"))
    os.close(theirs)
    shown = b""
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    os.close(ours)
    out = child.stdout.read().decode()
    return child.wait(), out, shown.decode("utf-8", "replace")


def main():
    tool = binary()
    checks = Checks()
    origin = Server(respond)
    with tempfile.TemporaryDirectory(prefix="newsriver-progress-") as folder:
        port = free_port()
        sources = [(name, f"{origin.base}/{name}.xml", "") for name in ("quick", "slow")]
        write_config(folder, port, sources)
        code, out, shown = on_a_terminal(tool, folder, "poll", "quick")
        checks.that(code == 0 and shown == "", "what is done at once shows no bar", shown)
        code, out, shown = on_a_terminal(tool, folder, "poll", "slow")
        checks.that(code == 0 and BAR.search(shown), "a poll of more than a second shows a bar", repr(shown[-200:]))
        checks.that(out.count("\n") == 2 and "\x1b" not in out, "its lines are whole", repr(out))
        time.sleep(1.1)  # min_interval
        done = subprocess.run([tool, "poll", "slow"], cwd=folder, capture_output=True, text=True, check=False)
        checks.that(done.returncode == 0 and done.stderr == "", "without a terminal there is none", done.stderr)
        daemon = Process([tool, "run"], folder)
        wait_until(lambda: get(f"http://127.0.0.1:{port}/atom.xml", timeout=5)[0] == 200, 20)
        time.sleep(1.1)  # min_interval
        code, out, shown = on_a_terminal(tool, folder, "poll", "slow")
        checks.that(code == 0 and BAR.search(shown), "the same where a daemon polls", f"{out!r} {shown[-200:]!r} {daemon.tail()}")
        code, out, shown = on_a_terminal(tool, folder, "export", os.path.join(folder, "tree"))
        checks.that(code == 0 and "files written" in out and "\x1b" not in out, "an export says in a line what it did", repr(out))
        checks.that(daemon.end()[0] == 0, "the daemon ends", daemon.tail())
    checks.end()


if __name__ == "__main__":
    main()
