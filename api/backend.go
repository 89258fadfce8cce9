package api

// Backend is what the handlers ask, each of them for as much as it needs.
type Backend struct {
	Sender         Sender
	Notifier       Notifier
	Actions        Actions
	Operator       Operator
	Users          Users
	Preferences    UserPreferences
	Groups         Groups
	DeadlineSetter DeadlineSetter
	Documents      Documents
	ProcessSetter  ProcessSetter
	Suppressor     Suppressor
	TemplateWriter TemplateWriter
	Messages       MessageRecords
	Search         MessageSearch
	Deadlines      DeadlineRecords
	Hooks          WebhookRecords
	Operations     OperationRecords
	Processes      ProcessRecords
	Suppressions   SuppressionRecords
	Outbox         Outbox
	Templates      TemplateRecords
	Runs           RunRecords
	SiteNames      SiteNames
	Refusals       Refusals
	Database       Database
	Audit          Audit
	Series         Series
	Mailbox        Mailbox
}

// intake takes requests: all that one value answers for the Backend.
type intake interface {
	Sender
	Notifier
	Actions
	Operator
	Users
	UserPreferences
	Groups
	DeadlineSetter
	Documents
	ProcessSetter
	Suppressor
	TemplateWriter
}

// records are what is kept: all that the other value answers for the Backend.
type records interface {
	MessageRecords
	MessageSearch
	DeadlineRecords
	WebhookRecords
	OperationRecords
	ProcessRecords
	SuppressionRecords
	Outbox
	TemplateRecords
	RunRecords
	SiteNames
	Refusals
	Database
	Audit
	Series
	Mailbox
}

// NewBackend puts it together.
func NewBackend(in intake, kept records) Backend {
	return Backend{
		Sender: in, Notifier: in, Actions: in, Operator: in,
		Users: in, Preferences: in, Groups: in, DeadlineSetter: in,
		Documents: in, ProcessSetter: in, Suppressor: in, TemplateWriter: in,
		Messages: kept, Search: kept, Deadlines: kept, Hooks: kept,
		Operations: kept, Processes: kept, Suppressions: kept, Outbox: kept,
		Templates: kept, Runs: kept, SiteNames: kept, Refusals: kept,
		Database: kept, Audit: kept, Series: kept, Mailbox: kept,
	}
}
