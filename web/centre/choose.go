package centre

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"notifier/fault"
	"notifier/links"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/wallclock"
)

// longestPause is how far ahead a pause may end, in days.
const longestPause = 366

// PauseWeek behind the address of a person's choices has a pause of a week filled in,
// which begins when the person saves it.
const (
	asksPause = "pause"
	PauseWeek = "?" + asksPause + "=week#pause"
)

// show shows a person's choices.
func (c *centre) show(w http.ResponseWriter, r *http.Request) {
	v, err := c.enter(r, links.Choose, links.Fresh)
	if err != nil {
		c.refuse(w, r, v, err)
		return
	}
	p, err := c.page(r.Context(), v, v.user)
	if err != nil {
		c.refuse(w, r, v, err)
		return
	}
	query := r.URL.Query()
	if done := query.Get("done"); slices.Contains([]string{"saved", "unchanged", "undone", "leaves"}, done) {
		p.Done = done
	}
	if query.Get(asksPause) == "week" && p.Pause.Until == "" {
		p.Pause.Until, p.Pause.Offered = v.clock.Tomorrow().AddDays(6).String(), true
	}
	p.FreshSent = query.Get("done") == "sent"
	if p.Done == "saved" {
		p.Undo = message.ID(query.Get("change"))
	}
	c.render(w, r, v, http.StatusOK, "choices.html", p)
}

// save takes what a person has chosen.
func (c *centre) save(w http.ResponseWriter, r *http.Request) {
	v, form, ok := c.posted(w, r)
	if !ok {
		return
	}
	chosen, wrong := c.read(v, form)
	if wrong != nil {
		c.wrong(w, r, v, chosen, wrong)
		return
	}
	if form.Get("asked") == "" {
		asks, err := c.asking(r.Context(), v, chosen)
		if err != nil {
			c.refuse(w, r, v, err)
			return
		}
		if asks != nil {
			asks.keep(form)
			c.render(w, r, v, http.StatusOK, "ask.html", asks)
			return
		}
	}
	dropped := c.neverNow(v, chosen)
	after, err := c.desk.Choose(r.Context(), v.call(), v.token.User, chosen)
	if invalid, is := errors.AsType[*fault.Invalid](err); is {
		c.wrong(w, r, v, chosen, c.faults(v, invalid))
		return
	}
	if err == nil {
		err = c.settle(r.Context(), v, form, dropped)
	}
	c.back(w, r, v, after, err)
}

// back comes back to the page, and tells what was done.
func (c *centre) back(w http.ResponseWriter, r *http.Request, v visit, after preferences.User, err error) {
	if err != nil {
		c.refuse(w, r, v, err)
		return
	}
	query := url.Values{"done": {"unchanged"}}
	if after.Version != v.user.Version {
		query.Set("done", "saved")
		changes, err := c.desk.Changes(r.Context(), v.token.Site, v.token.User)
		if err == nil && len(changes) > 0 {
			query.Set("change", string(changes[0].ID))
		}
	}
	if asked := r.URL.Query().Get("lang"); asked != "" {
		query.Set("lang", asked)
	}
	http.Redirect(w, r, v.path+"?"+query.Encode(), http.StatusSeeOther)
}

// posted is who sent a form, and the form.
func (c *centre) posted(w http.ResponseWriter, r *http.Request) (visit, url.Values, bool) {
	v, err := c.enter(r, links.Choose, links.Fresh)
	if err == nil {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if r.ParseForm() != nil {
			http.Error(w, v.clock.Words.T("link.nothing"), http.StatusBadRequest)
			return v, nil, false
		}
		return v, r.PostForm, true
	}
	c.refuse(w, r, v, err)
	return v, nil, false
}

// read reads a form. What it leaves out stays as it is.
func (c *centre) read(v visit, form url.Values) (preferences.Choices, []mistake) {
	chosen := v.choices()
	p := &chosen.Preferences
	for k := range p.Frequencies {
		if f := form.Get("kind." + string(k)); f != "" {
			p.Frequencies[k] = preferences.Frequency(f)
		}
	}
	var wrong []mistake
	if text := form.Get("daily_at"); text != "" {
		at, err := wallclock.ParseTime(text)
		if err == nil {
			p.DailyAt = &at
		} else {
			wrong = append(wrong, mistake{"daily_at", v.clock.Words.T("prefs.wrong_other")})
		}
	}
	if day := form.Get("weekly_on"); day != "" {
		p.WeeklyOn = preferences.Weekday(day)
	}
	switch zone := form.Get("timezone"); zone {
	case "":
	case inherited:
		chosen.Timezone = ""
	default:
		chosen.Timezone = zone
	}
	switch lang := form.Get("language"); {
	case lang == inherited:
		chosen.Language = ""
	case lang != "" && (chosen.Language == "" || lang != v.lang):
		chosen.Language = lang
	}
	if _, given := form["paused_until"]; given {
		until, err := pausedUntil(v, strings.TrimSpace(form.Get("paused_until")))
		if err != nil {
			wrong = append(wrong, mistake{"paused_until", v.clock.Words.T("prefs.wrong_pause", "Value", fault.Truncate(form.Get("paused_until"), 30))})
		}
		p.PausedUntil = until
	}
	return chosen, wrong
}

