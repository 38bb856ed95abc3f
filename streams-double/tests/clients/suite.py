"""Asks a server, through one of the two Python clients, for everything the ledger needs of it.

Usage: suite.py PACKAGE CONNECTION_STRING, where PACKAGE is kurrentdbclient or esdbclient. The packages have the
same calls under nearly the same names. Every stream is of this run alone, so that any server will do. It ends
with the number of claims that hold, or with the first that does not.
"""

import datetime
import importlib
import os
import signal
import sys
import uuid

PACKAGE, ADDRESS = sys.argv[1:3]
api = importlib.import_module(PACKAGE)
errors = importlib.import_module(PACKAGE + ".exceptions")
NewEvent, StreamState = api.NewEvent, api.StreamState
Client = getattr(api, "KurrentDBClient", None) or api.EventStoreDBClient


def error(name):
    """esdbclient names some errors without the word at the end."""
    return getattr(errors, name, None) or getattr(errors, name.removesuffix("Error"))


CLAIMS = []
RUN = uuid.uuid4().hex
client = Client(ADDRESS)


def stream_of(claim):
    return f"py{RUN}-{claim.__name__}-{uuid.uuid4().hex[:8]}"


def events(count, kind="Counted"):
    return [NewEvent(type=kind, data=b'{"n":%d}' % n, metadata=b'{"m":%d}' % n) for n in range(count)]


def refuses(name, call):
    try:
        call()
    except error(name) as refusal:
        return refusal
    raise AssertionError(f"no {name}")


def read(stream, **options):
    return list(client.read_stream(stream, **options))


@CLAIMS.append
def appended_events_are_read_as_they_were_sent(stream):
    sent = events(5)
    commit = client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=sent)
    found = read(stream)
    assert [(e.id, e.type, e.data, e.metadata) for e in found] == [(e.id, e.type, e.data, e.metadata) for e in sent]
    assert [e.stream_position for e in found] == [0, 1, 2, 3, 4] and {e.stream_name for e in found} == {stream}
    assert found[-1].commit_position == commit, (found[-1].commit_position, commit)
    age = datetime.datetime.now(datetime.timezone.utc) - found[0].recorded_at
    assert abs(age) < datetime.timedelta(minutes=5), age


@CLAIMS.append
def content_types_come_back(stream):
    binary = NewEvent(type="Binary", data=bytes(range(256)), content_type="application/octet-stream")
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=[*events(1), binary])
    json, raw = read(stream)
    assert json.content_type == "application/json" and raw.content_type == "application/octet-stream"
    assert raw.data == bytes(range(256))


@CLAIMS.append
def one_event_and_many_take_the_two_ways_of_appending(stream):
    one, two = events(1)[0], events(2)
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=one)
    client.append_to_stream(stream, current_version=0, events=two)
    client.append_to_stream(stream, current_version=StreamState.EXISTS, events=events(1)[0])
    client.append_to_stream(stream, current_version=StreamState.ANY, events=events(1))
    assert [e.stream_position for e in read(stream)] == [0, 1, 2, 3, 4]


@CLAIMS.append
def reads_go_both_ways_from_any_place_up_to_a_limit(stream):
    client.append_to_stream(stream, current_version=StreamState.ANY, events=events(100))
    positions = lambda **options: [e.stream_position for e in read(stream, **options)]
    assert positions() == list(range(100))
    assert positions(backwards=True) == list(range(99, -1, -1))
    assert positions(stream_position=40, limit=35) == list(range(40, 75))
    assert positions(stream_position=40, limit=35, backwards=True) == list(range(40, 5, -1))
    assert positions(stream_position=100) == []
    assert client.get_current_version(stream) == 99


def beginning_with(prefix):
    """Prefixes where the client knows them; patterns, which both clients anchor at both ends, where it does not."""
    if PACKAGE == "kurrentdbclient":
        return {"filter_include": [prefix], "filter_by_prefix": True}
    return {"filter_include": [prefix + ".*"]}


