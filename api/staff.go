package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"notifier/access"
	"notifier/fault"
	"notifier/request"
)

// Staff are who may sign in to the pages.
type Staff interface {
	Members(ctx context.Context, site string) ([]access.Member, error)
	MemberOf(ctx context.Context, site, email string) (access.Member, error)
	AddMember(ctx context.Context, c request.Call, m access.Member, password string) (access.Member, error)
	ChangeMember(ctx context.Context, c request.Call, email string, change access.MemberChange) (access.Member, error)
	RemoveMember(ctx context.Context, c request.Call, email string) error
	// Unlock lets a member try passwords again at once.
	Unlock(ctx context.Context, c request.Call, email string) error
}

type memberIn struct {
	Email string `path:"email" doc:"The member's address." example:"anna@example.org"`
}

type newMember struct {
	Email    string      `json:"email" doc:"What the member signs in with." example:"anna@example.org"`
	Name     string      `json:"name,omitempty" maxLength:"60"`
	Role     access.Role `json:"role" doc:"viewer looks, support also reads mails and acts on them, admin may do everything." enum:"viewer,support,admin"`
	Password string      `json:"password,omitempty" doc:"12 characters at least." maxLength:"128"`
	OIDC     bool        `json:"oidc,omitempty" doc:"No password: OpenID Connect proves the address."`
}

type newMemberIn struct{ Body body[newMember] }

type memberChange struct {
	Role     *access.Role `json:"role,omitempty" enum:"viewer,support,admin"`
	Password *string      `json:"password,omitempty" doc:"12 characters at least." maxLength:"128"`
}

type changeMemberIn struct {
	Email string `path:"email" doc:"The member's address." example:"anna@example.org"`
	Body  patch[memberChange]
}

// unseen is true for a password, which no answer shows.
func (in *changeMemberIn) unseen() bool { return in.Body.body.value.Password != nil }

type memberView struct {
	Email      string      `json:"email"`
	Name       string      `json:"name,omitempty"`
	Role       access.Role `json:"role" enum:"viewer,support,admin"`
	SignsInBy  string      `json:"signs_in_by" enum:"password,oidc"`
	CreatedAt  time.Time   `json:"created_at"`
	CreatedBy  string      `json:"created_by,omitempty"`
	SignedInAt *time.Time  `json:"signed_in_at,omitempty" doc:"When that last happened."`
}

func viewMember(m access.Member) memberView {
	v := memberView{Email: m.Email, Name: m.Name, Role: m.Role, SignsInBy: "password", CreatedAt: m.CreatedAt, CreatedBy: m.CreatedBy, SignedInAt: m.SignedInAt}
	if m.Password == "" {
		v.SignsInBy = "oidc"
	}
	return v
}

type memberOut struct{ Body memberView }

type membersOut struct{ Body list[memberView] }

func (h *handler) staffRoutes(api huma.API) {
	tags, gone := []string{"keys"}, []int{http.StatusNotFound}
	register(h, api, huma.Operation{
		OperationID: "list-staff", Method: http.MethodGet, Path: "/staff", Tags: tags, Summary: "Who may sign in to the console",
	}, func(ctx context.Context, _ *struct{}) (*membersOut, error) {
		all, err := h.o.Staff.Members(ctx, callerOf(ctx).Site)
		return &membersOut{Body: listOf(all, viewMember)}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-member", Method: http.MethodGet, Path: "/staff/{email}", Tags: tags, Errors: gone, Summary: "One who may sign in",
	}, func(ctx context.Context, in *memberIn) (*memberOut, error) {
		m, err := h.o.Staff.MemberOf(ctx, callerOf(ctx).Site, in.Email)
		return &memberOut{Body: viewMember(m)}, err
	})
	register(h, api, huma.Operation{
		OperationID: "add-member", Method: http.MethodPost, Path: "/staff", Tags: tags, DefaultStatus: http.StatusCreated, Summary: "Let somebody sign in to the console",
	}, h.addMember)
	register(h, api, huma.Operation{
		OperationID: "change-member", Method: http.MethodPatch, Path: "/staff/{email}", Tags: tags, Errors: gone,
		Summary: "Give a member another role or password", Description: "All sessions of the member end.",
	}, func(ctx context.Context, in *changeMemberIn) (*memberOut, error) {
		c, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		m, err := h.o.Staff.ChangeMember(ctx, call(ctx, ""), in.Email, access.MemberChange{Role: c.Role, Password: c.Password})
		return &memberOut{Body: viewMember(m)}, err
	})
	register(h, api, huma.Operation{
		OperationID: "remove-member", Method: http.MethodDelete, Path: "/staff/{email}", Tags: tags, Errors: gone, DefaultStatus: http.StatusNoContent,
		Summary: "Keep a member from signing in", Description: "All sessions of the member end.",
	}, func(ctx context.Context, in *memberIn) (*struct{}, error) {
		return nil, h.o.Staff.RemoveMember(ctx, call(ctx, ""), in.Email)
	})
	register(h, api, huma.Operation{
		OperationID: "unlock-member", Method: http.MethodPost, Path: "/staff/{email}/unlock", Tags: tags, Errors: gone, DefaultStatus: http.StatusNoContent,
		Summary:     "Let a member sign in after too many wrong passwords",
		Description: "Wrong passwords of the last quarter of an hour are forgotten, and ten times as many are taken for the next one.",
	}, func(ctx context.Context, in *memberIn) (*struct{}, error) {
		return nil, h.o.Staff.Unlock(ctx, call(ctx, ""), in.Email)
	})
}

func (h *handler) addMember(ctx context.Context, in *newMemberIn) (*memberOut, error) {
	n, err := in.Body.read()
	if err != nil {
		return nil, err
	}
	if (n.Password != "") == n.OIDC {
		var bad fault.Invalid
		bad.Add("/password", "missing", "give a password, or oidc for a member whom OpenID Connect proves")
		return nil, bad.Err()
	}
	m, err := h.o.Staff.AddMember(ctx, call(ctx, ""), access.Member{Email: n.Email, Name: n.Name, Role: n.Role}, n.Password)
	return &memberOut{Body: viewMember(m)}, err
}
