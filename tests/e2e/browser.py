#!/usr/bin/env python3
"""Nothing that a source sends runs in a browser: not in our pages, not in a reader's that shows what we publish.

    browser.py BINARY [--corpus CORPUS]

An origin plays feeds whose texts, titles, names and tags are the vectors of tests/fixtures/script-vectors.txt, and, with
CORPUS, those of feedparser's sanitizing tests. The daemon polls and exports them. A browser (Debian's chromium, headless,
loopback only) then shows every published text as readers do, written into a page and set as innerHTML, and our own
pages without the protection of their Content-Security-Policy. Each element gets every kind of event, each link that
leads to no page is followed. The same vectors, shown as they came, prove that the browser would tell.
"""
import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.parse
import xml.etree.ElementTree as xml

from common import Checks, Server, answer, binary, escape, free_port, write_config

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "script-vectors.txt")
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
ATOM = "{http://www.w3.org/2005/Atom}"

# Of the vectors as they come, so many at least run in a browser of today; the rest are for those of old.
LEAST_FIRED = 90

HARNESS = """<!doctype html><meta charset=utf-8><title>harness</title><body><script>
"use strict";
const sets = SETS, found = {}, fired = new Set(), broken = [];
let current = "";
const hook = view => { for (const name of ["alert", "confirm", "prompt"]) view[name] = what => { fired.add(String(what)); }; };
const pause = ms => new Promise(done => setTimeout(done, ms));
hook(window);
addEventListener("error", event => event.preventDefault());
const EVENTS = ["click", "mouseover", "mouseenter", "mousemove", "pointerover", "wheel", "focus", "focusin", "load", "error", "toggle",
    "animationstart", "begin", "end", "finish", "start", "submit", "keydown", "input", "change", "play", "loadstart", "pageshow", "close"];
function poke(view) {
    let all;
    try { all = [...view.document.querySelectorAll("*")]; } catch (gone) { return; }
    for (const element of all) {
        for (const name of EVENTS) try { element.dispatchEvent(new view.Event(name, {bubbles: false, cancelable: true})); } catch (odd) {}
        const href = element.getAttribute("href") || element.getAttribute("xlink:href") || element.getAttribute("action")
            || element.getAttribute("formaction") || "";
        if (/^[\\s\\x00-\\x1f]*(http|mailto|#)/i.test(href) || href === "") continue;
        try { element.dispatchEvent(new view.MouseEvent("click", {bubbles: true, cancelable: true, view})); } catch (odd) {}
    }
}
async function show(texts, way) {
    const frames = texts.map(text => {
        const frame = document.createElement("iframe");
        // No dialogs, which would wait for somebody, and no way out of the frame.
        frame.sandbox = "allow-scripts allow-same-origin allow-forms allow-popups";
        document.body.append(frame);
        const view = frame.contentWindow;
        try {
            if (way === "address") { frame.src = text; return frame; }
            view.document.open();
            hook(view);
            if (way === "written") view.document.write("<body>" + text);
            else { view.document.write("<body><div id=reader></div>"); view.document.getElementById("reader").innerHTML = text; }
            view.document.close();
        } catch (odd) { broken.push(String(odd)); }
        return frame;
    });
    await pause(way === "address" ? 3000 : 1500);
    for (const frame of frames) try { poke(frame.contentWindow); } catch (gone) {}
    await pause(700);
    for (const frame of frames) frame.remove();
}
(async () => {
    for (const [name, way, texts] of sets) {
        fired.clear();
        await show(texts, way);
        found[name] = [...fired];
    }
    found.broken = broken;
    await fetch("/result?" + encodeURIComponent(JSON.stringify(found)));
})();
</script>"""


