-- Dialled members who answered, and those of them who got no agent.
ALTER TABLE queue_history ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue_history ADD COLUMN dialled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue_history ADD COLUMN answer_told INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue_history ADD COLUMN live_answers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue_history ADD COLUMN live_told INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue_history ADD COLUMN live_timed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue_history ADD COLUMN dropped_two_seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN dialled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN answer_told INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN live_answers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN live_told INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN live_timed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agent_history ADD COLUMN dropped_two_seconds INTEGER NOT NULL DEFAULT 0;

-- What says that the member answered, and when that was.
ALTER TABLE attempts ADD COLUMN live_answer TEXT;
ALTER TABLE attempts ADD COLUMN member_answered_at INTEGER;
