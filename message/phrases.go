package message

import (
	"regexp"
	"strings"
)

// The words in which servers say things, in lower case. They are patterns for a kind of
// reply and not strings of one server: mail/testdata/replies.tsv has the real texts that
// they are tried on, each with its source.

// oneOf is a pattern that fits where one of the parts does.
func oneOf(parts ...string) *regexp.Regexp { return regexp.MustCompile(strings.Join(parts, "|")) }

var (
	greyWords = oneOf(`gr[ea]y[ -]?list`, `postgrey`, `sqlgrey`, `please try again in \d+ (?:seconds|minutes)`, `try again (?:in|after) \d+ ?(?:s|sec|min|seconds|minutes)\b`)

	// A server that takes so many mails over one connection takes more over the next.
	connectionWords = oneOf(
		`(?:too many|max\pL*|limit).{0,40}\b(?:messages?|mails?|e-?mails?|transactions?|envelopes?)\b.{0,40}\b(?:connection|session)\b`,
		`\b(?:messages?|mails?|e-?mails?|transactions?)\b.{0,30}\b(?:limit|maximum|max)\b.{0,40}\b(?:connection|session)\b`,
		`\b(?:connection|session)\b.{0,30}\b(?:message|mail|transaction)s?\b.{0,20}\blimit`,
	)

	manyWords = oneOf(
		`too (?:many|much) (?:rcpts?|recipients?|addressees|to addresses)`, `maximum (?:number of )?recipients`,
		`(?:max\pL*|limit) (?:of |on )?(?:the )?(?:number of )?recipients`, `recipients? (?:count |number )?(?:limit|maximum)`, `recipients? (?:limit )?(?:exceeds|exceeded) (?:the )?(?:limit|maximum)`,
		`zu viele empf`, `trop de destinataires`, `zbyt (?:wielu|wiele|duża liczba) (?:odbiorc|adresat)`, `слишком много получател`, `demasiados destinatarios`,
	)

	// A quota is what an account may send in a period, or has paid for.
	quotaHour = oneOf(
		`(?:limit|quota|max\pL*|exceed\pL*|too many|allowed|restrict\pL*)\b.{0,60}(?:hourly|per hour|an hour|/ ?hour|/ ?h\b|this hour|each hour|in the last hour|pro stunde|par heure|na godzin)`,
		`\bhour\b.{0,10}limit`, `(?:hourly|per[ -]hour)\b.{0,60}(?:limit|quota|max\pL*|exceed|allow)`,
	)
	quotaDay = oneOf(
		`(?:limit|quota|max\pL*|exceed\pL*|too many|allowed|restrict\pL*)\b.{0,60}(?:daily|per day|a day|/ ?day|today|this day|24[ -]?h(?:ours?)?\b|per month|monthly|pro tag|par jour|na dob|dziennie|dzienn|сут)`,
		`(?:daily|per[ -]day|24[ -]?h(?:ours?)?|monthly|dzienny|journali\pL*|tages\pL*|tägliche\pL*|суточн\pL*|дневн\pL*)\b.{0,60}(?:limit|quota|max\pL*|exceed|allow|лимит|kontingent)`,
		`credits?\b.{0,20}(?:exceeded|used up|exhausted|depleted)`, `(?:maximum|out of|no more|insufficient|not enough) credits`, `submissionquotaexceeded`,
	)
	quotaRate = oneOf(
		`throttling failure`, `maximum sending rate`, `sender thread limit`, `concurrent connections? limit`, `sending rate exceeded`, `(?:external )?recipient rate limit exceeded`,
	)
	quotaWords = oneOf(
		`(?:sending|outgoing|outbound|sender'?s?|submission|smtp relay|relay|user sending|send|smtp) (?:message |mail |e-?mail )?(?:quota|limits?)\b.{0,25}(?:exceed|reach|hit|used|over|full|exhaust)`,
		`(?:exceed\pL*|reached|over|hit|used up)\b.{0,40}(?:sending|outgoing|outbound|sender|submission|smtp|e-?mail|messaging)\b.{0,25}\b(?:quota|limits?|max\pL*|allowance)`,
		`max\pL* (?:number of )?(?:e-?mails|defers and failures)`, `(?:account|user|customer|subscription|plan) (?:has )?exceeded (?:its|his|their|the|your)? ?(?:sending|e-?mail|message|plan|account)`,
		`quota (?:of|for) (?:sent|outgoing|sending)`, `policy rejection.{0,5}quota`, `exceeded (?:your |the )?(?:allowed )?(?:number|amount) of (?:sent )?(?:e-?mails|messages|mails)`,
		`(?:versand|sende)-?(?:limit|quota|kontingent)\pL*.{0,40}(?:überschritten|erreicht|aufgebraucht)`, `(?:quota|limite) d'envoi`,
		`(?:limit|limitu) (?:wysy\pL+|wychodz\pL+).{0,40}`, `przekro\pL+ (?:dozwolon\pL+ )?limit`, `превышен\pL* лимит (?:отправ|исход|писем|сообщ)`, `límite de env[ií]o`, `limite di invio`,
	)
	// receiveWords are the limits of the one who receives: they say nothing about us.
	receiveWords = oneOf(`receiving (?:mail|messages)`, `receive limit`, `receiving limit`, `recipient's (?:per hour|message)`, `contact is receiving`, `can receive`, `recipient has exceeded`)

	// slowWords are about a rate and nothing else.
	slowWords = oneOf(`rate[ -]?limit`, `throttl`, `too (?:fast|quickly)`, `slow down`, `unusual rate`, `rate (?:has been |is )?exceeded`, `excessive volume`)

	rateWords = oneOf(
		`rate[ -]?limit`, `limit exceeded`, `exceed\pL* the (?:limit|rate)`, `unusual rate`, `high rate`, `rate that`, `sending rate`, `sending limit`, `sending quota`,
		`message limit`, `throttl`, `too many (?:connections|messages|mails|e-?mails|errors|requests|concurrent|sessions|login|commands|attempts|unknown|invalid|bad|hops? per|from)`, `^too many`, `error: too many`,
		`too fast`, `too much mail`, `connections? limit`, `concurrent connections`, `connection limit`, `slow down`, `server (?:is )?(?:too )?busy`, `too quickly`, `(?:temporarily|currently) (?:rate|deferred due)`,
		`unexpected volume`, `volume of (?:e-?mail|mail|messages)`, `too many`, `frequency`, `zu viele`, `trop de (?:connexions|messages)`, `слишком много|превышен`, `zbyt wiele`,
	)

	groupWords = oneOf(
		`sendernotauthenticatedfor`, `notauthorized(?:for|to)?(?:group|sender)?`, `resolver\.rst\.`, `restricted to (?:members|internal|authenticated|certain)`,
		`not (?:authori[sz]ed|allowed|permitted) to (?:send|post|write) (?:(?:e-?mails?|mails?|messages?) )?to (?:this|the|that) (?:recipient|group|list|mailbox|address|distribution)`,
		`only (?:accepts?|takes?|receives?) (?:e-?mails?|mails?|messages?) from`, `members[ -]only`, `only (?:for )?members`, `delivery not authori[sz]ed`, `recipient not authori[sz]ed`,
		`(?:group|list|recipient|mailbox).{0,40}(?:does not|doesn't|do not) accept (?:e-?mails?|mails?|messages?) from`, `posting (?:to|on) this (?:list|group)`,
	)

	authWords = oneOf(
		`authentication (?:is )?(?:required|needed|necessary)`, `(?:must|need to|have to|please|should) (?:first )?(?:be )?(?:authenticate|log[ -]?in|login|sign[ -]?in|auth)\b`, `must be (?:authenticated|logged)`,
		`not (?:logged in|authenticated|login)`, `unauthenticated (?:senders?|users?|clients?)`, `(?:authenticate|log[ -]?in|login|auth(?:entication)?|sign in) (?:is )?first`,
		`(?:turn on|enable|use|activate|requires?|configure) (?:the )?(?:smtp )?auth`, `smtp auth\pL* (?:is )?(?:required|needed|must)`, `no (?:smtp )?auth(?:entication)?\b.{0,20}(?:given|found|provided)`,
		`authorization (?:is )?required`, `auth(?:entication)? failed`, `authentication credentials`, `unauthori[sz]ed (?:ip|client|host|sender ip)`, `ip (?:address )?(?:is )?(?:not|un)[ -]?(?:authori[sz]ed|allowed|permitted|whitelisted)`,
		`pop[ -]?(?:3 )?before[ -]?smtp`, `check (?:for )?(?:your )?(?:new )?mail (?:first|before)`, `incorrect authentication`, `credentials`,
		`anmeldung (?:ist )?(?:erforderlich|notwendig)`, `authentifizierung (?:ist )?(?:erforderlich|notwendig)`, `bitte (?:melden sie sich|authentifizieren)`, `authentification (?:est )?(?:requise|nécessaire|obligatoire)`,
		`(?:wymagan\pL+|konieczn\pL+) (?:jest )?(?:uwierzytelni|autoryzac|logowani)`, `требуется (?:авторизац|аутентифик)`, `autenticación requerida`, `autenticazione (?:richiesta|necessaria)`,
	)

	// suspendedWords are about the account that sends. A mailbox may be suspended, too, so
	// they name one.
	suspendedWords = oneOf(
		`(?:your|sending|sender's|smtp|customer|the sender) (?:\pL+ )?(?:account|domain|service|subscription).{0,40}(?:suspend|disabled|blocked|locked|paused|terminated|not (?:yet )?(?:been )?activated|not active|inactive|under review|on hold)`,
		`sending (?:has been |is |was )?(?:paused|disabled|suspended|blocked)`, `(?:paused|suspended|disabled) for this account`, `account (?:is )?(?:currently )?under review`,
		`(?:smtp|sending|outgoing|outbound)\b.{0,30}(?:access|service|privileges?|account|messages?|mail).{0,30}(?:disabled|suspended|revoked|blocked|not (?:yet )?activated)`,
		`unusual (?:sending )?activity`, `(?:outgoing|outbound) (?:mail|spam).{0,30}(?:suspended|blocked|disabled|exceeded)`, `exceeded.{0,20}threshold`, `not activated`, `sandbox (?:sub)?domains?`,
	)

	helloWords = oneOf(`\b(?:helo|ehlo)\b`)

	reverseWords = oneOf(
		`reverse (?:dns|lookup|name|hostname|record|mapping|resolution)`, `\bptr\b`, `\brdns\b`, `cannot find your (?:reverse )?(?:host ?name|address)`, `no reverse`, `forward[ -]?confirmed`, `\bfcrdns\b`, `iprev`,
		`(?:unable|failed|cannot|can't|could not|couldn't) (?:to )?resolve (?:your |the |client )`, `client host rejected: cannot find`, `hostname.{0,20}does not resolve`, `invalid (?:r?dns|host ?name) (?:entry|for)`,
	)

	bannedWords = oneOf(
		`(?:your|client|sending|sender'?s?|source|connecting|remote|mail server'?s?|this|the|from) (?:\pL+ )?(?:ip|ip[ -]addr\pL*|host|server|network|mta)\b.{0,60}(?:banned|blocked|denied|listed|rejected|refused|not (?:allowed|accepted|welcome)|poor|bad|low|reputation|abuse)`,
		`banned (?:sending )?ip`, `\bip (?:address )?(?:\[?[0-9a-f.:]+\]? )?(?:is |has been |was )?(?:banned|blocked|black|denied|listed|rejected)`, `traffic not accepted from this ip`, `not accept\pL* (?:e-?mail|mail|messages|connections?) from (?:your|this) (?:ip|host|server|network)`,
		`blocked using`, `(?:is|are|been|was|currently|black) ?-?listed (?:at|in|on|by)`, `(?:dynamic|residential|generic).{0,20}(?:ip|address|host)`, `block ?list of`, `on (?:our|the|my|a) (?:block|black|deny)[ -]?list`,
		`(?:block|black)[ -]?listed`, `spamhaus`, `spamcop`, `abuseat`, `sorbs`, `uceprotect`, `barracudanetworks\.com/reputation`, `reputation`, `\brbl\b`, `\bdnsbl\b`,
		`адрес.{0,20}(?:заблокирован|черн)`, `ip-adresse.{0,30}(?:gesperrt|blockiert)`,
	)

	relayWords = oneOf(
		`relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed)|prohibited|refused|forbidden|disallowed|disabled|restricted)`, `(?:unable|not (?:permitted|allowed|authori[sz]ed)|cannot|can't|won't|refus\pL+) (?:to )?relay`, `(?:do|does|will) not relay`,
		`(?:isn't|is not|not) in my (?:list|domain|rcpthosts)`, `allowed rcpthosts`, `no relay`, `open relay`, `relay not`, `not (?:a )?local (?:domain|host)`, `weiterleitung.{0,20}(?:nicht|verboten)`, `relais (?:refusé|interdit)`,
	)

	authorityWords = oneOf(`\bspf\b`, `\bdkim\b`, `\bdmarc\b`, `sender policy framework`, `sender id\b`, `unauthenticated e-?mail`, `sender is unauthenticated`, `domain-?based message auth`)

	senderWords = oneOf(
		`sender verif`, `verif\pL+ (?:failed|of|error) (?:for|sender)`, `verification failed for`, `(?:call[ -]?out|call[ -]?back) (?:verif|fail)`, `callout verification`, `could not (?:complete|verify) (?:the )?sender`,
		`sender(?:'s)? (?:e-?mail |mail )?(?:address |domain |id |identity |name )?(?:is |was |has been |been )?(?:rejected|refused|denied|blocked|banned|invalid|unknown|forbidden|unverified|not|un\pL+|does|doesn't|blacklisted|bad|missing|must|verification)`,
		`(?:rejected|invalid|unknown|bad|banned|unverified|unresolvable|forged|fake|denied|blocked|illegal|unauthori[sz]ed) (?:sender|from|return[ -]?path|envelope|originator)\b`, `domain of (?:the )?sender`, `sender domain`, `lookup of sender`,
		`sender denied`, `\bfrom (?:address|header|domain)\b`, `return[ -]path`, `envelope[ -]?(?:from|sender)`, `mail from (?:command )?(?:domain|address|not|rejected|denied|must|invalid)`, `not owned by`, `not (?:your|one of your) (?:address|domain|alias)`,
		`(?:not|n't) (?:authori[sz]ed|allowed|permitted|entitled) to (?:use|send (?:from|as|mail from|e-?mails? from|messages? from|using|on behalf|mails? as))`, `not (?:authori[sz]ed|allowed|permitted) to send\b`, `send[ -]?as\b`, `sendasdenied`, `sender identity`,
		`(?:e-?mail )?address is not verified`, `not (?:a )?verified (?:sender|identity|address|domain|from)`, `(?:sender|identity|signature) (?:is )?not (?:been )?(?:verified|found|confirmed|registered)`,
		`verified sender`, `sender signature`, `unregistered (?:sender|domain)`, `originator`,
		`absender\pL*.{0,40}(?:abgelehnt|ungültig|unbekannt|existiert|nicht|gesperrt|verweigert)`, `expéditeur.{0,40}(?:refus|rejet|inconnu|invalide|non|pas)`, `adres\pL* nadawcy|nadawc\pL+.{0,40}(?:odrzuc|nieznan|nie |niepraw|zablok)`, `отправител`, `remitente`, `mittente`,
	)

	fullWords = oneOf(
		`(?:mail ?box|in ?box|mail ?folder|account|user|recipient|mail ?drop|folder|maildir|box).{0,60}(?:\bfull\b|over ?-?quota|quota|size limit|storage|exceeds (?:the )?(?:allowed )?(?:size|limit))`,
		`over ?-?quota`, `quota (?:was |is |has been )?exceed`, `exceed\pL*.{0,20}(?:storage|disk|mailbox|quota)`, `out of (?:storage|disk)`, `not enough (?:free )?(?:disk |storage )?(?:space|room|storage)`, `insufficient (?:mailbox |disk |free )(?:storage|space)`,
		`storage (?:quota|allocation|limit)`, `disk quota`, `quota (?:full|violation|limit)`, `no space left (?:in|for)`,
		`(?:postfach|mailbox|speicherplatz)\pL*.{0,40}(?:voll|überschritten|erschöpft)`, `bo[iî]te.{0,40}(?:pleine|saturée)`, `quota.{0,20}(?:dépassé|atteint)`, `skrzynk\pL+.{0,40}(?:pełn|przepełni|przekrocz)`, `(?:ящик|квот)\pL*.{0,40}(?:переполнен|превышен|исчерпан)`, `buz[oó]n.{0,20}lleno`, `casella.{0,20}piena`,
	)
	systemFullWords = oneOf(`insufficient system (?:storage|resources)`, `(?:system|server|disk) (?:storage )?(?:is )?full`, `out of memory`, `no space left on device`, `not enough system`)

	// outOfServiceWords are those of a server that says nothing but that it cannot now.
	outOfServiceWords = oneOf(`\b(?:service|server|system) (?:is )?(?:currently |temporarily )?(?:un|not )available`, `come back later`)

	largeWords = oneOf(
		`(?:message|mail|size|body|content|attachment|data|letter).{0,30}too (?:large|big|long)`, `too (?:large|big)\b`, `(?:exceed|over|above)\pL*.{0,40}\bsize`, `\bsize\b.{0,40}(?:exceed|limit|too|over)`, `maximum (?:message|mail) (?:size|length)`,
		`(?:nachricht|mail|anhang)\pL*.{0,20}zu groß`, `(?:message|courriel|taille).{0,30}(?:trop (?:gros|grand|volumineux)|dépass)`, `wiadomość.{0,30}(?:za|zbyt) duż`, `слишком большо`,
	)

	// hostWords are about the domain behind the @, not about a mailbox in it. Trouble with it
	// is often that of the moment, or of the relay's own name server.
	hostWords = oneOf(
		`host (?:or domain )?(?:name )?(?:is )?(?:not found|unknown)`, `domain (?:name )?(?:is |was )?(?:not found|unknown|does not exist|doesn't exist|not exist|invalid|not hosted|not local|not accept)`, `(?:unknown|no such|invalid|bad) (?:host|domain)`, `name service error`, `name server`,
		`no (?:valid )?mx\b`, `\bmx (?:record|host)`, `\bnull ?mx\b`, `unroute?able (?:mail )?domain`, `domain (?:has|accepts|receives) no mail`, `does not accept (?:any )?mail$`, `domain\pL* (?:existiert nicht|unbekannt|inconnu|nie istnieje)`, `connection (?:refused|timed out)`, `network unreachable`, `nxdomain`, `dns (?:error|lookup|failure|query)`,
	)

	// routeWords are Exim's for an address that it found no way to, for whatever reason.
	routeWords = oneOf(`unroute?able address`, `all relevant mx`)

	// goneWords name the mailbox and say that it is not there. "Mailbox unavailable" is not
	// among them: RFC 5321 §4.2.2 lets servers say so "for policy reasons", and they do.
	goneWords = oneOf(
		`no such (?:local |email |mail |virtual |smtp )?(?:user|recipient|mail ?box|account|address|person|e-?mail|alias|customer|name|id)`, `no (?:mail ?box|user|account|recipient) (?:here|with|by|found|exists|named|of)`, `no valid (?:mail ?box|user)`,
		`(?:unknown|invalid|non-?exist[ea]nt|nonexisting|not existing|illegal|nonexistent) (?:local |destination |virtual |mail |e-?mail )?(?:user|recipient|rcpt|mail ?box|account|local[ -]?part|alias|customer|subscriber|addressee)`,
		`(?:unknown|non-?existent|invalid) (?:recipient |e-?mail |destination |mailbox )address`, `(?:unknown|non-?existent) address`,
		`(?:user|recipient|mail ?box|e-?mail|address|addressee|alias|customer|local[ -]?part|account|rcpt|person|employee)\)?(?: (?:address|account|name|id|you|that|tried|to|reach|with|this|here|of|for|entered|sent|the|<>|is|was|has|been|\(s\)))*[:,;.]? (?:unknown|not (?:found|known|listed|valid|recogni[sz]ed|a valid|exist|existing|here|local)|no longer (?:exists?|valid|available|active|in use|here|works|with)|does ?n[o']?t exist|does not (?:exist|have an? (?:account|mailbox))|doesn't (?:exist|have an?)|do(?:es)? not exist|cannot be found|could not be found|could not be located|can't be found|disabled|deactivated|inactive|closed|deleted|discontinued|terminated|removed|invalid|expired)`,
		`(?:recipient|user|mailbox)(?:not|un)(?:found|known)`, `recipient not found`, `(?:mailbox|account|user) (?:is |has been |was )?(?:currently |permanently )?(?:disabled|deactivated|closed|deleted|inactive)`, `(?:disabled|deactivated|inactive|closed|deleted) (?:mail ?box|account|user|recipient)`, `(?:does not|doesn't) have an? \S+ (?:account|mail ?box)`,
		`(?:sorry, )?i couldn't find (?:any host by|a mailbox)`, `not a (?:valid|known) (?:mail ?box|user|recipient|account)`, `(?:has|have) no mailbox here`, `not our (?:customer|user)`, `user (?:is )?not (?:on|local to) this`,
		`(?:empfänger|benutzer|nutzer|adressat|postfach|teilnehmer|konto|e-?mail-?adresse|adresse|anwender)\pL*.{0,40}(?:unbekannt|existiert nicht|gibt es nicht|nicht (?:gefunden|vorhanden|bekannt|existent)|ungültig|deaktiviert|gelöscht|nicht mehr)`, `(?:unbekannte[rs]?|ungültige[rs]?|kein solche[rs]?) (?:empfänger|benutzer|postfach|nutzer)`,
		`(?:destinataire|utilisateur|bo[iî]te|adresse|compte|usager)\pL*.{0,40}(?:inconnu|n'existe (?:pas|plus)|introuvable|inexistant|désactivé|invalide|fermé|supprimé)`, `aucun (?:utilisateur|destinataire|compte)`,
		`(?:użytkownik|adresat|odbiorc|skrzynk|kont[oa]|adres)\pL*.{0,40}(?:nieznan|nie istnieje|nie znalezion|nie ma takie|nieprawidłow|nieaktywn|usunięt)`, `nie ma takie(?:go|j) (?:użytkownika|adresata|skrzynki|konta|adresu|odbiorcy)`, `nieznany (?:użytkownik|adresat|odbiorca)`,
		`(?:пользовател|получател|ящик|адрес|аккаунт|абонент)\pL*.{0,40}(?:не найден|не существует|неизвест|отключ|удал[её]н)`, `нет такого (?:пользовател|адрес|ящик)`,
		`(?:usuario|buz[oó]n|destinatario|cuenta)\pL*.{0,30}(?:desconocid|no existe|inexistente)`, `(?:utente|destinatario|indirizzo) (?:sconosciut|inesistent|errat)`, `casella inesistente`, `(?:gebruiker|ontvanger) (?:onbekend|bestaat niet)`, `usu[aá]rio (?:desconhecido|inexistente|n[aã]o existe)`,
	)
	// perhapsGoneWords seem to name the mailbox and are said for other reasons as well.
	perhapsGoneWords = oneOf(
		`mail ?box (?:is )?(?:currently )?(?:unavailable|not available|disabled|blocked|suspended)`, `undeliverable address`, `(?:user|account|recipient|mailbox) (?:is |has been )?(?:suspended|blocked|locked|unavailable)`, `user not local`, `bad destination`, `(?:invalid|bad) (?:e-?mail )?address`,
		`address (?:rejected|invalid|error)`, `recipient (?:address )?rejected`, `not deliverable`, `addressee`,
	)

	spamWords = oneOf(
		`spam`, `virus`, `malware`, `phish`, `unsolicited`, `(?:bulk|junk) ?e?-?mail`, `\bjunk\b`, `message content`, `content (?:was |is |of )?(?:rejected|denied|refused|policy|filter|blocked)`, `rejected.{0,20}content`, `attachment`, `\bheaders?\b`, `\buribl\b|\bsurbl\b|\bdbl\b`, `suspicious`, `prohibited (?:content|file)`, `malformed`, `bare (?:lf|cr|line)`, `line too long|lines? (?:is |are )?too long`,
	)
	contentWords = oneOf(`blocked`, `polic`, `refused`)

	tlsWords = oneOf(`starttls`, `tls (?:is )?required`, `encryption (?:is )?(?:required|needed)`, `must (?:use|issue).{0,20}tls`, `tls connection`, `secure connection required`)
)
