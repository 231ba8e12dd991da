package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
)

// Recipients returns the users who get what is sent to parties: those that the
// Directory knows and that are active, and of groups their members, each once and in order.
// invalid are the parties that are unknown or inactive; members of groups are not
// among them. Any other error of the Directory is returned.
func Recipients(ctx context.Context, d penstock.Directory, parties []penstock.Party) (found []penstock.PartyInfo, invalid []penstock.Party, err error) {
	return make(known).recipients(ctx, d, parties)
}

// known is what a Directory said of parties: an inactive one if it knows none.
type known map[penstock.Party]penstock.PartyInfo

func (k known) recipients(ctx context.Context, d penstock.Directory, parties []penstock.Party) (found []penstock.PartyInfo, invalid []penstock.Party, err error) {
	seen := make(map[string]bool)
	add := func(p penstock.PartyInfo) {
		if key := p.Key(); !seen[key] {
			seen[key] = true
			found = append(found, p)
		}
	}
	for _, party := range parties {
		p, err := k.party(ctx, d, party)
		switch {
		case err != nil:
			return nil, nil, err
		case !p.Active:
			invalid = append(invalid, party)
		case p.Type != penstock.Group:
			add(p)
		default:
			for _, member := range p.Members {
				m, err := k.party(ctx, d, member)
				if err != nil {
					return nil, nil, err
				}
				if m.Active && m.Type != penstock.Group {
					add(m)
				}
			}
		}
	}
	return found, invalid, nil
}

// party asks the Directory once about each party.
func (k known) party(ctx context.Context, d penstock.Directory, p penstock.Party) (penstock.PartyInfo, error) {
	if info, ok := k[p]; ok {
		return info, nil
	}
	info, err := d.Party(ctx, p)
	if errors.Is(err, penstock.ErrNotFound) {
		info, err = penstock.PartyInfo{Party: p}, nil
	}
	if err != nil {
		return info, fmt.Errorf("look up %s %s: %w", p.Type, p.Label(), err)
	}
	k[p] = info
	return info, nil
}
