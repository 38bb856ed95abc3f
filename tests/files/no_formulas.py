"""Checks that the second column of a workbook holds the given texts, and none of them as a formula."""

import json
import sys

import openpyxl
from openpyxl.utils.escape import unescape

workbook = openpyxl.load_workbook(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as file:
    expected = json.load(file)
cells = [row[1] for row in workbook.active.iter_rows(min_row=2)]
assert len(cells) == len(expected), (len(cells), len(expected))
for cell, text in zip(cells, expected):
    assert cell.data_type in ("s", "inlineStr"), (cell.coordinate, cell.data_type, cell.value)
    assert unescape(cell.value) == text, (cell.coordinate, cell.value, text)
