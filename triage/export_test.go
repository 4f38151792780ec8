package triage

// Score is what the finding weighs.
func (f *Finding) Score() int { return f.score }
