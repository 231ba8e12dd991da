package plantest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// A Provider is an approval.Provider that answers as it is told. Until it is told, whoever polls hears that the
// request is pending. It is safe for concurrent use.
type Provider struct {
	mu       sync.Mutex
	opened   []*approval.Request
	canceled []string
	answers  map[string]approval.Answer // by instance
	always   approval.Answer
	after    int // polls that hear nothing first
	polls    map[string]int
	fails    error
	failures int // left; less than 0: always
}

// NewProvider returns a provider that answers nothing yet.
func NewProvider() *Provider {
	return &Provider{answers: make(map[string]approval.Answer), polls: make(map[string]int), always: approval.Answer{Outcome: approval.Pending}}
}

// Always makes every request have an answer, from the poll after the first n on. It returns the provider.
func (p *Provider) Always(outcome approval.State, n int) *Provider {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.always, p.after = approval.Answer{Outcome: outcome}, n
	return p
}

// Answer makes an instance have an answer from now on, whatever it had before: to answer twice is up to you.
func (p *Provider) Answer(instance string, a approval.Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[instance] = a
}

// Fail makes the next n calls fail with an error; less than 0 means all, 0 ends that.
func (p *Provider) Fail(n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures, p.fails = n, err
}

// failing returns the error of this call.
func (p *Provider) failing(ctx context.Context) error {
	if p.failures == 0 {
		return ctx.Err()
	}
	if p.failures > 0 {
		p.failures--
	}
	return p.fails
}

// Create opens an instance, once for each request.
func (p *Provider) Create(ctx context.Context, r *approval.Request) (instance string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.failing(ctx); err != nil {
		return "", err
	}
	if !slices.ContainsFunc(p.opened, func(o *approval.Request) bool { return o.ID() == r.ID() }) {
		p.opened = append(p.opened, r)
	}
	return instanceOf(r), nil
}

// instanceOf returns the code of a request here.
func instanceOf(r *approval.Request) string { return "instance-of-" + r.ID() }

// Poll returns the answer of an instance.
func (p *Provider) Poll(ctx context.Context, instance string) (approval.Answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.failing(ctx); err != nil {
		return approval.Answer{}, err
	}
	if !slices.ContainsFunc(p.opened, func(o *approval.Request) bool { return instanceOf(o) == instance }) {
		return approval.Answer{}, fmt.Errorf("instance %q: %w", instance, penstock.ErrNotFound)
	}
	p.polls[instance]++
	if a, ok := p.answers[instance]; ok {
		a.Votes = slices.Clone(a.Votes)
		return a, nil
	}
	if p.polls[instance] <= p.after {
		return approval.Answer{Outcome: approval.Pending}, nil
	}
	return p.always, nil
}

// Cancel closes an instance.
func (p *Provider) Cancel(ctx context.Context, instance string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.failing(ctx); err != nil {
		return err
	}
	p.canceled = append(p.canceled, instance)
	return nil
}

// Instances returns the codes of the instances that were opened, in order.
func (p *Provider) Instances() (all []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.opened {
		all = append(all, instanceOf(r))
	}
	return all
}

// Polls returns how often an instance was polled.
func (p *Provider) Polls(instance string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.polls[instance]
}

// Canceled returns the instances that were canceled, as often as they were.
func (p *Provider) Canceled() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.canceled)
}
