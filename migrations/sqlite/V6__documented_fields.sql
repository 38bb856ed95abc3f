-- Every documented field of a hook, who ended the attempt, and the users' own fields as a JSON object of texts.
ALTER TABLE attempts ADD COLUMN use_processing INTEGER;
ALTER TABLE attempts ADD COLUMN member_name TEXT;
ALTER TABLE attempts ADD COLUMN member_channel_id TEXT;
ALTER TABLE attempts ADD COLUMN agent_id INTEGER;
ALTER TABLE attempts ADD COLUMN agent_name TEXT;
ALTER TABLE attempts ADD COLUMN user_id INTEGER;
ALTER TABLE attempts ADD COLUMN agent_extension TEXT;
ALTER TABLE attempts ADD COLUMN agent_channel_id TEXT;
ALTER TABLE attempts ADD COLUMN call_bill_sec REAL;
ALTER TABLE attempts ADD COLUMN call_duration REAL;
ALTER TABLE attempts ADD COLUMN call_voice_sec REAL;
ALTER TABLE attempts ADD COLUMN ended_by TEXT;
ALTER TABLE attempts ADD COLUMN variables TEXT;

-- What the deliveries about a leg say of it.
ALTER TABLE offers ADD COLUMN agent_name TEXT;
ALTER TABLE offers ADD COLUMN user_id INTEGER;
ALTER TABLE offers ADD COLUMN agent_extension TEXT;
ALTER TABLE offers ADD COLUMN agent_channel_id TEXT;
ALTER TABLE offers ADD COLUMN member_channel_id TEXT;
ALTER TABLE offers ADD COLUMN use_processing INTEGER;
ALTER TABLE offers ADD COLUMN member_name TEXT;
ALTER TABLE offers ADD COLUMN call_bill_sec REAL;
ALTER TABLE offers ADD COLUMN call_duration REAL;
ALTER TABLE offers ADD COLUMN call_voice_sec REAL;

-- The names of the variables that lists show, as a JSON array.
ALTER TABLE queues ADD COLUMN variables TEXT;
