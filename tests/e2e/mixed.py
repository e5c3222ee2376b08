#!/usr/bin/env python3
"""How well the items of mixed sources are sorted by what the others teach: the whole way, from documents to feeds.

    python3 tests/e2e/mixed.py BINARY SHARED

Labelled sets of SHARED/data are dealt out to sources of one category each, eight a category, by the order of the set.
Two of each eight have no `category` in feeds.toml. `newsriver poll` reads them all and learns at the default floor,
and `export` shows where their items went. Prints a line a set: `precision`, the share of those that got a category
and got theirs, and `coverage`, the share that got one; exit status 1 when one lies below its floor.
"""

import collections
import email.utils
import json
import os
import subprocess
import sys
import tempfile
from xml.sax.saxutils import escape

# Set: its file, items of a source at most, and the floors: what was reached, less what a change may cost by accident.
SETS = {
    "thuc-titles": ("thuc-titles/train.jsonl", 150, {"precision": 0.95, "coverage": 0.66}),
    "bbc-news": ("bbc-news/labelled.jsonl", 150, {"precision": 0.965, "coverage": 0.93}),
    "ag-news": ("ag-news/labelled.jsonl", 150, {"precision": 0.96, "coverage": 0.46}),
}
SOURCES = 8
HIDDEN = 2
START = 1_700_000_000


def sources(path, most):
    """Of each category its items in runs of equal length: `{category: [rows, …]}`."""
    of_category = collections.defaultdict(list)
    with open(path, encoding="utf8") as lines:
        for line in lines:
            row = json.loads(line)
            of_category[row["category"]].append(row)
    dealt = {}
    for category, rows in sorted(of_category.items()):
        length = min(most, len(rows) // SOURCES)
        dealt[category] = [rows[place * length : (place + 1) * length] for place in range(SOURCES)]
    return dealt


def feed(name, rows, first):
    # Dates of their own, so that the order in which they are learned from is the same in each run.
    items = "".join(
        f"<item><pubDate>{email.utils.formatdate(START + first + place)}</pubDate>"
        f"<guid isPermaLink='false'>{row['id']}</guid><title>{escape(row['title'])}</title>"
        f"<link>http://{name}.example.org/{row['id']}</link>"
        f"<description>{escape(row.get('text') or '')}</description></item>"
        for place, row in enumerate(rows)
    )
    return f"<rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>"


def measure(binary, path, most, folder):
    tables = [
        "[fetch]\nallow_files = true\nconcurrency = 1\n[publish]\nitems = 500\nduplicates = \"keep\"\n",
    ]
    truth = {}
    hidden = []
    first = 0
    for number, (category, runs) in enumerate(sources(path, most).items()):
        tables.append(f'[[category]]\nname = "{category}"\n')
        for place, rows in enumerate(runs):
            name = f"source-{number}-{place}"
            with open(f"{folder}/{name}.xml", "w", encoding="utf8") as out:
                out.write(feed(name, rows, first))
            first += len(rows)
            tables.append(f'[[source]]\nname = "{name}"\nurl = "file://{folder}/{name}.xml"\n')
            if place < HIDDEN:
                hidden.append(name)
                truth.update({f"http://{name}.example.org/{row['id']}": category for row in rows})
            else:
                tables.append(f'category = "{category}"\n')
    with open(f"{folder}/feeds.toml", "w", encoding="utf8") as out:
        out.write("".join(tables))
    for command in (["poll"], ["export", f"{folder}/site"]):
        subprocess.run([binary, *command], cwd=folder, stdout=subprocess.DEVNULL, check=True)
    answered = right = seen = 0
    for name in hidden:
        with open(f"{folder}/site/source/{name}/feed.json", encoding="utf8") as document:
            for item in json.load(document)["items"]:
                seen += 1
                categories = item.get("_newsriver", {}).get("categories", [])
                answered += bool(categories)
                right += categories == [truth[item["url"]]]
    if seen != len(truth):
        raise SystemExit(f"{len(truth)} items were in the hidden sources, and {seen} came out")
    return {"items": seen, "precision": right / max(answered, 1), "coverage": answered / seen}


def main():
    binary, shared = os.path.abspath(sys.argv[1]), sys.argv[2]
    is_good = True
    for name, (path, most, floors) in SETS.items():
        with tempfile.TemporaryDirectory() as folder:
            figures = measure(binary, f"{shared}/data/{path}", most, folder)
        print(f"{name:12} {figures['items']:5} items  precision {figures['precision']:.4f}  "
              f"coverage {figures['coverage']:.4f}", flush=True)
        for figure, floor in floors.items():
            if figures[figure] < floor:
                print(f"{name}: {figure} is {figures[figure]:.4f}, and its floor is {floor}")
                is_good = False
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
