// Asks a server, through the client for Node, for everything the ledger needs of it.
//
// Usage: node suite.mjs CLIENT CONNECTION_STRING [CLUSTER SECURED], where CLIENT is the path of
// @eventstore/db-client, CLUSTER is the connection string of nodes that may be killed, and SECURED that of a
// server with TLS and users, without a user's name. Every stream is of this run alone, so that any server will
// do. It says in a line of JSON how each claim fared; a line with "ask" wants something done to the cluster and
// waits for a line with the leader's address.

import * as appends from "./appends.mjs";
import * as cluster from "./cluster.mjs";
import * as endings from "./endings.mjs";
import * as reads from "./reads.mjs";
import * as secured from "./secured.mjs";
import * as subscriptions from "./subscriptions.mjs";
import { run } from "./harness.mjs";

await run({ ...appends, ...reads, ...subscriptions, ...endings }, { ...cluster, ...secured });
process.exit(0);
