#!/usr/bin/env python3
"""How well `newsriver classify` sorts what others have labelled, and what that costs.

    python3 tests/e2e/classify.py BINARY SHARED [--sets thuc-all,tnews]

SHARED has `data/` (the labelled sets) and `score/score_classify.py`, which are not part of this repository.
Small samples are the mean over five seeds, sets without a split of their own the mean over five folds by the
digest of the id. Prints a line a set; exit status 1 when one lies below its floor.
"""

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile

# Set, bounds: what was reached, less what the next change may cost by accident.
FLOORS = {
    "thuc-20": {"accuracy": 0.715},
    "thuc-100": {"accuracy": 0.805},
    "thuc-1000": {"accuracy": 0.873},
    "thuc-all": {
        "accuracy": 0.908,
        "macro_f1": 0.908,
        "accuracy_at_floor": 0.940,
        "answered_at_floor": 0.915,
        "calibration_error": 0.022,
        "cpu_seconds": 30,
    },
    "tnews": {"accuracy": 0.482},
    "ag": {"accuracy": 0.875},
    "bbc": {"accuracy": 0.962},
}
AT_MOST = {"calibration_error", "cpu_seconds"}
FIGURES = ["accuracy", "macro_f1", "answered_at_floor", "accuracy_at_floor", "calibration_error", "cpu_seconds"]


def rows(path):
    with open(path, encoding="utf8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def write(path, lines):
    with open(path, "w", encoding="utf8") as out:
        for line in lines:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    return path


def fold(row):
    return int(hashlib.md5(row["id"].encode()).hexdigest(), 16) % 5


def runs(name, data, folder):
    """Yields the score's arguments for each run of a set."""
    if name.startswith("thuc-"):
        size = name.removeprefix("thuc-")
        train, dev = f"{data}/thuc-titles/train.jsonl", f"{data}/thuc-titles/dev.jsonl"
        common = ["--gold", dev, "--items", dev, "--train", train]
        if size == "all":
            yield common
        else:
            for seed in range(1, 6):
                yield [*common, "--per-class", size, "--seed", str(seed)]
        return
    labelled = rows(f"{data}/{ {'ag': 'ag-news', 'bbc': 'bbc-news'}.get(name, name) }/labelled.jsonl")
    for number in range(5):
        train = write(f"{folder}/{name}-train.jsonl", [row for row in labelled if fold(row) != number])
        test = write(f"{folder}/{name}-test.jsonl", [row for row in labelled if fold(row) == number])
        yield ["--gold", test, "--items", test, "--train", train]


def score(binary, shared, arguments):
    command = f"{binary} classify --train {{train}} --input {{items}}"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, f"{shared}/score/score_classify.py", *arguments, "--floor", "0.6", "--cmd", command],
        stdout=subprocess.PIPE,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = json.loads(done.stdout)
    if done.returncode:
        raise SystemExit(f"the output breaks the contract: {figures['contract_errors']}")
    # The score's own reading and writing is in it: a bound from above.
    figures["cpu_seconds"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return figures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("shared")
    parser.add_argument("--sets", default=",".join(FLOORS))
    arguments = parser.parse_args()
    binary = os.path.abspath(arguments.binary)
    is_good = True
    print(f"{'set':10}" + "".join(f"{figure:>19}" for figure in FIGURES))
    for name in arguments.sets.split(","):
        with tempfile.TemporaryDirectory() as folder:
            all_runs = [score(binary, arguments.shared, run) for run in runs(name, f"{arguments.shared}/data", folder)]
        mean = {figure: sum(run[figure] for run in all_runs) / len(all_runs) for figure in FIGURES}
        print(f"{name:10}" + "".join(f"{mean[figure]:19.4f}" for figure in FIGURES), flush=True)
        for figure, bound in FLOORS[name].items():
            if (mean[figure] > bound) if figure in AT_MOST else (mean[figure] < bound):
                print(f"{name}: {figure} is {mean[figure]:.4f}, and {bound} was reached before")
                is_good = False
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
