#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the tree's own rules: which folder may include which, licence tags, words that must not stay, sizes."""
import re
import subprocess
import sys
from pathlib import Path

# Each folder, and what it may include beside itself. "rvirt" is the installed header.
BELOW = {
    "src/base": set(),
    "src/protocol": {"base"},
    "src/transport": {"base", "protocol"},
    "src/conf": {"base", "protocol"},
    "src/drivers": {"base", "protocol", "transport", "conf"},
    "src/lib": {"base", "protocol", "transport", "conf", "drivers", "rvirt"},
    "src/daemon": {"base", "protocol", "transport", "conf", "drivers"},
    "src/shell": {"base", "rvirt"},
    "src/include": {"rvirt"},
    "helper": {"base", "transport", "rvirt"},
    "gateway": set(),
}
# Inline attributes only: no code of base is linked by it.
ANYWHERE = {"config.h", "base/cleanup.h"}

LIMITS = {".c": 500, ".h": 150}
FUNCTION_LIMIT = 60
LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|not implemented|for now", re.IGNORECASE)
GENERATED = re.compile(r"^tests/(fuzz/corpus|golden)/")


def tracked():
    git = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                         capture_output=True, text=True, check=False)
    names = git.stdout.split("\n") if git.returncode == 0 else map(str, Path(".").rglob("*"))
    return [Path(n) for n in names if n and Path(n).is_file() and not GENERATED.match(n)]


def folder_of(path):
    return next((f for f in BELOW if path.is_relative_to(f)), None)


def wrong_includes(path, text):
    folder = folder_of(path)
    if not folder:
        return
    own = folder.removeprefix("src/")
    for number, name in re.findall(r'^\s*#\s*include\s+()"([^"]+)"', text, re.MULTILINE):
        first = name.split("/")[0] if "/" in name else own
        if name not in ANYWHERE and first != own and first not in BELOW[folder]:
            yield f"{path}: {folder} must not include {name}"


def wrong_text(path, text):
    if path.suffix in {".c", ".h", ".x", ".def", ".inc", ".bats", ".bash", ".py"} and \
            "SPDX-License-Identifier" not in text[:200]:
        yield f"{path}: no licence tag at the head"
    if path.parts[:2] == ("src", "shell") and path.suffix in {".c", ".h"} and \
            "GPL-2.0-or-later" not in text[:200]:
        yield f"{path}: the shell's licence is GPL-2.0-or-later"
    if path.suffix in {".c", ".h", ".x", ".def"}:
        for number, line in enumerate(text.split("\n"), 1):
            if LEFTOVERS.search(line):
                yield f"{path}:{number}: {line.strip()}"
            if re.match(r"extern (?!const )[^(]*;", line):
                yield f"{path}:{number}: extern variable"


def sizes(path, text):
    lines = text.split("\n")
    limit = LIMITS.get(path.suffix)
    if limit and len(lines) - 1 > limit:
        yield f"{path}: {len(lines) - 1} lines (limit {limit})"
    if path.suffix != ".c":
        return
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
        elif line.startswith("}") and start is not None:
            if number - start - 1 > FUNCTION_LIMIT:
                name = re.sub(r"\(.*", "", lines[start - 1]).split(" ")[-1].lstrip("*")
                yield f"{path}:{start}: {name} has {number - start - 1} lines (limit {FUNCTION_LIMIT})"
            start = None


def main():
    wrong, large = [], []
    for path in tracked():
        if path.name == "lint-tree.py":
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        wrong += [*wrong_includes(path, text), *wrong_text(path, text)]
        large += sizes(path, text)
    for line in wrong:
        print(line)
    for line in large:
        print("large:", line)
    return 1 if wrong else 0


sys.exit(main())
