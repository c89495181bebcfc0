// Package portal is the leaf of the tree: the product's nouns, their states, their identifiers and the closed set of
// error codes. It imports nothing of ours, so that every room can speak its language.
//
// The JSON tags are the platform API's wire names (client/openapi.yaml): the platform writes these types and the
// client reads them, and tests hold both to the document.
package portal
