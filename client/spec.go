package client

import _ "embed"

// OpenAPI is the platform API's document (OpenAPI 3.1, YAML). Read only.
//
//go:embed openapi.yaml
var OpenAPI []byte
