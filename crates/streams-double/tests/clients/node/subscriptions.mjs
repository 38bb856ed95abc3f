// Claims about subscribing: what was comes first, then what is written, without a gap.

import assert from "node:assert/strict";
import { once } from "node:events";
import { api, append, client, events, ids, read, revisions, take, takeKeeping } from "./harness.mjs";

const { ANY, BACKWARDS, END, NO_STREAM, START } = api;

export async function a_filtered_subscription_to_all_sees_what_was_and_what_comes(stream) {
  const [old, fresh] = [events(2), events(2)];
  const prefix = `${stream}-in`;
  const { position } = await append(stream, ANY, events(1));
  await append(`${prefix}1`, NO_STREAM, old);
  const filter = api.streamNameFilter({ prefixes: [prefix] });
  const subscription = client.subscribeToAll({ fromPosition: position, filter });
  assert.deepEqual(ids(await takeKeeping(subscription, 2)), ids(old));
  await append(`${stream}-out`, NO_STREAM, events(3));
  const { position: last } = await append(`${prefix}2`, NO_STREAM, fresh);
  assert.deepEqual(ids(await takeKeeping(subscription, 2)), ids(fresh));
  await subscription.unsubscribe();
  const after = client.subscribeToAll({ fromPosition: last, filter });
  await append(`${prefix}3`, NO_STREAM, events(1));
  const [next] = await take(after, 1);
  assert.equal(next.streamId, `${prefix}3`, "a subscription begins after its position");
}

export async function a_subscription_gets_every_event_of_racing_writers_once_and_in_order(stream) {
  const { position } = await append(`before-${stream}`, NO_STREAM, events(1));
  const sent = Array.from({ length: 8 }, (_, writer) => [`${stream}-${writer}`, events(30)]);
  const filter = api.streamNameFilter({ prefixes: [stream] });
  const reading = take(client.subscribeToAll({ fromPosition: position, filter }), 240);
  const write = async ([name, proposed]) => {
    for (let last = 0; last < 30; last += 3) {
      await append(name, last === 0 ? NO_STREAM : BigInt(last - 1), proposed.slice(last, last + 3));
    }
  };
  const [found] = await Promise.all([reading, ...sent.map(write)]);
  for (const [name, proposed] of sent) {
    assert.deepEqual(ids(found.filter(({ streamId }) => streamId === name)), ids(proposed));
  }
  const places = found.map((event) => event.position.commit);
  assert.ok(places.every((place, index) => index === 0 || place > places[index - 1]), `${places}`);
}

export async function a_filtered_subscription_gets_checkpoints_and_is_told_that_it_caught_up(stream) {
  const { position } = await append(stream, ANY, events(1));
  await append(stream, ANY, events(200));
  const checkpoints = [];
  const checkpointReached = async (_, reached) => checkpoints.push(reached.commit);
  const options = { maxSearchWindow: 10, checkpointInterval: 2, checkpointReached };
  const filter = api.streamNameFilter({ prefixes: ["no stream at all"], ...options });
  const subscription = client.subscribeToAll({ fromPosition: position, filter });
  subscription.resume();
  await once(subscription, "caughtUp");
  await subscription.unsubscribe();
  const ascending = [...new Set(checkpoints)].sort((one, other) => (one < other ? -1 : 1));
  assert.deepEqual(checkpoints, ascending);
  assert.ok(checkpoints.length >= 5 && checkpoints[0] > position.commit, `${checkpoints}`);
  const [newest] = await read(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 1 });
  assert.ok(checkpoints.at(-1) >= newest.position.commit);
}

export async function a_subscription_to_a_stream_sees_what_was_and_what_comes(stream) {
  const [old, fresh] = [events(40), events(2)];
  const waiting = client.subscribeToStream(stream, { fromRevision: START });
  await append(stream, NO_STREAM, old);
  assert.deepEqual(ids(await take(waiting, 40)), ids(old));
  const late = client.subscribeToStream(stream, { fromRevision: 37n });
  const latest = client.subscribeToStream(stream, { fromRevision: END });
  await once(latest, "confirmation");
  await append(stream, 39n, fresh);
  assert.deepEqual(revisions(await take(late, 4)), [38, 39, 40, 41]);
  assert.deepEqual(ids(await take(latest, 2)), ids(fresh));
}
