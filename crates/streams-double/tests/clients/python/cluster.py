"""Claims about several nodes: who leads, and what becomes of writes when that changes."""

from harness import CLUSTER, CLUSTER_CLAIMS, Client, GRPC_FAILURE, StreamState, ask, events, ids, refuses


def leader_in(refusal):
    return getattr(refusal, "leader_grpc_target", None) or f"{refusal.host}:{refusal.port}"


@CLUSTER_CLAIMS.append
def a_client_of_a_follower_is_told_where_the_leader_is(stream):
    leader = ask("name the leader")
    nodes = CLUSTER.removeprefix("esdb://").removesuffix("?tls=false").split(",")
    follower = next(node for node in nodes if node != leader)
    direct = Client(f"esdb://{follower}?tls=false")
    for proposed in (events(1)[0], events(2)):
        call = lambda: direct.append_to_stream(stream, current_version=StreamState.ANY, events=proposed)
        assert leader_in(refuses("NodeIsNotLeaderError", call)) == leader
    direct.close()


@CLUSTER_CLAIMS.append
def a_client_of_the_cluster_goes_where_the_lead_goes(stream):
    of_all = Client(CLUSTER)
    assert of_all.connection_target == ask("name the leader")
    sent = events(2)
    of_all.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=sent[:1])
    leader = ask("move the lead")
    of_all.append_to_stream(stream, current_version=0, events=sent[1:])
    assert of_all.connection_target == leader
    assert ids(of_all.get_stream(stream)) == ids(sent)
    of_all.close()


@CLUSTER_CLAIMS.append
def a_write_repeated_after_the_leader_died_is_made_once(stream):
    of_all = Client(CLUSTER)
    sent = events(3)
    of_all.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=sent[:1])
    leader = ask("kill the leader")
    for last_try in (False, False, True):
        try:
            of_all.append_to_stream(stream, current_version=0, events=sent[1:])
            break
        except GRPC_FAILURE:
            if last_try:
                raise
    of_all.append_to_stream(stream, current_version=0, events=sent[1:])
    assert of_all.connection_target == leader
    assert ids(of_all.get_stream(stream)) == ids(sent)
    of_all.close()
