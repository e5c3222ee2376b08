#!/usr/bin/env python3
"""Holds exported documents to the rules of the W3C feed validator that real feeds trip over.

    published.py EXPORT [--base URL] [--every N]

EXPORT is a folder that `newsriver export` wrote. Each rule is told by the name that the validator gives its message.
The HTML in entries is parsed by html5lib in its strict mode, as the validator does.
"""
import argparse
import collections
import json
import os
import re
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree
from email.utils import parsedate_to_datetime

from common import Checks

ATOM = "{http://www.w3.org/2005/Atom}"
MEDIA = "{http://search.yahoo.com/mrss/}"
DC = "{http://purl.org/dc/elements/1.1/}"
THREAD = "{http://purl.org/syndication/thread/1.0}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

# Namespaces that the validator knows, of those that a river may use, each with the one prefix it expects.
NAMESPACES = {
    "http://www.w3.org/2005/Atom": "atom",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.georss.org/georss": "georss",
    "http://purl.org/rss/1.0/modules/slash/": "slash",
    "http://purl.org/syndication/thread/1.0": "thr",
    "http://purl.org/syndication/history/1.0": "fh",
}
RELATIONS = {"alternate", "current", "describedby", "enclosure", "hub", "license", "next-archive", "payment", "prev-archive",
             "related", "replies", "self", "via"}
ELEMENTS = set("""a abbr acronym address article aside audio b bdi big blockquote br caption center cite code col colgroup data
    dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd li main mark ol p
    picture pre q rp rt ruby s samp section small source span strike strong sub summary sup table tbody td tfoot th thead time
    tr track tt u ul var video wbr""".split())
ATTRIBUTES = set("""alt cite colspan controls datetime dir headers height href hreflang kind label lang loading open poster
    preload rel reversed rowspan scope span src srclang start title type value width""".split())

MIME = re.compile(r"[^\s()<>,;:\\\"/\[\]?=]+/[^\s()<>,;:\\\"/\[\]?=]+$")
URI = re.compile(r"[a-zA-Z][0-9a-zA-Z+.\-]*:(//)?(\[[0-9A-Fa-f:]+\])?[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]+$")
RFC822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
MARKUP = re.compile(r"<(/?[a-zA-Z][^>]*>|!--)|&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]\w*);")
TAG_URI = re.compile(r"tag:([a-z0-9\-._]+@)?[a-z0-9.\-]+,\d{4}(-\d\d(-\d\d)?)?:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*(#.*)?$")


class Document:
    """One document and what is wrong with it."""

    def __init__(self, path, address):
        self.path = path
        self.address = address
        self.faults = []

    def fault(self, name, detail=""):
        self.faults.append((name, str(detail)[:160]))

    def demand(self, holds, name, detail=""):
        if not holds:
            self.fault(name, detail)

    def uri(self, value, name="InvalidLink"):
        self.demand(value and URI.match(value) and not value.startswith(("http:///", "https:///")), name, value)

    def plain(self, value, name):
        """Text that says it is text must not look like markup."""
        self.demand(not MARKUP.search(value or ""), name, value)

    def characters(self, text):
        bad = re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufffe\uffff]", text)
        self.demand(not bad, "BadCharacters", repr(text[max(0, bad.start() - 20):bad.end() + 20]) if bad else "")

    def html(self, markup, strict):
        """NotHtml, SecurityRisk, SecurityRiskAttr, DangerousStyleAttr, ContainsRelRef."""
        if not markup:
            return
        try:
            tree = strict(markup)
        except Exception as error:
            self.fault("NotHtml", f"{error!r}: {markup[:100]!r}")
            return
        for element in tree.iter():
            if not isinstance(element.tag, str) or element.tag == "DOCUMENT_FRAGMENT":
                continue
            tag = element.tag.split("}")[-1]
            self.demand(tag in ELEMENTS, "SecurityRisk", tag)
            for name, value in element.attrib.items():
                self.demand(name != "style", "DangerousStyleAttr", value)
                self.demand(name in ATTRIBUTES, "SecurityRiskAttr", f"{tag} {name}")
                if name in ("href", "src", "cite", "poster"):
                    self.demand(re.match(r"(https?://|mailto:)", value), "ContainsRelRef", value)


def strict_parser():
    import html5lib
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=True)
    return parser.parseFragment


