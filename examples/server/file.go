package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
)

const maxFile = 1 << 20 // bytes of a file that says how to serve

// readSecret reads a file of JSON that nobody else should read into v. Members that v does not know
// are refused. No error shows what is in the file.
func readSecret(name string, v any, log *slog.Logger) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		log.Warn("others can read or change a file with secrets: chmod 600 it", "file", name, "mode", mode.String())
	}
	return readJSON(f, v)
}

// readJSON reads one value.
func readJSON(from *os.File, v any) error {
	text, err := io.ReadAll(io.LimitReader(from, maxFile+1))
	if err != nil {
		return err
	}
	if len(text) > maxFile {
		return fmt.Errorf("%s: larger than %d bytes", from.Name(), maxFile)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("%s: not the JSON that is expected: %w", from.Name(), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: there is something behind the JSON", from.Name())
	}
	return nil
}
