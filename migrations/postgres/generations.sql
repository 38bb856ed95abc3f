-- What the ledger keeps beside its read models: which generations of them there are, and which one is in use.
CREATE SCHEMA IF NOT EXISTS ledger;

CREATE TABLE IF NOT EXISTS ledger.generations (
    -- The tables are in the schema ledger_ and this number in six digits.
    generation bigint PRIMARY KEY,
    -- The migrations that it has seen.
    schema_version bigint NOT NULL,
    -- current: answers questions. shadow: is being filled. old: goes when nobody looks at it any more.
    role text NOT NULL CHECK (role IN ('current', 'shadow', 'old')),
    -- Of a shadow: what is built anew in it, as a JSON array.
    projections text
);

CREATE UNIQUE INDEX IF NOT EXISTS one_of_each ON ledger.generations (role) WHERE role <> 'old';
