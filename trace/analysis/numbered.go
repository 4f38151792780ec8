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