def vectors():
    with open(VECTORS, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    return [line.replace("parent.FIRE", "FIRE").replace("FIRE", f"top.alert({number})") for number, line in enumerate(lines, 1)]


def cdata(text):
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def rss_feed(base, texts):
    items = "".join(
        f"<item><guid isPermaLink=\"false\">r{number}</guid><title>{number} {escape(escape(text))}</title><link>{base}/r/{number}</link>"
        f"<dc:creator>{escape(text)}</dc:creator><category domain=\"{escape(text).replace(chr(34), '&quot;')}\">{escape(text)}</category>"
        f"<comments>javascript:alert({number})</comments><enclosure url=\"javascript:alert({number})\" type=\"audio/mpeg\" length=\"1\"/>"
        f"<media:description type=\"html\">{escape(text)}</media:description><itunes:summary>{escape(text)}</itunes:summary>"
        f"<description>{escape(text)}</description><content:encoded>{cdata(f'{number} ' + text)}</content:encoded></item>"
        for number, text in enumerate(texts, 1))
    return (f"<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" "
            f"xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:media=\"http://search.yahoo.com/mrss/\" "
            f"xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\"><channel><title>{escape(texts[0])}</title>"
            f"<link>{base}/r</link><description>{escape(texts[0])}</description>{items}</channel></rss>").encode()


def atom_feed(base, texts):
    entries = "".join(
        f"<entry><id>urn:a:{number}</id><updated>2026-01-01T00:00:00Z</updated><title type=\"html\">{escape(text)}</title>"
        f"<link href=\"{base}/a/{number}\"/><author><name>{escape(text)}</name><uri>javascript:alert({number})</uri></author>"
        f"<summary type=\"html\">{escape(text)}</summary><content type=\"html\">{escape(f'{number} ' + text)}</content></entry>"
        for number, text in enumerate(texts, 1))
    return (f"<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:a</id><title>a</title><updated>2026-01-01T00:00:00Z</updated>"
            f"{entries}</feed>").encode()


def json_feed(base, texts):
    items = [{"id": f"urn:j:{number}", "url": f"{base}/j/{number}", "title": text, "content_html": f"{number} {text}",
              "tags": [text], "authors": [{"name": text, "url": f"javascript:alert({number})"}]}
             for number, text in enumerate(texts, 1)]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "j", "items": items}).encode()


def corpus_files(corpus):
    paths = sorted(glob.glob(os.path.join(corpus, "feedparser/tests/wellformed/sanitize/*.xml")))
    return {f"/corpus/{number}": open(path, "rb").read() for number, path in enumerate(paths)}


