/*
Package plantest is for the tests of those who use package releaseplan: plans to
begin with, plans at random, what stands in for the world around them, and the rules
that hold of every plan, to be held against yours. It is imported by tests only.

# Plans to begin with

[In] returns a plan in any state, and in other situations that tests like to begin with: a
task that failed, a safeguard that tripped, a gate that a Check is to answer, a [Freeze] that holds it back. [File] files it with a
Service, over any store. Both get there by commands only, so what they make is what users
make. [Content] and its options say what is in it; [Of] leads a content of yours there.

	p := plantest.In(t, releaseplan.Failed)
	p = plantest.In(t, plantest.SafeguardTripped, plantest.Milestones(5), plantest.Guarded(releaseplan.SafeguardStop))
	p = plantest.File(t, plans, clock, releaseplan.AwaitingApproval, plantest.Of(mine))

Everything begins at [Start], is owned by [Owner], and comes out the same each time.

# Plans at random

[Random] makes a valid content of a seed, a [Generator] one within your bounds. A [Walk] makes a
plan do commands that a seed determines: most of them mean something where the plan is, some are
refused on purpose, and time passes. [Walks] takes your contents through many walks and holds each step
against the rules; what breaks one is told with its seed, in the fewest moves.

# The world around

A [Script] is a Handler that fails, takes its time, blocks or panics as it is told, a [CheckScript] is a Check
that does. [Provider], [Directory],
[Metrics], [Clock] and [IDs] stand in for the rest. All of them keep to package time, so that they work in a
bubble of testing/synctest. A store that fails is storetest.Faulty, in package storetest.

# The rules

[CheckPlan] holds a plan against what is true of every plan, [CheckStep] a command with what came of it, and
[CheckAll] all that a Service has. They return what is broken. A host adds rules of its own to [Walks]: that is
how it proves that no plan it makes ever deploys to production before the canary is done, whatever people do.

# Comparing

	if diff := cmp.Diff(want, got, plantest.Comparers()...); diff != "" {

tells in which members two plans, contents or changes differ.
*/
package plantest
