// Asks a server, through the client for Node, for everything the ledger needs of it.
//
// Usage: node suite.mjs CLIENT CONNECTION_STRING, where CLIENT is the path of @eventstore/db-client. Every stream is
// of this run alone, so that any server will do. It ends with the number of claims that hold, or with the first
// that does not.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";

const [path, address] = process.argv.slice(2);
const api = createRequire(import.meta.url)(path);
const { ANY, BACKWARDS, END, FORWARDS, NO_STREAM, START, STREAM_EXISTS } = api;
const client = api.EventStoreDBClient.connectionString(address);
const run = randomUUID().replaceAll("-", "");

const events = (count, type = "Counted") =>
  Array.from({ length: count }, (_, n) => api.jsonEvent({ id: randomUUID(), type, data: { n }, metadata: { m: n } }));
const append = (stream, expectedRevision, proposed) => client.appendToStream(stream, proposed, { expectedRevision });
const collect = async (reading) => {
  const found = [];
  for await (const { event } of reading) found.push(event);
  return found;
};
const read = (stream, options = {}) => collect(client.readStream(stream, options));
const ids = (found) => found.map(({ id }) => id);
const revisions = (found) => found.map(({ revision }) => Number(revision));
const take = async (subscription, count) => {
  const found = [];
  for await (const { event } of subscription) if (found.push(event) === count) return found;
};
const refuses = (type, call) => assert.rejects(call, (error) => error.type === type || assert.fail(error));

