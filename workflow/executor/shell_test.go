//go:build unix

package executor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/executor"
)

func TestScripts(t *testing.T) {
	t.Setenv("HUSH", "of the host")
	steps := `{"steps":[{"name":"one","type":"shell","spec":{"script":"echo first; echo A=1 >> $PENSTOCK_OUTPUT; echo kept > file"}},` +
		`{"name":"two","type":"shell","spec":{"script":"cat file; %s"}},{"name":"three","type":"shell","spec":{"script":"echo last"}}],` +
		`"properties":{"envs":[{"key":"P","value":"p"}],"outputs":[{"name":"A"}]}}`
	tests := []struct {
		name    string
		spec    string
		log     string
		outputs map[string]string
		err     string
	}{
		{"what it writes is logged", script("echo out; echo err >&2", ""), "==> script\nout\nerr\n", nil, ""},
		{"bytes are logged as they are", script(`printf 'a\000\377b'`, ""), "==> script\na\x00\xffb", nil, ""},
		{"an exit code is the error", script("echo A=1 >> $PENSTOCK_OUTPUT; exit 3", declare("A")), "==> script\n", map[string]string{"A": "1"}, "step script: exit code 3"},
		{"so is a signal", script("kill -SEGV $$", ""), "==> script\n", nil, "step script: ended by signal: segmentation fault"},
		{"sh goes on after a command that fails", script("false; echo on", ""), "==> script\non\n", nil, ""},
		{"a script says what runs it", script("#!/usr/bin/env bash\nx=(1 2); echo ${x[1]}", ""), "==> script\n2\n", nil, ""},
		{"with an argument", script("#! /bin/sh  -e \nfalse; echo on", ""), "==> script\n", nil, "step script: exit code 1"},
		{"or nothing", script("#! \necho ran", ""), "==> script\nran\n", nil, ""},
		{"what is not there cannot run it", script("#!/no/such", ""), "==> script\n", nil, "step script: start: fork/exec /no/such: no such file or directory"},
		{"there is no input", script("cat; echo end", ""), "==> script\nend\n", nil, ""},
		{"variables", script(`echo "$A-$B-$C"`, `,"envs":[{"key":"A","value":"a b"},{"key":"B","value":"$A"},{"key":"C","type":"multi-select","value":"","choice_option":["x","y"],"choice_value":["x","y"]}]`), "==> script\na b-$A-x,y\n", nil, ""},
		{"variables of the job", script(`echo $PENSTOCK_PROJECT $PENSTOCK_WORKFLOW $PENSTOCK_RUN $PENSTOCK_RUN_NUMBER $PENSTOCK_JOB $PENSTOCK_JOB_NAME $PENSTOCK_ATTEMPT $PENSTOCK_ATTEMPT_NUMBER`, ""),
			"==> script\nshop release run-1 7 build job-0-0-0-build attempt-1 2\n", nil, ""},
		{"a spec cannot change those", script(`echo $PENSTOCK_RUN`, `,"envs":[{"key":"PENSTOCK_RUN","value":"other"}]`), "==> script\nrun-1\n", nil, ""},
		{"the host's variables are not seen", script(`echo "<$HUSH>"`, ""), "==> script\n<>\n", nil, ""},
		{"a variable with a zero byte", script(`true`, `,"envs":[{"key":"A","value":"hush\u0000"}]`), "", nil, "spec.envs: the value of A holds a zero byte"},
		{"variables of the service", `{"freestyle_type":"service_freestyle","script":"echo $S","services":[{"service_name":"s","key_vals":[{"key":"S","value":"v"}]}]}`, "==> script\nv\n", nil, ""},
		{"the working directory is empty", script(`ls -A; [ "$PWD" = "$WORKSPACE" ] && [ "$PWD" = "$PENSTOCK_WORKSPACE" ] && echo here`, ""), "==> script\nhere\n", nil, ""},
		{"steps follow each other", fmt.Sprintf(steps, "echo $P"), "==> one\nfirst\n==> two\nkept\np\n==> three\nlast\n", map[string]string{"A": "1"}, ""},
		{"the first that fails ends the job", fmt.Sprintf(steps, "exit 255"), "==> one\nfirst\n==> two\nkept\n", map[string]string{"A": "1"}, "step two: exit code 255"},
		{"outputs", script("echo A=1=2 >> $PENSTOCK_OUTPUT; printf 'B<<END\\nx\\ny\\nEND\\n' >> $PENSTOCK_OUTPUT", declare("A", "B", "C")), "==> script\n", map[string]string{"A": "1=2", "B": "x\ny"}, ""},
		{"outputs that are not declared", script("echo A=1 >> $PENSTOCK_OUTPUT; echo B=hush >> $PENSTOCK_OUTPUT", declare("A")), "==> script\n", map[string]string{"A": "1"}, "outputs.B: is not declared"},
		{"outputs that are none", script("echo hush >> $PENSTOCK_OUTPUT", declare("A")), "==> script\n", nil, "outputs: line 1 does not begin with the name of an output and = or <<"},
		{"faults of outputs behind another error", script("echo hush >> $PENSTOCK_OUTPUT; exit 1", declare("A")), "==> script\noutputs: line 1 does not begin with the name of an output and = or <<\n", nil, "step script: exit code 1"},
		{"outputs that are no UTF-8", script(`printf 'A=\377\n' >> $PENSTOCK_OUTPUT`, declare("A")), "==> script\n", nil, "outputs.A: must be UTF-8"},
		{"outputs that are too large", script("head -c 3000000 /dev/zero > $PENSTOCK_OUTPUT", declare("A")), "==> script\n", nil, "outputs: the file is larger than 2097152 bytes"},
		{"outputs from a pipe", script("rm $PENSTOCK_OUTPUT; mkfifo $PENSTOCK_OUTPUT", ""), "==> script\n", nil, "outputs: PENSTOCK_OUTPUT is no regular file any more"},
		{"outputs that are gone", script("rm $PENSTOCK_OUTPUT", ""), "==> script\n", nil, ""},
		{"a spec of another type", `[]`, "", nil, "spec: is not that of a job of type freestyle"},
		{"a spec with faults", `{}`, "", nil, "spec.script: must not be empty"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			job, log := execution(t, "freestyle", test.spec)
			outputs, err := newShell(t, executor.ShellConfig{Dir: dir}).Execute(t.Context(), job)
			if got := fmt.Sprint(err); err != nil && got != test.err || err == nil && test.err != "" {
				t.Errorf("got error %q, want %q", got, test.err)
			}
			if len(outputs)+len(test.outputs) > 0 && !maps.Equal(outputs, test.outputs) {
				t.Errorf("outputs: %s", cmp.Diff(test.outputs, outputs))
			}
			if diff := cmp.Diff(test.log, log.String()); diff != "" {
				t.Errorf("log: %s", diff)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
				t.Errorf("left behind: %s", left)
			}
		})
	}
}