@CLAIMS.append
def stale_appends_conflict_and_write_nothing(stream):
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events(3))
    for stale in (StreamState.NO_STREAM, 0, 1, 7):
        for proposed in (events(1)[0], events(2)):
            call = lambda: client.append_to_stream(stream, current_version=stale, events=proposed)
            refuses("WrongCurrentVersionError", call)
    assert len(read(stream)) == 3
    absent = lambda: client.append_to_stream(stream + "x", current_version=StreamState.EXISTS, events=events(1))
    refuses("WrongCurrentVersionError", absent)


@CLAIMS.append
def the_same_append_again_is_answered_as_before_and_not_written(stream):
    one, many = events(1)[0], events(3)
    first = client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=one)
    second = client.append_to_stream(stream, current_version=0, events=many)
    for _ in range(2):
        assert client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=one) == first
        assert client.append_to_stream(stream, current_version=0, events=many) == second
        assert client.append_to_stream(stream, current_version=StreamState.ANY, events=many) == second
    assert len(read(stream)) == 4


@CLAIMS.append
def a_retry_with_one_other_event_is_a_conflict(stream):
    many = events(3)
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=many)
    for changed in ([*many[:2], *events(1)], [*events(1), *many[1:]], [*many, *events(1)]):
        call = lambda: client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=changed)
        refuses("WrongCurrentVersionError", call)
    assert len(read(stream)) == 3


@CLAIMS.append
def a_missing_stream_is_not_found(stream):
    refuses("NotFoundError", lambda: read(stream))
    refuses("NotFoundError", lambda: read(stream, backwards=True))
    assert client.get_current_version(stream) == StreamState.NO_STREAM


@CLAIMS.append
def all_streams_are_read_in_commit_order_both_ways(stream):
    start = client.get_commit_position(filter_exclude=[])
    one, other = events(2), events(2)
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=one)
    client.append_to_stream(stream + "-other", current_version=StreamState.NO_STREAM, events=other)
    mine = lambda found: [e for e in found if e.stream_name.startswith(stream)]
    forwards = mine(client.read_all(commit_position=start))
    assert [e.id for e in forwards] == [e.id for e in one + other]
    places = [e.commit_position for e in forwards]
    assert places == sorted(set(places)) and places[0] > start, places
    backwards = mine(client.read_all(backwards=True, limit=50))
    assert [e.id for e in backwards] == [e.id for e in reversed(one + other)]
    from_second = mine(client.read_all(commit_position=places[1]))
    assert [e.id for e in from_second] == [e.id for e in (one + other)[1:]], "forwards begins with the place"
    before_second = mine(client.read_all(commit_position=places[1], backwards=True, limit=50))
    assert [e.id for e in before_second] == [one[0].id], "backwards begins before the place"
    assert all(not e.type.startswith("$") for e in client.read_all(limit=200))


@CLAIMS.append
def a_filtered_subscription_to_all_sees_what_was_and_what_comes(stream):
    prefix = f"{stream}-in"
    old, out, new = events(2), events(3), events(2)
    start = client.get_commit_position(filter_exclude=[])
    client.append_to_stream(prefix + "1", current_version=StreamState.NO_STREAM, events=old)
    options = dict(filter_by_stream_name=True, **beginning_with(prefix))
    with client.subscribe_to_all(commit_position=start, **options) as subscription:
        assert [next(subscription).id for _ in old] == [e.id for e in old]
        client.append_to_stream(stream + "-out", current_version=StreamState.NO_STREAM, events=out)
        client.append_to_stream(prefix + "2", current_version=StreamState.NO_STREAM, events=new)
        assert [next(subscription).id for _ in new] == [e.id for e in new]
    last = client.get_commit_position(filter_exclude=[])
    with client.subscribe_to_all(commit_position=last, **options) as subscription:
        client.append_to_stream(prefix + "3", current_version=StreamState.NO_STREAM, events=events(1))
        assert next(subscription).stream_name == prefix + "3", "a subscription begins after its position"


@CLAIMS.append
def filters_go_by_type_and_pattern_too(stream):
    client.append_to_stream(stream, current_version=StreamState.ANY, events=events(2, "Alpha") + events(2, "Beta"))
    start = read(stream)[0].commit_position
    types = lambda **options: [e.type for e in client.read_all(commit_position=start, **options)]
    assert set(types(filter_include=["Al.+"])) == {"Alpha"}
    assert set(types(**beginning_with("Bet"))) == {"Beta"}
    assert "Alpha" not in types(filter_exclude=["Alpha"]), "an exclusion is a negative look-ahead"
    by_stream = client.read_all(commit_position=start, filter_include=[stream], filter_by_stream_name=True)
    assert {e.stream_name for e in by_stream} == {stream}


