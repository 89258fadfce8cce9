//go:build !windows

package sql

import (
	"os"

	"go.uber.org/zap"
)

// ownerOnly makes the file of the database, which holds everybody's mail, for its owner alone;
// SQLite gives the files beside it the same mode. Those that earlier versions made are mended.
func ownerOnly(file string, log *zap.Logger) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		_ = f.Close() // nothing was written
		return
	}
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
			continue // what is not there, or cannot be opened, SQLite says better
		}
		if err := os.Chmod(name, 0o600); err != nil {
			log.Warn("others on this machine may read the database, and its mode cannot be changed", zap.String("file", name), zap.Error(err))
			continue
		}
		log.Warn("others on this machine could read the database: it is its owner's alone now", zap.String("file", name))
	}
}
