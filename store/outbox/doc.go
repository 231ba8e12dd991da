// Package outbox carries events to those who want to hear of them, at least
// once and in order.
//
// What has to be told is committed as events of the store together with what
// happened, so that neither can be without the other. A [Dispatcher] does the rest:
//
//	log ── Route ──> messages ── lanes ──> Notifier ──> receiver
//	                                          └─ fails for good ──> dead letters ── Redrive ─┐
//	                 messages <──────────────────────────────────────────────────────────────┘
//
// It reads the log by position and asks a [Route] who is told what. The
// messages are stored in the commit that moves its position, so each event is
// routed into the store exactly once. Those about one event that are too many for one commit
// are stored in parts, and none of them is sent before all are stored: if the dispatcher ends
// between, the parts are removed and the event is routed anew.
//
// Stored messages are sent by the [Notifier] of their channel. Once the
// receiver has one its record is removed; if that is lost in a crash, the message is
// sent again, with the same ID.
//
// # Routes and notifiers
//
// [ToAll] tells a channel of every event of some kinds of subject: a feed for programs, with the bodies of
// the events. [ToRecipients] tells people of what they asked to hear: those who
// own the events say so by notices ([Announce]), as releaseplan does for the listeners of its plans, and the
// route finds the recipients in a [penstock.Directory]. By default each is told by
// e-mail, on the channel "email"; an [Address] says otherwise. [Join] takes several routes.
//
//	hook, err := outbox.NewWebhook(outbox.WebhookConfig{URL: url, Secrets: secrets})
//	mail, err := email.New(email.Config{Addr: "mail.example.com:587", From: "releases@example.com"})
//	d, err := outbox.New(outbox.Config{
//		Store:     s,
//		Route:     outbox.Join(outbox.ToAll("hook", "plan"), outbox.ToRecipients(directory, nil)),
//		Notifiers: map[string]outbox.Notifier{"hook": hook, "email": mail},
//		Log:       slog.Default(),
//	})
//	err = d.Run(ctx)
//
// [Webhook], [Verify] for its receivers, and the [Robot] of WeCom, DingTalk and Feishu
// are here, e-mail is in the module below. A [Notifier] of your own is one method. A message for a channel
// that has no Notifier becomes a dead letter at once.
//
// # Lanes
//
// The messages about one subject to one receiver by one channel are a lane. They are sent
// one after another, in the order of the log, and when one fails those behind it
// wait. Lanes do not wait for each other: receivers take turns, and one that
// fails gets fewer of the workers. What is redriven goes by lanes of its own.
//
// All receivers share one position in the log, and Backlog bounds what waits
// for them together: one that is down until it fills the Backlog holds up new
// events for all, until its messages arrive or are given up. If that is too long, a receiver needs a
// Dispatcher of its own.
//
// # Failure
//
// After a failure a message is sent again after a random time, whose bound doubles each
// time. After too many attempts, after too long, or when the Notifier says that it
// is no use, it becomes a dead letter and its lane goes on. [Dispatcher.Dead] shows the letters, with
// the last error; [Dispatcher.Redrive] has them sent again, whatever the Backlog.
//
// An event that cannot be routed is tried for MaxAge, and holds up those behind it;
// after a [Permanent] error it is given up at once. Then it is a letter, too.
//
// # Processes
//
// Every process may run the same dispatcher: one owns it, the others stand by. The
// owner writes one record, in every commit; a record that has not changed for a time,
// measured by the observer's own clock, is taken over, and the next commit of the old owner
// fails. Where TTLs differ, nobody is taken over before the longer of the two is over. Several
// dispatchers with different names do not know of each other.
package outbox
