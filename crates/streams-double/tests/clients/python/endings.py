"""Claims about streams that are deleted, ended for good, or cut by their metadata."""

from harness import CLAIMS, StreamState, append, client, events, positions, read, refuses


@CLAIMS.append
def a_deleted_stream_is_gone_until_it_is_written_again(stream):
    append(stream, StreamState.NO_STREAM, events(3))
    refuses("WrongCurrentVersionError", lambda: client.delete_stream(stream, current_version=1))
    client.delete_stream(stream, current_version=2)
    refuses("NotFoundError", lambda: read(stream))
    append(stream, StreamState.NO_STREAM, events(2))
    assert positions(read(stream)) == [3, 4]


@CLAIMS.append
def a_tombstoned_stream_is_gone_for_good(stream):
    start = client.get_commit_position(filter_exclude=[])
    append(stream, StreamState.NO_STREAM, events(1))
    client.tombstone_stream(stream, current_version=StreamState.ANY)
    among_all = client.read_all(commit_position=start, filter_include=[stream], filter_by_stream_name=True)
    assert [(e.type, e.stream_position) for e in among_all] == [("Counted", 0), ("$streamDeleted", 2**63 - 1)]
    refuses("StreamIsDeletedError", lambda: read(stream))
    refuses("StreamIsDeletedError", lambda: append(stream, StreamState.ANY, events(2)))
    # Neither client knows what is wrong when the call for one event is refused for this.
    refuses("FailedPreconditionError", lambda: append(stream, StreamState.ANY, events(1)[0]))


@CLAIMS.append
def stream_metadata_limits_what_is_read(stream):
    append(stream, StreamState.NO_STREAM, events(10))
    assert client.get_stream_metadata(stream) == ({}, StreamState.NO_STREAM)
    client.set_stream_metadata(stream, metadata={"$maxCount": 3}, current_version=StreamState.NO_STREAM)
    assert client.get_stream_metadata(stream) == ({"$maxCount": 3}, 0)
    assert positions(read(stream)) == [7, 8, 9]
    client.set_stream_metadata(stream, metadata={"$tb": 9}, current_version=0)
    assert positions(read(stream)) == [9]
    assert positions(read("$$" + stream)) == [1], "of metadata only the newest is kept"
