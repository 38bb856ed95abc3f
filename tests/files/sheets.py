"""Checks a workbook of seven rows on sheets of three."""

import sys

import openpyxl

workbook = openpyxl.load_workbook(sys.argv[1])
assert workbook.sheetnames == ["texts", "texts 2", "texts 3"], workbook.sheetnames
numbers = []
for sheet in workbook:
    (header, *rows) = sheet.iter_rows(values_only=True)
    assert header == ("number", "text"), header
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:B{len(rows) + 1}", sheet.auto_filter.ref
    numbers.append([number for number, text in rows if text == f"row {number}"])
assert numbers == [[0, 1, 2], [3, 4, 5], [6]], numbers
