package unleash

import (
	"errors"
	"net/http"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/template"
)

const (
	tagTemplates = "Release templates"
	atTemplates  = "/api/admin/release-plan-templates"
	atTemplate   = atTemplates + "/{templateId}"
	atArchive    = atTemplates + "/archive/{templateId}"
	atOwn        = "/api/admin/projects/{projectId}/release-templates"
)

// templateOperations are about templates as a whole.
func templateOperations() []rest.Operation[*api] {
	about := func(method, path, id, summary string, body, answer any) openapi.Operation {
		return openapi.Operation{Method: method, Path: path, ID: id, Summary: summary, Tag: tagTemplates, Body: body,
			Answers: []openapi.Answer{{Status: http.StatusOK, Body: answer}}}
	}
	listOwn := about("GET", atOwn, "getProjectReleaseTemplates", "Lists the templates of a project", nil, []releasePlanTemplate{})
	listOwn.Query = []openapi.Param{{Name: "include", Enum: []string{"root"}, About: "those of all projects too, behind the others"}}
	return []rest.Operation[*api]{
		{Operation: about("GET", atTemplates, "getReleaseTemplates", "Lists the templates that are of no project", nil, []releasePlanTemplate{}), Handle: (*api).listTemplates},
		{Operation: about("POST", atTemplates, "createReleaseTemplate", "Makes a template", createTemplate{}, releasePlanTemplate{}), Handle: (*api).createTemplate},
		{Operation: about("GET", atTemplate, "getReleaseTemplate", "Shows a template, of any project, archived or not", nil, releasePlanTemplate{}), Handle: (*api).getTemplate},
		{Operation: about("PUT", atTemplate, "updateReleaseTemplate", "Writes a template anew", updateTemplate{}, nil), Handle: (*api).updateTemplate},
		{Operation: about("DELETE", atTemplate, "deleteReleaseTemplate", "Deletes a template; plans that were made of it stay", nil, nil), Handle: (*api).deleteTemplate},
		{Operation: about("POST", atArchive, "archiveReleaseTemplate", "Takes a template out of the lists", nil, nil), Handle: (*api).archiveTemplate},
		{Operation: listOwn, Handle: (*api).listTemplates},
		{Operation: about("POST", atOwn, "createProjectReleaseTemplate", "Makes a template of a project", createTemplate{}, releasePlanTemplate{}), Handle: (*api).createTemplate},
		{Operation: about("PUT", atOwn+"/{templateId}", "updateProjectReleaseTemplate", "Writes a template of a project anew", updateTemplate{}, nil), Handle: (*api).updateTemplate},
		{Operation: about("POST", atOwn+"/archive/{templateId}", "archiveProjectReleaseTemplate", "Takes a template of a project out of the lists", nil, nil), Handle: (*api).archiveTemplate},
	}
}

func (a *api) listTemplates(c *rest.Call) error {
	number := a.numbers(c)
	all := []releasePlanTemplate{}
	f := template.Filter{Project: c.Path("projectId"), Global: c.Query("include") == "root", Page: penstock.Page{Limit: penstock.MaxLimit}}
	for {
		page, err := a.Templates.List(c.Context(), f, c.Actor)
		if err != nil {
			return err
		}
		for i := range page.Items {
			by, err := number(page.Items[i].Created.By)
			if err != nil {
				return err
			}
			all = append(all, toTemplate(&page.Items[i], by))
		}
		if f.Offset += len(page.Items); len(page.Items) == 0 || f.Offset >= page.Total {
			return c.JSON(http.StatusOK, all)
		}
	}
}

func (a *api) createTemplate(c *rest.Call) error {
	var body createTemplate
	if err := c.Read(&body, false, false); err != nil {
		return err
	}
	t := template.Template{Project: c.Path("projectId")}
	from, err := body.apply(&t)
	if err != nil {
		return err
	}
	if t, err = a.Templates.Create(c.Context(), t, c.Actor); err != nil {
		return from.tell(err)
	}
	return a.showTemplate(c, &t)
}

func (a *api) getTemplate(c *rest.Call) error {
	t, err := a.Templates.Get(c.Context(), c.Path("templateId"), c.Actor)
	if err != nil {
		return err
	}
	return a.showTemplate(c, &t)
}

func (a *api) showTemplate(c *rest.Call, t *template.Template) error {
	by, err := a.numbers(c)(t.Created.By)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toTemplate(t, by))
}

func (a *api) updateTemplate(c *rest.Call) error {
	var body updateTemplate
	if err := c.Read(&body, false, false); err != nil {
		return err
	}
	if id := c.Path("templateId"); body.ID != nil && *body.ID != id {
		return penstock.Invalid("id", "must be that of the path: %s", id)
	}
	_, err := a.changeTemplate(c, body.apply)
	if err != nil {
		return err
	}
	return c.Empty(http.StatusOK)
}

func (a *api) deleteTemplate(c *rest.Call) error {
	if err := a.Templates.Delete(c.Context(), c.Path("templateId"), c.Actor); err != nil {
		return err
	}
	return c.Empty(http.StatusOK)
}

func (a *api) archiveTemplate(c *rest.Call) error {
	id := c.Path("templateId")
	if c.Path("projectId") != "" {
		t, err := a.Templates.Get(c.Context(), id, c.Actor)
		if err == nil {
			err = ofPath(c, &t)
		}
		if err != nil {
			return err
		}
	}
	if _, err := a.Templates.Archive(c.Context(), id, c.Actor); err != nil {
		return err
	}
	return c.Empty(http.StatusOK)
}

// changeTemplate lets f change the template of the path. Its faults are told by where in
// the body they come from.
func (a *api) changeTemplate(c *rest.Call, f func(*template.Template) (origin, error)) (template.Template, error) {
	from := unmoved
	t, err := a.Templates.Update(c.Context(), c.Path("templateId"), 0, func(t *template.Template) (err error) {
		if err = ofPath(c, t); err == nil {
			from, err = f(t)
		}
		if err != nil {
			from = origin{}
		}
		return err
	}, c.Actor)
	return t, from.tell(err)
}

// ofPath checks that a template is one of the project that the path names, if it names one.
func ofPath(c *rest.Call, t *template.Template) error {
	if project := c.Path("projectId"); project != "" && project != t.Project {
		return notFound("template %s of project %q", t.ID, project)
	}
	return nil
}

// numbers returns what tells the number of a user, 0 if nobody knows it.
func (a *api) numbers(c *rest.Call) func(penstock.Party) (int64, error) {
	seen := make(map[string]int64)
	return func(p penstock.Party) (int64, error) {
		if n, ok := seen[p.Key()]; ok || p.IsZero() {
			return n, nil
		}
		n, err := a.number(c, p)
		seen[p.Key()] = n
		return n, err
	}
}

func (a *api) number(c *rest.Call, p penstock.Party) (int64, error) {
	info, err := a.Directory.Party(c.Context(), p)
	if errors.Is(err, penstock.ErrNotFound) {
		return 0, nil
	}
	return info.Number, err
}
