#!/usr/bin/env python3
"""The life of the daemon as systemd sees it.

    terminate.py BINARY

A datagram socket stands for systemd's: READY comes only once readers are answered, RELOADING carries the monotonic time
and is followed by READY, WATCHDOG comes while all is well, STOPPING at the end. TERM with fifty sources hanging ends it
with 0 within ten seconds. A handed-over socket is served. A second daemon on the store, or one on a taken port, says so.
"""
import os
import signal
import socket
import tempfile
import threading
import time

from common import Checks, Process, Server, answer, binary, free_port, get, rss, wait_until, write_config

HANGING = 50
WATCHDOG_SECONDS = 6


class Notifications:
    """What the daemon tells the NOTIFY_SOCKET that we own."""

    def __init__(self, folder, on_ready):
        self.path = os.path.join(folder, "notify.sock")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.messages = []
        self.on_ready = on_ready
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            fields = self.socket.recv(65536).decode("utf-8", "replace").splitlines()
            if "READY=1" in fields and not self.count("READY=1"):
                # Asked before the message is noted: a READY that comes too early finds nobody at the address.
                self.on_ready()
            self.messages.append((time.monotonic(), fields))

    def count(self, field, start=0):
        return sum(1 for _, fields in self.messages[start:] if field in fields)


class Hanging:
    """A server that takes connections and never says a word."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(256)
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.held = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            self.held.append(self.listener.accept()[0])


def good_origin():
    now = time.time()
    items = [{"id": f"g{number}", "title": f"Good {number}", "at": now - 600 * number, "text": "All is well."} for number in range(3)]
    server = Server(lambda handler: answer(handler, 200, rss("Good", server.base, items), [("Content-Type", "application/rss+xml")]))
    return server


def run_arguments(tool, folder):
    return [tool, "run", "--config", os.path.join(folder, "feeds.toml")]


def under_systemd(checks, tool):
    good, hanging = good_origin(), Hanging()
    with tempfile.TemporaryDirectory(prefix="newsriver-life-") as folder:
        port = free_port()
        address = f"http://127.0.0.1:{port}/"
        sources = [("good", good.base + "/feed.xml", 'interval = "1s"')]
        sources += [(f"hanging-{number}", f"{hanging.base}/{number}", "") for number in range(HANGING)]
        limits = 'per_host = 64\nconcurrency = 64\ntimeout = "120s"\ninterval = "5s"'
        config = write_config(folder, port, sources, limits)
        at_ready = []
        told = Notifications(folder, lambda: at_ready.append(get(address)[0]))
        env = {"NOTIFY_SOCKET": told.path, "WATCHDOG_USEC": str(WATCHDOG_SECONDS * 1_000_000)}
        daemon = Process(run_arguments(tool, folder), folder, env)
        try:
            checks.that(wait_until(lambda: told.count("READY=1"), 30), "READY=1 comes", daemon.tail())
            checks.that(at_ready == [200], "at READY the address answers 200", at_ready)
            checks.that(wait_until(lambda: any(f.startswith("STATUS=") for _, m in told.messages for f in m), 5), "STATUS comes")
            reload(checks, told, daemon, config)
            pings = told.count("WATCHDOG=1")
            more = wait_until(lambda: told.count("WATCHDOG=1") >= pings + 2, 2 * WATCHDOG_SECONDS)
            checks.that(more, "WATCHDOG=1 keeps coming while all is well", told.messages[-5:])
            second_daemons(checks, tool, folder, daemon, port)
            held = wait_until(lambda: len(hanging.held) >= HANGING, 90)
            checks.that(held, f"{len(hanging.held)} sources hang", daemon.tail())
        finally:
            code, took = daemon.end(signal.SIGTERM, 15)
        checks.that(code == 0 and took < 10, f"TERM with {HANGING} hanging sources ends it with 0 (after {took:.1f} s)", f"{code}; {daemon.tail()}")
        checks.that(told.count("STOPPING=1"), "STOPPING=1 came")
        checks.that(not daemon.panics(), "nothing panicked", daemon.panics()[:2])


def reload(checks, told, daemon, config):
    start = len(told.messages)
    daemon.send(signal.SIGHUP)
    checks.that(wait_until(lambda: told.count("RELOADING=1", start), 10), "SIGHUP: RELOADING=1 comes", told.messages[start:])
    timed = [fields for _, fields in told.messages[start:] if "RELOADING=1" in fields and any(f.startswith("MONOTONIC_USEC=") for f in fields)]
    checks.that(timed, "RELOADING=1 carries MONOTONIC_USEC")
    checks.that(wait_until(lambda: told.count("READY=1", start), 10), "READY=1 ends the reload", told.messages[start:])
    # A broken file changes nothing, and the daemon says what is wrong.
    with open(config, encoding="utf-8") as file:
        well = file.read()
    start, lines = len(told.messages), len(daemon.log)
    with open(config, "w", encoding="utf-8") as file:
        file.write(well + "\n[[source]\n")
    daemon.send(signal.SIGHUP)
    checks.that(wait_until(lambda: told.count("READY=1", start), 10), "a broken feeds.toml: READY=1 all the same", told.messages[start:])
    checks.that(wait_until(lambda: len(daemon.log) > lines, 5), "a broken feeds.toml: the log says so")
    with open(config, "w", encoding="utf-8") as file:
        file.write(well)
    daemon.send(signal.SIGHUP)


def second_daemons(checks, tool, folder, first, port):
    second = Process(run_arguments(tool, folder), folder)
    code = wait_until(lambda: None if second.running() else [second.child.returncode], 5)
    second.end(signal.SIGKILL)
    checks.that(code == [1], "a second daemon on the store ends with 1 within five seconds", f"{code}; {second.tail()}")
    said = " ".join(second.log)
    checks.that(str(first.child.pid) in said or "newsriver.store" in said, "and names the process or the store", said)
    checks.that(first.running() and get(f"http://127.0.0.1:{port}/")[0] == 200, "the first notices nothing")
    with tempfile.TemporaryDirectory(prefix="newsriver-port-") as other:
        write_config(other, port, [])
        taken = Process(run_arguments(tool, other), other)
        code = wait_until(lambda: None if taken.running() else [taken.child.returncode], 5)
        taken.end(signal.SIGKILL)
        checks.that(code == [1] and str(port) in " ".join(taken.log), "a taken port: it ends with 1 and names the address", f"{code}; {taken.tail()}")


def socket_activation(checks, tool):
    good = good_origin()
    with tempfile.TemporaryDirectory(prefix="newsriver-socket-") as folder, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        port = listener.getsockname()[1]
        write_config(folder, free_port(), [("good", good.base + "/feed.xml", "")])
        wrapped = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", *run_arguments(tool, folder)]
        daemon = Process(wrapped, folder, {"LISTEN_FDS": "1"}, pass_fds=(3,), preexec_fn=lambda: os.dup2(listener.fileno(), 3))
        served = wait_until(lambda: get(f"http://127.0.0.1:{port}/", timeout=2)[0] == 200, 20)
        checks.that(served, "a socket handed over is served", daemon.tail())
        code, _ = daemon.end()
        checks.that(code == 0, "and the daemon ends well", f"{code}; {daemon.tail()}")


def early_end(checks, tool):
    with tempfile.TemporaryDirectory(prefix="newsriver-early-") as folder:
        write_config(folder, free_port(), [])
        for delay in (0.0, 0.02, 0.1):
            daemon = Process(run_arguments(tool, folder), folder)
            time.sleep(delay)
            code, took = daemon.end()
            # Before the process has taken the signal over, the signal itself ends it.
            checks.that(code in (0, -signal.SIGTERM), f"TERM {delay} s after the start ends it (after {took:.1f} s)", f"{code}; {daemon.tail()}")


def main():
    tool = binary()
    checks = Checks()
    under_systemd(checks, tool)
    socket_activation(checks, tool)
    early_end(checks, tool)
    checks.end()


if __name__ == "__main__":
    main()
