package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"aupd/internal/aup"

	"github.com/danielgtaylor/huma/v2"
)

type memberName struct {
	Name string `path:"name" maxLength:"64"`
}

type newUserInput struct {
	Body struct {
		Name     string         `json:"name" maxLength:"64" doc:"of a-z, 0-9 and . _ @ + -"`
		Roles    []aup.UserRole `json:"roles" maxItems:"10"`
		Password aup.Secret     `json:"password" doc:"12 characters or more"`
	}
}

type setUserInput struct {
	Name string `path:"name" maxLength:"64"`
	Body struct {
		Roles    []aup.UserRole `json:"roles,omitempty" maxItems:"10" doc:"as they are when left out"`
		Password aup.Secret     `json:"password,omitempty" doc:"as it is when left out"`
	}
}

type newTokenInput struct {
	Body struct {
		Name    string         `json:"name" maxLength:"64" doc:"of a-z, 0-9 and . _ @ + -"`
		Roles   []aup.UserRole `json:"roles" maxItems:"10"`
		Expires time.Time      `json:"expires" doc:"within a year"`
	}
}

// directoryRoutes are those by which users and tokens are managed.
func directoryRoutes(api huma.API, d aup.Directory) {
	huma.Register(api, get("list-users", "/users", "List the local users"), managed(
		func(ctx context.Context, _ *struct{}) ([]aup.User, error) { return d.Users(ctx) }))
	huma.Register(api, post("add-user", "/users", "Make a local user"), managed(
		func(ctx context.Context, in *newUserInput) (aup.User, error) {
			return d.AddUser(ctx, in.Body.Name, aup.UserChange{Roles: in.Body.Roles, Password: in.Body.Password})
		}))
	huma.Register(api, operation(http.MethodPut, "set-user", "/users/{name}", "Change a user's roles or password, which signs them out"), managed(
		func(ctx context.Context, in *setUserInput) (aup.User, error) {
			return d.SetUser(ctx, in.Name, aup.UserChange{Roles: in.Body.Roles, Password: in.Body.Password})
		}))
	huma.Register(api, operation(http.MethodDelete, "remove-user", "/users/{name}", "Remove a user"), removed(d.RemoveUser))
	huma.Register(api, get("list-tokens", "/tokens", "List the API tokens, without their secrets"), managed(
		func(ctx context.Context, _ *struct{}) ([]aup.Token, error) { return d.Tokens(ctx) }))
	huma.Register(api, post("add-token", "/tokens", "Make an API token; its secret is told this once"), managed(
		func(ctx context.Context, in *newTokenInput) (aup.NewToken, error) {
			return d.AddToken(ctx, aup.Token{Name: in.Body.Name, Roles: in.Body.Roles, Expires: in.Body.Expires})
		}))
	huma.Register(api, operation(http.MethodDelete, "remove-token", "/tokens/{name}", "End an API token"), removed(d.RemoveToken))
}

// managed makes a handler of f for those who may manage.
func managed[I, O any](f func(context.Context, *I) (O, error)) func(context.Context, *I) (*body[O], error) {
	return func(ctx context.Context, in *I) (*body[O], error) {
		if err := need(ctx, aup.RightManage); err != nil {
			return nil, err
		}
		return respond(f(ctx, in))
	}
}

func removed(f func(context.Context, string) error) func(context.Context, *memberName) (*struct{}, error) {
	return func(ctx context.Context, in *memberName) (*struct{}, error) {
		if err := need(ctx, aup.RightManage); err != nil {
			return nil, err
		}
		return nil, problem(f(ctx, in.Name))
	}
}

// Users implements [aup.Users].
func (c *Client) Users(ctx context.Context) ([]aup.User, error) {
	return fetch[[]aup.User](ctx, c, http.MethodGet, "/users")
}

// AddUser implements [aup.Users].
func (c *Client) AddUser(ctx context.Context, name string, u aup.UserChange) (aup.User, error) {
	var in newUserInput
	in.Body.Name, in.Body.Roles, in.Body.Password = name, u.Roles, u.Password
	return send[aup.User](ctx, c, http.MethodPost, "/users", in.Body, nil)
}

// SetUser implements [aup.Users].
func (c *Client) SetUser(ctx context.Context, name string, u aup.UserChange) (aup.User, error) {
	return send[aup.User](ctx, c, http.MethodPut, "/users/"+url.PathEscape(name), u, nil)
}

// RemoveUser implements [aup.Users].
func (c *Client) RemoveUser(ctx context.Context, name string) error {
	return c.remove(ctx, "/users/"+url.PathEscape(name))
}

// Tokens implements [aup.Tokens].
func (c *Client) Tokens(ctx context.Context) ([]aup.Token, error) {
	return fetch[[]aup.Token](ctx, c, http.MethodGet, "/tokens")
}

// AddToken implements [aup.Tokens].
func (c *Client) AddToken(ctx context.Context, t aup.Token) (aup.NewToken, error) {
	var in newTokenInput
	in.Body.Name, in.Body.Roles, in.Body.Expires = t.Name, t.Roles, t.Expires
	return send[aup.NewToken](ctx, c, http.MethodPost, "/tokens", in.Body, nil)
}

// RemoveToken implements [aup.Tokens].
func (c *Client) RemoveToken(ctx context.Context, name string) error {
	return c.remove(ctx, "/tokens/"+url.PathEscape(name))
}

func (c *Client) remove(ctx context.Context, path string) error {
	resp, err := c.do(ctx, request{method: http.MethodDelete, path: path})
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
