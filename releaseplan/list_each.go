package releaseplan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// listEach is List past an Authorizer and a Keep. Of plans that are only counted no more is read
// than the Authorizer is told.
func (s *Service) listEach(ctx context.Context, q store.Query, page penstock.Page, keep func(Summary) (bool, error), by penstock.Actor) (list penstock.List[Summary], err error) {
	q.Limit = 200
	for {
		found, err := s.store.Find(ctx, q)
		if err != nil {
			return list, err
		}
		contents, err := s.contents(ctx, found.Records)
		if err != nil {
			return list, err
		}
		for i, r := range found.Records {
			if contents[i].Version == 0 {
				continue // deleted since
			}
			on, err := resourceOf(r.ID, contents[i].Body)
			if err != nil {
				return penstock.List[Summary]{}, err
			}
			if err := s.authorizer.Ask(ctx, by, penstock.Read, on); errors.Is(err, penstock.ErrForbidden) {
				continue
			} else if err != nil {
				return penstock.List[Summary]{}, err
			}
			shown := list.Total >= page.Offset && len(list.Items) < page.Limit
			if shown || keep != nil {
				item, err := summaryOf(r, contents[i].Body)
				if err != nil {
					return penstock.List[Summary]{}, err
				}
				if keep != nil {
					if ok, err := keep(item); err != nil {
						return penstock.List[Summary]{}, err
					} else if !ok {
						continue
					}
				}
				if shown {
					list.Items = append(list.Items, item)
				}
			}
			list.Total++
		}
		if found.Next == nil {
			return list, nil
		}
		q.After = found.Next
	}
}

// resourceOf reads no more of a plan than an Authorizer is told.
func resourceOf(id string, content []byte) (penstock.Resource, error) {
	var c struct {
		Name   string          `json:"name"`
		Folder penstock.Folder `json:"folder"`
		Target *Target         `json:"target"`
	}
	if err := json.Unmarshal(content, &c); err != nil {
		return penstock.Resource{}, fmt.Errorf("plan %s cannot be read: %w", id, err)
	}
	return (&Content{Name: c.Name, Folder: c.Folder, Target: c.Target}).resource(id), nil
}
