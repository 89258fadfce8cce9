package mailtest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Sink is Postfix's smtp-sink: a real server that fails as it is told to, and keeps the
// mails that it got in files.
type Sink struct {
	port    int
	dir     string
	command *exec.Cmd
	out     bytes.Buffer
}

// StartSink starts smtp-sink with these flags, as in "-r", "RCPT", on a free port; on the
// given one if it is not 0.
func StartSink(port int, flags ...string) (*Sink, error) {
	if port == 0 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		port = l.Addr().(*net.TCPAddr).Port
		l.Close()
	}
	dir, err := os.MkdirTemp("", "notifier-sink-")
	if err != nil {
		return nil, err
	}
	s := &Sink{port: port, dir: dir}
	arguments := append([]string{"-R", dir, "-d", "mail."}, flags...)
	if u, err := user.Current(); err == nil && u.Uid == "0" {
		arguments = append([]string{"-u", "nobody"}, arguments...)
		if err := os.Chmod(dir, 0o777); err != nil {
			return nil, err
		}
	}
	path, err := exec.LookPath("smtp-sink")
	if err != nil {
		path = "/usr/sbin/smtp-sink"
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	s.command = exec.Command(path, append(arguments, address, "200")...)
	s.command.Stdout, s.command.Stderr = &s.out, &s.out
	if err := s.command.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			return s, c.Close()
		}
	}
	err = s.Close()
	return nil, fmt.Errorf("smtp-sink does not answer: %w: %s", err, s.out.String())
}

// Port is where it listens, on 127.0.0.1.
func (s *Sink) Port() int { return s.port }

// Mails are those that it has got in full, head and body, in no order. It writes a mail
// down as it comes in, so that one may be there that was never answered.
func (s *Sink) Mails() ([]string, error) {
	files, err := filepath.Glob(filepath.Join(s.dir, "mail.*"))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if strings.Contains(string(content), "\nSubject: ") {
			all = append(all, string(content))
		}
	}
	return all, nil
}

// Close ends it and forgets its mails.
func (s *Sink) Close() error {
	_ = s.command.Process.Kill() // it may have ended by itself
	_ = s.command.Wait()
	return os.RemoveAll(s.dir)
}
