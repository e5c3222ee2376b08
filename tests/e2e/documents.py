#!/usr/bin/env python3
"""Documents that are made to hurt cost at most two seconds of CPU and 512 MiB each, whatever becomes of them.

    documents.py BINARY [--cpu SECONDS] [--rss MIB]

Each is written to a file and shown by `preview`, which reads and sanitizes as a poll does. Most hold a plain item beside
what hurts, which must be there.
"""
import argparse
import json
import os
import random
import tempfile

from common import Checks, binary
from corpus import run

PLAIN = "<item><guid>urn:plain</guid><title>plain</title></item>"


def around(inside, before="", attributes=""):
    return (f"<?xml version=\"1.0\"?>{before}<rss version=\"2.0\"{attributes}><channel><title>t</title>{PLAIN}{inside}</channel></rss>").encode()


def item(inside):
    return f"<item><guid>1</guid>{inside}</item>"


def described(html):
    return item("<description>" + html.replace("&", "&amp;").replace("<", "&lt;") + "</description>")


def laughs():
    levels = "".join(f"<!ENTITY l{n} \"{f'&l{n - 1};' * 10}\">" for n in range(1, 20))
    return around(item("<title>&l19;</title>" + "&l19;" * 1000), f"<!DOCTYPE rss [<!ENTITY l0 \"lol\">{levels}]>")


DOCUMENTS = {
    "x-laughs": laughs,
    "x-quadratic": lambda: around(item("<description>" + "&a;" * 1_000_000 + "</description>"), f"<!DOCTYPE rss [<!ENTITY a \"{'x' * 250}\">]>"),
    "x-entities-many": lambda: around(item("<title>&e199999;</title>"), "<!DOCTYPE rss [" + "".join(f"<!ENTITY e{n} \"x\">" for n in range(200_000)) + "]>"),
    "x-doctype-many": lambda: around(item("<!DOCTYPE a [" * 100_000)),
    "x-deep": lambda: around(item("<a>" * 400_000)),
    "x-deep closed": lambda: around(item("<a>" * 400_000 + "</a>" * 400_000)),
    "x-deep outer": lambda: around("<rss><channel>" * 200_000),
    "x-deep foreign": lambda: around("".join(f"<n{n}>" for n in range(400_000))),
    "x-ends": lambda: around("</a>" * 1_000_000),
    "x-deep-html": lambda: around(described("<div>" * 100_000)),
    "x-deep-html font": lambda: around(described("<b><i><a href=x><font>" * 100_000)),
    "x-deep-html tables": lambda: around(described("<table><tr><td>" * 60_000)),
    "x-deep-html lists": lambda: around(described("<ul><li>" * 100_000 + "</ul>" * 100_000)),
    "x-deep-html svg": lambda: around(described("<svg><math><foreignObject>" * 50_000)),
    "x-deep-html select": lambda: around(described("<select><option><template>" * 50_000)),
    "x-deep-many": lambda: around("".join(described("<div>" * 20_000) for _ in range(30))),
    "x-deep-xhtml": lambda: around("".join(item("<content type='xhtml'>" + "<div>" * 20_000 + "</content>") for _ in range(30))),
    "x-html-brackets": lambda: around(described("<" * 2_000_000)),
    "x-html-quotes": lambda: around(described("<a title=\"" * 200_000)),
    "x-html-attributes": lambda: around(described("<a " + " ".join(f"a{n}=x" for n in range(200_000)) + ">")),
    "x-html-comments": lambda: around(described("<!--" * 400_000)),
    "x-html-scripts": lambda: around(described("<script>" * 200_000)),
    "x-html-frames": lambda: around(described("<iframe src='https://youtube.com/1'>" * 60_000)),
    "x-html-unseen": lambda: around(described("<template>" * 200_000)),
    "x-html-references": lambda: around(described("&amp;lt;" * 250_000)),
    "x-html-pictures": lambda: around(described("<picture><source srcset=x><noscript><img data-src=y>" * 40_000)),
    "x-attrs": lambda: around("<item" + "".join(f" a{n}=\"1\"" for n in range(200_000)) + "><guid>1</guid></item>"),
    "x-attrs each": lambda: around(item(("<c" + "".join(f" a{n}=\"1\"" for n in range(250)) + "/>") * 2000)),
    "x-ns": lambda: around("<item" + "".join(f" xmlns:n{n}=\"urn:{n}\"" for n in range(50_000)) + "><guid>1</guid></item>"),
    "x-ns each": lambda: around(item("".join(f"<n{n}:a xmlns:n{n}=\"urn:{n}\">" for n in range(100_000)))),
    "x-name": lambda: around(item("<" + "x" * 4_000_000 + "/>")),
    "x-text": lambda: around(item("<title>" + "央" * 3_000_000 + "</title>")),
    "x-categories": lambda: around(item("".join(f"<category>c{n}</category>" for n in range(50_000)))),
    "x-categories same": lambda: around(item("<category>c</category>" * 200_000)),
    "x-authors": lambda: around(item("".join(f"<author>a{n}@b.example (A)</author>" for n in range(50_000)))),
    "x-media": lambda: around(item("".join(f"<media:group><media:content url='http://a.example/{n}'/></media:group>" for n in range(50_000)))),
    "x-media nested": lambda: around(item("<media:group><media:content url='http://a.example/'>" * 50_000)),
    "x-links": lambda: around(item("".join(f"<atom:link rel='{'a ' * 10}' href='http://a.example/{n}'/>" for n in range(50_000)))),
    "x-dates": lambda: around(item("<pubDate>" + "1 " * 500_000 + "</pubDate>" + "<pubDate>32 January</pubDate>" * 50_000)),
    "x-person": lambda: around(item("<author>" + "@" * 1_000_000 + "</author><author>" + "(" * 1_000_000 + "</author>")),
    "x-comments": lambda: around("<!-- c -->" * 500_000 + "<!--" * 100_000),
    "x-instructions": lambda: around("<?a?>" * 500_000 + "<?" * 100_000),
    "x-cdata": lambda: around(item("<title>" + "<![CDATA[x]]>" * 300_000 + "<![CDATA[" * 100_000)),
    "x-brackets": lambda: around(item("<" * 4_000_000)),
    "x-quotes": lambda: around(item("<a b=\"" * 500_000)),
    "x-ampersands": lambda: around(item("<title>" + "&" * 4_000_000)),
    "x-charref": lambda: around(item("<title>" + "&#xD800;&#0;&#x110000;" * 200_000)),
    "x-100k": lambda: around("".join(f"<item><guid>{n}</guid><title>{n}</title><pubDate>{1_600_000_000 + n}</pubDate></item>" for n in range(100_000))),
    "x-100k empty": lambda: around("<item/>" * 1_000_000),
    "x-feeds": lambda: b"<rss><channel>" + (b"<title>t</title><link>http://a.example/</link>" * 100_000) + PLAIN.encode(),
    "x-nul": lambda: around(item("<title>a</title>")).replace(b"<title>a", b"<title>" + b"\0" * 2_000_000 + b"a"),
    "x-badutf8": lambda: around(item("<title>a</title>")).replace(b"<title>a", b"<title>" + b"\xff\xc3(" * 1_000_000 + b"a"),
    "x-utf16": lambda: ("\ufeff" + around(item("<title>" + "央" * 1_000_000 + "</title>")).decode()).encode("utf-16-le"),
    "x-gbk": lambda: around(item("<title>" + "央行" * 500_000 + "</title>")).decode().encode("gbk"),
    "x-binary": lambda: random.Random(7).randbytes(8_000_000),
    "x-zeros": lambda: b"\0" * 16_000_000,
    "h-json-deep": lambda: b"[" * 4_000_000,
    "h-json-deep object": lambda: b"{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":" + b"[{\"a\":" * 1_000_000,
    "h-json-many": lambda: json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [{"id": "urn:plain", "title": "plain"}] + [{"id": n, "tags": ["x"] * 5} for n in range(100_000)]}).encode(),
    "h-json-html": lambda: json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [{"id": "urn:plain", "title": "plain"}, {"id": 1, "content_html": "<b><p>" * 200_000}]}).encode(),
}

