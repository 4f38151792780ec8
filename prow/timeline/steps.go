package timeline

import "prowtrace/prow/runfile"

// steps draws ci-operator's steps below the container it ran in. Steps that were
// not started are not drawn.
func (t *timeline) steps() {
	t.stepNodes = map[string]*node{}
	parent := t.testParent()
	type drawn struct {
		*node
		step runfile.Step
	}
	var all []drawn
	var draw func(parent *node, above string, steps []runfile.Step)
	draw = func(parent *node, above string, steps []runfile.Step) { // no deeper than maxStepDepth
		for _, s := range steps {
			if s.Started.IsZero() {
				continue
			}
			n := t.add(parent, s.Name, s.Started, s.Finished)
			n.text("prow.phase", "step")
			n.text("prow.step.description", s.Description)
			n.keeps(runfile.StepDir(above, s.Name))
			n.text("cicd.pipeline.task.name", s.Name)
			n.text("cicd.pipeline.task.run.id", t.m.Run.Build+"/"+s.Name)
			n.text("cicd.pipeline.task.run.url.full", s.LogURL)
			switch {
			case s.Failed:
				n.text("cicd.pipeline.task.run.result", result(runfile.Failed))
				n.failed("the step failed", result(runfile.Failed))
			case !s.Finished.IsZero():
				n.text("cicd.pipeline.task.run.result", result(runfile.Passed))
			}
			if t.stepNodes[s.Name] == nil {
				t.stepNodes[s.Name] = n
			}
			all = append(all, drawn{n, s})
			draw(n, s.Name, s.Steps)
		}
	}
	draw(parent, "", t.m.Steps)
	for _, d := range all {
		for _, name := range d.step.Dependencies {
			if to := t.stepNodes[name]; to != nil && to != d.node {
				d.link(to, "waited for")
			}
		}
	}
}

// testParent returns the span below which tests are drawn.
func (t *timeline) testParent() *node {
	if t.tests != nil {
		return t.tests
	}
	return t.parentPod
}
