package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/prow"
	"prowtrace/prow/link"
)

// What docs/config.md shows is read, and means what it says.
func TestConfigExample(t *testing.T) {
	text, err := os.ReadFile("../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```yaml\n")
	example, _, ok := strings.Cut(example, "```")
	if !ok {
		t.Fatal("docs/config.md has no example")
	}
	known, err := parseConfig([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	for input, want := range map[string]string{
		"https://prow.example.com/log?job=x&id=7": "deck  prow.example.com",
		"prow.example.com/?job=x":                 "job  prow.example.com",
		"example-labs/demo#5":                     "pr example-labs/demo ",
		"main#5":                                  "pr example/main ",
		"kops#5":                                  "pr example/kops ",
		"kubernetes/kops#5":                       "pr kubernetes/kops prow.k8s.io",
		"gs://example-ci-attic/pr-logs/pull/5/pull-example-x/7":    "run example/main ",
		"gs://example-ci-logs/pr-logs/pull/a_b/5/pull-example-x/7": "run a/b ",
	} {
		ref, err := link.Parse(known, input)
		repo := strings.Trim(ref.Org+"/"+ref.Repo, "/")
		if got := string(ref.Kind) + " " + repo + " " + ref.Host; err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", input, got, err, want)
		}
	}
	if in, ok := known.At("gcsweb.example.com"); !ok || in.Bucket != "example-ci-logs" || in.Provider != "gs" || in.Strategy != prow.Single {
		t.Errorf("the instance of a gcsweb is %+v", in)
	}
	if in, _ := known.OfBucket("private-ci"); in.Endpoint != "https://minio.example.com:9000" || in.Region != "eu-central-1" || in.Addressing != "path" || in.Provider != "s3" {
		t.Errorf("the instance in S3 is %+v", in)
	}
	var places []string
	for _, p := range known.Buckets("example-ci-results") {
		places = append(places, p.Name)
	}
	if got := strings.Join(places, " "); got != "example-ci-results example-ci-logs example-ci-attic" {
		t.Errorf("places %s", got)
	}
	ref, _ := link.Parse(known, "gs://example-ci-logs/logs/x/7")
	page, _ := link.Artifacts(known, ref.Run)
	if page != "https://gcsweb.example.com/gcs/example-ci-logs/logs/x/7/artifacts/" || link.Page(known, ref.Run) != "https://prow.example.com/view/gs/example-ci-logs/logs/x/7" {
		t.Errorf("pages %s and %s", link.Page(known, ref.Run), page)
	}
}

func TestConfigErrors(t *testing.T) {
	const begin = "instances:\n  - deck: prow.example.com\n    bucket: example-ci\n"
	for _, tt := range []struct{ name, text, want string }{
		{"no mapping", "- x\n", "1: expected KEY: VALUE"},
		{"a misspelt key at the top", "# mine\ninstance: []\n", `2: unknown key "instance"`},
		{"a misspelt key", begin + "    buckets: x\n", `4: unknown key "buckets"`},
		{"a key with an escape", "\"\\e[1m\": x\n", `1: unknown key "\x1b[1m"`},
		{"a key with a line break", "\"a\\nb\": x\n", `1: unknown key "a\nb"`},
		{"twice", begin + "    bucket: other\n", `4: duplicate key "bucket"`},
		{"no list", "instances:\n  deck: x\n", "2: expected a list, with a dash before each instance"},
		{"a list for a name", begin + "    provider: [gs]\n", "4: expected a name"},
		{"a list in a list", begin + "    jobs:\n      - [a]\n", "5: expected a name"},
		{"an empty name", "instances:\n  - deck:\n", "2: missing deck"},
		{"a mapping for a name", begin + "    orgs:\n      b: c\n", "5: expected a name or a list of names"},
		{"a mapping in a list", begin + "    orgs:\n      - a\n      - b: c\n", "6: expected a name"},
		{"no boolean", begin + "    default: perhaps\n", "4: expected true or false"},
		{"an unknown alias", "instances:\n  - deck: *a\n", " unknown anchor 'a' referenced"},
		{"another strategy", begin + "    paths: simple\n", "4: invalid paths: use explicit, legacy or single, as in Prow's path_strategy"},
		{"no repository", begin + "    default-repo: example\n", "4: invalid default-repo: write ORG/REPO"},
		{"a strategy without a repository", begin + "    paths: legacy\n", "2: missing or needless default-repo: paths legacy and single need ORG/REPO, explicit has none"},
		{"a repository without a strategy", begin + "    default-repo: a/b\n", "2: missing or needless default-repo"},
		{"no deck", "instances:\n  - bucket: example-ci\n", "2: missing deck"},
		{"no bucket", "instances:\n  - deck: prow.example.com\n", `2: invalid bucket ""`},
		{"a link for a host", "instances:\n  - deck: https://prow.example.com\n    bucket: example-ci\n", `2: invalid host "https://prow.example.com"`},
		{"another store", begin + "    provider: azure\n", `2: unknown provider "azure"`},
		{"an endpoint in Google's store", begin + "    endpoint: https://x\n", `2: needless endpoint`},
		{"an endpoint with a path", begin + "    provider: s3\n    endpoint: https://x/bucket\n", `2: invalid endpoint "https://x/bucket"`},
		{"an endpoint with a password", begin + "    provider: s3\n    endpoint: https://u:p@x\n", `2: invalid endpoint`},
		{"an endpoint without a scheme", begin + "    provider: s3\n    endpoint: x:9000\n", `2: invalid endpoint "x:9000"`},
		{"a region that is none", begin + "    provider: s3\n    region: eu/x\n", `2: invalid region "eu/x"`},
		{"an addressing that is none", begin + "    provider: s3\n    addressing: host\n", `2: unknown addressing "host"`},
		{"all jobs", begin + "    jobs: ['a', \"\"]\n", "4: empty name"},
		{"two defaults", begin + "    default: true\n  - deck: b.example\n    bucket: bbb\n    default: true\n", "5: duplicate default"},
		{"no YAML", "instances: [\n", "1: did not find expected node content"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.yaml")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := knownInstances(func(string) string { return path })
			var usage usageError
			if err == nil || !strings.HasPrefix(err.Error(), path+":"+tt.want) || !errors.As(err, &usage) {
				t.Errorf("error %v\nwant  %s:%s", err, path, tt.want)
			}
		})
	}
}

func TestConfigIsOptional(t *testing.T) {
	for _, text := range []string{"", "# nothing yet\n", "instances:\n"} {
		if known, err := parseConfig([]byte(text)); err != nil || known.Default().Bucket != "kubernetes-ci-logs" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte("instances:\n  - deck: &a prow.example.com\n    gcsweb: *a\n    bucket: example-ci\n"))
	f.Add([]byte("instances: {<<: [a]}"))
	f.Add([]byte("instances: [{? [a] : b, \"a\\n\\e\": 1}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		known, err := parseConfig(data)
		if err != nil && strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("the error is no line: %q", err)
		}
		link.Parse(known, "example-ci/logs/x/7")
	})
}
