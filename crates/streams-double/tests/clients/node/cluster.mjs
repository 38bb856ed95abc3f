// Claims about several nodes: who leads, and what becomes of writes when that changes.

import assert from "node:assert/strict";
import { CLUSTER, api, ask, collect, connect, events, ids } from "./harness.mjs";

const { ANY, ErrorType, NO_STREAM } = api;
const append = (client, stream, expectedRevision, proposed) =>
  client.appendToStream(stream, proposed, { expectedRevision, requiresLeader: true });
const connectToLeader = () => connect(`${CLUSTER}&nodePreference=leader`);
const where = ({ address, port }) => `${address}:${port}`;

/** The client tells the caller of a failure, and then is somewhere else when it is asked again. */
const appendAgain = async (client, stream, expectedRevision, proposed, tries) => {
  for (let left = tries; ; left -= 1) {
    try {
      return await append(client, stream, expectedRevision, proposed);
    } catch (error) {
      if (left === 1) throw error;
    }
  }
};

export async function a_client_of_a_follower_is_told_where_the_leader_is(stream) {
  const leader = await ask("name the leader");
  const nodes = CLUSTER.replace("esdb://", "").replace("?tls=false", "").split(",");
  const follower = nodes.find((node) => node !== leader);
  const credentials = { username: "admin", password: "changeit" };
  for (const options of [{}, { credentials }]) {
    const direct = connect(`esdb://${follower}?tls=false`);
    const expected = { expectedRevision: ANY, requiresLeader: true };
    const call = direct.appendToStream(stream, events(1), { ...expected, ...options });
    const refusal = await call.catch((error) => error);
    assert.equal(refusal.type, ErrorType.NOT_LEADER, refusal);
    assert.equal(where(refusal.leader), leader);
    await append(direct, stream, ANY, events(1));
    await direct.dispose();
  }
}

export async function a_client_of_the_cluster_goes_where_the_lead_goes(stream) {
  const client = connectToLeader();
  const sent = events(2);
  await ask("name the leader");
  await append(client, stream, NO_STREAM, sent.slice(0, 1));
  const leader = await ask("move the lead");
  const refusal = await append(client, stream, 0n, sent.slice(1)).catch((error) => error);
  assert.equal(where(refusal.leader), leader);
  await append(client, stream, 0n, sent.slice(1));
  assert.deepEqual(ids(await collect(client.readStream(stream))), ids(sent));
  await client.dispose();
}

export async function a_write_repeated_after_the_leader_died_is_made_once(stream) {
  const client = connectToLeader();
  const sent = events(3);
  await append(client, stream, NO_STREAM, sent.slice(0, 1));
  await ask("kill the leader");
  await appendAgain(client, stream, 0n, sent.slice(1), 3);
  await append(client, stream, 0n, sent.slice(1));
  assert.deepEqual(ids(await collect(client.readStream(stream))), ids(sent));
  await client.dispose();
}