func TestAnExitErrorHasTheCode(t *testing.T) {
	t.Parallel()
	job, _ := execution(t, "freestyle", script("exit 42", ""))
	_, err := newShell(t, executor.ShellConfig{}).Execute(t.Context(), job)
	var exit *executor.ExitError
	if !errors.As(err, &exit) || exit.Code != 42 || exit.Signal != "" {
		t.Errorf("got %#v", exit)
	}
}

func TestInheritedVariables(t *testing.T) {
	t.Setenv("OF_HOST", "seen")
	for _, test := range []struct {
		name    string
		inherit []string
		want    string
	}{
		{"by default PATH, HOME and so on", nil, "==> script\n<> path\n"},
		{"those that are named", []string{"PATH", "OF_HOST", "NOT_THERE"}, "==> script\n<seen> path\n"},
		{"none", []string{}, "==> script\n<> \n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			job, log := execution(t, "freestyle", script(`echo "<$OF_HOST> $(/usr/bin/env | /usr/bin/grep -q ^PATH=`+os.Getenv("PATH")+` && echo path)"`, ""))
			if _, err := newShell(t, executor.ShellConfig{Inherit: test.inherit}).Execute(t.Context(), job); err != nil {
				t.Fatal(err)
			}
			if got := log.String(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestTemporaryFilesAreRemovedWithTheAttempt(t *testing.T) {
	dir, host := filepath.Join(t.TempDir(), "dir"), t.TempDir()
	t.Setenv("TMPDIR", host)
	for _, test := range []struct {
		name, more string
		inherit    []string
		want       string // empty: a directory of the attempt
	}{
		{"by default", "", nil, ""},
		{"those of the job", `,"envs":[{"key":"TMPDIR","value":"/of/job"}]`, nil, "/of/job"},
		{"not those of the host, whatever it says", "", []string{"PATH", "TMPDIR"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			job, log := execution(t, "freestyle", script(`echo "at $TMPDIR"; [ "$TMPDIR" = /of/job ] || touch $(mktemp)`, test.more))
			if _, err := newShell(t, executor.ShellConfig{Dir: dir, Inherit: test.inherit}).Execute(t.Context(), job); err != nil {
				t.Fatal(err, log)
			}
			if got := log.after(t, "at "); got != test.want && (test.want != "" || !strings.HasPrefix(got, filepath.Join(dir, "run-1", "attempts", "attempt-1")+"/")) {
				t.Errorf("got %q", got)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
				t.Errorf("left behind: %s", left)
			}
			if left, _ := filepath.Glob(filepath.Join(host, "*")); len(left) > 0 {
				t.Errorf("left to the host: %s", left)
			}
		})
	}
}

func TestInterpreters(t *testing.T) {
	t.Parallel()
	interpreters := map[string][]string{"powershell": {"/bin/sh", "-e"}, "batch_file": {"sh", "-e"}}
	s := newShell(t, executor.ShellConfig{Interpreters: interpreters})
	clear(interpreters)
	for kind, want := range map[string]string{"powershell": "==> script\nscript-1.ps1\n", "batch_file": "==> script\nscript-1.bat\n"} {
		job, log := execution(t, "freestyle", script(`echo ${0##*/}; false; echo on`, `,"script_type":"`+kind+`"`))
		if _, err := s.Execute(t.Context(), job); err == nil || log.String() != want {
			t.Errorf("%s: got %v and %q", kind, err, log)
		}
	}
}

func TestWhatTheHostHasNothingForIsRefused(t *testing.T) {
	t.Parallel()
	steps := func(step string) string {
		return `{"steps":[{"name":"first","type":"shell","spec":{"script":"echo ran"}},` + step + `]}`
	}
	for _, test := range []struct{ name, spec, want string }{
		{"steps with repositories", steps(`{"name":"code","type":"git","spec":{"repos":[{"repo_name":"hello","codehost_id":1,"branch":"main"}]}}`), "spec.steps[1]: step code cannot check hello out: the host has no Checkout"},
		{"steps with tools", steps(`{"name":"go","type":"tools","spec":{"installs":[{"name":"go"}]}}`), "spec.steps[1]: step go cannot install go: the host has no Install"},
		{"repositories", script("echo ran", `,"repos":[{"repo_name":"hello","branch":"main"}]`), "spec.repos: step git cannot check hello out: the host has no Checkout"},
		{"tools", script("echo ran", `,"runtime":{"installs":[{"name":"go"}]}`), "spec.runtime.installs: step tools cannot install go: the host has no Install"},
		{"files to keep", script("echo ran", `,"object_storage_upload":{"enabled":true,"upload_detail":[{"file_path":"a"}]}`), "spec.object_storage_upload: cannot be done: the host has no Upload"},
		{"another kind of script", script("echo ran", `,"script_type":"powershell"`), "spec.script_type: step script cannot run: the host has no interpreter for powershell"},
	} {
		t.Run(test.name, func(t *testing.T) {
			job, log := execution(t, "freestyle", test.spec)
			_, err := newShell(t, executor.ShellConfig{}).Execute(t.Context(), job)
			if !errors.Is(err, penstock.ErrInvalid) || err.Error() != test.want || log.String() != "" {
				t.Errorf("got %v and %q", err, log)
			}
		})
	}
}

func TestHooks(t *testing.T) {
	t.Parallel()
	var uploaded []string
	fail := ""
	err := func(what string) error {
		if what == fail {
			return errTest
		}
		return nil
	}
	s := newShell(t, executor.ShellConfig{
		Checkout: func(_ context.Context, repo workflow.Repository, dir string, log io.Writer) error {
			fmt.Fprintf(log, "checkout %s %s\n", repo.Name, repo.Ref())
			return errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "code"), []byte(repo.Name+"\n"), 0o600), err(repo.Name))
		},
		Install: func(_ context.Context, tool workflow.Install, log io.Writer) (string, error) {
			fmt.Fprintf(log, "install %s\n", tool.Name)
			return "/opt/" + tool.Name + "/bin", err(tool.Name)
		},
		Upload: func(_ context.Context, files workflow.UploadSpec, dir string, _ io.Writer) error {
			text, readErr := os.ReadFile(filepath.Join(dir, files.Details[0].File))
			uploaded = append(uploaded, string(text))
			return errors.Join(readErr, err("upload"))
		},
	})
	spec := script(`cat one/code src/two/code; echo $PATH | cut -d: -f1-2; echo made > file`, `,"repos":[{"repo_name":"one","branch":"main"},{"repo_name":"two","tag":"v2","checkout_path":"src/two"}],`+
		`"runtime":{"installs":[{"name":"go"},{"name":"node"}]},"object_storage_upload":{"enabled":true,"upload_detail":[{"file_path":"file"}]}`)
	job, log := execution(t, "freestyle", spec)
	if _, err := s.Execute(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	want := "==> tools\ninstall go\ninstall node\n==> git\ncheckout one main\ncheckout two v2\n==> script\none\ntwo\n/opt/node/bin:/opt/go/bin\n==> upload\n"
	if diff := cmp.Diff(want, log.String()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"made\n"}, uploaded); diff != "" {
		t.Error(diff)
	}
	for what, want := range map[string]string{"go": "step tools: tool go: the test", "two": "step git: repository two: the test", "upload": "step upload: the test"} {
		fail = what
		job, _ := execution(t, "freestyle", spec)
		if _, err := s.Execute(t.Context(), job); !errors.Is(err, errTest) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	for _, test := range []struct{ name, want string }{
		{"../one", "spec.repos: step git cannot check ../one out: its path leads out of the working directory"},
		{"./two", "spec.repos: step git checks two repositories out to two"},
	} {
		job, _ := execution(t, "freestyle", script("true", `,"repos":[{"repo_name":"one","branch":"a","checkout_path":"two"},{"repo_name":"`+test.name+`","branch":"main"}]`))
		if _, err := s.Execute(t.Context(), job); !errors.Is(err, penstock.ErrInvalid) || err.Error() != test.want {
			t.Errorf("%s: got %v", test.name, err)
		}
	}
}

func TestDirectoriesAreRemovedWhateverIsInThem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	job, _ := execution(t, "freestyle", script("mkdir -p a/b; touch a/b/c; chmod 500 a/b a; ln -s / root", ""))
	if _, err := newShell(t, executor.ShellConfig{Dir: dir}).Execute(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left behind: %s", left)
	}
}

func TestDirectoriesCanBeKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newShell(t, executor.ShellConfig{Dir: dir, Keep: true})
	job, _ := execution(t, "freestyle", script("echo kept > file", ""))
	job.Attempt = "../../escape"
	if _, err := s.Execute(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*", "attempts", "*", "work", "file"))
	if len(files) != 1 {
		t.Fatalf("got %s", files)
	}
	if info, err := os.Stat(filepath.Dir(files[0])); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	_, err := s.Execute(t.Context(), job)
	if !errors.Is(err, penstock.ErrExists) {
		t.Errorf("the same attempt again: got %v", err)
	}
	if _, err := os.Stat(files[0]); err != nil {
		t.Error("a refused attempt removes what is the other's")
	}
}

func TestAttemptsAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := newShell(t, executor.ShellConfig{})
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			name := fmt.Sprintf("attempt-%d", i)
			job, log := execution(t, "freestyle", script(`echo $PENSTOCK_ATTEMPT > file; echo A=$(cat file) >> $PENSTOCK_OUTPUT; ls`, declare("A")))
			job.Attempt = name
			outputs, err := s.Execute(t.Context(), job)
			if err != nil || outputs["A"] != name || log.String() != "==> script\nfile\n" {
				t.Errorf("%s: got %v, %v and %q", name, outputs, err, log)
			}
		})
	}
	all.Wait()
}

