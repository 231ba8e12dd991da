package zadig

import (
	"errors"

	"github.com/penstock-go/penstock"
)

// user finds who is named: by the id or, if there is none, by the name.
func (l *library) user(field string, named penstock.Party) (penstock.Party, error) {
	named.Type = penstock.User
	if named.IsZero() {
		return named, penstock.Invalid(field, "Required parameters are missing")
	}
	info, err := l.Directory.Party(l.call.Context(), named)
	switch {
	case errors.Is(err, penstock.ErrNotFound):
		return named, penstock.Invalid(field, "User %s not found", clipped(named.Label()))
	case err != nil:
		return named, err
	}
	who := info.Party
	if who.IdentityType == "" {
		who.IdentityType = named.IdentityType
	}
	if name := named.Name; named.ID != "" && name != "" && name != info.Name && name != info.DisplayName {
		return named, penstock.Invalid(field, "Manager %s is not consistent with the user name %s", clipped(name), info.Label())
	}
	return who, nil
}

// owner finds who is in charge of a plan. Who is so already, and is named as they are shown, stays.
func (l *library) owner(id, name, identity string, before penstock.Party) (penstock.Party, error) {
	if !before.IsZero() {
		shown, err := l.manager(before)
		if err != nil {
			return before, err
		}
		if (id == before.ID || id == "") && (name == shown || name == "" && id != "") && (identity == "" || identity == before.IdentityType) {
			return before, nil
		}
	}
	field := "manager"
	if id != "" {
		field = "manager_id"
	}
	return l.user(field, penstock.Party{ID: id, Name: name, IdentityType: identity})
}

// jobManager finds who is in charge of a job: nobody, if nobody is named.
func (l *library) jobManager(b jobBody, before penstock.Party) (penstock.Party, error) {
	switch {
	case b.ManagerID == "" && b.Manager == "":
		return penstock.Party{}, nil
	case b.ManagerID == before.ID && (b.Manager == "" || b.Manager == before.Label()):
		return before, nil
	}
	return l.user("manager_id", penstock.Party{ID: b.ManagerID, Name: b.Manager})
}
