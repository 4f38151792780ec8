package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// newVersion makes the command that prints what this program was built from.
func newVersion(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  prowtrace version",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(s.Out, versionLine())
			return err
		},
	}
}

// versionLine is in the form that cobra gives to --version: a template of our own
// would link text/template, which finds methods by name and so keeps all there are,
// 5 MB of them.
func versionLine() string { return "prowtrace version " + built() }

func built() string {
	return fmt.Sprintf("%s (%s, %s/%s)", cmp.Or(released, version(buildInfo())), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// buildInfo is nil in a program that was built without modules.
func buildInfo() *debug.BuildInfo {
	info, _ := debug.ReadBuildInfo()
	return info
}

// released is set by the linker in archives and packages: -X prowtrace/cli.released=1.2.3.
var released string

// version reads what the Go tool stamped into the program: the module version
// of an installed one, else the revision it was built from.
func version(info *debug.BuildInfo) string {
	if info == nil {
		return "unknown"
	}
	v := info.Main.Version
	if v != "" && v != "(devel)" {
		return v
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "+changes"
			}
		}
	}
	if revision == "" {
		return "devel"
	}
	return "devel-" + revision + dirty
}
