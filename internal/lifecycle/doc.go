// Package lifecycle runs a state machine that is written as one literal.
//
// A [Machine] is a table: in this state this action leads there, if these
// guards hold. The literal is what people read, what the code obeys, what
// refusals are explained from and what the diagram is drawn from; kept apart,
// the four would come to disagree. It is keyed by state and action, so a row
// that is written twice does not compile, and what is not in it cannot happen.
//
// # Two kinds of moves
//
// Most actions are asked for: [Machine.Next] answers with the next state or
// with a [penstock.RefusedError]. Those that [Machine.ByRule] lists are never
// asked for. They happen when their guards hold: [Machine.Settle] finds the
// first, and whoever keeps the state applies it and settles again until none
// holds. Nobody can ask for such a move and no list of what is allowed names it;
// [Machine.Follow] is for the library itself, where it makes one on purpose.
//
// An action may lead to the state that it starts from: it is then checked and
// listed like any other, and the state stays.
//
// # What is not in the table
//
// Who may act: a guard sees the thing and not the actor. What an action does to
// the thing besides its state: a Machine is pure, stores nothing and has no
// hooks. Time: a guard reads the current time from the thing that it is given.
//
// # Keeping a literal honest
//
// Keep the Machine in an unexported variable of the package that owns the noun,
// never write to it after that, and test it with [Machine.Check], which reports
// every fault of the table. An Example that prints [Machine.Mermaid] pins the
// drawing. All methods are then safe for concurrent use.
package lifecycle
