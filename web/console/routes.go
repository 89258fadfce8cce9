package console

import (
	"net/http"

	"notifier/access"
	"notifier/web"
)

// page answers one request; what it cannot show is told as a page, too.
type page = func(http.ResponseWriter, *http.Request) error

// door lets in those who may.
type door struct {
	*http.ServeMux
	login *web.Login
	told  func(page) http.Handler
}

// see shows a page to those who have the scope.
func (d door) see(pattern string, scope access.Scope, p page) {
	d.Handle("GET "+pattern, d.login.Need(scope, d.told(p)))
}

// open shows a page that says more than others: whoever opened it is in the audit.
func (d door) open(pattern, action string, scope access.Scope, p page) {
	d.Handle("GET "+pattern, d.login.Need(scope, d.login.Noted(action, d.told(p))))
}

// do changes something, which the audit tells.
func (d door) do(pattern, action string, scope access.Scope, p page) {
	d.Handle("POST "+pattern, d.login.Need(scope, d.login.Noted(action, d.told(p))))
}

// try takes a form that changes nothing.
func (d door) try(pattern string, scope access.Scope, p page) {
	d.Handle("POST "+pattern, d.login.Need(scope, d.told(p)))
}

// messageRoutes are those of messages, and of what is done with many of them.
func (c *console) messageRoutes(d door) {
	d.see("/{$}", access.ReadQueue, c.overview)
	d.see("/charts/{page}", access.ReadQueue, c.chartsOf)
	d.see("/messages", access.ReadQueue, c.list)
	d.see("/messages/{id}", access.ReadQueue, c.message)
	d.open("/messages/{id}/mail", "open-message", access.Queue, c.mail)
	d.see("/messages/{id}/html", access.Queue, c.html)
	d.do("/messages/{id}/{move}", "act-on-message", access.Queue, c.move)
	d.try("/messages", access.Queue, c.confirm)
	d.do("/operations", "act-on-messages", access.Queue, c.operate)
	d.see("/operations/{id}", access.ReadQueue, c.operation)
	d.do("/operations/{id}/stop", "stop-operation", access.Queue, c.stopOperation)
	d.do("/operations/{id}/begin", "begin-operation", access.Queue, c.beginOperation)
	d.see("/words", access.ReadQueue, c.words)
	d.do("/views", "save-view", access.ReadQueue, c.saveView)
	d.do("/views/remove", "remove-view", access.ReadQueue, c.removeView)
	d.try("/export", access.ReadQueue, c.exportMessages(d.login))
	d.do("/test", "send-test", access.Queue, c.sendTest)
	d.do("/suppress", "suppress-address", access.Queue, c.suppress)
	d.see("/suppressions", access.ReadQueue, c.suppressions)
	d.do("/suppressions/remove", "unsuppress-many", access.Queue, c.liftSuppressions)
	d.see("/why", access.ReadQueue, c.ask)
	d.see("/deferred", access.ReadQueue, c.deferred)
	d.see("/errors", access.ReadQueue, c.errors)
}

// jobRoutes are those of jobs and deadlines.
func (c *console) jobRoutes(d door) {
	d.see("/jobs", access.ReadJobs, c.jobs)
	d.see("/jobs/what-if", access.ReadJobs, c.whatIf)
	d.see("/jobs/what-if/csv", access.ReadJobs, c.trialCSV)
	d.try("/jobs/what-if", access.ReadJobs, c.beginTrial)
	d.try("/jobs/what-if/stop", access.ReadJobs, c.stopTrial)
	d.do("/jobs/what-if/use", "change-job", access.Jobs, c.useTrial)
	d.see("/jobs/{name}", access.ReadJobs, c.job)
	d.do("/jobs/{name}", "change-job", access.Jobs, c.changeJob)
	d.do("/jobs/{name}/run", "run-job", access.Jobs, c.runJob)
	d.do("/jobs/{name}/pause", "pause-job", access.Jobs, c.pauseJob)
	d.do("/jobs/{name}/resume", "resume-job", access.Jobs, c.resumeJob)
	d.see("/reminders", access.ReadQueue, c.reminders)
	d.see("/reminders/{key}", access.ReadQueue, c.reminder)
	d.do("/reminders/{key}/send", "send-reminder", access.Events, c.sendReminder)
	d.do("/reminders/{key}/move", "set-deadline", access.Events, c.moveReminder)
	d.do("/reminders/{key}/cancel", "clear-deadline", access.Events, c.cancelReminder)
}

// peopleRoutes are those of people.
func (c *console) peopleRoutes(d door) {
	d.see("/people", access.ReadPreferences, c.people)
	d.see("/people/{id}", access.ReadPreferences, c.person)
	d.open("/people/{id}/as", "view-as-user", access.WritePreferences, c.asPerson)
	d.do("/people/{id}/link", "link-to-preferences", access.WritePreferences, c.linkPerson)
	d.do("/people/{id}/reset", "set-preferences", access.WritePreferences, c.resetPerson)
	d.do("/people/{id}/unsuppress", "unsuppress-address", access.Queue, c.clearBounce)
	d.open("/people/{id}/digest", "preview-digest", access.Queue, c.digest)
	d.see("/people/{id}/digest/html", access.Queue, c.digestHTML)
	d.do("/people/{id}/send", "send-digest", access.Queue, c.sendDigest)
}

// adminRoutes are those of what admins alone see, and of accounts.
func (c *console) adminRoutes(d door) {
	d.see("/webhooks", access.Admin, c.webhooks)
	d.see("/webhooks/{id}", access.Admin, c.webhook)
	d.do("/webhooks", "create-webhook", access.Admin, c.createWebhook)
	d.do("/webhooks/{id}", "change-webhook", access.Admin, c.changeWebhook)
	d.do("/webhooks/{id}/{switch}", "change-webhook", access.Admin, c.switchWebhook)
	d.do("/webhooks/{id}/test", "test-webhook", access.Admin, c.testWebhook)
	d.do("/webhooks/{id}/rotate", "rotate-secret", access.Admin, c.rotateWebhook)
	d.do("/webhooks/{id}/remove", "remove-webhook", access.Admin, c.removeWebhook)
	d.do("/webhooks/{id}/callbacks/{callback}/replay", "replay-callback", access.Admin, c.replayCallback)
	d.see("/keys", access.Admin, c.keys)
	d.do("/keys", "create-key", access.Admin, c.createKey)
	d.do("/keys/{id}/rotate", "rotate-key", access.Admin, c.rotateKey)
	d.do("/keys/{id}/revoke", "revoke-key", access.Admin, c.revokeKey)
	d.see("/accounts", access.ReadQueue, c.accountList)
	d.do("/accounts/{name}/test", "test-account", access.Admin, c.tryAccount)
	d.see("/audit", access.Admin, c.audit)
	d.see("/settings", access.Admin, c.settings)
	d.see("/settings/export", access.Admin, c.export)
	if c.o.ConfirmClock != nil {
		d.do("/clock/confirm", "confirm-clock", access.Admin, c.confirmClock)
	}
	d.do("/settings/reload", "reload-config", access.Admin, c.reload)
}
