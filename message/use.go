package message

// Use is how often an attachment is said to be used, and how often it is.
type Use struct {
	Site, Hash string
	Counted    int
	Refer      int  // messages' attachments that refer to it
	Gone       bool // its content is not there, though something refers to it
}
