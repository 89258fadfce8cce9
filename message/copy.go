package message

// Copy is what sends the same mail once more, as a message of its own: what it says, to
// whom and from whom. Its case stays known, and adds nothing to what is said already.
func (m Message) Copy() Draft {
	no := false
	d := Draft{
		To: named(m.To), Cc: named(m.Cc), Bcc: named(m.Bcc), OneMail: len(m.To) > 1, Account: m.Account, Subject: m.Subject, Text: m.Text, HTML: m.HTML,
		Language: m.Language, Priority: m.Priority, Tags: m.Tags, AddCaseID: &no, AddURL: &no,
	}
	if m.Case.ID != "" {
		c := m.Case
		d.Case = &c
	}
	d.ReplyTo = named(m.ReplyTo)
	if m.Sender != (Address{}) {
		d.Sender = &Recipient{Address: m.Sender}
	}
	for _, h := range m.Headers {
		if d.Headers == nil {
			d.Headers = map[string]Values{}
		}
		d.Headers[h.Name] = append(d.Headers[h.Name], h.Value)
	}
	for _, a := range m.Attachments {
		d.Attachments = append(d.Attachments, File{Filename: a.Filename, ContentType: a.ContentType, ContentID: a.ContentID, Content: a.Content})
	}
	return d
}

func named(all []Address) []Recipient {
	var list []Recipient
	for _, a := range all {
		list = append(list, Recipient{Address: a})
	}
	return list
}
