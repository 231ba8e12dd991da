// Package platform is what adapters to the open platforms of messengers share: calls
// of a JSON API with a token that expires, limits that have to be waited for, and the
// envelopes in which events come back. What the words of an API mean is the adapter's.
//
// An [API] sends a [Call] and decodes its answer. It gets a [Token] when there is none,
// gets another one once when it is refused, and waits when the platform asks for that.
// The adapter says by its judge which answer means what.
//
// Nothing here logs. No error holds a secret, a header or a query; every answer is
// bounded; every wait ends with its context.
package platform
