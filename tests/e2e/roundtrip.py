#!/usr/bin/env python3
"""What was read is what is published and read again by others.

    roundtrip.py BINARY CORPUS EXPORT [--every N]

EXPORT is the tree that corpus.py kept: each corpus file polled as a source, and published. For each source this reads
the file as newsriver does (`preview`), then each of the source's three documents, by newsriver and by Python's
feedparser, and compares every entry: id, title, link, dates to the second, authors, categories, content, files and
origin. A difference counts unless docs/specifications.md gives its reason ("Round trip"); those are counted by reason.
"""
import argparse
import collections
import concurrent.futures
import html
import json
import os
import re
import subprocess
import sys
import urllib.parse
from calendar import timegm
from datetime import datetime, timezone

import feedparser

import corpus
from common import Checks, binary

RELATIVE = "a relative address is resolved by where the document was found"
CONTROL = re.compile("[\x7f-\x9f\ufffd]")
FORMS = ("atom.xml", "rss.xml", "feed.json")


def instant(text):
    """Seconds since the epoch of an RFC 3339 date."""
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()) if text else None


def squeezed(text):
    return " ".join((text or "").split())


def words(markup):
    """The words of markup: what a person reads."""
    text = re.sub(r"<[^>]*>", " ", markup or "")
    return squeezed(html.unescape(text))


class Entry(dict):
    """One entry in terms that every reader has."""


def of_preview(feed):
    entries = []
    for item in feed["items"]:
        own = item.get("_newsriver", {})
        origin = own.get("source") if isinstance(own.get("source"), dict) else {}
        entries.append(Entry(
            id=item.get("id"), guid=own.get("guid"), title=squeezed(item.get("title")), link=item.get("url"),
            published=instant(item.get("date_published")), updated=instant(item.get("date_modified")),
            authors=[author.get("name") for author in item.get("authors", []) if author.get("name")],
            tags=item.get("tags", []), content=words(item.get("content_html")), files=[file["url"] for file in item.get("attachments", [])],
            origin=(origin.get("title"), origin.get("feed_url"))))
    return entries


def of_published(feed):
    """Our own JSON Feed, as it is written."""
    entries = []
    for item in feed["items"]:
        origin = item["_newsriver"]["origin"]
        entries.append(Entry(
            id=item["id"], title=squeezed(item.get("title")), link=item.get("url"), source=item["_newsriver"].get("source"),
            published=instant(item["date_published"]), updated=instant(item["date_modified"]),
            authors=[author["name"] for author in item["authors"]], tags=item.get("tags", []),
            content=words(item.get("content_html")), files=[file["url"] for file in item.get("attachments", [])],
            origin=(origin["title"], origin.get("feed_url")),
            credits={credit["name"] for media in item["_newsriver"].get("media", []) for credit in media.get("credits", [])}))
    return entries


def of_feedparser(parsed, form):
    entries = []
    for item in parsed.entries:
        content = item.content[0].value if item.get("content") else item.get("summary", "")
        seconds = lambda name: timegm(item[name]) if item.get(name) else None
        source = item.get("source") or {}
        address = next((link.href for link in source.get("links", []) if link.get("rel") == "self"), source.get("href"))
        files = [file.get("href") for file in item.get("enclosures", [])]
        files += [media.get("url") for media in item.get("media_content", []) if media.get("url") not in files]
        entries.append(Entry(
            id=item.get("id"), title=squeezed(html.unescape(re.sub(r"<[^>]*>", "", item.get("title", "")))), link=item.get("link"),
            published=seconds("published_parsed"), updated=seconds("updated_parsed"),
            authors=[author.get("name") for author in item.get("authors", []) if author.get("name")],
            tags=[tag.get("term") for tag in item.get("tags", [])], content=words(content), files=files,
            summary=words(item.get("summary", "")), origin=(source.get("title"), address)))
    return entries


class Comparison:
    """What agreed, what did not, and what did not for a reason that is written down."""

    def __init__(self):
        self.agreed = collections.Counter()
        self.reasons = collections.Counter()
        self.differences = collections.defaultdict(list)

    def compare(self, where, field, expected, found, reason=None):
        if expected == found:
            self.agreed[field] += 1
        elif reason:
            self.reasons[f"{field}: {reason}"] += 1
        else:
            self.differences[field].append(f"{where}: {expected!r} became {found!r}"[:300])

    def join(self, other):
        self.agreed.update(other.agreed)
        self.reasons.update(other.reasons)
        for field, found in other.differences.items():
            self.differences[field].extend(found)