# Nothing in them is an item that anybody could mean.
NO_ITEM = {"x-binary", "x-zeros", "h-json-deep", "h-json-deep object"}
# What hurts may swallow what comes after it, and the plain item comes first; of the newest only, it is not one.
NOT_PLAIN = NO_ITEM | {"x-100k", "x-100k empty"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--cpu", type=float, default=2.0)
    parser.add_argument("--rss", type=float, default=512)
    options = parser.parse_args()
    tool, checks = binary(), Checks()
    with tempfile.TemporaryDirectory(prefix="newsriver-documents-") as folder:
        path = os.path.join(folder, "document")
        for name, make in DOCUMENTS.items():
            with open(path, "wb") as file:
                file.write(make())
            before = peak()
            code, out, err, cpu = shown(tool, folder, path, options.cpu)
            cost = f"{os.path.getsize(path) / 1e6:.1f} MB, {cpu:.2f} s"
            peak_mib = peak()
            fits = cpu <= options.cpu and (peak_mib <= options.rss or peak_mib == before)
            checks.that(fits and code in (0, 1), f"{name}: {cost}", f"exit {code}, {peak_mib:.0f} MiB: {err[:200]}")
            if name in NO_ITEM:
                checks.that(code == 1 and not out and len(err.splitlines()) == 1, f"{name}: refused in a line", err[:200])
            elif name not in NOT_PLAIN:
                titles = [entry.get("title") for entry in json.loads(out)["items"]] if code == 0 else []
                checks.that("plain" in titles, f"{name}: the plain item is there", err[:200])
        print(f"largest: {peak():.0f} MiB", flush=True)
    checks.end()


def shown(tool, folder, path, most):
    """(exit code, standard output, standard error, CPU seconds). What costs too much is tried twice more, and the least
    counts: a document that costs too much does so each time, and a machine that stands still now and then does not."""
    best = None
    for _ in range(3):
        code, out, err, cpu, _ = run(tool, folder, "preview", path, "--format", "json")
        if best is None or cpu < best[3]:
            best = code, out, err, cpu
        if best[3] <= most:
            break
    return best


def peak():
    """The most memory that any of the processes so far had, in MiB."""
    import resource
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    main()
