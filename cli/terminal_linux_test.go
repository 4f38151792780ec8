package cli_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/gcstest/pastruns"
)

// screen is a terminal in which prowtrace runs.
type screen struct {
	t      *testing.T
	width  uint16
	env    []string
	typed  string // before prowtrace reads
	stderr io.Writer
}

// run gives all that is written to the terminal, and the exit code.
func (s screen) run(args ...string) (said string, code int) {
	s.t.Helper()
	exe, err := exec.LookPath("prowtrace")
	if err != nil {
		s.t.Fatal(err)
	}
	ours, theirs := s.open()
	defer ours.Close()
	cmd := exec.Command(exe, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
	if s.stderr != nil {
		cmd.Stderr = s.stderr
	}
	cmd.Env = append([]string{"HOME=" + s.t.TempDir(), "PATH=" + s.t.TempDir(), "TERM=xterm"}, s.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	theirs.Close()
	if _, err := io.WriteString(ours, s.typed); err != nil {
		s.t.Fatal(err)
	}
	all, err := io.ReadAll(ours)
	if err != nil && !errors.Is(err, syscall.EIO) { // how Linux says that nobody has it open
		s.t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		s.t.Fatal(err)
	}
	return strings.ReplaceAll(string(all), "\r\n", "\n"), code
}

// open makes a terminal: our end and that of the program.
func (s screen) open() (ours, theirs *os.File) {
	s.t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		s.t.Skip(err)
	}
	number, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(ours.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: s.width})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	theirs, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	return ours, theirs
}

// The name of the program alone says what can be pasted; elsewhere than on a terminal it is
// wrong usage, which the scripts show.
func TestGuide(t *testing.T) {
	said, code := screen{t: t, width: 60}.run()
	if code != 0 || !strings.HasPrefix(said, "Paste behind prowtrace what you have:\n") || !strings.Contains(said, "\n  prowtrace summary kops#18011 ") {
		t.Errorf("exit code %d\n%s", code, said)
	}
	fits(t, said, 60)
}

// A link is read from the terminal only if that is asked for.
func TestTypedLink(t *testing.T) {
	said, code := screen{t: t, width: 80, typed: " kops#18000 \n"}.run("resolve", "--from", "stdin")
	if code != 0 || !strings.Contains(said, "Paste a link and press Enter.\n") || !strings.Contains(said, "\na run of pull request kubernetes/kops#18000: ") {
		t.Errorf("exit code %d\n%s", code, said)
	}
}

var drawn = regexp.MustCompile(`[^\n]*\r|\x1b\[[0-9;]*[A-Za-z]`)

// fits fails for lines that are wider than the screen, unless they hold an address or a name
// that stays whole to be copied.
func fits(t *testing.T, said string, width int) {
	t.Helper()
	for line := range strings.Lines(said) {
		line = drawn.ReplaceAllString(strings.TrimRight(line, "\n"), "")
		if utf8.RuneCountInString(line) > width && !strings.Contains(line, "://") && strings.Contains(strings.TrimSpace(line), " ") && !strings.HasPrefix(line, "  prowtrace ") {
			t.Errorf("wider than %d: %s", width, line)
		}
	}
}

// Tables, reports and help are as wide as the terminal.
func TestScreens(t *testing.T) {
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	pastruns.Put(func(bucket, name string, data []byte) { server.PutBytes(bucket, name, data) })
	cache := t.TempDir()
	for _, width := range []uint16{80, 60} {
		for _, args := range [][]string{
			{"runs", "-n", "3", pastruns.Broken},
			{"history", pastruns.Broken},
			{"summary", "kops#18011"},
			{"summary", "kops#18000"},
			{"diff", "e2e-kops-aws-distro-deb13", "kops#18000"},
			{"signatures"},
			{"cache", "list"},
			{"log", "--list", "kops#18000"},
			{"--help"}, {"history", "--help"},
		} {
			s := screen{t: t, width: width, env: []string{"STORAGE_EMULATOR_HOST=" + server.Host, "PROWTRACE_CACHE=" + cache}, stderr: io.Discard}
			said, code := s.run(args...)
			if code != 0 || len(said) == 0 {
				t.Errorf("%s at %d: exit code %d\n%s", args, width, code, said)
			}
			fits(t, said, int(width))
		}
	}
}

func TestColours(t *testing.T) {
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	for _, tt := range []struct {
		env  string
		want bool
	}{
		{"", true}, {"NO_COLOR=1", false}, {"TERM=dumb", false}, {"CLICOLOR=0", false}, {"CLICOLOR_FORCE=0", true},
		{"CLICOLOR=0 CLICOLOR_FORCE=1", true}, {"CLICOLOR_FORCE=1 NO_COLOR=1", false},
	} {
		env := append([]string{"STORAGE_EMULATOR_HOST=" + server.Host, "PROWTRACE_CACHE=" + cache}, strings.Fields(tt.env)...)
		said, code := screen{t: t, width: 80, env: env, stderr: io.Discard}.run("summary", "--baseline", "none", "kops#18000")
		if got := strings.Contains(said, "\x1b["); code != 0 || got != tt.want {
			t.Errorf("%q: colours %v, want %v; exit code %d\n%q", tt.env, got, tt.want, code, said)
		}
	}
}
