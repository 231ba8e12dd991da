// Package email carries messages of an outbox to people by SMTP. It is a module of
// its own, so that who sends no mail does not depend on a library for it.
package email
