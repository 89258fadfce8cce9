package preferences

// Group is users named together, so that a message can go to all of them.
type Group struct {
	ID    string   `json:"id"`
	Users []string `json:"users"` // ids of the members
}
