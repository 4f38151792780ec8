package launch

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the child into a process group of its own, so that Ctrl-C reaches
// us alone and we decide when it ends. With diesWithUs the kernel kills it when
// the thread that started it is gone: the caller keeps that thread.
func ownGroup(cmd *exec.Cmd, diesWithUs bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if diesWithUs {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	}
}

// deathByTerm makes the signal at our sudden death a SIGTERM.
func deathByTerm(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGTERM }
