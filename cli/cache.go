package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"prowtrace/fetch"
	"prowtrace/internal/text"
)

// newCache makes the commands that look after the cache.
func newCache(s Streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "cache",
		Short: "Show and prune the cache of downloaded runs",
		Long: `cache shows and prunes the downloaded runs. They are stored in the directory
PROWTRACE_CACHE, or in the user's cache directory. After each download prowtrace
removes runs that were not used for 30 days. If the cache is larger than 5GB, it
also removes the oldest logs and runs.`,
		Example: `  prowtrace cache list
  prowtrace cache prune --max-age 7d`,
		Args: unknownSub,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newCacheDir(s), newCacheList(s), newCachePrune(s))
	return c
}

func newCacheDir(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:     "dir",
		Short:   "Print the directory of the cache",
		Example: "  prowtrace cache dir",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			cache, err := fetch.OpenCache("")
			if err != nil {
				return err
			}
			defer cache.Close()
			_, err = fmt.Fprintln(s.Out, cache.Dir())
			return err
		},
	}
}

func newCacheList(s Streams) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the runs in the cache, most recently used first",
		Example: "  prowtrace cache list --json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			cache, err := fetch.OpenCache("")
			if err != nil {
				return err
			}
			defer cache.Close()
			runs, err := cache.Runs()
			if err != nil {
				return err
			}
			if asJSON {
				return printRunsJSON(s, runs)
			}
			return printRuns(s, runs, time.Now())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON objects, one a line")
	return c
}

func printRuns(s Streams, runs []fetch.CachedRun, now time.Time) error {
	if len(runs) == 0 {
		fmt.Fprintln(s.Err, "The cache is empty.")
		return nil
	}
	var t text.Table
	t.Row("USED", "FILES", "SIZE", "RUN")
	var total int64
	for _, r := range runs {
		total += r.Size
		t.Row(text.Age(now.Sub(r.Used)), text.Number(r.Files), text.Size(r.Size), text.Line(cachedName(r)))
	}
	if err := s.table(&t); err != nil {
		return err
	}
	fmt.Fprintf(s.Err, "%s, %s\n", text.Count(len(runs), "run"), text.Size(total))
	return nil
}

func cachedName(r fetch.CachedRun) string {
	if r.Run.Bucket == "" {
		return "(incomplete download)"
	}
	return r.Run.URL()
}

func printRunsJSON(s Streams, runs []fetch.CachedRun) error {
	enc := json.NewEncoder(s.Out)
	for _, r := range runs {
		err := enc.Encode(struct {
			URL    string    `json:"url"`
			Dir    string    `json:"dir"`
			Files  int       `json:"files"`
			Size   int64     `json:"size"`
			Used   time.Time `json:"used"`
			Listed time.Time `json:"listed"`
			Ended  bool      `json:"ended"`
		}{cachedName(r), r.Dir, r.Files, r.Size, r.Used.UTC(), r.Listed.UTC(), r.Ended})
		if err != nil {
			return fmt.Errorf("cannot write the output: %w", err)
		}
	}
	return nil
}

func newCachePrune(s Streams) *cobra.Command {
	var maxSize, maxAge string
	var all bool
	c := &cobra.Command{
		Use:   "prune",
		Short: "Remove runs that are old or take too much space",
		Long: `prune removes runs that were not used within --max-age. It then removes the least
recently used ones until the cache is not larger than --max-size. To save space
it removes logs first: those of runs that were only compared with others, then
all other logs, then whole runs. It keeps runs that another prowtrace uses.`,
		Example: `  prowtrace cache prune --max-size 2GB
  prowtrace cache prune --all`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			cache, err := fetch.OpenCache("")
			if err != nil {
				return err
			}
			defer cache.Close()
			var removed fetch.Pruned
			if all {
				removed, err = cache.Clear()
			} else {
				limits := fetch.Limits{}
				if limits.Size, err = parseSize(maxSize); err != nil {
					return err
				}
				if limits.Age, err = parseAge(maxAge); err != nil {
					return err
				}
				removed, err = cache.Prune(limits)
			}
			logs := ""
			if n := len(removed.Logs); n > 0 {
				logs = " and the logs of " + text.Count(n, "other run")
			}
			fmt.Fprintf(s.Err, "removed %s%s, %s\n", text.Count(len(removed.Runs), "run"), logs, text.Size(removed.Size))
			return err
		},
	}
	named(c.Flags(), &maxSize, "max-size", strconv.FormatInt(fetch.DefaultLimits.Size/1e9, 10)+"GB", "SIZE", "largest size of the cache, such as 500MB or 2GB")
	named(c.Flags(), &maxAge, "max-age", strconv.Itoa(int(fetch.DefaultLimits.Age.Hours()/24))+"d", "AGE", "longest time since the last use, such as 12h or 30d")
	c.Flags().BoolVar(&all, "all", false, "remove all runs")
	return c
}

// parseSize reads a number of bytes with its unit, in powers of ten. Without one
// it could be meant in any, and too small a limit empties the cache.
func parseSize(value string) (int64, error) {
	number := strings.TrimRight(value, "kKMGTBb ")
	unit := strings.ToUpper(strings.TrimSpace(value[len(number):]))
	factor, known := map[string]float64{"B": 1, "KB": 1e3, "K": 1e3, "MB": 1e6, "M": 1e6, "GB": 1e9, "G": 1e9, "TB": 1e12, "T": 1e12}[unit]
	n, err := strconv.ParseFloat(number, 64)
	if bytes := n * factor; err == nil && known && bytes >= 1 && bytes < math.MaxInt64 {
		return int64(bytes), nil
	}
	return 0, usageError{fmt.Errorf("invalid --max-size %s", text.Quote(value, maxQuoted)), "use 500MB or 2GB"}
}

// parseAge reads a duration, with d for days.
func parseAge(value string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(value, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil && n > 0 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(value); err == nil && d > 0 {
		return d, nil
	}
	return 0, usageError{fmt.Errorf("invalid --max-age %s", text.Quote(value, maxQuoted)), "use 12h or 30d"}
}
