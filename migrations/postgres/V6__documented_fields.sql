-- Every documented field of a hook, who ended the attempt, and the users' own fields as a JSON object of texts.
ALTER TABLE attempts ADD COLUMN use_processing bigint;
ALTER TABLE attempts ADD COLUMN member_name text COLLATE "C";
ALTER TABLE attempts ADD COLUMN member_channel_id text COLLATE "C";
ALTER TABLE attempts ADD COLUMN agent_id bigint;
ALTER TABLE attempts ADD COLUMN agent_name text COLLATE "C";
ALTER TABLE attempts ADD COLUMN user_id bigint;
ALTER TABLE attempts ADD COLUMN agent_extension text COLLATE "C";
ALTER TABLE attempts ADD COLUMN agent_channel_id text COLLATE "C";
ALTER TABLE attempts ADD COLUMN call_bill_sec double precision;
ALTER TABLE attempts ADD COLUMN call_duration double precision;
ALTER TABLE attempts ADD COLUMN call_voice_sec double precision;
ALTER TABLE attempts ADD COLUMN ended_by text COLLATE "C";
ALTER TABLE attempts ADD COLUMN variables text COLLATE "C";

-- What the deliveries about a leg say of it.
ALTER TABLE offers ADD COLUMN agent_name text COLLATE "C";
ALTER TABLE offers ADD COLUMN user_id bigint;
ALTER TABLE offers ADD COLUMN agent_extension text COLLATE "C";
ALTER TABLE offers ADD COLUMN agent_channel_id text COLLATE "C";
ALTER TABLE offers ADD COLUMN member_channel_id text COLLATE "C";
ALTER TABLE offers ADD COLUMN use_processing bigint;
ALTER TABLE offers ADD COLUMN member_name text COLLATE "C";
ALTER TABLE offers ADD COLUMN call_bill_sec double precision;
ALTER TABLE offers ADD COLUMN call_duration double precision;
ALTER TABLE offers ADD COLUMN call_voice_sec double precision;

-- The names of the variables that lists show, as a JSON array.
ALTER TABLE queues ADD COLUMN variables text COLLATE "C";
