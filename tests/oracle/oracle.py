"""Computes every published number a second time, in SQL over the exported events, and compares.

    oracle.py golden EVENTS EXPECTED     the SQL against numbers that were worked out by hand
    oracle.py timelines EVENTS TIMELINES the SQL against the timelines that the server tells
    oracle.py compare EVENTS SQLITE      the SQL against the read models
    oracle.py answers EVENTS ANSWERS     the SQL against what the server answers about histories
    oracle.py same SQLITE SQLITE         read models against others of the same deliveries in another order

EVENTS is NDJSON as `GET /v1/events` gives it. Exit code 0: equal; 1: the first differences are printed.
"""

import json
import pathlib
import sys
import tempfile

import duckdb

import order
import ours
import reading

READ, CHOOSE, IDENTIFY, *JUDGE = sorted((pathlib.Path(__file__).parent / "sql").glob("*.sql"))
ZONE = "Europe/Kyiv"
DIFFERENCES_SHOWN = 40
COMMANDS = ("golden", "timelines", "compare", "answers", "same")
COLUMNS = {
    "position": "BIGINT", "id": "VARCHAR", "kind": "VARCHAR", "attempt_id": "BIGINT", "event": "VARCHAR",
    "observation": "VARCHAR", "queue_type": "VARCHAR", "queue_id": "BIGINT", "occurred_at": "BIGINT", "recorded_at": "BIGINT",
    "flags": "VARCHAR[]", "settles": "VARCHAR", "payload": "JSON",
    # What reading.py adds.
    "content": "VARCHAR", "sender": "VARCHAR", "is_stated": "BOOLEAN", "states_time": "BOOLEAN", "latest_at": "BIGINT", "carried_joined_at": "BIGINT",
    "carried_joined_latest": "BIGINT", "carried_bridged_at": "BIGINT", "carried_bridged_latest": "BIGINT",
}


def with_readings(source, target):
    """Copies the records, each delivery with what can be read out of it."""
    with open(source, encoding="utf-8") as lines, open(target, "w", encoding="utf-8") as out:
        for line in lines:
            out.write(json.dumps(reading.read(json.loads(line)), ensure_ascii=False) + "\n")


def with_places(database, folder):
    """Gives every delivery that can count its place in time order."""
    candidates = database.execute(
        """
        select attempt_id, position, received_as, occurred_at, step, agent_id, is_stated, content
        from candidates""")
    path = folder / "places.csv"
    with open(path, "w", encoding="utf-8") as out:
        out.write("attempt_id,position,place\n")
        for row in order.places(candidates.fetchall()):
            out.write(",".join(map(str, row)) + "\n")
    columns = "{attempt_id: 'BIGINT', position: 'BIGINT', place: 'BIGINT'}"
    reading_places = f"from read_csv(?, header = true, columns = {columns})"
    database.execute(f"create or replace table places as {reading_places}", [str(path)])


def computed(events):
    """Runs the SQL; the connection that is returned holds the tables attempts, offers and cells."""
    database = duckdb.connect()
    database.execute("create table zone as select ? as name", [ZONE])
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "records.ndjson"
        with_readings(events, copy)
        columns = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
        records = f"read_json(?, format = 'newline_delimited', columns = {{{columns}}})"
        database.execute(f"create table recorded as from {records}", [str(copy)])
        database.execute(READ.read_text(encoding="utf-8"))
        # The ids choose among what a story of all of it would hold; the story is told of what they leave.
        for step in (CHOOSE, IDENTIFY, CHOOSE):
            if step is CHOOSE:
                with_places(database, pathlib.Path(folder))
            database.execute(step.read_text(encoding="utf-8"))
    for step in JUDGE:
        database.execute(step.read_text(encoding="utf-8"))
    unjudged = database.execute("from unjudged").fetchall()
    if unjudged:
        sys.exit(f"attempts with too many contradictory deliveries to weigh: {unjudged}")
    check_identities(database)
    return database


def check_identities(database):
    """What must hold whatever the events say."""
    classes = "answered + abandoned + flowed_out + cancelled + not_reached + dropped + other + open"
    broken = database.execute(f"""
        with wide as (
            pivot (from cells where owner = 'queue' and attribution = 'start')
            on name in ('offered', 'join_unknown', 'answered', 'abandoned', 'flowed_out', 'cancelled',
                'not_reached', 'dropped', 'other', 'open', 'live_answers', 'live_told', 'dialled', 'offers', 'offers_bridged', 'offers_answered',
                'offers_withdrawn', 'offers_open')
            using coalesce(sum(value), 0) group by period, start_at, queue_id)
        from wide
        where offered + join_unknown <> {classes}
           or live_told < dropped or live_answers < live_told or dialled < live_answers
           or offers < offers_bridged + offers_answered + offers_withdrawn + offers_open
    """).fetchall()
    if broken:
        sys.exit(f"the SQL contradicts itself: {broken[:5]}")


