-- Dialled members who answered, and those of them who got no agent.
ALTER TABLE queue_history ADD COLUMN dropped bigint NOT NULL DEFAULT 0;
ALTER TABLE queue_history ADD COLUMN dialled bigint NOT NULL DEFAULT 0;
ALTER TABLE queue_history ADD COLUMN answer_told bigint NOT NULL DEFAULT 0;
ALTER TABLE queue_history ADD COLUMN live_answers bigint NOT NULL DEFAULT 0;
ALTER TABLE queue_history ADD COLUMN live_told bigint NOT NULL DEFAULT 0;
ALTER TABLE queue_history ADD COLUMN live_timed bigint NOT NULL DEFAULT 0;
ALTER TABLE queue_history ADD COLUMN dropped_two_seconds bigint NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN dropped bigint NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN dialled bigint NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN answer_told bigint NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN live_answers bigint NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN live_told bigint NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN live_timed bigint NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN dropped_two_seconds bigint NOT NULL DEFAULT 0;

-- What says that the member answered, and when that was.
ALTER TABLE attempts ADD COLUMN live_answer text COLLATE "C";
ALTER TABLE attempts ADD COLUMN member_answered_at bigint;
