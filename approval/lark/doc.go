// Package lark asks for approvals in Lark: in that used in China (Feishu), and in that
// used everywhere else. A [Provider] is an [approval.Provider] over its public API.
//
// # What to set up there
//
// An app of the company's own, with the right to read and write approvals
// (approval:approval). It is [Config.AppID] and [Config.AppSecret].
//
// One approval definition for each shape of approval: a [Definition], which a policy
// selects by its App. Lark fixes the nodes of a definition and how each decides; only
// who is asked can be told to it. So a definition serves policies with exactly its
// nodes. Each node lets the initiator choose the approvers, several of them, from the
// whole company, and is decided by everybody (AND, or one after another) or by one of
// them (OR). Lark has no quorum: of a node that needs k of its approvers, k must be one or all.
//
// In the definition, let the initiator withdraw an instance, or it cannot be canceled.
// Let nothing pass by itself — not for approvers who are gone, who are the initiator, or
// who approved before — since nobody says yes there; and let approvers not hand
// their task on, or see [Config.Handover].
//
// # People
//
// Lark must know the people of the plans. Their ids are taken for those of their
// accounts, unless [Config.Accounts] translates.
//
// # What comes back
//
// An instance is approved if Lark says so, and its tasks say it too: every node of the
// definition has the approvals that it needs. Whatever contradicts itself, is cut
// off, or is not known is an error, and the request stays pending. An instance that is
// withdrawn or deleted there, and one that is reverted after it was approved, is canceled.
//
// Answers are asked for; [Provider.Callback] lets Lark ring when there is news.
package lark
