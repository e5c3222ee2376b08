"""What the end-to-end scripts share: a daemon to start and end, HTTP, and checks that are counted.

Standard library only. Every script takes the binary as its first argument, writes into a temporary folder of its own,
talks to 127.0.0.1 alone, and ends by printing `N passed, N failed`; its exit code is 1 when anything failed.
"""
import hashlib
import http.client
import http.server
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request


class Checks:
    """Counts what held and what did not, and says so as it goes."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def that(self, holds, what, detail=""):
        if holds:
            self.passed += 1
            print(f"ok    {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {what}" + (f": {detail}" if detail != "" else ""), flush=True)
        return bool(holds)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)


class Process:
    """A newsriver process whose output is read as it comes."""

    def __init__(self, arguments, cwd, env=None, **options):
        environment = {k: v for k, v in os.environ.items() if k not in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS")}
        environment.update(env or {})
        self.child = subprocess.Popen(arguments, cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.lines = queue.Queue()
        self.output = []
        self.log = []
        self.readers = [threading.Thread(target=self._read, args=(stream, kept), daemon=True)
                        for stream, kept in ((self.child.stdout, self.output), (self.child.stderr, self.log))]
        for reader in self.readers:
            reader.start()

    def _read(self, stream, kept):
        for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            kept.append(line)
            self.lines.put((kept is self.output, line))

    def wait_for(self, pattern, seconds):
        """The first match of `pattern` in a line of standard output, written or yet to come; None when none comes in time."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            try:
                is_output, line = self.lines.get(timeout=max(0.0, min(left, 0.2)))
            except queue.Empty:
                if left <= 0 or (self.child.poll() is not None and self.lines.empty()):
                    return None
                continue
            found = re.search(pattern, line) if is_output else None
            if found:
                return found

    def running(self):
        return self.child.poll() is None

    def send(self, number):
        if self.running():
            self.child.send_signal(number)

    def end(self, number=signal.SIGTERM, seconds=10):
        """Sends the signal; answers (exit code, seconds it took), with None for what did not end and was killed."""
        start = time.monotonic()
        self.send(number)
        try:
            code = self.child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            code = None
        for reader in self.readers:
            reader.join(timeout=2)
        return code, time.monotonic() - start

    def tail(self, lines=8):
        return " | ".join(self.log[-lines:])

    def panics(self):
        return [line for line in self.log + self.output if "panicked at" in line]


def binary():
    """The binary of the command line, as an absolute path."""
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit(f"usage: {os.path.basename(sys.argv[0])} BINARY …")
    return os.path.abspath(sys.argv[1])


def get(url, headers=None, timeout=10):
    """(status, headers, body) of one request; status 0 when there was no answer."""
    request = urllib.request.Request(url, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()
    except (OSError, http.client.HTTPException):
        return 0, {}, b""


def wait_until(condition, seconds, step=0.05):
    """The first true value of `condition()`, or its last one when none comes in time."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() >= end:
            return value
        time.sleep(step)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def quoted(text):
    """A TOML string. JSON's escapes are TOML's, and non-ASCII letters stand as they are."""
    return json.dumps(text, ensure_ascii=False)


def write_config(folder, port, sources, fetch="", publish="", more=""):
    """Writes feeds.toml for loopback sources [(name, url, more lines)] and answers its path."""
    text = f"""[site]
title = "End to end"
url   = "http://127.0.0.1:{port}"
[server]
listen = "127.0.0.1:{port}"
[store]
path = "newsriver.store"
[fetch]
min_interval = "1s"
allow_private_networks = true
{fetch}
[publish]
{publish}
{more}
"""
    for name, url, lines in sources:
        text += f"\n[[source]]\nname = {quoted(name)}\nurl = {quoted(url)}\n{lines}\n"
    path = os.path.join(folder, "feeds.toml")
    partial = path + ".new"
    with open(partial, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(partial, path)
    return path


class Server(http.server.ThreadingHTTPServer):
    """A loopback origin that answers by a function of the request handler."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, respond, host="127.0.0.1"):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_GET(self):
                respond(self)

            def log_message(self, *arguments):
                pass

        super().__init__((host, 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def base(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        pass


def answer(handler, status, body=b"", headers=()):
    """A whole answer with its length."""
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if status != 304:
        handler.wfile.write(body)


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def rss(title, base, items):
    """An RSS document of items {"id", "title", "at" (seconds), "text"}; the link is base/id."""
    stamp = lambda at: time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(at))
    entries = "".join(
        f"<item><title>{escape(item['title'])}</title><link>{base}/{item['id']}</link>"
        f"<guid isPermaLink=\"false\">{item['id']}</guid><pubDate>{stamp(item['at'])}</pubDate>"
        f"<description>{escape(item['text'])}</description></item>\n" for item in items)
    return (f"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>{escape(title)}</title>"
            f"<link>{base}/</link><description>{escape(title)}</description>\n{entries}</channel></rss>\n").encode()


def tree(folder):
    """{path: digest} of every file below a folder."""
    found = {}
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = hashlib.sha256(file.read()).hexdigest()
    return found


def differing(before, after, since):
    """The names under which two trees differ, sorted. A ranking, and the stories that show it, may be made anew on the
    hour: they do not count when an hour has struck since `since` (seconds of `time.time`)."""
    has_struck = int(since) // 3600 != int(time.time()) // 3600
    names = (name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return sorted(name for name in names if not (has_struck and re.search(r"(^|/)(hot|story)/", str(name))))