const claims = {
  async appended_events_are_read_as_they_were_sent(stream) {
    const sent = events(5);
    const { success, nextExpectedRevision, position } = await append(stream, NO_STREAM, sent);
    assert.deepEqual([success, Number(nextExpectedRevision)], [true, 4]);
    const found = await read(stream);
    const content = ({ id, type, data, metadata }) => ({ id, type, data, metadata });
    assert.deepEqual(found.map(content), sent.map(content));
    assert.deepEqual(revisions(found), [0, 1, 2, 3, 4]);
    assert.equal(found[4].position?.commit ?? position.commit, position.commit);
    assert.ok(Math.abs(Date.now() - found[0].created.getTime()) < 300_000, `${found[0].created}`);
  },

  async binary_events_come_back(stream) {
    const data = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await append(stream, NO_STREAM, [api.binaryEvent({ type: "Binary", data })]);
    const [found] = await read(stream);
    assert.ok(!found.isJson && Buffer.from(found.data).equals(data));
  },

  async reads_go_both_ways_from_any_place_up_to_a_limit(stream) {
    await append(stream, ANY, events(100));
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    const found = async (options) => revisions(await read(stream, options));
    assert.deepEqual(await found({ direction: FORWARDS, fromRevision: START }), numbers);
    assert.deepEqual(await found({ direction: BACKWARDS, fromRevision: END }), numbers.slice().reverse());
    assert.deepEqual(await found({ fromRevision: 40n, maxCount: 35 }), numbers.slice(40, 75));
    const backwards = { direction: BACKWARDS, fromRevision: 40n, maxCount: 35 };
    assert.deepEqual(await found(backwards), numbers.slice(6, 41).slice().reverse());
    assert.deepEqual(await found({ fromRevision: 100n }), []);
  },

  async stale_appends_conflict_and_write_nothing(stream) {
    await append(stream, NO_STREAM, events(3));
    for (const stale of [NO_STREAM, 0n, 1n, 7n]) {
      const { type, expectedVersion, actualVersion } = await append(stream, stale, events(2)).catch((error) => error);
      assert.deepEqual([type, expectedVersion, actualVersion], [api.ErrorType.WRONG_EXPECTED_VERSION, stale, 2n]);
    }
    await refuses(api.ErrorType.WRONG_EXPECTED_VERSION, () => append(`${stream}-x`, STREAM_EXISTS, events(1)));
    assert.equal((await read(stream)).length, 3);
  },

  async the_same_append_again_is_answered_as_before_and_not_written(stream) {
    const [first, second] = [events(1), events(3)];
    const one = await append(stream, NO_STREAM, first);
    const two = await append(stream, 0n, second);
    for (let again = 0; again < 2; again += 1) {
      assert.deepEqual(await append(stream, NO_STREAM, first), one);
      assert.deepEqual(await append(stream, 0n, second), two);
      assert.deepEqual(await append(stream, ANY, second), two);
    }
    assert.equal((await read(stream)).length, 4);
  },

  async a_retry_with_one_other_event_is_a_conflict(stream) {
    const many = events(3);
    await append(stream, NO_STREAM, many);
    for (const changed of [[...many.slice(0, 2), ...events(1)], [...events(1), ...many.slice(1)]]) {
      await refuses(api.ErrorType.WRONG_EXPECTED_VERSION, () => append(stream, NO_STREAM, changed));
    }
    assert.equal((await read(stream)).length, 3);
  },

  async a_missing_stream_is_not_found(stream) {
    await refuses(api.ErrorType.STREAM_NOT_FOUND, () => read(stream));
    await refuses(api.ErrorType.STREAM_NOT_FOUND, () => read(stream, { direction: BACKWARDS, fromRevision: END }));
  },

  async all_streams_are_read_in_commit_order_both_ways(stream) {
    const [one, other] = [events(2), events(2)];
    const { position } = await append(stream, NO_STREAM, one);
    await append(`${stream}-other`, NO_STREAM, other);
    const mine = async (options) =>
      (await collect(client.readAll(options))).filter(({ streamId }) => streamId.startsWith(stream));
    const forwards = await mine({ fromPosition: position });
    assert.deepEqual(ids(forwards), ids([one[1], ...other]), "forwards begins with the place");
    const places = forwards.map((event) => event.position.commit);
    assert.ok(places.every((place, index) => index === 0 || place > places[index - 1]), `${places}`);
    const backwards = await mine({ direction: BACKWARDS, fromPosition: END, maxCount: 50 });
    assert.deepEqual(ids(backwards), ids([...one, ...other].slice().reverse()));
    const before = await mine({ direction: BACKWARDS, fromPosition: position, maxCount: 50 });
    assert.deepEqual(ids(before), ids([one[0]]), "backwards begins before the place");
  },

  async a_filtered_subscription_to_all_sees_what_was_and_what_comes(stream) {
    const [old, fresh] = [events(2), events(2)];
    const prefix = `${stream}-in`;
    const { position } = await append(stream, ANY, events(1));
    await append(`${prefix}1`, NO_STREAM, old);
    const filter = api.streamNameFilter({ prefixes: [prefix] });
    const subscription = client.subscribeToAll({ fromPosition: position, filter });
    assert.deepEqual(ids(await takeKeeping(subscription, 2)), ids(old));
    await append(`${stream}-out`, NO_STREAM, events(3));
    await append(`${prefix}2`, NO_STREAM, fresh);
    assert.deepEqual(ids(await takeKeeping(subscription, 2)), ids(fresh));
    await subscription.unsubscribe();
    const pattern = api.streamNameFilter({ regex: `^${prefix}\\d$` });
    const again = client.subscribeToAll({ fromPosition: position, filter: pattern });
    assert.deepEqual(ids(await take(again, 4)), ids([...old, ...fresh]));
    const byType = api.eventTypeFilter({ prefixes: [`T${run}`] });
    await append(`${stream}-typed`, ANY, [...events(1), ...events(2, `T${run}`)]);
    const typed = await take(client.subscribeToAll({ fromPosition: START, filter: byType }), 2);
    assert.deepEqual(typed.map(({ type }) => type), [`T${run}`, `T${run}`]);
  },

  async a_filtered_subscription_gets_checkpoints(stream) {
    const { position } = await append(stream, ANY, events(1));
    await append(stream, ANY, events(200));
    const checkpoints = [];
    const checkpointReached = async (_, reached) => checkpoints.push(reached.commit);
    const options = { maxSearchWindow: 10, checkpointInterval: 2, checkpointReached };
    const filter = api.streamNameFilter({ prefixes: [`${stream}-last`], ...options });
    const subscription = client.subscribeToAll({ fromPosition: position, filter });
    await append(`${stream}-last`, ANY, events(1));
    await take(subscription, 1);
    assert.ok(checkpoints.length >= 5 && checkpoints[0] > position.commit, `${checkpoints}`);
  },

  async a_subscription_to_a_stream_sees_what_was_and_what_comes(stream) {
    const [old, fresh] = [events(40), events(2)];
    const waiting = client.subscribeToStream(stream, { fromRevision: START });
    await append(stream, NO_STREAM, old);
    assert.deepEqual(ids(await take(waiting, 40)), ids(old));
    const late = client.subscribeToStream(stream, { fromRevision: 37n });
    const latest = client.subscribeToStream(stream, { fromRevision: END });
    await new Promise((confirmed) => latest.once("confirmation", confirmed));
    await append(stream, 39n, fresh);
    assert.deepEqual(revisions(await take(late, 4)), [38, 39, 40, 41]);
    assert.deepEqual(ids(await take(latest, 2)), ids(fresh));
  },

  async a_deleted_stream_is_gone_until_it_is_written_again(stream) {
    await append(stream, NO_STREAM, events(3));
    const stale = () => client.deleteStream(stream, { expectedRevision: 1n });
    await refuses(api.ErrorType.WRONG_EXPECTED_VERSION, stale);
    await client.deleteStream(stream, { expectedRevision: 2n });
    await refuses(api.ErrorType.STREAM_NOT_FOUND, () => read(stream));
    await append(stream, NO_STREAM, events(2));
    assert.deepEqual(revisions(await read(stream)), [3, 4]);
  },

  async a_tombstoned_stream_is_gone_for_good(stream) {
    await append(stream, NO_STREAM, events(1));
    await client.tombstoneStream(stream, { expectedRevision: ANY });
    await refuses(api.ErrorType.STREAM_DELETED, () => read(stream));
    await refuses(api.ErrorType.STREAM_DELETED, () => append(stream, ANY, events(2)));
  },

  async stream_metadata_limits_what_is_read(stream) {
    await append(stream, NO_STREAM, events(10));
    await client.setStreamMetadata(stream, { maxCount: 3 });
    assert.equal((await client.getStreamMetadata(stream)).metadata.maxCount, 3);
    assert.deepEqual(revisions(await read(stream)), [7, 8, 9]);
  },

  async too_large_an_append_is_refused(stream) {
    const large = [1, 2].map(() => api.binaryEvent({ type: "Large", data: Buffer.alloc(700_000) }));
    await refuses(api.ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED, () => append(stream, NO_STREAM, large));
    await refuses(api.ErrorType.STREAM_NOT_FOUND, () => read(stream));
  },
};

// Leaving a `for await` would end the subscription, so this listens until it has enough.
function takeKeeping(subscription, count) {
  const found = [];
  return new Promise((done, failed) => {
    const listen = ({ event }) => {
      if (found.push(event) < count) return;
      subscription.pause();
      subscription.off("data", listen).off("error", failed);
      done(found);
    };
    subscription.on("error", failed).on("data", listen);
    subscription.resume();
  });
}

setTimeout(() => {
  console.error("no answer within 60 s");
  process.exit(1);
}, 60_000).unref();
for (const [name, claim] of Object.entries(claims)) {
  process.stdout.write(`${name} ... `);
  await claim(`js${run}-${name}-${randomUUID().slice(0, 8)}`);
  console.log("ok");
}
await client.dispose();
console.log(`${Object.keys(claims).length} claims hold`);
process.exit(0);
