package zadig_test

func viewRows() []row {
	bad := func(description string) string { return wants(400, "Bad Request", description) }
	denied := func(right string) string { return wants(403, "Forbidden", "no "+right+" right") }
	there := func(s *shelf) {
		s.create("demo", "dev")
		s.create("shop", "cart")
		s.Do("POST", views, view("demo", "v", "dev")).Want(200)
	}
	member := func(key, kind string, enabled any) map[string]any {
		return map[string]any{"workflow_list": []any{map[string]any{"workflow_key": key, "workflow_type": kind, "enabled": enabled}}}
	}
	twice := map[string]any{"workflow_list": []any{
		map[string]any{"workflow_key": "dev", "workflow_type": "custom", "enabled": true},
		map[string]any{"workflow_key": "dev", "workflow_type": "custom", "enabled": false}}}
	product := map[string]any{"workflow_list": []any{map[string]any{"workflow_key": "dev", "workflow_type": "product"}}}
	const one = views + "/v?projectKey=demo"
	return rowsOf([]shelfFault{
		{"listViews", "no project", nil, "GET", views, nil, "", 400, bad("projectKey is required")},
		{"listViews", "a project that cannot be", nil, "GET", views + "?projectKey=a%01", nil, "", 400, wants(6891, "List workflow views failed", "project: must not hold control characters")},

		{"createView", "nothing said", there, "POST", views, `{}`, "", 400, bad("projectKey cannot be empty\nview name cannot be empty\nworkflow_list: is required")},
		{"createView", "not JSON", there, "POST", views, `{`, "", 400, bad("the body must be JSON")},
		{"createView", "a member of another type", there, "POST", views, `{"name": 1}`, "", 400, bad("name: must be a string, not number")},
		{"createView", "another type of workflow", there, "POST", views, product, "", 400,
			bad("projectKey cannot be empty\nview name cannot be empty\nworkflow_list[0].workflow_type: workflow type must be custom")},
		{"createView", "unknown workflow", there, "POST", views, view("demo", "w", "dev", "gone"), "", 400, wants(6892, "Create workflow view failed", `workflows[1]: the project has no workflow "gone"`)},
		{"createView", "another project's workflow", there, "POST", views, view("demo", "w", "cart"), "", 400, wants(6892, "Create workflow view failed", `workflows[0]: the project has no workflow "cart"`)},
		{"createView", "twice the same workflow", there, "POST", views, view("demo", "w", "dev", "dev"), "", 400, wants(6892, "Create workflow view failed", `workflows[1]: "dev" is there already`)},
		{"createView", "the name is taken", there, "POST", views, view("demo", "v"), "", 400, wants(6892, "Create workflow view failed", "mongo duplicate key error")},
		{"createView", "no right", there, "POST", views, view("demo", "w"), "reader", 403, denied("edit")},

		{"updateView", "no project", there, "PUT", views + "/v", member("dev", "custom", true), "", 400, bad("projectKey is required")},
		{"updateView", "unknown view", there, "PUT", views + "/x?projectKey=demo", member("dev", "custom", true), "", 400, wants(6893, "Update workflow view failed", nothing)},
		{"updateView", "another project's view", there, "PUT", views + "/v?projectKey=shop", member("cart", "custom", true), "", 400, wants(6893, "Update workflow view failed", nothing)},
		{"updateView", "unknown workflow", there, "PUT", one, member("gone", "custom", true), "", 400, wants(6893, "Update workflow view failed", `workflows[1]: the project has no workflow "gone"`)},
		{"updateView", "nothing said", there, "PUT", one, `{}`, "", 400, bad("workflow_list: is required")},
		{"updateView", "neither in nor out", there, "PUT", one, member("dev", "custom", nil), "", 400, bad("workflow_list[0].enabled: must be true or false")},
		{"updateView", "another type of workflow", there, "PUT", one, member("dev", "product", true), "", 400, bad("workflow_list[0].workflow_type: workflow type must be custom")},
		{"updateView", "in and out", there, "PUT", one, twice, "", 400, bad("workflow_list[1]: workflow name duplicated")},
		{"updateView", "no right", there, "PUT", one, member("dev", "custom", false), "reader", 403, denied("edit")},

		{"deleteView", "no project", there, "DELETE", views + "/v", nil, "", 400, bad("projectKey is required")},
		{"deleteView", "unknown view", there, "DELETE", views + "/x?projectKey=demo", nil, "", 400, wants(6894, "delete workflow view error: "+nothing, "find workflow view error: "+nothing)},
		{"deleteView", "another project's view", there, "DELETE", views + "/v?projectKey=shop", nil, "", 400, wants(6894, "delete workflow view error: "+nothing, "find workflow view error: "+nothing)},
		{"deleteView", "no right", there, "DELETE", one, nil, "reader", 403, denied("delete")},
	})
}
