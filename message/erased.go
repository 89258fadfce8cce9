package message

// Erased is what an erasure of a user came to.
type Erased struct {
	User      string `json:"user"`
	Messages  int    `json:"messages" doc:"How many messages were kept without address and content."`
	Withdrawn int    `json:"withdrawn" doc:"How many of them had not left, and were withdrawn."`
	Deadlines int    `json:"deadlines" doc:"How many deadlines no longer name the user. Those that named nobody else were cleared."`
	Groups    int    `json:"groups" doc:"How many groups the user is no longer in."`
}
