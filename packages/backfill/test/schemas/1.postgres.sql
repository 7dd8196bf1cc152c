-- A database of schema 1, as it was when a process was killed in the midst of a run. Released schemas do not change, so neither does this.
CREATE TABLE backfill_migrations (migration_id integer PRIMARY KEY NOT NULL, created_at timestamp with time zone NOT NULL DEFAULT current_timestamp, name VARCHAR(255) NOT NULL);
INSERT INTO backfill_migrations (migration_id, name) VALUES (1, 'first');
CREATE TABLE backfill_runs (id text primary key, plan text not null, state text not null, attempt integer not null, created_at bigint not null);
INSERT INTO backfill_runs VALUES ('r', '{"start":1700000000,"end":1708640000,"isBegun":true,"pageSize":50,"details":false,"participants":false,"recordings":false,"passwords":false}', 'running', 1, 1795979831174);
CREATE TABLE backfill_lanes (run text not null, lane text not null, generation integer not null, segments text not null, numbers integer not null, units bigint not null, position bigint not null default 0, cursor text, meetings bigint not null default 0, unreachable bigint not null default 0, empty_old bigint not null default 0, fault text, fault_at bigint, retry_at bigint, finished integer not null default 0, primary key (run, lane));
INSERT INTO backfill_lanes (run, lane, generation, segments, numbers, units, position, meetings) VALUES ('r', 'cli_a', 1, '[{"from":1700000000,"numbers":2}]', 2, 4, 1, 1);
CREATE TABLE backfill_numbers (run text not null, lane text not null, first integer not null, numbers text not null, primary key (run, lane, first));
INSERT INTO backfill_numbers VALUES ('r', 'cli_a', 0, '100000001 100000002');
CREATE TABLE backfill_failures (run text not null, lane text not null, meeting_no text not null, range_start bigint not null, range_end bigint not null, tag text not null, message text not null, log_id text, attempt integer not null, failed_at bigint not null, primary key (run, lane, meeting_no));
CREATE TABLE backfill_owners (lane text primary key, epoch integer not null, run text, proved_at bigint, seen_at bigint not null);
INSERT INTO backfill_owners VALUES ('cli_a', 3, 'r', 1700000000000, 1700000000000);
CREATE TABLE meetings (tenant text not null, id text not null, meeting_no text not null, topic text, url text, password text, note_id text, meeting_connect integer, held_at bigint not null, start_time bigint, end_time bigint, host_id text, details_status text, details text, recording_status text, recording text, first_seen bigint not null, last_seen bigint not null, times_seen integer not null default 1, primary key (tenant, id));
INSERT INTO meetings (tenant, id, meeting_no, topic, held_at, first_seen, last_seen) VALUES ('cli_a', '1', '100000001', '每周例会', 1700000000, 1700000000000, 1700000000000);