class Browser:
    """Shows a harness page and answers what ran in it, by set."""

    def __init__(self):
        self.program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        self.result = None
        self.arrived = threading.Event()

    def take(self, query):
        self.result = json.loads(urllib.parse.unquote(query))
        self.arrived.set()

    def show(self, address, seconds):
        with tempfile.TemporaryDirectory(prefix="newsriver-browser-", ignore_cleanup_errors=True) as profile:
            child = subprocess.Popen(
                [self.program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
                 "--autoplay-policy=no-user-gesture-required", f"--user-data-dir={profile}",
                 "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", address],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.arrived.wait(seconds)
            child.terminate()
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        return self.result


def of_rss(path):
    """(texts, titles, number of items): what readers take for HTML in an RSS document."""
    items = xml.parse(path).findall("channel/item")
    texts = [item.findtext(CONTENT) or item.findtext("description") or "" for item in items]
    return texts + [item.findtext("description") or "" for item in items], [item.findtext("title") or "" for item in items], len(items)


def of_atom(path):
    entries = xml.parse(path).findall(ATOM + "entry")
    fields = [entry.find(ATOM + name) for entry in entries for name in ("content", "summary")]
    return [field.text or "" for field in fields if field is not None and field.get("type") == "html"], len(entries)


def of_json(path):
    with open(path, encoding="utf-8") as file:
        items = json.load(file)["items"]
    return [item["content_html"] for item in items if "content_html" in item], len(items)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--corpus")
    options = parser.parse_args()
    tool, checks, browser = binary(), Checks(), Browser()
    if not checks.that(browser.program, "there is a browser", "install chromium"):
        checks.end()
    raw = vectors()
    documents, harness, tree = {}, [b""], [""]

    def respond(handler):
        path, _, query = handler.path.partition("?")
        if path == "/harness":
            answer(handler, 200, harness[0], [("Content-Type", "text/html; charset=utf-8")])
        elif path == "/result":
            browser.take(query)
            answer(handler, 200)
        elif path.startswith("/tree/"):
            page(handler, os.path.join(tree[0], urllib.parse.unquote(path[6:])))
        elif path in documents:
            answer(handler, 200, documents[path], [("Content-Type", "text/xml")])
        else:
            answer(handler, 404)

    def page(handler, path):
        """One of our pages, with alert told to the harness and no policy beside it."""
        if not os.path.isfile(path):
            return answer(handler, 404)
        with open(path, "rb") as file:
            body = file.read()
        if path.endswith(".html"):
            hook = b"<script>alert=confirm=prompt=what=>top.alert(what)</script>"
            body = re.sub(rb"(<head[^>]*>)", lambda match: match.group(1) + hook, body, count=1)
            body = re.sub(rb"<meta[^>]*Content-Security-Policy[^>]*>", b"", body)
        answer(handler, 200, body, [("Content-Type", "text/html; charset=utf-8" if path.endswith(".html") else "text/css")])

    origin = Server(respond)
    documents["/rss"] = rss_feed(origin.base, raw)
    documents["/atom"] = atom_feed(origin.base, raw)
    documents["/json"] = json_feed(origin.base, raw)
    corpus = corpus_files(options.corpus) if options.corpus else {}
    documents.update(corpus)
    names = {"/rss": "rss", "/atom": "atom", "/json": "json", **{path: "c" + path.rsplit("/", 1)[1] for path in corpus}}
    with tempfile.TemporaryDirectory(prefix="newsriver-browser-") as folder:
        write_config(folder, free_port(), [(name, origin.base + path, "") for path, name in names.items()],
                     fetch="per_host = 16", publish="items = 500")
        tree[0] = os.path.join(folder, "tree")
        for arguments in (["poll"], ["export", tree[0]]):
            done = subprocess.run([tool, *arguments], cwd=folder, capture_output=True, timeout=300)
            # Some documents of the corpus are empty on purpose: a poll that failed for one is no failure of this.
            checks.that(done.returncode == 0 or arguments[0] == "poll", f"{arguments[0]} works", done.stderr[-300:].decode("utf-8", "replace"))
        sets = [("as it came, written", "written", raw), ("as it came, innerHTML", "set", raw)]
        sources = os.path.join(tree[0], "source")
        texts, titles, count = of_rss(os.path.join(sources, "rss", "rss.xml"))
        checks.that(count == len(raw), "as many items as vectors in RSS", count)
        checks.that(not any("<" in title for title in titles), "no title in RSS has markup",
                    next((title for title in titles if "<" in title), ""))
        atom_texts, count = of_atom(os.path.join(sources, "atom", "atom.xml"))
        checks.that(count == len(raw), "as many entries as vectors in Atom", count)
        json_texts, count = of_json(os.path.join(sources, "json", "feed.json"))
        checks.that(count == len(raw), "as many items as vectors in JSON Feed", count)
        texts += atom_texts + json_texts
        for path in corpus:
            published = os.path.join(sources, names[path], "feed.json")
            if os.path.exists(published):
                texts += of_json(published)[0]
        texts = [text for text in dict.fromkeys(texts) if text]
        checks.that(len(texts) > len(raw), f"there is much to show: {len(texts)} texts")
        size = 150
        for start in range(0, len(texts), size):
            sets.append((f"written {start}", "written", texts[start:start + size]))
            sets.append((f"innerHTML {start}", "set", texts[start:start + size]))
        sets.append(("titles, written", "written", titles))
        sets.append(("titles, innerHTML", "set", titles))
        pages = [os.path.relpath(path, tree[0]) for path in glob.glob(os.path.join(tree[0], "**", "*.html"), recursive=True)]
        pages = [path for path in sorted(pages) if "source/c" not in path]
        checks.that(len(pages) >= 4, "there are pages of ours", len(pages))
        sets.append(("our pages", "address", ["/tree/" + urllib.parse.quote(path) for path in pages]))
        harness[0] = HARNESS.replace("SETS", json.dumps(sets).replace("</", "<\\/").replace("<!--", "<\\!--"), 1).encode()
        began = time.monotonic()
        found = browser.show(origin.base + "/harness", seconds=120 + 20 * len(sets))
        if checks.that(found, "the browser tells what ran", f"nothing in {time.monotonic() - began:.0f} s"):
            fired = {what for name in found if name.startswith("as it came") for what in found[name]}
            checks.that(len(fired) >= LEAST_FIRED, f"{len(fired)} of {len(raw)} vectors run as they came", LEAST_FIRED)
            for name in [name for name, _, _ in sets if not name.startswith("as it came")]:
                ran = found.get(name)
                checks.that(ran == [], f"nothing runs: {name}", ran if ran is None else [(n, raw[int(n) - 1] if n.isdigit() and int(n) <= len(raw) else n) for n in ran][:5])
    checks.end()


if __name__ == "__main__":
    main()