def same_address(one, other):
    """Equal but for the spelling that URL parsers give an address."""
    spelt = lambda text: re.sub("^(https?):/+", r"\1://", urllib.parse.unquote((text or "").split("#")[0].rstrip("/")).lower())
    return spelt(one) == spelt(other)


# One source leads such an entry, its date is the first that was seen, and a line names the other sources.
SHARED = "several sources carried it"


def compare_with_original(comparison, name, original, published):
    """What preview read of the source's own document, against what is published of it."""
    by_title = collections.defaultdict(list)
    for entry in original:
        by_title[entry["title"]].append(entry)
    for entry in published:
        if entry["source"] != name:
            comparison.reasons["item: another source carries it and leads"] += 1
            continue
        found = [other for other in original if entry["id"] in (other["id"], other["guid"])]
        found = found or [other for other in original if other["link"] and same_address(other["link"], entry["link"])
                          and other["title"] == entry["title"]]
        found = found or by_title[entry["title"]] or [other for other in original if other["content"] and other["content"] == entry["content"]]
        if not found:
            found = [other for other in original if not other["title"]] or [other for other in original
                                                                          if other["link"] and same_address(other["link"], entry["link"])]
        if len(found) != 1:
            comparison.reasons["item: several of its document look alike" if found else "item: not found in its document"] += 1
            if not found:
                comparison.differences["item"].append(f"{name}: {entry['id']} {entry['title']!r}")
            continue
        other, where = found[0], f"{name} {entry['id']}"
        shared = SHARED if "Also carried by" in (entry["content"] or "") else None
        comparison.compare(where, "title", other["title"], entry["title"],
                           shared if other["title"] else "made from the text where there is none")
        reason = None if other["link"] and other["link"].startswith("http") else "only http and https are links"
        reason = RELATIVE if relative(entry["link"]) else reason
        comparison.compare(where, "link", True, same_address(other["link"], entry["link"]), reason)
        comparison.compare(where, "published", other["published"] or other["updated"], entry["published"],
                           date_reason(other["published"], entry["published"]) or shared)
        comparison.compare(where, "content", other["content"], entry["content"],
                           "control characters are left out" if CONTROL.search(other["content"]) else shared)
        files = sorted({spelling(file) for file in entry["files"] if not relative(file)})
        comparison.compare(where, "files", sorted(set(map(spelling, other["files"]))), files,
                           RELATIVE if any(map(relative, entry["files"])) else None)
        comparison.compare(where, "tags", True, set(other["tags"]) >= set(entry["tags"]) or tags_of(other) >= tags_of(entry))


def tags_of(entry):
    return {squeezed(tag).lower() for tag in entry["tags"]}


def spelling(address):
    """An address as any parser may write it; a relative one was resolved by where the file was served."""
    address = urllib.parse.unquote(address or "").split("#")[0]
    parts = urllib.parse.urlsplit(address)
    return (parts.path.rstrip("/") or "/") + parts.query if parts.hostname == "127.0.0.1" else address.rstrip("/")


def relative(address):
    """Resolved by where the file was served, which a preview of the file cannot know."""
    return urllib.parse.urlsplit(address or "").hostname == "127.0.0.1"


def markup_reason(expected, found, by):
    """RSS does not say whether a text is HTML: what would pass for markup is escaped once more (RSS profile)."""
    if by == "feedparser" and list(expected) == [html.unescape(text or "") for text in found]:
        return "what would pass for markup is escaped once more, as the RSS profile advises"
    return None


def date_reason(read, published):
    if read is None:
        return "an item without a date has the time at which it was first seen"
    if read < 631152000:
        return "a date before 1990 is a mistake"
    if read > published:
        return "a date in the future is the time at which it was first seen"
    return None


def compare_forms(comparison, where, form, expected, found, by):
    """Our JSON Feed against what a reader made of another form."""
    by_id = {entry["id"]: entry for entry in found}
    for entry in expected:
        other = by_id.get(entry["id"])
        place = f"{where}/{form} by {by}: {entry['id']}"
        comparison.compare(place, "id", True, other is not None)
        if other is None:
            continue
        comparison.compare(place, "title", entry["title"], other["title"], title_reason(entry, other, by))
        comparison.compare(place, "link", entry["link"], other["link"], link_reason(entry, by))
        comparison.compare(place, "published", entry["published"], other["published"])
        comparison.compare(place, "updated", entry["updated"], other["updated"],
                           "RSS says when an item changed only where it did" if form == "rss.xml" and other["updated"] in (None, entry["published"]) else None)
        authors = entry["authors"]
        comparison.compare(place, "authors", authors, other["authors"], author_reason(entry, other, form, by))
        tags = sorted(tags_of(entry) - {""})
        seen = sorted(tags_of(other) & tags_of(entry) if tags_of(other) >= tags_of(entry) else tags_of(other))
        comparison.compare(place, "tags", tags, seen, markup_reason(tags, seen, by))
        comparison.compare(place, "content", entry["content"], other["content"], content_reason(entry, other, form, by))
        files = [spelling(file) for file in entry["files"]]
        seen = [spelling(file) for file in other["files"]]
        comparison.compare(place, "files", sorted(set(files)), sorted(set(seen) & set(files)))
        if entry["origin"][1] or form != "rss.xml":
            comparison.compare(place, "origin", tuple(map(squeezed, entry["origin"])), tuple(map(squeezed, other["origin"])),
                               origin_reason(entry, other, by))


