"""Writes N made-up items for `newsriver dedup`, spread over 21 days: Chinese texts of some 700 characters, a fifth of
them reprints with another title and a dateline, the same for the same N.

    python3 tests/bench/items.py N >FILE
"""

import itertools
import json
import random
import sys
from datetime import datetime, timedelta, timezone

COUNT = int(sys.argv[1])
DICE = random.Random(7)
BEGIN = datetime(2026, 3, 1, tzinfo=timezone.utc)
WORDS = ["".join(chr(0x4E00 + DICE.randrange(3000)) for _ in range(2)) for _ in range(20_000)]
# Some words are said much more often than others.
WEIGHTS = list(itertools.accumulate(1 / (rank + 20) for rank in range(len(WORDS))))


def words(count):
    return "".join(DICE.choices(WORDS, cum_weights=WEIGHTS, k=count))


recent = []
for number in range(COUNT):
    if recent and DICE.random() < 0.2:
        title, text = words(8), f"本报{number % 28 + 1}日电 {DICE.choice(recent)}（完）"
    else:
        title, text = words(8), f"{words(175)}，{words(170)}。"
        recent.append(text)
        if len(recent) > 5000:
            del recent[:1000]
    published = BEGIN + timedelta(seconds=21 * 86400 * number / COUNT)
    item = {
        "id": f"i{number}",
        "url": f"https://s{number % 500}.example/{number}.html",
        "title": title,
        "text": text,
        "source": f"s{number % 500}",
        "published": published.isoformat(),
    }
    print(json.dumps(item, ensure_ascii=False))
