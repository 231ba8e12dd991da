// Package email carries messages of an outbox to people by SMTP. It is a module of
// its own, so that who sends no mail does not depend on a library for it.
//
//	mail, err := email.New(email.Config{
//		Addr: "mail.example.com:587", From: "releases@example.com",
//		Username: "releases", Password: password,
//	})
//	d, err := outbox.New(outbox.Config{…, Notifiers: map[string]outbox.Notifier{"email": mail}})
//
// [New] checks the [Config] and connects to nobody. Each message is a mail of its own, in plain
// text and in HTML, to the address in Message.To; its Message-ID is made of Message.ID, so it stays the same
// however often the mail has to be sent. TLS is demanded, by STARTTLS unless Config.TLS says
// otherwise, and a password is never sent without it.
package email
