package workflow

// Executors work in goroutines that are used again: what a run calls on the way to its
// commit needs a deep stack, which a new goroutine would have to grow each time.

// maxIdle bounds how many goroutines wait for another attempt.
const maxIdle = 64

// A begun attempt is one to be carried out, of a run as it was when it began.
type begun struct {
	attempt *activeAttempt
	run     *Run
}

// employ lets a goroutine carry an attempt out: one that waits for work, or a new one. The caller
// may hold mu.
func (l *Local) employ(b begun) {
	select {
	case l.hire <- b:
	default:
		l.workers.Go(func() { l.keepBusy(b, b.attempt.retired) })
	}
}

// keepBusy carries attempts out, one after the other, until the lease is over or enough
// others wait for work.
func (l *Local) keepBusy(b begun, retired <-chan struct{}) {
	for {
		b.attempt.carryOut(b.run)
		if l.idle.Add(1) > maxIdle {
			l.idle.Add(-1)
			return
		}
		select {
		case b = <-l.hire:
			l.idle.Add(-1)
		case <-retired:
			l.idle.Add(-1)
			return
		}
	}
}

// retire ends the goroutines of a lease, of which no attempt is under way.
func (l *Local) retire() {
	l.mu.Lock()
	close(l.retired)
	l.mu.Unlock()
	l.workers.Wait()
}
