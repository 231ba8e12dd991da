package zadig

// A planApproval is how a plan is approved, and how far that is.
type planApproval struct {
	Enabled     bool   `json:"enabled"`
	Status      string `json:"status" enum:",passed,reject,timeout,cancelled" doc:"what came of it; empty while nothing did"`
	Type        string `json:"type" doc:"the kind that is selected: native, lark, lark_intl, dingtalk, workwx or one of the host's"`
	Description string `json:"description"`

	Native   configured[nativeApproval]   `json:"native_approval"`
	Lark     configured[larkApproval]     `json:"lark_approval" doc:"of lark and lark_intl"`
	DingTalk configured[dingTalkApproval] `json:"dingtalk_approval"`
	WorkWX   *configured[workWXApproval]  `json:"workwx_approval,omitempty"`
}

// An approvalBody is a planApproval as it is sent.
type approvalBody struct {
	Enabled     bool   `json:"enabled"`
	Status      string `json:"status,omitempty" doc:"is passed over, as everything is that tells of a decision"`
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`

	Native   *configured[nativeApproval]   `json:"native_approval,omitempty"`
	Lark     *configured[larkApproval]     `json:"lark_approval,omitempty"`
	DingTalk *configured[dingTalkApproval] `json:"dingtalk_approval,omitempty"`
	WorkWX   *configured[workWXApproval]   `json:"workwx_approval,omitempty"`
	_        struct{}                      `open:"true"`
}

// A decision is what somebody, or all of them, said.
type decision struct {
	Decision string `json:"reject_or_approve" enum:",approve,reject"`
}

// A vote is what one approver said.
type vote struct {
	decision
	Comment string `json:"comment"`
	Time    int64  `json:"operation_time" doc:"Unix time in seconds; 0: not yet"`
}

type nativeApproval struct {
	Timeout   int            `json:"timeout" doc:"minutes; 0: for ever"`
	Approvers []planApprover `json:"approve_users"`
	Needed    int            `json:"needed_approvers"`
	decision
	Instance string   `json:"instance_code"`
	_        struct{} `open:"true"`
}

// A planApprover is a user or, if the type says so, a group.
type planApprover struct {
	Type      string `json:"type,omitempty" doc:"user, the default, or group"`
	UserID    string `json:"user_id"`
	UserName  string `json:"user_name"`
	GroupID   string `json:"group_id,omitempty"`
	GroupName string `json:"group_name,omitempty"`
	vote
	_ struct{} `open:"true"`
}

type larkApproval struct {
	Timeout   int                 `json:"timeout" doc:"minutes; 0: for ever"`
	App       string              `json:"approval_id" doc:"the application that asks"`
	Initiator *messengerUser      `json:"default_approval_initiator"`
	Approvers []messengerApprover `json:"approve_users" doc:"not used any more"`
	Nodes     []messengerNode     `json:"approval_nodes"`
	Instance  string              `json:"instance_code"`
	_         struct{}            `open:"true"`
}

type dingTalkApproval struct {
	Timeout   int             `json:"timeout" doc:"minutes; 0: for ever"`
	App       string          `json:"approval_id" doc:"the application that asks"`
	Initiator *messengerUser  `json:"default_approval_initiator"`
	Nodes     []messengerNode `json:"approval_nodes"`
	Instance  string          `json:"instance_code"`
	_         struct{}        `open:"true"`
}

type workWXApproval struct {
	Timeout  int            `json:"timeout" doc:"minutes; 0: for ever"`
	App      string         `json:"approval_id" doc:"the application that asks"`
	Creator  *messengerUser `json:"creator_user"`
	Nodes    []workWXNode   `json:"approval_nodes"`
	Instance string         `json:"instance_id"`
	_        struct{}       `open:"true"`
}

// A messengerUser is somebody whom a messenger knows.
type messengerUser struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Avatar string   `json:"avatar,omitempty"`
	_      struct{} `open:"true"`
}

type messengerApprover struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Avatar string `json:"avatar,omitempty"`
	vote
	_ struct{} `open:"true"`
}

type messengerGroup struct {
	ID   string   `json:"group_id"`
	Name string   `json:"group_name"`
	_    struct{} `open:"true"`
}

type messengerNode struct {
	Approvers []messengerApprover `json:"approve_users"`
	Groups    []messengerGroup    `json:"approve_groups,omitempty"`
	Type      string              `json:"type" doc:"AND: everybody; OR: one of them"`
	decision
	_ struct{} `open:"true"`
}

type workWXNode struct {
	Approvers []messengerApprover `json:"users"`
	Type      int                 `json:"type" doc:"1: everybody; 2: one of them"`
	decision
	_ struct{} `open:"true"`
}