func TestTheLogIsBounded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, script, want string
	}{
		{"as much as there may be", "printf 12345678", "==> script\n12345678"},
		{"a byte more", "printf 123456789", "==> script\n12345678\n==> the log is full: what follows is dropped\n"},
		{"much more does not block", "head -c 1000000 /dev/zero | tr '\\0' x", "==> script\nxxxxxxxx\n==> the log is full: what follows is dropped\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			job, log := execution(t, "freestyle", script(test.script, ""))
			if _, err := newShell(t, executor.ShellConfig{MaxLog: 19}).Execute(t.Context(), job); err != nil || log.String() != test.want {
				t.Errorf("got %v and %q, want %q", err, log, test.want)
			}
		})
	}
}

// Wherever the log is full, no part of a secret is in it.
func TestSecretsInALogThatIsFull(t *testing.T) {
	t.Parallel()
	for limit := int64(1); limit < 130; limit += 3 {
		job, log := execution(t, "freestyle", script("echo "+secret+"; echo "+secret+strings.Repeat(" more", 20), ""))
		job.Masker = workflow.NewMasker(secret)
		if _, err := newShell(t, executor.ShellConfig{MaxLog: limit}).Execute(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		text, _, full := strings.Cut(log.String(), "==> the log is full: what follows is dropped\n")
		if want := "==> script\n***\n***" + strings.Repeat(" more", 20) + "\n"; !full && text != want || !strings.HasPrefix(want, text[:min(int(limit), len(text))]) {
			t.Fatalf("a log of %d bytes: %q", limit, log)
		}
	}
}

// What may be the beginning of a secret is logged in the end.
func TestTheEndOfALogIsNotHeldBack(t *testing.T) {
	t.Parallel()
	job, log := execution(t, "freestyle", script("printf hunter", ""))
	job.Masker = workflow.NewMasker(secret)
	if _, err := newShell(t, executor.ShellConfig{}).Execute(t.Context(), job); err != nil || log.String() != "==> script\nhunter" {
		t.Errorf("got %v and %q", err, log)
	}
}

func TestShellConfig(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		field string
		c     executor.ShellConfig
	}{
		{"shell.dir", executor.ShellConfig{}},
		{"shell.grace", executor.ShellConfig{Dir: "/", Grace: -1}},
		{"shell.max_log", executor.ShellConfig{Dir: "/", MaxLog: -1}},
		{"shell.interpreters.shell", executor.ShellConfig{Dir: "/", Interpreters: map[string][]string{"shell": {}}}},
		{"shell.interpreters.shell", executor.ShellConfig{Dir: "/", Interpreters: map[string][]string{"shell": {""}}}},
	} {
		_, err := executor.NewShell(test.c)
		if faults := penstock.Faults(err); len(faults) != 1 || faults[0].Field != test.field {
			t.Errorf("%s: got %v", test.field, err)
		}
	}
}
