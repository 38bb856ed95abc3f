"""Our side of the comparison: what the server, its read models, or a sheet worked out by hand say."""

import contextlib
import datetime
import json
import sqlite3
import zoneinfo

QUEUE_UNKNOWN = -9223372036854775808
GAPS = ("missed_without_offering", "bridged_without_offering", "joined_inferred", "bridged_inferred",
        "time_of_receipt", "agent_changed")
ATTEMPT_COLUMNS = (
    "queue_id", "queue_type", "attempt_seq", "class", "result", "call_cause", "amd_result", "started_at",
    "joined_at", "first_offered_at", "first_answered_at", "bridged_at", "processing_at", "left_at",
    "last_event_at", "wait_ms", "talk_ms", "wrap_ms", "handle_ms", "offers", "bridges", "missed_by_agent",
    "missed_by_caller", "events", "conflicts", "live_answer", "member_answered_at", "call_sip_code",
    "use_processing", "member_name", "member_channel_id", "agent_id", "agent_name", "user_id", "agent_extension", "agent_channel_id",
    "call_bill_sec", "call_duration", "call_voice_sec", "ended_by", "variables", "is_start_untimed", "is_last_event_untimed",
)
OFFER_COLUMNS = (
    "queue_id", "queue_type", "agent_id", "outcome", "missed_by", "started_at", "offered_at", "answered_at",
    "bridged_at", "ring_ended_at", "talk_ended_at", "wrap_started_at", "ended_at", "ring_ms", "talk_ms",
    "wrap_ms", "handle_ms", "answer_ms", "agent_name", "user_id", "agent_extension", "agent_channel_id",
    "member_channel_id", "use_processing", "member_name", "call_bill_sec", "call_duration", "call_voice_sec",
    "untimed_states",
)
MEASURE_STATISTICS = ("_min_ms", "_max_ms", "_p50_ms", "_p90_ms", "_p95_ms")
HISTORY_KEY = ("attribution", "interval_start", "queue_id", "agent_id")


def is_kept(cell):
    """Whether our tables keep a cell: counts and sums. The rest is worked out when it is asked for."""
    return not cell[-1].endswith(MEASURE_STATISTICS)


