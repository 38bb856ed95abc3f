"""Runs the queries of docs/recipes.md on the files that its commands made; every query must find rows, and known.json
tells rows that one of them must find.

Usage: run.py DIRECTORY
"""

import json
import os
import sqlite3
import sys

import duckdb

os.chdir(sys.argv[1])
with open("queries.json", encoding="utf-8") as file:
    queries = json.load(file)
read_models = sqlite3.connect("file:read-models.sqlite?mode=ro", uri=True)


def found(query):
    engine = query.splitlines()[0]
    if engine == "-- DuckDB":
        result = duckdb.connect().execute(query)
    elif engine == "-- SQLite":
        result = read_models.execute(query)
    else:
        raise AssertionError(f"the first line must name the program, not say {engine!r}")
    names = [column[0] for column in result.description]
    return names, result.fetchall()


with open("known.json", encoding="utf-8") as file:
    known = json.load(file)

for query in queries:
    try:
        names, rows = found(query)
    except (duckdb.Error, sqlite3.Error) as error:
        raise AssertionError(f"{error}\nin the query\n{query}") from error
    assert rows, f"no rows from\n{query}"
    for index, name in enumerate(names):
        assert any(row[index] is not None for row in rows), f"{name} is always null in\n{query}"
    if "rest" in names:
        assert all(row[names.index("rest")] == 0 for row in rows), rows
    known = [expected for expected in known if tuple(expected) not in rows]
assert not known, f"no query answers {known}"
