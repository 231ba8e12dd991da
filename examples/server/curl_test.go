package main

import (
	"os/exec"
	"strings"
	"testing"
)

// The scripts do with curl what the documents of each system do.
func TestScriptsOfCurl(t *testing.T) {
	s := start(t, nil)
	for _, row := range []struct{ script, says string }{
		{"automic.sh", "went from a draft to its archive"},
		{"zadig.sh", "passed"},
		{"unleash.sh", "went through release plan"},
	} {
		t.Run(row.script, func(t *testing.T) {
			command := exec.CommandContext(t.Context(), "curl/"+row.script, s.at, s.token, "*:production."+s.token)
			out, err := command.CombinedOutput()
			if err != nil || !strings.Contains(string(out), row.says) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	s.stop()
	s.ends(t, 0)
}

// A script ends with an error when an answer is not the expected one.
func TestScriptsNotice(t *testing.T) {
	s := start(t, nil)
	for _, script := range []string{"automic.sh", "zadig.sh", "unleash.sh"} {
		if out, err := exec.CommandContext(t.Context(), "curl/"+script, s.at, "another token", "another").CombinedOutput(); err == nil {
			t.Errorf("%s succeeds with another token:\n%s", script, out)
		}
	}
	s.stop()
	s.ends(t, 0)
}
