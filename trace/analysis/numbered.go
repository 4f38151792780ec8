package analysis

// numbered numbers distinct texts in the order they come.
type numbered struct {
	index  map[string]uint32
	values []string
}

func (in *numbered) number(s string) uint32 {
	if n, ok := in.index[s]; ok {
		return n
	}
	if in.index == nil {
		in.index = map[string]uint32{}
	}
	n := uint32(len(in.values))
	in.index[s] = n
	in.values = append(in.values, s)
	return n
}

// numbering numbers distinct keys in the order they come.
type numbering struct {
	index map[uint64]int32
	last  struct { // most keys come several times in a row
		key uint64
		at  int32
		set bool
	}
}

// number gives a key's number; fresh tells that it is new.
func (in *numbering) number(key uint64) (at int32, fresh bool) {
	if in.last.set && in.last.key == key {
		return in.last.at, false
	}
	if in.index == nil {
		in.index = map[uint64]int32{}
	}
	at, known := in.index[key]
	if !known {
		at = int32(len(in.index))
		in.index[key] = at
	}
	in.last.key, in.last.at, in.last.set = key, at, true
	return at, !known
}
