//go:build !windows

package cli

// hangup is how a service is told to read its configuration again without asking it.
const hangup = "kill -HUP with its process id"
