// Claims about reading what is there.

import assert from "node:assert/strict";
import { RUN, api, append, client, collect, events } from "./harness.mjs";
import { ids, read, refuses, reversed, revisions, take } from "./harness.mjs";

const { ANY, BACKWARDS, END, ErrorType, FORWARDS, NO_STREAM, START } = api;

export async function reads_go_both_ways_from_any_place_up_to_a_limit(stream) {
  await append(stream, ANY, events(100));
  const numbers = Array.from({ length: 100 }, (_, n) => n);
  const found = async (options) => revisions(await read(stream, options));
  assert.deepEqual(await found({ direction: FORWARDS, fromRevision: START }), numbers);
  assert.deepEqual(await found({ direction: BACKWARDS, fromRevision: END }), reversed(numbers));
  assert.deepEqual(await found({ fromRevision: 40n, maxCount: 35 }), numbers.slice(40, 75));
  const backwards = { direction: BACKWARDS, fromRevision: 40n, maxCount: 35 };
  assert.deepEqual(await found(backwards), reversed(numbers.slice(6, 41)));
  assert.deepEqual(await found({ fromRevision: 100n }), []);
}

export async function a_missing_stream_is_not_found(stream) {
  await refuses(ErrorType.STREAM_NOT_FOUND, () => read(stream));
  await refuses(ErrorType.STREAM_NOT_FOUND, () => read(stream, { direction: BACKWARDS, fromRevision: END }));
}

export async function all_streams_are_read_in_commit_order_both_ways(stream) {
  const [one, other] = [events(2), events(2)];
  const { position: start } = await append(`before-${stream}`, NO_STREAM, events(1));
  const { position } = await append(stream, NO_STREAM, one);
  await append(`${stream}-other`, NO_STREAM, other);
  const isMine = ({ streamId }) => streamId.startsWith(stream);
  const forwards = (await collect(client.readAll({ fromPosition: position }))).filter(isMine);
  // Others may write at the same time, so nothing is claimed about how far away an event is.
  const backToStart = async (fromPosition) => {
    const found = [];
    for await (const { event } of client.readAll({ direction: BACKWARDS, fromPosition })) {
      if (event.position.commit <= start.commit) break;
      found.push(event);
    }
    return found.filter(isMine);
  };
  assert.deepEqual(ids(forwards), ids([one[1], ...other]), "forwards begins with the place");
  const places = forwards.map((event) => event.position.commit);
  assert.ok(places.every((place, index) => index === 0 || place > places[index - 1]), `${places}`);
  assert.deepEqual(ids(await backToStart(END)), ids(reversed([...one, ...other])));
  assert.deepEqual(ids(await backToStart(position)), ids([one[0]]), "backwards begins before the place");
}

export async function filters_go_by_type_and_stream_by_prefix_and_pattern(stream) {
  const [alpha, beta] = [`A${RUN}`, `B${RUN}`];
  const { position } = await append(stream, ANY, events(1));
  await append(stream, ANY, [...events(2, alpha), ...events(2, beta)]);
  const found = async (filter, count) =>
    (await take(client.subscribeToAll({ fromPosition: position, filter }), count)).map(({ type }) => type);
  const notAlpha = api.eventTypeFilter({ regex: `^(?!${alpha})[AB]${RUN}$` });
  assert.deepEqual(await found(api.eventTypeFilter({ regex: `^A.*${RUN.slice(-8)}$` }), 2), [alpha, alpha]);
  assert.deepEqual(await found(api.eventTypeFilter({ prefixes: [beta] }), 2), [beta, beta]);
  assert.deepEqual(await found(notAlpha, 2), [beta, beta], "a negative look-ahead");
  assert.deepEqual(await found(api.streamNameFilter({ prefixes: [stream] }), 4), [alpha, alpha, beta, beta]);
  assert.deepEqual(await found(api.streamNameFilter({ regex: `^${stream}$` }), 3), [alpha, alpha, beta]);
}