var errPause = errors.New("no date to pause until")

// pausedUntil reads the date of a pause; an empty text is none.
func pausedUntil(v visit, text string) (wallclock.Date, error) {
	if text == "" {
		return wallclock.Date{}, nil
	}
	d, err := wallclock.ParseDate(text)
	if err != nil || d == v.user.Preferences.PausedUntil {
		return d, err
	}
	if ahead := d.DaysSince(v.clock.Tomorrow()); ahead < 0 || ahead > longestPause {
		return d, errPause
	}
	return d, nil
}

// choices are all that the user has a say in, as it applies now.
func (v visit) choices() preferences.Choices {
	chosen, catalog := v.user.Choices(), v.kinds
	chosen.Preferences.Frequencies = maps.Clone(chosen.Preferences.Frequencies)
	maps.DeleteFunc(chosen.Preferences.Frequencies, func(k message.Kind, _ preferences.Frequency) bool { return !catalog.Choosable(k) })
	return chosen
}

// faults are those of the rooms, in the person's language.
func (c *centre) faults(v visit, invalid *fault.Invalid) []mistake {
	var all []mistake
	for _, f := range invalid.Faults {
		at := strings.TrimPrefix(f.Pointer, "/")
		if v.kinds.Choosable(message.Kind(at)) && v.kinds[message.Kind(at)].Frequencies != nil {
			at = "kind." + at
		}
		all = append(all, mistake{at, v.clock.Words.T("prefs.wrong_other")})
	}
	return all
}

// wrong shows the form again, with what cannot be saved.
func (c *centre) wrong(w http.ResponseWriter, r *http.Request, v visit, chosen preferences.Choices, wrong []mistake) {
	u := v.user.With(chosen)
	u.Preferences = v.kinds.Complete(u.Preferences, v.clock.Zone)
	p, err := c.page(r.Context(), v, u)
	if err != nil {
		c.refuse(w, r, v, err)
		return
	}
	p.Wrong = wrong
	c.render(w, r, v, http.StatusUnprocessableEntity, "choices.html", p)
}

// undo makes the choices what they were before a change.
func (c *centre) undo(w http.ResponseWriter, r *http.Request) {
	v, form, ok := c.posted(w, r)
	if !ok {
		return
	}
	_, err := c.desk.Undo(r.Context(), v.call(), v.token.User, message.ID(form.Get("change")))
	if err != nil && !errors.Is(err, message.ErrNotFound) {
		c.refuse(w, r, v, err)
		return
	}
	http.Redirect(w, r, v.path+"?done=undone", http.StatusSeeOther)
}

// resume ends a pause.
func (c *centre) resume(w http.ResponseWriter, r *http.Request) {
	v, _, ok := c.posted(w, r)
	if !ok {
		return
	}
	chosen := v.choices()
	chosen.Preferences.PausedUntil = wallclock.Date{}
	after, err := c.desk.Choose(r.Context(), v.call(), v.token.User, chosen)
	c.back(w, r, v, after, err)
}

// fresh sends a fresh link to the address on file: for an old link, and for what a link
// in a mail does not show. One an hour: a stranger with an old mail must not flood its
// owner.
func (c *centre) fresh(w http.ResponseWriter, r *http.Request) {
	v, err := c.enter(r, links.Choose, links.Fresh)
	if err != nil && !errors.Is(err, links.ErrOld) {
		c.refuse(w, r, v, err)
		return
	}
	if v.user.Email == "" {
		c.refuse(w, r, v, links.ErrOld)
		return
	}
	words := v.clock.Words
	hour := v.at.Truncate(time.Hour)
	call := v.call()
	call.Key = "fresh-link/" + v.token.User + "/" + hour.Format(time.RFC3339)
	no := false
	_, _, err = c.o.Outgoing.SendMessage(r.Context(), call, message.Draft{
		To: []message.Recipient{{ID: v.token.User}}, Subject: words.T("prefs.fresh_subject"), AddURL: &no, AddCaseID: &no,
		Text: words.T("prefs.fresh_text", "Link", c.o.Door.HeldFresh()),
	})
	// The same hour's second one has another link in it: the first is on its way.
	if err != nil && !errors.Is(err, request.ErrKeyReused) {
		c.refuse(w, r, v, err)
		return
	}
	c.render(w, r, v, http.StatusOK, "sent.html", refused{Title: words.T("prefs.fresh_subject"), Text: words.T("prefs.fresh_sent", "Address", mask(v.user.Email))})
}
