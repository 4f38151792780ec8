package launch

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup keeps Ctrl-C of our console from the child: we decide when it ends.
// Its life is not tied to ours.
func ownGroup(cmd *exec.Cmd, _ bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

func deathByTerm(*exec.Cmd) {}

// terminateGroup kills: Windows has no gentle signal for a program without window.
func terminateGroup(p *os.Process) { _ = p.Kill() }

func killGroup(p *os.Process) { _ = p.Kill() }

func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
