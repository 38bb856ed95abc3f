"""Claims about writing: what is kept, what is in conflict, what is the same write again."""

import datetime
from concurrent.futures import ThreadPoolExecutor

from harness import CLAIMS, NewEvent, StreamState, append, error, events, ids, positions, read, refuses


@CLAIMS.append
def appended_events_are_read_as_they_were_sent(stream):
    sent = events(5)
    commit = append(stream, StreamState.NO_STREAM, sent)
    found = read(stream)
    content = lambda all: [(e.id, e.type, e.data, e.metadata) for e in all]
    assert content(found) == content(sent)
    assert positions(found) == [0, 1, 2, 3, 4] and {e.stream_name for e in found} == {stream}
    assert found[-1].commit_position == commit, (found[-1].commit_position, commit)
    age = datetime.datetime.now(datetime.timezone.utc) - found[0].recorded_at
    assert abs(age) < datetime.timedelta(minutes=5), age


@CLAIMS.append
def content_types_come_back(stream):
    binary = NewEvent(type="Binary", data=bytes(range(256)), content_type="application/octet-stream")
    append(stream, StreamState.NO_STREAM, [*events(1), binary])
    json, raw = read(stream)
    assert json.content_type == "application/json" and raw.content_type == "application/octet-stream"
    assert raw.data == bytes(range(256))


@CLAIMS.append
def both_ways_of_appending_write_the_same_stream(stream):
    """The clients send one event in a call of its own, and several over the call for batches."""
    sent = [events(1)[0], events(2), events(1)[0], events(1)]
    expected = [StreamState.NO_STREAM, 0, StreamState.EXISTS, StreamState.ANY]
    for current_version, proposed in zip(expected, sent):
        append(stream, current_version, proposed)
    assert positions(read(stream)) == [0, 1, 2, 3, 4]
    assert ids(read(stream)) == ids([sent[0], *sent[1], sent[2], *sent[3]])


@CLAIMS.append
def stale_appends_conflict_and_write_nothing(stream):
    append(stream, StreamState.NO_STREAM, events(3))
    for stale in (StreamState.NO_STREAM, 0, 1, 7):
        for proposed in (events(1)[0], events(2)):
            refuses("WrongCurrentVersionError", lambda: append(stream, stale, proposed))
    assert len(read(stream)) == 3
    for proposed in (events(1)[0], events(2)):
        refuses("WrongCurrentVersionError", lambda: append(stream + "x", StreamState.EXISTS, proposed))
        refuses("WrongCurrentVersionError", lambda: append(stream + "x", 0, proposed))
    refuses("NotFoundError", lambda: read(stream + "x"))


@CLAIMS.append
def of_rival_appends_exactly_one_is_made(stream):
    append(stream, StreamState.NO_STREAM, events(1))

    def rival(number):
        proposed = events(2) if number % 2 else events(1)[0]
        try:
            append(stream, 0, proposed)
        except error("WrongCurrentVersionError"):
            return []
        return ids(proposed) if number % 2 else [proposed.id]

    with ThreadPoolExecutor(8) as pool:
        winners = [won for won in pool.map(rival, range(16)) if won]
    assert len(winners) == 1, winners
    assert ids(read(stream))[1:] == winners[0]


@CLAIMS.append
def the_same_append_again_is_answered_as_before_and_not_written(stream):
    one, many = events(1)[0], events(3)
    first = append(stream, StreamState.NO_STREAM, one)
    second = append(stream, 0, many)
    for _ in range(2):
        assert append(stream, StreamState.NO_STREAM, one) == first
        assert append(stream, 0, many) == second
        assert append(stream, StreamState.ANY, many) == second
    assert len(read(stream)) == 4


@CLAIMS.append
def a_retry_with_one_other_event_is_a_conflict(stream):
    many = events(3)
    append(stream, StreamState.NO_STREAM, many)
    for changed in ([*many[:2], *events(1)], [*events(1), *many[1:]], [*many, *events(1)]):
        refuses("WrongCurrentVersionError", lambda: append(stream, StreamState.NO_STREAM, changed))
    assert len(read(stream)) == 3


@CLAIMS.append
def too_large_an_append_is_refused(stream):
    large = [NewEvent(type="Large", data=b"x" * 700_000) for _ in range(2)]
    refuses("MaximumAppendSizeExceededError", lambda: append(stream, StreamState.NO_STREAM, large))
    refuses("NotFoundError", lambda: read(stream))
