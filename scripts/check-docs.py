#!/usr/bin/env python3
"""Checks that what the Markdown pages point to exists: links, headings, and the files that they name."""

import os
import re
import sys
import unicodedata
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = {".git", ".tools", ".venv", "dist", "node_modules", "target", "test-results"}
FOLDERS = sorted(entry.name for entry in ROOT.iterdir() if entry.is_dir() and not entry.name.startswith("."))

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# Such as `core/src/client.rs`, or the module `leptos-socket/tests/it/truth`; but `leptos-socket/csr` is a feature.
FILE = re.compile(rf"(?:{'|'.join(map(re.escape, FOLDERS))})/(?:[\w.-]+/)*(?:[\w-]+/[\w-]*|[\w-]+\.\w+)")


def main():
    pages = {path: FENCE.sub("", path.read_text()) for path in find_pages()}
    wrong = [
        f"{page.relative_to(ROOT)}: {target} does not exist"
        for page, text in sorted(pages.items())
        for target in [*dead_links(page, text, pages), *missing_files(text)]
    ]
    print("\n".join(wrong) or f"   {len(pages)} pages: every link leads somewhere, and every file exists")
    sys.exit(bool(wrong))


def find_pages():
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        yield from (Path(folder, name) for name in files if name.endswith(".md"))


def dead_links(page, text, pages):
    for target in LINK.findall(CODE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, heading = unquote(target).partition("#")
        there = (page.parent / file).resolve() if file else page
        is_dead = not there.exists()
        if is_dead or (heading and there in pages and heading not in headings(pages[there])):
            yield target


def headings(text):
    """As GitHub makes them: lower case, without punctuation, with hyphens."""
    for heading in HEADING.findall(text):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        yield "".join(
            "-" if char == " " else char
            for char in words
            if char in " -_" or unicodedata.category(char)[0] in "LN"
        )


def missing_files(text):
    for name in CODE.findall(text):
        if FILE.fullmatch(name) and not any((ROOT / f"{name}{ending}").exists() for ending in ["", ".rs"]):
            yield name


main()
