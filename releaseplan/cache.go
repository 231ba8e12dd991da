package releaseplan

// memoryPerByte is about how much memory a plan takes for a byte of its records.
const memoryPerByte = 4

func (s *stored) memory() int64 { return int64(s.header+s.bytes)*memoryPerByte + 4096 }

// keep keeps a plan in the cache, unless there is a later version of it already. It may
// be stale: who decides by it finds out when committing, who shows it asks first.
func (s *Service) keep(st *stored) { s.cache.Put(st.plan.id, st.version, st, st.memory()) }
