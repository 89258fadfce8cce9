package message

import "notifier/language"

// tongues are the plain words of categories in other languages; English ones stand in
// plainWords.
var tongues = map[string]map[Category][2]string{
	"pl": {
		AddressUnknown:  {"Adres nie istnieje.", "Popraw go i ponów."},
		MailboxFull:     {"Skrzynka jest pełna.", "Poproś osobę o zwolnienie miejsca."},
		TooFast:         {"Serwer pocztowy prosi o wolniejsze tempo.", "Nic nie trzeba robić: wysyłka ruszy dalej automatycznie."},
		RejectedContent: {"Serwer odrzucił wiadomość (spam lub zasady).", "Przeczytaj jego odpowiedź: zmień wiadomość albo poproś administratora tego serwera o jej przepuszczenie."},
		RejectedSender:  {"Serwer nie pozwala wysyłać z tego adresu.", "Sprawdź SPF i DKIM albo nadawcę konta."},
		AuthFailed:      {"Logowanie do serwera pocztowego nie powiodło się.", "Popraw login i hasło konta, potem je przetestuj."},
		TLSFailed:       {"Nie ma bezpiecznego połączenia z serwerem.", "Zadbaj o odnowienie jego certyfikatu albo ustaw ca_file konta."},
		ConnectFailed:   {"Serwer pocztowy nie odpowiedział.", "Poczekaj albo sprawdź host i port konta."},
		TooLarge:        {"Wiadomość jest za duża dla serwera.", "Usuń załącznik albo skróć treść."},
		TemplateFailed:  {"Nie udało się napisać wiadomości.", "Popraw dane lub szablon i wyślij ponownie."},
		TooLate:         {"Było za późno na wysyłkę.", "Napisz ją na nowo, jeśli ma jeszcze sens."},
		LeaseLost:       {"Proces zatrzymał się podczas wysyłki; wiadomość mogła wyjść.", "Zapytaj, czy dotarła, zanim ponowisz."},
		Unknown:         {"Serwer odpowiedział coś, czego jeszcze nie znamy.", "Przeczytaj jego odpowiedź."},
	},
	"fr": {
		AddressUnknown:  {"L’adresse n’existe pas.", "Corrigez-la, puis réessayez."},
		MailboxFull:     {"La boîte est pleine.", "Demandez à la personne de faire de la place."},
		TooFast:         {"Le serveur demande de ralentir.", "Rien à faire : l’envoi reprend automatiquement."},
		RejectedContent: {"Le serveur a refusé le message (spam ou règles).", "Lisez sa réponse : changez le message, ou demandez à l’administrateur de ce serveur de le laisser passer."},
		RejectedSender:  {"Le serveur refuse cet expéditeur.", "Vérifiez SPF et DKIM, ou l’expéditeur du compte."},
		AuthFailed:      {"La connexion au serveur a échoué.", "Corrigez l’identifiant et le mot de passe du compte, puis testez-le."},
		TLSFailed:       {"Il n’y a pas de connexion sûre au serveur.", "Faites renouveler son certificat, ou réglez le ca_file du compte."},
		ConnectFailed:   {"Le serveur n’a pas répondu.", "Attendez, ou vérifiez l’hôte et le port du compte."},
		TooLarge:        {"Le message est trop grand pour le serveur.", "Retirez une pièce jointe, ou raccourcissez-le."},
		TemplateFailed:  {"Le message n’a pas pu être écrit.", "Corrigez ses données ou son modèle, et renvoyez-le."},
		TooLate:         {"Il était trop tard pour l’envoyer.", "Réécrivez-le s’il sert encore."},
		LeaseLost:       {"Le processus s’est arrêté pendant l’envoi ; le message est peut-être parti.", "Demandez s’il est arrivé avant de réessayer."},
		Unknown:         {"Le serveur a répondu quelque chose que nous ne connaissons pas encore.", "Lisez sa réponse."},
	},
}

// SaysIn is what happened in that language, or in English where it has no words for it.
func (c Category) SaysIn(lang string) string {
	if w, known := c.in(lang); known {
		return w[0]
	}
	return c.Says()
}

// RemedyIn is what a person can do about it in that language, or in English.
func (c Category) RemedyIn(lang string) string {
	if w, known := c.in(lang); known {
		return w[1]
	}
	return c.Remedy()
}

func (c Category) in(lang string) ([2]string, bool) {
	w, known := tongues[written.Lookup(lang)][c]
	return w, known
}

// written are the languages that people read about mail in.
var written = language.NewMatcher("en", "pl", "fr")