def is_canonical(uri):
    """NonCanonicalURI: RFC 3986, 6, as far as our ids can offend."""
    parts = urllib.parse.urlsplit(uri)
    if parts.scheme in ("http", "https"):
        if parts.netloc != parts.netloc.lower() or not parts.path or re.search(r":(80|443|)$", parts.netloc):
            return False
        if any(segment in (".", "..") for segment in parts.path.split("/")):
            return False
    return uri.split(":")[0] == uri.split(":")[0].lower() and not re.search(r"%[0-9A-F]?[a-f]", uri)


def declared(raw):
    """[(prefix, namespace)] of the root."""
    root = re.search(rb"<(?:feed|rss)\b[^>]*>", raw)
    return re.findall(r"xmlns:?(\w*)=\"([^\"]*)\"", root.group(0).decode()) if root else []


def check_namespaces(document, raw):
    for prefix, namespace in declared(raw):
        known = NAMESPACES.get(namespace)
        document.demand(known, "UnknownNamespace", namespace)
        document.demand(not prefix or prefix == known, "NonstdPrefix", prefix)
        document.demand(not prefix or f"<{prefix}:".encode() in raw, "UnusedNamespace", prefix)


def check_links(document, links, parent):
    for link in links:
        rel = link.get("rel", "alternate")
        document.demand(rel in RELATIONS, "UnregisteredAtomLinkRel", rel)
        document.uri(link.get("href"))
        if link.get("type") is not None:
            document.demand(MIME.match(link.get("type")), "InvalidMIMEType", link.get("type"))
        if link.get("title") is not None:
            document.demand(link.get("title").strip(), "AttrNotBlank", "title")
            document.plain(link.get("title"), "ContainsHTML")
        if link.get("length") is not None:
            document.demand(link.get("length").isdigit(), "InvalidNonNegativeInteger", link.get("length"))
        if parent == "entry":
            document.demand(rel not in ("current", "prev-archive", "next-archive"), "FeedHistoryRelInEntry", rel)
    own = [link.get("href") for link in links if link.get("rel") == "self"]
    if parent == "feed":
        document.demand(own, "MissingAtomSelfLink")
        document.demand(own == [document.address], "SelfDoesntMatchLocation", own)


def check_modules(document, entry):
    for element in entry.iter():
        if not isinstance(element.tag, str):
            continue
        for value in [element.text or "", *element.attrib.values()]:
            document.characters(value)
        if element.tag == MEDIA + "group":
            document.demand(len(element.findall(MEDIA + "content")) > 1, "MediaGroupWithoutAlternatives")
        if element.tag in (MEDIA + "content", MEDIA + "thumbnail", MEDIA + "player"):
            document.uri(element.get("url"))
            for name in ("width", "height", "fileSize", "duration"):
                if element.get(name) is not None:
                    document.demand(re.match(r"[1-9]\d*$", element.get(name)), "InvalidPositiveInteger", element.get(name))
        if element.tag == MEDIA + "rating":
            document.demand(element.text in ("adult", "nonadult"), "InvalidMediaRating", element.text)
        if element.tag in (MEDIA + "title", MEDIA + "description"):
            document.demand(element.get("type") in ("plain", "html"), "InvalidMediaTextType")
            if element.get("type") == "plain":
                document.plain(element.text, "ContainsUndeclaredHTML")
        if element.tag == THREAD + "in-reply-to":
            document.demand(is_canonical(element.get("ref", "")), "NonCanonicalURI", element.get("ref"))
    for name in ("title", "description", "copyright"):
        document.demand(len(entry.findall(MEDIA + name)) < 2, "DuplicateElement", name)


def check_construct(document, element, strict):
    """An Atom text construct (RFC 4287, 3.1)."""
    kind = element.get("type", "text")
    document.demand(kind in ("text", "html"), "InvalidTextType", kind)
    document.demand((element.text or "").strip() and len(element) == 0, "NotBlank", element.tag)
    if kind == "html":
        document.html(element.text, strict)
    else:
        document.plain(element.text, "ContainsUndeclaredHTML")


def check_person(document, person):
    document.demand((person.findtext(ATOM + "name") or "").strip(), "NotBlank", "author/name")
    document.demand(person.find(ATOM + "email") is None, "MailAddress")
    if person.find(ATOM + "uri") is not None:
        document.uri(person.findtext(ATOM + "uri"))


def check_id(document, value):
    document.uri(value, "InvalidFullLink")
    document.demand(is_canonical(value or ""), "NonCanonicalURI", value)
    if (value or "").startswith("tag:"):
        document.demand(TAG_URI.match(value), "InvalidTAG", value)


