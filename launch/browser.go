package launch

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// browserPatience is how long a command may run before it counts as the browser
// itself; openers (xdg-open, open) hand over and end sooner, failures too.
const browserPatience = 3 * time.Second

// Browser opens a page of ours in the user's browser. It takes three seconds a
// command at most, does not wait for the browser, and the browser lives on after
// us. An error is a note for the user, who can open the page by hand: it names the
// commands that failed.
//
// Only http and https addresses on loopback are opened: everything else would be
// an address that came from outside. What is run: each command of the environment
// variable BROWSER (a list with colons; %s stands for the address, else it comes
// last), then the system's own opener.
func Browser(ctx context.Context, address string) error {
	return openWith(ctx, address, browserCommands(runtime.GOOS, os.Getenv), time.After)
}

func openWith(ctx context.Context, address string, commands [][]string, after func(time.Duration) <-chan time.Time) error {
	if err := ownPage(address); err != nil {
		return err
	}
	return openAddress(ctx, address, commands, after)
}

// openAddress opens an address that is ours, or known.
func openAddress(ctx context.Context, address string, commands [][]string, after func(time.Duration) <-chan time.Time) error {
	if len(commands) == 0 {
		return errors.New("cannot open a browser: no display (neither DISPLAY nor WAYLAND_DISPLAY is set)")
	}
	var failed []string
	for _, command := range commands {
		err := openOnce(ctx, withAddress(command, address), after)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		failed = append(failed, fmt.Sprintf("%s: %v", plain(command[0]), err))
	}
	return fmt.Errorf("cannot open a browser: %s", strings.Join(failed, "; "))
}

// openOnce starts one command and returns nil when it ends well or goes on.
func openOnce(ctx context.Context, command []string, after func(time.Duration) <-chan time.Time) error {
	path, err := exec.LookPath(command[0])
	if err != nil {
		return errors.Unwrap(err)
	}
	cmd := exec.Command(path, command[1:]...) // no input, no output: it may not draw into ours
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ends with the browser, so that no zombie stays
	select {
	case err := <-ended:
		return err
	case <-after(browserPatience):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// browserCommands lists what to try, each as words that may hold %s.
func browserCommands(goos string, getenv func(string) string) (commands [][]string) {
	list := []string{getenv("BROWSER")}
	if goos != "windows" { // where a colon is part of a path
		list = strings.Split(list[0], ":")
	}
	for _, entry := range list {
		if words := strings.Fields(entry); len(words) > 0 {
			commands = append(commands, words)
		}
	}
	switch goos {
	case "windows":
		return append(commands, []string{"rundll32", "url.dll,FileProtocolHandler"})
	case "darwin":
		return append(commands, []string{"open"})
	}
	if getenv("WSL_DISTRO_NAME") != "" { // Linux in Windows: the browser is on the other side
		commands = append(commands, []string{"wslview"}, []string{"rundll32.exe", "url.dll,FileProtocolHandler"})
	}
	if getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != "" {
		// Without a display it would start a text browser on our terminal.
		commands = append(commands, []string{"xdg-open"})
	}
	return commands
}

// withAddress puts the address where the command has %s, else at its end. %%
// stands for a percent sign.
func withAddress(command []string, address string) []string {
	words := make([]string, 0, len(command)+1)
	placed := false
	for _, w := range command {
		placed = placed || strings.Contains(strings.ReplaceAll(w, "%%", ""), "%s")
		words = append(words, strings.NewReplacer("%%", "%", "%s", address).Replace(w))
	}
	if !placed {
		words = append(words, address)
	}
	return words
}

// ownPage refuses what is not a page on this machine.
func ownPage(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("cannot open a browser: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.User != nil || !isLoopback(u.Hostname()) {
		return fmt.Errorf("cannot open a browser: %q is not a page of this machine", address)
	}
	return nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