def from_read_models(path, zone):
    """Our rows, out of the read store's SQLite file. The one place that knows its tables."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        attempts = {}
        for row in database.execute("select * from attempts"):
            attempts[(row["attempt_id"],)] = {name: row[name] for name in ATTEMPT_COLUMNS}
            attempts[(row["attempt_id"],)]["is_late"] = bool(row["is_late"])
            attempts[(row["attempt_id"],)]["variables"] = json.loads(row["variables"] or "null")
            for bit, name in enumerate(GAPS):
                attempts[(row["attempt_id"],)][name] = bool(row["gaps"] >> bit & 1)
        offers = {
            (row["attempt_id"], row["leg"]): {name: row[name] for name in OFFER_COLUMNS}
            for row in database.execute("select * from offers")
        }
        quarters = {}
        for owner, table in (("queue", "queue_history"), ("agent", "agent_history")):
            for row in database.execute(f"select * from {table}"):
                quarters.update(history_cells(owner, dict(row)))
    return {"attempts": attempts, "offers": offers, "cells": with_days(quarters, zone)}


def history_cells(owner, row):
    """A row of a history as cells; counts of zero, and sums over nothing, are left out, as the SQL does."""
    # Keys hold no NULL: this number stands for a queue that is not known.
    queue_id = None if row["queue_id"] == QUEUE_UNKNOWN else row["queue_id"]
    scope = (owner, "quarter", row["attribution"], row["interval_start"], queue_id, row.get("agent_id"))
    for name, value in row.items():
        if name in HISTORY_KEY:
            continue
        if row[name.removesuffix("_sum_ms") + "_count"] if name.endswith("_sum_ms") else value:
            yield (*scope, name), {"value": value}


def with_days(quarters, zone):
    """Quarters of an hour and the local days that they add up to, by another library's time zones."""
    zone = zoneinfo.ZoneInfo(zone)
    everything = dict(quarters)
    for (owner, _, attribution, start_at, *scope), cell in quarters.items():
        local = datetime.datetime.fromtimestamp(start_at // 1000, zone)
        midnight = datetime.datetime(local.year, local.month, local.day, tzinfo=zone)
        key = (owner, "day", attribution, int(midnight.timestamp()) * 1000, *scope)
        everything.setdefault(key, {"value": 0})
        everything[key]["value"] += cell["value"]
    return everything


def from_answers(path):
    """Cells as somebody read them from the server's answers, one object a line: the parts of a cell's key by
    their names (`owner`, `period`, `attribution`, `start_at`, `queue_id`, `agent_id`) and `values`, which has
    a number for each name.
    """
    cells = {}
    parts = ("owner", "period", "attribution", "start_at", "queue_id", "agent_id")
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            answer = json.loads(line)
            key = tuple(answer.get(part) for part in parts)
            for name, value in answer["values"].items():
                cells[(*key, name)] = {"value": value}
    return {"cells": cells}


def asked_for(cells, known):
    """The SQL's cells of the kinds that were read, and those of ours that say something."""
    kinds = {(*key[:3], key[-1]) for key in cells}
    # The SQL has no cell for a count of zero and for what cannot be told of no values.
    said = {key: cell for key, cell in cells.items() if cell["value"] or key in known}
    return said, {key: cell for key, cell in known.items() if (*key[:3], key[-1]) in kinds}


def from_timelines(path):
    """Timelines as `GET /v1/attempts/{id}/timeline` tells them, one a line."""
    attempts = {}
    same = ("queue_type", "queue_id", "result", "joined_at", "bridged_at", "left_at", "wait_ms", "talk_ms",
            "wrap_ms", "call_cause", "call_sip_code", "ended_by", "missed_by_agent", "missed_by_caller")
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            told = json.loads(line)
            row = {name: told.get(name) for name in same}
            counted = [entry for entry in told["entries"] if entry["counted"]]
            row["events"] = len(counted)
            row["conflicts"] = len(told["entries"]) - len(counted)
            row["last_event_at"] = counted[-1]["occurred_at"] if counted else None
            for name in GAPS:
                row[name] = name in told["flags"]
            row["counted"] = bool(counted)
            attempts[(told["attempt_id"],)] = row
    return {"attempts": attempts}


def expected(path, known):
    """Compares with a sheet: `attempts 1 wait_ms = 31488  # why`. Returns the differences and their number.

    Keys: `attempts ATTEMPT COLUMN`, `offers ATTEMPT/LEG COLUMN`, `rows TABLE` (how many, cells apart), and
    `queue|agent quarter|day ATTRIBUTION START QUEUE[/AGENT] NAME`.
    """
    found, compared = [], 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            claim = line.split("#")[0].strip()
            if not claim:
                continue
            words, _, value = claim.partition(" = ")
            compared += 1
            told = computed_value(words.split(), known)
            if told != read(value.strip()):
                found.append(f"{path}: {claim}; the SQL says {told!r}")
    return found, compared


def computed_value(words, known):
    match words:
        case ["rows", table]:
            return len(known[table])
        case ["attempts" | "offers" as table, key, column]:
            return known[table][tuple(map(int, key.split("/")))][column]
        case [owner, period, attribution, start, scope, name]:
            queue, _, agent = scope.partition("/")
            key = (owner, period, attribution, read(start), int(queue), int(agent) if agent else None, name)
            return known["cells"].get(key, {"value": 0})["value"]
    raise ValueError(f"not a claim: {words}")


def read(text):
    """`none`, `true`, a whole number, an object, an instant such as 2026-07-22T10:00:31.488Z, else the text."""
    if text in ("none", "true", "false"):
        return {"none": None, "true": True, "false": False}[text]
    if text.lstrip("-").isdigit():
        return int(text)
    if text.startswith("{"):
        return json.loads(text)
    if "T" in text and text.endswith("Z"):
        at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        return (at - epoch) // datetime.timedelta(milliseconds=1)
    return text
