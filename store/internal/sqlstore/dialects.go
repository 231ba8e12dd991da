package sqlstore

// SQLite is the dialect of SQLite 3.35 and newer.
func SQLite() Dialect {
	return Dialect{
		Part: func(value, part string) string { return "instr(" + value + ", " + part + ") > 0" },
		Tail: func(value, tail string) string { return "substr(" + value + ", -length(" + tail + ")) = " + tail },
		Values: func(field string) string {
			return "json_each(r.fields) AS f JOIN json_each(f.value) AS v ON f.key = " + field
		},
		First: func(field string) string {
			return "(SELECT json_extract(f.value, '$[0]') FROM json_each(r.fields) AS f WHERE f.key = " + field + ")"
		},
		Record: func(records, kind, id string) string {
			return " CROSS JOIN " + records + " AS r ON r.kind = " + kind + " AND r.id = " + id
		},
		Among: func(value, list string) string { return value + " IN (SELECT value FROM json_each(" + list + "))" },
		Exists: func(_, table string) string {
			return "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '" + table + "')"
		},
		Index: func(name string) string { return " INDEXED BY " + name },
	}
}

// PostgreSQL is the dialect of PostgreSQL 12 and newer.
func PostgreSQL() Dialect {
	return Dialect{
		Locking: true,
		Part:    func(value, part string) string { return "strpos(" + value + ", " + part + ") > 0" },
		Tail:    func(value, tail string) string { return "right(" + value + ", length(" + tail + ")) = " + tail },
		Values: func(field string) string {
			return `(SELECT x.value COLLATE "C" AS value FROM jsonb_array_elements_text(r.fields::jsonb -> ` + field + `::text) AS x(value)) AS v`
		},
		First: func(field string) string { return `((r.fields::jsonb -> ` + field + `::text ->> 0) COLLATE "C")` },
		// LIMIT keeps it one look into the index for each record, whatever the statistics say: those
		// of a young table make PostgreSQL read the whole kind, again and again.
		Record: func(records, kind, id string) string {
			return " CROSS JOIN LATERAL (SELECT * FROM " + records + " AS r WHERE r.kind = " + kind + " AND r.id = " + id + " LIMIT 1) AS r"
		},
		Among: func(value, list string) string {
			return value + " = ANY (ARRAY(SELECT jsonb_array_elements_text(" + list + "::text::jsonb)))"
		},
		// Not to_regclass: a session remembers what it did not find, and would not see what others made
		// while it waited for the lock.
		Exists: func(schema, table string) string {
			in := "= ANY (current_schemas(false))"
			if schema != "" {
				in = "= '" + schema + "'"
			}
			return "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace" +
				" WHERE c.relname = '" + table + "' AND n.nspname " + in + ")"
		},
		Index: func(string) string { return "" },
	}
}
