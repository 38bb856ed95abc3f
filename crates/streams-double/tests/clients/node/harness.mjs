// What every claim needs: the client, events, streams to read, and a way to talk to whoever started the run.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const CLAIM_LIMIT_MS = 30_000;
const [path, address, cluster, secured] = process.argv.slice(2);

export const CLUSTER = cluster;
export const SECURED = secured;
const require = createRequire(import.meta.url);
export const api = require(path);
export const connect = (text) => api.EventStoreDBClient.connectionString(text);
export const client = connect(address);
export const RUN = randomUUID().replaceAll("-", "");

const { username, password } = new URL(address.replace(/^[^:]*:/, "http:").replace(/,[^/?]*/, ""));
// With credentials of its own an append takes the call for one write; without, the call for batches.
const credentials = {
  username: decodeURIComponent(username || "admin"),
  password: decodeURIComponent(password || "changeit"),
};

export const events = (count, type = "Counted") =>
  Array.from({ length: count }, (_, n) => {
    return api.jsonEvent({ id: randomUUID(), type, data: { n }, metadata: { m: n } });
  });
export const append = (stream, expectedRevision, proposed) =>
  client.appendToStream(stream, proposed, { expectedRevision });
export const appendAlone = (stream, expectedRevision, proposed) =>
  client.appendToStream(stream, proposed, { expectedRevision, credentials });
export const bothWays = [append, appendAlone];

/** Whether the server says that it knows this call of the streams service. */
export const knows = (call) => {
  const { StreamsService } = require(`${path}/generated/streams_grpc_pb`);
  return client.supports(StreamsService[call]);
};

export const collect = async (reading) => {
  const found = [];
  for await (const { event } of reading) found.push(event);
  return found;
};
export const read = (stream, options = {}) => collect(client.readStream(stream, options));
export const ids = (found) => found.map(({ id }) => id);
export const revisions = (found) => found.map(({ revision }) => Number(revision));
export const reversed = (found) => [...found].reverse();
export const refuses = (type, call) =>
  assert.rejects(call, (error) => error.type === type || assert.fail(error));

/** The next events of a subscription, which ends with them. */
export const take = async (subscription, count) => {
  const found = [];
  for await (const { event } of subscription) if (found.push(event) === count) return found;
  throw new Error(`the subscription ended after ${found.length} events`);
};

/** The same, but the subscription goes on: leaving a `for await` would end it. */
export const takeKeeping = (subscription, count) => {
  const found = [];
  return new Promise((done, failed) => {
    const listen = ({ event }) => {
      if (found.push(event) < count) return;
      subscription.pause();
      subscription.off("data", listen).off("error", failed);
      done(found);
    };
    subscription.on("error", failed).on("data", listen).resume();
  });
};

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Has the starter do something to the cluster, and answers the address of the leader after it. */
export const ask = async (wish) => {
  say({ ask: wish });
  return (await answers.next()).value;
};

// What fails where nobody waits for it, in the client's own callbacks, is held against the claim of the moment.
let failClaim = (error) => { throw error; };
process.on("uncaughtException", (error) => failClaim(error));

const within = async (limitMs, work) => {
  let timer;
  const late = new Promise((_, failed) => {
    failClaim = failed;
    timer = setTimeout(() => failed(new Error(`no end within ${limitMs} ms`)), limitMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

const tryClaim = async (name, claim) => {
  try {
    await within(CLAIM_LIMIT_MS, claim(`js${RUN}-${name}-${randomUUID().slice(0, 8)}`));
    say({ claim: name, outcome: "holds" });
  } catch (error) {
    say({ claim: name, outcome: "failed", why: error.stack ?? String(error) });
  }
};

export const run = async (claims, claimsOfOurOwn) => {
  for (const [name, claim] of Object.entries(claims)) await tryClaim(name, claim);
  for (const [name, claim] of Object.entries(claimsOfOurOwn)) {
    const why = "it kills leaders or needs users of its own, which nobody may do to a server that was lent";
    if (CLUSTER && SECURED) await tryClaim(name, claim);
    else say({ claim: name, outcome: "skipped", why });
  }
  await client.dispose();
};
