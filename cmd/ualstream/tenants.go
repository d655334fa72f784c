package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/google/uuid"

	"ualstream/cmd/internal/doctor"
	"ualstream/schemas"
)

// tenants is the flag that names the tenants to fetch: IDs separated by commas, or in the file a list whose items
// are IDs or mappings with id, name, content_types and domains.
type tenants []schemas.Tenant

// tenantKeys are the keys of a tenant in the file.
type tenantKeys struct {
	ID           string   `yaml:"id"`
	Name         string   `yaml:"name"`
	ContentTypes []string `yaml:"content_types"`
	Domains      []string `yaml:"domains"`
}

func (t *tenants) String() string {
	var ids []string
	for _, tenant := range *t {
		ids = append(ids, tenant.ID)
	}
	return strings.Join(ids, ",")
}

// Set reads IDs separated by commas.
func (t *tenants) Set(value string) error {
	*t = nil
	for id := range strings.SplitSeq(value, ",") {
		if err := t.add(tenantKeys{ID: strings.TrimSpace(id)}); err != nil {
			return err
		}
	}
	return nil
}

func (t *tenants) setFromFile(node ast.Node) error {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		return errors.New("must be a list of tenant IDs, or of mappings with id, name, content_types and domains")
	}
	for _, item := range sequence.Values {
		var k tenantKeys
		var target any = &k
		if _, isID := item.(ast.ScalarNode); isID {
			target = &k.ID
		}
		if err := yaml.NodeToValue(item, target, yaml.Strict()); err != nil {
			return badTenant(item, err)
		}
		if err := t.add(k); err != nil {
			return badTenant(item, err)
		}
	}
	return nil
}

// badTenant says on which line a tenant is wrong, and what is allowed.
func badTenant(item ast.Node, err error) error {
	line := item.GetToken().Position.Line
	if y, ok := errors.AsType[yaml.Error](err); ok {
		return fmt.Errorf("line %d: %s: a tenant has id, name, content_types and domains", y.GetToken().Position.Line, y.GetMessage())
	}
	return fmt.Errorf("line %d: %w", line, err)
}

// domainsOf checks domains, and gives each once in its one spelling.
func domainsOf(values []string) (domains []string, err error) {
	for _, d := range values {
		if !doctor.IsDomain(d) {
			return nil, fmt.Errorf("%q is no domain: give domains like contoso.com", d)
		}
		if d = strings.ToLower(d); !slices.Contains(domains, d) {
			domains = append(domains, d)
		}
	}
	return domains, nil
}

func (t *tenants) add(k tenantKeys) error {
	id, err := uuid.Parse(k.ID)
	if err != nil {
		return fmt.Errorf("tenant ID %q is no GUID: Entra's overview page shows it", k.ID)
	}
	tenant := schemas.Tenant{V: schemas.TenantVersion, ID: id.String(), Name: k.Name, ContentTypes: schemas.ContentTypes}
	if slices.ContainsFunc(*t, func(other schemas.Tenant) bool { return other.ID == tenant.ID }) {
		return fmt.Errorf("tenant %s is named twice", tenant.ID)
	}
	if len(k.ContentTypes) > 0 {
		tenant.ContentTypes = nil
	}
	for _, name := range k.ContentTypes {
		contentType, err := schemas.ContentType(name)
		if err != nil {
			return err
		}
		tenant.ContentTypes = append(tenant.ContentTypes, contentType)
	}
	if tenant.Domains, err = domainsOf(k.Domains); err != nil {
		return err
	}
	*t = append(*t, tenant)
	return nil
}
