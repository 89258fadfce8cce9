package storetest

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// servant is whom the server runs as: Postgres refuses to be root. It ends when the thread
// does that started it, however the test ends.
func servant(dir string) (*syscall.SysProcAttr, error) {
	ends := &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
	if os.Geteuid() != 0 {
		return ends, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	ends.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return ends, os.Chown(dir, uid, gid)
}
