package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// patience is how long a server may take to obey a signal.
const patience = 20 * time.Second

// process is a running server.
type process struct {
	cmd *exec.Cmd
	// exited is closed when the process has ended.
	exited chan struct{}
	// suspended are the processes that Suspend stopped.
	suspended []int
}

// start runs a command with its output appended to a file.
func start(cmd *exec.Cmd, logFile string) (*process, error) {
	log, err := os.OpenFile(logFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) // #nosec G304 -- a file of the server's own directory
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := errors.Join(cmd.Start(), log.Close()); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, exited: make(chan struct{})}
	go func() {
		defer close(p.exited)
		_ = cmd.Wait() // how it ended is in its log
	}()
	return p, nil
}

func (p *process) alive() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

func (p *process) signal(sig syscall.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil {
		return fmt.Errorf("send %s: %w", sig, err)
	}
	return nil
}

func (p *process) await() error {
	select {
	case <-p.exited:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("it still runs after %s", patience)
	}
}

// end ends the process, suspended or not, by force if it must.
func (p *process) end() error {
	p.resume()
	if err := p.signal(syscall.SIGQUIT); err == nil && p.await() == nil {
		return nil
	}
	if err := p.signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return p.await()
}

// suspend stops the process first, so that it has no more children, and then
// the children.
func (p *process) suspend() error {
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	p.suspended = append(p.suspended, p.cmd.Process.Pid)
	pids, err := children(p.cmd.Process.Pid)
	if err != nil {
		return err
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("suspend process %d: %w", pid, err)
		}
		p.suspended = append(p.suspended, pid)
	}
	return nil
}

// cut kills what was suspended as it is, the process first, so that nothing
// reacts to the end of another.
func (p *process) cut() error {
	for _, pid := range p.suspended {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("kill process %d: %w", pid, err)
		}
	}
	p.suspended = nil
	return p.await()
}

// resume lets everything that was suspended go on, children first.
func (p *process) resume() {
	for i := len(p.suspended) - 1; i >= 0; i-- {
		_ = syscall.Kill(p.suspended[i], syscall.SIGCONT) // one that has ended needs none
	}
	p.suspended = nil
}