def check_atom(document, raw, strict):
    feed = ElementTree.fromstring(raw)
    check_namespaces(document, raw)
    document.demand(feed.get(LANGUAGE), "MissingDCLanguage")
    check_links(document, feed.findall(ATOM + "link"), "feed")
    check_id(document, feed.findtext(ATOM + "id"))
    check_construct(document, feed.find(ATOM + "title"), strict)
    seen_ids, seen_updated = set(), set()
    for entry in feed.findall(ATOM + "entry"):
        own_id, updated = entry.findtext(ATOM + "id"), entry.findtext(ATOM + "updated")
        check_id(document, own_id)
        document.demand(own_id not in seen_ids, "DuplicateEntries", own_id)
        document.demand(updated not in seen_updated, "DuplicateUpdated", updated)
        seen_ids.add(own_id)
        seen_updated.add(updated)
        for date in (updated, entry.findtext(ATOM + "published")):
            document.demand(RFC3339.match(date or ""), "InvalidRFC3339Date", date)
            document.demand((date or "") > "1990", "ImplausibleDate", date)
        check_construct(document, entry.find(ATOM + "title"), strict)
        texts = [element for name in ("summary", "content") for element in entry.findall(ATOM + name)]
        document.demand(texts, "MissingTextualContent", own_id)
        for element in texts:
            check_construct(document, element, strict)
        for rights in entry.findall(ATOM + "rights"):
            check_construct(document, rights, strict)
        source = entry.find(ATOM + "source")
        document.demand(source is not None, "MissingSourceElement", own_id)
        if source is not None:
            check_id(document, source.findtext(ATOM + "id"))
            check_construct(document, source.find(ATOM + "title"), strict)
            document.demand(source.find(ATOM + "updated") is not None, "MissingSourceElement", "updated")
            check_links(document, source.findall(ATOM + "link"), "source")
        for person in entry.iter(ATOM + "author"):
            check_person(document, person)
        for category in entry.findall(ATOM + "category"):
            document.demand(category.get("term", "").strip(), "AttrNotBlank", "term")
            if category.get("scheme") is not None:
                document.uri(category.get("scheme"))
            if category.get("label") is not None:
                document.plain(category.get("label"), "ContainsHTML")
        check_links(document, entry.findall(ATOM + "link"), "entry")
        check_modules(document, entry)


def check_rss(document, raw, strict):
    root = ElementTree.fromstring(raw)
    channel = root.find("channel")
    check_namespaces(document, raw)
    document.demand(root.get("version") == "2.0", "Version", root.get("version"))
    check_links(document, channel.findall(ATOM + "link"), "feed")
    for name in ("title", "link", "description", "language"):
        document.demand((channel.findtext(name) or "").strip(), "MissingElement", name)
    document.demand(RFC822.match(channel.findtext("lastBuildDate") or ""), "InvalidRFC2822Date", "lastBuildDate")
    seen = set()
    for item in channel.findall("item"):
        guid = item.find("guid")
        document.demand(guid is not None and guid.text, "MissingGuid")
        document.demand(guid.text not in seen, "DuplicateValue", guid.text)
        seen.add(guid.text)
        is_permalink = guid.get("isPermaLink", "true") == "true"
        document.demand(not is_permalink or guid.text.startswith(("http://", "https://")), "InvalidHttpGUID", guid.text)
        document.demand(len(guid.text) > 8 or not guid.text.isdigit(), "NotSufficientlyUnique", guid.text)
        document.demand(item.find("author") is None, "InvalidAddrSpec", "author")
        document.demand((item.findtext("title") or "").strip(), "NotBlank", "title")
        # A reference written as `&#x26;` is known to the validator as the profile's way to write a sign.
        for text in [item.findtext("title"), *(category.text for category in item.findall("category"))]:
            document.demand(not re.search(r"</\w+>", text or ""), "ContainsHTML", text)
        for creator in item.findall(DC + "creator"):
            document.demand((creator.text or "").strip(), "NotBlank", "dc:creator")
        for name in ("link", "comments"):
            if item.find(name) is not None:
                document.uri(item.findtext(name))
        date = item.findtext("pubDate") or ""
        document.demand(RFC822.match(date), "InvalidRFC2822Date", date)
        document.demand(parsedate_to_datetime(date).strftime("%a") == date[:3], "IncorrectDOW", date)
        document.demand(int(date[12:16] or 0) >= 1990, "ImplausibleDate", date)
        files = item.findall("enclosure")
        document.demand(len(files) < 2, "DuplicateEnclosure")
        for file in files:
            document.uri(file.get("url"))
            document.demand((file.get("length") or "").isdigit(), "InvalidIntegerAttribute", file.get("length"))
            document.demand(MIME.match(file.get("type") or ""), "InvalidMIMEAttribute", file.get("type"))
        children = [child.tag for child in item]
        if CONTENT in children:
            document.demand("description" in children[:children.index(CONTENT)], "NeedDescriptionBeforeContent", guid.text)
        for name in ("description", CONTENT):
            document.demand(children.count(name) < 2, "DuplicateElement", name)
            document.html(item.findtext(name), strict)
        for category in item.findall("category"):
            document.demand((category.text or "").strip(), "NotBlank", "category")
        source = item.find("source")
        if source is not None:
            document.uri(source.get("url"))
        check_links(document, item.findall(ATOM + "link"), "entry")
        check_modules(document, item)


