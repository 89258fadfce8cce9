package settings

// ReadableByAll is never sure here, and warns of nothing: every file of Windows looks like
// mode 0666 or 0444, and "notifier doctor" says how to see its access list.
func ReadableByAll(string) (bool, error) { return false, nil }
