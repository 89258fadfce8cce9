package mail

import "notifier/message"

// stage is where in the conversation a reply was given.
type stage = message.Stage

const (
	atConnect = message.AtConnect
	atTLS     = message.AtTLS
	atAuth    = message.AtAuth
	atMail    = message.AtMail
	atRcpt    = message.AtRcpt
	atData    = message.AtData
	atDot     = message.AtDot
)
