package console

// Backend is what the pages ask, each of them for as much as it needs.
type Backend struct {
	Actions           Actions
	Operator          Operator
	Sender            Sender
	Users             Users
	DeadlineSetter    DeadlineSetter
	SuppressionLifter SuppressionLifter
	Search            MessageSearch
	Messages          MessageRecords
	Operations        OperationRecords
	Deadlines         DeadlineRecords
	People            PeopleRecords
	Hooks             WebhookRecords
	Sites             SiteRecords
	Runs              RunRecords
	Views             Views
	Suppressions      SuppressionRecords
	Series            Series
}

// intake takes requests: all that one value answers for the Backend.
type intake interface {
	Actions
	Operator
	Sender
	Users
	DeadlineSetter
	SuppressionLifter
}

// records are what is kept: all that the other value answers for the Backend.
type records interface {
	MessageSearch
	MessageRecords
	OperationRecords
	DeadlineRecords
	PeopleRecords
	WebhookRecords
	SiteRecords
	RunRecords
	Views
	SuppressionRecords
	Series
}

// NewBackend puts it together.
func NewBackend(in intake, kept records) Backend {
	return Backend{
		Actions: in, Operator: in, Sender: in, Users: in,
		DeadlineSetter: in, SuppressionLifter: in,
		Search: kept, Messages: kept, Operations: kept, Deadlines: kept,
		People: kept, Hooks: kept, Sites: kept, Runs: kept,
		Views: kept, Suppressions: kept, Series: kept,
	}
}
