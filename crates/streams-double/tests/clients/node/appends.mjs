// Claims about writing: what is kept, what is in conflict, what is the same write again.

import assert from "node:assert/strict";
import { api, append, appendAlone, bothWays, events, ids } from "./harness.mjs";
import { knows, read, refuses, revisions } from "./harness.mjs";

const { ANY, ErrorType, NO_STREAM, STREAM_EXISTS } = api;

export async function appended_events_are_read_as_they_were_sent(stream) {
  const sent = events(5);
  const { success, nextExpectedRevision, position } = await append(stream, NO_STREAM, sent);
  assert.deepEqual([success, nextExpectedRevision], [true, 4n]);
  const found = await read(stream);
  const content = ({ id, type, data, metadata }) => ({ id, type, data, metadata });
  assert.deepEqual(found.map(content), sent.map(content));
  assert.deepEqual(revisions(found), [0, 1, 2, 3, 4]);
  assert.ok(found.every(({ streamId }) => streamId === stream));
  assert.equal(found[4].position.commit, position.commit);
  assert.ok(Math.abs(Date.now() - found[0].created.getTime()) < 300_000, `${found[0].created}`);
}

export async function content_types_come_back(stream) {
  const data = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  await append(stream, NO_STREAM, [...events(1), api.binaryEvent({ type: "Binary", data })]);
  const [json, raw] = await read(stream);
  assert.ok(json.isJson && !raw.isJson && Buffer.from(raw.data).equals(data));
}

export async function both_ways_of_appending_write_the_same_stream(stream) {
  assert.ok(await knows("batchAppend"), "without it this would be one way");
  const sent = [events(1), events(2), events(2), events(1)];
  const alone = await appendAlone(stream, NO_STREAM, sent[0]);
  const batch = await append(stream, 0n, sent[1]);
  await appendAlone(stream, STREAM_EXISTS, sent[2]);
  await append(stream, ANY, sent[3]);
  const found = await read(stream);
  assert.deepEqual(ids(found), ids(sent.flat()));
  assert.deepEqual([alone.nextExpectedRevision, batch.nextExpectedRevision], [0n, 2n]);
  const commits = (all) => all.map(({ position }) => position.commit);
  assert.deepEqual(commits([alone, batch]), commits([found[0], found[2]]));
}

export async function stale_appends_conflict_and_write_nothing(stream) {
  await append(stream, NO_STREAM, events(3));
  for (const stale of [NO_STREAM, 0n, 1n, 7n]) {
    for (const way of bothWays) {
      const refusal = await way(stream, stale, events(2)).catch((error) => error);
      assert.equal(refusal.type, ErrorType.WRONG_EXPECTED_VERSION);
      assert.deepEqual([refusal.expectedVersion, refusal.actualVersion], [stale, 2n]);
    }
  }
  for (const way of bothWays) {
    for (const expected of [STREAM_EXISTS, 0n]) {
      const { type, actualVersion } = await way(`${stream}-x`, expected, events(1)).catch((error) => error);
      assert.deepEqual([type, actualVersion], [ErrorType.WRONG_EXPECTED_VERSION, NO_STREAM]);
    }
  }
  assert.equal((await read(stream)).length, 3);
  await refuses(ErrorType.STREAM_NOT_FOUND, () => read(`${stream}-x`));
}

export async function of_rival_appends_exactly_one_is_made(stream) {
  await append(stream, NO_STREAM, events(1));
  const rivals = Array.from({ length: 16 }, (_, number) => [bothWays[number % 2], events(1 + (number % 3))]);
  const results = await Promise.allSettled(rivals.map(([way, proposed]) => way(stream, 0n, proposed)));
  const winners = rivals.filter((_, number) => results[number].status === "fulfilled");
  const refusals = results.filter(({ status }) => status === "rejected").map(({ reason }) => reason.type);
  assert.equal(winners.length, 1);
  assert.deepEqual(new Set(refusals), new Set([ErrorType.WRONG_EXPECTED_VERSION]));
  assert.deepEqual(ids(await read(stream)).slice(1), ids(winners[0][1]));
}

export async function the_same_append_again_is_answered_as_before_and_not_written(stream) {
  const [first, second] = [events(1), events(3)];
  const one = await append(stream, NO_STREAM, first);
  const two = await append(stream, 0n, second);
  for (const way of bothWays) {
    assert.deepEqual(await way(stream, NO_STREAM, first), one);
    assert.deepEqual(await way(stream, 0n, second), two);
    assert.deepEqual(await way(stream, ANY, second), two);
  }
  assert.equal((await read(stream)).length, 4);
}

export async function a_retry_with_one_other_event_is_a_conflict(stream) {
  const many = events(3);
  await append(stream, NO_STREAM, many);
  const [other] = events(1);
  for (const changed of [[...many.slice(0, 2), other], [other, ...many.slice(1)], [...many, other]]) {
    for (const way of bothWays) {
      await refuses(ErrorType.WRONG_EXPECTED_VERSION, () => way(stream, NO_STREAM, changed));
    }
  }
  assert.equal((await read(stream)).length, 3);
}

export async function too_large_an_append_is_refused(stream) {
  const large = [1, 2].map(() => api.binaryEvent({ type: "Large", data: Buffer.alloc(700_000) }));
  for (const way of bothWays) {
    await refuses(ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED, () => way(stream, NO_STREAM, large));
  }
  await refuses(ErrorType.STREAM_NOT_FOUND, () => read(stream));
}
