package link

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"prowtrace/prow"
)

// The columns of the tables of links.
var tableColumns = []string{"n", "input", "status", "kind", "provider", "bucket", "root", "job", "build",
	"org", "repo", "pull", "rest", "note_or_error"}

func TestParseTable(t *testing.T) {
	testTable(t, filepath.Join("testdata", "links.tsv"))
}

// The table that all tools around Prow share lies beside the repository, if anywhere.
func TestParseSharedTable(t *testing.T) {
	name := filepath.Join("..", "..", "..", "shared", "urls.tsv")
	if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
		t.Skip("the shared table of links is not here")
	}
	testTable(t, name)
}

func testTable(t *testing.T, name string) {
	for _, row := range readTable(t, name) {
		t.Run(row["n"], func(t *testing.T) {
			ref, err := Parse(prow.Instances{}, row["input"])
			got := NewRow(ref, err)
			want := Row{
				Status: row["status"], Kind: row["kind"], Provider: row["provider"], Bucket: row["bucket"],
				Root: row["root"], Job: row["job"], Build: row["build"], Org: row["org"], Repo: row["repo"],
				Pull: row["pull"], Rest: row["rest"], Note: row["note_or_error"],
			}
			if want.Status == "error" {
				// The message has more to say than the table.
				class, reason, _ := strings.Cut(want.Note, ": ")
				if !strings.HasPrefix(got.Error, class+": ") || !strings.Contains(got.Error, reason) {
					t.Errorf("Parse(%q)\n got %+v\nwant the error %s: …; %s…; …", row["input"], got, class, reason)
				}
				want.Note, want.Error = "", got.Error
			}
			if got != want {
				t.Errorf("Parse(%q)\n got %+v\nwant %+v", row["input"], got, want)
			}
			checkResult(t, prow.Instances{}, row["input"], ref, err)
		})
	}
}

// readTable reads tab-separated rows. Fields are neither trimmed nor quoted.
func readTable(t testing.TB, name string) []map[string]string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	if got := strings.Split(lines[0], "\t"); !slices.Equal(got, tableColumns) {
		t.Fatalf("%s has the columns %q", name, got)
	}
	var rows []map[string]string
	for _, line := range lines[1:] {
		fields := strings.Split(line, "\t")
		if len(fields) != len(tableColumns) {
			t.Fatalf("%s: %d fields in %q", name, len(fields), line)
		}
		row := map[string]string{}
		for i, c := range tableColumns {
			row[c] = fields[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// checkResult holds for every input, whatever instances are known.
func checkResult(t testing.TB, known prow.Instances, input string, ref prow.Ref, err error) {
	t.Helper()
	if err != nil {
		var e *ParseError
		if !errors.As(err, &e) {
			t.Fatalf("Parse(%q): %T", input, err)
		}
		if !slices.Contains(classes, e.Class) {
			t.Errorf("Parse(%q): class %q", input, e.Class)
		}
		if e.Input != input || e.Understood == "" || e.Missing == "" || e.Hint == "" {
			t.Errorf("Parse(%q): incomplete error %+v", input, e)
		}
		if i := strings.IndexFunc(e.Error(), func(r rune) bool { return r < ' ' || r == 0x7f }); i >= 0 {
			t.Errorf("Parse(%q): a control character in the message %q", input, e.Error())
		}
		if len(e.Error()) > 1000 {
			t.Errorf("Parse of %d bytes: message of %d bytes", len(input), len(e.Error()))
		}
		if !reflect.DeepEqual(ref, prow.Ref{}) {
			t.Errorf("Parse(%q): both %+v and an error", input, ref)
		}
		return
	}
	if ref.Input != input {
		t.Errorf("Parse(%q).Input = %q", input, ref.Input)
	}
	for s := range strings.SplitSeq(ref.Root, "/") {
		if ref.Root != "" && (s == "" || s == "." || s == "..") {
			t.Errorf("Parse(%q).Root = %q", input, ref.Root)
		}
	}
	for _, s := range []string{ref.Root, ref.Job, ref.Bucket, ref.Rest, ref.Host, ref.ProwJob, ref.Org, ref.Repo, ref.Note} {
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("Parse(%q): a control character in %q", input, s)
		}
	}
	has := func(fields ...string) bool { return !slices.Contains(fields, "") }
	complete := true
	switch ref.Kind {
	case prow.KindRun:
		complete = has(ref.Provider, ref.Bucket, ref.Root, ref.Job, ref.Build) && strings.HasSuffix(ref.Root, ref.Job+"/"+ref.Build)
		again, err := Parse(known, ref.Run.URL())
		if err != nil || again.Run != ref.Run || again.Rest != "" {
			t.Errorf("Parse(%q) = %+v, but its URL %s gives %+v, %v", input, ref.Run, ref.Run.URL(), again.Run, err)
		}
	case prow.KindPointer:
		complete = has(ref.Provider, ref.Bucket, ref.Job, ref.Build) && strings.HasSuffix(ref.Root, ref.Job+"/"+ref.Build+".txt")
	case prow.KindJob:
		complete = has(ref.Job) && (ref.Bucket == "") == (ref.Root == "") && ref.Build == ""
	case prow.KindPR:
		complete = has(ref.Pull) && ref.Job == "" && ref.Build == ""
	case prow.KindPRJob:
		complete = has(ref.Provider, ref.Bucket, ref.Root, ref.Pull, ref.Job) && ref.Build == ""
	case prow.KindDeck:
		complete = has(ref.Job, ref.Build) && ref.Bucket == "" && ref.Root == ""
	case prow.KindProwJob:
		complete = has(ref.ProwJob) && ref.Bucket == ""
	case prow.KindPath:
		complete = has(ref.Path)
	case prow.KindStdin:
	default:
		complete = false
	}
	if !complete {
		t.Errorf("Parse(%q) = %+v is not a whole %q", input, ref, ref.Kind)
	}
	if p := ref.Provider; p != "" && p != "gs" && p != "s3" {
		t.Errorf("Parse(%q).Provider = %q", input, p)
	}
}

var classes = []string{
	ClassEmpty, ClassMany, ClassScheme, ClassHost, ClassForm, ClassJobName, ClassBucket, ClassNoJob, ClassNoBuild,
	ClassNoPull, ClassLayout, ClassPath, ClassQuery, ClassGlob, ClassBareBuild, ClassTestGrid, ClassGitHub, ClassUnsupported,
}
