package main

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// powerCut cuts the power, as far as a file system can tell: what was not synced is gone.
// What was acknowledged before must be there when the power is back.
func (c *chaos) powerCut() (v verdict, err error) {
	disk := filepath.Join(c.dir, "disk")
	if err := c.makeDisk(disk); err != nil {
		v.faults = "left out: no file system can be cut off here (" + err.Error() + ")"
		return v, nil
	}
	defer func() { _ = exec.Command("umount", disk).Run() }()
	relay, l, err := c.relay("", false)
	if err != nil {
		return v, err
	}
	defer relay.Close()
	url := "sqlite:" + filepath.Join(disk, "notifier.db")
	acknowledged := map[string]bool{}
	const cuts = 5
	for range cuts {
		f, err := c.fleet(url, 1, relay)
		if err != nil {
			return v, err
		}
		taken := c.sendUntil(f, time.Duration(300+c.below(700))*time.Millisecond, func() error {
			return exec.Command("xfs_io", "-x", "-c", "shutdown", disk).Run()
		})
		_ = f.all[0].command.Process.Kill()
		_ = f.all[0].command.Wait()
		if out, err := exec.Command("umount", disk).CombinedOutput(); err != nil {
			return v, fmt.Errorf("umount: %w: %s", err, out)
		}
		if err := mount(disk); err != nil {
			return v, err
		}
		maps.Copy(acknowledged, taken)
	}
	f, err := c.fleet(url, 1, relay)
	if err != nil {
		return v, err
	}
	if _, err := c.come(url); err != nil {
		f.stop()
		return v, err
	}
	f.stop()
	return v, c.account(&v, l, url, acknowledged, fmt.Sprintf("%d × cut", cuts), cuts*most)
}

// makeDisk makes a file system in a file, and mounts it.
func (c *chaos) makeDisk(at string) error {
	image, err := os.Create(at + ".img")
	if err != nil {
		return err
	}
	err = errors.Join(image.Truncate(400<<20), image.Close(), os.Mkdir(at, 0o755))
	if err == nil {
		err = exec.Command("mkfs.xfs", "-q", at+".img").Run()
	}
	if err == nil {
		err = mount(at)
	}
	return err
}

func mount(at string) error {
	if out, err := exec.Command("mount", "-o", "loop", at+".img", at).CombinedOutput(); err != nil {
		return fmt.Errorf("mount: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// sendUntil sends messages one by one, from four callers, for a while; then it breaks
// something. It returns what was acknowledged.
func (c *chaos) sendUntil(f *fleet, while time.Duration, breaks func() error) map[string]bool {
	acknowledged := map[string]bool{}
	var mu sync.Mutex
	over := make(chan struct{})
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				if id := f.one(); id != "" {
					mu.Lock()
					acknowledged[id] = true
					mu.Unlock()
				}
			}
		})
	}
	time.Sleep(while)
	if err := breaks(); err != nil {
		fmt.Fprintln(os.Stderr, "chaos: nothing was broken:", err)
	}
	close(over)
	callers.Wait()
	return acknowledged
}

// one sends one message; empty, if it was not acknowledged.
func (f *fleet) one() string {
	status, answer, err := f.once(f.service(0), http.MethodPost, "/api/v1/messages", []byte(`{"to":["user@example.net"],"subject":"Message","text":"It is here."}`), "")
	if err != nil || status != http.StatusAccepted {
		return ""
	}
	return firstID(answer)
}

// everySync lets the program die at its n-th sync, for n from 1 on, while messages come.
func (c *chaos) everySync(last int) (v verdict, err error) {
	relay, l, err := c.relay("", false)
	if err != nil {
		return v, err
	}
	defer relay.Close()
	url, err := c.database(false)
	if err != nil {
		return v, err
	}
	s, err := c.open(url)
	if err != nil {
		return v, err
	}
	if err := s.Close(); err != nil {
		return v, err
	}
	acknowledged := map[string]bool{}
	died := 0
	for n := 1; n <= last; n++ {
		f, err := c.fleet(url, 1, relay)
		if err != nil {
			return v, err
		}
		one := f.all[0].command
		strace := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-p", fmt.Sprint(one.Process.Pid),
			"-e", "trace=fsync,fdatasync", "-e", fmt.Sprintf("inject=fsync,fdatasync:signal=SIGKILL:when=%d", n))
		if err := strace.Start(); err != nil {
			f.stop()
			return v, err
		}
		gone := make(chan error, 1)
		go func() { gone <- one.Wait() }()
		for until := time.Now().Add(20 * time.Second); time.Now().Before(until); {
			if id := f.one(); id != "" {
				acknowledged[id] = true
				continue
			}
			break // it has died, or answers an error
		}
		_ = one.Process.Signal(syscall.SIGTERM)
		err = <-gone
		_ = strace.Process.Signal(os.Interrupt)
		_ = strace.Wait()
		if one.ProcessState.Sys().(syscall.WaitStatus).Signaled() {
			died++
		}
	}
	f, err := c.fleet(url, 1, relay)
	if err != nil {
		return v, err
	}
	if _, err := c.come(url); err != nil {
		f.stop()
		return v, err
	}
	f.stop()
	if died < last/2 {
		v.breaks("the program died at %d of %d syncs: strace injects too little", died, last)
	}
	return v, c.account(&v, l, url, acknowledged, fmt.Sprintf("%d × sync", died), died*most)
}

// account compares what was acknowledged with what has arrived, and asks SQLite whether it
// is whole.
func (c *chaos) account(v *verdict, l *ledger, url string, acknowledged map[string]bool, faults string, most int) error {
	v.weigh(l, acknowledged, most)
	v.faults = faults
	db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		return err
	}
	defer db.Close()
	var whole string
	if err := db.QueryRowContext(c.ctx, "PRAGMA integrity_check").Scan(&whole); err != nil || whole != "ok" {
		v.breaks("the database says of itself: %s %v", whole, err)
	}
	return nil
}
