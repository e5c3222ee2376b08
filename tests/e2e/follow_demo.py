#!/usr/bin/env python3
"""Follows `newsriver demo` for a minute as a feed reader does.

    follow_demo.py BINARY [--seconds 60]

Every published RSS and Atom feed (as /opml.xml lists them) is read every two seconds with feedparser, conditionally.
Needs feedparser (pip). The demo's origin keeps a ledger of all that it has published (/ledger.json), against which is
checked that nothing passed unread.
"""
import argparse
import datetime
import json
import re
import signal
import subprocess
import tempfile
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree

import feedparser

from common import Checks, Process, binary, get, wait_until

EVERY = 2.0
# A feed holds at least this many before an entry may leave it ([publish] items of the demo).
WINDOW = 50
# The longest way of a new text: the source's interval with its jitter, a poll, a commit, our next reading.
PATIENCE = 15


class Reading:
    """One feed as read so far."""

    def __init__(self, url):
        self.url = url
        self.etag = None
        self.modified = None
        self.present = None
        self.entries = {}
        self.gone = set()
        self.reads = 0
        self.not_modified = 0
        self.faults = []

    def read(self, dates):
        parsed = feedparser.parse(self.url, etag=self.etag, modified=self.modified)
        status = parsed.get("status", 0)
        if status == 304:
            self.not_modified += 1
            return
        if status != 200 or parsed.bozo:
            self.faults.append(f"status {status}, bozo {parsed.get('bozo_exception', '')!r}")
            return
        self.reads += 1
        self.etag, self.modified = parsed.get("etag"), parsed.get("modified")
        ids = [entry.get("id") for entry in parsed.entries]
        if None in ids or len(set(ids)) != len(ids):
            self.faults.append("an entry has no id, or an id stands twice")
        for entry in parsed.entries:
            self.remember(entry, dates)
        present = set(ids)
        if self.present is not None:
            left = self.present - present
            if left and len(present) < WINDOW:
                self.faults.append(f"{len(left)} entries left a feed of {len(present)}: {sorted(left)[:2]}")
            self.gone |= left
        back = present & self.gone
        if back:
            self.faults.append(f"came back after they had left: {sorted(back)[:2]}")
            self.gone -= back
        self.present = present

    def remember(self, entry, dates):
        self.entries[entry.get("id")] = entry
        published = entry.get("published_parsed")
        if published is None:
            self.faults.append(f"no date: {entry.get('id')}")
            return
        known = dates.setdefault(entry.get("id"), published)
        if known != published:
            self.faults.append(f"the date of {entry.get('id')} moved from {known} to {published}")


def feeds(address):
    """The RSS and Atom documents of every channel in /opml.xml."""
    _, _, body = get(address + "opml.xml")
    urls = {outline.get("xmlUrl") for outline in ElementTree.fromstring(body).iter("outline")} - {None}
    # Rankings are no rivers: what is in them comes and goes.
    folders = {url.rsplit("/", 1)[0] + "/" for url in urls if not url.endswith("/hot/atom.xml")}
    return sorted(folder + name for folder in folders for name in ("rss.xml", "atom.xml"))


def ledger(address):
    """What the origin has published so far, found through /sources.opml."""
    _, _, body = get(address + "sources.opml")
    urls = [outline.get("xmlUrl") for outline in ElementTree.fromstring(body).iter("outline") if outline.get("xmlUrl")]
    origin = urllib.parse.urlsplit(urls[0])
    _, _, body = get(f"{origin.scheme}://{origin.netloc}/ledger.json")
    return {source["name"]: source for source in json.loads(body)["sources"]}


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def bare(link):
    return (link or "").split("?", 1)[0]


