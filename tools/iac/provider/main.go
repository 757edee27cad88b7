// Command provider stands in for a real Terraform provider where its registry cannot be reached.
//
// It serves the published schema of the provider that its file name says, plans and applies without any API, and
// knows no values: what a service would allow, default or refuse is not checked. A run with it is a schema check only.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

const prefix = "terraform-provider-"

func main() {
	s, err := load(os.Args[0])
	if err != nil {
		log.Fatal(err)
	}
	name := strings.TrimPrefix(filepath.Base(os.Args[0]), prefix)
	address := fmt.Sprintf("offline.invalid/%s/%s", name, name)
	if err := tf6server.Serve(address, func() tfprotov6.ProviderServer { return s }); err != nil {
		log.Fatal(err)
	}
}

// load reads the schema that lies beside the program as schema.json.
func load(program string) (*server, error) {
	file := filepath.Join(filepath.Dir(program), "schema.json")
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("no schema beside the provider: %w", err)
	}
	s := &server{}
	if err := json.Unmarshal(raw, &s.document); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}
