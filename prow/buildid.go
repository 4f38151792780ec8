package prow

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// Build ids are snowflakes (Prow's pkg/pjutil/tot.go). The bits from 22 up hold the time at
// which Prow's controller created the pod, in milliseconds since Twitter's epoch.
const (
	snowflakeEpoch = 1288834974657 // ms since 1970
	snowflakeShift = 22
)

// firstSnowflake is the earliest time at which Prow can have used such ids. Smaller ids are
// the counters of tot and of Jenkins, or were cut off.
var firstSnowflake = time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC)

// BuildTime returns when the build of this id was started, to the millisecond, in UTC. An id
// that holds no time, such as an older counter, gives the zero time and ok is false.
func BuildTime(build string) (t time.Time, ok bool) {
	id, err := strconv.ParseInt(build, 10, 64)
	if err != nil || id < 0 {
		return time.Time{}, false
	}
	t = time.UnixMilli(id>>snowflakeShift + snowflakeEpoch).UTC()
	if t.Before(firstSnowflake) {
		return time.Time{}, false
	}
	return t, true
}

// BuildAt returns the smallest id of a build started at t or later.
func BuildAt(t time.Time) string {
	ms := max(t.UnixMilli(), firstSnowflake.UnixMilli()) - snowflakeEpoch
	return strconv.FormatInt(ms<<snowflakeShift, 10)
}

// CompareBuilds orders ids by their number, whatever their length. Ids need not fit into 64
// bits.
func CompareBuilds(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
