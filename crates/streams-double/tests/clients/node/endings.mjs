// Claims about streams that are deleted, ended for good, or cut by their metadata.

import assert from "node:assert/strict";
import { api, append, appendAlone, client, events, read, refuses, revisions, take } from "./harness.mjs";

const { ANY, ErrorType, NO_STREAM } = api;

export async function a_deleted_stream_is_gone_until_it_is_written_again(stream) {
  await append(stream, NO_STREAM, events(3));
  const stale = () => client.deleteStream(stream, { expectedRevision: 1n });
  await refuses(ErrorType.WRONG_EXPECTED_VERSION, stale);
  await client.deleteStream(stream, { expectedRevision: 2n });
  await refuses(ErrorType.STREAM_NOT_FOUND, () => read(stream));
  await append(stream, NO_STREAM, events(2));
  assert.deepEqual(revisions(await read(stream)), [3, 4]);
}

export async function a_tombstoned_stream_is_gone_for_good(stream) {
  const { position } = await append(stream, NO_STREAM, events(1));
  await client.tombstoneStream(stream, { expectedRevision: ANY });
  await refuses(ErrorType.STREAM_DELETED, () => read(stream));
  const filter = api.streamNameFilter({ prefixes: [stream] });
  const [tombstone] = await take(client.subscribeToAll({ fromPosition: position, filter }), 1);
  assert.deepEqual([tombstone.type, tombstone.revision], ["$streamDeleted", 2n ** 63n - 1n]);
  await refuses(ErrorType.STREAM_DELETED, () => append(stream, ANY, events(2)));
  await refuses(ErrorType.STREAM_DELETED, () => appendAlone(stream, ANY, events(1)));
}

export async function stream_metadata_limits_what_is_read(stream) {
  await append(stream, NO_STREAM, events(10));
  assert.equal((await client.getStreamMetadata(stream)).metadata, undefined);
  await client.setStreamMetadata(stream, { maxCount: 3 }, { expectedRevision: NO_STREAM });
  const { metadata } = await client.getStreamMetadata(stream);
  assert.equal(metadata.maxCount, 3);
  assert.deepEqual(revisions(await read(stream)), [7, 8, 9]);
  await client.setStreamMetadata(stream, { truncateBefore: 9 }, { expectedRevision: 0n });
  assert.deepEqual(revisions(await read(stream)), [9]);
  assert.deepEqual(revisions(await read(`$$${stream}`)), [1], "of metadata only the newest is kept");
}
