//go:build embedroots

package main

// A container image without files has no certificates of authorities: they come with the
// program.
import _ "golang.org/x/crypto/x509roots/fallback"
