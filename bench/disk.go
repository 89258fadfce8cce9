package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// diskFull fills the disk that SQLite writes to: what is not stored is refused, and all goes
// on when there is room again.
func (c *chaos) diskFull() (v verdict, err error) {
	disk := filepath.Join(c.dir, "small")
	if err := os.Mkdir(disk, 0o755); err != nil {
		return v, err
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=16m"); err != nil {
		v.faults = "left out: no small disk can be made here (" + err.Error() + ")"
		return v, nil
	}
	defer syscall.Unmount(disk, syscall.MNT_DETACH)
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 8<<20), 0o644); err != nil {
		return v, err
	}
	url := "sqlite:" + filepath.Join(disk, "notifier.db")
	f, l, end, err := c.stage(url, 1)
	if err != nil {
		return v, err
	}
	defer end()
	acknowledged := map[string]bool{}
	body := map[string]any{"to": []string{"user@example.net"}, "subject": "Message", "text": strings.Repeat("It is here. ", 2000)}
	b, _ := json.Marshal(body)
	send := func() (ok bool, status int, err error) {
		status, answer, err := f.once(f.service(0), http.MethodPost, "/api/v1/messages", b, "")
		if err != nil || status != http.StatusAccepted {
			return false, status, err
		}
		id := firstID(answer)
		acknowledged[id] = true
		return id != "", status, nil
	}
	refused := 0
	for i := 0; refused < 20 && i < 5000; i++ {
		ok, status, err := send()
		if err != nil {
			return v, fmt.Errorf("on a full disk the program does not answer: %w", err)
		}
		if !ok {
			refused++
			if status != http.StatusInsufficientStorage {
				v.breaks("on a full disk the API answers %d", status)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	if err := os.Remove(ballast); err != nil {
		return v, err
	}
	begun := time.Now()
	for ok := false; !ok; {
		if ok, _, err = send(); err != nil || time.Since(begun) > time.Minute {
			return v, fmt.Errorf("with room again nothing is taken: %w", err)
		}
	}
	if _, err := c.come(url); err != nil {
		return v, err
	}
	if refused == 0 {
		v.breaks("nothing was refused: the disk was never full")
	}
	return v, c.account(&v, l, url, acknowledged, fmt.Sprintf("%d refused, taken again after %s", refused, time.Since(begun).Round(time.Millisecond)), most)
}

// firstID is the id, without its prefix, of the first message that was taken; empty if none was.
func firstID(answer []byte) string {
	var taken struct{ Messages []struct{ ID string } }
	if err := json.Unmarshal(answer, &taken); err != nil || len(taken.Messages) == 0 {
		return ""
	}
	return strings.TrimPrefix(taken.Messages[0].ID, "msg_")
}