def command(tool, config, *arguments):
    done = subprocess.run([tool, *arguments, "--config", config], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


def check_ledger(checks, readings, address, began):
    """Every text that came while we read was read in the river, reprints once and under both sources."""
    published = ledger(address)
    now = time.time()
    for name in ("rss.xml", "atom.xml"):
        river = readings[address + name]
        links = [bare(entry.get("link")) for entry in river.entries.values()]
        live = [item for source in published.values() for item in source["items"]
                if began <= instant(item["shown"]) <= now - PATIENCE and source["behaviour"] != "Slow"]
        unread = sorted({item["article"] for item in live} - set(links))
        checks.that(live and not unread, f"/{name}: every one of {len(live)} texts of this minute was read", unread[:3])
        twice = sorted({link for link in links if links.count(link) > 1})
        checks.that(not twice, f"/{name}: no address stands under two ids", twice[:3])
    return published


def check_reprints(checks, readings, address, published):
    own = {item["article"] for item in published["harbour-post"]["items"]}
    shared = [item["article"] for item in published["morning-digest"]["items"]
              if item["article"] in own and instant(item["shown"]) <= time.time() - PATIENCE]
    by_source = {}
    for name in ("harbour-post", "morning-digest"):
        parsed = feedparser.parse(f"{address}source/{name}/atom.xml")
        by_source[name] = {bare(entry.get("link")): entry.get("id") for entry in parsed.entries}
    both = [link for link in shared if by_source["harbour-post"].get(link)
            and by_source["harbour-post"].get(link) == by_source["morning-digest"].get(link)]
    checks.that(shared and both, f"a reprint is one entry of both sources ({len(both)} of {len(shared)})", by_source)
    return both


def check_passed_off(checks, readings, address, published, tool, config):
    """A reprint at another address and under another title is the entry of its original, and was told once."""
    own = {item["article"] for item in published["baita"]["items"]}
    shared = [item["article"] for item in published["zhaiyao"]["items"]
              if item["article"] in own and instant(item["shown"]) <= time.time() - PATIENCE]
    by_source = {}
    for name in ("baita", "zhaiyao"):
        parsed = feedparser.parse(f"{address}source/{name}/atom.xml")
        by_source[name] = {bare(entry.get("link")): entry.get("id") for entry in parsed.entries}
    # Whoever's copy leads, both sources list one entry under one id.
    ids = {}
    for article in shared:
        for link in (article, article.replace("/baita/", "/zhaiyao/baita-")):
            if by_source["zhaiyao"].get(link) and by_source["zhaiyao"][link] == by_source["baita"].get(link):
                ids[article] = by_source["zhaiyao"][link]
    checks.that(shared and set(ids) == set(shared), f"a reprint with its own title and address is the original's entry ({len(ids)} of {len(shared)})", by_source)
    # As a reader saw it: what an address or its copy's stood under at any time is one id.
    for name in ("rss.xml", "atom.xml"):
        river = readings[address + name]
        seen = {}
        for entry in river.entries.values():
            link = (bare(entry.get("link")) or "").replace("/zhaiyao/baita-", "/baita/")
            seen.setdefault(link, set()).add(entry.get("id"))
        twice = [link for link in shared if len(seen.get(link, ())) > 1]
        checks.that(not twice, f"/{name}: no such reprint was announced beside its original", twice[:3])
    if ids and config:
        _, why, err = command(tool, config, "why", next(iter(ids.values())))
        told = "zhaiyao" in why and "baita" in why and "% of the shorter text" in why
        checks.that(told, "why tells the reprint in words and figures", why + err)


def check_hot(checks, address):
    """The ranking is there in all forms, its best entries are told by several, and each leads to its story."""
    ranking = json.loads(get(address + "hot/feed.json")[2])["items"]
    standings = [item["_newsriver"]["hot"] for item in ranking]
    checks.that(standings and [one["rank"] for one in standings] == list(range(1, len(standings) + 1)), f"/hot/ ranks {len(standings)} stories")
    checks.that(all(one["publishers"] >= 2 for one in standings), "each is told by two publishers at least", standings[:3])
    for name in ("rss.xml", "atom.xml"):
        parsed = feedparser.parse(f"{address}hot/{name}")
        checks.that(not parsed.bozo and [entry.id for entry in parsed.entries] == [item["id"] for item in ranking], f"/hot/{name} says the same")
    pages = {item["_newsriver"]["story_url"] for item in ranking}
    answers = {url: get(url) for url in sorted(pages)}
    checks.that(all(status == 200 for status, _, _ in answers.values()), f"{len(pages)} stories have their page", [url for url, answer in answers.items() if answer[0] != 200][:3])
    asked = [headers.get("X-Robots-Tag") or headers.get("x-robots-tag") for _, headers, _ in answers.values()]
    checks.that(all(tag == "noindex" for tag in asked), "search engines are asked not to list them", asked[:3])


def check_edit(checks, river, published):
    corrected = {item["article"] for source in published.values() for item in source["items"]
                 if item.get("corrected") and instant(item["corrected"]) <= time.time() - PATIENCE}
    shown = [entry for entry in river.entries.values() if bare(entry.get("link")) in corrected]
    newer = [entry for entry in shown if entry.get("updated_parsed") and entry.updated_parsed > entry.published_parsed]
    checks.that(corrected and newer, f"corrected texts are shown as updated ({len(newer)} of {len(shown)} in the river)")


def check_status(checks, tool, config):
    code, out, err = command(tool, config, "status", "--json")
    if not checks.that(code == 0, "status answers", err):
        return
    sources = {source["name"]: source for source in json.loads(out)["sources"]}
    for name in ("vanished", "snail"):
        words = json.dumps(sources.get(name, {}), ensure_ascii=False)
        named = sources.get(name, {}).get("words") and sources[name].get("state") not in ("well", "ok")
        checks.that(named, f"status says what is wrong with {name}", words)
        print(f"      {name}: {sources.get(name, {}).get('words')}")
    ill = [n for n, s in sources.items() if s.get("state") not in ("well", "ok") and n not in ("vanished", "snail")]
    checks.that(not ill, "status calls every other source well", {n: sources[n].get("words") for n in ill})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    tool = binary()
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="newsriver-demo-") as folder:
        demo = Process([tool, "demo"], folder)
        try:
            follow(checks, demo, tool, arguments.seconds)
        finally:
            code, took = demo.end(signal.SIGINT)
        checks.that(code == 0, f"Ctrl-C ends the demo with 0 (after {took:.1f} s)", f"{code}; {demo.tail()}")
        checks.that(not demo.panics(), "nothing panicked", demo.panics()[:2])
    checks.end()


