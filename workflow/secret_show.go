package workflow

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
)

// What may hold secrets is printed and logged without them. Its JSON, which is kept and sent,
// has them: it is not to be logged.

// printAs writes v, which does not print itself, with a verb.
func printAs(f fmt.State, verb rune, v any) { fmt.Fprintf(f, fmt.FormatString(f, verb), v) }

// hidden returns what is shown for a secret that may not be there.
func hidden(text string) string {
	if text == "" {
		return ""
	}
	return Masked
}

func hiddenAll(texts []string) []string {
	all := slices.Clone(texts)
	for i := range all {
		all[i] = hidden(all[i])
	}
	return all
}

type plainParam Param

func (p Param) shown() plainParam {
	if p.IsSecret() {
		p.Value, p.Default, p.Chosen = hidden(p.Value), hidden(p.Default), hiddenAll(p.Chosen)
	}
	if p.Repo != nil {
		repo := Repository(p.Repo.shown())
		p.Repo = &repo
	}
	return plainParam(p)
}

// Format writes the parameter without the value of a secret, whatever the verb.
func (p Param) Format(f fmt.State, verb rune) { printAs(f, verb, p.shown()) }

// LogValue returns the parameter without the value of a secret.
func (p Param) LogValue() slog.Value { return slog.AnyValue(p.shown()) }

type plainRepository Repository

func (r Repository) shown() plainRepository {
	r.OAuthToken, r.Rest = hidden(r.OAuthToken), Rest{}
	return plainRepository(r)
}

// Format writes the repository without its token and what is not known, whatever the verb.
func (r Repository) Format(f fmt.State, verb rune) { printAs(f, verb, r.shown()) }

// LogValue returns the repository without its token.
func (r Repository) LogValue() slog.Value { return slog.AnyValue(r.shown()) }

type plainKeyVal KeyVal

func (kv KeyVal) shown() plainKeyVal {
	if kv.Rest = (Rest{}); kv.Secret || kv.Type == SecretParam {
		kv.Value, kv.Chosen = hidden(kv.Value), hiddenAll(kv.Chosen)
	}
	return plainKeyVal(kv)
}

// Format writes the variable without the value of a secret and what is not known, whatever the verb.
func (kv KeyVal) Format(f fmt.State, verb rune) { printAs(f, verb, kv.shown()) }

// LogValue returns the variable without the value of a secret.
func (kv KeyVal) LogValue() slog.Value { return slog.AnyValue(kv.shown()) }

type plainArgument Argument

func (a Argument) shown() plainArgument {
	a.Value, a.Chosen = hidden(a.Value), hiddenAll(a.Chosen)
	return plainArgument(a)
}

// Format writes the argument without its value, whatever the verb: only the parameter says whether
// it is a secret.
func (a Argument) Format(f fmt.State, verb rune) { printAs(f, verb, a.shown()) }

// LogValue returns the argument without its value.
func (a Argument) LogValue() slog.Value { return slog.AnyValue(a.shown()) }

// shownJobInput is a JobInput without its parameters.
type shownJobInput struct {
	Job        string `json:"job_name"`
	Type       string `json:"job_type,omitempty"`
	Parameters string `json:"parameters,omitempty"`
	Skip       string `json:"skip,omitempty"`
}

func (in JobInput) shown() shownJobInput {
	s := shownJobInput{Job: in.Job, Type: in.Type, Parameters: hidden(string(in.Parameters))}
	if in.Skip != nil {
		s.Skip = fmt.Sprint(*in.Skip)
	}
	return s
}

// Format writes the input without its parameters, whatever the verb.
func (in JobInput) Format(f fmt.State, verb rune) { printAs(f, verb, in.shown()) }

// LogValue returns the input without its parameters.
func (in JobInput) LogValue() slog.Value { return slog.AnyValue(in.shown()) }

type plainStart Start

func (s Start) shown() plainStart {
	hide := func(inputs []JobInput) []JobInput {
		all := slices.Clone(inputs)
		for i := range all {
			if len(all[i].Parameters) > 0 {
				all[i].Parameters = json.RawMessage(`"` + Masked + `"`)
			}
		}
		return all
	}
	s.Params, s.Inputs, s.Later = slices.Clone(s.Params), hide(s.Inputs), slices.Clone(s.Later)
	for i := range s.Params {
		s.Params[i] = Argument(s.Params[i].shown())
	}
	for i := range s.Later {
		s.Later[i].Inputs = hide(s.Later[i].Inputs)
	}
	host := make(map[string]string, len(s.Host))
	for name, value := range s.Host {
		if host[name] = value; !slices.Contains(s.Public, name) {
			host[name] = hidden(value)
		}
	}
	s.Host = host
	return plainStart(s)
}

// Format writes the start without the values that it gives, whatever the verb: they may be secrets.
func (s Start) Format(f fmt.State, verb rune) { printAs(f, verb, s.shown()) }

// LogValue returns the start without the values that it gives.
func (s Start) LogValue() slog.Value { return slog.AnyValue(s.shown()) }

// Format writes whose variables these are, whatever the verb: they hold secrets.
func (r RunVariables) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "variables of %s #%d", r.Workflow, r.Number)
}

// LogValue returns what Format writes.
func (r RunVariables) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// MarshalJSON returns what Format writes: variables are not sent or kept.
func (r RunVariables) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprint(r)) }

// Format writes whose variables these are, whatever the verb: they may hold secrets.
func (v JobVariables) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "variables of job %s", v.Key) }

// LogValue returns what Format writes.
func (v JobVariables) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(v)) }

// MarshalJSON returns what Format writes.
func (v JobVariables) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprint(v)) }

// shownExecution is an Execution without its spec and log.
type shownExecution struct {
	Run, Workflow, Project string
	Number                 int64
	Job, Name, Type        string
	Attempt                string
	N                      int
	Storages               []ShareStorage
}

func (e Execution) shown() shownExecution {
	return shownExecution{Run: e.Run, Workflow: e.Workflow, Project: e.Project, Number: e.Number, Job: e.Job, Name: e.Name,
		Type: e.Type, Attempt: e.Attempt, N: e.N, Storages: e.Storages}
}

// Format writes the execution without its spec, whatever the verb: it holds secrets.
func (e Execution) Format(f fmt.State, verb rune) { printAs(f, verb, e.shown()) }

// LogValue returns the execution without its spec.
func (e Execution) LogValue() slog.Value { return slog.AnyValue(e.shown()) }

// MarshalJSON returns the execution without its spec: who sends it somewhere sends [Execution.Spec] itself.
func (e Execution) MarshalJSON() ([]byte, error) { return json.Marshal(e.shown()) }
