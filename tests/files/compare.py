"""Compares the four files of a table with the values that were written: expected.json says which.

Usage: compare.py DIRECTORY
"""

import datetime
import json
import pathlib
import sys

import duckdb
import openpyxl
from openpyxl.utils.escape import unescape

directory = pathlib.Path(sys.argv[1])
expected = json.loads((directory / "expected.json").read_text(encoding="utf-8"))
names = [name for name, _ in expected["columns"]]
kinds = [kind for _, kind in expected["columns"]]
rows = expected["rows"]
database = duckdb.connect()
database.execute("SET TimeZone = 'UTC'")


def same(what, found, wanted):
    assert len(found) == len(wanted), (what, "rows", len(found), len(wanted))
    for number, (left, right) in enumerate(zip(found, wanted), 1):
        for name, a, b in zip(names, left, right, strict=True):
            assert type(a) is type(b) and a == b, (what, number, name, a, b)


def types(source):
    described = database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    assert [row[0] for row in described] == names, described
    return [row[1] for row in described]


def selected(source, time):
    parts = [time.format(name) if kind == "Time" else f'"{name}"' for name, kind in expected["columns"]]
    return [list(row) for row in database.execute(f"SELECT {', '.join(parts)} FROM {source}").fetchall()]


EXACT = {"Text": "VARCHAR", "Integer": "BIGINT", "Real": "DOUBLE", "Boolean": "BOOLEAN", "Duration": "BIGINT"}

# Parquet carries its types.
source = f"read_parquet('{directory}/table.parquet')"
assert types(source) == [EXACT.get(kind, "TIMESTAMP WITH TIME ZONE") for kind in kinds], types(source)
same("parquet", selected(source, 'epoch_ms("{}")'), rows)

# NDJSON is read with the types that are documented; what DuckDB guesses is checked where there are rows to see.
columns = ", ".join(f"{name}: '{EXACT.get(kind, 'BIGINT')}'" for name, kind in expected["columns"])
source = f"read_json('{directory}/table.ndjson', format='newline_delimited', columns={{{columns}}})"
same("ndjson", selected(source, '"{}"'), rows)
if rows:
    source = f"read_json('{directory}/table.ndjson')"
    # It takes a column with negative integers for HUGEINT.
    guessed = [kind.replace("HUGEINT", "BIGINT") for kind in types(source)]
    assert guessed == [EXACT.get(kind, "BIGINT") for kind in kinds], guessed
    same("ndjson with guessed types", selected(source, '"{}"'), rows)

# CSV: the only value that differs is a text that looks like a formula.
guarded = [
    ["'" + cell if kind == "Text" and cell and cell[0] in "=+-@\t\r" else cell for kind, cell in zip(kinds, row)]
    for row in rows
]
columns = ", ".join(f"{name}: '{EXACT.get(kind, 'TIMESTAMP')}'" for name, kind in expected["columns"])
options = f"header=true, delim=',', quote='\"', escape='\"', allow_quoted_nulls=false, columns={{{columns}}}"
source = f"read_csv('{directory}/table.csv', {options})"
same("csv", selected(source, 'epoch_ms("{}")'), guarded)
types(f"read_csv('{directory}/table.csv', header=true)")

# Excel: integers beyond 2^53 are texts, and empty text is no cell.
workbook = openpyxl.load_workbook(directory / "table.xlsx")
assert workbook.sheetnames == [expected["sheet"]], workbook.sheetnames
sheet = workbook.active
assert [cell.value for cell in sheet[1]] == names
assert sheet.freeze_panes == "A2", sheet.freeze_panes
last = openpyxl.utils.get_column_letter(len(names))
assert sheet.auto_filter.ref == f"A1:{last}{len(rows) + 1}" or not rows, sheet.auto_filter.ref
assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def excel(kind, cell):
    if cell is None or cell == "":
        return None
    if kind == "Time":
        return datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=cell)
    if kind in ("Integer", "Duration") and abs(cell) > 2**53:
        return str(cell)
    return float(cell) if kind in ("Integer", "Real", "Duration") else cell


def read(cell):
    if isinstance(cell.value, datetime.datetime):
        assert cell.is_date and cell.number_format == "yyyy-mm-dd hh:mm:ss.000", cell.number_format
        return cell.value
    if isinstance(cell.value, int) and not isinstance(cell.value, bool):
        return float(cell.value)
    return unescape(cell.value) if isinstance(cell.value, str) else cell.value


found = [[read(cell) for cell in row] for row in sheet.iter_rows(min_row=2, max_col=len(names))]
wanted = [[excel(kind, cell) for kind, cell in zip(kinds, row)] for row in rows]
while len(found) < len(wanted) and not any(cell is not None for cell in wanted[-1]):
    wanted.pop()  # a row of nulls at the end is no row in a workbook
same("xlsx", found, wanted)
