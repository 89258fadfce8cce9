// Command notifier decides when mail leaves a workflow system.
package main

import (
	"os"
	"runtime/debug"

	"notifier/cli"
)

// version is set when a release is built.
var version = "dev"

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // what is in use at a time is small: half as many collections for 5 MB
	}
	os.Exit(cli.Main(version))
}
