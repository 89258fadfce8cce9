package message

import "time"

// notBeforeGreylisting is what greylisting servers usually ask for.
const notBeforeGreylisting = 5 * time.Minute

// meanings is the one table of what replies mean; the first row that fits holds. Words come
// first, those about the account and the sender before those about the recipient: "sender
// verify failed: no such user here" is about us. Then come enhanced codes (RFC 3463 and its
// registry), then what a bare code says at its stage. A row is a default for its kind, and
// none of the defaults suppresses anybody.
var meanings = []meaning{
	// What happens before MAIL concerns the account.
	{is: TooFast, about: AboutAccount, hint: hintQuota, next: WaitAccount, at: AtConnect | AtAuth, words: quotaDay, wait: time.Hour},
	{is: TooFast, about: AboutConnection, at: AtConnect | AtAuth, words: rateWords},
	{is: ConnectFailed, about: AboutConnection, at: AtAuth | AtTLS, codes: []int{421}},
	{is: AuthFailed, about: AboutAccount, at: AtAuth},
	{is: RejectedSender, about: AboutAccount, hint: hintHello, at: AtConnect, codes: []int{450, 501, 504, 550, 553, 554}, words: helloWords},
	{is: RejectedSender, about: AboutAccount, hint: hintReverse, at: AtConnect, words: reverseWords},
	{is: RejectedSender, about: AboutAccount, hint: hintBanned, at: AtConnect, words: bannedWords},
	{is: RejectedSender, about: AboutAccount, at: AtConnect, words: authorityWords},
	{is: RejectedSender, about: AboutAccount, hint: hintRelay, at: AtConnect, words: relayWords},
	{is: ConnectFailed, about: AboutConnection, at: AtConnect},
	{is: TLSFailed, about: AboutAccount, at: AtTLS},

	// Greylisting names no rate: it is a plain temporary failure that must wait.
	{is: Unknown, about: AboutPolicy, hint: hintGrey, codes: []int{421, 450, 451, 452}, words: greyWords, wait: notBeforeGreylisting},

	// Limits: of a connection, of a mail, of the receiver, of the account.
	{is: TooFast, about: AboutConnection, next: TryAgain, at: AtMail, words: connectionWords},
	{is: TooFast, about: AboutConnection, next: TryLater, words: connectionWords},
	{is: TooFast, about: AboutRecipient, next: TryLater, words: receiveWords},
	{is: TooFast, about: AboutAccount, hint: hintQuota, next: WaitAccount, words: quotaHour, wait: 15 * time.Minute},
	{is: TooFast, about: AboutAccount, hint: hintQuota, next: WaitAccount, words: quotaDay, wait: time.Hour},
	{is: TooFast, about: AboutAccount, hint: hintQuota, next: WaitAccount, words: quotaRate},
	{is: TooFast, about: AboutAccount, hint: hintQuota, next: WaitAccount, words: quotaWords, wait: 5 * time.Minute},
	{is: TooFast, about: AboutAccount, hint: hintQuota, next: WaitAccount, enhanced: []string{"5.4.5"}, wait: time.Hour},
	{is: TooFast, about: AboutAccount, hint: hintMany, next: TryAgain, at: AtRcpt, words: manyWords},
	{is: TooFast, about: AboutAccount, hint: hintMany, next: TryAgain, at: AtRcpt, enhanced: []string{"5.3"}},

	// Words about the account and its machine.
	{is: RejectedContent, about: AboutRecipient, hint: hintMembers, words: groupWords},
	{is: RejectedContent, about: AboutRecipient, hint: hintMembers, enhanced: []string{"7.124", "7.129", "7.132", "7.133", "7.134", "7.135", "7.136"}},
	{is: TLSFailed, about: AboutAccount, next: WaitAccount, codes: []int{530, 454, 450, 550, 554}, words: tlsWords},
	{is: RejectedSender, about: AboutAccount, hint: hintSuspended, next: WaitAccount, words: suspendedWords},
	{is: RejectedSender, about: AboutAccount, hint: hintHello, next: WaitAccount, words: helloWords},
	{is: RejectedSender, about: AboutAccount, hint: hintReverse, next: WaitAccount, words: reverseWords},

	// Words about the sender.
	{is: RejectedSender, about: AboutSender, hint: hintAuthority, words: authorityWords},
	{is: RejectedSender, about: AboutSender, hint: hintVerified, words: oneOf(`not verified`, `not a verified`, `verified sender`, `sender identity`, `sender signature`, `not owned by`, `send[ -]?as`, `unregistered (?:sender|domain)`)},
	{is: RejectedSender, about: AboutAccount, hint: hintBanned, next: WaitAccount, enhanced: []string{"7.606", "7.607", "7.608", "7.609", "7.610", "7.611", "7.708"}},
	{is: AuthFailed, about: AboutAccount, hint: hintLogin, next: WaitAccount, at: AtMail | afterMail, words: authWords},
	{is: RejectedSender, about: AboutSender, words: senderWords},

	// Words about our address, and about what we may do there.
	{is: TooFast, about: AboutConnection, next: TryLater, words: slowWords},
	{is: RejectedContent, about: AboutContent, at: AtData | AtDot, words: oneOf(`spam`, `virus`, `malware`, `phish`)},
	{is: RejectedSender, about: AboutPolicy, hint: hintBanned, words: oneOf(`junk ?mail`, `\bspam\b.{0,40}https?://`)},
	{is: AddressUnknown, about: AboutRecipient, hint: hintPerhaps, at: afterMail, words: routeWords},
	{is: RejectedSender, about: AboutAccount, hint: hintBanned, next: WaitAccount, words: bannedWords},
	{is: RejectedSender, about: AboutAccount, hint: hintRelay, next: WaitAccount, words: relayWords},

	// Words about the mail, and about the recipient.
	{is: Unknown, about: AboutConnection, hint: hintServer, next: TryLater, words: systemFullWords},
	{is: Unknown, about: AboutConnection, hint: hintServer, next: TryLater, at: AtMail | AtRcpt, codes: []int{450, 451, 452}, words: outOfServiceWords},
	{is: MailboxFull, about: AboutRecipient, at: afterMail, words: fullWords},
	{is: TooLarge, about: AboutContent, words: largeWords},
	{is: TooFast, about: AboutConnection, next: TryLater, words: rateWords},
	{is: AddressUnknown, about: AboutRecipient, hint: hintHost, at: afterMail, words: hostWords},
	{is: AddressUnknown, about: AboutRecipient, gone: true, at: afterMail, words: goneWords},

	// Enhanced codes. Those that name the mailbox suppress it.
	{is: RejectedSender, about: AboutSender, at: AtMail, enhanced: []string{"1."}},
	{is: RejectedSender, about: AboutSender, enhanced: []string{"1.7", "1.8"}},
	{is: AddressUnknown, about: AboutRecipient, gone: true, enhanced: []string{"5.1.1", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}},
	{is: AddressUnknown, about: AboutRecipient, enhanced: []string{"4.1.1", "4.1.3", "4.1.6"}},
	{is: AddressUnknown, about: AboutRecipient, hint: hintHost, enhanced: []string{"1.2", "1.10"}},
	{is: AddressUnknown, about: AboutRecipient, hint: hintPerhaps, enhanced: []string{"1.0"}},
	{is: MailboxFull, about: AboutRecipient, enhanced: []string{"2.2"}},
	{is: TooLarge, about: AboutContent, enhanced: []string{"2.3", "3.4"}},
	{is: TooFast, about: AboutConnection, next: TryLater, enhanced: []string{"4.5", "5.3", "7.28"}},
	{is: AuthFailed, about: AboutAccount, hint: hintLogin, next: WaitAccount, enhanced: []string{"7.8", "7.9", "7.14", "7.57"}},
	{is: TLSFailed, about: AboutAccount, next: WaitAccount, enhanced: []string{"7.10", "7.11", "7.30"}},
	{is: RejectedSender, about: AboutAccount, hint: hintReverse, next: WaitAccount, enhanced: []string{"7.25"}},
	{is: RejectedSender, about: AboutAccount, hint: hintRelay, next: WaitAccount, enhanced: []string{"7.54", "7.64"}},
	{is: RejectedSender, about: AboutSender, hint: hintAuthority, enhanced: []string{"7.20", "7.21", "7.22", "7.23", "7.24", "7.26", "7.27", "7.509", "7.515"}},
	{is: RejectedContent, about: AboutContent, enhanced: []string{"6."}},

	// Words that leave a doubt.
	{is: AddressUnknown, about: AboutRecipient, hint: hintPerhaps, at: AtRcpt, enhanced: []string{"4.1"}, words: oneOf(`access denied`)}, // Exchange Online
	{is: AddressUnknown, about: AboutRecipient, hint: hintPerhaps, at: AtRcpt | AtDot, codes: []int{550, 551, 553}, words: perhapsGoneWords},
	{is: RejectedContent, about: AboutContent, at: afterMail, words: spamWords},
	{is: RejectedContent, about: AboutPolicy, at: AtData | AtDot, words: contentWords},

	{is: TooFast, about: AboutConnection, codes: []int{421}, enhanced: []string{"4.7."}},
	{is: RejectedSender, about: AboutSender, at: AtMail, enhanced: []string{"7."}},
	{is: RejectedContent, about: AboutPolicy, at: afterMail, enhanced: []string{"7."}},

	// Bare codes.
	{is: ConnectFailed, about: AboutConnection, codes: []int{421}},
	{is: AuthFailed, about: AboutAccount, hint: hintLogin, next: WaitAccount, codes: []int{525, 530, 534, 535, 538}},
	{is: RejectedSender, about: AboutSender, at: AtMail, codes: []int{550, 551, 553, 554}},
	{is: TooLarge, about: AboutContent, at: AtMail, codes: []int{552}}, // all that it knows is the size
	{is: MailboxFull, about: AboutRecipient, codes: []int{552}},
	{is: AddressUnknown, about: AboutRecipient, hint: hintHost, at: AtRcpt, codes: []int{556}},
	{is: RejectedContent, about: AboutContent, at: AtData | AtDot, codes: []int{550, 554}},
	{is: Unknown, about: AboutRecipient, hint: hintRead, at: AtRcpt, codes: []int{551}},
}
