package main

import (
	"context"
	"flag"
	"log/slog"
	"slices"
	"strings"
	"time"

	"ualstream/cmd/internal/doctor"
	"ualstream/schemas"
)

// connectOptions are what connect is told.
type connectOptions struct {
	config
	name                          string
	domains, groups, contentTypes list
	dlp, wait                     bool
	named                         string          // the domain that the tenant was named by, in lower case; "" where it was its ID
	given                         map[string]bool // which flags are, by the command line or the environment
}

// none empties a list that is kept with a tenant.
const none = "none"

// connectOptions reads and checks the flags.
func (e *env) connectOptions(args []string) (*connectOptions, []string, error) {
	fs, o := newFlags("connect"), &connectOptions{given: map[string]bool{}}
	o.tenantFlags(fs)
	fs.StringVar(&o.name, "name", "", "")
	fs.Var(&o.domains, "domains", "")
	fs.Var(&o.groups, "uncounted-groups", "")
	fs.Var(&o.contentTypes, "content-types", "")
	fs.BoolVar(&o.dlp, "dlp", false, "")
	fs.BoolVar(&o.wait, "wait", false, "")
	operands, err := e.parseConfig(fs, &o.config, connectUsage, args)
	if err != nil {
		return nil, nil, err
	}
	fs.Visit(func(f *flag.Flag) { o.given[f.Name] = true })
	return o, operands, o.complete()
}

// tenantFlags registers what a command needs that looks after tenants. It is quiet unless it is told otherwise.
func (c *config) tenantFlags(fs *flag.FlagSet) {
	c.kafkaFlags(fs)
	c.level = slog.LevelWarn
	fs.Var(&c.tenants, "tenants", "")
	c.microsoftFlags.register(fs)
}

// complete checks the lists, and gives each value its one spelling.
func (o *connectOptions) complete() error {
	for name, l := range map[string]*list{"domains": &o.domains, "uncounted-groups": &o.groups} {
		o.given[name] = o.given[name] || len(*l) > 0 // the file may give it
		if slices.Equal(*l, list{none}) {
			*l = nil
		}
	}
	if printable(o.name) != o.name || strings.Contains(o.name, "\n") {
		return wrongUse("give what people call the tenant, on one line", "--name: %q has characters that cannot be shown", o.name)
	}
	o.given["name"] = o.given["name"] || o.name != ""
	o.given["content-types"] = len(o.contentTypes) > 0
	o.given["dlp"] = o.given["dlp"] || o.dlp
	domains, err := domainsOf(o.domains)
	if err != nil {
		return wrongUse("separate them by commas", "--domains: %v", err)
	}
	o.domains = domains
	for i, g := range o.groups {
		if !doctor.IsID(g) {
			return wrongUse("give the object IDs that Entra shows of the groups, separated by commas", "--uncounted-groups: %q is no GUID", g)
		}
		o.groups[i] = strings.ToLower(g)
	}
	for i, t := range o.contentTypes {
		name, err := schemas.ContentType(t)
		if err != nil {
			return wrongUse("separate them by commas; --dlp adds "+schemas.ContentTypeDLP, "--content-types: %v", err)
		}
		o.contentTypes[i] = name
	}
	o.groups, o.contentTypes = once(o.groups), once(o.contentTypes)
	return nil
}

// once drops repeats.
func once(values list) (out list) {
	for _, v := range values {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// apply gives the tenant as it is to be: what is not given stays as it was.
func (o *connectOptions) apply(was doctor.Entry) (schemas.Tenant, error) {
	t := was.Tenant
	t.V = schemas.TenantVersion
	if len(t.ContentTypes) == 0 { // it is new here: the configuration may know it
		t.ContentTypes = slices.Clone(schemas.ContentTypes)
		if i := slices.IndexFunc(o.tenants, func(c schemas.Tenant) bool { return c.ID == t.ID }); i >= 0 {
			t.Name, t.ContentTypes = o.tenants[i].Name, slices.Clone(o.tenants[i].ContentTypes)
		}
	}
	if o.given["name"] {
		t.Name = o.name
	}
	if o.given["domains"] {
		t.Domains = o.domains
	}
	emptied := o.given["domains"] && len(o.domains) == 0
	if o.named != "" && !emptied && !slices.Contains(t.Domains, o.named) { // Entra knows it as the tenant's
		t.Domains = append(slices.Clone(t.Domains), o.named)
	}
	if o.given["uncounted-groups"] {
		t.UncountedGroups = o.groups
	}
	if o.given["content-types"] {
		t.ContentTypes = o.contentTypes
	}
	if o.given["dlp"] {
		t.ContentTypes = slices.DeleteFunc(slices.Clone(t.ContentTypes), func(name string) bool { return name == schemas.ContentTypeDLP })
		if o.dlp {
			t.ContentTypes = append(t.ContentTypes, schemas.ContentTypeDLP)
		}
	}
	if len(t.ContentTypes) == 0 {
		return t, wrongUse("name one at least with --content-types, or have the tenant fetched no more with 'ualstream disconnect'", "no content type is left")
	}
	return t, nil
}

// pause waits, and says whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
