#!/usr/bin/env python3
"""Checks that the include edges are exactly those of layers.txt, and that rooms stay small."""

import collections
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = pathlib.Path(__file__).with_name("layers.txt")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
# The largest rooms there are. The number may only go down: a folder of more files holds more than
# one idea, and a newcomer no longer sees which.
ROOM_FILES_MAX = 26


def parse_rules(text):
    """The places in the order of the file, each with the places that it may include."""
    rules, place = {}, None
    for line in text.splitlines():
        line = line.split("#", 1)[0].rstrip()
        if line.startswith(" "):
            rules[place].extend(line.split())
        elif line:
            place, allowed = line.split("->")
            place = place.strip()
            rules[place] = allowed.split()
    return rules


def place_of(path, rules):
    """The most specific place that covers a file, or None."""
    text = str(path)
    if text.endswith(".cc") and text[:-3] + ".h" in rules:
        return text[:-3] + ".h"
    candidates = [p for p in rules if text == p or text.startswith(p + "/")]
    return max(candidates, key=len, default=None)


def target_of(include):
    """The file of ours that an #include names; None for those of packages."""
    generated_from = re.sub(r"(\.grpc)?\.pb\.h$", ".proto", include)
    if generated_from != include and (ROOT / "proto" / generated_from).exists():
        return "proto/" + generated_from
    return include if include.split("/")[0] in ("registry", "server", "cli", "tests") else None


def wrong_edges(includes, rules):
    """One sentence for each of the (file, include) pairs that the rules do not list, and for each
    edge of the rules that no pair needs."""
    wrong, needed = [], collections.defaultdict(set)
    for source, include in includes:
        target = target_of(include)
        if target is None:
            continue
        place, target_place = place_of(source, rules), place_of(target, rules)
        if place is None or target_place is None:
            wrong.append(f"{source} includes {include}: no line in layers.txt covers one of them")
        elif target_place != place:
            needed[place].add(target_place)
            if target_place not in rules[place]:
                wrong.append(f"{source} ({place}) must not include {include} ({target_place})")
    for place, allowed in rules.items():
        for unneeded in sorted(set(allowed) - needed[place]):
            wrong.append(f"{place} does not include {unneeded}: take it out of layers.txt")
    return wrong


def upward_edges(rules):
    """The edges that do not lead to a place further up in the file."""
    order = list(rules)
    return [
        f"{place} -> {allowed}"
        for place in rules
        for allowed in rules[place]
        if allowed not in rules or order.index(allowed) >= order.index(place)
    ]


def stands_outside(path):
    return path.name.endswith(("_test.cc", "_contract.h"))


def sources():
    """Every .h and .cc that the rules are about, relative to the repository's root."""
    for folder in ("registry", "server", "cli", "tests"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".h", ".cc") and not stands_outside(path):
                yield path.relative_to(ROOT)


class Layers(unittest.TestCase):
    def setUp(self):
        self.rules = parse_rules(RULES.read_text())

    def test_include_edges_are_those_listed(self):
        includes = [(s, i) for s in sources() for i in INCLUDE.findall((ROOT / s).read_text())]
        self.assertGreater(len(includes), 500, "the sources were not found")
        wrong = wrong_edges(includes, self.rules)
        self.assertEqual([], wrong, "\n" + "\n".join(wrong))

    def test_edges_lead_up_so_that_no_circle_can_arise(self):
        self.assertEqual([], upward_edges(self.rules))

    def test_every_file_has_a_place_and_every_place_has_files(self):
        places = {place_of(source, self.rules) for source in sources()} | {
            place_of(f"proto/{path.relative_to(ROOT / 'proto')}", self.rules)
            for path in (ROOT / "proto").rglob("*.proto")
        }
        # version.h is made by CMake.
        self.assertEqual(set(self.rules) - {"server/version.h"}, places)

    def test_rooms_stay_small(self):
        rooms = collections.Counter(source.parent for source in sources())
        large = {str(room): n for room, n in rooms.items() if n > ROOM_FILES_MAX}
        self.assertEqual({}, large, "split these rooms: one idea a folder")


class TheCheckItself(unittest.TestCase):
    RULES = parse_rules(
        """
        registry/base ->
        registry/model -> registry/base   # a comment
        registry/store ->
          registry/model
        """.replace("\n        ", "\n")
    )

    def test_what_an_allowed_place_includes_is_not_allowed_by_that(self):
        includes = [
            ("registry/model/a.h", "registry/base/b.h"),
            ("registry/store/c.h", "registry/model/a.h"),
            ("registry/store/c.h", "registry/base/b.h"),
        ]
        self.assertEqual(
            ["registry/store/c.h (registry/store) must not include registry/base/b.h (registry/base)"],
            wrong_edges(includes, self.RULES),
        )

    def test_an_edge_that_nothing_needs_is_noticed(self):
        includes = [("registry/store/c.h", "registry/model/a.h")]
        self.assertEqual(
            ["registry/model does not include registry/base: take it out of layers.txt"],
            wrong_edges(includes, self.RULES),
        )

    def test_a_file_without_a_place_is_noticed(self):
        self.assertIn(
            "no line in layers.txt covers",
            wrong_edges([("registry/new/d.h", "registry/base/b.h")], self.RULES)[0],
        )

    def test_a_circle_is_noticed(self):
        rules = parse_rules("registry/base -> registry/model\nregistry/model -> registry/base\n")
        self.assertEqual(["registry/base -> registry/model"], upward_edges(rules))


if __name__ == "__main__":
    sys.exit(unittest.main())