def follow(checks, demo, tool, seconds):
    found = demo.wait_for(r"http://[0-9a-zA-Z.:\[\]]+/", 60)
    if not checks.that(found, "the demo prints an address to open", demo.tail()):
        return
    address = found.group(0)
    print(f"      {address}")
    checks.that(wait_until(lambda: get(address)[0] == 200, 20), "the address answers")
    began = time.time()
    readings = {url: Reading(url) for url in feeds(address)}
    checks.that(address + "atom.xml" in readings and len(readings) >= 6, f"/opml.xml lists {len(readings)} feeds", sorted(readings)[:4])
    dates, first = {}, None
    while time.time() < began + seconds:
        round_began = time.time()
        for reading in readings.values():
            reading.read(dates)
        if first is None and dates:
            first = set(dates)
        time.sleep(max(0.0, EVERY - (time.time() - round_began)))
    for url, reading in sorted(readings.items()):
        checks.that(not reading.faults and reading.reads, f"{url}: {reading.reads} documents, {reading.not_modified} times 304", reading.faults[:3])
    new = set(dates) - (first or set())
    checks.that(len(new) >= 10, f"{len(new)} ids came while we read")
    checks.that(any(reading.not_modified for reading in readings.values()), "unchanged feeds answer 304")
    published = check_ledger(checks, readings, address, began)
    both = check_reprints(checks, readings, address, published)
    check_hot(checks, address)
    check_edit(checks, readings[address + "atom.xml"], published)
    config = next((m.group(0) for line in demo.output + demo.log for m in [re.search(r"/\S*feeds\.toml", line)] if m), None)
    if checks.that(config, "the demo says where its feeds.toml is"):
        check_status(checks, tool, config)
        check_passed_off(checks, readings, address, published, tool, config)
        if both:
            _, why, err = command(tool, config, "why", both[0])
            checks.that("harbour-post" in why and "morning-digest" in why, "why names both sources of a reprint", why + err)


if __name__ == "__main__":
    main()
