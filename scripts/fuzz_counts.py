"""Adds what libFuzzer's logs say to the table of a page: fuzz_counts.py docs/fuzzing.md build/fuzz/png_fuzz.log ...

A row is | entry point | executions | edges | last run |: executions are summed, edges are those of the last run.
"""

import datetime
import pathlib
import re
import sys

ROW = re.compile(r"^\| ([a-z_]+) \| ([0-9,]+) \| ([0-9,]+) \| ([0-9-]+) \|$")


def run_of(log):
    """(executions, edges) of a finished run; None of one that failed or never began."""
    done = re.findall(r"^(?:Done (\d+) runs in|#(\d+): cov:)", log, re.M)  # the second with -fork
    edges = re.findall(r"\bcov: (\d+)", log)
    return (int("".join(done[-1])), int(edges[-1])) if done and edges else None


def main(page, logs):
    lines = page.read_text().splitlines()
    rows = {match[1]: match for match in map(ROW.match, lines) if match}
    first = next(i for i, line in enumerate(lines) if line.startswith("|---")) + 1
    table = {name: (int(m[2].replace(",", "")), int(m[3].replace(",", "")), m[4]) for name, m in rows.items()}
    for log in logs:
        run = run_of(log.read_text(errors="replace"))
        if run is None:
            print(f"fuzz_counts: {log} holds no finished run")
            continue
        name = log.stem.removesuffix("_fuzz")
        table[name] = (table.get(name, (0,))[0] + run[0], run[1], datetime.date.today().isoformat())
    rest = [line for line in lines[first:] if not ROW.match(line)]
    written = [f"| {name} | {runs:,} | {edges:,} | {day} |" for name, (runs, edges, day) in sorted(table.items())]
    page.write_text("\n".join(lines[:first] + written + rest) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), [pathlib.Path(name) for name in sys.argv[2:]])
