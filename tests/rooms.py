"""Prints the branch coverage of each room, and the files that are covered least."""

# ruff: noqa: T201 - a program

import json
import sys
from collections import defaultdict
from pathlib import Path, PurePath

_LEAST = 5
_COUNTS = ("covered_lines", "num_statements", "covered_branches", "num_branches")


def main(report):
    """Read what `coverage json` wrote, and print two tables."""
    files = {PurePath(name): file["summary"] for name, file in json.loads(Path(report).read_text())["files"].items()}
    rooms = defaultdict(lambda: dict.fromkeys(_COUNTS, 0))
    for path, summary in files.items():
        for count in _COUNTS:
            rooms[path.parent][count] += summary[count]
            rooms[PurePath("all")][count] += summary[count]
    _table("room", sorted(rooms.items()))
    with_branches = [(path, summary) for path, summary in files.items() if summary["num_branches"]]
    _table("least covered file", sorted(with_branches, key=lambda item: _share(item[1]))[:_LEAST])


def _table(title, rows):
    print(f"\n{title:<48}{'statements':>12}{'branches':>12}{'covered':>10}")
    for name, counts in rows:
        shares = (
            f"{counts['covered_lines']}/{counts['num_statements']}",
            f"{counts['covered_branches']}/{counts['num_branches']}",
        )
        print(f"{name!s:<48}{shares[0]:>12}{shares[1]:>12}{_share(counts):>10.1%}")


def _share(counts):
    """Return which part of the statements and branches was run."""
    possible = counts["num_statements"] + counts["num_branches"]
    return (counts["covered_lines"] + counts["covered_branches"]) / possible if possible else 1.0


if __name__ == "__main__":
    main(sys.argv[1])
