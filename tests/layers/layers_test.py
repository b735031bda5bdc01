#!/usr/bin/env python3
"""Checks that include edges follow layers.txt and that no folder depends on itself in a circle."""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = pathlib.Path(__file__).with_name("layers.txt")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def read_rules():
    rules = {}
    for line in RULES.read_text().splitlines():
        line = line.split("#", 1)[0].strip()
        if line:
            place, allowed = line.split("->")
            rules[place.strip()] = allowed.split()
    return rules


def place_of(path, rules):
    """The most specific line of layers.txt that covers a file."""
    text = str(path)
    if text.endswith(".cc") and text[:-3] + ".h" in rules:
        return text[:-3] + ".h"
    candidates = [p for p in rules if text == p or text.startswith(p + "/")]
    return max(candidates, key=len, default=None)


def target_of(include):
    if include.startswith("cloudmap/"):
        return "proto/" + include
    return include if include.split("/")[0] in ("registry", "server", "cli", "tests") else None


def closure(place, rules):
    """Everything that may be included from a place, through its allowed places as well."""
    seen, stack = set(), [place]
    while stack:
        current = stack.pop()
        if current not in seen:
            seen.add(current)
            stack.extend(rules.get(current, []))
    return seen


def is_allowed(source_place, target, rules):
    return any(
        target == place or target.startswith(place + "/") for place in closure(source_place, rules)
    )


class Layers(unittest.TestCase):
    def setUp(self):
        self.rules = read_rules()

    def test_every_include_follows_the_layers(self):
        wrong = []
        for folder in ("registry", "server", "cli", "tests"):
            for path in sorted((ROOT / folder).rglob("*")):
                if path.suffix not in (".h", ".cc"):
                    continue
                source = path.relative_to(ROOT)
                if source.name.endswith("_test.cc") or source.name.endswith("_contract.h"):
                    continue  # tests stand outside the layers
                place = place_of(source, self.rules)
                if place is None:
                    wrong.append(f"{source}: no line in layers.txt covers it")
                    continue
                for include in INCLUDE.findall(path.read_text()):
                    target = target_of(include)
                    if target and not is_allowed(place, target, self.rules):
                        wrong.append(f"{source} ({place}) must not include {include}")
        self.assertEqual([], wrong, "\n" + "\n".join(wrong))

    def test_layers_have_no_cycle(self):
        for place in self.rules:
            for allowed in self.rules[place]:
                if allowed != place and not place.startswith(allowed):
                    self.assertNotIn(
                        place, closure(allowed, self.rules), f"{place} and {allowed} form a cycle"
                    )

    def test_a_forbidden_edge_is_noticed(self):
        self.assertFalse(is_allowed("registry/model", "server/dns/zones/zone.h", self.rules))
        self.assertFalse(is_allowed("server/dns/zones", "server/api/operations.h", self.rules))


if __name__ == "__main__":
    sys.exit(unittest.main())
