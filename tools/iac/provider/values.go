package main

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Attributes that name a thing, the most telling first.
var naming = []string{
	"display_name", "name", "key", "tag_key", "policy_name", "instance_pool_name", "network_policy_id",
	"securable_name", "bucket", "scope",
}

// unknowns returns the value with each computed attribute that is null made unknown, as a service would fill it in.
func unknowns(in block, value tftypes.Value) tftypes.Value {
	fields, ok := fieldsOf(value)
	if !ok {
		return value
	}
	for name, a := range in.Attributes {
		switch {
		case a.Computed && fields[name].IsNull():
			fields[name] = tftypes.NewValue(fields[name].Type(), tftypes.UnknownValue)
		case a.Object != nil:
			fields[name] = inside(block{Attributes: a.Object.Attributes}, a.Object.Nesting, fields[name])
		}
	}
	for name, n := range in.Blocks {
		fields[name] = inside(n.Block, n.Nesting, fields[name])
	}
	return tftypes.NewValue(value.Type(), fields)
}

func inside(in block, nesting string, value tftypes.Value) tftypes.Value {
	if value.IsNull() || !value.IsKnown() {
		return value
	}
	switch nesting {
	case "single":
		return unknowns(in, value)
	case "map":
		fields, _ := fieldsOf(value)
		for key, item := range fields {
			fields[key] = unknowns(in, item)
		}
		return tftypes.NewValue(value.Type(), fields)
	default:
		var items []tftypes.Value
		if err := value.As(&items); err != nil {
			return value
		}
		for i, item := range items {
			items[i] = unknowns(in, item)
		}
		return tftypes.NewValue(value.Type(), items)
	}
}

// settled returns the value with everything unknown replaced: the id by a number and other texts by a placeholder, both
// made from type and name so that the units' mocks can know them, and all else by null.
func settled(kind string, value tftypes.Value) (tftypes.Value, error) {
	key := kind + ":" + nameOf(value)
	return tftypes.Transform(value, func(path *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
		switch {
		case v.IsKnown():
			return v, nil
		case !v.Type().Is(tftypes.String):
			return tftypes.NewValue(v.Type(), nil), nil
		case path.Equal(tftypes.NewAttributePath().WithAttributeName("id")):
			return tftypes.NewValue(tftypes.String, numberOf(key)), nil
		default:
			return tftypes.NewValue(tftypes.String, "offline:"+key), nil
		}
	})
}

// numberOf makes a number out of a name: the first twelve hexadecimal digits of its SHA-256.
func numberOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	number, _ := new(big.Int).SetString(hex.EncodeToString(sum[:6]), 16)
	return number.String()
}

func nameOf(value tftypes.Value) string {
	fields, _ := fieldsOf(value)
	for _, key := range naming {
		var text string
		if field, has := fields[key]; has && field.IsFullyKnown() && !field.IsNull() && field.As(&text) == nil {
			return strings.TrimSpace(text)
		}
	}
	return ""
}

func fieldsOf(value tftypes.Value) (map[string]tftypes.Value, bool) {
	fields := map[string]tftypes.Value{}
	if value.IsNull() || !value.IsKnown() || value.As(&fields) != nil {
		return nil, false
	}
	return fields, true
}
