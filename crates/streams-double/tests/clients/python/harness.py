"""What every claim needs: the client, streams of its own, and a way to talk to whoever started the run."""

import importlib
import json
import signal
import sys
import traceback
import uuid

PACKAGE, ADDRESS, CLUSTER, SECURED = [*sys.argv[1:], None, None][:4]
CLAIM_LIMIT_S = 30

api = importlib.import_module(PACKAGE)
errors = importlib.import_module(PACKAGE + ".exceptions")
NewEvent, StreamState = api.NewEvent, api.StreamState
Client = getattr(api, "KurrentDBClient", None) or api.EventStoreDBClient

CLAIMS = []
CLUSTER_CLAIMS = []
SECURED_CLAIMS = []
RUN = uuid.uuid4().hex
client = Client(ADDRESS)
GRPC_FAILURE = errors.GrpcError


def error(name):
    """esdbclient names some errors without the word at the end."""
    return getattr(errors, name, None) or getattr(errors, name.removesuffix("Error"))


def stream_of(claim):
    return f"py{RUN}-{claim.__name__}-{uuid.uuid4().hex[:8]}"


def events(count, kind="Counted"):
    return [NewEvent(type=kind, data=b'{"n":%d}' % n, metadata=b'{"m":%d}' % n) for n in range(count)]


def ids(found):
    return [event.id for event in found]


def positions(found):
    return [event.stream_position for event in found]


def refuses(name, call):
    try:
        call()
    except error(name) as refusal:
        return refusal
    raise AssertionError(f"no {name}")


def append(stream, current_version, proposed):
    return client.append_to_stream(stream, current_version=current_version, events=proposed)


def read(stream, **options):
    return list(client.read_stream(stream, **options))


def beginning_with(prefix):
    """Prefixes where the client knows them, else patterns, which both clients anchor at both ends."""
    if PACKAGE == "kurrentdbclient":
        return {"filter_include": [prefix], "filter_by_prefix": True}
    return {"filter_include": [prefix + ".*"]}


def say(**line):
    print(json.dumps(line), flush=True)


def ask(wish):
    """Has the starter do something to the cluster, and answers the address of the leader after it."""
    say(ask=wish)
    return sys.stdin.readline().strip()


def out_of_time(*_):
    raise TimeoutError(f"no end within {CLAIM_LIMIT_S} s")


def try_claim(claim):
    signal.alarm(CLAIM_LIMIT_S)
    try:
        claim(stream_of(claim))
    except Exception:
        say(claim=claim.__name__, outcome="failed", why=traceback.format_exc())
    else:
        say(claim=claim.__name__, outcome="holds")
    finally:
        signal.alarm(0)


def run():
    signal.signal(signal.SIGALRM, out_of_time)
    for claim in CLAIMS:
        try_claim(claim)
    for claim in [*CLUSTER_CLAIMS, *SECURED_CLAIMS]:
        if CLUSTER and SECURED:
            try_claim(claim)
        else:
            why = "it kills leaders or needs users of its own, which nobody may do to a server that was lent"
            say(claim=claim.__name__, outcome="skipped", why=why)
    client.close()
