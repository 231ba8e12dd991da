// Package peers measures rollout beside the SDKs of Unleash and LaunchDarkly, on
// the same features and contexts:
//
//	GOWORK=off go test -bench . -cpu 1,2
//
// It is a module of its own, so that nothing else depends on them.
package peers
