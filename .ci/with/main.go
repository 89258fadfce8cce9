// Command with runs another command, such as go test, with what tests share: one Postgres
// server for all packages, and a folder in memory for what is temporary.
//
// Both are gone when it ends, however it ends: the server is told by the kernel if this is
// killed, and the next run sweeps a folder that was left.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"notifier/store/storetest"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "with: write the command to run, as in with go test ./...")
		os.Exit(2)
	}
	// The server ends when this thread does.
	runtime.LockOSThread()
	status, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "with:", err)
	}
	os.Exit(status)
}

func run(arguments []string) (status int, err error) {
	// From here on a signal ends the command, and not this.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)

	if memory, err := inMemory(); err != nil {
		fmt.Fprintln(os.Stderr, "with: temporary files stay on the disk:", err)
	} else {
		defer os.RemoveAll(memory)
		if err := os.Setenv("TMPDIR", memory); err != nil {
			return 1, err
		}
	}
	environment := os.Environ()
	if os.Getenv("NOTIFIER_TEST_POSTGRES") == "" {
		named, stop, err := storetest.Serve()
		if err != nil {
			return 1, err
		}
		defer stop()
		environment = append(environment, named...)
	}
	return do(arguments, environment, signals)
}

// patience is how long a command that was told to end may take.
const patience = 20 * time.Second

// do runs the command, and hands it the signals that come.
func do(arguments, environment []string, signals <-chan os.Signal) (status int, err error) {
	c := exec.Command(arguments[0], arguments[1:]...)
	c.Env, c.Stdin, c.Stdout, c.Stderr = environment, os.Stdin, os.Stdout, os.Stderr
	// A group of its own, so that a signal reaches the tests that the command has started.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := c.Start(); err != nil {
		return 1, err
	}
	defer syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // what it has left behind
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	var late <-chan time.Time
	for {
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				return max(exit.ExitCode(), 1), nil
			}
			return 0, err
		case s := <-signals:
			_ = syscall.Kill(-c.Process.Pid, s.(syscall.Signal))
			late = time.After(patience)
		case <-late:
			_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		}
	}
}

const (
	memoryAt  = "/dev/shm"
	leastFree = 6 << 30
)

// inMemory makes a folder in memory, if there is enough of it and programs may run there.
func inMemory() (dir string, err error) {
	sweep()
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memoryAt, &fs); err != nil {
		return "", err
	}
	const tmpfs = 0x01021994
	if fs.Type != tmpfs || fs.Bavail*uint64(fs.Bsize) < leastFree || available() < leastFree {
		return "", fmt.Errorf("%s has less than %d GB", memoryAt, leastFree>>30)
	}
	if dir, err = os.MkdirTemp(memoryAt, "notifier-tests-"); err != nil {
		return "", err
	}
	lock, err := os.Create(filepath.Join(dir, "locking"))
	if err == nil { // held as long as this process lives
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	held = lock
	if err == nil { // another that starts now sweeps what has a lock that nobody holds
		err = os.Rename(lock.Name(), filepath.Join(dir, "lock"))
	}
	if err == nil { // Postgres runs as another user
		err = os.Chmod(dir, 0o777|os.ModeSticky)
	}
	try := filepath.Join(dir, "try")
	if err == nil {
		err = os.WriteFile(try, []byte("#!/bin/sh\n"), 0o755)
	}
	if err == nil {
		err = exec.Command(try).Run()
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// held keeps the lock from being closed.
var held *os.File

// sweep removes folders whose process was killed.
func sweep() {
	left, _ := filepath.Glob(filepath.Join(memoryAt, "notifier-tests-*", "lock"))
	for _, file := range left {
		lock, err := os.Open(file)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(filepath.Dir(file))
		}
		lock.Close()
	}
}

// available is how much memory is left, in bytes.
func available() (n uint64) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer f.Close()
	var name, unit string
	for name != "MemAvailable:" {
		if _, err := fmt.Fscanln(f, &name, &n, &unit); err != nil && unit != "" {
			return 0
		}
	}
	return n << 10
}
