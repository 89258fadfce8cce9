package explain

import "golang.org/x/text/feature/plural"

var polish = words{
	lang: "pl",
	says: map[Reason]said{
		Accepted: {
			"Tak. {server} przyjął wiadomość {at}[ i odpowiedział „{response}”].",
			"Jeśli nie ma jej w skrzynce, zajrzyj do spamu; administratorzy poczty znajdą ją po {message_id}.",
		},
		AcceptedSome: {
			"Częściowo. {server} przyjął wiadomość {at}, ale nie dla {rejected}.[ {failure}]",
			"[{remedy} ]Potem napisz jeszcze raz do tych, którzy jej nie dostali.",
		},
		Receipt: {
			"Tak. Doręczono ją {at}.",
			"Jeśli nie ma jej w skrzynce, zajrzyj do spamu; administratorzy poczty znajdą ją po {message_id}.",
		},

		Merged: {"Jest częścią zestawienia {digest}, utworzonego z {items} {at}. {digest_says}", ""},

		DeferredHourly: {
			"Jeszcze nie. Czeka na cogodzinne zestawienie (odbiorca: {who}), które wyjdzie {due}.",
			"Żeby wysłać ją teraz: notifier digest send[ {user}]. Żeby najpierw ją zobaczyć: notifier digest preview[ {user}].",
		},
		DeferredDaily: {
			"Jeszcze nie. Czeka na codzienne zestawienie (odbiorca: {who}), które wyjdzie {due}.",
			"Żeby wysłać ją teraz: notifier digest send[ {user}]. Żeby najpierw ją zobaczyć: notifier digest preview[ {user}].",
		},
		DeferredWeekly: {
			"Jeszcze nie. Czeka na cotygodniowe zestawienie (odbiorca: {who}), które wyjdzie {due}.",
			"Żeby wysłać ją teraz: notifier digest send[ {user}]. Żeby najpierw ją zobaczyć: notifier digest preview[ {user}].",
		},
		PausedByUser: {
			"Jeszcze nie. Trwa przerwa, o którą prosi odbiorca ({who}): to, co się w tym czasie wydarzy, przyjdzie {due}.",
			"Żeby wysłać ją teraz: notifier digest send[ {user}]. Żeby najpierw ją zobaczyć: notifier digest preview[ {user}].",
		},
		WaitingRun: {
			"Jeszcze nie. Jej czas już nadszedł[ (czeka od {due_since})]; pójdzie dalej z najbliższym uruchomieniem {job}[, {run}].",
			"Żeby wysłać ją teraz: notifier digest send[ {user}].",
		},
		SendAtFuture: {
			"Jeszcze nie. Nadawca poprosił, żeby wyszła {due}.",
			"Żeby ją wycofać: notifier queue cancel {id}.",
		},
		AwaitingManual: {
			"Jeszcze nie. Czeka, aż ktoś ją zwolni.",
			"Żeby ją zwolnić: notifier queue release {id}.",
		},
		WaitingFlush: {"Jeszcze nie. Jest w kolejce wychodzącej i wyjdzie z najbliższym uruchomieniem {job}[, {run}].", ""},
		RetryAt: {
			"Jeszcze nie. Próba {number} się nie udała: {failure} Następna będzie {due}.",
			"{remedy}",
		},
		RateLimited: {"Jeszcze nie. {failure} Wysyłka sama ruszy dalej {due}.", ""},
		JobPaused: {
			"Jeszcze nie. Zadanie {job} wstrzymano {paused_at}[ ({by})][, z dopiskiem „{note}”].[ Ruszy samo {pause_end}.]",
			"Wznów {job}, gdy przyczyna minie.",
		},
		AccountPaused: {
			"Jeszcze nie. Konto pocztowe {account} nie działa od {since}: {failure} Następna próba będzie {until}.",
			"{remedy} Żeby spróbować od razu: notifier account test {account}.",
		},
		BeingSent: {"Jeszcze nie. Jest właśnie przekazywana; ta próba skończy się najpóźniej {lease}.", ""},
		DeadlineAhead: {
			"Jeszcze nie. Następne przypomnienie o terminie[ {key}] wyjdzie {due}; sam termin upływa {deadline_due}.",
			"Żeby zobaczyć jego etapy: GET /api/v1/deadlines[/{key}].",
		},

		PreferenceNever: {
			"Nie. Odbiorca ({who}) ma dla {kind} wybrane „nigdy”[; ten wybór zapisano {set_at}].",
			"Zmienić to powinien tylko odbiorca ({who}): w swoich ustawieniach[ (użytkownik {user})].",
		},
		OwnAction: {
			"Nie. To było działanie tej samej osoby ({who}), a o własnych działaniach się nie powiadamia.",
			"Jeśli zrobił to ktoś inny, podaj tę osobę jako actor zdarzenia.",
		},
		ProcessMuted: {
			"Nie. W procesie[ {process}] nikt nie dostaje {kind}: wyłączono to[ {set_at}][ ({by})].",
			"Żeby to włączyć: PUT /api/v1/processes[/{process}] bez {kind} w muted.",
		},
		NoAddress: {
			"Nie. Odbiorca ({who}) nie miał adresu; było to {at}.",
			"Podaj adres: PUT /api/v1/users[/{user}] z polem email.",
		},
		SkippedUnknown: {
			"Nie. Dnia {at} nie było użytkownika o identyfikatorze[ {user}], więc nikogo nie powiadomiono[ o {case}].",
			"Sprawdź identyfikator w systemie obiegu spraw albo dodaj użytkownika: PUT /api/v1/users[/{user}].",
		},
		SuppressedBounce: {
			"Nie. Na adres[ {to}] nie piszemy[ od {since}]: serwer pocztowy powiedział, że nie istnieje.",
			"Popraw adres użytkownika albo usuń go z listy: notifier suppression remove[ {to}].",
		},
		SuppressedComplaint: {
			"Nie. Na adres[ {to}] nie piszemy[ od {since}]: wiadomość do niego zgłoszono jako spam.",
			"Jeśli ta osoba znowu chce poczty: notifier suppression remove[ {to}].",
		},
		Unsubscribed: {
			"Nie. Na adres[ {to}] nie piszemy[ od {since}]: ta osoba nie chce poczty.",
			"Jeśli ta osoba znowu chce poczty: notifier suppression remove[ {to}].",
		},
		OtherRule: {
			"Nie. Pominięto ją {at}[, z powodu {code}].",
			"Obejrzyj całą wiadomość: notifier queue show {id}.",
		},
		Cancelled: {
			"Nie. Wycofano ją {at}[ ({by})].",
			"Jeśli jest nadal potrzebna, napisz ją jeszcze raz.",
		},
		Superseded: {
			"Nie. {cause} {at}[ ({by})], zanim przypomnienie wyszło[; teraz termin upływa {deadline_due}].",
			"Żeby zobaczyć, co obowiązuje teraz: GET /api/v1/deadlines[/{key}].",
		},
		Expired: {
			"Nie. Miała sens tylko do {expires}, a do tego czasu nie wyszła.",
			"Jeśli nadal ma sens, napisz ją jeszcze raz.",
		},
		TemplateFailed: {
			"Nie. Nie udało się jej napisać {at}: {failure}[ Powód: „{response}”.]",
			"{remedy}",
		},
		Rejected: {
			"Nie. {server} jej nie przyjął, po {tries}, ostatnio {at}: {failure}[ Odpowiedź: „{response}”.]",
			"{remedy} Żeby ponowić: notifier queue retry {id}.",
		},
		DuplicateKey: {
			"Nie ma nowej wiadomości. Żądanie, które przyszło {at}, było takie samo jak wcześniejsze[ (jego Idempotency-Key)] i dostało tę samą odpowiedź.",
			"Zobacz, co powstało z pierwszego: notifier why {first}. Nowa wiadomość wymaga nowego klucza.",
		},

		LeaseLost: {
			"Nie wiemy. Proces, który ją wysyłał, zatrzymał się {at}, zanim o tym powiadomił; mogła wyjść.",
			"Zapytaj odbiorcę, czy przyszła. Jeśli nie: notifier queue retry {id}.",
		},
		NoEvent: {
			"Nie wiemy o żadnej takiej wiadomości: nie przyszło ani zdarzenie, ani wiadomość[ (odbiorca: {who})][ w sprawie {case}][ rodzaju {kind}][ od {since}]{last}.",
			"Obejrzyj to, co wymieniono poniżej, i sprawdź, czy system obiegu spraw w ogóle wysłał zdarzenie.",
		},
		UserUnknown: {
			"Nie ma tu użytkownika {user} i nigdy nic nie wysłano na ten adres.",
			"Zapytaj o identyfikator z systemu obiegu spraw albo dodaj użytkownika: PUT /api/v1/users/{user}.",
		},
	},
	texts: map[string]string{
		"person": "nieznany", "server": "Serwer pocztowy", "server.named": "Serwer {server}",
		"last":          "; ostatnie odrzucone żądanie przyszło {at} ({status} {code})",
		"in":            "{time} (za {span})",
		"leaves":        "{leaves}, z pierwszym uruchomieniem po wyznaczonej porze ({due})",
		"leaves.paused": "najwcześniej {due}: {job} jest wstrzymane, dopóki ktoś tego nie wznowi",

		"cause":          "Termin[ {key}] został dotrzymany albo przesunięty",
		"cause.met":      "Termin[ {key}] został dotrzymany",
		"cause.moved":    "Termin[ {key}] ustawiono na nowo",
		"cause.left":     "Sprawa przeszła do innego etapu lub właściciela",
		"cause.over":     "Termin[ {key}] został dotrzymany albo sprawa poszła dalej",
		"cause.left.for": "Sprawa przeszła do innego etapu lub właściciela, co zakończyło termin[ {key}],",

		"next.due":      "pójdzie dalej, razem ze wszystkim, co wtedy czeka na tę osobę",
		"next.run":      "uruchomi się {job}",
		"next.leave":    "może wyjść",
		"next.account":  "następna próba z kontem pocztowym",
		"next.retry":    "następna próba",
		"next.taken":    "jeśli do tej pory nie będzie wieści, przejmie ją inny proces",
		"next.reminder": "powstanie następne przypomnienie",

		"step.message":   "przyjęto wiadomość[ w sprawie {case}]",
		"step.event":     "przyjęto zdarzenie {kind}[ w sprawie {case}][; zaszło {occurred}]",
		"step.reminder":  "napisano przypomnienie o terminie[ {key}]",
		"step.digest":    "utworzono zestawienie z {items}",
		"step.deadline":  "ustawiono termin {key}",
		"step.setting":   "ustawienie dla {kind}: {setting}[; zapisano je {set_at}][ ({set_by})]",
		"step.wiped":     "wcześniejszy błąd: {failure}",
		"step.tried":     "próba {number}[ w {server}][: „{response}”][; {uncertain}][ → {led_to}]",
		"step.uncertain": "mogła wyjść",
		"step.promoted":  "{job}: poszła dalej sama",
		"step.merged":    "włączono do zestawienia {digest}",
		"step.delivered": "przyszło potwierdzenie",
		"step.expired":   "było za późno na wysyłkę",
		"step.skipped":   "pominięto: {code}",
		"step.sending":   "wzięto z kolejki",
		"step.cancelled": "wycofano",

		"deed.rescheduled":      "zmiana terminu wysyłki: ustawienie to teraz {setting}[ ({by})][, więc przyjdzie {due}]",
		"deed.retried":          "poproszono o ponowną próbę[ ({by})]",
		"deed.cancelled":        "wycofano[ ({by})]",
		"deed.held":             "zatrzymano[ ({by})]",
		"deed.released":         "zwolniono[ ({by})]",
		"deed.edited":           "zmieniono treść[ ({by})]",
		"deed.sent_now":         "poproszono o nią przed czasem[ ({by})]",
		"deed.deadline_cleared": "termin został dotrzymany[ ({by})], przypomnienia nie będzie",
		"deed.deadline_moved":   "termin ustawiono na nowo[ ({by})], tego przypomnienia nie będzie",
		"deed.case_moved_on":    "sprawa przeszła do innego etapu lub właściciela[ ({by})], przypomnienia nie będzie",
		"deed.other":            "{deed}[ ({by})]",

		"to.pending": "w kolejce", "to.rate_limited": "limit wysyłki", "to.sent": "wysłana", "to.error": "błąd",

		"setting.immediately": "od razu", "setting.hourly": "raz na godzinę", "setting.never": "nigdy",
		"setting.daily":  "raz dziennie o {hour}",
		"setting.weekly": "raz w tygodniu, {weekday} {hour}",
	},
	counts: map[string]map[plural.Form]string{
		"messages": {plural.One: "{n} wiadomości", plural.Few: "{n} wiadomości", plural.Many: "{n} wiadomości", plural.Other: "{n} wiadomości"},
		"tries":    {plural.One: "{n} próbie", plural.Few: "{n} próbach", plural.Many: "{n} próbach", plural.Other: "{n} próby"},
	},
	point:    "{weekday} {day} {month} {year} o {hour}",
	since:    "{day} {month} {year}, {hour}",
	weekdays: [7]string{"w niedzielę", "w poniedziałek", "we wtorek", "w środę", "w czwartek", "w piątek", "w sobotę"},
	months:   [12]string{"stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "września", "października", "listopada", "grudnia"},
	named:    [7]string{"niedziela", "poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota"},
}
