// Package calendar says when releases may not go on: freezes, blackouts and business hours, in the
// time zones of the people who keep them.
//
// A [Calendar] is plain data, and can be kept as JSON. [NewSet] checks and compiles calendars to a
// [Set], which never changes and answers fast:
//
//   - [Set.Closed] tells which calendars are closed at a time, why, and until when;
//   - [Set.NextOpening] tells when something that takes a while can go on;
//   - [Set.NextClosing] tells when it has to stop at the latest.
//
// A calendar is closed outside of its business hours, if it has any, and in its blackouts. Its
// [Scope] says which plans and tasks it holds, and its exempt classes which tasks it never holds:
// a rollback must go on in a freeze. Calendars whose closures a library computes have a
// [Recurrence]; package ical, a module of its own, reads one from an iCalendar file.
//
// A host whose calendars change keeps them in a [Book].
//
// # Overrides
//
// Who may go on in spite of a calendar gets an [Override]: until its end, the calendar counts as
// open for them. Who granted it, and why, is for the caller to record.
//
// # When clocks change
//
// When in doubt, it is closed:
//
//   - A clock time that the change skips is the instant of the jump.
//   - Of a clock time that occurs twice, business hours begin at the second and end at the first; a
//     blackout begins at the first and ends at the second.
//
// So in Berlin, business hours from 02:30 begin at 03:00 in the night in which the clock goes from
// 02:00 to 03:00, and at the second 02:30 in the night in which it goes from 03:00 back to 02:00.
// Business hours that touch each other are one, and there is no doubt between them. A blackout of a
// whole day that a zone left out, as Samoa did with 30 December 2011, never happens. The yearly
// 29 February is only in leap years.
//
// # Bounds
//
// Instants are cut to microseconds where they come in, and are in UTC where they go out. Nothing
// beyond the [Horizon] is found, and nothing behind [MaxClosures] closures in a row that leave no
// room: both count as closed.
package calendar
