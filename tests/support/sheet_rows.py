"""Prints the rows of a workbook's sheet as JSON: times in milliseconds since 1970, and formulas as what they are."""

import datetime
import json
import sys

import openpyxl


def plain(cell):
    assert cell.data_type != "f", (cell.coordinate, cell.value)
    if isinstance(cell.value, datetime.datetime):
        since = cell.value.replace(tzinfo=datetime.timezone.utc).timestamp()
        return round(since * 1000)
    return cell.value


rows = list(openpyxl.load_workbook(sys.argv[1]).active.iter_rows())
names = [cell.value for cell in rows[0]]
print(json.dumps([dict(zip(names, map(plain, row))) for row in rows[1:]]))
