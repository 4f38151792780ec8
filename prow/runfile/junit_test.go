package runfile

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"prowtrace/prow"
)

// outcomes gives what became of the cases of suites: "NAME outcome", and what is lost.
func outcomes(suites []Suite) string {
	var all []string
	for _, s := range suites {
		for _, c := range s.Cases {
			all = append(all, c.Name+" "+string(c.Outcome))
		}
		if s.Lost > 0 {
			all = append(all, fmt.Sprintf("lost %d/%d", s.Lost, s.LostFailed))
		}
	}
	return strings.Join(all, ", ")
}

// A file that is broken says nothing good of what is lost with it.
func TestBrokenJUnit(t *testing.T) {
	const begin = `<testsuite name="s" tests="3" failures="1"><testcase name="one"/>`
	tests := []struct{ name, in, want, err string }{
		{"cut in a failure's tag", begin + `<testcase name="two"><failure mess`, "one passed, two failed, lost 1/0", `a tag breaks off at byte 99, in case "two"; lost: 1 case`},
		{"cut in a failure's text", begin + `<testcase name="two"><failure>beca`, "one passed, two failed, lost 1/0", "it breaks off at byte "},
		{"cut in CDATA", begin + `<testcase name="two"><failure><![CDATA[beca`, "one passed, two failed, lost 1/0", "it breaks off"},
		{"cut in a case's tag", begin + `<testcase name="tw`, "one passed, tw unknown, lost 1/1", "a tag breaks off"},
		{"cut in an element's name", begin + `<testcase`, "one passed,  unknown, lost 1/1", "a tag breaks off"},
		{"cut behind a case's tag", begin + `<testcase name="two">`, "one passed, two unknown, lost 1/1", "it breaks off"},
		{"cut in what a case printed", begin + `<testcase name="two"><system-out>so far`, "one passed, two unknown, lost 1/1", "it breaks off"},
		{"cut behind a case", begin, "one passed, lost 2/1", "it breaks off"},
		{"a status tells", begin + `<testcase name="two" status="failed">`, "one passed, two failed, lost 1/0", "it breaks off"},
		{"torn and gone on", begin + `<testcase name="two"><testcase name="three"/></testsuite>`, "one passed, two unknown, three passed", "a case has no end"},
		{"a quote is missing", `<testsuite><testcase name="one<failure>f</failure></testcase></testsuite>`, "one failed", "a tag breaks off"},

		{"raw < in a name", "<testsuite><testcase name=\"When `kubelet-<node-name>` is added\"><failure>f</failure></testcase><testcase name=\"b\"/></testsuite>",
			"When `kubelet-<node-name>` is added failed, b passed", ""},
		{"raw > and quotes in a name", `<testsuite><testcase name="a "b"<c> > d"/></testsuite>`, `a "b"<c> > d passed`, ""},
		{"raw markup in a message", `<testsuite><testcase name="a"><failure>want <nil>, got <*errors.errorString | 0xc0> & more</failure></testcase></testsuite>`, "a failed", ""},
		{"attributes without quotes", `<testsuite><testcase name=a time=1><failure/></testcase></testsuite>`, "a failed", ""},
		{"printed JUnit", `<testsuite><testcase name="a"><system-out><testcase name="no"><failure></system-out></testcase></testsuite>`, "a passed", ""},
		{"printed end in CDATA", `<testsuite><testcase name="a"><system-out><![CDATA[</system-out><failure/>]]></system-out></testcase></testsuite>`, "a passed", ""},
		{"comments", `<testsuite><!-- <testcase name="no"/> --><testcase name="a"/></testsuite>`, "a passed", ""},
		{"a second failure", `<testsuite><testcase name="a"><error/><failure/><rerunFailure/></testcase></testsuite>`, "a failed", ""},
		{"failed again only", `<testsuite><testcase name="a"><rerunFailure/></testcase></testsuite>`, "a failed", ""},
		{"flaky by Surefire", `<testsuite><testcase name="a"><flakyFailure message="m">t</flakyFailure><flakyError/></testcase></testsuite>`, "a flaky", ""},
		{"flaky and failed", `<testsuite><testcase name="a"><flakyFailure/><failure/></testcase></testsuite>`, "a failed", ""},
	}
	for _, test := range tests {
		for _, data := range [][]byte{[]byte(test.in), zipped(t, test.in)} {
			suites, losses := Read(prow.Run{}, []Source{source("artifacts/junit.xml", string(data))})
			if got := outcomes(suites.Suites); got != test.want {
				t.Errorf("%s: %s, want %s", test.name, got, test.want)
			}
			if (len(losses) > 0) != (test.err != "") || test.err != "" && !strings.Contains(losses[0].Why, test.err) {
				t.Errorf("%s: lost %+v, want %q", test.name, losses, test.err)
			}
		}
	}
}

