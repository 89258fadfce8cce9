package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pgbouncer starts PgBouncer, in transaction mode, before a database, and returns the
// address of that database through it.
func (c *chaos) pgbouncer(database string) (address string, stop func(), err error) {
	u, err := url.Parse(database)
	if err != nil {
		return "", nil, err
	}
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "notifier-pgbouncer-")
	if err != nil {
		return "", nil, err
	}
	file := filepath.Join(dir, "pgbouncer.ini")
	config := fmt.Sprintf("[databases]\n%s = user=%s host=127.0.0.1 port=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\n"+
		"auth_type = any\npool_mode = transaction\ndefault_pool_size = 10\nmax_client_conn = 200\nignore_startup_parameters = extra_float_digits\n",
		strings.TrimPrefix(u.Path, "/"), u.User.Username(), u.Port(), port)
	err = errors.Join(os.Chmod(dir, 0o755), os.WriteFile(file, []byte(config), 0o644))
	if err != nil {
		return "", nil, err
	}
	path, err := exec.LookPath("pgbouncer")
	if err != nil {
		path = "/usr/sbin/pgbouncer"
	}
	command := exec.Command(path, "-q", file)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() == 0 { // which it refuses to be
		nobody, err := user.Lookup("nobody")
		if err != nil {
			return "", nil, err
		}
		uid, _ := strconv.Atoi(nobody.Uid)
		gid, _ := strconv.Atoi(nobody.Gid)
		command.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	if err := command.Start(); err != nil {
		return "", nil, fmt.Errorf("pgbouncer: %w; make setup installs it", err)
	}
	stop = func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = os.RemoveAll(dir)
	}
	u.Host = fmt.Sprintf("127.0.0.1:%d", port)
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", u.Host); err == nil {
			return u.String(), stop, conn.Close()
		}
	}
	stop()
	return "", nil, errors.New("pgbouncer does not answer")
}
