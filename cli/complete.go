package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"prowtrace/fetch"
	"prowtrace/internal/text"
	"prowtrace/prow"
)

// maxCompletions bounds what a shell is offered.
const maxCompletions = 1000

// completeRuns offers the shell what an argument can be: jobs whose runs are in the cache, and
// behind JOB/ their builds, newest first. Where no job fits, it offers how the names of jobs
// begin, by the config and the built-in table. For all else the shell offers files, where
// files can be named.
func completeRuns(s Streams, files bool) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		directive := cobra.ShellCompDirectiveNoFileComp
		if files {
			directive = cobra.ShellCompDirectiveDefault
		}
		if i := strings.IndexAny(begun, "/@"); i > 0 {
			if builds := cachedBuilds(begun[:i], begun[i:i+1], time.Now()); len(builds) > 0 {
				return builds, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
			}
		}
		if strings.ContainsAny(begun, "/:") || strings.HasPrefix(begun, ".") {
			return nil, directive
		}
		if jobs := cachedJobs(begun); len(jobs) > 0 {
			return jobs, directive
		}
		known, err := knownInstances(s.Getenv)
		if err != nil {
			return nil, directive
		}
		return beginnings(known, begun), directive | cobra.ShellCompDirectiveNoSpace
	}
}

// completeRunsOf adds that to commands that take runs.
func completeRunsOf(root *cobra.Command, s Streams) {
	root.ValidArgsFunction = completeRuns(s, true)
	for _, c := range root.Commands() {
		switch c.Name() {
		case "view", "fetch", "export", "push", "log", "serve", "resolve", "summary", "diff":
			c.ValidArgsFunction = completeRuns(s, true)
		case "runs", "history":
			c.ValidArgsFunction = completeRuns(s, false)
		}
	}
}

// cachedRuns are the runs in the cache, those used last first. Completion has nobody to tell an error.
func cachedRuns() []fetch.CachedRun {
	cache, err := fetch.OpenCache("")
	if err != nil {
		return nil
	}
	defer cache.Close()
	runs, _ := cache.Runs()
	runs = slices.DeleteFunc(runs, func(r fetch.CachedRun) bool { return r.Run.Job == "" || r.Run.Build == "" })
	slices.SortStableFunc(runs, func(a, b fetch.CachedRun) int { return b.Used.Compare(a.Used) })
	return runs
}

// cachedJobs are the jobs of the runs in the cache whose names begin so, each with how many
// runs there are.
func cachedJobs(begun string) (jobs []string) {
	count := map[string]int{}
	for _, r := range cachedRuns() {
		if strings.HasPrefix(r.Run.Job, begun) {
			if count[r.Run.Job]++; count[r.Run.Job] == 1 && len(jobs) < maxCompletions {
				jobs = append(jobs, r.Run.Job)
			}
		}
	}
	for i, job := range jobs {
		jobs[i] = offered(job, text.Count(count[job], "run")+" in the cache")
	}
	return jobs
}

// cachedBuilds are the builds of a job in the cache, each behind the job and what is between
// them: / or @. Bash takes @ for the end of a word, where it completes.
func cachedBuilds(job, between string, now time.Time) (builds []string) {
	runs := cachedRuns()
	slices.SortStableFunc(runs, func(a, b fetch.CachedRun) int { return prow.CompareBuilds(b.Run.Build, a.Run.Build) })
	for _, r := range runs {
		if r.Run.Job == job && len(builds) < maxCompletions {
			builds = append(builds, offered(job+between+r.Run.Build, "in the cache, used "+text.Age(now.Sub(r.Used))))
		}
	}
	return builds
}

// beginnings are how names of jobs begin.
func beginnings(known prow.Instances, begun string) (words []string) {
	for _, in := range known.DefaultFirst() {
		for _, word := range in.Jobs {
			if strings.HasPrefix(word, begun) {
				words = append(words, offered(word, "jobs of "+strings.Join(in.Decks[:min(len(in.Decks), 1)], "")))
			}
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// offered is a word as the shell is offered it, with what it is. A shell's script reads lines.
func offered(word, what string) string { return text.Line(word) + "\t" + text.Line(what) }
