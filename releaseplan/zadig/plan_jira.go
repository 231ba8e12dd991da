package zadig

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// A jiraAssociation says which sprints a plan belongs to. It informs people, and is kept in the
// labels of the plan.
type jiraAssociation struct {
	ID      string       `json:"jira_id"`
	Sprints []jiraSprint `json:"sprints"`
}

type jiraSprint struct {
	ProjectName string `json:"project_name"`
	ProjectKey  string `json:"project_key"`
	Board       int    `json:"board_id"`
	Sprint      int    `json:"sprint_id"`
	SprintName  string `json:"sprint_name"`
}

const (
	labelJira   = "jira.id"
	labelSprint = "jira.sprint." // and a number, from 0
)

// toJira reads the labels; nil if they tell of none.
func toJira(labels map[string]string) *jiraAssociation {
	id, ok := labels[labelJira]
	if !ok {
		return nil
	}
	out := &jiraAssociation{ID: id, Sprints: []jiraSprint{}}
	for i := 0; ; i++ {
		var s jiraSprint
		text, ok := labels[labelSprint+strconv.Itoa(i)]
		if !ok || json.Unmarshal([]byte(text), &s) != nil {
			return out
		}
		out.Sprints = append(out.Sprints, s)
	}
}

// withJira returns the labels with the association in them, nil for none.
func withJira(labels map[string]string, j *jiraAssociation) (map[string]string, error) {
	out := make(map[string]string, len(labels))
	maps.Copy(out, labels)
	maps.DeleteFunc(out, func(key, _ string) bool { return key == labelJira || strings.HasPrefix(key, labelSprint) })
	if j == nil {
		return out, nil
	}
	if n := len(j.Sprints); n > releaseplan.MaxLabels {
		return nil, tooMany("jira_sprint_association.sprints", n, releaseplan.MaxLabels)
	}
	out[labelJira] = j.ID
	for i, s := range j.Sprints {
		text, err := json.Marshal(s)
		if err != nil {
			return nil, err
		}
		if utf8.RuneCount(text) > releaseplan.MaxName {
			return nil, penstock.Invalid(fmt.Sprintf("jira_sprint_association.sprints[%d]", i), "is longer than %d characters", releaseplan.MaxName)
		}
		out[labelSprint+strconv.Itoa(i)] = string(text)
	}
	return out, nil
}
