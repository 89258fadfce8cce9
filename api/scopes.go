package api

import "notifier/access"

// need is what a caller must have for an operation.
type need struct {
	scope access.Scope
	// home means that it touches what all sites share: only keys of the installation's own
	// site may.
	home bool
	// plain means that it leaves no record although it is no GET: what comes in as traffic
	// tells itself where it comes from, and what is only tried changes nothing.
	plain bool
	// private means that the record does not repeat what is said of a person: who is erased
	// is not to go on in the audit.
	private bool
	// sets means that it sets a state as PUT and PATCH do: where that stands already, nothing
	// is changed, and there is nothing to record.
	sets bool
}

// needs says for each operation what it needs. One that is missing here is for nobody.
var needs = map[string]need{
	"send-message":  {scope: access.Send, plain: true},
	"send-messages": {scope: access.Send, plain: true},
	"list-messages": {scope: access.ReadQueue},
	"get-message":   {scope: access.ReadQueue},

	"list-digests":         {scope: access.ReadQueue},
	"get-digest":           {scope: access.ReadPreferences},
	"preview-digest":       {scope: access.Queue},
	"send-digest":          {scope: access.Queue},
	"estimate-preferences": {scope: access.ReadPreferences},

	"simulate-jobs":       {scope: access.ReadJobs},
	"export-journal":      {scope: access.Admin},
	"explain":             {scope: access.ReadQueue},
	"explain-message":     {scope: access.ReadQueue},
	"get-message-content": {scope: access.Queue},
	"list-errors":         {scope: access.ReadQueue},
	"get-raw-message":     {scope: access.Queue},
	"get-merged":          {scope: access.ReadQueue},
	"list-next-runs":      {scope: access.ReadJobs},
	"get-version":         {scope: access.ReadQueue},
	"get-timeseries":      {scope: access.ReadQueue},
	"list-attempts":       {scope: access.ReadQueue},
	"retry-message":       {scope: access.Queue},
	"edit-message":        {scope: access.Queue},
	"cancel-message":      {scope: access.Queue},
	"hold-message":        {scope: access.Queue},
	"release-message":     {scope: access.Queue},
	"send-message-now":    {scope: access.Queue},
	"act-on-messages":     {scope: access.Queue},
	"list-operations":     {scope: access.ReadQueue},
	"get-operation":       {scope: access.ReadQueue},
	"stop-operation":      {scope: access.Queue, sets: true},

	"publish-event":    {scope: access.Events, plain: true},
	"publish-events":   {scope: access.Events, plain: true},
	"try-event":        {scope: access.Events, plain: true},
	"set-deadline":     {scope: access.Events},
	"get-deadline":     {scope: access.Events},
	"list-deadlines":   {scope: access.Events},
	"preview-deadline": {scope: access.Events},
	"clear-deadline":   {scope: access.Events, sets: true},
	"set-process":      {scope: access.Admin},
	"get-process":      {scope: access.Events},

	"set-user":                {scope: access.WritePreferences, private: true},
	"get-user":                {scope: access.ReadPreferences},
	"list-users":              {scope: access.ReadPreferences},
	"edit-user":               {scope: access.WritePreferences, private: true},
	"erase-user":              {scope: access.Admin, private: true},
	"edit-preferences":        {scope: access.WritePreferences},
	"set-preferences":         {scope: access.WritePreferences},
	"get-preferences":         {scope: access.ReadPreferences},
	"link-to-preferences":     {scope: access.WritePreferences},
	"list-preference-changes": {scope: access.ReadPreferences},
	"set-group":               {scope: access.WritePreferences},
	"list-groups":             {scope: access.ReadPreferences},
	"remove-group":            {scope: access.WritePreferences},
	"get-group":               {scope: access.ReadPreferences},

	"list-suppressions":  {scope: access.ReadQueue},
	"get-suppression":    {scope: access.ReadQueue},
	"suppress-address":   {scope: access.Queue},
	"unsuppress-address": {scope: access.Queue},
	"unsuppress-many":    {scope: access.Queue},

	"list-outbox":   {scope: access.ReadQueue},
	"retry-posted":  {scope: access.Queue},
	"remove-posted": {scope: access.Queue},

	"confirm-clock": {scope: access.Admin, home: true},
	"reload-config": {scope: access.Admin, home: true},

	"list-templates":  {scope: access.Send},
	"get-template":    {scope: access.Send},
	"render-template": {scope: access.Send, plain: true},
	"set-template":    {scope: access.Admin},
	"remove-template": {scope: access.Admin},

	"list-jobs":  {scope: access.ReadJobs},
	"get-job":    {scope: access.ReadJobs},
	"list-runs":  {scope: access.ReadJobs, home: true},
	"change-job": {scope: access.Jobs, home: true},
	"pause-job":  {scope: access.Jobs, home: true, sets: true},
	"resume-job": {scope: access.Jobs, home: true, sets: true},
	"run-job":    {scope: access.Jobs, home: true},

	"list-accounts": {scope: access.ReadQueue, home: true},
	"test-account":  {scope: access.Admin, home: true},

	"create-webhook":  {scope: access.Admin},
	"list-webhooks":   {scope: access.Admin},
	"get-webhook":     {scope: access.Admin},
	"change-webhook":  {scope: access.Admin},
	"remove-webhook":  {scope: access.Admin},
	"rotate-secret":   {scope: access.Admin},
	"test-webhook":    {scope: access.Admin},
	"list-callbacks":  {scope: access.Admin},
	"replay-callback": {scope: access.Admin},

	"list-mailbox":  {scope: access.Queue},
	"get-mail":      {scope: access.Queue},
	"empty-mailbox": {scope: access.Queue},

	"create-key": {scope: access.Admin},
	"list-keys":  {scope: access.Admin},
	"get-key":    {scope: access.Admin},
	"rotate-key": {scope: access.Admin},
	"revoke-key": {scope: access.Admin, sets: true},
	"list-audit": {scope: access.Admin},

	"list-sites": {scope: access.Admin, home: true},
	"get-site":   {scope: access.Admin, home: true},
	"set-site":   {scope: access.Admin, home: true},

	"list-staff":    {scope: access.Admin},
	"get-member":    {scope: access.Admin},
	"add-member":    {scope: access.Admin},
	"change-member": {scope: access.Admin},
	"remove-member": {scope: access.Admin},
	"unlock-member": {scope: access.Admin},
}