def title_reason(entry, other, by):
    if by == "feedparser" and re.search(r"[<&]", entry["title"]):
        return "feedparser takes words in angle brackets for markup"
    return None


def link_reason(entry, by):
    if entry["link"] is None and by == "feedparser":
        return "feedparser takes an id that is an address, or another link, for the link of an entry without one"
    return None


def author_reason(entry, other, form, by):
    if form == "rss.xml" and not other["authors"]:
        return "RSS names no author where the outlet stands in: `source` does"
    if form == "atom.xml" and not other["authors"]:
        return "the outlet stands in `source` alone"
    if by == "feedparser" and [squeezed(name.split("(")[0]) for name in entry["authors"]] == other["authors"]:
        return "feedparser takes brackets in a name for an address"
    if set(other["authors"]) - set(entry["authors"]) <= entry["credits"]:
        return "a credit of Media RSS counts as an author"
    return markup_reason(entry["authors"], other["authors"], by)


def content_reason(entry, other, form, by):
    if not entry["content"]:
        return "an entry without text has its title as text"
    if by == "feedparser":
        strip = lambda text: re.sub(r"\W", "", text)
        if strip(entry["content"]) == strip(other["content"]):
            return "feedparser's own sanitizer moves blanks"
        if strip(entry["content"]) == strip(other["summary"]):
            return "feedparser takes `media:description` for the content of an entry with a summary alone"
    return None


def origin_reason(entry, other, by):
    expected, found = (list(map(squeezed, one["origin"])) for one in (entry, other))
    return markup_reason(expected, found, by)


def preview(tool, path):
    done = subprocess.run([tool, "preview", path, "--format", "json"], capture_output=True, cwd="/", stdin=subprocess.DEVNULL)
    return json.loads(done.stdout) if done.returncode == 0 else None


def one(tool, corpus_folder, export, file):
    comparison = Comparison()
    folder = os.path.join(export, "source", file.name)
    if not os.path.isdir(folder):
        return comparison
    with open(os.path.join(folder, "feed.json"), encoding="utf-8") as opened:
        published = of_published(json.load(opened))
    if not published:
        return comparison
    read = preview(tool, os.path.abspath(os.path.join(corpus_folder, file.file)))
    if read:
        compare_with_original(comparison, file.name, of_preview(read), published)
    for form in FORMS:
        path = os.path.abspath(os.path.join(folder, form))
        again = preview(tool, path)
        if again is None:
            comparison.differences["document"].append(f"{path} is not read again")
            continue
        compare_forms(comparison, file.name, form, published, of_preview(again), "newsriver")
        if form != "feed.json":
            with open(path, "rb") as opened:
                parsed = feedparser.parse(opened.read())
            compare_forms(comparison, file.name, form, published, of_feedparser(parsed, form), "feedparser")
    return comparison


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("corpus")
    parser.add_argument("export")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--show", type=int, default=5)
    arguments = parser.parse_args()
    tool = binary()
    files = corpus.load(arguments.corpus)[::arguments.every]
    whole = Comparison()
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        work = [pool.submit(one, tool, arguments.corpus, arguments.export, file) for file in files]
        for done in work:
            whole.join(done.result())
    checks = Checks()
    total = sum(whole.agreed.values())
    checks.that(total > 50 * len(files), f"{total} facts of {len(files)} sources agree: "
                + ", ".join(f"{field} {count}" for field, count in sorted(whole.agreed.items())))
    for reason, count in sorted(whole.reasons.items()):
        print(f"      {count} times, {reason}")
    for field, found in sorted(whole.differences.items()):
        checks.that(False, f"{field}: {len(found)} differences", "\n      " + "\n      ".join(found[:arguments.show]))
    checks.that(not whole.differences, "every other difference is told in docs/specifications.md")
    checks.end()


if __name__ == "__main__":
    main()
