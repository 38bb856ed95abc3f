-- Attempts with far more records than any call can have: each is folded by itself, after the others, so that nothing
-- waits for it. Changed in the same transaction as its rows, or as the checkpoint that passes it.
CREATE TABLE runaways (
    projection TEXT NOT NULL,
    attempt_id INTEGER NOT NULL,
    -- Up to where its rows are folded.
    folded_position INTEGER NOT NULL,
    -- The last record about it that the projection has passed. Beyond folded_position: its rows are behind.
    last_position INTEGER NOT NULL,
    PRIMARY KEY (projection, attempt_id)
) WITHOUT ROWID;
