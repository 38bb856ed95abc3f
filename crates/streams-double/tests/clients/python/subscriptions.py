"""Claims about subscribing: what was comes first, then what is written, without a gap."""

from concurrent.futures import ThreadPoolExecutor

from harness import CLAIMS, StreamState, api, append, beginning_with, client, events, ids, positions, read


def next_of(subscription, count):
    return [next(subscription) for _ in range(count)]


@CLAIMS.append
def a_filtered_subscription_to_all_sees_what_was_and_what_comes(stream):
    prefix = f"{stream}-in"
    old, new = events(2), events(2)
    start = client.get_commit_position(filter_exclude=[])
    append(prefix + "1", StreamState.NO_STREAM, old)
    options = dict(filter_by_stream_name=True, **beginning_with(prefix))
    with client.subscribe_to_all(commit_position=start, **options) as subscription:
        assert ids(next_of(subscription, 2)) == ids(old)
        append(stream + "-out", StreamState.NO_STREAM, events(3))
        append(prefix + "2", StreamState.NO_STREAM, new)
        assert ids(next_of(subscription, 2)) == ids(new)
    last = client.get_commit_position(filter_exclude=[])
    with client.subscribe_to_all(commit_position=last, **options) as subscription:
        append(prefix + "3", StreamState.NO_STREAM, events(1))
        assert next(subscription).stream_name == prefix + "3", "a subscription begins after its position"


@CLAIMS.append
def a_subscription_gets_every_event_of_racing_writers_once_and_in_order(stream):
    start = client.get_commit_position(filter_exclude=[])
    sent = {f"{stream}-{writer}": events(30) for writer in range(8)}

    def write(name):
        for last in range(0, 30, 3):
            proposed = sent[name][last : last + 3]
            append(name, last - 1 if last else StreamState.NO_STREAM, proposed)

    options = dict(filter_by_stream_name=True, **beginning_with(stream))
    subscribing = client.subscribe_to_all(commit_position=start, **options)
    with ThreadPoolExecutor(8) as pool, subscribing as subscription:
        writing = pool.map(write, sent)
        found = next_of(subscription, 240)
        list(writing)
    for name, proposed in sent.items():
        assert ids(event for event in found if event.stream_name == name) == ids(proposed), name
    places = [event.commit_position for event in found]
    assert places == sorted(set(places))


@CLAIMS.append
def a_filtered_subscription_gets_checkpoints_and_is_told_that_it_caught_up(stream):
    start = client.get_commit_position(filter_exclude=[])
    append(stream, StreamState.ANY, events(200))
    options = dict(filter_include=["no stream at all"], filter_by_stream_name=True, window_size=10)
    marks = dict(checkpoint_interval_multiplier=2, include_checkpoints=True, include_caught_up=True)
    with client.subscribe_to_all(commit_position=start, **options, **marks) as subscription:
        seen = []
        while not seen or not isinstance(seen[-1], api.CaughtUp):
            seen.append(next(subscription))
    assert len(seen) > 5 and all(isinstance(mark, api.Checkpoint) for mark in seen[:-1]), seen
    places = [mark.commit_position for mark in seen[:-1]]
    assert places == sorted(set(places)) and places[0] > start, places
    assert places[-1] >= read(stream, backwards=True, limit=1)[0].commit_position


@CLAIMS.append
def a_subscription_to_a_stream_sees_what_was_and_what_comes(stream):
    old, new = events(40), events(2)
    with client.subscribe_to_stream(stream) as waiting:
        append(stream, StreamState.NO_STREAM, old)
        assert ids(next_of(waiting, 40)) == ids(old)
    with client.subscribe_to_stream(stream, stream_position=37) as late:
        with client.subscribe_to_stream(stream, from_end=True) as latest:
            append(stream, 39, new)
            assert positions(next_of(late, 4)) == [38, 39, 40, 41]
            assert ids(next_of(latest, 2)) == ids(new)
