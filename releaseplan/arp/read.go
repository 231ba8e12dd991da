package arp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/excerpt"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// A reference names a party or a folder: by a unique name, or by an object.
type reference struct{ text json.RawMessage }

// referenced is the object.
type referenced struct {
	ID   *int64 `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	Type string `json:"type,omitempty" enum:"User,UserGroup" doc:"of an owner; default: User"`
}

// UnmarshalJSON keeps the text, which is read where it is known what it is of.
func (r *reference) UnmarshalJSON(text []byte) error {
	r.text = append(r.text[:0], text...)
	return nil
}

// OpenAPI returns the schema.
func (r reference) OpenAPI(of func(v any) any) any {
	return map[string]any{"anyOf": []any{of(""), of(referenced{})}}
}

// read takes the text apart.
func (r *reference) read(path string) (to referenced, err error) {
	if r.text[0] == '"' {
		err = rest.Decode(r.text, &to.Name, false)
	} else {
		err = rest.Decode(r.text, &to, false)
	}
	switch {
	case err != nil:
		return to, rest.Under(path, err)
	case to.ID == nil && to.Name == "":
		return to, penstock.Invalid(path, "must be a name, or have a name or an id")
	case to.ID != nil && *to.ID <= 0:
		return to, penstock.Invalid(path+".id", "must be more than 0")
	}
	return to, nil
}

// label is what a fault calls it.
func (to referenced) label() string {
	if to.Name != "" {
		return strconv.Quote(excerpt.Line(to.Name, 64))
	}
	return "id " + strconv.FormatInt(*to.ID, 10)
}

// found turns what a Directory says into a fault, if that is what it is.
func found(path string, to referenced, err error) error {
	if errors.Is(err, penstock.ErrNotFound) {
		return penstock.Invalid(path, "%s is not known", to.label())
	}
	return err
}

// folder finds the folder that is named.
func (a *api) folder(ctx context.Context, r *reference) (penstock.Folder, error) {
	const path = "folder"
	to, err := r.read(path)
	if err != nil {
		return penstock.Folder{}, err
	}
	if to.Type != "" {
		return penstock.Folder{}, penstock.Invalid(path+".type", "is not known")
	}
	if to.Name != "" {
		info, err := a.Directory.Folder(ctx, penstock.Folder{Name: to.Name})
		if to.ID == nil || err == nil && info.Number == *to.ID {
			return info.Folder, found(path, to, err)
		}
	}
	var info penstock.FolderInfo
	if d, ok := a.Directory.(penstock.NumberedDirectory); ok {
		info, err = d.FolderByNumber(ctx, *to.ID)
	} else {
		info, err = a.Directory.Folder(ctx, penstock.Folder{ID: strconv.FormatInt(*to.ID, 10), Name: to.Name})
	}
	if err == nil && info.Name == info.ID && to.Name != "" { // nobody knows what it is called
		info.Name = to.Name
	}
	if err == nil && to.Name != "" && info.Name != to.Name {
		return penstock.Folder{}, penstock.Invalid(path, "%s does not have the id %d", to.label(), *to.ID)
	}
	return info.Folder, found(path, to, err)
}

// party finds the party that is named.
func (a *api) party(ctx context.Context, path string, r *reference) (penstock.PartyInfo, error) {
	to, err := r.read(path)
	if err != nil {
		return penstock.PartyInfo{}, err
	}
	kind := penstock.User
	if to.Type != "" {
		var ok bool
		if kind, ok = meaning(partyTypes, to.Type); !ok {
			return penstock.PartyInfo{}, penstock.Invalid(path+".type", "must be one of %s", strings.Join(wordsIn(partyTypes), ", "))
		}
	}
	if to.Name != "" {
		info, err := a.Directory.Party(ctx, penstock.Party{Type: kind, Name: to.Name})
		if to.ID == nil || err == nil && info.Number == *to.ID {
			return info, found(path, to, err)
		}
	}
	var info penstock.PartyInfo
	if d, ok := a.Directory.(penstock.NumberedDirectory); ok {
		info, err = d.PartyByNumber(ctx, kind, *to.ID)
	} else {
		info, err = a.Directory.Party(ctx, penstock.Party{Type: kind, ID: strconv.FormatInt(*to.ID, 10), Name: to.Name})
	}
	if err == nil && info.Name == info.ID && to.Name != "" {
		info.Name = to.Name
	}
	if err == nil && to.Name != "" && info.Name != to.Name {
		return penstock.PartyInfo{}, penstock.Invalid(path, "%s does not have the id %d", to.label(), *to.ID)
	}
	return info, found(path, to, err)
}

// writeOwner makes who is named the owner. Who is it already stays as it was written.
func (a *api) writeOwner(ctx context.Context, named *reference, owner *penstock.Party) error {
	if named == nil {
		return nil
	}
	info, err := a.party(ctx, "owner", named)
	if err == nil && info.Key() != owner.Key() {
		*owner = info.Party
	}
	return err
}

// A plannedBody is a planned time as it is read.
type plannedBody struct {
	Start    *string `json:"start,omitempty" format:"date-time"`
	End      *string `json:"end,omitempty" format:"date-time" doc:"after the start"`
	Duration *string `json:"duration,omitempty" format:"duration" doc:"ISO 8601; ignored if there is an end"`
}

// onto returns a planned time with what was said of it. An end wins over a duration. What is moved
// keeps its length.
func (b *plannedBody) onto(t releaseplan.PlannedTime, path string) (releaseplan.PlannedTime, error) {
	var faults []error
	at := func(text *string, name string) (t time.Time) {
		t, err := instant(*text, path+"."+name)
		if err != nil {
			faults = append(faults, err)
		}
		return t
	}
	if b.Start != nil {
		if length := t.Length(); b.End == nil && b.Duration == nil && length > 0 {
			d := penstock.FromTime(length)
			t.End, t.Duration = time.Time{}, &d
		}
		t.Start = at(b.Start, "start")
	}
	switch {
	case b.End != nil:
		t.End, t.Duration = at(b.End, "end"), nil
	case b.Duration != nil:
		d, err := penstock.ParseDuration(*b.Duration)
		if err != nil {
			faults = append(faults, rest.Under(path+".duration", err))
		}
		t.End, t.Duration = time.Time{}, &d
	}
	return t, errors.Join(faults...)
}

// write puts what was said into a planned time.
func (b *plannedBody) write(planned **releaseplan.PlannedTime) error {
	if b == nil {
		return nil
	}
	var before releaseplan.PlannedTime
	if *planned != nil {
		before = **planned
	}
	t, err := b.onto(before, "planned_time")
	*planned = &t
	return err
}

// instant reads a time.
func instant(text, path string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	switch {
	case err != nil:
		return t, penstock.Invalid(path, "%q is not a time such as 2016-12-13T00:00:00Z", excerpt.Line(text, 64))
	case t.IsZero(), t.UTC().Year() < 1, t.UTC().Year() > 9999:
		return t, penstock.Invalid(path, "must be a time in the years 1 to 9999")
	}
	return t, nil
}

// A listenerBody is a listener as it is read.
type listenerBody struct {
	Event      string      `json:"event" enum:"Start,Pause,Failure,Finish,Cancel,Expiration,Waiting"`
	Recipients []reference `json:"recipients" need:"false" doc:"none: the owner"`
}

// listeners finds everybody that listeners name.
func (a *api) listeners(ctx context.Context, path string, all []listenerBody) ([]releaseplan.Listener, error) {
	var faults []error
	var out []releaseplan.Listener
	for i, l := range all {
		where := fmt.Sprintf("%s[%d]", path, i)
		event, ok := meaning(events, l.Event)
		if !ok {
			faults = append(faults, penstock.Invalid(where+".event", "must be one of %s", strings.Join(wordsIn(events), ", ")))
		}
		heard := releaseplan.Listener{Event: event}
		if len(l.Recipients) > releaseplan.MaxRecipients {
			faults = append(faults, penstock.Invalid(where+".recipients", "%d are too many: at most %d", len(l.Recipients), releaseplan.MaxRecipients))
			continue
		}
		for j := range l.Recipients {
			info, err := a.party(ctx, fmt.Sprintf("%s.recipients[%d]", where, j), &l.Recipients[j])
			if err != nil {
				faults = append(faults, err)
			}
			heard.Recipients = append(heard.Recipients, info.Party)
		}
		out = append(out, heard)
	}
	return out, errors.Join(faults...)
}

// writeListeners makes who is named, if that is said at all, those who are told.
func (a *api) writeListeners(ctx context.Context, named *[]listenerBody, listeners *[]releaseplan.Listener) (err error) {
	if named != nil {
		*listeners, err = a.listeners(ctx, "listeners", *named)
	}
	return err
}

// instantOf cuts a time to what this API can write.
func instantOf(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
