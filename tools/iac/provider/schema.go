package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The form of `terraform providers schema -json`, as far as it is needed here.
type document struct {
	Provider  resource            `json:"provider"`
	Resources map[string]resource `json:"resource_schemas"`
}

type resource struct {
	Block block `json:"block"`
}

type block struct {
	Attributes map[string]attribute `json:"attributes"`
	Blocks     map[string]nested    `json:"block_types"`
}

type attribute struct {
	Type     json.RawMessage `json:"type"`
	Object   *object         `json:"nested_type"`
	Required bool            `json:"required"`
	Optional bool            `json:"optional"`
	Computed bool            `json:"computed"`
}

type object struct {
	Nesting    string               `json:"nesting_mode"`
	Attributes map[string]attribute `json:"attributes"`
}

type nested struct {
	Nesting string `json:"nesting_mode"`
	Min     int64  `json:"min_items"`
	Max     int64  `json:"max_items"`
	Block   block  `json:"block"`
}

var objectNesting = map[string]tfprotov6.SchemaObjectNestingMode{
	"single": tfprotov6.SchemaObjectNestingModeSingle,
	"list":   tfprotov6.SchemaObjectNestingModeList,
	"set":    tfprotov6.SchemaObjectNestingModeSet,
	"map":    tfprotov6.SchemaObjectNestingModeMap,
}

var blockNesting = map[string]tfprotov6.SchemaNestedBlockNestingMode{
	"single": tfprotov6.SchemaNestedBlockNestingModeSingle,
	"list":   tfprotov6.SchemaNestedBlockNestingModeList,
	"set":    tfprotov6.SchemaNestedBlockNestingModeSet,
}

func (r resource) schema() *tfprotov6.Schema {
	return &tfprotov6.Schema{Block: r.Block.schema()}
}

func (r resource) kind() tftypes.Type {
	return r.schema().ValueType()
}

func (b block) schema() *tfprotov6.SchemaBlock {
	out := &tfprotov6.SchemaBlock{Attributes: attributes(b.Attributes)}
	for _, name := range sorted(b.Blocks) {
		n := b.Blocks[name]
		out.BlockTypes = append(out.BlockTypes, &tfprotov6.SchemaNestedBlock{
			TypeName: name, Nesting: blockNesting[n.Nesting], MinItems: n.Min, MaxItems: n.Max, Block: n.Block.schema(),
		})
	}
	return out
}

func attributes(in map[string]attribute) []*tfprotov6.SchemaAttribute {
	var out []*tfprotov6.SchemaAttribute
	for _, name := range sorted(in) {
		a := in[name]
		one := &tfprotov6.SchemaAttribute{Name: name, Required: a.Required, Optional: a.Optional, Computed: a.Computed}
		if a.Object != nil {
			one.NestedType = &tfprotov6.SchemaObject{
				Nesting: objectNesting[a.Object.Nesting], Attributes: attributes(a.Object.Attributes),
			}
		} else {
			one.Type = kindOf(a.Type)
		}
		out = append(out, one)
	}
	return out
}

// kindOf reads "string" or ["list", "string"]. A form that is not known stops the provider: nothing is guessed.
func kindOf(raw json.RawMessage) tftypes.Type {
	var word string
	if json.Unmarshal(raw, &word) == nil {
		simple := map[string]tftypes.Type{"string": tftypes.String, "number": tftypes.Number, "bool": tftypes.Bool}
		if kind, known := simple[word]; known {
			return kind
		}
	}
	var pair []json.RawMessage
	var container string
	if json.Unmarshal(raw, &pair) == nil && len(pair) == 2 && json.Unmarshal(pair[0], &container) == nil {
		element := kindOf(pair[1])
		switch container {
		case "list":
			return tftypes.List{ElementType: element}
		case "set":
			return tftypes.Set{ElementType: element}
		case "map":
			return tftypes.Map{ElementType: element}
		}
	}
	panic(fmt.Sprintf("unknown type in the schema: %s", raw))
}

func sorted[V any](in map[string]V) []string {
	return slices.Sorted(maps.Keys(in))
}
