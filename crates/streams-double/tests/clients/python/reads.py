"""Claims about reading what is there."""

from itertools import takewhile

from harness import CLAIMS, StreamState, append, beginning_with, client, events, ids, positions, read, refuses


@CLAIMS.append
def reads_go_both_ways_from_any_place_up_to_a_limit(stream):
    append(stream, StreamState.ANY, events(100))
    found = lambda **options: positions(read(stream, **options))
    assert found() == list(range(100))
    assert found(backwards=True) == list(range(99, -1, -1))
    assert found(stream_position=40, limit=35) == list(range(40, 75))
    assert found(stream_position=40, limit=35, backwards=True) == list(range(40, 5, -1))
    assert found(stream_position=100) == []
    assert client.get_current_version(stream) == 99


@CLAIMS.append
def a_missing_stream_is_not_found(stream):
    refuses("NotFoundError", lambda: read(stream))
    refuses("NotFoundError", lambda: read(stream, backwards=True))
    assert client.get_current_version(stream) == StreamState.NO_STREAM


@CLAIMS.append
def all_streams_are_read_in_commit_order_both_ways(stream):
    start = client.get_commit_position(filter_exclude=[])
    one, other = events(2), events(2)
    append(stream, StreamState.NO_STREAM, one)
    append(stream + "-other", StreamState.NO_STREAM, other)
    # Others may write at the same time, so nothing is claimed about how far away an event is.
    mine = lambda found: [e for e in found if e.stream_name.startswith(stream)]
    back_to_start = lambda **options: takewhile(
        lambda event: event.commit_position > start, client.read_all(backwards=True, **options)
    )
    forwards = mine(client.read_all(commit_position=start))
    assert ids(forwards) == ids(one + other)
    places = [e.commit_position for e in forwards]
    assert places == sorted(set(places)) and places[0] > start, places
    assert ids(mine(back_to_start())) == ids(reversed(one + other))
    from_second = mine(client.read_all(commit_position=places[1]))
    assert ids(from_second) == ids((one + other)[1:]), "forwards begins with the place"
    before_second = mine(back_to_start(commit_position=places[1]))
    assert ids(before_second) == ids(one[:1]), "backwards begins before the place"
    assert all(not e.type.startswith("$") for e in client.read_all(limit=200))


@CLAIMS.append
def filters_go_by_type_and_stream_by_prefix_and_pattern(stream):
    append(stream, StreamState.ANY, events(2, "Alpha") + events(2, "Beta"))
    start = read(stream)[0].commit_position
    types = lambda **options: [e.type for e in client.read_all(commit_position=start, **options)]
    assert set(types(filter_include=["Al.+"])) == {"Alpha"}
    assert set(types(**beginning_with("Bet"))) == {"Beta"}
    assert "Alpha" not in types(filter_exclude=["Alpha"]), "an exclusion is a negative look-ahead"
    by_stream = client.read_all(commit_position=start, filter_include=[stream], filter_by_stream_name=True)
    assert {e.stream_name for e in by_stream} == {stream}