def check_json(document, raw, strict):
    feed = json.loads(raw.decode("utf-8"))
    known = {"version", "title", "home_page_url", "feed_url", "description", "language", "next_url", "hubs", "items", "icon"}
    document.demand(feed.get("version") == "https://jsonfeed.org/version/1.1", "Version")
    document.demand(feed.get("feed_url") == document.address, "SelfDoesntMatchLocation", feed.get("feed_url"))
    of_item = {"id", "url", "title", "content_html", "content_text", "summary", "image", "date_published", "date_modified",
               "authors", "tags", "language", "attachments"}
    document.demand(all(key in known or key.startswith("_") for key in feed), "ExtensionName", list(feed))
    ids = [item.get("id") for item in feed["items"]]
    document.demand(len(set(ids)) == len(ids), "DuplicateId")
    for item in feed["items"]:
        document.demand(all(key in of_item or key.startswith("_") for key in item), "ExtensionName", list(item))
        document.demand(item.get("content_html") or item.get("content_text"), "MissingTextualContent", item.get("id"))
        document.html(item.get("content_html"), strict)
        document.demand(all(author.get("name") for author in item.get("authors", [])), "NotBlank", "author")
        for name in ("url", "image"):
            if name in item:
                document.uri(item[name])
        for name in ("date_published", "date_modified"):
            document.demand(RFC3339.match(item.get(name, "")), "InvalidRFC3339Date", item.get(name))
        for file in item.get("attachments", []):
            document.uri(file.get("url"))
            document.demand(MIME.match(file.get("mime_type", "")), "InvalidMIMEType", file)
        document.characters("".join(value for value in item.values() if isinstance(value, str)))


def check_opml(document, raw):
    root = ElementTree.fromstring(raw)
    document.demand(root.tag == "opml" and root.get("version") == "2.0", "Version")
    document.demand(root.find("body/outline") is not None, "MissingElement", "outline")
    for outline in root.iter("outline"):
        document.demand((outline.get("text") or "").strip(), "MissingOutlineText")
        if outline.get("xmlUrl") is not None:
            document.demand(outline.get("type") == "rss", "MissingOutlineType", outline.get("text"))
            document.uri(outline.get("xmlUrl"))


def documents(folder):
    for base, _, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith((".xml", ".json", ".opml")):
                yield os.path.relpath(os.path.join(base, name), folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--base", help="the address of the site; the self link of /atom.xml by default")
    parser.add_argument("--every", type=int, default=1, help="look at every so many-th document below /source/")
    arguments = parser.parse_args()
    with open(os.path.join(arguments.folder, "feed.json"), encoding="utf-8") as file:
        base = arguments.base or json.load(file)["feed_url"].removesuffix("/feed.json")
    strict = strict_parser()
    checks, faults, count = Checks(), collections.defaultdict(list), 0
    for place, path in enumerate(sorted(documents(arguments.folder))):
        if path.startswith("source/") and place % arguments.every:
            continue
        count += 1
        document = Document(path, f"{base}/{urllib.parse.quote(path)}")
        with open(os.path.join(arguments.folder, path), "rb") as file:
            raw = file.read()
        if path.endswith("atom.xml"):
            check_atom(document, raw, strict)
        elif path.endswith("rss.xml"):
            check_rss(document, raw, strict)
        elif path.endswith(".json"):
            check_json(document, raw, strict)
        else:
            check_opml(document, raw)
        for name, detail in document.faults:
            faults[name].append(f"{path}: {detail}")
    checks.that(count > 20, f"{count} documents are looked at")
    for name, found in sorted(faults.items(), key=lambda pair: -len(pair[1])):
        checks.that(False, f"{name}: {len(found)}", "\n      " + "\n      ".join(found[:6]))
    checks.that(not faults, "none of them would be faulted")
    checks.end()


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main()
