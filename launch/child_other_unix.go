//go:build unix && !linux

package launch

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the child into a process group of its own, so that Ctrl-C reaches
// us alone and we decide when it ends. These systems cannot tie its life to ours.
func ownGroup(cmd *exec.Cmd, _ bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

func deathByTerm(*exec.Cmd) {}