# What of a leg is never before what.
SEQUENCES = (
    ("started_at", "offered_at", "ring_ended_at", "ended_at"), ("offered_at", "answered_at", "ended_at"),
    ("offered_at", "bridged_at", "talk_ended_at", "wrap_started_at", "ended_at"), ("answered_at", "bridged_at"),
)


def impossible(tables):
    """What no row may say, whoever computed it: less than nothing, or an end before its beginning."""
    for table, known in tables.items():
        for key, row in known.items():
            for name, value in row.items():
                if (name == "value" or name.endswith("_ms")) and value is not None and value < 0:
                    yield f"{table} {key} {name}: {value} is less than nothing"
            for sequence in SEQUENCES if table == "offers" else ():
                times = [row[name] for name in sequence if row[name] is not None]
                if times != sorted(times):
                    yield f"{table} {key}: not in order: {dict(zip(sequence, times))}"


def rows(database, table, key):
    """A table as {key: {column: value}}."""
    result = database.execute(f"from {table}")
    names = [column[0] for column in result.description]
    places = [names.index(name) for name in key]
    return {tuple(row[place] for place in places): dict(zip(names, row)) for row in result.fetchall()}


def cells(database):
    """Every cell as {(owner, period, attribution, start_at, queue_id, agent_id, name): value}."""
    query = "select owner, period, attribution, start_at, queue_id, agent_id, name, value from cells"
    return {row[:-1]: row[-1] for row in database.execute(query).fetchall()}


def tables(database):
    """Everything that the SQL knows, under the names that differences are told in."""
    return {
        "attempts": {
            key: row | {"variables": json.loads(row["variables"] or "null")}
            for key, row in rows(database, "attempts", ["attempt_id"]).items()
        },
        "offers": rows(database, "offers", ["attempt_id", "leg"]),
        "cells": {key: {"value": value} for key, value in cells(database).items()},
    }


def differences(theirs, mine):
    """Compares the columns that our side has, row by row: what is missing, what is too much, what differs."""
    for table, our_rows in mine.items():
        known = theirs[table]
        for key in sorted(set(known) | set(our_rows), key=repr):
            if key not in our_rows:
                yield f"{table} {key}: we have no such row; the SQL has {shown(known[key])}"
            elif key not in known:
                yield f"{table} {key}: the SQL has no such row; we have {shown(our_rows[key])}"
            else:
                for name, value in our_rows[key].items():
                    if known[key][name] != value:
                        yield f"{table} {key} {name}: we say {value!r}, the SQL says {known[key][name]!r}"


def shown(row):
    return ", ".join(f"{name}={value}" for name, value in row.items() if value is not None)


def report(found, compared):
    """Prints the first differences; the exit code says whether there are any."""
    found = list(found)
    for line in found[:DIFFERENCES_SHOWN]:
        print(line)
    print(f"{compared} compared, {len(found)} differences")
    return 1 if found or not compared else 0


def main(command, events, other):
    if command == "same":
        known, mine = ours.from_read_models(events, ZONE), ours.from_read_models(other, ZONE)
        return report([*impossible(mine), *differences(known, mine)], len(mine["attempts"]))
    known = tables(computed(events))
    if command == "golden":
        return report(*ours.expected(other, known))
    if command == "timelines":
        mine = ours.from_timelines(other)
        # Timelines also know attempts of which nothing counts.
        mine["attempts"] = {key: row for key, row in mine["attempts"].items() if row.pop("counted")}
    elif command == "answers":
        mine = ours.from_answers(other)
        mine["cells"], known["cells"] = ours.asked_for(mine["cells"], known["cells"])
    else:
        mine = ours.from_read_models(other, ZONE)
        # Of cells, only what our tables keep; answers are compared with the rest.
        known["cells"] = {key: row for key, row in known["cells"].items() if ours.is_kept(key)}
    compared = sum(len(row) for table in mine.values() for row in table.values())
    return report([*impossible(known), *impossible(mine), *differences(known, mine)], compared)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
