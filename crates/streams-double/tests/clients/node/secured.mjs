// Claims about a server with TLS and users: who is believed, and what he may.

import assert from "node:assert/strict";
import { SECURED, api, collect, connect, events, ids } from "./harness.mjs";

const { ANY, ErrorType, NO_STREAM, eventTypeFilter } = api;
const withUser = (address, user) => address.replace("://", `://${user}@`);
const connected = (user) => connect(user ? withUser(SECURED, user) : SECURED);
const refused = (type, call) => assert.rejects(call, (error) => error.type === type || assert.fail(error));

/** Over the call for batches, and over that for single writes, which the client uses with credentials of its own. */
const waysToAppend = (client, user) => {
  if (!user) return [{}];
  const [username, password] = user.split(":");
  return [{}, { credentials: { username, password } }];
};

const using = async (user, work) => {
  const client = connected(user);
  try {
    await work(client);
  } finally {
    await client.dispose();
  }
};

export async function with_tls_and_a_password_all_is_as_without(stream) {
  await using("admin:changeit", async (client) => {
    const sent = events(4, stream);
    await client.appendToStream(stream, sent.slice(0, 1), { expectedRevision: NO_STREAM });
    const credentials = { username: "admin", password: "changeit" };
    await client.appendToStream(stream, sent.slice(1), { expectedRevision: 0n, credentials });
    assert.deepEqual(ids(await collect(client.readStream(stream))), ids(sent));
    const filter = eventTypeFilter({ prefixes: [stream] });
    const found = [];
    for await (const { event } of client.subscribeToAll({ filter, fromPosition: "start" })) {
      if (event && found.push(event) === sent.length) break;
    }
    assert.deepEqual(ids(found), ids(sent));
  });
}

export async function who_has_not_the_right_password_may_do_nothing(stream) {
  for (const user of ["admin:wrong", "nobody:changeit", ""]) {
    await using(user, async (client) => {
      await refused(ErrorType.ACCESS_DENIED, collect(client.readStream(stream)));
      await refused(ErrorType.ACCESS_DENIED, collect(client.readAll()));
      for (const way of waysToAppend(client, user)) {
        const options = { expectedRevision: ANY, ...way };
        await refused(ErrorType.ACCESS_DENIED, client.appendToStream(stream, events(1), options));
      }
    });
  }
}

export async function a_user_who_is_no_administrator_may_use_streams_but_not_all_at_once(stream) {
  await using("clerk:changeit", async (client) => {
    const sent = events(2);
    await client.appendToStream(stream, sent, { expectedRevision: NO_STREAM });
    assert.deepEqual(ids(await collect(client.readStream(stream))), ids(sent));
    await refused(ErrorType.ACCESS_DENIED, collect(client.readAll()));
    await refused(ErrorType.ACCESS_DENIED, collect(client.readStream("$settings")));
    for (const way of waysToAppend(client, "clerk:changeit")) {
      const options = { expectedRevision: ANY, ...way };
      await refused(ErrorType.ACCESS_DENIED, client.appendToStream("$mine", events(1), options));
    }
  });
}

export async function a_server_is_not_believed_that_another_authority_vouches_for(stream) {
  const client = connect(withUser(SECURED.replace("trusted.crt", "other.crt"), "admin:changeit"));
  await assert.rejects(collect(client.readStream(stream)), (error) => /certificate|unavailable/i.test(String(error)));
  await client.dispose();
}
