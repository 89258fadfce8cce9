package message

import "time"

// Account is how an outgoing account is shown to people. It holds no secret.
type Account struct {
	Name     string   `json:"name"`
	Server   string   `json:"server" doc:"Host and port of its mail server."`
	TLS      string   `json:"tls" enum:"none,starttls,tls"`
	Login    bool     `json:"login" doc:"Whether it logs in."`
	From     string   `json:"from"`
	Senders  []string `json:"senders,omitempty" doc:"Which other senders it may send from; *@example.org is a whole domain."`
	Sites    []string `json:"sites,omitempty" doc:"The sites that it is for; all if absent."`
	Fallback []string `json:"fallback,omitempty" doc:"The accounts that carry its mail while it does not work, in this order."`
	Budgets  []Usage  `json:"budgets,omitempty"`
	// Paused is why and until when it is left alone; nil if it works.
	Paused *Paused `json:"paused,omitempty" doc:"Present while it does not work."`
}

// Usage is what has been spent of a budget in its present period.
type Usage struct {
	Per  string `json:"per" enum:"second,minute,hour,day"`
	Max  int    `json:"max"`
	Used int    `json:"used"`
}

// Usage tells how much of the budget is used.
func (b Budget) Usage(used int) Usage {
	return Usage{Per: periodName(b.Period), Max: b.Max, Used: used}
}

// Paused is a pause in plain words.
type Paused struct {
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until" doc:"When it is asked again, with one message."`
	Failures int       `json:"failures" doc:"In a row."`
	Kind     PauseKind `json:"kind,omitempty" enum:"quota,account,brake" doc:"Why: its quota is used up, servers of three domains refuse it, or too many addresses at once are said not to exist. Absent where it was not reached or not logged in to."`
	Category Category  `json:"category"`
	Says     string    `json:"says"`
	Remedy   string    `json:"remedy"`
	Code     string    `json:"code,omitempty"`
	Message  string    `json:"message" doc:"What the server or the network said."`
}

// Show is the pause in plain words.
func (p Pause) Show() *Paused {
	f := p.Failure
	says, remedy := p.Words("en")
	return &Paused{
		Kind:  p.Kind,
		Since: p.Since, Until: p.Until, Failures: p.Failures, Category: f.Category,
		Says: says, Remedy: remedy, Code: f.Code, Message: f.Text,
	}
}

// Words are what the pause means in another language.
func (p Paused) Words(lang string) (says, remedy string) {
	return Pause{Kind: p.Kind, Until: p.Until, Failure: Failure{Category: p.Category, Code: p.Code, Text: p.Message}}.Words(lang)
}

// Trial is what came of trying an account.
type Trial struct {
	Works        bool     `json:"works"`
	Conversation []Said   `json:"conversation" doc:"What was said, line by line, without secrets."`
	Category     Category `json:"category,omitempty"`
	Says         string   `json:"says,omitempty" doc:"What is wrong."`
	Remedy       string   `json:"remedy,omitempty" doc:"What can be done about it."`
	Message      string   `json:"message,omitempty" doc:"What the server or the network said."`
}

// Said is a line of a conversation with a mail server.
type Said struct {
	Who  string `json:"who" enum:"we,server,note"`
	Text string `json:"text"`
}
