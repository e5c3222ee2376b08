#!/usr/bin/env python3
"""What the worst document of each kind costs: one poll of it in a process and a store of its own, in CPU seconds and peak
memory, as a table. A document that takes more than its bound fails.

    worst.py BINARY [--max-cpu 6] [--max-rss-mib 300]
"""
import argparse
import gzip
import json
import os
import random
import tempfile

from common import Checks, Server, answer, binary, free_port, write_config

MIB = 1 << 20
DICE = random.Random(11)


def feed(inside, root=b"<rss version='2.0'>"):
    return b"<?xml version='1.0'?>" + root + b"<channel><title>Worst</title><link>http://worst.example.org/</link>" + inside + b"</channel></rss>"


def item(number, inside=b""):
    return b"<item><guid>%d</guid><title>Item %d</title><link>http://worst.example.org/%d</link>%s</item>" % (number, number, number, inside)


def described(text):
    return b"<description><![CDATA[" + text + b"]]></description>"


def laughs():
    entities = b"".join(b"<!ENTITY x%d '%s'>" % (n, b"&x%d;" % (n - 1) * 10) for n in range(1, 12))
    return b"<!DOCTYPE a [<!ENTITY x0 'ha'>" + entities + b"]>" + feed(item(1, b"<description>&x11;</description>")).split(b"?>", 1)[1]


def quadratic():
    return b"<!DOCTYPE a [<!ENTITY x '" + b"a" * 50000 + b"'>]>" + feed(item(1, b"<description>" + b"&x;" * 50000 + b"</description>")).split(b"?>", 1)[1]


def words(count):
    return b" ".join(b"%x" % DICE.getrandbits(40) for _ in range(count))


# Each a name and what makes the bytes; all stay below the 16 MiB of `max_body`.
KINDS = {
    "a small feed, to compare with": lambda: feed(b"".join(item(n, described(words(50))) for n in range(20))),
    "100,000 items": lambda: feed(b"".join(item(n) for n in range(100000))),
    "10,000 items of whole text, 15 MiB": lambda: feed(b"".join(item(n, described(b"<p>" + words(120) + b"</p>")) for n in range(10000))),
    "one item of 15 MiB": lambda: feed(item(1, described(b"<p>" + words(1400000) + b"</p>"))),
    "elements 400,000 deep": lambda: feed(b"<a>" * 400000 + b"</a>" * 400000 + item(1)),
    "an element 15 MiB long that never ends": lambda: feed(item(1)) [:-16] + b"<item><title>" + b"a" * (15 * MIB),
    "HTML 100,000 deep, in 20 items": lambda: feed(b"".join(item(n, described(b"<div>" * 100000)) for n in range(20))),
    "XHTML 100,000 deep": lambda: feed(item(1, b"<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>" + b"<div>" * 100000 + b"</div>" * 100000 + b"</content:encoded>")),
    "HTML tables in tables, 15 MiB": lambda: feed(item(1, described(b"<table><tr><td>" * 1000000))),
    "HTML of unclosed formatting, 8 MiB": lambda: feed(item(1, described(b"<b><i><a href=x><p>" * 450000))),
    "200,000 attributes": lambda: feed(item(1), b"<rss " + b" ".join(b"a%d='1'" % n for n in range(200000)) + b">"),
    "50,000 namespaces": lambda: feed(item(1), b"<rss " + b" ".join(b"xmlns:n%d='http://n.example.org/%d'" % (n, n) for n in range(50000)) + b">"),
    "a name of 4 MB": lambda: feed(b"<" + b"n" * 4000000 + b"/>" + item(1)),
    "a title of 3 MB": lambda: feed(b"<item><title>" + b"t" * 3000000 + b"</title></item>" + item(1)),
    "50,000 categories in one item": lambda: feed(item(1, b"".join(b"<category>c%d</category>" % n for n in range(50000)))),
    "a comment of 15 MiB": lambda: feed(b"<!--" + b"- " * (7 * MIB) + b"-->" + item(1)),
    "3,000,000 entity references": lambda: feed(item(1, b"<description>" + b"&amp;" * 3000000 + b"</description>")),
    "a billion laughs": laughs,
    "entities that grow by the square": quadratic,
    "markup that is only `<`, 15 MiB": lambda: b"<" * (15 * MIB),
    "random bytes, 15 MiB": lambda: DICE.randbytes(15 * MIB),
    "GB18030 without a label, 15 MiB": lambda: feed(item(1, described("股市今天上涨".encode("gb18030") * 1300000))),
    "JSON a million deep": lambda: b'{"version":"https://jsonfeed.org/version/1.1","items":' + b"[" * 1000000,
    "JSON Feed of 100,000 items": lambda: json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Worst", "items": [{"id": str(n), "content_text": f"Item {n} {n * 7919}"} for n in range(100000)]}).encode(),
    "a bomb of gzip, to 1 GiB": lambda: gzip.compress(gzip.compress(bytes(1024 * MIB), 6), 6),
}


def cost(tool, folder, name, address):
    """(exit code, CPU seconds, peak MiB, words) of one poll."""
    os.makedirs(folder)
    config = write_config(folder, free_port(), [(name, address, "")])
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(write, 1)
        os.dup2(write, 2)
        os.execv(tool, [tool, "--config", config, "poll"])
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read().decode("utf-8", "replace")
    _, status, usage = os.wait4(child, 0)
    fields = said.split("\n", 1)[0].split("\t")
    words = fields[-1] if len(fields) > 3 else said[:200]
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, words


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--max-cpu", type=float, default=6)
    parser.add_argument("--max-rss-mib", type=float, default=300)
    parser.add_argument("--only", default="", help="kinds with this in their name")
    arguments = parser.parse_args()
    tool = binary()
    checks = Checks()
    bodies = {}
    server = Server(lambda handler: answer(handler, 200, bodies["now"], [("Content-Type", "application/rss+xml")]))
    print("| document | bytes | CPU s | peak MiB | what is said of it |\n| --- | --- | --- | --- | --- |")
    failed = []
    with tempfile.TemporaryDirectory(prefix="newsriver-worst-") as folder:
        for number, (name, make) in enumerate(KINDS.items()):
            if arguments.only not in name:
                continue
            bodies["now"] = make()
            code, cpu, peak, words = cost(tool, os.path.join(folder, str(number)), "worst", server.base + "/feed")
            print(f"| {name} | {len(bodies['now']):,} | {cpu:.1f} | {peak:.0f} | {words} |", flush=True)
            if code not in (0, 1) or cpu > arguments.max_cpu or peak > arguments.max_rss_mib:
                failed.append((name, code, round(cpu, 1), round(peak)))
    checks.that(not failed, "every one within its bounds", failed)
    checks.end()


if __name__ == "__main__":
    main()
