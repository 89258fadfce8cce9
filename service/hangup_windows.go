package service

// Hangup is a restart: no process of Windows can be sent SIGHUP.
const Hangup = "start it again: Windows has no SIGHUP"
