"""Claims about a server with TLS and users: who is believed, and what he may."""

from harness import SECURED, SECURED_CLAIMS, Client, StreamState, beginning_with, events, ids

ADMIN, CLERK = "admin:changeit", "clerk:changeit"


def connected(credentials, authority="trusted"):
    address = SECURED.replace("://", f"://{credentials}@", 1)
    return Client(address.replace("trusted.crt", f"{authority}.crt"))


def is_refused(words, call):
    """One client has a class for each refusal, the other the status in the text of a general one."""
    try:
        call()
    except Exception as refusal:
        told = f"{type(refusal).__name__} {refusal}".lower().replace("_", "")
        assert any(word in told for word in words), told
        return
    raise AssertionError("it was not refused")


def written_and_read(client, stream, sent):
    """In the call for single writes, and over the one for batches."""
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=sent[0])
    client.append_to_stream(stream, current_version=0, events=sent[1:])
    assert ids(client.get_stream(stream)) == ids(sent)


@SECURED_CLAIMS.append
def with_tls_and_a_password_all_is_as_without(stream):
    client, sent = connected(ADMIN), events(4)
    written_and_read(client, stream, sent)
    assert ids(client.read_all(**beginning_with("Counted"))) == ids(sent)
    client.close()


@SECURED_CLAIMS.append
def who_has_not_the_right_password_may_do_nothing(stream):
    for credentials in ("admin:wrong", "nobody:changeit"):
        client = connected(credentials)
        words = ["unauthenticated"]
        is_refused(words, lambda: client.get_stream(stream))
        is_refused(words, lambda: list(client.read_all()))
        for proposed in (events(1)[0], events(2)):
            is_refused(words, lambda: client.append_to_stream(stream, current_version=StreamState.ANY, events=proposed))
        client.close()


@SECURED_CLAIMS.append
def a_user_who_is_no_administrator_may_use_streams_but_not_all_at_once(stream):
    client = connected(CLERK)
    written_and_read(client, stream, events(3))
    words = ["accessdenied", "permissiondenied"]
    is_refused(words, lambda: list(client.read_all()))
    is_refused(words, lambda: next(client.subscribe_to_all()))
    is_refused(words, lambda: client.get_stream("$settings"))
    for proposed in (events(1)[0], events(2)):
        is_refused(words, lambda: client.append_to_stream("$mine", current_version=StreamState.ANY, events=proposed))
    client.close()


@SECURED_CLAIMS.append
def a_server_is_not_believed_that_another_authority_vouches_for(stream):
    is_refused(["ssl", "unavailable"], lambda: connected(ADMIN, "other").get_stream(stream))
