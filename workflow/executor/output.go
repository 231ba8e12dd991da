package executor

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// maxOutputFile bounds the file with the outputs: values may come twice in it.
const maxOutputFile = 2 * workflow.MaxOutputBytes

var outputName = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)

// readOutputs reads the file with the outputs. What is declared counts even if there is more
// or something behind it is not well-formed, but all of it must be within the limits.
func readOutputs(file string, declared []string) (map[string]string, error) {
	// A script can put anything in the place of the file: a pipe must not block.
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the outputs: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, penstock.Invalid("outputs", "PENSTOCK_OUTPUT is no regular file any more")
	}
	text, err := io.ReadAll(io.LimitReader(f, maxOutputFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the outputs: %w", err)
	}
	if len(text) > maxOutputFile {
		return nil, penstock.Invalid("outputs", "the file is larger than %d bytes", maxOutputFile)
	}
	all, err := parseOutputs(string(text))
	faults := []error{err}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains(declared, name) {
			faults = append(faults, penstock.Invalid("outputs."+name, "is not declared"))
			delete(all, name)
		}
	}
	if err := workflow.ValidateOutputs(all); err != nil {
		return nil, errors.Join(append(faults, err)...)
	}
	return all, errors.Join(faults...)
}

// parseOutputs reads lines NAME=value, and NAME<<END … END. It stops at the first fault,
// and returns what came before. No value is in the error.
func parseOutputs(text string) (map[string]string, error) {
	all := make(map[string]string)
	for n := 1; text != ""; n++ {
		var line string
		line, text = cutLine(text)
		if line == "" {
			continue
		}
		i := max(strings.IndexAny(line, "=<"), 0)
		switch {
		case !outputName.MatchString(line[:i]):
			return all, penstock.Invalid("outputs", "line %d does not begin with the name of an output and = or <<", n)
		case line[i] == '=':
			all[line[:i]] = line[i+1:]
		case strings.HasPrefix(line[i:], "<<") && len(line) > i+2:
			value, lines, rest, ok := cutBlock(text, line[i+2:])
			if !ok {
				return all, penstock.Invalid("outputs", "line %d: the end of the value is missing", n)
			}
			all[line[:i]], text = value, rest
			n += lines
		default:
			return all, penstock.Invalid("outputs", "line %d is neither NAME=value nor NAME<<END", n)
		}
	}
	return all, nil
}

// cutLine returns the first line of text, without its end, and what follows.
func cutLine(text string) (line, rest string) {
	line, rest, _ = strings.Cut(text, "\n")
	return strings.TrimSuffix(line, "\r"), rest
}

// cutBlock returns the lines of text up to the line end, how many lines that were, and what
// follows.
func cutBlock(text, end string) (value string, lines int, rest string, ok bool) {
	var block []string
	for rest = text; rest != ""; {
		var line string
		line, rest = cutLine(rest)
		if line == end {
			return strings.Join(block, "\n"), len(block) + 1, rest, true
		}
		block = append(block, line)
	}
	return "", 0, "", false
}
