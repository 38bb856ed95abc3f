"""Asks a server, through one of the two Python clients, for everything the ledger needs of it.

Usage: suite.py PACKAGE CONNECTION_STRING [CLUSTER SECURED], where PACKAGE is kurrentdbclient or esdbclient,
which have the same calls under nearly the same names, CLUSTER is the connection string of nodes that may be
killed, and SECURED that of a server with TLS and users, without a user's name. Every stream is of this run
alone, so that any server will do. It says in a line of JSON how each claim fared; a line with "ask" wants
something done to the cluster and waits for a line with the leader's address.
"""

import appends  # noqa: F401
import reads  # noqa: F401
import subscriptions  # noqa: F401
import endings  # noqa: F401
import cluster  # noqa: F401
import secured  # noqa: F401
import harness

harness.run()
