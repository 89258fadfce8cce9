package cli

// hangup is a restart: no process of Windows can be sent SIGHUP.
const hangup = "start it again: Windows has no SIGHUP"
