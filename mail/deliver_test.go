package mail

import (
	"context"

	"notifier/message"
)

// Deliver is Carry for tests that wait for the receipt.
func (c *Courier) Deliver(ctx context.Context, m message.Message) message.Receipt {
	receipt := make(chan message.Receipt, 1)
	c.Carry(ctx, m, func(r message.Receipt) { receipt <- r })
	return <-receipt
}
