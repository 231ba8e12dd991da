CREATE TABLE penstock_meta (
	version_of_schema integer NOT NULL,
	position bigint NOT NULL
);

CREATE SEQUENCE penstock_versions;

CREATE TABLE penstock_records (
	kind text COLLATE "C" NOT NULL,
	id text COLLATE "C" NOT NULL,
	version bigint NOT NULL,
	sort bigint NOT NULL,
	fields text COLLATE "C" NOT NULL,
	body bytea,
	PRIMARY KEY (kind, id)
) WITH (fillfactor = 80);

CREATE TABLE penstock_entries (
	kind text COLLATE "C" NOT NULL,
	field text COLLATE "C" NOT NULL,
	value text COLLATE "C" NOT NULL,
	sort bigint NOT NULL,
	id text COLLATE "C" NOT NULL,
	head text COLLATE "C",
	tail text COLLATE "C",
	PRIMARY KEY (kind, field, value, sort, id)
);

CREATE INDEX penstock_entries_first ON penstock_entries (kind, field, value, id) INCLUDE (sort) WHERE head IS NULL AND tail IS NOT NULL;

CREATE INDEX penstock_entries_other ON penstock_entries (kind, field, value) WHERE head IS NOT NULL;

CREATE INDEX penstock_entries_tail ON penstock_entries (kind, field, tail, sort, id) WHERE tail IS NOT NULL;

CREATE TABLE penstock_events (
	position bigint,
	version bigint NOT NULL,
	n bigint NOT NULL,
	kind text COLLATE "C" NOT NULL,
	id text COLLATE "C" NOT NULL,
	seq bigint NOT NULL,
	name text NOT NULL,
	at bigint NOT NULL,
	body bytea,
	PRIMARY KEY (kind, id, seq)
);

CREATE UNIQUE INDEX penstock_events_position ON penstock_events (position) WHERE position IS NOT NULL;

CREATE INDEX penstock_events_kind ON penstock_events (kind, position) WHERE position IS NOT NULL;

CREATE UNIQUE INDEX penstock_events_fresh ON penstock_events (version, n) WHERE position IS NULL;

CREATE TABLE penstock_sequences (
	name text COLLATE "C" PRIMARY KEY,
	last bigint NOT NULL
) WITH (fillfactor = 50);

INSERT INTO penstock_meta (version_of_schema, position) VALUES (1, 0);
