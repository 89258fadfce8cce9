package explain

import "golang.org/x/text/feature/plural"

var french = words{
	lang: "fr",
	says: map[Reason]said{
		Accepted: {
			"Oui. {server} l’a pris {at}[ et a répondu « {response} »].",
			"S’il n’est pas dans la boîte de réception, regardez dans les indésirables ; l’équipe de messagerie le trouve par {message_id}.",
		},
		AcceptedSome: {
			"En partie. {server} l’a pris {at}, mais pas pour {rejected}.[ {failure}]",
			"[{remedy} ]Puis écrivez de nouveau à ceux qui ne l’ont pas reçu.",
		},
		Receipt: {
			"Oui. Il a été remis {at}.",
			"S’il n’est pas dans la boîte de réception, regardez dans les indésirables ; l’équipe de messagerie le trouve par {message_id}.",
		},

		Merged: {"Il fait partie du récapitulatif {digest}, composé de {items} {at}. {digest_says}", ""},

		DeferredHourly: {
			"Pas encore. Il attend le récapitulatif horaire pour {who}, qui part {due}.",
			"Pour l’envoyer maintenant : notifier digest send[ {user}]. Pour le voir avant : notifier digest preview[ {user}].",
		},
		DeferredDaily: {
			"Pas encore. Il attend le récapitulatif quotidien pour {who}, qui part {due}.",
			"Pour l’envoyer maintenant : notifier digest send[ {user}]. Pour le voir avant : notifier digest preview[ {user}].",
		},
		DeferredWeekly: {
			"Pas encore. Il attend le récapitulatif hebdomadaire pour {who}, qui part {due}.",
			"Pour l’envoyer maintenant : notifier digest send[ {user}]. Pour le voir avant : notifier digest preview[ {user}].",
		},
		PausedByUser: {
			"Pas encore. Une pause a été demandée par {who} : ce qui se passe entre-temps arrive {due}.",
			"Pour l’envoyer maintenant : notifier digest send[ {user}]. Pour le voir avant : notifier digest preview[ {user}].",
		},
		WaitingRun: {
			"Pas encore. Son heure est venue[ (il attend depuis {due_since})] ; il avance au prochain passage de {job}[, {run}].",
			"Pour l’envoyer maintenant : notifier digest send[ {user}].",
		},
		SendAtFuture: {
			"Pas encore. L’expéditeur a demandé qu’il parte {due}.",
			"Pour le retirer : notifier queue cancel {id}.",
		},
		AwaitingManual: {
			"Pas encore. Il attend que quelqu’un le libère.",
			"Pour le libérer : notifier queue release {id}.",
		},
		WaitingFlush: {"Pas encore. Il est dans la file d’envoi et part au prochain passage de {job}[, {run}].", ""},
		RetryAt: {
			"Pas encore. La tentative {number} a échoué : {failure} La suivante aura lieu {due}.",
			"{remedy}",
		},
		RateLimited: {"Pas encore. {failure} L’envoi reprend tout seul {due}.", ""},
		JobPaused: {
			"Pas encore. La tâche {job} a été suspendue {paused_at}[ par {by}][, avec la note « {note} »].[ Elle reprendra automatiquement {pause_end}.]",
			"Reprenez {job} quand la cause a disparu.",
		},
		AccountPaused: {
			"Pas encore. Le compte de messagerie {account} ne fonctionne pas depuis {since} : {failure} Le prochain essai aura lieu {until}.",
			"{remedy} Pour essayer tout de suite : notifier account test {account}.",
		},
		BeingSent: {"Pas encore. Il est en train d’être remis ; cette tentative se termine au plus tard {lease}.", ""},
		DeadlineAhead: {
			"Pas encore. Le prochain rappel de l’échéance[ {key}] part {due} ; l’échéance tombe {deadline_due}.",
			"Pour voir ses étapes : GET /api/v1/deadlines[/{key}].",
		},

		PreferenceNever: {
			"Non. Pour {kind}, « jamais » avait été choisi par {who}[ ; c’était {set_at}].",
			"C’est à {who} seulement de changer cela : dans ses préférences[ (utilisateur {user})].",
		},
		OwnAction: {
			"Non. L’action est de la même personne ({who}), et personne n’est averti de ses propres actions.",
			"Si quelqu’un d’autre l’a faite, nommez cette personne comme actor de l’événement.",
		},
		ProcessMuted: {
			"Non. Dans le processus[ {process}], personne n’est averti de {kind} : cela a été désactivé[ {set_at}][ par {by}].",
			"Pour le réactiver : PUT /api/v1/processes[/{process}] sans {kind} dans muted.",
		},
		NoAddress: {
			"Non. Il n’y avait pas d’adresse pour {who} ; c’était {at}.",
			"Donnez-lui une adresse : PUT /api/v1/users[/{user}] avec email.",
		},
		SkippedUnknown: {
			"Non. Le {at}, aucun utilisateur ne portait l’identifiant[ {user}] : personne n’a été averti[ de {case}].",
			"Vérifiez l’identifiant dans le système de workflow, ou ajoutez l’utilisateur : PUT /api/v1/users[/{user}].",
		},
		SuppressedBounce: {
			"Non. Nous n’écrivons pas à l’adresse[ {to}][ depuis {since}] : un serveur de messagerie a dit qu’elle n’existe pas.",
			"Corrigez l’adresse de l’utilisateur, ou retirez-la de la liste : notifier suppression remove[ {to}].",
		},
		SuppressedComplaint: {
			"Non. Nous n’écrivons pas à l’adresse[ {to}][ depuis {since}] : un message y a été signalé comme indésirable.",
			"Si la personne veut de nouveau des messages : notifier suppression remove[ {to}].",
		},
		Unsubscribed: {
			"Non. Nous n’écrivons pas à l’adresse[ {to}][ depuis {since}] : la personne ne veut pas de messages.",
			"Si la personne veut de nouveau des messages : notifier suppression remove[ {to}].",
		},
		OtherRule: {
			"Non. Il a été ignoré {at}[, pour la raison {code}].",
			"Regardez le message entier : notifier queue show {id}.",
		},
		Cancelled: {
			"Non. Il a été retiré {at}[ par {by}].",
			"S’il est encore voulu, écrivez-le de nouveau.",
		},
		Superseded: {
			"Non. {cause} {at}[ (par {by})], avant le départ du rappel[ ; l’échéance tombe maintenant {deadline_due}].",
			"Pour voir ce qui vaut maintenant : GET /api/v1/deadlines[/{key}].",
		},
		Expired: {
			"Non. Il n’était plus utile après {expires}, et n’était pas parti jusque-là.",
			"S’il est encore utile, écrivez-le de nouveau.",
		},
		TemplateFailed: {
			"Non. Il n’a pas pu être écrit {at} : {failure}[ Raison : « {response} ».]",
			"{remedy}",
		},
		Rejected: {
			"Non. {server} ne l’a pas pris, après {tries}, la dernière {at} : {failure}[ Réponse : « {response} ».]",
			"{remedy} Pour réessayer : notifier queue retry {id}.",
		},
		DuplicateKey: {
			"Pas de nouveau message. La requête reçue {at} était la même qu’une précédente[ (son Idempotency-Key)] et a eu la même réponse.",
			"Regardez ce que la première a produit : notifier why {first}. Un nouveau message demande une nouvelle clé.",
		},

		LeaseLost: {
			"Nous ne savons pas. Le processus qui l’envoyait s’est arrêté {at} avant d’en rendre compte ; il est peut-être parti.",
			"Demandez à la personne s’il est arrivé. Sinon : notifier queue retry {id}.",
		},
		NoEvent: {
			"Nous ne connaissons aucun message à ce sujet : ni événement ni message n’est arrivé[ pour {who}][ sur le dossier {case}][ du type {kind}][ depuis {since}]{last}.",
			"Regardez ce qui est listé ci-dessous, et si le système de workflow a bien envoyé l’événement.",
		},
		UserUnknown: {
			"Il n’y a pas d’utilisateur {user} ici, et rien n’a jamais été envoyé à cette adresse.",
			"Demandez avec l’identifiant du système de workflow, ou ajoutez l’utilisateur : PUT /api/v1/users/{user}.",
		},
	},
	texts: map[string]string{
		"person": "la personne", "server": "Le serveur de messagerie", "server.named": "Le serveur {server}",
		"last":          " ; la dernière requête refusée est arrivée {at} ({status} {code})",
		"in":            "{time} (dans {span})",
		"leaves":        "{leaves}, au premier passage après l’heure prévue ({due})",
		"leaves.paused": "{due} au plus tôt : {job} est suspendue jusqu’à ce que quelqu’un la reprenne",

		"cause":          "L’échéance[ {key}] a été respectée ou déplacée",
		"cause.met":      "L’échéance[ {key}] a été respectée",
		"cause.moved":    "L’échéance[ {key}] a été fixée de nouveau",
		"cause.left":     "Le dossier est passé à une autre étape ou à un autre responsable",
		"cause.over":     "L’échéance[ {key}] a été respectée, ou son dossier a avancé,",
		"cause.left.for": "Le dossier est passé à une autre étape ou à un autre responsable, ce qui a mis fin à l’échéance[ {key}],",

		"next.due":      "il avance, avec tout ce qui attend alors la même personne",
		"next.run":      "passage de {job}",
		"next.leave":    "il peut partir",
		"next.account":  "prochain essai du compte de messagerie",
		"next.retry":    "prochaine tentative",
		"next.taken":    "sans nouvelles d’ici là, un autre processus prend le relais",
		"next.reminder": "le prochain rappel est écrit",

		"step.message":   "message accepté[ pour {case}]",
		"step.event":     "événement {kind}[ pour {case}] accepté[, survenu {occurred}]",
		"step.reminder":  "rappel de l’échéance[ {key}] écrit",
		"step.digest":    "récapitulatif composé de {items}",
		"step.deadline":  "échéance {key} fixée",
		"step.setting":   "le réglage de {kind} était : {setting}[, fixé {set_at}][ par {set_by}]",
		"step.wiped":     "échec précédent : {failure}",
		"step.tried":     "tentative {number}[ chez {server}][ : « {response} »][ ; {uncertain}][ → {led_to}]",
		"step.uncertain": "il est peut-être parti",
		"step.promoted":  "{job} l’a fait avancer seul",
		"step.merged":    "joint au récapitulatif {digest}",
		"step.delivered": "un accusé est arrivé",
		"step.expired":   "il était trop tard pour l’envoyer",
		"step.skipped":   "ignoré : {code}",
		"step.sending":   "pris dans la file",
		"step.cancelled": "retiré",

		"deed.rescheduled":      "envoi replanifié : le réglage est devenu {setting}[ par {by}][, il part donc {due}]",
		"deed.retried":          "une nouvelle tentative a été demandée[ par {by}]",
		"deed.cancelled":        "retiré[ par {by}]",
		"deed.held":             "retenu[ par {by}]",
		"deed.released":         "libéré[ par {by}]",
		"deed.edited":           "contenu modifié[ par {by}]",
		"deed.sent_now":         "demandé avant l’heure[ par {by}]",
		"deed.deadline_cleared": "l’échéance a été respectée[ par {by}], le rappel a été abandonné",
		"deed.deadline_moved":   "l’échéance a été fixée de nouveau[ par {by}], le rappel a été abandonné",
		"deed.case_moved_on":    "le dossier est passé à une autre étape ou à un autre responsable[ par {by}], le rappel a été abandonné",
		"deed.other":            "{deed}[ par {by}]",

		"to.pending": "en file", "to.rate_limited": "débit limité", "to.sent": "envoyé", "to.error": "erreur",

		"setting.immediately": "tout de suite", "setting.hourly": "une fois par heure", "setting.never": "jamais",
		"setting.daily":  "une fois par jour à {hour}",
		"setting.weekly": "une fois par semaine, {weekday} {hour}",
	},
	counts: map[string]map[plural.Form]string{
		"messages": {plural.One: "{n} message", plural.Many: "{n} messages", plural.Other: "{n} messages"},
		"tries":    {plural.One: "{n} tentative", plural.Many: "{n} tentatives", plural.Other: "{n} tentatives"},
	},
	point:    "le {weekday} {day} {month} {year} à {hour}",
	since:    "le {weekday} {day} {month} {year} à {hour}",
	weekdays: [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
	months:   [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	named:    [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
}
