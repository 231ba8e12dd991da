package workflow

import (
	"context"
	"errors"

	"github.com/penstock-go/penstock"
)

// report records the outcome of an attempt. One that cannot be stored, because it is too large,
// is recorded as a failure that says so: the executor is not to work again for it.
func (s *Service) report(ctx context.Context, id string, c Command) error {
	_, err := s.do(ctx, id, c)
	if !unstorable(err) {
		return err
	}
	short := Command{Action: c.Action, Job: c.Job, Attempt: c.Attempt, Remark: c.Remark}
	if c.Action == Complete {
		short.Action, short.Remark = Fail, cut(err.Error())
	}
	if _, err = s.do(ctx, id, short); !unstorable(err) {
		return err
	}
	short.Remark = "its outcome could not be stored"
	_, err = s.do(ctx, id, short)
	return err
}

// unstorable reports whether an error says that an outcome as it is can never be stored. Of a run that
// cannot be read nothing is known.
func unstorable(err error) bool {
	return errors.Is(err, penstock.ErrInvalid) && !isCorrupt(err)
}

func isCorrupt(err error) bool {
	_, corrupt := errors.AsType[*corruptError](err)
	return corrupt
}