@CLAIMS.append
def a_filtered_subscription_gets_checkpoints_and_is_told_that_it_caught_up(stream):
    start = client.get_commit_position(filter_exclude=[])
    client.append_to_stream(stream, current_version=StreamState.ANY, events=events(200))
    options = dict(filter_include=["no stream at all"], filter_by_stream_name=True, window_size=10)
    marks = dict(checkpoint_interval_multiplier=2, include_checkpoints=True, include_caught_up=True)
    with client.subscribe_to_all(commit_position=start, **options, **marks) as subscription:
        seen = []
        while not seen or not isinstance(seen[-1], api.CaughtUp):
            seen.append(next(subscription))
    assert len(seen) > 5 and all(isinstance(mark, api.Checkpoint) for mark in seen[:-1]), seen
    places = [mark.commit_position for mark in seen[:-1]]
    assert places == sorted(set(places)) and places[0] > start
    assert places[-1] >= read(stream, backwards=True, limit=1)[0].commit_position


@CLAIMS.append
def a_subscription_to_a_stream_sees_what_was_and_what_comes(stream):
    with client.subscribe_to_stream(stream) as waiting:
        old, new = events(40), events(2)
        client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=old)
        assert [next(waiting).id for _ in old] == [e.id for e in old]
    with client.subscribe_to_stream(stream, stream_position=37) as late:
        with client.subscribe_to_stream(stream, from_end=True) as latest:
            client.append_to_stream(stream, current_version=39, events=new)
            assert [next(late).stream_position for _ in range(4)] == [38, 39, 40, 41]
            assert [next(latest).id for _ in new] == [e.id for e in new]


@CLAIMS.append
def a_deleted_stream_is_gone_until_it_is_written_again(stream):
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events(3))
    refuses("WrongCurrentVersionError", lambda: client.delete_stream(stream, current_version=1))
    client.delete_stream(stream, current_version=2)
    refuses("NotFoundError", lambda: read(stream))
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events(2))
    assert [e.stream_position for e in read(stream)] == [3, 4]


@CLAIMS.append
def a_tombstoned_stream_is_gone_for_good(stream):
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events(1))
    client.tombstone_stream(stream, current_version=StreamState.ANY)
    refuses("StreamIsDeletedError", lambda: read(stream))
    append = lambda proposed: client.append_to_stream(stream, current_version=StreamState.ANY, events=proposed)
    refuses("StreamIsDeletedError", lambda: append(events(2)))
    refuses("FailedPreconditionError", lambda: append(events(1)[0]))


@CLAIMS.append
def stream_metadata_limits_what_is_read(stream):
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events(10))
    assert client.get_stream_metadata(stream) == ({}, StreamState.NO_STREAM)
    client.set_stream_metadata(stream, metadata={"$maxCount": 3}, current_version=StreamState.NO_STREAM)
    assert client.get_stream_metadata(stream) == ({"$maxCount": 3}, 0)
    assert [e.stream_position for e in read(stream)] == [7, 8, 9]
    client.set_stream_metadata(stream, metadata={"$tb": 9}, current_version=0)
    assert [e.stream_position for e in read(stream)] == [9]


@CLAIMS.append
def too_large_an_append_is_refused(stream):
    large = [NewEvent(type="Large", data=b"x" * 700_000) for _ in range(2)]
    call = lambda: client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=large)
    refuses("MaximumAppendSizeExceededError", call)
    refuses("NotFoundError", lambda: read(stream))


if __name__ == "__main__":
    signal.alarm(60)
    for claim in CLAIMS:
        print(f"{claim.__name__} ... ", end="", flush=True)
        claim(stream_of(claim))
        print("ok", flush=True)
    print(f"{len(CLAIMS)} claims hold", flush=True)
    # Threads of the client may outlive what they were for, and would keep the interpreter.
    os._exit(0)