// Messages keep what looks like markup.
func TestJUnitMessage(t *testing.T) {
	in := `<testsuite><testcase name="a"><failure message="x &lt; y">want <nil> &amp; <![CDATA[<b> &amp;]]> end</failure></testcase></testsuite>`
	m, _ := Read(prow.Run{}, []Source{source("artifacts/junit.xml", in)})
	if got, want := m.Suites[0].Cases[0].Message, "x < y\nwant <nil> & <b> &amp; end"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A case that failed and passed under one name was tried again.
func TestFlaky(t *testing.T) {
	const (
		bad  = `<testcase name="a" classname="c"><failure/></testcase>`
		good = `<testcase name="a" classname="c"/>`
		more = `<testcase name="b"/>`
	)
	suite := func(name, cases string) string { return `<testsuite name="` + name + `">` + cases + `</testsuite>` }
	tests := []struct {
		name   string
		files  map[string]string // below artifacts
		passed bool              // the job
		flaky  int
	}{
		{"in one suite", map[string]string{"junit.xml": suite("s", bad+good)}, false, 1},
		{"first passed", map[string]string{"junit.xml": suite("s", good+bad)}, false, 1},
		{"failed twice", map[string]string{"junit.xml": suite("s", bad+bad+good)}, false, 2},
		{"failed only", map[string]string{"junit.xml": suite("s", bad+bad+more)}, false, 0},
		{"another class", map[string]string{"junit.xml": suite("s", bad+`<testcase name="a" classname="d"/>`)}, false, 0},
		{"another suite", map[string]string{"junit.xml": "<testsuites>" + suite("s", bad) + suite("t", good) + "</testsuites>"}, false, 0},
		{"a suite of retries", map[string]string{"junit.xml": "<testsuites>" + suite("s", bad) + suite("s (retry 1)", good) + "</testsuites>"}, false, 1},
		{"without a name", map[string]string{"junit.xml": suite("s", `<testcase><failure/></testcase><testcase/>`)}, false, 0},
		{"a file of the retry", map[string]string{"junit_e2e.xml": suite("s", bad+more), "junit_e2e_retry.xml": suite("s", good+more)}, false, 1},
		{"a file of a later time", map[string]string{"junit_e2e__20251120-010203.xml": suite("s", bad+more), "junit_e2e__20251120-020304.xml": suite("s", good+more)}, false, 1},
		{"a directory of the retry", map[string]string{"run-1/junit.xml": suite("s", bad+more), "run-2/junit.xml": suite("s", good+more)}, false, 1},
		{"a file of only what had failed", map[string]string{"junit_x.xml": suite("s", bad+more), "junit_y.xml": suite("s", good)}, false, 1},
		{"another version of Python", map[string]string{"junit_py38.xml": suite("s", bad+more), "junit_py39.xml": suite("s", good+more)}, false, 0},
		{"two versions in a job that passed", map[string]string{"junit_py38.xml": suite("s", bad+more), "junit_py39.xml": suite("s", good+more)}, true, 1},
		{"another step", map[string]string{"a/junit.xml": suite("s", bad+more), "b/junit.xml": suite("s", good+more)}, true, 0},
	}
	for _, test := range tests {
		files := []Source{source("finished.json", fmt.Sprintf(`{"passed":%t}`, test.passed))}
		for name, data := range test.files {
			files = append(files, source("artifacts/"+name, data))
		}
		m, losses := Read(prow.Run{}, files)
		flaky := 0
		for _, s := range m.Suites {
			flaky += s.Flaky()
			if s.Flaky() > 0 && s.Failed() > 0 {
				t.Errorf("%s: %+v", test.name, s)
			}
		}
		if flaky != test.flaky || losses != nil {
			t.Errorf("%s: %d flaky, want %d; lost %v", test.name, flaky, test.flaky, losses)
		}
	}
}

// Of many files all are read for failures, wherever these lie.
func TestManyJUnitFiles(t *testing.T) {
	var files []Source
	add := func(i int, data string) {
		files = append(files, source(fmt.Sprintf("artifacts/junit_%05d.xml", i), data))
	}
	many := strings.Repeat(`<testcase name="p"/>`, 30)
	for i := range 3000 {
		add(i, fmt.Sprintf(`<testsuite name="s%d">%s</testsuite>`, i, many))
	}
	add(3000, `<testsuite name="bad"><testcase name="f"><failure>because</failure></testcase><testcase name="r"><failure/></testcase></testsuite>`)
	add(3001, `<testsuite name="torn" tests="2"><testcase name="x">`)
	files = append(files, source("artifacts/junit_99999_retry.xml", `<testsuite name="bad">`+many+`<testcase name="r"/></testsuite>`), source("artifacts/junit_99999.xml", `<testsuite name="bad"><testcase name="r"><failure/></testcase></testsuite>`))
	m, losses := Read(prow.Run{}, files)
	found := map[string]string{}
	cases := 0
	for _, s := range m.Suites {
		cases += len(s.Cases)
		if s.Failed()+s.Flaky()+s.Unknown() > 0 {
			found[s.File] = outcomes([]Suite{s})
		}
	}
	want := map[string]string{
		"artifacts/junit_03000.xml": "f failed, r failed",
		"artifacts/junit_03001.xml": "x unknown, lost 1/0",
		"artifacts/junit_99999.xml": "r flaky",
	}
	if fmt.Sprint(found) != fmt.Sprint(want) || cases < maxCases || cases > maxCases+100 || len(m.Suites) < maxSuites || len(m.Suites) > maxSuites+10 {
		t.Errorf("%v, %d cases in %d suites", found, cases, len(m.Suites))
	}
	if len(losses) != 2 || losses[0].File != "artifacts/junit_03001.xml" || losses[1].Kind != LossTooMany || !strings.Contains(losses[1].Why, "suites of passed cases not drawn") {
		t.Errorf("lost %+v", losses)
	}
	for range maxJUnitFiles {
		files = append(files, source("artifacts/z/junit.xml", "<testsuite/>"))
	}
	if _, losses = Read(prow.Run{}, files); losses[0].Kind != LossTooMany || losses[0].Files != 3004 || losses[0].File != "artifacts/z/junit.xml" {
		t.Errorf("lost %+v", losses)
	}
}

// Files that inflate to more than is read are bounded together.
func TestInflatedJUnitIsBounded(t *testing.T) {
	bomb := string(zipped(t, "<testsuite><system-out>"+strings.Repeat(" ", 1<<20)+"</system-out><testcase name='a'/></testsuite>"))
	var total atomic.Int64
	for i := range 3 {
		in, err := inflating(strings.NewReader(bomb))
		if err != nil {
			t.Fatal(err)
		}
		suites, _, err := readJUnit(&boundedReader{in, &total, 2_000_000}, "junit.xml", fullRoom())
		if got := fmt.Sprint(err); i == 0 && (err != nil || outcomes(suites) != "a passed") || i > 0 && !strings.Contains(got, "larger than 2.0 MB") {
			t.Errorf("file %d: %s, %s", i, got, outcomes(suites))
		}
	}
}

func FuzzJUnit(f *testing.F) {
	f.Add([]byte(`<testsuites><testsuite name="s" tests="2"><testcase name="a<b"><failure message="x">&lt;<![CDATA[y]]></failure></testcase>`))
	f.Add([]byte(`<testsuite><system-out><!-- --></system-out><testcase name=a status='failed'`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &Metadata{}
		_ = m.Add("artifacts/junit.xml", data)
		for _, s := range m.Suites {
			if len(s.Name) > maxName || s.Lost < s.LostFailed {
				t.Errorf("%+v", s)
			}
		}
	})
}
