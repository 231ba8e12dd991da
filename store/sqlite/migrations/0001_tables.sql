CREATE TABLE penstock_meta (
	version_of_schema INTEGER NOT NULL,
	version INTEGER NOT NULL,
	position INTEGER NOT NULL
);

CREATE TABLE penstock_records (
	kind TEXT NOT NULL,
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	sort INTEGER NOT NULL,
	fields TEXT NOT NULL,
	body BLOB,
	PRIMARY KEY (kind, id)
);

CREATE TABLE penstock_entries (
	kind TEXT NOT NULL,
	field TEXT NOT NULL,
	value TEXT NOT NULL,
	sort INTEGER NOT NULL,
	id TEXT NOT NULL,
	head TEXT,
	tail TEXT,
	PRIMARY KEY (kind, field, value, sort, id)
) WITHOUT ROWID;

CREATE INDEX penstock_entries_first ON penstock_entries (kind, field, value, id) WHERE head IS NULL AND tail IS NOT NULL;

CREATE INDEX penstock_entries_other ON penstock_entries (kind, field, value) WHERE head IS NOT NULL;

CREATE INDEX penstock_entries_tail ON penstock_entries (kind, field, tail) WHERE tail IS NOT NULL;

CREATE TABLE penstock_events (
	position INTEGER PRIMARY KEY,
	version INTEGER NOT NULL,
	n INTEGER NOT NULL,
	kind TEXT NOT NULL,
	id TEXT NOT NULL,
	seq INTEGER NOT NULL,
	name TEXT NOT NULL,
	at INTEGER NOT NULL,
	body BLOB,
	UNIQUE (kind, id, seq)
);

CREATE INDEX penstock_events_kind ON penstock_events (kind, position);

CREATE TABLE penstock_sequences (
	name TEXT NOT NULL PRIMARY KEY,
	last INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO penstock_meta (version_of_schema, version, position) VALUES (1, 0, 0);
