# SPDX-License-Identifier: Apache-2.0
"""parameters.py <JSON: `autorac list parameters --json` as tables, a file each."""
import json
import sys

rows = json.load(sys.stdin)
for name in dict.fromkeys(r["file"] for r in rows):
    mine = [r for r in rows if r["file"] == name]
    columns = ["key", "unit"]
    columns += ["value", "kind", "source"] if "value" in mine[0] else ["default", "range", "help"]
    print(f"\n## {name}\n")
    print("| " + " | ".join(columns) + " |\n|" + " --- |" * len(columns))
    for r in mine:
        print("| " + " | ".join(str(r[c]).replace("|", "\\|") for c in columns) + " |")
