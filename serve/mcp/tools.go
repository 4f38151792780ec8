package mcp

// RunArg is which run a tool is asked about.
type RunArg struct {
	Run string `json:"run" jsonschema:"the run: any link of it (Prow, gcsweb, storage, a file below it), JOB/BUILD, gs://BUCKET/PATH, or the name of a job for its newest run" bounds:"shortest=1 longest=4096"`
}

// CursorArg is where a list goes on.
type CursorArg struct {
	Cursor string `json:"cursor,omitempty" jsonschema:"next_cursor of an answer with the same arguments, for what follows" bounds:"longest=64"`
}

// addTools offers all tools, overviews first.
func (s *Server) addTools() {
	add(s, "resolve_link", "What a link means",
		"Says which run, job or pull request a link or a name means, without asking any bucket, and gives the run's other addresses. "+
			"Use it when it is unclear what a user's link is about, or to get a page to cite. Next: get_run_summary with the run, or list_runs with the job.",
		s.resolveLink)
	add(s, "list_runs", "The latest runs of a job",
		"Lists the latest runs of a job or of a pull request, the newest first: build, result, when it started, how long it took, its link. "+
			"Use it to find a failed run, the last one that passed, or the runs of a pull request. Next: get_run_summary with one of them; get_job_history to learn which failures are the same.",
		s.listRuns)
	add(s, "get_run_summary", "What broke first in a run",
		"Says what broke first in a run, how that is known, what else went wrong, and where the time went; compared with the last passing runs. "+
			"Begin with it for every failed run. Findings are ranked: the first is the likeliest cause. Each has evidence as file:line or span. "+
			"Next: get_log around the evidence, get_span_details of its spans, get_test_failures, get_job_history to learn whether it is new.",
		s.getRunSummary)
	add(s, "get_test_failures", "Failed test cases",
		"Lists the test cases that failed, as the run's JUnit reports tell, with messages and the end of their output. "+
			"Use it when a test failed rather than the setup. Next: search_evidence for the name of a test in logs, get_job_history for cases that are known to be flaky.",
		s.getTestFailures)
	add(s, "get_run_timeline", "What a run did when",
		"Gives the run as an outline in time: phases, steps, containers and processes with their start, duration and errors, down to a depth. "+
			"Use it to see what a run did, or with phase to look into one part. Next: get_critical_path for what made it long, search_spans within it.",
		s.getRunTimeline)
	add(s, "get_critical_path", "What made a run take as long as it did",
		"Gives the spans that the end of the run waited for, those with the most time first: making anything else faster would not have ended the run earlier. "+
			"Use it when a run was slow or timed out. Next: get_span_details of a span, compare_runs to see whether it is slower than usual.",
		s.getCriticalPath)
	add(s, "search_spans", "Find spans",
		`Finds spans of the run, the earliest first. The query is words and terms, all of which must hold: words are found in names, services, attributes, events and status messages. `+
			`Terms: error (status is an error), key=value, key!=value, key~regex (RE2), key>5, key<=5, dur>5s, self>1s, name:part, service:part, kind:client, status:error, has:key, after:12:03, before:+5m, "a phrase", -term (not), term OR term, (terms). `+
			`Examples: error -status:ok; http.response.status_code>=400; name:Validate dur>1m. An empty query finds all. Next: get_span_details with the span_ids.`,
		s.searchSpans)
	add(s, "get_span_details", "All of some spans",
		"Gives all that is known of up to 20 spans: attributes, resource, events, status message, the file and the byte they were read from. "+
			"Use it with span_ids of other answers. Next: get_log at the time of a span.",
		s.getSpanDetails)
	add(s, "search_evidence", "Search logs and artifacts",
		"Finds lines that match a regular expression (RE2; (?i) ignores case) in the logs of all containers and steps, or in the artifacts that path_glob fits. "+
			"Without text_regex it lists the artifacts. Use it to look for an error, a resource or a test in everything that the run left. Next: get_log with the file and lines around.",
		s.searchEvidence)
	add(s, "get_log", "Lines of a log",
		"Gives lines of a log or of any other artifact of text, with times and what the job was doing. from and to are line numbers, negative ones count from the end, or times. "+
			"Without them it gives the last 100 lines. Use it to read around evidence.",
		s.getLog)
	add(s, "compare_runs", "What is different in a run",
		"Says what differs between a run and another one, or the last runs of its job that passed: inputs that changed first (commits, images, versions, configuration), then errors, phases, tests, calls, log lines and attributes that are new, gone, slower or more. "+
			"Use it when a job passed before. Next: get_log or get_span_details at the places that it names.",
		s.compareRuns)
	add(s, "get_job_history", "Whether a failure is new, flaky or broken",
		"Judges the last runs of a job: which failures are the same, since which run and commits, whether it is broken, flaky or fixed, and which test cases are flaky. "+
			"Use it before blaming a change. It reads many runs and can take a minute. Next: get_run_summary of the first bad run, compare_runs with the last good one.",
		s.getJobHistory)
}
